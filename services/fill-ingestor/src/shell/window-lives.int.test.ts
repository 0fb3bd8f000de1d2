/**
 * Windows through random lives: clocks that go on and back, kinds that change, fills of now and of
 * the past, readers that are behind, two ingestors at a time. Whatever happens, time is divided
 * into windows without gap or overlap, each is closed once, and every partition has the same.
 */

import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { isoTime } from '@polytraders/contracts';
import { DAY_MICROS, dateOfTime } from '@polytraders/domain';
import { migrate, pool } from '@polytraders/runtime';
import { type FreshDatabase, freshDatabase } from '@polytraders/testkit';
import type pg from 'pg';
import { parseParameters, tellParameters } from './parameters.ts';
import { closeWindows, type Patience } from './window-clock.ts';
import { windowConfig } from './window-config.ts';
import { type Level } from './window-level.ts';

const HOUR = 3_600_000_000;
const FIRST = Date.parse('2026-03-25T09:30:00Z') * 1000;
const STEPS = 70;

let fresh: FreshDatabase;
let database: pg.Pool;

beforeEach(async () => {
  fresh = await freshDatabase('window_lives');
  database = pool({ url: fresh.url, applicationName: 'window-lives-test' }, 3);
  const client = await database.connect();
  await migrate(client, 'ingest', fileURLToPath(new URL('../../sql', import.meta.url)));
  client.release();
});

afterEach(async () => {
  await database.end();
  await fresh.drop();
});

type Window = { start: number; end: number; kind: string; backfilled: boolean; seq: number };

async function closedIn(partition: number): Promise<readonly Window[]> {
  const answer = await database.query<{ payload: string }>(
    "SELECT payload FROM ingest.inbox WHERE partition = $1 AND payload::jsonb ->> 'type' = " +
      "'WindowClosed' ORDER BY seq",
    [partition],
  );
  return answer.rows.map(({ payload }) => {
    const { value, marketSeq } = JSON.parse(payload) as {
      value: Readonly<Record<string, string>>;
      marketSeq: number;
    };
    return {
      start: Date.parse(value['window_start'] ?? '') * 1000,
      end: Date.parse(value['window_end'] ?? '') * 1000,
      kind: value['window_kind'] ?? '',
      backfilled: String(value['backfilled']) === 'true',
      seq: marketSeq,
    };
  });
}

async function fillOn(time: number, receivedAt: number, partition: number): Promise<void> {
  await database.query(
    'INSERT INTO ingest.fill_day VALUES ($1, $2, $3) ON CONFLICT (log_partition, day) ' +
      'DO UPDATE SET last_at = EXCLUDED.last_at',
    [String(partition), dateOfTime(time), isoTime(receivedAt)],
  );
}

test.each([1, 2, 3])(
  'life %d: no gap, no overlap, each once, in order',
  async (seed) => {
    let state = seed * 7_919;
    const below = (limit: number): number => (state = (state * 48_271) % 2_147_483_647) % limit;
    const tell = (kind: string, now: number): Promise<number> =>
      tellParameters(
        database,
        parseParameters(JSON.stringify({ 'pnl-projector': { report_window: kind } })),
        now,
      );
    const patience: readonly Patience[] = [new Map(), new Map()];
    const look = async (now: number, isBehind: boolean): Promise<void> => {
      const behind = (): Promise<readonly string[]> => Promise.resolve(isBehind ? ['late'] : []);
      const level: Level = { behind, forget: () => undefined };
      const looks = patience.map((own) =>
        closeWindows(database, windowConfig({}), level, now, own),
      );
      await Promise.all(looks);
    };
    let now = FIRST;
    const past = new Set<string>();
    await tell(below(2) === 0 ? 'daily' : 'weekly', now);
    for (let step = 0; step < STEPS; step += 1) {
      const what = below(10);
      if (what < 4) now += (1 + below(40)) * HOUR;
      else if (what === 4) now = Math.max(FIRST, now - below(60) * HOUR);
      else if (what === 5) await tell(below(2) === 0 ? 'daily' : 'weekly', now);
      else if (what === 6) {
        const day = FIRST - (10 + below(40)) * DAY_MICROS;
        past.add(dateOfTime(day));
        await fillOn(day, now, below(12));
      } else if (what === 7) await fillOn(now, now, below(12));
      else await look(now, below(4) === 0);
    }
    for (let more = 0; more < 3; more += 1) await look(now + 30 * DAY_MICROS, false);

    const closed = await closedIn(0);
    for (const partition of [5, 11]) expect(await closedIn(partition)).toEqual(closed);
    const seqs = closed.map((one) => one.seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    const inTurn = closed.filter((one) => !one.backfilled);
    expect(inTurn.length).toBeGreaterThan(4);
    expect(inTurn[0]?.start).toBeLessThanOrEqual(FIRST);
    expect(inTurn[0]?.end).toBeGreaterThan(FIRST);
    inTurn.slice(1).forEach((one, at) => expect(one.start).toBe(inTurn[at]?.end));
    const ofPast = closed.filter((one) => one.backfilled);
    for (const day of past) {
      const time = Date.parse(`${day}T00:00:00Z`) * 1000;
      const around = ofPast.filter((one) => one.start <= time && time < one.end);
      expect([day, around.length]).toEqual([day, 1]);
    }
    for (const { start, end } of ofPast) {
      expect(end).toBeLessThanOrEqual(inTurn[0]?.start ?? 0);
      const days = [...past].map((day) => Date.parse(`${day}T00:00:00Z`) * 1000);
      expect(days.some((day) => start <= day && day < end)).toBe(true);
    }
  },
  60_000,
);
