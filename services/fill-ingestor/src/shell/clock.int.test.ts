/** Which partitions are told that time has passed, on a real Postgres. */

import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { isoTime } from '@polytraders/contracts';
import { migrate, pool } from '@polytraders/runtime';
import { type FreshDatabase, freshDatabase } from '@polytraders/testkit';
import type pg from 'pg';
import { ALICE, NOON } from '../../test/inputs.ts';
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

async function open(orderId: string, partition: number, expiresAt: number | null): Promise<void> {
  await database.query(
    'INSERT INTO ingest.orders (order_id, log_partition, account, trading_bot_id, expires_at, ' +
      "status, paper, event_id) VALUES ($1, $2, $3, 'alpha', $4, 'OPEN', false, 'e')",
    [orderId, String(partition), ALICE, expiresAt === null ? null : isoTime(expiresAt)],
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
  await open('a', 3, NOON - 2 * SECOND);
  await open('b', 3, NOON - SECOND);
  await open('c', 5, NOON + SECOND);
  await open('d', 5, null);
  expect(await tellTime(database, NOON)).toBe(1);
  expect(await tellTime(database, NOON)).toBe(0);
  expect(await told()).toEqual(['3 2026-05-08T11:59:59Z']);
});

test('an order that is read after its deadline, behind a later one, is told of too', async () => {
  await open('a', 3, NOON - SECOND);
  expect(await tellTime(database, NOON)).toBe(1);
  await open('b', 3, NOON - 60 * SECOND);
  expect(await tellTime(database, NOON)).toBe(1);
  expect(await tellTime(database, NOON + SECOND)).toBe(0);
  // Time does not go back: it is told again that it is as late as it was.
  expect(await told()).toEqual(Array(2).fill('3 2026-05-08T11:59:59Z'));
});

test('an order that was closed is not told of, and what was told of it is forgotten', async () => {
  await open('a', 3, NOON - SECOND);
  await tellTime(database, NOON);
  await database.query("UPDATE ingest.orders SET status = 'EXPIRED'");
  await open('b', 3, NOON);
  expect(await tellTime(database, NOON + SECOND)).toBe(1);
  const kept = await database.query<{ order_id: string }>('SELECT * FROM ingest.deadline_told');
  expect(kept.rows.map((row) => row.order_id)).toEqual(['b']);
});
