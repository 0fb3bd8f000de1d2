/** What windows look up is found by index, however much the ledger has. */

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { migrate, pool } from '@polytraders/runtime';
import { type FreshDatabase, freshDatabase } from '@polytraders/testkit';
import type pg from 'pg';
import { partitionOfAccount } from './inputs.ts';
import { accountsToAsk, TOKENS_MAX, tokensOf } from './window-balances-store.ts';

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
  await database.query('ANALYZE ingest.held_tokens, ingest.movement');
}, 60_000);

afterAll(async () => {
  await database.end();
  await fresh.drop();
});

/** Rows of a table that were read one after the other since the last reset. */
async function readInOrder(): Promise<Readonly<Record<string, number>>> {
  const answer = await database.query<{ relname: string; seq: string }>(
    "SELECT relname, seq_tup_read AS seq FROM pg_stat_xact_user_tables WHERE schemaname = 'ingest'",
  );
  return Object.fromEntries(answer.rows.map((row) => [row.relname, Number(row.seq)]));
}

test('seven accounts among 200,000 rows, without reading them all', async () => {
  await database.query('BEGIN');
  const found = await accountsToAsk(database, 'w');
  const read = await readInOrder();
  await database.query('COMMIT');
  expect(found).toHaveLength(7);
  expect([read['held_tokens'], read['movement']]).toEqual([0, 0]);
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
