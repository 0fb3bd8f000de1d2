/**
 * Reads a range of blocks whole: headers first, then logs, then the receipts of the transactions
 * that concern our wallets. What the node says in one answer is held against what it says in
 * another, so that a lie, a cut or a change of the chain in between is an error and not a gap:
 *
 *   headers hang together, and on the block before       else CHAIN_MISPLACED
 *   each log stands in the block of its number and hash  else CHAIN_MISPLACED
 *   a receipt has the logs that were found, and no other else CHAIN_TRUNCATED
 *   a second reading, in halves, finds the same          else CHAIN_TRUNCATED
 */

import { RuntimeError } from '@polytraders/runtime';
import { zeroPadValue } from 'ethers';
import { ORDER_FILLED } from '../sources/chain-logs.ts';
import { type ContractBook, contractsEver } from '../sources/chain/contracts.ts';
import { TOPICS } from '../sources/chain/events.ts';
import {
  type Header,
  headerOf,
  type LogFilter,
  logsOf,
  type PlacedLog,
  receiptOf,
} from './chain-answers.ts';
import { type ChainRpc, failure } from './chain-rpc.ts';

export type Range = { readonly from: number; readonly to: number };

/** What was read of a range; each transaction whole, with the time of its block in its logs. */
export type RangeReading = Range & {
  /** Hash of the last block. */
  readonly hash: string;
  readonly transactions: readonly (readonly PlacedLog[])[];
  readonly resolutions: readonly PlacedLog[];
};

export type Seek = {
  readonly rpc: ChainRpc;
  /** Asked the second time; the same node where there is no other. */
  readonly second: ChainRpc;
  /** What concerns the wallets. */
  readonly filters: readonly LogFilter[];
  /** Resolutions of all conditions; null where they are not wanted. */
  readonly resolutions: LogFilter | null;
  /** Whether logs are read a second time, and every header: what is final is asked twice. */
  readonly isChecked: boolean;
  /** Receipts that were read before, by transaction and block. */
  readonly receipts: Map<string, readonly PlacedLog[]>;
};

/** Beyond it only the headers that are needed are asked for. */
const HEADERS_MAX = 256;
/** Calls that are under way at a time. */
const CALLS_MAX = 50;

/** Filters that find every log of the wallets: as maker, sender or receiver. */
export function filtersOf(book: ContractBook, wallets: readonly string[]): readonly LogFilter[] {
  if (wallets.length === 0) return [];
  const contracts = contractsEver(book);
  const [exchanges, tokens, pusd] = [
    contracts.withRole('exchange'),
    contracts.withRole('conditional_tokens'),
    contracts.withRole('pusd'),
  ];
  const own = wallets.map((wallet) => zeroPadValue(wallet, 32).toLowerCase());
  const moved = [TOPICS.transferSingle, TOPICS.transferBatch];
  return [
    {
      address: [...exchanges, ...tokens, ...pusd],
      topics: [[ORDER_FILLED, TOPICS.transfer, ...moved], null, own],
    },
    { address: tokens, topics: [moved, null, null, own] },
    { address: pusd, topics: [TOPICS.transfer, own] },
  ];
}

/** Filter of the fills of wallets alone. */
export function fillFilterOf(book: ContractBook, wallets: readonly string[]): LogFilter {
  const own = wallets.map((wallet) => zeroPadValue(wallet, 32).toLowerCase());
  return {
    address: contractsEver(book).withRole('exchange'),
    topics: [ORDER_FILLED, null, own],
  };
}

/** Filter of every resolution. */
export function resolutionFilterOf(book: ContractBook): LogFilter {
  return {
    address: contractsEver(book).withRole('conditional_tokens'),
    topics: [TOPICS.conditionResolution],
  };
}

/** Reads a range on top of a block with the hash `below` (null: whatever is there). */
export async function readRange(
  seek: Seek,
  range: Range,
  below: string | null,
): Promise<RangeReading> {
  const all = [...seek.filters, ...(seek.resolutions === null ? [] : [seek.resolutions])];
  const dense = seek.isChecked && range.to - range.from < HEADERS_MAX;
  const before = await headersAt(
    seek.rpc,
    dense ? numbersOf(range) : [...new Set([range.from, range.to])],
  );
  const first = headerAt(before, range.from);
  // Whether the block below has gone for good, the next look at the chain finds out.
  if (below !== null && first.parentHash !== below) throw changed(range.from);
  if (dense) requireLinked(before, range);
  const found = await logsIn(seek.rpc, all, range);
  const missing = [...new Set(found.map((log) => log.block))].filter((one) => !before.has(one));
  const headers = new Map([...before, ...(await headersAt(seek.rpc, missing))]);
  for (const log of found) requirePlaced(log, range, headers);
  if (seek.isChecked) await requireAgain(seek.second, all, range, found, headers);
  const isResolution = (log: PlacedLog): boolean => log.topics[0] === TOPICS.conditionResolution;
  const own = found.filter((log) => !isResolution(log));
  const transactions = await receiptsOf(seek, own, headers);
  const last = headerAt(headers, range.to);
  const again = await headerOf(seek.rpc, range.to);
  if (again?.hash !== last.hash) throw changed(range.to);
  return {
    ...range,
    hash: last.hash,
    transactions,
    resolutions: found.filter(isResolution).map((log) => timed(log, headers)),
  };
}

/** Logs of several filters, each once, in the order of the chain. */
async function logsIn(
  rpc: ChainRpc,
  filters: readonly LogFilter[],
  where: Range | { readonly blockHash: string },
): Promise<readonly PlacedLog[]> {
  const answers = await Promise.all(filters.map((filter) => logsOf(rpc, filter, where)));
  const known = new Map(answers.flat().map((log) => [keyOf(log), log]));
  return [...known.values()].sort((a, b) => a.block - b.block || a.index - b.index);
}

/** The whole of each transaction that has logs of ours. */
async function receiptsOf(
  { rpc, filters, receipts }: Seek,
  own: readonly PlacedLog[],
  headers: ReadonlyMap<number, Header>,
): Promise<readonly (readonly PlacedLog[])[]> {
  const found = new Map<string, PlacedLog[]>();
  for (const log of own) {
    found.set(log.transactionHash, [...(found.get(log.transactionHash) ?? []), log]);
  }
  const hashes = [...found.keys()];
  return inTurns(hashes, async (hash) => {
    const logs = found.get(hash) ?? [];
    const [first] = logs;
    const key = `${hash}:${first?.blockHash ?? ''}`;
    const known = receipts.get(key);
    if (known !== undefined) return known;
    const receipt = await receiptOf(rpc, hash);
    if (receipt === null || first === undefined || receipt.blockHash !== first.blockHash) {
      throw failure(
        'CHAIN_MISPLACED',
        `Expected the receipt of ${hash} in block ${first?.blockHash ?? ''}; found ` +
          `${receipt === null ? 'none' : `it in ${receipt.blockHash}`}. It is read again.`,
      );
    }
    const expected = receipt.logs.filter((log) => filters.some((filter) => fits(log, filter)));
    if (expected.map(keyOf).sort().join() !== logs.map(keyOf).sort().join()) {
      throw truncated(`${String(expected.length)} logs of ${hash}`, logs.length);
    }
    const whole = receipt.logs.map((log) => timed(log, headers));
    receipts.set(key, whole);
    return whole;
  });
}

/** The second reading: in halves, and of one block by its hash. */
async function requireAgain(
  rpc: ChainRpc,
  filters: readonly LogFilter[],
  { from, to }: Range,
  found: readonly PlacedLog[],
  headers: ReadonlyMap<number, Header>,
): Promise<void> {
  const middle = Math.floor((from + to) / 2);
  const parts =
    from === to
      ? [{ blockHash: headerAt(headers, from).hash }]
      : [
          { from, to: middle },
          { from: middle + 1, to },
        ];
  const answers = await Promise.all(parts.map((part) => logsIn(rpc, filters, part)));
  const again = answers.flat().map(keyOf).sort();
  if (again.join() === found.map(keyOf).sort().join()) return;
  const what = `${String(again.length)} logs of blocks ${String(from)} to ${String(to)}`;
  throw truncated(what, found.length);
}

function requirePlaced(
  log: PlacedLog,
  { from, to }: Range,
  headers: ReadonlyMap<number, Header>,
): void {
  const header = headers.get(log.block);
  if (log.block >= from && log.block <= to && header?.hash === log.blockHash) return;
  throw failure(
    'CHAIN_MISPLACED',
    `Expected a log of blocks ${String(from)} to ${String(to)} in the block that has its number; ` +
      `found ${log.transactionHash} in block ${String(log.block)}, ${log.blockHash}, where the ` +
      `chain has ${header?.hash ?? 'none'}. It is read again.`,
  );
}

function requireLinked(headers: ReadonlyMap<number, Header>, { from, to }: Range): void {
  for (let block = from + 1; block <= to; block += 1) {
    if (headerAt(headers, block).parentHash !== headerAt(headers, block - 1).hash) {
      throw changed(block);
    }
  }
}

/** Headers by number. All must be there: the head is above them. */
async function headersAt(
  rpc: ChainRpc,
  blocks: readonly number[],
): Promise<ReadonlyMap<number, Header>> {
  const headers = await inTurns(blocks, async (block) => {
    const header = await headerOf(rpc, block);
    if (header !== null && header.number === block) return header;
    const found = header === null ? 'none' : String(header.number);
    throw failure('CHAIN_LAGS', `Expected block ${String(block)}; found ${found}.`);
  });
  return new Map(headers.map((header) => [header.number, header]));
}

async function inTurns<Given, Value>(
  all: readonly Given[],
  ask: (one: Given) => Promise<Value>,
): Promise<readonly Value[]> {
  const values: Value[] = [];
  for (let at = 0; at < all.length; at += CALLS_MAX) {
    values.push(...(await Promise.all(all.slice(at, at + CALLS_MAX).map(ask))));
  }
  return values;
}

function numbersOf({ from, to }: Range): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

function timed(log: PlacedLog, headers: ReadonlyMap<number, Header>): PlacedLog {
  const { time } = headerAt(headers, log.block);
  return { ...log, blockTimestamp: String(time) };
}

function fits({ address, topics }: PlacedLog, filter: LogFilter): boolean {
  return (
    filter.address.includes(address) &&
    filter.topics.every((wanted, at) => {
      const topic = topics[at];
      if (wanted === null) return topic !== undefined;
      return topic !== undefined && [wanted].flat().includes(topic);
    })
  );
}

function headerAt(headers: ReadonlyMap<number, Header>, block: number): Header {
  const header = headers.get(block);
  if (header !== undefined) return header;
  throw failure('CHAIN_LAGS', `Expected block ${String(block)}; found none.`);
}

/** What stood is gone, although it was final. Nothing is written any more. */
export function reorged(block: number, expected: string, found: string): RuntimeError {
  return new RuntimeError(
    'CHAIN_REORGED',
    `Expected block ${String(block)} to stay ${expected}, as it was when it was final; found ` +
      `${found}. Nothing is read on, by no ingestor. Compare with another node: if it has the ` +
      `first, set CHAIN_RPC_URL to it and CHAIN_CONFIRMED_HASH=${expected}; if the chain did ` +
      'change, raise CHAIN_DEPTH and have the books rebuilt from before that block.',
    { retryable: false },
  );
}

function changed(block: number): RuntimeError {
  return failure(
    'CHAIN_MISPLACED',
    `Expected block ${String(block)} to stay the same while it was read; found another in its ` +
      'place. It is read again.',
  );
}

function truncated(expected: string, found: number): RuntimeError {
  return failure('CHAIN_TRUNCATED', `Expected ${expected}; found ${String(found)} in an answer.`);
}

function keyOf({ blockHash, index }: PlacedLog): string {
  return `${blockHash}:${String(index)}`;
}
