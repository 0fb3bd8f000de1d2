/**
 * What a node answers, read strictly: headers, logs, receipts. An answer of another shape is
 * CHAIN_UNREADABLE, never half an answer.
 */

import { type TransactionLog } from '../sources/chain-logs.ts';
import { type ChainRpc, failure } from './chain-rpc.ts';

export type Header = {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  /** Seconds since 1970. */
  readonly time: number;
};

/** A log with all of its place; `time` is not in it. */
export type PlacedLog = TransactionLog & {
  readonly transactionHash: string;
  readonly blockHash: string;
  readonly block: number;
  readonly index: number;
  readonly transactionIndex: number;
};

export type LogFilter = {
  readonly address: readonly string[];
  readonly topics: readonly (string | readonly string[] | null)[];
};

export type Receipt = { readonly blockHash: string; readonly logs: readonly PlacedLog[] };

/** Where a transaction stands, and whether it did anything. */
export type TransactionPlace = {
  readonly block: number;
  readonly blockHash: string;
  readonly isReverted: boolean;
};

const HASH = /^0x[0-9a-f]{64}$/i;
const ADDRESS = /^0x[0-9a-f]{40}$/i;
const QUANTITY = /^0x[0-9a-f]{1,13}$/i;

/** A header by number or tag; null where the node has none. */
export async function headerOf(rpc: ChainRpc, block: number | string): Promise<Header | null> {
  const answer = await rpc.call<unknown>('eth_getBlockByNumber', [tagOf(block), false]);
  if (answer === null) return null;
  const { number, hash, parentHash, timestamp } = objectIn(answer, 'a header');
  const isWhole = isMatch(hash, HASH) && isMatch(parentHash, HASH);
  if (!isWhole || !isMatch(number, QUANTITY) || !isMatch(timestamp, QUANTITY)) {
    throw unreadable('a header', answer);
  }
  return {
    number: Number(number),
    hash: hash.toLowerCase(),
    parentHash: parentHash.toLowerCase(),
    time: Number(timestamp),
  };
}

/** Logs of a range of blocks, or of one block by its hash, which is the query that cannot lie. */
export async function logsOf(
  rpc: ChainRpc,
  filter: LogFilter,
  where: { readonly from: number; readonly to: number } | { readonly blockHash: string },
): Promise<readonly PlacedLog[]> {
  const range =
    'blockHash' in where ? where : { fromBlock: tagOf(where.from), toBlock: tagOf(where.to) };
  const answer = await rpc.call<unknown>('eth_getLogs', [{ ...filter, ...range }]);
  if (!Array.isArray(answer)) throw unreadable('a list of logs', answer);
  return (answer as readonly unknown[]).map(logIn).filter((log) => log.removed !== true);
}

/** The receipt of a transaction; null where the chain has it no more. */
export async function receiptOf(rpc: ChainRpc, hash: string): Promise<Receipt | null> {
  const answer = await rpc.call<unknown>('eth_getTransactionReceipt', [hash]);
  if (answer === null) return null;
  const { blockHash, logs } = objectIn(answer, 'a receipt');
  if (!isMatch(blockHash, HASH) || !Array.isArray(logs)) throw unreadable('a receipt', answer);
  return {
    blockHash: blockHash.toLowerCase(),
    logs: (logs as readonly unknown[]).map(logIn),
  };
}

/** The place of a transaction by its receipt; null where the node has none. */
export async function placeOfTransaction(
  rpc: ChainRpc,
  hash: string,
): Promise<TransactionPlace | null> {
  const answer = await rpc.call<unknown>('eth_getTransactionReceipt', [hash]);
  if (answer === null) return null;
  const { transactionHash, blockNumber, blockHash, status } = objectIn(answer, 'a receipt');
  const isPlaced = isMatch(blockHash, HASH) && isMatch(blockNumber, QUANTITY);
  const isOfIt = isMatch(transactionHash, HASH) && transactionHash.toLowerCase() === hash;
  if (!isPlaced || !isOfIt || !isMatch(status, /^0x[01]$/i)) {
    throw unreadable(`the receipt of ${hash}`, answer);
  }
  return {
    block: Number(blockNumber),
    blockHash: blockHash.toLowerCase(),
    isReverted: status.endsWith('0'),
  };
}

/** The chain that a node serves. */
export async function chainIdOf(rpc: ChainRpc): Promise<number> {
  const answer = await rpc.call<unknown>('eth_chainId', []);
  if (!isMatch(answer, QUANTITY)) throw unreadable('a chain id', answer);
  return Number(answer);
}

function logIn(value: unknown): PlacedLog {
  const log = objectIn(value, 'a log');
  const { address, topics, data, blockNumber, blockHash, transactionHash, logIndex } = log;
  const isBody =
    isMatch(address, ADDRESS) &&
    isMatch(data, /^0x([0-9a-f]{2})*$/i) &&
    Array.isArray(topics) &&
    (topics as readonly unknown[]).every((topic) => isMatch(topic, HASH));
  const isPlaced =
    isMatch(blockNumber, QUANTITY) &&
    isMatch(blockHash, HASH) &&
    isMatch(transactionHash, HASH) &&
    isMatch(logIndex, QUANTITY) &&
    isMatch(log['transactionIndex'], QUANTITY);
  if (!isBody || !isPlaced) throw unreadable('a log', value);
  return {
    address: address.toLowerCase(),
    topics: (topics as readonly string[]).map((topic) => topic.toLowerCase()),
    data: data.toLowerCase(),
    transactionHash: transactionHash.toLowerCase(),
    blockHash: blockHash.toLowerCase(),
    blockNumber,
    blockTimestamp: null,
    logIndex,
    block: Number(blockNumber),
    index: Number(logIndex),
    transactionIndex: Number(log['transactionIndex']),
    removed: log['removed'] === true,
  };
}

function tagOf(block: number | string): string {
  return typeof block === 'string' ? block : `0x${block.toString(16)}`;
}

function objectIn(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw unreadable(what, value);
}

function isMatch(value: unknown, form: RegExp): value is string {
  return typeof value === 'string' && form.test(value);
}

function unreadable(what: string, found: unknown) {
  const text = (JSON.stringify(found) ?? 'nothing').slice(0, 120);
  return failure('CHAIN_UNREADABLE', `Expected ${what} from the node; found ${text}.`);
}
