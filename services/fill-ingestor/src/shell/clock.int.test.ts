/** Which partitions are told that time has passed, on a real Postgres. */

import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { isoTime } from '@polytraders/contracts';
import { migrate, pool } from '@polytraders/runtime';
import { type FreshDatabase, freshDatabase } from '@polytraders/testkit';
import type pg from 'pg';
import { NOON } from '../../test/inputs.ts';
import { tellTime } from './clock.ts';

const SECOND = 1_000_000;
let fresh: FreshDatabase;
let database: pg.Pool;

beforeEach(async () => {
  fresh = await freshDatabase('clock');
  database = pool({ url: fresh.url, applicationName: 'clock-test' }, 1);
  const client = await database.connect();
  await migrate(client, 'ingest', fileURLToPath(new URL('../../sql', import.meta.url)));
  client.release();
});

afterEach(async () => {
  await database.end();
  await fresh.drop();
});

async function due(
  id: string,
  partition: number,
  at: number,
  kind: 'order' | 'reservation' = 'order',
): Promise<void> {
  await database.query(
    'INSERT INTO ingest.deadline (kind, id, log_partition, due_at) VALUES ($1, $2, $3, $4)',
    [kind, id, String(partition), isoTime(at)],
  );
}

/** What stands in the inbox: partition and time, in order. */
async function told(): Promise<readonly string[]> {
  const answer = await database.query<{ told: string }>(
    "SELECT partition || ' ' || (payload::json -> 'value' ->> 'to') AS told FROM ingest.inbox " +
      'ORDER BY partition, seq',
  );
  return answer.rows.map((row) => row.told);
}

test('each partition is told the latest of its deadlines that are over, once', async () => {
  await due('a', 3, NOON - 2 * SECOND);
  await due('b', 3, NOON - SECOND);
  await due('c', 5, NOON + SECOND);
  expect(await tellTime(database, NOON)).toBe(1);
  expect(await tellTime(database, NOON)).toBe(0);
  expect(await told()).toEqual(['3 2026-05-08T11:59:59Z']);
});

test('an order that is read after its deadline, behind a later one, is told of too', async () => {
  await due('a', 3, NOON - SECOND);
  expect(await tellTime(database, NOON)).toBe(1);
  await due('b', 3, NOON - 60 * SECOND);
  expect(await tellTime(database, NOON)).toBe(1);
  expect(await tellTime(database, NOON + SECOND)).toBe(0);
  // Time does not go back: it is told again that it is as late as it was.
  expect(await told()).toEqual(Array(2).fill('3 2026-05-08T11:59:59Z'));
});

test('a deadline goes as it is told: none is looked at a second time', async () => {
  await due('a', 3, NOON - SECOND);
  await due('r', 3, NOON - SECOND, 'reservation');
  await due('b', 5, NOON + SECOND);
  expect(await tellTime(database, NOON)).toBe(1);
  const left = await database.query<{ id: string }>('SELECT id FROM ingest.deadline');
  expect(left.rows.map((row) => row.id)).toEqual(['b']);
});

test('the deadline of a reservation is told like that of an order', async () => {
  await due('r', 4, NOON - SECOND, 'reservation');
  expect(await tellTime(database, NOON)).toBe(1);
  expect(await told()).toEqual(['4 2026-05-08T11:59:59Z']);
});

test('a deadline that a writer holds is told at the next look, without a wait', async () => {
  await due('a', 3, NOON - SECOND);
  await due('b', 5, NOON - SECOND);
  const holder = pool({ url: fresh.url, applicationName: 'clock-holder' }, 1);
  const writer = await holder.connect();
  try {
    await writer.query('BEGIN');
    await writer.query("DELETE FROM ingest.deadline WHERE id = 'a'");
    expect(await tellTime(database, NOON)).toBe(1);
    await writer.query('ROLLBACK');
    expect(await tellTime(database, NOON)).toBe(1);
  } finally {
    writer.release();
    await holder.end();
  }
  expect(await told()).toEqual(['3 2026-05-08T11:59:59Z', '5 2026-05-08T11:59:59Z']);
});

test('the clock finds what is due by its index, however many deadlines lie ahead', async () => {
  await database.query(
    "INSERT INTO ingest.deadline SELECT 'order', 'o' || n, '3', $1::timestamptz + n * interval " +
      "'1 second' FROM generate_series(1, 20000) AS n",
    [isoTime(NOON)],
  );
  await database.query('ANALYZE ingest.deadline');
  const plan = await database.query<{ 'QUERY PLAN': string }>(
    'EXPLAIN SELECT kind, id FROM ingest.deadline WHERE due_at <= $1::timestamptz FOR UPDATE ' +
      'SKIP LOCKED',
    [isoTime(NOON + 5 * SECOND)],
  );
  const text = plan.rows.map((row) => row['QUERY PLAN']).join(' ');
  expect(text).toContain('deadline_due');
});
