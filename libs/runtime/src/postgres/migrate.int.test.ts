import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@polytraders/testkit';
import type pg from 'pg';
import { connect } from './database.ts';
import { migrate } from './migrate.ts';

const [first, second, third] = ['000001-first.sql', '000002-second.sql', '000003-third.sql'];

let database: FreshDatabase;
let folder: string;
let clients: pg.Client[] = [];

/** A database of its own each, where nothing is installed yet. */
beforeEach(async () => {
  database = await freshDatabase('migrate');
  folder = await mkdtemp(join(tmpdir(), 'migrate-'));
  await write(first, 'CREATE TABLE one (id int)');
  await write(second, 'CREATE TABLE two (id int); INSERT INTO one VALUES (1)');
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.end()));
  clients = [];
  await rm(folder, { recursive: true });
  await database.drop();
});

async function write(name: string, sql: string): Promise<void> {
  await writeFile(join(folder, name), sql);
}

async function open(): Promise<pg.Client> {
  const client = await connect({ url: database.url, applicationName: 'migrate-test' });
  clients.push(client);
  return client;
}

async function applied(client: pg.Client, schema = 'books'): Promise<string[]> {
  const answer = await client.query<{ name: string }>(
    'SELECT name FROM stream.migration WHERE schema = $1 ORDER BY name',
    [schema],
  );
  return answer.rows.map(({ name }) => name);
}

async function countOf(client: pg.Client, table: string): Promise<number> {
  const answer = await client.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
  return Number(answer.rows[0]?.count);
}

describe('migrations', () => {
  test('are applied in their order, each once, and those that came later only', async () => {
    await write('notes.txt', 'no migration');
    await write('1-short.sql', 'SELECT broken');
    const client = await open();
    expect(await migrate(client, 'books', folder)).toEqual([first, second]);
    expect(await migrate(client, 'books', folder)).toEqual([]);
    await write(third, 'ALTER TABLE one ADD COLUMN name text');
    expect(await migrate(client, 'books', folder)).toEqual([third]);
    expect(await applied(client)).toEqual([first, second, third]);
    expect(await countOf(client, 'books.one')).toBe(1);
  });

  test('of one folder are installed in each schema by itself', async () => {
    const client = await open();
    expect(await migrate(client, 'pnl_v1', folder)).toEqual([first, second]);
    expect(await migrate(client, 'pnl_v2', folder)).toEqual([first, second]);
    expect(await countOf(client, 'pnl_v2.one')).toBe(1);
  });

  test('leave the search path of the connection as it was', async () => {
    const client = await open();
    const before = (await client.query('SHOW search_path')).rows;
    await migrate(client, 'books', folder);
    expect((await client.query('SHOW search_path')).rows).toEqual(before);
  });
});

describe('installers that start at once', () => {
  test('apply each file once between them, and all find it done', async () => {
    const installers = await Promise.all([1, 2, 3, 4, 5, 6].map(open));
    const done = await Promise.all(installers.map((client) => migrate(client, 'books', folder)));
    expect(done.flat().sort()).toEqual([first, second]);
    const [client] = installers;
    expect(client && (await countOf(client, 'books.one'))).toBe(1);
  });

  test('wait for one that takes longer than a lock may be waited for', async () => {
    await write(third, 'SELECT pg_sleep(6)');
    const [one, other] = [await open(), await open()];
    const done = await Promise.all([one, other].map((client) => migrate(client, 'books', folder)));
    expect(done.flat()).toEqual([first, second, third]);
  }, 30_000);

  test('give up by name where the other is never done', async () => {
    const holder = await open();
    await holder.query('SELECT pg_advisory_lock(7216001)');
    await expect(migrate(await open(), 'books', folder, 300)).rejects.toMatchObject({
      code: 'DATABASE_CONTENTION',
      retryable: true,
      message:
        'Expected to install schema books, but another installer holds the lock for more than ' +
        '300 ms. See what it waits for in pg_stat_activity.',
    });
  });

  test('are not held up by one that was killed on the way', async () => {
    await write(third, 'SELECT pg_sleep(60)');
    const killed = await open();
    const attempt = migrate(killed, 'books', folder).catch((error: unknown) => error);
    const client = await open();
    const sleeping = `SELECT pid FROM pg_stat_activity WHERE datname = current_database()
      AND query LIKE '%pg_sleep(60)' AND pid <> pg_backend_pid()`;
    let pid: string | undefined;
    while (pid === undefined) pid = (await client.query<{ pid: string }>(sleeping)).rows[0]?.pid;
    await client.query('SELECT pg_terminate_backend($1)', [pid]);
    expect(await attempt).toMatchObject({ code: 'DATABASE_OUTAGE', retryable: true });
    await write(third, 'SELECT 1');
    expect(await migrate(client, 'books', folder)).toEqual([third]);
  }, 30_000);
});

describe('a file', () => {
  test('that was changed after it was applied is refused by name; none after it runs', async () => {
    const client = await open();
    await migrate(client, 'books', folder);
    await write(first, 'CREATE TABLE one (id bigint)');
    await write(third, 'CREATE TABLE three (id int)');
    await expect(migrate(client, 'books', folder)).rejects.toMatchObject({
      code: 'MIGRATION_CHANGED',
      retryable: false,
      message:
        'The migration 000001-first.sql of schema books was applied with another text than the ' +
        'file has now. Applied migrations never change: restore the file and put the change into ' +
        'a new one.',
    });
    expect(await applied(client)).toEqual([first, second]);
  });

  test('that fails is named, leaves nothing, and is applied once it is mended', async () => {
    await write(second, 'CREATE TABLE two (id int); INSERT INTO nowhere VALUES (1)');
    const client = await open();
    const error = { code: 'DATABASE_FAULT', retryable: false };
    await expect(migrate(client, 'books', folder)).rejects.toMatchObject({
      ...error,
      message:
        'The migration 000002-second.sql of schema books failed. Postgres refused a statement ' +
        '(42P01): relation "nowhere" does not exist',
    });
    expect(await applied(client)).toEqual([first]);
    await write(second, 'CREATE TABLE two (id int)');
    // The lock is free again, also for others.
    expect(await migrate(await open(), 'books', folder)).toEqual([second]);
  });
});
