/** What windows look up is found by index, however much the ledger has. */

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { migrate, pool } from '@polytraders/runtime';
import { type FreshDatabase, freshDatabase } from '@polytraders/testkit';
import type pg from 'pg';
import { partitionOfAccount } from './inputs.ts';
import { accountsToAsk, type Pending, TOKENS_MAX, tokensOf } from './window-balances-store.ts';
import { marksAt } from './window-marks.ts';
import { accountsToPlace, transactionsToPlace } from './window-places-store.ts';

let fresh: FreshDatabase;
let database: pg.Pool;

beforeAll(async () => {
  fresh = await freshDatabase('window_plan');
  database = pool({ url: fresh.url, applicationName: 'window-plan-test' }, 1);
  const client = await database.connect();
  await migrate(client, 'ingest', fileURLToPath(new URL('../../sql', import.meta.url)));
  client.release();
  const account = "'0x' || lpad(to_hex(n % 7), 40, '0')";
  await database.query(
    `INSERT INTO ingest.held_tokens SELECT (n % 7)::text, ${account}, 'c' || n, n::text, 1 ` +
      'FROM generate_series(1, 100000) AS n',
  );
  await database.query(
    'INSERT INTO ingest.movement (tx_hash, account, place, log_partition, type, source, content, ' +
      `event_id, bytes) SELECT 'x' || n, ${account}, 'p', '3', 'CashMoved', 'chain', '', 'e', '' ` +
      'FROM generate_series(1, 100000) AS n',
  );
  // A year of fills, a seventh of them without a block, and all but a day's asked for.
  await database.query(
    'INSERT INTO ingest.fill_identity (fill_id, log_partition, account, source, recipe, status, ' +
      'joined_sources, trading_bot_id, token_id, order_side, quantity_shares, size_pusd, paper, ' +
      "has_place, bytes, tx_hash, unplaced_at, confirmed_at) SELECT 'f' || n, (n % 7)::text, " +
      `${account}, 'bus', 'bus', 'CONFIRMED', '{}', 'mm', '7', 'BUY', 1, 1, false, false, '', ` +
      "'0x' || lpad(to_hex(n), 64, '0'), CASE WHEN n % 7 = 3 THEN at END, at " +
      "FROM (SELECT n, timestamptz '2026-01-01T00:00:00Z' + n * interval '5 min' AS at " +
      'FROM generate_series(1, 100000) AS n) fills',
  );
  await database.query(
    'INSERT INTO ingest.transaction_place SELECT account, tx_hash, $1, $2, 1, 0, true ' +
      "FROM ingest.fill_identity WHERE unplaced_at < '2026-05-08T00:00:00Z'",
    ['w0', 'PLACED'],
  );
  await database.query(
    'ANALYZE ingest.held_tokens, ingest.movement, ingest.fill_identity, ingest.transaction_place',
  );
}, 60_000);

afterAll(async () => {
  await database.end();
  await fresh.drop();
});

type Client = Pick<pg.ClientBase, 'query'>;

/** Rows of a table that were read one after the other, as far as they are not accounted for yet. */
async function readSoFar(client: Client): Promise<ReadonlyMap<string, number>> {
  const answer = await client.query<{ relname: string; seq: string }>(
    "SELECT relname, seq_tup_read AS seq FROM pg_stat_xact_user_tables WHERE schemaname = 'ingest'",
  );
  return new Map(answer.rows.map((row) => [row.relname, Number(row.seq)]));
}

/** What `look` found, and how many rows of each table it read one after the other. */
async function lookingAt<Found>(
  look: (client: pg.ClientBase) => Promise<Found>,
): Promise<{ readonly found: Found; readonly read: (table: string) => number }> {
  const client = await database.connect();
  try {
    await client.query('BEGIN');
    const before = await readSoFar(client);
    const found = await look(client);
    const after = await readSoFar(client);
    await client.query('COMMIT');
    return { found, read: (table) => (after.get(table) ?? 0) - (before.get(table) ?? 0) };
  } finally {
    client.release();
  }
}

test('seven accounts among 200,000 rows, without reading them all', async () => {
  const { found, read } = await lookingAt((client) => accountsToAsk(client, 'w'));
  expect(found).toHaveLength(7);
  expect(['held_tokens', 'movement'].map(read)).toEqual([0, 0]);
});

test('transactions of a day without a block among 100,000 fills, by their index', async () => {
  const start = Date.parse('2026-05-08T00:00:00Z') * 1000;
  const window = { windowId: 'w', start, end: start + 86_400_000_000, block: null } as Pending;
  const { found, read } = await lookingAt(async (client) => {
    const accounts = await accountsToPlace(client, window);
    const page = { account: accounts[0] ?? '', after: '', limit: 200 };
    return { accounts, hashes: await transactionsToPlace(client, window, 9, page) };
  });
  expect(found.accounts).toEqual([`0x${'3'.padStart(40, '0')}`]);
  // A day and an hour, one every 35 minutes.
  expect(found.hashes.length).toBeGreaterThanOrEqual(42);
  expect(found.hashes.length).toBeLessThanOrEqual(43);
  expect(['fill_identity', 'movement', 'transaction_place'].map(read)).toEqual([0, 0, 0]);
});

test('marks of what was traded since a window, without reading a year of fills', async () => {
  const end = Date.parse('2026-05-08T00:00:00Z') * 1000;
  const { read } = await lookingAt((client) => marksAt(client, end));
  expect(read('fill_identity')).toBe(0);
});

test('an account with more tokens than an observation can carry is not asked in part', async () => {
  const account = `0x${'6'.padStart(40, '0')}`;
  await database.query('UPDATE ingest.held_tokens SET log_partition = $2 WHERE account = $1', [
    account,
    String(partitionOfAccount(account)),
  ]);
  const sentence = 'Expected at most 8000 tokens in one wallet; found more.';
  expect(await tokensOf(database, account)).toBe(sentence);
  // What it has no more of is left out first.
  await database.query(
    'UPDATE ingest.held_tokens SET quantity_shares = 0 WHERE account = $1 AND length(token_id) > 4',
    [account],
  );
  expect(await tokensOf(database, account)).toHaveLength(TOKENS_MAX);
});
