/**
 * Raw Ethereum logs in whatever JSON they come: an `eth_getLogs` array, a receipt, the `result` of
 * an answer, transactions with their logs, a list of `{ log }`. What a log does not carry itself
 * (transaction, block, time) it inherits from the object around it.
 */

import { type Json, isObject, textOf } from './json.ts';

export type ChainLog = {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly transactionHash: string | null;
  readonly blockNumber: string | null;
  readonly blockHash: string | null;
  readonly blockTimestamp: string | null;
  readonly logIndex: string | null;
  /** Whether the chain took it back: subscriptions and filters say so after a reorganisation. */
  readonly removed: boolean;
  /**
   * Position of the object around it among its siblings: tells transactions without a hash apart.
   */
  readonly parent: string;
  /** Whether it stands in a receipt, which has all logs of its transaction. */
  readonly whole: boolean;
};

type Around = Context & Pick<ChainLog, 'whole'>;
type Context = Pick<ChainLog, 'transactionHash' | 'blockNumber' | 'blockHash' | 'blockTimestamp'>;

const NOTHING: Context = {
  transactionHash: null,
  blockNumber: null,
  blockHash: null,
  blockTimestamp: null,
};

/** All logs in a JSON value, in document order. */
export function logsIn(value: Json): readonly ChainLog[] {
  const found: ChainLog[] = [];
  collect(value, { ...NOTHING, whole: false }, '', found);
  return found;
}

/**
 * Two logs of one transaction. Logs without a hash belong together if one object holds them, and so
 * do those of a receipt: the same receipt twice is no transaction with twice the logs.
 */
export function sameTransaction(a: ChainLog, b: ChainLog): boolean {
  if (a.whole || b.whole) return a.parent === b.parent && a.transactionHash === b.transactionHash;
  if (a.transactionHash !== null || b.transactionHash !== null) {
    return a.transactionHash === b.transactionHash;
  }
  return a.parent === b.parent;
}

function collect(value: Json, around: Around, path: string, found: ChainLog[]): void {
  if (Array.isArray(value)) {
    (value as readonly Json[]).forEach((element, index) => {
      const at = isObject(element) && isLog(element) ? path : `${path}/${String(index)}`;
      collect(element, around, at, found);
    });
    return;
  }
  if (!isObject(value)) return;
  const here = { ...contextOf(value, around), whole: around.whole || isReceipt(value) };
  const topics = value['topics'];
  if (isLog(value) && Array.isArray(topics)) {
    found.push({
      ...here,
      address: (textOf(value['address']) ?? '').toLowerCase(),
      topics: (topics as readonly Json[]).map((topic) => (textOf(topic) ?? '').toLowerCase()),
      data: (textOf(value['data']) ?? '').toLowerCase(),
      logIndex: textOf(value['logIndex']),
      removed: isRemoved(value['removed']),
      parent: path,
    });
    return;
  }
  for (const [name, member] of Object.entries(value))
    collect(member, here, `${path}/${name}`, found);
}

/** Only a log that nothing is said against stands: what is neither true nor false is no false. */
function isRemoved(said: Json | undefined): boolean {
  return said !== undefined && said !== null && textOf(said) !== 'false';
}

function isLog(value: { readonly [name: string]: Json }): boolean {
  return Array.isArray(value['topics']) && 'data' in value && 'address' in value;
}

/** A receipt as a node answers it: with its logs it says what the transaction cost. */
function isReceipt(value: { readonly [name: string]: Json }): boolean {
  return Array.isArray(value['logs']) && 'gasUsed' in value && 'transactionHash' in value;
}

function contextOf(value: { readonly [name: string]: Json }, around: Context): Context {
  return {
    transactionHash: textOf(value['transactionHash'])?.toLowerCase() ?? around.transactionHash,
    blockNumber: textOf(value['blockNumber']) ?? around.blockNumber,
    blockHash: textOf(value['blockHash'])?.toLowerCase() ?? around.blockHash,
    blockTimestamp: textOf(value['blockTimestamp']) ?? around.blockTimestamp,
  };
}
