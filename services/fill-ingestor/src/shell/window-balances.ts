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
import { type Balances, balancesInput, readBalances } from './chain-balances.ts';
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
  type ToAsk,
  tokensOf,
  whyNotRead,
} from './window-balances-store.ts';
import { type WindowConfig } from './window-config.ts';

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
    for (const windowId of reopened) log.info({ event: 'WINDOW_REOPENED', window_id: windowId });
  }

  function report(turn: Turn): void {
    if (turn.what === 'nothing') return;
    const { windowId, end } = turn.window;
    const window = { window_id: windowId, window_end: isoTime(end) };
    waiting = turn.what === 'early' ? turn.because : null;
    if (turn.what === 'told') {
      const { accounts, errors } = turn;
      facts.told += 1;
      facts.failing = errors;
      const level = errors > 0 ? 'warn' : 'info';
      log[level]({ event: 'WINDOW_BALANCES', ...window, accounts, errors });
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
  const accounts = await accountsToAsk(database, window.windowId);
  if (accounts.length === 0 && window.attempts > 0) {
    await finish(database, window, now);
    return { what: 'nothing' };
  }
  if (accounts.length === 0) return await tell(asking, { window, block: null, found: [], now });
  const block = await blockOf(asking, window);
  if (block instanceof RuntimeError) {
    const found = accounts.map((one) => ({ ...one, answer: block }));
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
  return await tell(asking, { window, block, found: await ask(asking, accounts, block), now });
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
  accounts: readonly ToAsk[],
  block: Header,
): Promise<readonly Answered[]> {
  const found: Answered[] = [];
  for (let at = 0; at < accounts.length; at += ACCOUNTS_AT_ONCE) {
    const some = accounts.slice(at, at + ACCOUNTS_AT_ONCE);
    const answers = some.map(async (one) => ({ ...one, answer: await askOne(asking, one, block) }));
    found.push(...(await Promise.all(answers)));
  }
  return found;
}

async function askOne(
  { database, rpc, chain }: Asking,
  { account }: ToAsk,
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

type Answered = ToAsk & { readonly answer: Balances | RuntimeError };
type Answers = {
  readonly window: Pending;
  readonly block: Header | null;
  readonly found: readonly Answered[];
  readonly now: TimeMicros;
};

/** Puts what was answered on the log, or waits for a better answer. */
async function tell(asking: Asking, { window, block, found, now }: Answers): Promise<Turn> {
  const { database, retryMs, chain } = asking;
  const errors = found.flatMap(({ answer }) => (answer instanceof RuntimeError ? [answer] : []));
  const [error] = errors;
  const isFirst = window.attempts === 0;
  const tries = error === undefined ? 0 : window.tries + 1;
  const next =
    error === undefined ? null : { waitMs: waitOf(retryMs, tries), tries, error: shown(error) };
  const isWorth = isFirst ? tries >= TRIES_MAX : errors.length < found.length;
  if (next !== null && error !== undefined && !isWorth) {
    await postpone(database, window, next);
    return { what: 'failed', window, error };
  }
  const occasion = { windowId: window.windowId, attempt: window.attempts + 1 };
  const observations = found
    // What has failed once more is on the log already.
    .filter(({ hasFailed, answer }) => !(hasFailed && answer instanceof RuntimeError))
    .map(({ account, answer }) => balancesInput(sourceOf(chain), account, occasion, answer, now));
  const told = found.map(({ account, answer }) => ({
    account,
    error: answer instanceof RuntimeError ? shown(answer) : null,
    tokens: answer instanceof RuntimeError ? 0 : answer.tokens.length,
  }));
  const counts = await inTransaction(database, (client) =>
    settle(client, { window, block, source: sourceOf(chain), now, observations, told, next }),
  );
  return counts === null ? { what: 'nothing' } : { what: 'told', window, ...counts };
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
