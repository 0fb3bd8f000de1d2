/**
 * All that a projection has written, as text in a fixed order, so that two runs can be compared
 * byte for byte. Left out is only who did it and when: epochs, workers, times of acquisition.
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
export type Dumps = Readonly<Record<string, string>>;

const streamDumps: Dumps = {
  partition:
    'SELECT processor, version, topic, partition, next_offset, last_offset, last_hash, ' +
    'chain_hash, halted FROM stream.partition ORDER BY processor, version, topic, partition',
  outcome: 'SELECT * FROM stream.outcome ORDER BY processor, version, partition, outcome, because',
  refused: 'SELECT * FROM stream.refused ORDER BY processor, version, topic, partition, "offset"',
};

export const projectorDumps: Dumps = {
  ...streamDumps,
  ledger: 'SELECT * FROM pnl_v1.pnl_ledger ORDER BY partition, "offset", line',
  positions: 'SELECT * FROM pnl_v1.positions ORDER BY account, trading_bot_id, token_id',
  lot_pages: 'SELECT * FROM pnl_v1.lot_pages ORDER BY account, trading_bot_id, token_id, page',
  wallets: 'SELECT * FROM pnl_v1.wallets ORDER BY account, token_id',
  parameters: 'SELECT * FROM pnl_v1.parameters ORDER BY partition',
};

export type Snapshot = Readonly<Record<string, { readonly sha256: string; readonly file: string }>>;

/** Dumps a database into files of `folder`. */
export async function snapshot(url: string, dumps: Dumps, folder: string): Promise<Snapshot> {
  mkdirSync(folder, { recursive: true });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const taken: Record<string, { sha256: string; file: string }> = {};
    for (const [name, query] of Object.entries(dumps)) {
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
