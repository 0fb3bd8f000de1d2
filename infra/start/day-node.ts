/**
 * The node of a generated day's chain: it answers JSON-RPC out of the receipts that the day has
 * made, as a node of Polygon would, so that what only the chain can say of a market (a
 * ConditionResolution) comes in by the chain source and by no other way. Blocks follow from their
 * numbers alone: whoever asks again, after days, finds the same chain.
 */

import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { blockHashOf, type ChainReceipt, type Wallets } from '@polytraders/testkit/generator';
import { balancesOf } from './day-balances.ts';

export type DayNode = {
  readonly url: string;
  /** Adds receipts; their blocks must be above the head that was there. */
  readonly add: (receipts: readonly ChainReceipt[]) => void;
  /** Transactions with their blocks, of which nothing but the place is known. */
  readonly mine: (transactions: ReadonlyMap<string, number>) => void;
  /** What wallets hold from now on, up to a block: it is asked for by `eth_call`. */
  readonly hold: (wallets: Wallets, until: number) => void;
  /** The chain grows to this block. It never shrinks. */
  readonly growTo: (block: number) => void;
  readonly close: () => Promise<void>;
};

export type DayChain = {
  readonly chainId: number;
  readonly secondOf: (block: number) => number;
};

/** Blocks under the head that are final. */
export const FINAL_DEPTH = 8;

type Call = { readonly id: unknown; readonly method: string; readonly params?: readonly unknown[] };
type Filter = {
  readonly address?: string | readonly string[];
  readonly topics?: readonly (string | readonly string[] | null)[];
  readonly fromBlock?: string;
  readonly toBlock?: string;
  readonly blockHash?: string;
};

/** Starts the node on a free port of this machine. */
export async function startDayNode(chain: DayChain, head: number): Promise<DayNode> {
  const state: State = { head, receipts: [], mined: new Map(), held: null };
  const server = createServer((request, response) => {
    void answerOf(request, chain, state).then((body) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(body);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    add: (receipts) => void state.receipts.push(...receipts),
    mine: (transactions) => {
      for (const [hash, block] of transactions) state.mined.set(hash, block);
    },
    hold: (wallets, until) => void (state.held = { wallets, until }),
    growTo: (block) => void (state.head = Math.max(state.head, block)),
    close: () => closed(server),
  };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

type State = {
  head: number;
  readonly receipts: ChainReceipt[];
  readonly mined: Map<string, number>;
  held: { readonly wallets: Wallets; readonly until: number } | null;
};

async function answerOf(request: IncomingMessage, chain: DayChain, state: State): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const asked = JSON.parse(text) as Call | readonly Call[];
  const answer = (call: Call) => ({ jsonrpc: '2.0', id: call.id, ...resultOf(call, chain, state) });
  return JSON.stringify(Array.isArray(asked) ? asked.map(answer) : answer(asked as Call));
}

function resultOf({ method, params = [] }: Call, chain: DayChain, state: State): object {
  switch (method) {
    case 'eth_chainId':
      return { result: hex(chain.chainId) };
    case 'eth_blockNumber':
      return { result: hex(state.head) };
    case 'eth_getBlockByNumber':
      return { result: headerOf(numberOf(String(params[0]), state), chain, state) };
    case 'eth_getLogs':
      return logsOf(params[0] ?? {}, state);
    case 'eth_getTransactionReceipt':
      return { result: receiptOf(String(params[0]), state) };
    case 'eth_call':
      return callOf(params, state);
    default:
      return { error: { code: -32601, message: `the method ${method} does not exist` } };
  }
}

function receiptOf(hash: string, state: State): object | null {
  const block = state.mined.get(hash);
  if (block === undefined || block > state.head) {
    return receiptsIn(state).find((one) => one.transactionHash === hash) ?? null;
  }
  const place = { blockNumber: hex(block), blockHash: blockHashOf(block) };
  return { transactionHash: hash, ...place, transactionIndex: '0x0', status: '0x1', logs: [] };
}

/** What wallets hold, as of blocks for which that is known. */
function callOf(params: readonly unknown[], state: State): object {
  const [call, tag] = params as readonly [{ readonly data?: string }, string];
  const { held } = state;
  if (held === null || numberOf(tag, state) > held.until) {
    return { error: { code: -32000, message: `nothing is known of wallets at block ${tag}` } };
  }
  const result = balancesOf(held.wallets, call.data ?? '0x');
  return result === null ? { error: { code: -32000, message: 'execution reverted' } } : { result };
}

function numberOf(tag: string, { head }: State): number {
  if (tag === 'latest' || tag === 'pending') return head;
  if (tag === 'finalized' || tag === 'safe') return head - FINAL_DEPTH;
  return Number(tag);
}

function headerOf(block: number, { secondOf }: DayChain, { head }: State): object | null {
  if (block > head) return null;
  return {
    number: hex(block),
    hash: blockHashOf(block),
    parentHash: blockHashOf(block - 1),
    timestamp: hex(secondOf(block)),
  };
}

function logsOf({ address, topics = [], ...where }: Filter, state: State): object {
  const from = numberOf(where.fromBlock ?? 'latest', state);
  const to = numberOf(where.toBlock ?? 'latest', state);
  if (where.blockHash === undefined && from > state.head) {
    return { error: { code: -32602, message: 'BlockOutOfRangeError' } };
  }
  const addresses = address === undefined ? null : [address].flat();
  const result = receiptsIn(state)
    .filter(({ blockNumber, blockHash }) =>
      where.blockHash === undefined
        ? Number(blockNumber) >= from && Number(blockNumber) <= to
        : blockHash === where.blockHash,
    )
    .flatMap(({ logs }) => logs)
    .filter((log) => addresses?.includes(log.address) !== false)
    .filter((log) => topics.every((wanted, at) => fits(wanted, log.topics[at])));
  return { result };
}

function fits(wanted: string | readonly string[] | null, topic: string | undefined): boolean {
  return wanted === null || (topic !== undefined && [wanted].flat().includes(topic));
}

/** Receipts of blocks that are there, with logs that say their place, as a node's do. */
function receiptsIn({ head, receipts }: State) {
  return receipts
    .filter(({ blockNumber }) => Number(blockNumber) <= head)
    .map((receipt) => {
      const { transactionHash, blockNumber, blockHash } = receipt;
      const place = { transactionHash, blockNumber, blockHash, transactionIndex: '0x0' };
      const logs = receipt.logs.map((log) => ({ ...log, ...place, removed: false }));
      return { ...receipt, transactionIndex: '0x0', logs };
    });
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
