/** Settings of the chain source. Without CHAIN_RPC_URL there is none, and the log says so. */

import { RuntimeError } from '@polytraders/runtime';
import { type ContractBook, parseContracts, POLYGON } from '../sources/chain/contracts.ts';

export type ChainConfig = {
  readonly url: string;
  /** A second node, by which final logs are checked; null: the first one is asked again. */
  readonly secondUrl: string | null;
  readonly chainId: number;
  /** Where reading begins that never began: a wallet's first block, or that of pUSD. */
  readonly startBlock: number;
  /** Blocks that stand above a final one, at least. */
  readonly depth: number;
  readonly book: ContractBook;
  /** Blocks that a call for logs may span. */
  readonly rangeMax: number;
  readonly pollMs: number;
  readonly timeoutMs: number;
  readonly batchMax: number;
  readonly resetMs: number;
  /** Hash of the last final block, confirmed by an operator after CHAIN_REORGED; null: none is. */
  readonly confirmedHash: string | null;
  /** How old the newest block may be before the node is said to lag; 0: as old as it likes. */
  readonly headAgeMaxMs: number;
  /** After this long without a sign of life a reader counts as gone. */
  readonly leaseMs: number;
};

type Env = Readonly<Record<string, string | undefined>>;

/** Reads the settings; `read` gives the file that a variable names. Throws CONFIGURATION. */
export function chainConfig(env: Env, read: (name: string) => string | null): ChainConfig | null {
  const url = given(env, 'CHAIN_RPC_URL');
  if (url === null) return null;
  const book = contractsIn(read);
  return {
    url: urlIn('CHAIN_RPC_URL', url),
    secondUrl: secondOf(env),
    book,
    chainId: whole(env, 'CHAIN_ID', 137, 1, Number.MAX_SAFE_INTEGER),
    startBlock: whole(env, 'CHAIN_START_BLOCK', firstOf(book), 0, Number.MAX_SAFE_INTEGER),
    depth: whole(env, 'CHAIN_DEPTH', 128, 1, 100_000),
    rangeMax: whole(env, 'CHAIN_RANGE_BLOCKS_MAX', 2_000, 1, 100_000),
    pollMs: whole(env, 'CHAIN_POLL_MS', 2_000, 20, 600_000),
    timeoutMs: whole(env, 'CHAIN_TIMEOUT_MS', 10_000, 50, 120_000),
    batchMax: whole(env, 'CHAIN_BATCH_MAX', 50, 1, 100),
    resetMs: whole(env, 'CHAIN_RESET_MS', 5_000, 10, 600_000),
    confirmedHash: hashIn(env, 'CHAIN_CONFIRMED_HASH'),
    headAgeMaxMs: whole(env, 'CHAIN_HEAD_AGE_MS_MAX', 120_000, 0, 86_400_000),
    leaseMs: whole(env, 'CHAIN_LEASE_MS', 30_000, 500, 600_000),
  };
}

/** The list of contracts: that of `CHAIN_CONTRACTS_FILE`, or Polygon's. Throws CONFIGURATION. */
export function contractsIn(read: (name: string) => string | null): ContractBook {
  const text = read('CHAIN_CONTRACTS_FILE');
  const book = text === null ? POLYGON : parseContracts(text);
  if (typeof book === 'string') throw refusal(book);
  return book;
}

/** Where the venue's cash began: before it nothing can concern a wallet of these books. */
function firstOf(book: ContractBook): number {
  const starts = book.filter((one) => one.role === 'pusd').map((one) => one.fromBlock);
  return Math.min(...starts);
}

function secondOf(env: Env): string | null {
  const second = given(env, 'CHAIN_SECOND_RPC_URL');
  return second === null ? null : urlIn('CHAIN_SECOND_RPC_URL', second);
}

function urlIn(name: string, text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  // An address of a node often holds a key: it is not repeated.
  throw refusal(`Expected ${name} to be an http or https address; found something else.`);
}

function whole(env: Env, name: string, initial: number, least: number, most: number): number {
  const text = given(env, name);
  if (text === null) return initial;
  const value = Number(text);
  if (/^\d{1,16}$/.test(text) && value >= least && value <= most) return value;
  throw refusal(
    `Expected ${name} as a whole number from ${String(least)} to ${String(most)}; found "${text}".`,
  );
}

function hashIn(env: Env, name: string): string | null {
  const text = given(env, name);
  if (text === null || /^0x[0-9a-f]{64}$/i.test(text)) return text?.toLowerCase() ?? null;
  throw refusal(`Expected ${name} as 0x and 64 hex digits; found "${text}".`);
}

function given(env: Env, name: string): string | null {
  const text = env[name] ?? '';
  return text === '' ? null : text;
}

function refusal(sentence: string): RuntimeError {
  return new RuntimeError('CONFIGURATION', sentence, { retryable: false });
}
