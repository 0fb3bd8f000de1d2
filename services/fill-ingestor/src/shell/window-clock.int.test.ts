/** Which windows are closed, when, and with which marks, on a real Postgres. */

import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isoTime } from '@polytraders/contracts';
import { migrate, pool } from '@polytraders/runtime';
import { type FreshDatabase, freshDatabase } from '@polytraders/testkit';
import type pg from 'pg';
import { type RawInput } from '../raw.ts';
import { parseParameters, tellParameters } from './parameters.ts';
import { closeWindows, type Look, type Patience, windowIdOf } from './window-clock.ts';
import { windowConfig } from './window-config.ts';
import { type Level } from './window-level.ts';

const SECOND = 1_000_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
const at = (text: string): number => Date.parse(text) * 1000;
/** A Friday: when the ledger first ran. */
const FIRST = at('2026-05-08T09:30:00Z');
const CONFIG = windowConfig({});

let fresh: FreshDatabase;
let database: pg.Pool;

beforeEach(async () => {
  patience = new Map();
  fresh = await freshDatabase('window_clock');
  database = pool({ url: fresh.url, applicationName: 'window-clock-test' }, 3);
  const client = await database.connect();
  await migrate(client, 'ingest', fileURLToPath(new URL('../../sql', import.meta.url)));
  client.release();
});

afterEach(async () => {
  await database.end();
  await fresh.drop();
});

async function tell(kind: 'daily' | 'weekly', now = FIRST): Promise<void> {
  const text = JSON.stringify({ 'pnl-projector': { report_window: kind } });
  await tellParameters(database, parseParameters(text), now);
}

const LEVEL: Level = { behind: () => Promise.resolve([]), forget: () => undefined };
const behind = (...what: readonly string[]): Level => ({
  ...LEVEL,
  behind: () => Promise.resolve(what),
});

let patience: Patience;
const look = (now: number, level = LEVEL): Promise<Look> =>
  closeWindows(database, CONFIG, level, now, patience);

/** A confirmed fill of a day, as the writer notes it. */
async function fillOn(day: string, receivedAt: number, partition = 3): Promise<void> {
  await database.query(
    'INSERT INTO ingest.fill_day VALUES ($1, $2, $3) ON CONFLICT (log_partition, day) ' +
      'DO UPDATE SET last_at = EXCLUDED.last_at',
    [String(partition), day, isoTime(receivedAt)],
  );
}

type Closed = { readonly partition: number; readonly value: Readonly<Record<string, unknown>> };

/** WindowClosed records that stand in the inbox, in order. */
async function closed(): Promise<readonly Closed[]> {
  const answer = await database.query<{ partition: string; payload: string }>(
    "SELECT partition, payload FROM ingest.inbox WHERE payload::jsonb ->> 'type' = " +
      "'WindowClosed' ORDER BY partition, seq",
  );
  return answer.rows.map(({ partition, payload }) => {
    const raw = JSON.parse(payload) as RawInput;
    if (raw.format !== 'record') throw new Error(`Expected a record; found ${raw.format}.`);
    const { value, marketSeq } = raw;
    return { partition: Number(partition), value: { ...value, market_seq: marketSeq } };
  });
}

/** Windows of partition 0, as kind and days. */
async function windows(): Promise<readonly string[]> {
  const rows = (await closed()).filter((one) => one.partition === 0);
  return rows.map(({ value }) => {
    const day = (name: string): string => String(value[name]).slice(0, 10);
    const how = value['backfilled'] === true ? ' backfilled' : '';
    return `${String(value['window_kind'])} ${day('window_start')}..${day('window_end')}${how}`;
  });
}

describe('a window is closed', () => {
  test('once it has settled, in every partition at one place, silent ones too', async () => {
    await tell('daily');
    const end = at('2026-05-09T00:00:00Z');
    expect(await look(end + 600 * SECOND - 1)).toEqual({ closed: [], waiting: [], because: [] });
    const { closed: now } = await look(end + 600 * SECOND);
    expect(now).toMatchObject([{ kind: 'daily', end, backfilled: false, behind: [] }]);
    const all = await closed();
    expect(all.map((one) => one.partition)).toEqual(Array.from({ length: 12 }, (_, p) => p));
    // The three processors whose parameters were told took the places before.
    const seq = all[0]?.value['market_seq'];
    expect(seq).toBe(4);
    for (const { value } of all) {
      expect(value).toEqual({
        window_id: windowIdOf({ kind: 'daily', end }),
        window_kind: 'daily',
        window_start: '2026-05-08T00:00:00Z',
        window_end: '2026-05-09T00:00:00Z',
        backfilled: false,
        marks: [],
        marks_left_out: 0,
        market_seq: seq,
      });
    }
  });

  test('without a single fill, too, and once: a second look adds nothing', async () => {
    await tell('daily');
    const now = at('2026-05-11T01:00:00Z');
    expect((await look(now)).closed).toHaveLength(3);
    expect((await look(now)).closed).toEqual([]);
    expect((await look(now + HOUR)).closed).toEqual([]);
    expect(await windows()).toEqual([
      'daily 2026-05-08..2026-05-09',
      'daily 2026-05-09..2026-05-10',
      'daily 2026-05-10..2026-05-11',
    ]);
  });

  test('by two ingestors at the same time once, in order', async () => {
    await tell('daily');
    const now = at('2026-05-20T01:00:00Z');
    const looks = await Promise.all([look(now), look(now), look(now)]);
    const ends = looks.flatMap((one) => one.closed.map(({ end }) => end));
    expect(ends.length).toBe(12);
    expect(new Set(ends).size).toBe(12);
    const all = await closed();
    for (let partition = 0; partition < 12; partition += 1) {
      const own = all.filter((one) => one.partition === partition);
      const seqs = own.map(({ value }) => Number(value['market_seq']));
      expect(own.length).toBe(12);
      expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
      expect(own.map(({ value }) => value['window_end'])).toEqual(
        own.map(({ value }) => value['window_end']).sort(),
      );
    }
  });

  test('after a long absence all that were missed, the oldest first', async () => {
    await tell('daily');
    const now = FIRST + 45 * DAY;
    expect((await look(now)).closed).toHaveLength(31);
    expect((await look(now)).closed).toHaveLength(14);
    const all = await windows();
    expect(all).toEqual([...all].sort());
  });

  test('a week from Monday to Monday, and not on a Sunday', async () => {
    await tell('weekly');
    expect((await look(at('2026-05-10T23:59:00Z'))).closed).toEqual([]);
    expect((await look(at('2026-05-11T00:10:00Z'))).closed).toHaveLength(1);
    expect(await windows()).toEqual(['weekly 2026-05-04..2026-05-11']);
  });

  test('of another kind begins at the next Monday: no gap and no overlap', async () => {
    await tell('daily');
    await look(at('2026-05-13T12:00:00Z'));
    await tell('weekly', at('2026-05-13T15:00:00Z'));
    await tell('weekly', at('2026-05-13T16:00:00Z'));
    await look(at('2026-05-25T12:00:00Z'));
    await tell('daily', at('2026-05-27T15:00:00Z'));
    await look(at('2026-06-02T12:00:00Z'));
    expect((await windows()).slice(-8)).toEqual([
      'daily 2026-05-13..2026-05-14',
      'daily 2026-05-14..2026-05-15',
      'daily 2026-05-15..2026-05-16',
      'daily 2026-05-16..2026-05-17',
      'daily 2026-05-17..2026-05-18',
      'weekly 2026-05-18..2026-05-25',
      'weekly 2026-05-25..2026-06-01',
      'daily 2026-06-01..2026-06-02',
    ]);
  });
});

describe('the clock', () => {
  test('that jumps back closes nothing twice, and goes on where it was', async () => {
    await tell('daily');
    await look(at('2026-05-10T01:00:00Z'));
    expect((await look(at('2026-05-09T01:00:00Z'))).closed).toEqual([]);
    expect((await look(at('2025-01-01T01:00:00Z'))).closed).toEqual([]);
    await look(at('2026-05-11T01:00:00Z'));
    expect(await windows()).toHaveLength(3);
  });

  test('that is a year ahead closes nothing that Postgres does not see ended', async () => {
    const answer = await database.query<{ now: string }>(
      "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS now",
    );
    const today = at(`${answer.rows[0]?.now ?? ''}T00:00:00Z`);
    await tell('daily', today);
    expect((await look(today + 400 * DAY)).closed).toEqual([]);
    expect(await windows()).toEqual([]);
  });

  test('means UTC, whatever the zones of the database and the machine', async () => {
    await database.query(
      `ALTER DATABASE "${new URL(fresh.url).pathname.slice(1)}" SET TimeZone = 'Asia/Kathmandu'`,
    );
    const zone = process.env['TZ'];
    process.env['TZ'] = 'America/St_Johns';
    const other = pool({ url: fresh.url, applicationName: 'elsewhere' }, 1);
    try {
      await tellParameters(other, parseParameters(null), FIRST);
      await fillOn('2026-05-01', FIRST);
      const now = at('2026-05-09T00:10:00Z');
      expect((await closeWindows(other, CONFIG, LEVEL, now)).closed).toHaveLength(2);
      expect((await closeWindows(other, CONFIG, LEVEL, now)).closed).toEqual([]);
    } finally {
      await other.end();
      process.env['TZ'] = zone;
      if (zone === undefined) delete process.env['TZ'];
    }
    expect(await windows()).toEqual([
      'daily 2026-05-01..2026-05-02 backfilled',
      'daily 2026-05-08..2026-05-09',
    ]);
  });

  test('that is put back between two changes leaves the later one the later one', async () => {
    await tell('daily');
    await tell('weekly', at('2026-05-13T00:00:00Z'));
    await tell('daily', at('2026-05-09T00:00:00Z'));
    const told = await database.query<{ kind: string }>(
      'SELECT kind FROM ingest.window_kind ORDER BY told_at',
    );
    expect(told.rows.map((row) => row.kind)).toEqual(['daily', 'weekly', 'daily']);
  });

  test('before any parameter was told closes nothing', async () => {
    await fillOn('2026-05-01', FIRST);
    expect(await look(at('2026-06-01T00:00:00Z'))).toMatchObject({ closed: [], waiting: [] });
  });
});

describe('a window waits', () => {
  const end = at('2026-05-09T00:00:00Z');

  test('while a fill of it has come in within a minute; no other day counts', async () => {
    await tell('daily');
    const now = end + 700 * SECOND;
    await fillOn('2026-05-09', now);
    await fillOn('2026-05-08', now - 59 * SECOND, 7);
    const first = await look(now);
    expect(first.closed).toEqual([]);
    expect(first.because).toEqual(['A fill of the window came in at 2026-05-09T00:10:41Z.']);
    expect((await look(now + SECOND)).closed).toHaveLength(1);
  });

  test('while something is not read; an hour later it is closed all the same', async () => {
    await tell('daily');
    const level = behind('topic polytraders.reports.execution/3: read to 5, 9 were there.');
    await look(end + 600 * SECOND, level);
    const waiting = await look(end + 4_199 * SECOND, level);
    expect(waiting.closed).toEqual([]);
    expect(waiting.because[0]).toContain('execution/3: read to 5, 9 were there.');
    const late = await look(end + 4_200 * SECOND, level);
    expect(late.closed).toMatchObject([{ behind: [expect.stringContaining('read to 5')] }]);
  });

  test('for what has come meanwhile, where the ledger was away for five days', async () => {
    await tell('daily');
    const back = end + 5 * DAY;
    const level = behind('topic polytraders.reports.execution/3: read to 5, 9 were there.');
    expect((await look(back, level)).closed).toEqual([]);
    expect((await look(back + 3_599 * SECOND, level)).closed).toEqual([]);
    expect((await look(back + 3_599 * SECOND)).closed).toHaveLength(6);
  });

  test('by what was there when it was due, though an older one has waited for days', async () => {
    await tell('daily');
    await fillOn('2026-01-03', end + 599 * SECOND);
    const asked: number[] = [];
    const level: Level = {
      behind: (_, since) => {
        asked.push(since);
        return Promise.resolve([]);
      },
      forget: () => undefined,
    };
    await look(end + 300 * SECOND, level);
    await look(end + 600 * SECOND, level);
    expect(asked).toEqual([at('2026-01-04T00:10:00Z'), end + 600 * SECOND]);
  });

  test('behind one that waits: windows end in their order', async () => {
    await tell('daily');
    const now = end + DAY + 700 * SECOND;
    await fillOn('2026-05-09', now);
    const found = await look(now);
    expect(found.closed.map((one) => one.end)).toEqual([end]);
    expect(found.waiting.map((one) => one.end)).toEqual([end + DAY]);
  });
});

describe('days of the past', () => {
  const now = at('2026-05-09T00:10:00Z');

  test('that fills fall into are closed once the import is at rest', async () => {
    await tell('daily');
    await fillOn('2026-01-03', now - 60 * SECOND);
    await fillOn('2025-12-31', now - 90 * SECOND, 5);
    expect((await look(now)).closed).toHaveLength(3);
    expect(await windows()).toEqual([
      'daily 2025-12-31..2026-01-01 backfilled',
      'daily 2026-01-03..2026-01-04 backfilled',
      'daily 2026-05-08..2026-05-09',
    ]);
  });

  test('wait for the whole import, for as long as it takes; the day of now does not', async () => {
    await tell('daily');
    await fillOn('2025-12-31', now - 7_000 * SECOND);
    await fillOn('2026-01-03', now - 59 * SECOND);
    const { closed: own, waiting, because } = await look(now);
    expect(own.map((one) => one.backfilled)).toEqual([false]);
    expect(waiting).toHaveLength(2);
    expect(because[0]).toMatch(/^A fill of the past came in at/);
    expect((await look(now + SECOND)).closed).toHaveLength(2);
  });

  test('are closed once: a later fill of a closed day is for a revision', async () => {
    await tell('daily');
    await fillOn('2026-01-03', FIRST);
    await look(now);
    await fillOn('2026-01-03', now + HOUR);
    await fillOn('2026-01-03', now + HOUR, 9);
    expect((await look(now + 3 * HOUR)).closed).toEqual([]);
    await fillOn('2026-01-04', now + 3 * HOUR);
    expect((await look(now + 4 * HOUR)).closed).toMatchObject([{ backfilled: true }]);
  });

  test('are closed by themselves: a closed Monday leaves the days of its week open', async () => {
    await tell('daily');
    await fillOn('2026-01-05', FIRST);
    await look(now);
    await fillOn('2026-01-06', FIRST);
    await fillOn('2026-01-11', FIRST);
    expect((await look(now + HOUR)).closed).toHaveLength(2);
    expect(await windows()).toEqual([
      'daily 2026-01-05..2026-01-06 backfilled',
      'daily 2026-05-08..2026-05-09',
      'daily 2026-01-06..2026-01-07 backfilled',
      'daily 2026-01-11..2026-01-12 backfilled',
    ]);
  });

  test('lie in weeks where the ledger began with weeks', async () => {
    await tell('weekly');
    await fillOn('2026-01-03', FIRST);
    await fillOn('2025-12-30', FIRST);
    await fillOn('2026-05-07', FIRST);
    await look(now);
    await look(now);
    expect(await windows()).toEqual(['weekly 2025-12-29..2026-01-05 backfilled']);
  });
});

test('settings are judged', () => {
  expect(windowConfig({ WINDOW_SETTLE_SECONDS: '0', WINDOW_QUIET_SECONDS: '5' })).toEqual({
    settleMs: 0,
    quietMs: 5_000,
    waitMsMax: 3_600_000,
    retryMs: 60_000,
  });
  expect(() => windowConfig({ WINDOW_SETTLE_SECONDS: '1.5' })).toThrow(
    'Expected WINDOW_SETTLE_SECONDS as whole seconds from 0 to 86400; found "1.5".',
  );
  expect(() => windowConfig({ WINDOW_BALANCES_RETRY_SECONDS: '0' })).toThrow(/from 1 to 86400/);
});
