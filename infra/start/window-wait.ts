/**
 * Waits until the windows that have ended are closed, the chain has answered for them, and the fold
 * has made their reports. Read from the outside, as settle.ts does.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { ask, type Database, INGEST, PNL, schemaOf } from '@polytraders/cli';

const POLL_MS = 250;
/** What came in late is looked for every 15 s. */
const WINDOWS_MS_MAX = 60_000;

/** What a window still lacks, or null: all is said of it. */
export type Lack = string | null;

/** Days with fills that are over and in no closed window. */
const OPEN_DAYS = `SELECT min(d.day) AS day FROM ingest.fill_day d
  WHERE d.day < to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD') AND NOT EXISTS (
    SELECT FROM ingest.report_window w
     WHERE w.window_start <= d.day::timestamp AT TIME ZONE 'UTC'
       AND w.window_end > d.day::timestamp AT TIME ZONE 'UTC')`;

/**
 * Windows of which the chain has not said all: nothing yet, an error, or something came in later
 * that was before their end. What it is asked again for is in window-balances-store.ts.
 */
const UNANSWERED = `SELECT min(w.window_start)::text AS day FROM ingest.report_window w
  WHERE w.try_at IS NOT NULL OR w.attempts = 0 OR EXISTS (
    SELECT FROM (SELECT day, last_at FROM ingest.fill_day
                 UNION ALL SELECT day, last_at FROM ingest.moved_day) d
     WHERE w.window_end > d.day::timestamp AT TIME ZONE 'UTC' AND d.last_at > w.told_at)`;

/** Market-wide events that all partitions of the books have passed and the fold has not. */
const UNFOLDED = `SELECT count(DISTINCT market_seq) AS cuts FROM window_cuts
  WHERE market_seq::bigint > coalesce(
    (SELECT max(i.market_seq) FROM window_inputs i JOIN stream.partition p
         ON p.processor = 'pnl-windows' AND p.version = $1 AND i.seq < p.next_offset), -1)`;

/** What is missing now; `hasChain`: somebody answers for the wallets. */
export async function lackOf(database: Database, hasChain: boolean): Promise<Lack> {
  const open = await one(database, OPEN_DAYS, 'day');
  if (open !== null) return `the window of ${open} is not closed`;
  const unanswered = hasChain ? await one(database, UNANSWERED, 'day') : null;
  if (unanswered !== null) {
    return `the chain has not answered for all wallets of ${unanswered.slice(0, 10)}`;
  }
  const schema = await schemaOf(database, PNL);
  const sql = UNFOLDED.replace(/window_(cuts|inputs)/g, `"${schema}".$&`);
  const [row] = await ask(database, sql, [Number(/\d+$/.exec(schema)?.[0])], PNL.service);
  const cuts = Number(row?.['cuts'] ?? 0);
  return cuts === 0 ? null : `${String(cuts)} cuts of windows are not folded`;
}

async function one(database: Database, sql: string, name: string): Promise<string | null> {
  const [row] = await ask(database, sql, [], INGEST.service);
  return row?.[name] ?? null;
}

/** Waits for all of it, and answers what is still missing when patience ends. */
export async function waitUntilReported(
  database: Database,
  hasChain: boolean,
  over: AbortSignal,
): Promise<Lack> {
  const startedAt = performance.now();
  for (;;) {
    const lack = await lackOf(database, hasChain);
    if (lack === null || performance.now() - startedAt > WINDOWS_MS_MAX) return lack;
    await sleep(POLL_MS, undefined, { signal: over });
  }
}
