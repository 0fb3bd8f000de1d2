/** Who has to be fenced, where two statements about it meet in Postgres, and who may publish. */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@polytraders/testkit';
import type pg from 'pg';
import { connect, pool } from '../postgres/database.ts';
import { acquire, type AcquireContext, release } from './acquire.ts';
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

test('who stands beside a version that is not active publishes nothing either', async () => {
  await admin.query("INSERT INTO stream.active_version VALUES ('first', 2)");
  const beside = (version: number): Promise<unknown> => {
    const context = {
      ...{ processor: 'beside', activeWith: 'first', version, topic: 't', output: 'beside' },
      ...{ workerId: 'w', publisherId: `B${String(version)}`, publisher: {}, emitter: () => [] },
      verify: () => Promise.resolve(0),
      store: { lastEntry: () => Promise.resolve(null), identities: () => Promise.resolve([]) },
      fence: () => Promise.reject(new Error('Nobody is to be fenced.')),
      database: connections,
    } as unknown as AcquireContext<object, object>;
    return acquire(context, 1, (task) => task());
  };
  await expect(beside(1)).rejects.toMatchObject({
    code: 'VERSION_NOT_ACTIVE',
    message: expect.stringMatching(/^Expected version 2 of first, which is the active one, to/),
  });
  const signed = "SELECT publisher_id FROM stream.output WHERE output = 'beside'";
  expect((await admin.query(signed)).rows).toEqual([{ publisher_id: null }]);
  // It signs, and comes as far as asking how much was published.
  await expect(beside(2)).rejects.not.toMatchObject({ code: 'VERSION_NOT_ACTIVE' });
  expect((await admin.query(signed)).rows).toEqual([{ publisher_id: 'B2' }]);
});
