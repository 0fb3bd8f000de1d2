/**
 * All that a projection has written, as text in a fixed order, so that two runs can be compared
 * byte for byte. Left out is only who did it and when: epochs, workers, times of acquisition (and
 * `appended_at`, when a cut was gathered), and the hash of the last record, which covers when that
 * was sent: a copy of a log was sent later.
 */

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';

/** Name of each dump, with the query that gives it. */
type Dumps = Readonly<Record<string, string>>;

const streamDumps: Dumps = {
  partition:
    'SELECT processor, version, topic, partition, next_offset, last_offset, ' +
    'chain_hash, halted FROM stream.partition ORDER BY processor, version, topic, partition',
  outcome: 'SELECT * FROM stream.outcome ORDER BY processor, version, partition, outcome, because',
  refused: 'SELECT * FROM stream.refused ORDER BY processor, version, topic, partition, "offset"',
};

/**
 * All tables of a schema, each by its primary key, and what the runtime keeps of its processors:
 * a table that is added later is compared without a word said here.
 */
async function dumpsOf(client: pg.Client, schema: string): Promise<Dumps> {
  const tables = await client.query<{ name: string; keys: string; columns: string }>(
    `SELECT relname AS name, string_agg(quote_ident(attname), ', ' ORDER BY place) AS keys,
            (SELECT string_agg(quote_ident(own.attname), ', ' ORDER BY own.attnum)
               FROM pg_attribute own WHERE own.attrelid = pg_class.oid AND own.attnum > 0
                AND NOT own.attisdropped AND own.attname <> 'appended_at') AS columns
       FROM pg_class
       JOIN pg_index ON indrelid = pg_class.oid AND indisprimary
       JOIN LATERAL unnest(indkey::int[]) WITH ORDINALITY AS key (number, place) ON true
       JOIN pg_attribute ON attrelid = pg_class.oid AND attnum = number
      WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        AND relname <> 'migration'
      GROUP BY relname, pg_class.oid ORDER BY relname`,
    [schema],
  );
  const own = tables.rows.map(
    ({ name, keys, columns }) =>
      [name, `SELECT ${columns} FROM "${schema}"."${name}" ORDER BY ${keys}`] as const,
  );
  return { ...streamDumps, ...Object.fromEntries(own) };
}

export type Snapshot = Readonly<Record<string, { readonly sha256: string; readonly file: string }>>;

/** Dumps schemas of a database, and the runtime's own, into files of `folder`. */
export async function snapshot(
  url: string,
  schemas: readonly string[],
  folder: string,
): Promise<Snapshot> {
  mkdirSync(folder, { recursive: true });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const taken: Record<string, { sha256: string; file: string }> = {};
    for (const [name, query] of Object.entries(await dumpsOfAll(client, schemas))) {
      const file = join(folder, `${name}.tsv`);
      const hash = createHash('sha256');
      const hashing = new Transform({
        transform(chunk: Buffer, _, done) {
          hash.update(chunk);
          done(null, chunk);
        },
      });
      const rows = client.query(copyTo(`COPY (${query}) TO STDOUT`));
      await pipeline(rows, hashing, createWriteStream(file));
      taken[name] = { sha256: hash.digest('hex'), file };
    }
    return taken;
  } finally {
    await client.end();
  }
}

async function dumpsOfAll(client: pg.Client, schemas: readonly string[]): Promise<Dumps> {
  const all: Record<string, string> = {};
  for (const schema of schemas) {
    for (const [name, query] of Object.entries(await dumpsOf(client, schema))) {
      all[name in streamDumps ? name : `${schema}.${name}`] = query;
    }
  }
  return all;
}

/** A sentence for each dump that differs, with the first line that does. Empty: all equal. */
export async function differences(left: Snapshot, right: Snapshot): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [name, { sha256, file }] of Object.entries(left)) {
    const other = right[name];
    if (other?.sha256 === sha256) continue;
    found.push(`${name}: ${await firstDifference(file, other?.file ?? '/dev/null')}`);
  }
  return found;
}

async function firstDifference(left: string, right: string): Promise<string> {
  const others = createInterface({ input: createReadStream(right) })[Symbol.asyncIterator]();
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(left) })) {
    line += 1;
    const other = await others.next();
    const theirs = other.done === true ? '(nothing)' : other.value;
    if (theirs !== text) return `line ${line} is\n  ${text}\nbut in the other run\n  ${theirs}`;
  }
  return `the other run has lines after line ${line}`;
}
