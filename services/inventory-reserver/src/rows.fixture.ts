/** The reserver's rows in memory, and a fold that has nothing but them between two events. */

import { type LedgerEvent } from '@polytraders/contracts';
import { type Recorded } from '@polytraders/stream';
import { changes, locate, revive } from './changes.ts';
import { type Entity } from './entities.ts';
import { type InventoryEntry } from './entry.ts';
import { processor } from './processor.ts';
import { stateTables } from './tables.ts';

function matching(
  rows: ReadonlyMap<string, object>,
  where: Readonly<Record<string, string>>,
): object[] {
  return [...rows.values()].filter((row) =>
    Object.entries(where).every(
      ([name, value]) => (row as Record<string, unknown>)[name] === value,
    ),
  );
}

/** Tables as Postgres would keep them; nothing is known of entities but their rows. */
export function createTables() {
  const stored = new Map<string, Map<string, object>>();
  const rowsOf = (name: string) => {
    const rows = stored.get(name) ?? new Map<string, object>();
    stored.set(name, rows);
    return rows;
  };
  const keyOf = (name: string, row: object): string => {
    const table = stateTables.find((one) => one.name === name);
    const values = row as Record<string, unknown>;
    return JSON.stringify((table?.key ?? []).map((column) => values[column]));
  };
  return {
    write: (key: string, before: Entity | undefined, after: Entity | undefined): void => {
      for (const change of changes(key, before, after)) {
        if ('upsert' in change) {
          rowsOf(change.upsert).set(keyOf(change.upsert, change.row), change.row);
        } else rowsOf(change.remove).delete(keyOf(change.remove, change.row));
      }
    },
    read: (key: string): Entity | undefined => {
      const found: Record<string, object[]> = {};
      for (const { table, where } of locate(key)) {
        // A view over orders, as in ../sql.
        const rows = rowsOf(table === 'order_by_hash' ? 'orders' : table);
        const one = rows.get(keyOf(table, where));
        // A whole key is one row; a part of one, or another column, is looked for.
        found[table] = one === undefined ? matching(rows, where) : [one];
      }
      return revive(key, found);
    },
    count: (name: string): number => rowsOf(name).size,
  };
}

/**
 * Folds a log as after a restart before every event: what is looked up is read from rows, and
 * nothing else is there.
 */
export function replayFromRows(log: readonly Recorded<LedgerEvent>[]) {
  const tables = createTables();
  const keys = new Set<string>();
  const entries: InventoryEntry[] = [];
  for (const input of log) {
    const { event, partition } = input;
    const read = { get: (key: string) => tables.read(key) };
    const asked = new Set(processor.keys(event, partition));
    for (const key of processor.keysThen?.(event, read, partition) ?? []) asked.add(key);
    const loaded = new Map([...asked].map((key) => [key, tables.read(key)]));
    const get = (key: string): Entity | undefined => {
      if (!asked.has(key)) throw new Error(`${key} was not asked for.`);
      return loaded.get(key);
    };
    const step = processor.step({ get }, input);
    if (step.outcome === 'ignored') continue;
    entries.push(...step.entries);
    for (const { key, entity } of step.puts) {
      keys.add(key);
      tables.write(key, loaded.get(key), entity);
    }
  }
  return { tables, keys, entries };
}
