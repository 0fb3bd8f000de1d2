/**
 * Rows as a commit of the runtime leaves them, written one by one in plain SQL that shares nothing
 * with its COPY and its upserts but the text of a value.
 */

import { textOf } from '@polytraders/runtime';
import type { Change, Table } from '@polytraders/stream';
import type pg from 'pg';

export type RowWriter = {
  /** A row of a table, with columns beside those of the table as a value. */
  readonly insert: <Row extends object>(
    table: Table<Row>,
    row: Row,
    beside?: Readonly<Record<string, string | number>>,
  ) => Promise<void>;
  /** A row of the state as a change says it: as it is now, or gone. */
  readonly apply: (state: readonly AnyTable[], change: Change) => Promise<void>;
};

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyTable = Table<any>;

/** Into the tables of a schema; null is the search path's. */
export function rowWriter(client: Pick<pg.ClientBase, 'query'>, schema: string | null): RowWriter {
  const nameOf = (table: string): string => (schema === null ? table : `${schema}.${table}`);

  async function put(table: string, values: Texts, conflict: string): Promise<void> {
    const names = Object.keys(values);
    const columns = names.map((name) => `"${name}"`).join(', ');
    const places = names.map((_, at) => `$${String(at + 1)}`).join(', ');
    await client.query(
      `INSERT INTO ${nameOf(table)} (${columns}) VALUES (${places}) ${conflict}`,
      Object.values(values),
    );
  }

  return {
    insert: (table, row, beside = {}) => put(table.name, { ...beside, ...textsOf(table, row) }, ''),
    apply: async (state, change) => {
      const name = 'upsert' in change ? change.upsert : change.remove;
      const table = state.find((one) => one.name === name);
      if (table === undefined) throw new Error(`Expected a table ${name}; found none.`);
      const values = textsOf(table, change.row);
      const keys: readonly string[] = table.key;
      if ('upsert' in change) {
        const sets = Object.keys(values).map((column) => `"${column}" = EXCLUDED."${column}"`);
        const conflict = `ON CONFLICT (${keys.join(', ')}) DO UPDATE SET ${sets.join(', ')}`;
        await put(name, values, conflict);
        return;
      }
      const where = keys.map((column, at) => `"${column}" = $${String(at + 1)}`).join(' AND ');
      const texts = keys.map((column) => values[column]);
      await client.query(`DELETE FROM ${nameOf(name)} WHERE ${where}`, texts);
    },
  };
}

type Texts = Readonly<Record<string, string | number | null>>;

function textsOf(table: AnyTable, row: object): Texts {
  const values = row as Readonly<Record<string, unknown>>;
  const columns: readonly { readonly name: string; readonly type: Parameters<typeof textOf>[0] }[] =
    table.columns;
  return Object.fromEntries(
    columns.map(({ name, type }) => [name, textOf(type, values[name] ?? null)]),
  );
}
