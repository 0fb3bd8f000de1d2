import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@polytraders/testkit';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type AcquireContext, claim } from '../partition/acquire.ts';
import { connect, databaseError, hangUp, limits, pool } from './database.ts';

let database: FreshDatabase;
let admin: pg.Client;

beforeAll(async () => {
  database = await freshDatabase('database');
  admin = await connect({ url: database.url, applicationName: 'admin' });
  const sql = new URL('../../sql/000001-stream.sql', import.meta.url);
  await admin.query(`CREATE SCHEMA stream; ${readFileSync(sql, 'utf8')}; CREATE TABLE l (a text)`);
});

afterAll(async () => {
  await admin.end();
  await database.drop();
});

async function terminate(name: string): Promise<void> {
  const sql = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1';
  await admin.query(sql, [name]);
}

describe('a connection that is lost', () => {
  test('while it is checked out and idle in a transaction ends no process', async () => {
    const connections = pool({ url: database.url, applicationName: 'lost' }, 1);
    const client = await connections.connect();
    await client.query('BEGIN');
    await terminate('lost');
    await sleep(200);
    const error = databaseError(await client.query('SELECT 1').catch((cause: unknown) => cause));
    expect(error).toMatchObject({ code: 'DATABASE_OUTAGE', retryable: true });
    client.release(true);
    expect((await connections.query('SELECT 1 AS one')).rows).toEqual([{ one: '1' }]);
    await connections.end();
  });

  test('in the middle of a COPY is an outage, whatever the socket says', async () => {
    for (let round = 0; round < 20; round += 1) {
      const client = await connect({ url: database.url, applicationName: 'copying' });
      const copying = client.query(copyFrom('COPY l (a) FROM STDIN'));
      let isOver = false;
      const failed = new Promise<unknown>((resolve) =>
        copying.on('error', (cause) => {
          isOver = true;
          resolve(cause);
        }),
      );
      const block = Buffer.from(`${'x'.repeat(1000)}\n`.repeat(500));
      const feeding = (async () => {
        while (!isOver) {
          // As the store does: a block at a time.
          if (copying.write(block)) await sleep(1);
          else await Promise.race([failed, once(copying, 'drain')]);
        }
      })();
      const thrown = feeding.then(
        () => failed,
        (cause: unknown) => cause,
      );
      await sleep(5 + round);
      await terminate('copying');
      const error = databaseError(await Promise.race([failed, thrown]));
      isOver = true;
      expect(error).toMatchObject({ code: 'DATABASE_OUTAGE', retryable: true });
      hangUp(client);
    }
  }, 60_000);

  test('is hung up without waiting for a server that says nothing', async () => {
    const client = await connect({ url: database.url, applicationName: 'silent' });
    const { stream } = (client as unknown as { connection: { stream: { pause: () => void } } })
      .connection;
    stream.pause();
    const closed = new Promise((resolve) => client.once('end', resolve));
    hangUp(client);
    await Promise.race([closed, sleep(limits.hangUpMs + 2_000)]);
    expect((stream as unknown as { destroyed: boolean }).destroyed).toBe(true);
  });
});

describe('what Postgres answers', () => {
  test.each([
    ['53100', 'DATABASE_OUTAGE', 'Postgres cannot serve at the moment (53100): full'],
    ['25006', 'DATABASE_OUTAGE', 'Postgres cannot serve at the moment (25006): full'],
    ['42703', 'DATABASE_FAULT', 'Postgres refused a statement (42703): full'],
    ['40P01', 'DATABASE_CONTENTION', 'full'],
  ])('%s is %s', async (state, code, message) => {
    const raise = `DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '${state}'; END $$`;
    const error = databaseError(await admin.query(raise).catch((cause: unknown) => cause));
    expect(error).toMatchObject({ code, message });
  });
});

describe('an owner frozen while it sends', () => {
  const copy = (owner: pg.Client): void => {
    const copying = owner.query(copyFrom('COPY l (a) FROM STDIN'));
    copying.on('error', () => undefined);
    copying.write(Buffer.from('one\n'));
  };

  /** What pg has written of a large statement by then: it is parsed, and its values have begun. */
  const values = (owner: pg.Client): void => {
    const { connection } = owner as unknown as {
      readonly connection: {
        readonly parse: (query: object) => void;
        readonly stream: { readonly write: (bytes: Buffer) => void };
      };
    };
    const text = 'INSERT INTO l (a) SELECT * FROM unnest($1::text[])';
    connection.parse({ text, name: '', types: [] });
    const bind = Buffer.alloc(1 << 20, 'x');
    bind.write('B', 0);
    bind.writeInt32BE(4 << 20, 1);
    bind.writeUInt16BE(0, 5);
    connection.stream.write(bind);
  };

  async function heldFor(partition: number, send: (owner: pg.Client) => void): Promise<number> {
    const connections = pool({ url: database.url, applicationName: 'x.heir' }, 2);
    const context = {
      processor: 'x',
      version: 1,
      topic: 't',
      workerId: 'heir',
      database: connections,
      store: { lastEntry: () => Promise.resolve(null) },
    } as unknown as AcquireContext<never, never>;
    expect((await claim(context, partition)).epoch).toBe(1);
    const owner = await connect({ url: database.url, applicationName: 'x.owner' });
    await owner.query('BEGIN');
    const hold = "UPDATE stream.partition SET worker_id = 'owner' WHERE partition = $1";
    await owner.query(hold, [partition]);
    send(owner);
    const began = performance.now();
    let epoch = 0;
    while (epoch === 0 && performance.now() - began < limits.statementMs + 30_000) {
      epoch = await claim(context, partition).then(
        (claimed) => claimed.epoch,
        (cause: unknown) => {
          expect(cause).toMatchObject({ code: 'DATABASE_CONTENTION', retryable: true });
          return 0;
        },
      );
    }
    expect(epoch).toBe(2);
    await connections.end();
    return performance.now() - began;
  }

  test('a COPY or values holds its partition no longer than a statement may take', async () => {
    const times = await Promise.all([heldFor(0, copy), heldFor(1, values)]);
    expect((await admin.query('SELECT count(*) AS n FROM l')).rows).toEqual([{ n: '0' }]);
    expect(Math.min(...times)).toBeGreaterThan(limits.statementMs - 1_000);
  }, 120_000);
});
