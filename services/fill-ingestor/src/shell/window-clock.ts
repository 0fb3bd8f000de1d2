/**
 * Closes report windows (rule B12): `WindowClosed` to every partition, once for each window, in
 * order of their ends.
 *
 *   running ──its end has passed──▶ settling ──all is read, no fill of it came of late──▶ closed
 *                                      └──waited for too long──▶ closed, and the log says so
 *
 * A window is due from the one in which the ledger first ran on; an earlier one when a confirmed
 * fill has fallen into it and the import of such fills has come to rest. Which kind is in force,
 * the calendar says (libs/domain/src/window-calendar.ts). What comes in for a closed window makes a
 * revision of its report; it is not closed again.
 *
 * The time is the lower one of this machine's and Postgres', so a clock that is ahead closes
 * nothing; one that is put back finds nothing due.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { isoTime } from '@polytraders/contracts';
import {
  dayOf,
  dateOfTime,
  type DueWindow,
  firstWindowStart,
  type KindTold,
  type WindowKind,
  windowsDue,
} from '@polytraders/domain';
import { databaseError, type Services, type SourceState, timeValue } from '@polytraders/runtime';
import type pg from 'pg';
import { type TimeMicros } from '../draft.ts';
import { derivedId } from '../identity.ts';
import { appendInputs, inTransaction, type NewInput } from './inbox.ts';
import { type WindowConfig } from './window-config.ts';
import { type Level } from './window-level.ts';
import { marksAt } from './window-marks.ts';

export type WindowClock = {
  readonly state: () => SourceState;
  readonly stop: () => Promise<void>;
};

/** What a look at the windows found. */
export type Look = {
  readonly closed: readonly ClosedWindow[];
  /** Windows that have ended and settled and are not closed, and why the first one is not. */
  readonly waiting: readonly DueWindow[];
  readonly because: readonly string[];
};

export type ClosedWindow = DueWindow & {
  readonly windowId: string;
  /** What was not read when it was closed all the same. */
  readonly behind: readonly string[];
};

const TICK_MS = 2_000;
const STOP_MS_MAX = 4_000;
/** Windows that are closed in one look. */
const WINDOWS_MAX = 31;

/** `win_` and a hash of kind and end. */
export function windowIdOf({ kind, end }: Pick<DueWindow, 'kind' | 'end'>): string {
  return derivedId('win', kind, isoTime(end));
}

/** Starts looking. */
export function startWindowClock(
  { database, log, onOutage }: Services,
  config: WindowConfig,
  level: Level,
  now: () => TimeMicros = () => Date.now() * 1000,
): WindowClock {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<void> = Promise.resolve();
  let last: Look = { closed: [], waiting: [], because: [] };
  let lastEnd: TimeMicros | null = null;
  let closed = 0;
  let waitingSince: number | null = null;
  const patience: Patience = new Map();

  async function tick(): Promise<void> {
    try {
      last = await closeWindows(database, config, level, now(), patience);
    } catch (cause) {
      onOutage(databaseError(cause), { source: 'windows' });
      return;
    }
    waitingSince = last.waiting.length === 0 ? null : (waitingSince ?? performance.now());
    for (const window of last.closed) {
      const { windowId, kind, end, backfilled, behind } = window;
      const facts = { window_id: windowId, kind, window_end: isoTime(end), backfilled };
      const isLate = behind.length > 0;
      log[isLate ? 'warn' : 'info']({
        event: isLate ? 'WINDOW_CLOSED_BEHIND' : 'WINDOW_CLOSED',
        ...facts,
        ...(isLate && { behind }),
      });
      closed += 1;
      lastEnd = Math.max(lastEnd ?? end, end);
    }
  }

  const schedule = (): void => {
    if (stopped) return;
    timer = setTimeout(() => {
      turn = tick().finally(schedule);
    }, TICK_MS);
  };
  schedule();
  return {
    state: () => ({
      source: 'windows',
      confirmedAgoMs: 0,
      partitions: [{ partition: 0, lagRecords: last.waiting.length, behindForMs: 0 }],
      halted: [],
      facts: {
        windows_closed: closed,
        windows_waiting: last.waiting.length,
        windows_waiting_seconds:
          waitingSince === null ? 0 : Math.round((performance.now() - waitingSince) / 1000),
        last_window_end: lastEnd === null ? null : isoTime(lastEnd),
        waiting_because: last.because[0] ?? null,
      },
    }),
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await Promise.race([turn, sleep(STOP_MS_MAX, undefined, { ref: false })]);
    },
  };
}

type Known = {
  readonly now: TimeMicros;
  readonly told: readonly KindTold[];
  readonly closedTo: TimeMicros | null;
  /** Days with fills before the first window that are in no closed one, each with its last fill. */
  readonly earlier: ReadonlyMap<number, TimeMicros>;
};

/**
 * When each window that waits was first seen to: who comes back after days waits for what has come
 * meanwhile, as everybody does.
 */
export type Patience = Map<string, TimeMicros>;

/** One look: closes what is due and at rest. */
export async function closeWindows(
  database: pg.Pool,
  config: WindowConfig,
  level: Level,
  localNow: TimeMicros,
  patience: Patience = new Map(),
): Promise<Look> {
  const known = await knownOf(database, localNow);
  const settled = known.now - config.settleMs * 1000;
  const earlierDays = [...known.earlier.keys()];
  const due = windowsDue({ ...known, earlierDays }, settled, WINDOWS_MAX);
  if (due.length === 0) {
    level.forget();
    patience.clear();
    return { closed: [], waiting: [], because: [] };
  }
  // An import may hold up windows of the past for days: what was read then is not what is read now.
  const since = Math.max(...due.map(({ end }) => end)) + config.settleMs * 1000;
  const behind = await level.behind(known.now, since);
  const closed: ClosedWindow[] = [];
  const waiting: DueWindow[] = [];
  const because: string[] = [];
  for (const window of due) {
    const why = waiting.some((one) => !one.backfilled || window.backfilled)
      ? ['A window before it waits.']
      : await whyNot(database, config, known, window, behind);
    if (why.length > 0 && !isOverdue(config, known.now, window, patience)) {
      waiting.push(window);
      because.push(...why);
      continue;
    }
    const windowId = await close(database, window, known.now);
    patience.delete(windowIdOf(window));
    if (windowId !== null) closed.push({ ...window, windowId, behind: why });
  }
  if (closed.length > 0) level.forget();
  return { closed, waiting, because };
}

/** A window of the past may wait for as long as its import takes. */
function isOverdue(
  { waitMsMax }: WindowConfig,
  now: TimeMicros,
  window: DueWindow,
  patience: Patience,
): boolean {
  const key = windowIdOf(window);
  const since = patience.get(key) ?? now;
  patience.set(key, since);
  return !window.backfilled && now >= since + waitMsMax * 1000;
}

async function knownOf(database: pg.Pool, localNow: TimeMicros): Promise<Known> {
  const answer = await database.query<Record<string, string | null>>(
    "SELECT 'now' AS what, now()::text AS at, NULL AS kind UNION ALL " +
      "SELECT 'closed', max(window_end)::text, NULL FROM ingest.report_window " +
      'WHERE NOT backfilled UNION ALL ' +
      "SELECT 'told', told_at::text, kind FROM ingest.window_kind",
  );
  const timeOf = (at: string | null | undefined): TimeMicros => timeValue(at ?? '');
  const rows = answer.rows.filter((row) => row['at'] !== null);
  const told = rows
    .filter((row) => row['what'] === 'told')
    .map((row) => ({
      kind: row['kind'] === 'weekly' ? ('weekly' as const) : ('daily' as const),
      at: timeOf(row['at']),
    }))
    .sort((a, b) => a.at - b.at);
  const one = (what: string): TimeMicros | null => {
    const row = rows.find((each) => each['what'] === what);
    return row === undefined ? null : timeOf(row['at']);
  };
  const first = firstWindowStart(told);
  return {
    now: Math.min(localNow, one('now') ?? localNow),
    told,
    closedTo: one('closed'),
    earlier: first === null ? new Map() : await earlierDays(database, first),
  };
}

/**
 * Whether a window of a kind begins at a moment and is closed: a day's own, or that of its week. A
 * Monday begins both, and closed alone it closes no other day of its week.
 */
const NONE_CLOSED = (kind: WindowKind, start: string): string =>
  `NOT EXISTS (SELECT 1 FROM ingest.report_window w WHERE w.backfilled AND w.kind = '${kind}' ` +
  `AND w.window_start = ${start} AT TIME ZONE 'UTC')`;
const DAY_START = 'd.day::timestamp';
const WEEK_START = `date_trunc('week', ${DAY_START})`;

async function earlierDays(
  database: pg.Pool,
  first: TimeMicros,
): Promise<ReadonlyMap<number, TimeMicros>> {
  const answer = await database.query<{ day: string; last: string }>(
    'SELECT d.day, d.last::text AS last FROM (SELECT day, max(last_at) AS last ' +
      'FROM ingest.fill_day WHERE day < $1 GROUP BY day) AS d WHERE ' +
      `${NONE_CLOSED('daily', DAY_START)} AND ${NONE_CLOSED('weekly', WEEK_START)}`,
    [dateOfTime(first)],
  );
  return new Map(answer.rows.map(({ day, last }) => [dayOf(day), timeValue(last)]));
}

/** Why a window is not closed yet; nothing where it may be. */
async function whyNot(
  database: pg.Pool,
  { quietMs }: WindowConfig,
  { now, earlier }: Known,
  window: DueWindow,
  behind: readonly string[],
): Promise<readonly string[]> {
  if (behind.length > 0) return behind;
  const last = window.backfilled
    ? Math.max(...earlier.values())
    : await lastFillOf(database, window);
  if (last === null || last <= now - quietMs * 1000) return [];
  const what = window.backfilled ? 'A fill of the past' : 'A fill of the window';
  return [`${what} came in at ${isoTime(last)}.`];
}

async function lastFillOf(database: pg.Pool, { start, end }: DueWindow) {
  const answer = await database.query<{ last: string | null }>(
    'SELECT max(last_at)::text AS last FROM ingest.fill_day WHERE day >= $1 AND day < $2',
    [dateOfTime(start), dateOfTime(end)],
  );
  const last = answer.rows[0]?.last ?? null;
  return last === null ? null : timeValue(last);
}

/** Puts the window on every partition. Null where another clock has done so. */
async function close(
  database: pg.Pool,
  window: DueWindow,
  now: TimeMicros,
): Promise<string | null> {
  const windowId = windowIdOf(window);
  return inTransaction(database, async (client) => {
    // First: another clock that closes it waits here, and then finds it closed.
    const fresh = await client.query(
      'INSERT INTO ingest.report_window (window_id, kind, window_start, window_end, backfilled, ' +
        'closed_at, try_at) VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING',
      [
        windowId,
        window.kind,
        isoTime(window.start),
        isoTime(window.end),
        window.backfilled,
        isoTime(now),
      ],
    );
    if (fresh.rowCount !== 1) return null;
    await appendInputs(client, [inputOf(windowId, window, await marksAt(client, window.end))], now);
    return windowId;
  });
}

function inputOf(windowId: string, window: DueWindow, own: NonNullable<NewInput['own']>): NewInput {
  const value = {
    window_id: windowId,
    window_kind: window.kind,
    window_start: isoTime(window.start),
    window_end: isoTime(window.end),
    backfilled: window.backfilled,
  };
  return {
    partition: 'all',
    source: 'clock',
    sourcePosition: `window/${windowId}`,
    rawFormat: 'json',
    bytes: Buffer.from(JSON.stringify(value)),
    raw: {
      format: 'record',
      type: 'WindowClosed',
      value,
      effectiveAt: window.end,
      correlationId: windowId,
      marketSeq: null,
    },
    own,
  };
}
