/**
 * The store of one processor version: commits groups, loads entities, reads ledger entries back.
 *
 * Invariants: the first statement of every commit is the compare-and-set on (epoch, next_offset)
 * of all its partitions; a row that it misses was fenced, and nothing of that partition is
 * written. Rows of one partition are written under the lock on its row only, so a later offset
 * never commits before an earlier one.
 */

import { type Writable } from 'node:stream';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type Processor, type Table } from '@polytraders/stream';
import { RuntimeError } from '../errors.ts';
import { databaseError } from './database.ts';
import { outcomeRows, type Part } from './group.ts';
import { type LineBuffer } from './line-buffer.ts';
import { createReads, type Reads } from './reads.ts';
import { collectChanges, tableWriter } from './statements.ts';
import { columnLiteral, monthOf } from './values.ts';

export type CommitResult = {
  readonly committed: readonly number[];
  /** Partitions that somebody else owns by now. Nothing of them was written. */
  readonly fenced: readonly number[];
};

export type Hint = { readonly partition: number; readonly publishedTo: number };

export type Store<Entity, Entry> = Reads<Entity, Entry> & {
  readonly schema: string;
  /** Name of the table that takes a ledger line of this time. */
  readonly leafOf: (micros: number | null) => string;
  readonly commit: (
    client: pg.Client,
    parts: readonly Part<Entity>[],
    hints: readonly Hint[],
  ) => Promise<CommitResult>;
};

export type StoreConfig = {
  readonly version: number;
  readonly topic: string;
  readonly output: string;
};

export function createStore<Event, Entity, Entry extends object>(
  processor: Processor<Event, Entity, Entry>,
  config: StoreConfig,
): Store<Entity, Entry> {
  const { storage } = processor;
  const schema = storage.schema(config.version);
  const ledger = storage.ledger;
  const monthly = storage.monthOf !== undefined;
  const owned = [
    ...(monthly ? ['month'] : []),
    'partition',
    '"offset"',
    'line',
    'id_hash',
    'content_hash',
  ];
  const ledgerColumns = [...owned, ...ledger.columns.map((column) => `"${column.name}"`)].join(
    ', ',
  );
  const where =
    `processor = '${processor.id}' AND version = ${config.version} AND topic = ` +
    `'${config.topic}'`;
  const madeLeaves = new Set<string>();
  const writers = new Map(
    storage.state.map((table: Table<object>) => [table.name, tableWriter(schema, table)]),
  );
  let leaf = { from: 0, to: 0, name: ledger.name };

  function leafOf(micros: number | null): string {
    if (micros === null) return ledger.name;
    if (micros < leaf.from || micros >= leaf.to) {
      const { first, next, suffix } = monthOf(micros);
      leaf = {
        from: Date.parse(first) * 1000,
        to: Date.parse(next) * 1000,
        name: `${ledger.name}_${suffix}`,
      };
    }
    return leaf.name;
  }

  /**
   * Outside the commit, because it needs a lock that the commit must not hold; one statement, so
   * that nobody can be frozen between taking the lock and giving it back. The month is the owner's
   * (sql/000002-append-only.sql): a service need not be allowed to make tables.
   */
  async function makeLeaf(client: pg.Client, leaf: string): Promise<void> {
    if (!monthly || madeLeaves.has(leaf)) return;
    const month = leaf.slice(ledger.name.length + 1).replace('_', '-');
    const { first, next } = monthOf(Date.parse(`${month}-01T00:00:00Z`) * 1000);
    await client.query(
      `SELECT stream.make_month('"${schema}"."${ledger.name}"', '${leaf}', '${first}', '${next}')`,
    );
    madeLeaves.add(leaf);
  }

  async function commit(
    client: pg.Client,
    parts: readonly Part<Entity>[],
    hints: readonly Hint[],
  ): Promise<CommitResult> {
    try {
      for (const part of parts) for (const leaf of part.lines.keys()) await makeLeaf(client, leaf);
      return await transact(client, parts, hints);
    } catch (cause) {
      const error = databaseError(cause);
      // A connection that does not answer is given up; its transaction ends with it.
      if (error.code !== 'DATABASE_OUTAGE') {
        await client.query('ROLLBACK').catch(() => undefined);
      }
      throw error;
    }
  }

  async function transact(
    client: pg.Client,
    parts: readonly Part<Entity>[],
    hints: readonly Hint[],
  ): Promise<CommitResult> {
    const won = await compareAndSet(client, parts);
    if (won.size < parts.length) {
      await client.query('ROLLBACK');
      return await sortOut(client, parts, won, hints);
    }
    await copyLedger(client, parts);
    await writeState(client, parts);
    await writeRefusals(client, parts);
    await client.query(`${closingSql(parts, hints)} COMMIT`);
    return { committed: parts.map((part) => part.partition), fenced: [] };
  }

  /** Some rows were missed: stored already (an answer was lost), or fenced. The others go on. */
  async function sortOut(
    client: pg.Client,
    parts: readonly Part<Entity>[],
    won: ReadonlySet<number>,
    hints: readonly Hint[],
  ): Promise<CommitResult> {
    const missed = parts.filter((part) => !won.has(part.partition));
    const standing = await ownershipOf(client, missed);
    const isStored = (part: Part<Entity>): boolean => {
      const row = standing.get(part.partition);
      return row?.epoch === part.epoch && row.nextOffset === part.to && part.to > part.from;
    };
    const stored = missed.filter(isStored).map((part) => part.partition);
    const fenced = missed.filter((part) => !isStored(part)).map((part) => part.partition);
    const rest = parts.filter((part) => won.has(part.partition));
    if (rest.length === 0) return { committed: stored, fenced };
    const result = await transact(client, rest, hints);
    return {
      committed: [...stored, ...result.committed],
      fenced: [...fenced, ...result.fenced],
    };
  }

  async function compareAndSet(
    client: pg.Client,
    parts: readonly Part<Entity>[],
  ): Promise<Set<number>> {
    const values = parts.map((part) => {
      const hash =
        part.lastHash === null ? 'NULL::bytea' : `'\\x${part.lastHash.toString('hex')}'::bytea`;
      return (
        `(${part.partition}, ${part.epoch}, ${part.from}, ${part.to}, ` +
        `${part.lastOffset ?? 'NULL'}::bigint, ${hash}, ` +
        `'\\x${part.chainHash.toString('hex')}'::bytea)`
      );
    });
    const sql =
      'BEGIN; UPDATE stream.partition AS s SET next_offset = v.new_offset, last_offset = ' +
      'v.last_offset, ' +
      'last_hash = v.last_hash, chain_hash = v.chain_hash ' +
      `FROM (VALUES ${values.join(', ')}) AS v (partition, epoch, old_offset, new_offset, ` +
      'last_offset, last_hash, chain_hash) ' +
      `WHERE ${where} AND s.partition = v.partition AND s.epoch = v.epoch AND s.next_offset = ` +
      'v.old_offset ' +
      'RETURNING s.partition';
    const results = (await client.query(sql)) as unknown as readonly {
      rows: { partition: string }[];
    }[];
    return new Set((results[1]?.rows ?? []).map((row) => Number(row.partition)));
  }

  async function ownershipOf(
    client: pg.Client,
    parts: readonly Part<Entity>[],
  ): Promise<Map<number, { epoch: number; nextOffset: number }>> {
    const answer = await client.query<{ partition: string; epoch: string; next_offset: string }>(
      `SELECT partition, epoch, next_offset FROM stream.partition WHERE ${where} AND partition ` +
        `= ANY($1::int[])`,
      [`{${parts.map((part) => part.partition).join(',')}}`],
    );
    return new Map(
      answer.rows.map((row) => [
        Number(row.partition),
        { epoch: Number(row.epoch), nextOffset: Number(row.next_offset) },
      ]),
    );
  }

  async function copyLedger(client: pg.Client, parts: readonly Part<Entity>[]): Promise<void> {
    const leaves = new Map<string, LineBuffer[]>();
    for (const part of parts) {
      for (const [leaf, lines] of part.lines) {
        const lists = leaves.get(leaf);
        if (lists === undefined) leaves.set(leaf, [lines]);
        else lists.push(lines);
      }
    }
    for (const [leaf, lists] of leaves) {
      await copyLines(client, `COPY "${schema}"."${leaf}" (${ledgerColumns}) FROM STDIN`, lists);
    }
  }

  async function writeState(client: pg.Client, parts: readonly Part<Entity>[]): Promise<void> {
    const rows = collectChanges(parts, storage.changes);
    for (const table of storage.state) {
      const writer = writers.get(table.name);
      if (writer === undefined) continue;
      const removed = rows.removed.get(table.name);
      if (removed !== undefined) await client.query(writer.remove, writer.keyLiterals(removed));
      const upserted = rows.upserted.get(table.name);
      if (upserted === undefined) continue;
      const answer = await client.query(writer.upsert, writer.literals(upserted));
      if (table.guard !== undefined && answer.rowCount !== upserted.length) {
        throw new RuntimeError(
          'CONTENDED',
          `Of ${upserted.length} rows of ${table.name} only ${answer.rowCount ?? 0} could be ` +
            'written: the others ' +
            'belong to another partition since this group was folded. It is folded anew.',
          { retryable: true },
        );
      }
    }
  }

  async function writeRefusals(client: pg.Client, parts: readonly Part<Entity>[]): Promise<void> {
    const rows = parts.flatMap((part) =>
      part.refusals.map((refusal) => ({ ...refusal, partition: part.partition })),
    );
    if (rows.length === 0) return;
    await client.query(
      'INSERT INTO stream.refused (processor, version, topic, partition, "offset", outcome, ' +
        'because, raw) ' +
        `SELECT '${processor.id}', ${config.version}, '${config.topic}', * FROM ` +
        `unnest($1::int[], $2::bigint[], $3::text[], $4::text[], $5::bytea[])`,
      [
        columnLiteral(
          'int',
          rows.map((row) => row.partition),
        ),
        columnLiteral(
          'int',
          rows.map((row) => row.offset),
        ),
        columnLiteral(
          'text',
          rows.map((row) => row.outcome),
        ),
        columnLiteral(
          'text',
          rows.map((row) => row.because),
        ),
        columnLiteral(
          'bytes',
          rows.map((row) => row.raw),
        ),
      ],
    );
  }

  /**
   * Counts and hints ride with COMMIT in one round trip. Their values are numbers and known texts.
   */
  function closingSql(parts: readonly Part<Entity>[], hints: readonly Hint[]): string {
    const counts = parts.flatMap((part) =>
      outcomeRows(part.outcomes).map(
        (row) =>
          `('${processor.id}', ${config.version}, ${part.partition}, ${quote(row.outcome)}, ` +
          `${quote(row.because)}, ${row.count})`,
      ),
    );
    const counting =
      counts.length === 0
        ? ''
        : 'INSERT INTO stream.outcome AS o (processor, version, partition, outcome, because, ' +
          `count) VALUES ${counts.join(', ')} ` +
          'ON CONFLICT (processor, version, partition, outcome, because) DO UPDATE SET count = ' +
          'o.count + EXCLUDED.count;';
    const hinting = hints
      .map(
        (hint) =>
          `UPDATE stream.output SET published_to = GREATEST(published_to, ${hint.publishedTo}) ` +
          `WHERE output = '${config.output}' AND topic = '${config.topic}' AND partition = ` +
          `${hint.partition};`,
      )
      .join(' ');
    return `${counting} ${hinting}`;
  }

  return { schema, leafOf, commit, ...createReads(processor, schema) };
}

/** Feeds the blocks of lines to COPY, waiting where the connection is full. */
async function copyLines(
  client: pg.Client,
  sql: string,
  lists: readonly LineBuffer[],
): Promise<void> {
  const stream: Writable = client.query(copyFrom(sql));
  const done = new Promise<void>((resolve, reject) => {
    stream.once('finish', resolve);
    // Not once: a second one without a listener would end the process.
    stream.on('error', reject);
  });
  for (const lines of lists) {
    for (const block of lines.blocks()) {
      if (!stream.write(block))
        await Promise.race([done, new Promise<void>((resolve) => stream.once('drain', resolve))]);
    }
  }
  stream.end();
  await done;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
