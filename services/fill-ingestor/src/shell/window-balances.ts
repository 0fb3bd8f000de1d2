/**
 * What wallets hold at the end of a window, read from the chain (rule B13): for each closed window
 * an observation of every account, then `WindowBalancesComplete` to all partitions.
 *
 *   closed ──the block is final and read──▶ asking ──all have answered──▶ complete
 *                                             └──errors──▶ asked again, up to TRIES_MAX times
 *                                                └──▶ errors on the log, complete with errors
 *                                                       └──asked again, later──▶ complete again
 *   complete ──a fill of it comes late, and is at rest──▶ asking, of whom something new is known
 *
 * With the balances go the blocks of the account's transactions of which the log says none
 * (window-places.ts); a receipt that comes later makes another attempt.
 *
 * All of an attempt is appended in one transaction, the completion behind the last observation, so
 * in each partition it stands behind the observations there. An attempt counts by compare-and-set:
 * two ingestors may both ask, one is heard. What nobody answers stays pending, and says why.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { isoTime } from '@polytraders/contracts';
import {
  databaseError,
  pause,
  RuntimeError,
  type Services,
  type SourceState,
} from '@polytraders/runtime';
import type pg from 'pg';
import { type TimeMicros } from '../draft.ts';
import { type Header, headerOf } from './chain-answers.ts';
import { type Balances, balancesInputs, readBalances } from './chain-balances.ts';
import { blockBefore } from './chain-block-at.ts';
import { type ChainConfig } from './chain-config.ts';
import { type ChainRpc, createRpc, failure } from './chain-rpc.ts';
import { inTransaction } from './inbox.ts';
import {
  accountsToAsk,
  claimWindow,
  finish,
  type Pending,
  postpone,
  reopenWindows,
  settle,
  type Settled,
  type ToAsk,
  tokensOf,
  whyNotRead,
} from './window-balances-store.ts';
import { type WindowConfig } from './window-config.ts';
import { placeTransactions } from './window-places.ts';
import {
  accountsToPlace,
  lookAgain,
  markTold,
  noteUnknown,
  type ToTell,
  untoldPlaces,
} from './window-places-store.ts';

export type WindowBalances = {
  readonly state: () => SourceState;
  readonly stop: () => Promise<void>;
};

/** Failed tries after which the error goes on the log. */
export const TRIES_MAX = 3;
/** Longest wait between two tries, in milliseconds. */
const RETRY_MS_MAX = 3_600_000;
/** Wait before a window is looked at again whose block is not final or not read, milliseconds. */
const EARLY_MS = 5_000;
/** Between two looks for late fills, milliseconds. */
const REOPEN_MS = 15_000;
/** Accounts that are asked at a time. */
const ACCOUNTS_AT_ONCE = 8;
const STOP_MS_MAX = 4_000;

export type Asking = {
  readonly database: pg.Pool;
  readonly chain: ChainConfig;
  readonly rpc: ChainRpc;
  readonly second: ChainRpc;
  readonly retryMs: number;
  /** Wait before a window is looked at again that is too early. */
  readonly earlyMs: number;
};

/** What came of one look at the windows whose balances are due. */
export type Turn =
  | { readonly what: 'nothing' }
  | { readonly what: 'early'; readonly window: Pending; readonly because: string }
  | { readonly what: 'failed'; readonly window: Pending; readonly error: RuntimeError }
  | {
      readonly what: 'told';
      readonly window: Pending;
      readonly accounts: number;
      readonly errors: number;
      /** Transactions whose block was told. */
      readonly placed: number;
      /** Of which transactions nothing is known; null where there are none. */
      readonly unknown: string | null;
    };

/** Starts asking. */
export function startWindowBalances(
  { database, log, onOutage }: Services,
  chain: ChainConfig,
  windows: WindowConfig,
): WindowBalances {
  const rpc = createRpc(chain);
  const second = chain.secondUrl === null ? rpc : createRpc({ ...chain, url: chain.secondUrl });
  const earlyMs = Math.min(EARLY_MS, chain.pollMs * 4);
  const asking: Asking = { database, chain, rpc, second, retryMs: windows.retryMs, earlyMs };
  const stopping = new AbortController();
  const facts = { told: 0, failed: 0, failing: 0 };
  let waiting: string | null = null;
  let lookedAt = -Infinity;

  /** Now and then, whether late fills have made a window incomplete again. */
  async function reopenWithin(ms: number): Promise<void> {
    if (performance.now() - lookedAt < ms) return;
    lookedAt = performance.now();
    const reopened = await reopenWindows(database, windows.quietMs);
    await lookAgain(database);
    for (const windowId of reopened) log.info({ event: 'WINDOW_REOPENED', window_id: windowId });
  }

  function report(turn: Turn): void {
    if (turn.what === 'nothing') return;
    const { windowId, end } = turn.window;
    const window = { window_id: windowId, window_end: isoTime(end) };
    waiting = turn.what === 'early' ? turn.because : null;
    if (turn.what === 'told') {
      const { accounts, errors, placed, unknown } = turn;
      facts.told += 1;
      facts.failing = errors;
      const level = errors > 0 || unknown !== null ? 'warn' : 'info';
      log[level]({ event: 'WINDOW_BALANCES', ...window, accounts, errors, placed, unknown });
    } else if (turn.what === 'failed') {
      facts.failed += 1;
      waiting = turn.error.message;
      onOutage(turn.error, { source: 'balances', ...window });
    }
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await reopenWithin(REOPEN_MS);
        const turn = await observeNext(asking, Date.now() * 1000);
        report(turn);
        if (turn.what === 'told') continue;
      } catch (cause) {
        if (stopping.signal.aborted) return;
        onOutage(databaseError(cause), { source: 'balances' });
      }
      await pause(chain.pollMs, stopping.signal);
    }
  }

  const running = loop();
  return {
    state: () => ({
      source: 'balances',
      confirmedAgoMs: 0,
      partitions: [{ partition: 0, lagRecords: facts.failing, behindForMs: 0 }],
      halted: [],
      facts: {
        balances_told: facts.told,
        balances_failed: facts.failed,
        accounts_failing: facts.failing,
        waiting_because: waiting,
      },
    }),
    stop: async () => {
      stopping.abort();
      await Promise.race([running, sleep(STOP_MS_MAX, undefined, { ref: false })]);
      rpc.close();
      if (second !== rpc) second.close();
    },
  };
}

/** Looks at the window that is due next and asks for what it lacks. */
export async function observeNext(asking: Asking, now: TimeMicros): Promise<Turn> {
  const { database, chain } = asking;
  const window = await claimWindow(database, asking.retryMs);
  if (window === null) return { what: 'nothing' };
  const silent = await accountsToAsk(database, window.windowId);
  const unplaced = await accountsToPlace(database, window);
  if (silent.length + unplaced.length === 0 && window.attempts > 0) {
    return await complete(asking, window, false, now);
  }
  const accounts = askedOf(silent, unplaced);
  if (accounts.length === 0) return await tell(asking, { window, block: null, found: [], now });
  const block = await blockOf(asking, window);
  if (block instanceof RuntimeError) {
    const found = accounts.map((one) => ({ ...one, ...NOTHING, answer: block }));
    return await tell(asking, { window, block: null, found, now });
  }
  const unready =
    typeof block === 'string' ? block : await whyNotRead(database, sourceOf(chain), block.number);
  if (typeof block === 'string' || unready !== null) {
    const because = unready ?? '';
    const { tries } = window;
    await postpone(database, window, { waitMs: asking.earlyMs, tries, error: because });
    return { what: 'early', window, because };
  }
  const found = await ask(asking, window, accounts, block);
  return await tell(asking, { window, block, found, now });
}

type Asked = ToAsk & {
  /** Whether its balances are told: only blocks of its transactions are news. */
  readonly hasAnswered: boolean;
};

function askedOf(silent: readonly ToAsk[], unplaced: readonly string[]): readonly Asked[] {
  const names = new Set(silent.map(({ account }) => account));
  const more = unplaced.filter((account) => !names.has(account));
  return [
    ...silent.map((one) => ({ ...one, hasAnswered: false })),
    ...more.map((account) => ({ account, hasFailed: false, hasAnswered: true })),
  ];
}

/** The window's block; a sentence where there is none yet; or why it could not be found. */
async function blockOf(asking: Asking, window: Pending): Promise<Header | string | RuntimeError> {
  const { rpc, second, chain } = asking;
  const end = isoTime(window.end);
  try {
    const known = window.block === null ? null : await headerOf(rpc, window.block.number);
    if (known !== null && known.hash === window.block?.hash) return known;
    const block = await blockBefore(rpc, second, chain, window.end);
    if (block.found !== null) return block.found;
    if (block.isEarly) return `No block after ${end} is final yet.`;
    return failure(
      'CHAIN_UNREADABLE',
      `Expected a block before ${end}; found that the chain is read from a later one on. Lower ` +
        'CHAIN_START_BLOCK where the wallets are older.',
    );
  } catch (cause) {
    if (cause instanceof RuntimeError) return cause;
    throw cause;
  }
}

async function ask(
  asking: Asking,
  window: Pending,
  accounts: readonly Asked[],
  block: Header,
): Promise<readonly Answered[]> {
  const found: Answered[] = [];
  for (let at = 0; at < accounts.length; at += ACCOUNTS_AT_ONCE) {
    const some = accounts.slice(at, at + ACCOUNTS_AT_ONCE);
    found.push(...(await Promise.all(some.map((one) => askOne(asking, window, one, block)))));
  }
  return found;
}

/** Its transactions first, then its balances; what it has answered already is not asked for. */
async function askOne(
  asking: Asking,
  window: Pending,
  asked: Asked,
  block: Header,
): Promise<Answered> {
  const { account, hasAnswered } = asked;
  try {
    const lacks = await placeTransactions(asking, window, account, block);
    const transactions = await untoldPlaces(asking.database, account, block.number);
    const isKnown = hasAnswered && transactions.length === 0;
    const answer = isKnown ? null : await balancesOf(asking, account, block);
    return { ...asked, answer, lacks, transactions };
  } catch (cause) {
    if (cause instanceof RuntimeError) return { ...asked, ...NOTHING, answer: cause };
    throw cause;
  }
}

async function balancesOf(
  { database, rpc, chain }: Asking,
  account: string,
  block: Header,
): Promise<Balances | RuntimeError> {
  const tokens = await tokensOf(database, account);
  if (typeof tokens === 'string') return failure('CHAIN_UNREADABLE', tokens);
  const answer = await readBalances(rpc, chain.book, { account, tokens, block: block.number });
  // All accounts of a window are read at one block.
  if (answer instanceof RuntimeError || answer.block.hash === block.hash) return answer;
  const expected = `Expected balances at block ${block.hash}`;
  return failure('CHAIN_MISPLACED', `${expected}; found them at ${answer.block.hash}.`);
}

type Answered = Asked & {
  /** Null where all is told. */
  readonly answer: Balances | RuntimeError | null;
  /** Why blocks of its transactions are still unknown; null where none is. */
  readonly lacks: RuntimeError | null;
  /** Whose block is known and goes on the log now. */
  readonly transactions: readonly ToTell[];
};
type Answers = {
  readonly window: Pending;
  readonly block: Header | null;
  readonly found: readonly Answered[];
  readonly now: TimeMicros;
};

const NOTHING = { lacks: null, transactions: [] } as const;

/** Puts what was answered on the log, or waits for a better answer. */
async function tell(asking: Asking, { window, block, found, now }: Answers): Promise<Turn> {
  const { database, retryMs, chain } = asking;
  const errors = found.flatMap(({ answer }) => (answer instanceof RuntimeError ? [answer] : []));
  const lacks = found.flatMap((one) => one.lacks ?? []);
  const isFirst = window.attempts === 0;
  // What is unknown is waited for before the first answer only: it may never come.
  const [error] = isFirst ? [...errors, ...lacks] : errors;
  const isNews = found.some(({ answer }) => answer !== null && !(answer instanceof RuntimeError));
  const tries = error === undefined ? 0 : window.tries + 1;
  const isError = errors.length > 0;
  const next =
    error === undefined ? null : { waitMs: waitOf(retryMs, tries), tries, error: shown(error) };
  if (next !== null && error !== undefined && !(isFirst ? tries >= TRIES_MAX : isNews)) {
    await postpone(database, window, next);
    return { what: 'failed', window, error };
  }
  if (!isFirst && !isNews) return await complete(asking, window, lacks.length > 0, now);
  const occasion = { windowId: window.windowId, attempt: window.attempts + 1 };
  // What is told stays told, whatever is not answered now.
  const news = found.filter(({ answer, hasAnswered }) =>
    answer instanceof RuntimeError ? !hasAnswered : answer !== null,
  ) as readonly News[];
  const observations = news
    // What has failed once more is on the log already.
    .filter(({ hasFailed, answer }) => !(hasFailed && answer instanceof RuntimeError))
    .flatMap(({ account, answer, transactions }) =>
      balancesInputs(sourceOf(chain), account, occasion, answer, transactions, now),
    );
  const told = news.map(({ account, answer }) => ({
    account,
    error: answer instanceof RuntimeError ? shown(answer) : null,
    tokens: answer instanceof RuntimeError ? 0 : answer.tokens.length,
  }));
  const settled: Settled = {
    ...{ window, block, source: sourceOf(chain), now, observations, told },
    next: isError ? next : null,
  };
  const counts = await inTransaction(database, async (client) => {
    const done = await settleAll(client, settled, news);
    if (done !== null) await noteUnknown(client, window.windowId, lacks.length > 0, retryMs);
    return done;
  });
  if (counts === null) return { what: 'nothing' };
  return { what: 'told', window, ...counts, unknown: lacks[0]?.message ?? null };
}

/** Nothing is left to tell for now. */
async function complete(
  { database, retryMs }: Asking,
  window: Pending,
  isUnknown: boolean,
  now: TimeMicros,
): Promise<Turn> {
  await finish(database, window, now);
  await noteUnknown(database, window.windowId, isUnknown, retryMs);
  return { what: 'nothing' };
}

type News = Answered & { readonly answer: Balances | RuntimeError };

/** The observations, and that the blocks of transactions stand on the log with them. */
async function settleAll(client: pg.ClientBase, settled: Settled, news: readonly News[]) {
  const counts = await settle(client, settled);
  if (counts === null) return null;
  let placed = 0;
  for (const { account, answer, transactions } of news) {
    if (answer instanceof RuntimeError || transactions.length === 0) continue;
    await markTold(client, account, transactions);
    placed += transactions.length;
  }
  return { ...counts, placed };
}

function sourceOf({ chainId }: ChainConfig): string {
  return `chain/${String(chainId)}`;
}

/** Doubled with each try, to an hour. */
function waitOf(retryMs: number, tries: number): number {
  return Math.min(retryMs * 2 ** Math.min(tries - 1, 20), RETRY_MS_MAX);
}

function shown({ code, message }: RuntimeError): string {
  return `${code}: ${message}`;
}
