/**
 * State tables in SQL: the statements that write changed rows, built once from a table's
 * declaration. List columns travel as text and are cast, because unnest would flatten them.
 */

import { type Change, type Table } from '@polytraders/stream';
import { compileLiterals } from './compile.ts';
import { type Dirty } from './group.ts';
import { sqlType } from './values.ts';

export type TableWriter = {
  readonly upsert: string;
  readonly literals: (rows: readonly object[]) => string[];
  readonly remove: string;
  readonly keyLiterals: (rows: readonly object[]) => string[];
};

/** Statements and parameter writers of one state table. */
export function tableWriter(schema: string, table: Table<object>): TableWriter {
  return {
    upsert: upsertOf(schema, table),
    literals: compileLiterals(table.columns),
    remove: removeOf(schema, table),
    keyLiterals: compileLiterals(keyColumns(table)),
  };
}

export type ChangedRows = {
  readonly upserted: ReadonlyMap<string, readonly object[]>;
  readonly removed: ReadonlyMap<string, readonly object[]>;
};

/** The rows that changed entities ask for, by table. */
export function collectChanges<Entity>(
  parts: readonly { readonly dirty: ReadonlyMap<string, Dirty<Entity>> }[],
  changes: (
    key: string,
    before: Entity | undefined,
    after: Entity | undefined,
  ) => readonly Change[],
): ChangedRows {
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
  const lists = table.columns.map(
    (column, index) =>
      `$${index + 1}::${sqlType(column.type).endsWith('[]') ? 'text' : sqlType(column.type)}[]`,
  );
  const selected = table.columns.map(
    (column, index) =>
      `x.c${index}${sqlType(column.type).endsWith('[]') ? `::${sqlType(column.type)}` : ''}`,
  );
  const key = table.key.map((name) => `"${String(name)}"`).join(', ');
  const sets = table.columns
    .filter((column) => !(table.key as readonly string[]).includes(column.name))
    .map((column) => `"${column.name}" = EXCLUDED."${column.name}"`);
  const guard =
    table.guard === undefined
      ? ''
      : ` WHERE t."${String(table.guard)}" = EXCLUDED."${String(table.guard)}"`;
  return (
    `INSERT INTO "${schema}"."${table.name}" AS t (${names.join(', ')}) SELECT ` +
    `${selected.join(', ')} ` +
    `FROM unnest(${lists.join(', ')}) AS x ` +
    `(${table.columns.map((_, index) => `c${index}`).join(', ')}) ` +
    `ON CONFLICT (${key}) DO ` +
    `${sets.length === 0 ? 'NOTHING' : `UPDATE SET ${sets.join(', ')}${guard}`}`
  );
}

function removeOf(schema: string, table: Table<object>): string {
  const key = keyColumns(table);
  const lists = key.map((column, index) => `$${index + 1}::${sqlType(column.type)}[]`).join(', ');
  const match = key.map((column, index) => `t."${column.name}" = x.k${index}`).join(' AND ');
  return (
    `DELETE FROM "${schema}"."${table.name}" AS t USING unnest(${lists}) AS x ` +
    `(${key.map((_, index) => `k${index}`).join(', ')}) WHERE ${match}`
  );
}

function keyColumns(table: Table<object>): Table<object>['columns'] {
  return table.columns.filter((column) => (table.key as readonly string[]).includes(column.name));
}
