/**
 * Migrations: numbered SQL files, forward only, hashed, one owner a folder. Concurrent installers
 * collide on an advisory lock; a file changed after it was applied is refused by name.
 */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { RuntimeError } from '../errors.ts';
import { databaseError } from './database.ts';

const migrationLock = 7_216_001;
const lockPollMs = 100;
/** One file may rewrite a large table; the limits of ordinary statements do not fit it. */
const fileMs = 3_600_000;

/**
 * Brings `schema` up to the files of `folder`. Returns the names applied now. Throws
 * MIGRATION_CHANGED; DATABASE_FAULT where a file fails, which then has left nothing; and
 * DATABASE_CONTENTION where another installer is not done within `waitMs`.
 */
export async function migrate(
  client: pg.ClientBase,
  schema: string,
  folder: string,
  waitMs = fileMs,
): Promise<readonly string[]> {
  const files = (await readdir(folder)).filter((name) => /^\d{6}-.+\.sql$/.test(name)).sort();
  const applied: string[] = [];
  try {
    await takeLock(client, schema, waitMs);
    try {
      await client.query(bookkeeping);
      for (const name of files) {
        const sql = await readFile(join(folder, name), 'utf8');
        if (await applyOnce(client, schema, name, sql)) applied.push(name);
      }
    } finally {
      await client.query(`SELECT pg_advisory_unlock(${migrationLock})`).catch(() => undefined);
    }
  } catch (cause) {
    throw databaseError(cause);
  }
  return applied;
}

const bookkeeping = `
  CREATE SCHEMA IF NOT EXISTS stream;
  CREATE TABLE IF NOT EXISTS stream.migration (
    schema text NOT NULL, name text NOT NULL, sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (schema, name))`;

/** Asked again and again: a wait inside Postgres would end with the connection's lock_timeout. */
async function takeLock(client: pg.ClientBase, schema: string, waitMs: number): Promise<void> {
  const giveUpAt = performance.now() + waitMs;
  const sql = `SELECT pg_try_advisory_lock(${migrationLock})::text AS taken`;
  while ((await client.query<{ taken: string }>(sql)).rows[0]?.taken !== 'true') {
    if (performance.now() > giveUpAt) {
      throw new RuntimeError(
        'DATABASE_CONTENTION',
        `Expected to install schema ${schema}, but another installer holds the lock for more ` +
          `than ${waitMs} ms. See what it waits for in pg_stat_activity.`,
        { retryable: true },
      );
    }
    await sleep(lockPollMs);
  }
}

async function applyOnce(
  client: pg.ClientBase,
  schema: string,
  name: string,
  sql: string,
): Promise<boolean> {
  const hash = createHash('sha256').update(sql).digest('hex');
  const known = await client.query<{ sha256: string }>(
    'SELECT sha256 FROM stream.migration WHERE schema = $1 AND name = $2',
    [schema, name],
  );
  const before = known.rows[0];
  if (before !== undefined) {
    if (before.sha256 === hash) return false;
    throw new RuntimeError(
      'MIGRATION_CHANGED',
      `The migration ${name} of schema ${schema} was applied with another text than the file ` +
        'has now. Applied migrations never change: restore the file and put the change into a ' +
        'new one.',
      { retryable: false },
    );
  }
  await client.query('BEGIN');
  try {
    // Must come first, so that a second installer without the lock fails here.
    await client.query('INSERT INTO stream.migration (schema, name, sha256) VALUES ($1, $2, $3)', [
      schema,
      name,
      hash,
    ]);
    await client.query(
      `CREATE SCHEMA IF NOT EXISTS "${schema}"; SET LOCAL search_path TO "${schema}", public; ` +
        `SET LOCAL statement_timeout TO ${fileMs}`,
    );
    await client.query({ text: sql, query_timeout: fileMs } as pg.QueryConfig);
    await client.query('COMMIT');
  } catch (cause) {
    // Where the connection is gone, so is the transaction; why is what matters.
    await client.query('ROLLBACK').catch(() => undefined);
    const { code, message, retryable } = databaseError(cause);
    throw new RuntimeError(code, `The migration ${name} of schema ${schema} failed. ${message}`, {
      retryable,
      cause,
    });
  }
  return true;
}
