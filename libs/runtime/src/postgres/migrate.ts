/**
 * Migrations: numbered SQL files, forward only, hashed, one owner a folder. Concurrent installers
 * collide on an advisory lock; a file changed after it was applied is refused by name.
 */

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { RuntimeError } from '../errors.ts';
import { databaseError } from './database.ts';

const migrationLock = 7_216_001;

/** Brings `schema` up to the files of `folder`. Returns the names applied now. */
export async function migrate(
  client: pg.ClientBase,
  schema: string,
  folder: string,
): Promise<readonly string[]> {
  const files = (await readdir(folder)).filter((name) => /^\d{6}-.+\.sql$/.test(name)).sort();
  const applied: string[] = [];
  try {
    await client.query(`SELECT pg_advisory_lock(${migrationLock})`);
    try {
      await client.query(bookkeeping);
      for (const name of files) {
        const sql = await readFile(join(folder, name), 'utf8');
        if (await applyOnce(client, schema, name, sql)) applied.push(name);
      }
    } finally {
      await client.query(`SELECT pg_advisory_unlock(${migrationLock})`);
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
      `CREATE SCHEMA IF NOT EXISTS "${schema}"; SET LOCAL search_path TO "${schema}", public`,
    );
    await client.query(sql);
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK');
    throw cause;
  }
  return true;
}
