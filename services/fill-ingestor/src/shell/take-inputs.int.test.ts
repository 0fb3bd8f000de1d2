/** Where reports without an account go, on a real Postgres. */

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { migrate, pool } from '@polytraders/runtime';
import { type FreshDatabase, freshDatabase } from '@polytraders/testkit';
import type pg from 'pg';
import { ALICE, BOB, type Fields, MATCH, NOON, ORDER, without } from '../../test/inputs.ts';
import { inTransaction } from './inbox.ts';
import { partitionOfAccount, routed } from './inputs.ts';
import { takeInputs } from './take-inputs.ts';

let fresh: FreshDatabase;
let database: pg.Pool;
let seq = 0;

beforeAll(async () => {
  fresh = await freshDatabase('take_inputs');
  database = pool({ url: fresh.url, applicationName: 'take-inputs-test' }, 2);
  const client = await database.connect();
  await migrate(client, 'ingest', fileURLToPath(new URL('../../sql', import.meta.url)));
  client.release();
});

afterAll(async () => {
  await database.end();
  await fresh.drop();
});

/** Takes one report; answers the partitions whose inbox grew. */
async function take(fields: Fields): Promise<readonly number[]> {
  seq += 1;
  const bytes = Buffer.from(JSON.stringify(fields));
  const place = { source: 'bus', sourcePosition: `t/0/${String(seq)}`, bytes } as const;
  const input = routed({ format: 'execution', fields, terms: null }, fields, {
    ...place,
    rawFormat: 'json',
  });
  const ends = await inTransaction(database, (client) => takeInputs(client, [input], NOON));
  return [...ends.keys()];
}

test('a report without an account goes where its order was opened or told last', async () => {
  const bare = without(MATCH, 'account');
  await take({ ...ORDER, account: BOB });
  expect(await take(bare)).toEqual([partitionOfAccount(BOB)]);
  await take(ORDER);
  expect(await take({ ...bare, fill_id: 'F2' })).toEqual([partitionOfAccount(ALICE)]);
  await database.query(
    'INSERT INTO ingest.orders (order_id, log_partition, account, trading_bot_id, status, paper, ' +
      "event_id) VALUES ('O1', '0', $1, 'alpha', 'OPEN', false, 'e')",
    [BOB],
  );
  expect(await take({ ...bare, fill_id: 'F3' })).toEqual([partitionOfAccount(BOB)]);
});
