/** What a store reads: entities by key, and ledger entries in order. */

import type pg from 'pg';
import {
  type LedgerLine,
  type LedgerRange,
  type Processor,
  type Storage,
  type Table,
} from '@polytraders/stream';
import { RuntimeError } from '../errors.ts';
import { columnLiteral, rowOf, sqlType } from './values.ts';

export type Client = pg.ClientBase | pg.Pool;

export type Reads<Entity, Entry> = {
  /** The entities of these keys that exist. */
  readonly load: (client: Client, keys: readonly string[]) => Promise<Map<string, Entity>>;
  /** Ledger entries with from ≤ offset < to, in order, at most `limit` of them. */
  readonly entries: (
    client: Client,
    partition: number,
    from: number,
    to: number,
    limit: number,
  ) => Promise<{ readonly offset: number; readonly entry: Entry }[]>;
  /** Lines of a partition before this offset that are of the range, in order. */
  readonly history: (
    client: Client,
    partition: number,
    range: LedgerRange,
    before: number,
  ) => Promise<readonly LedgerLine<Entry>[]>;
  /** Fingerprints of all identities that left entries in a partition. */
  readonly identities: (
    client: Client,
    partition: number,
  ) => Promise<{ readonly id: bigint; readonly content: bigint }[]>;
  /** Offset of the last entry of a partition, null where there is none. */
  readonly lastEntry: (client: Client, partition: number) => Promise<number | null>;
};

/** Offsets that one look into a history covers: each look ends long before it would be cut off. */
const HISTORY_OFFSETS = 500_000;

type Place = { readonly key: string; readonly where: Readonly<Record<string, string>> };
type RowsByTable = Record<string, object[]>;

export function createReads<Event, Entity, Entry extends object>(
  processor: Processor<Event, Entity, Entry>,
  schema: string,
): Reads<Entity, Entry> {
  const { storage } = processor;
  const { ledger } = storage;
  const ledgerName = `"${schema}"."${ledger.name}"`;

  async function load(client: Client, keys: readonly string[]): Promise<Map<string, Entity>> {
    const found = new Map<string, RowsByTable>();
    const wanted = placesByTable(storage, keys);
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
    client: Client,
    table: Table<object>,
    places: readonly Place[],
    found: Map<string, RowsByTable>,
  ): Promise<void> {
    const names = Object.keys(places[0]?.where ?? {});
    requireOneShape(table.name, names, places);
    const types = names.map((_, index) => `$${index + 1}::text[]`).join(', ');
    const joins = names.map((name) => `t."${name}" = w."${name}"`).join(' AND ');
    const columns = table.columns.map((column) => `t."${column.name}"`).join(', ');
    const order = table.key.map((name) => `t."${name}"`).join(', ');
    const answer = await (client as pg.ClientBase).query<(string | null)[]>({
      text:
        `SELECT w."#", ${columns} FROM unnest(${types}) WITH ORDINALITY AS w ` +
        `(${names.map((name) => `"${name}"`).join(', ')}, "#") ` +
        `JOIN "${schema}"."${table.name}" AS t ON ${joins} ORDER BY ${order}`,
      values: names.map((name) =>
        columnLiteral(
          'text',
          places.map((place) => place.where[name] ?? null),
        ),
      ),
      rowMode: 'array',
    });
    for (const values of answer.rows) {
      const key = places[Number(values[0]) - 1]?.key ?? '';
      const byTable = found.get(key) ?? {};
      found.set(key, byTable);
      (byTable[table.name] ??= []).push(rowOf(table, values, 1));
    }
  }

  async function entries(
    client: Client,
    partition: number,
    from: number,
    to: number,
    limit: number,
  ): Promise<{ offset: number; entry: Entry }[]> {
    const columns = ledger.columns.map((column) => `"${column.name}"`).join(', ');
    const answer = await (client as pg.ClientBase).query<(string | null)[]>({
      text:
        `SELECT "offset", ${columns} FROM ${ledgerName} WHERE partition = $1 AND "offset" >= $2 ` +
        `AND "offset" < $3 ORDER BY "offset", line LIMIT ${limit}`,
      values: [partition, from, to],
      rowMode: 'array',
    });
    return answer.rows.map((values) => ({
      offset: Number(values[0]),
      entry: rowOf(ledger, values, 1),
    }));
  }

  async function history(
    client: Client,
    partition: number,
    { from, to, where }: LedgerRange,
    before: number,
  ): Promise<readonly LedgerLine<Entry>[]> {
    const lines: LedgerLine<Entry>[] = [];
    const end = Math.min(to ?? before, before);
    for (let at = from; at < end; at += HISTORY_OFFSETS) {
      const next = Math.min(at + HISTORY_OFFSETS, end);
      lines.push(...(await historySlice(client, partition, at, next, where)));
    }
    return lines;
  }

  async function historySlice(
    client: Client,
    partition: number,
    from: number,
    to: number,
    where: LedgerRange['where'],
  ): Promise<readonly LedgerLine<Entry>[]> {
    const wanted = ledger.columns.filter(({ name }) => name in where);
    const conditions = wanted.map(
      ({ name, type }, index) => ` AND "${name}" = $${index + 4}::${sqlType(type)}`,
    );
    const columns = ledger.columns.map((column) => `"${column.name}"`).join(', ');
    const answer = await (client as pg.ClientBase).query<(string | null)[]>({
      text:
        `SELECT "offset", line, ${columns} FROM ${ledgerName} WHERE partition = $1 AND ` +
        `"offset" >= $2 AND "offset" < $3${conditions.join('')} ORDER BY "offset", line`,
      values: [partition, from, to, ...wanted.map(({ name }) => where[name])],
      rowMode: 'array',
    });
    return answer.rows.map((values) => ({
      offset: Number(values[0]),
      line: Number(values[1]),
      entry: rowOf(ledger, values, 2),
    }));
  }

  async function identities(
    client: Client,
    partition: number,
  ): Promise<{ id: bigint; content: bigint }[]> {
    const answer = await (client as pg.ClientBase).query<(string | null)[]>({
      text:
        `SELECT id_hash, content_hash FROM ${ledgerName} WHERE partition = $1 AND ` +
        'id_hash IS NOT NULL',
      values: [partition],
      rowMode: 'array',
    });
    return answer.rows.map((row) => ({ id: BigInt(row[0] ?? 0), content: BigInt(row[1] ?? 0) }));
  }

  async function lastEntry(client: Client, partition: number): Promise<number | null> {
    const answer = await (client as pg.ClientBase).query<(string | null)[]>({
      text: `SELECT max("offset") FROM ${ledgerName} WHERE partition = $1`,
      values: [partition],
      rowMode: 'array',
    });
    const last = answer.rows[0]?.[0] ?? null;
    return last === null ? null : Number(last);
  }

  return { load, entries, history, identities, lastEntry };
}

function placesByTable<Entity, Entry extends object>(
  storage: Storage<Entity, Entry>,
  keys: readonly string[],
): ReadonlyMap<string, readonly Place[]> {
  const places = new Map<string, Place[]>();
  for (const key of keys) {
    for (const { table, where } of storage.locate(key)) {
      const list = places.get(table);
      if (list === undefined) places.set(table, [{ key, where }]);
      else list.push({ key, where });
    }
  }
  return places;
}

/** One query looks up one shape of key; a second shape would be read under the wrong columns. */
function requireOneShape(table: string, names: readonly string[], places: readonly Place[]): void {
  const shape = names.join(', ');
  const other = places.find(({ where }) => Object.keys(where).join(', ') !== shape);
  if (other === undefined) return;
  throw new RuntimeError(
    'STEP_FAILED',
    `Invariant: entities of ${table} are located by ${shape}; ${other.key} is located by ` +
      `${Object.keys(other.where).join(', ')}. Give the second look-up a view of its own.`,
    { retryable: false },
  );
}
