/** What is looked up by a market or event is found by index, however many there are. */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect, migrate } from '@polytraders/runtime';
import { type FreshDatabase, freshDatabase } from '@polytraders/testkit';
import { createWriter } from '../processor.ts';

type Client = Awaited<ReturnType<typeof connect>>;

let database: FreshDatabase;
let client: Client;

beforeAll(async () => {
  database = await freshDatabase('writer_plan');
  client = await connect({ url: database.url, applicationName: 'writer-plan-test' });
  await migrate(client, 'ingest', createWriter(new Map()).storage.migrations);
  await client.query(
    'INSERT INTO ingest.market_definition (condition_id, definition, definition_hash, ' +
      "neg_risk_market_id, questions) SELECT 'c' || n, '{}', 'h', 'e' || n / 20, 20 " +
      'FROM generate_series(1, 20000) AS n',
  );
  await client.query(
    'INSERT INTO ingest.orders (order_id, log_partition, account, condition_id, token_id, ' +
      "status, paper, event_id) SELECT 'o' || n, '3', 'a', CASE WHEN n % 2 = 0 THEN 'c' || " +
      "n / 50 END, 't' || n / 50, CASE WHEN n % 3 = 0 THEN 'OPEN' ELSE 'FILLED' END, false, " +
      "'e' FROM generate_series(1, 30000) AS n",
  );
  await client.query('ANALYZE ingest.market_definition, ingest.orders');
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

/** The plan of a look-up as the runtime asks it: rows of a view for a list of keys. */
async function planOf(view: string, key: readonly string[], values: string): Promise<string> {
  const names = key.map((name) => `x.${name} = t.${name}`).join(' AND ');
  const plan = await client.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN SELECT t.* FROM (VALUES ${values}) AS x (${key.join(', ')}) ` +
      `JOIN ingest.${view} AS t ON ${names}`,
  );
  return plan.rows.map((row) => row['QUERY PLAN']).join('\n');
}

test('the fullest definition of an event, among those of all events', async () => {
  const plan = await planOf('market_facts_by_event', ['place'], "('e7'), ('e8')");
  expect(plan).toContain('market_definition_event');
  expect(plan).not.toContain('Seq Scan');
});

test('the open orders of a market, among all orders', async () => {
  const values = "('3', 'c7'), ('3', 'token:t9')";
  const plan = await planOf('open_order', ['log_partition', 'place'], values);
  expect(plan).toContain('orders_open');
  expect(plan).not.toContain('Seq Scan');
});
