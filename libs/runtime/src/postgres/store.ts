/**
 * The store of one processor version: commits groups, loads entities, reads ledger entries back.
 *
 * Invariants: the first statement of every commit is the compare-and-set on (epoch, next_offset)
 * of all its partitions; a row that it misses was fenced, and nothing of that partition is
 * written. Rows of one partition are written under the lock on its row only, so a later offset
 * never commits before an earlier one.
 */

import { Writable } from 'node:stream';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type Change, type Processor, type Table } from '@polytraders/stream';
import { databaseError } from './database.ts';
import { outcomeRows, type Part } from './group.ts';
import { compileLiterals } from './compile.ts';
import { type LineBuffer } from './line-buffer.ts';
import { columnLiteral, monthOf, rowOf, sqlType } from './values.ts';
import { RuntimeError } from '../errors.ts';

export type CommitResult = {
  readonly committed: readonly number[];
  /** Partitions that somebody else owns by now. Nothing of them was written. */
  readonly fenced: readonly number[];
};

export type Hint = { readonly partition: number; readonly publishedTo: number };

export type Store<Entity, Entry> = {
  readonly schema: string;
  /** Name of the table that takes a ledger line of this time. */
  readonly leafOf: (micros: number | null) => string;
  readonly commit: (client: pg.Client, parts: readonly Part<Entity, Entry>[], hints: readonly Hint[]) => Promise<CommitResult>;
  readonly load: (client: pg.ClientBase | pg.Pool, keys: readonly string[]) => Promise<Map<string, Entity>>;
  /** Ledger entries with from ≤ offset < to, in order, at most `limit` offsets' worth. */
  readonly entries: (client: pg.ClientBase | pg.Pool, partition: number, from: number, to: number, limit: number) =>
    Promise<{ readonly offset: number; readonly entry: Entry }[]>;
  readonly identities: (client: pg.ClientBase | pg.Pool, partition: number) => Promise<{ id: bigint; content: bigint }[]>;
  readonly hasEntries: (client: pg.ClientBase | pg.Pool, partition: number) => Promise<boolean>;
};

export type StoreConfig = { readonly version: number; readonly topic: string; readonly output: string };

export function createStore<Event, Entity, Entry extends object>(
  processor: Processor<Event, Entity, Entry>,
  config: StoreConfig,
): Store<Entity, Entry> {
  const { storage } = processor;
  const schema = storage.schema(config.version);
  const ledger = storage.ledger;
  const monthly = storage.monthOf !== undefined;
  const owned = [...(monthly ? ['month'] : []), 'partition', '"offset"', 'line', 'id_hash', 'content_hash'];
  const ledgerColumns = [...owned, ...ledger.columns.map((column) => `"${column.name}"`)].join(', ');
  const where = `processor = '${processor.id}' AND version = ${config.version} AND topic = '${config.topic}'`;
  const madeLeaves = new Set<string>();
  const writers = new Map(storage.state.map((table: Table<object>) => [table.name, {
    upsert: upsertOf(schema, table), literals: compileLiterals(table.columns),
    remove: removeOf(schema, table), keyLiterals: compileLiterals(keyColumns(table)),
  }]));

  let leaf = { from: 0, to: 0, name: ledger.name };

  function leafOf(micros: number | null): string {
    if (micros === null) return ledger.name;
    if (micros < leaf.from || micros >= leaf.to) {
      const { first, next, suffix } = monthOf(micros);
      leaf = { from: Date.parse(first) * 1000, to: Date.parse(next) * 1000, name: `${ledger.name}_${suffix}` };
    }
    return leaf.name;
  }

  /** Outside the commit, because it needs a lock that the commit must not hold. */
  async function makeLeaf(client: pg.Client, leaf: string): Promise<void> {
    if (!monthly || madeLeaves.has(leaf)) return;
    const month = leaf.slice(ledger.name.length + 1).replace('_', '-');
    const { first, next } = monthOf(Date.parse(`${month}-01T00:00:00Z`) * 1000);
    await client.query(`SELECT pg_advisory_lock(7216002)`);
    try {
      await client.query(
        `CREATE TABLE IF NOT EXISTS "${schema}"."${leaf}" PARTITION OF "${schema}"."${ledger.name}" ` +
        `FOR VALUES FROM ('${first}') TO ('${next}')`);
    } finally {
      await client.query(`SELECT pg_advisory_unlock(7216002)`);
    }
    madeLeaves.add(leaf);
  }

  async function commit(client: pg.Client, parts: readonly Part<Entity, Entry>[], hints: readonly Hint[]): Promise<CommitResult> {
    try {
      for (const part of parts) for (const leaf of part.lines.keys()) await makeLeaf(client, leaf);
      return await transact(client, parts, hints);
    } catch (cause) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw databaseError(cause);
    }
  }

  async function transact(client: pg.Client, parts: readonly Part<Entity, Entry>[], hints: readonly Hint[]): Promise<CommitResult> {
    const won = await compareAndSet(client, parts);
    if (won.size < parts.length) {
      await client.query('ROLLBACK');
      const missed = parts.filter((part) => !won.has(part.partition));
      const standing = await ownershipOf(client, missed);
      const stored = missed.filter((part) => {
        const row = standing.get(part.partition);
        return row?.epoch === part.epoch && row.nextOffset === part.to && part.to > part.from;
      });
      const rest = parts.filter((part) => won.has(part.partition));
      const result = rest.length === 0 ? { committed: [], fenced: [] } : await transact(client, rest, hints);
      const storedPartitions = stored.map((part) => part.partition);
      return {
        committed: [...storedPartitions, ...result.committed],
        fenced: [...missed.map((part) => part.partition).filter((one) => !storedPartitions.includes(one)), ...result.fenced],
      };
    }
    await copyLedger(client, parts);
    await writeState(client, parts);
    await writeRefusals(client, parts);
    await client.query(`${closingSql(parts, hints)} COMMIT`);
    return { committed: parts.map((part) => part.partition), fenced: [] };
  }

  async function compareAndSet(client: pg.Client, parts: readonly Part<Entity, Entry>[]): Promise<Set<number>> {
    const values = parts.map((part) => {
      const hash = part.lastHash === null ? 'NULL::bytea' : `'\\x${part.lastHash.toString('hex')}'::bytea`;
      return `(${part.partition}, ${part.epoch}, ${part.from}, ${part.to}, ${part.lastOffset ?? 'NULL'}::bigint, ${hash}, ` +
        `'\\x${part.chainHash.toString('hex')}'::bytea)`;
    });
    const sql = `BEGIN; UPDATE stream.partition AS s SET next_offset = v.new_offset, last_offset = v.last_offset, ` +
      `last_hash = v.last_hash, chain_hash = v.chain_hash ` +
      `FROM (VALUES ${values.join(', ')}) AS v (partition, epoch, old_offset, new_offset, last_offset, last_hash, chain_hash) ` +
      `WHERE ${where} AND s.partition = v.partition AND s.epoch = v.epoch AND s.next_offset = v.old_offset ` +
      `RETURNING s.partition`;
    const results = await client.query(sql) as unknown as readonly { rows: { partition: string }[] }[];
    return new Set((results[1]?.rows ?? []).map((row) => Number(row.partition)));
  }

  async function ownershipOf(client: pg.Client, parts: readonly Part<Entity, Entry>[]): Promise<Map<number, { epoch: number; nextOffset: number }>> {
    const answer = await client.query<{ partition: string; epoch: string; next_offset: string }>(
      `SELECT partition, epoch, next_offset FROM stream.partition WHERE ${where} AND partition = ANY($1::int[])`,
      [`{${parts.map((part) => part.partition).join(',')}}`]);
    return new Map(answer.rows.map((row) => [Number(row.partition), { epoch: Number(row.epoch), nextOffset: Number(row.next_offset) }]));
  }

  async function copyLedger(client: pg.Client, parts: readonly Part<Entity, Entry>[]): Promise<void> {
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

  async function writeState(client: pg.Client, parts: readonly Part<Entity, Entry>[]): Promise<void> {
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
        throw new RuntimeError('CONTENDED',
          `Of ${upserted.length} rows of ${table.name} only ${answer.rowCount ?? 0} could be written: the others ` +
          'belong to another partition since this group was folded. It is folded anew.', { retryable: true });
      }
    }
  }

  async function writeRefusals(client: pg.Client, parts: readonly Part<Entity, Entry>[]): Promise<void> {
    const rows = parts.flatMap((part) => part.refusals.map((refusal) => ({ ...refusal, partition: part.partition })));
    if (rows.length === 0) return;
    await client.query(
      `INSERT INTO stream.refused (processor, version, topic, partition, "offset", outcome, because, raw) ` +
      `SELECT '${processor.id}', ${config.version}, '${config.topic}', * FROM unnest($1::int[], $2::bigint[], $3::text[], $4::text[], $5::bytea[])`,
      [
        columnLiteral('int', rows.map((row) => row.partition)), columnLiteral('int', rows.map((row) => row.offset)),
        columnLiteral('text', rows.map((row) => row.outcome)), columnLiteral('text', rows.map((row) => row.because)),
        columnLiteral('bytes', rows.map((row) => row.raw)),
      ]);
  }

  /** Counts and hints ride with COMMIT in one round trip. Their values are numbers and known texts. */
  function closingSql(parts: readonly Part<Entity, Entry>[], hints: readonly Hint[]): string {
    const counts = parts.flatMap((part) => outcomeRows(part.outcomes).map((row) =>
      `('${processor.id}', ${config.version}, ${part.partition}, ${quote(row.outcome)}, ${quote(row.because)}, ${row.count})`));
    const counting = counts.length === 0 ? '' :
      `INSERT INTO stream.outcome AS o (processor, version, partition, outcome, because, count) VALUES ${counts.join(', ')} ` +
      `ON CONFLICT (processor, version, partition, outcome, because) DO UPDATE SET count = o.count + EXCLUDED.count;`;
    const hinting = hints.map((hint) =>
      `UPDATE stream.output SET published_to = GREATEST(published_to, ${hint.publishedTo}) ` +
      `WHERE output = '${config.output}' AND topic = '${config.topic}' AND partition = ${hint.partition};`).join(' ');
    return `${counting} ${hinting}`;
  }

  async function load(client: pg.ClientBase | pg.Pool, keys: readonly string[]): Promise<Map<string, Entity>> {
    const found = new Map<string, Record<string, object[]>>();
    const wanted = new Map<string, { key: string; where: Readonly<Record<string, string>> }[]>();
    for (const key of keys) {
      for (const place of storage.locate(key)) {
        const list = wanted.get(place.table);
        if (list === undefined) wanted.set(place.table, [{ key, where: place.where }]);
        else list.push({ key, where: place.where });
      }
    }
    for (const table of storage.state) {
      const places = wanted.get(table.name);
      if (places === undefined) continue;
      await loadTable(client, table, places, found);
    }
    const entities = new Map<string, Entity>();
    for (const [key, rows] of found) {
      const entity = storage.revive(key, rows);
      if (entity !== undefined) entities.set(key, entity);
    }
    return entities;
  }

  async function loadTable(
    client: pg.ClientBase | pg.Pool,
    table: Table<object>,
    places: readonly { key: string; where: Readonly<Record<string, string>> }[],
    found: Map<string, Record<string, object[]>>,
  ): Promise<void> {
    const names = Object.keys(places[0]?.where ?? {});
    const types = names.map((_, index) => `$${index + 1}::text[]`).join(', ');
    const joins = names.map((name) => `t."${name}" = w."${name}"`).join(' AND ');
    const columns = table.columns.map((column) => `t."${column.name}"`).join(', ');
    const order = table.key.map((name) => `t."${name}"`).join(', ');
    const answer = await (client as pg.ClientBase).query<(string | null)[]>({
      text: `SELECT w."#", ${columns} FROM unnest(${types}) WITH ORDINALITY AS w (${names.map((name) => `"${name}"`).join(', ')}, "#") ` +
        `JOIN "${schema}"."${table.name}" AS t ON ${joins} ORDER BY ${order}`,
      values: names.map((name) => columnLiteral('text', places.map((place) => place.where[name] ?? null))),
      rowMode: 'array',
    });
    for (const values of answer.rows) {
      const key = places[Number(values[0]) - 1]?.key ?? '';
      const byTable = found.get(key) ?? {};
      found.set(key, byTable);
      (byTable[table.name] ??= []).push(rowOf(table, values, 1));
    }
  }

  async function entries(client: pg.ClientBase | pg.Pool, partition: number, from: number, to: number, limit: number): Promise<{ offset: number; entry: Entry }[]> {
    const columns = ledger.columns.map((column) => `"${column.name}"`).join(', ');
    const answer = await (client as pg.ClientBase).query<(string | null)[]>({
      text: `SELECT "offset", ${columns} FROM "${schema}"."${ledger.name}" WHERE partition = $1 AND "offset" >= $2 AND "offset" < $3 ` +
        `ORDER BY "offset", line LIMIT ${limit}`,
      values: [partition, from, to],
      rowMode: 'array',
    });
    return answer.rows.map((values) => ({ offset: Number(values[0]), entry: rowOf(ledger, values, 1) }));
  }

  async function identities(client: pg.ClientBase | pg.Pool, partition: number): Promise<{ id: bigint; content: bigint }[]> {
    const answer = await (client as pg.ClientBase).query<(string | null)[]>({
      text: `SELECT id_hash, content_hash FROM "${schema}"."${ledger.name}" WHERE partition = $1 AND id_hash IS NOT NULL`,
      values: [partition],
      rowMode: 'array',
    });
    return answer.rows.map((row) => ({ id: BigInt(row[0] ?? 0), content: BigInt(row[1] ?? 0) }));
  }

  async function hasEntries(client: pg.ClientBase | pg.Pool, partition: number): Promise<boolean> {
    const answer = await (client as pg.ClientBase).query(`SELECT 1 FROM "${schema}"."${ledger.name}" WHERE partition = $1 LIMIT 1`, [partition]);
    return (answer.rowCount ?? 0) > 0;
  }

  return { schema, leafOf, commit, load, entries, identities, hasEntries };
}

/** Feeds the blocks of lines to COPY, waiting where the connection is full. */
async function copyLines(client: pg.Client, sql: string, lists: readonly LineBuffer[]): Promise<void> {
  const stream: Writable = client.query(copyFrom(sql));
  const done = new Promise<void>((resolve, reject) => {
    stream.once('finish', resolve);
    stream.once('error', reject);
  });
  for (const lines of lists) {
    for (const block of lines.blocks()) {
      if (!stream.write(block)) await Promise.race([done, new Promise<void>((resolve) => stream.once('drain', resolve))]);
    }
  }
  stream.end();
  await done;
}

function collectChanges<Entity, Entry>(
  parts: readonly Part<Entity, Entry>[],
  changes: (key: string, before: Entity | undefined, after: Entity | undefined) => readonly Change[],
): { upserted: Map<string, object[]>; removed: Map<string, object[]> } {
  const upserted = new Map<string, object[]>();
  const removed = new Map<string, object[]>();
  for (const part of parts) {
    for (const [key, dirty] of part.dirty) {
      for (const change of changes(key, dirty.before, dirty.after)) {
        const into = 'upsert' in change ? upserted : removed;
        const table = 'upsert' in change ? change.upsert : change.remove;
        const list = into.get(table);
        if (list === undefined) into.set(table, [change.row]);
        else list.push(change.row);
      }
    }
  }
  return { upserted, removed };
}

function upsertOf(schema: string, table: Table<object>): string {
  const names = table.columns.map((column) => `"${column.name}"`);
  const lists = table.columns.map((column, index) => `$${index + 1}::${sqlType(column.type).endsWith('[]') ? 'text' : sqlType(column.type)}[]`);
  const selected = table.columns.map((column, index) => `x.c${index}${sqlType(column.type).endsWith('[]') ? `::${sqlType(column.type)}` : ''}`);
  const key = table.key.map((name) => `"${String(name)}"`).join(', ');
  const sets = table.columns.filter((column) => !(table.key as readonly string[]).includes(column.name))
    .map((column) => `"${column.name}" = EXCLUDED."${column.name}"`);
  const guard = table.guard === undefined ? '' : ` WHERE t."${String(table.guard)}" = EXCLUDED."${String(table.guard)}"`;
  return `INSERT INTO "${schema}"."${table.name}" AS t (${names.join(', ')}) SELECT ${selected.join(', ')} ` +
    `FROM unnest(${lists.join(', ')}) AS x (${table.columns.map((_, index) => `c${index}`).join(', ')}) ` +
    `ON CONFLICT (${key}) DO ${sets.length === 0 ? 'NOTHING' : `UPDATE SET ${sets.join(', ')}${guard}`}`;
}

function removeOf(schema: string, table: Table<object>): string {
  const key = keyColumns(table);
  const lists = key.map((column, index) => `$${index + 1}::${sqlType(column.type)}[]`).join(', ');
  const match = key.map((column, index) => `t."${column.name}" = x.k${index}`).join(' AND ');
  return `DELETE FROM "${schema}"."${table.name}" AS t USING unnest(${lists}) AS x (${key.map((_, index) => `k${index}`).join(', ')}) WHERE ${match}`;
}

function keyColumns(table: Table<object>): Table<object>['columns'] {
  return table.columns.filter((column) => (table.key as readonly string[]).includes(column.name));
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
