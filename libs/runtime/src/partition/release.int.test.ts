/** Who has to be fenced, where two statements about it meet in Postgres. */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@polytraders/testkit';
import type pg from 'pg';
import { connect, pool } from '../postgres/database.ts';
import { type AcquireContext, release } from './acquire.ts';
import { newSession } from './session.ts';
import { pause } from './signal.ts';

let database: FreshDatabase;
let admin: pg.Client;
let connections: pg.Pool;

beforeAll(async () => {
  database = await freshDatabase('release');
  admin = await connect({ url: database.url, applicationName: 'admin' });
  connections = pool({ url: database.url, applicationName: 'x.worker' }, 4);
  const sql = new URL('../../sql/000001-stream.sql', import.meta.url);
  await admin.query(`CREATE SCHEMA stream; ${readFileSync(sql, 'utf8')}`);
}, 60_000);

afterAll(async () => {
  await connections.end();
  await admin.end();
  await database.drop();
});

test('a release that comes late leaves the signature of the next epoch', async () => {
  await admin.query(
    `INSERT INTO stream.partition (processor, version, topic, partition, epoch, chain_hash)
       VALUES ('x', 1, 't', 0, 6, '');
     INSERT INTO stream.output (output, topic, partition, publisher_id) VALUES ('x', 't', 0, 'A')`,
  );
  const context = {
    ...{ processor: 'x', version: 1, topic: 't', output: 'x', publisherId: 'A' },
    database: connections,
  } as unknown as AcquireContext<object, object>;
  const start = { partition: 0, epoch: 6, nextOffset: 5, lastOffset: null, lastHash: null };
  const session = newSession<object>({ ...start, chainHash: Buffer.alloc(32) });
  const sign = "UPDATE stream.output SET publisher_id = 'A' WHERE partition = 0";

  await admin.query('BEGIN; SELECT 1 FROM stream.output FOR UPDATE');
  const released = release(context, session);
  await pause(300);
  let isClaimed = false;
  const claimed = connections.query('UPDATE stream.partition SET epoch = 7').then(() => {
    isClaimed = true;
  });
  await pause(300);
  // Where the claim got through already, its owner signs while the release still waits.
  if (isClaimed) await admin.query(sign);
  const wasFirst = isClaimed;
  await admin.query('COMMIT');
  await Promise.all([released, claimed]);
  if (!wasFirst) await admin.query(sign);
  const { rows } = await admin.query(
    'SELECT epoch, publisher_id FROM stream.output JOIN stream.partition USING (topic, partition)',
  );
  expect(rows).toEqual([{ epoch: '7', publisher_id: 'A' }]);
});
