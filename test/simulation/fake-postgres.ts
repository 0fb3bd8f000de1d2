/**
 * As much of Postgres as the engine leans on: the store's commit behind its compare-and-set, loads,
 * and the few statements of an acquisition, recognised by their first words. Row locks are kept
 * from a claim's BEGIN to its end.
 */

import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import { fixedText, rowOf as valuesOf, RuntimeError, type Store } from '@polytraders/runtime';
import { type Table } from '@polytraders/stream';
import { chainStart } from '../../libs/runtime/src/partition/fold.ts';
import { type CommitResult, type Hint } from '../../libs/runtime/src/postgres/store.ts';
import { type Part } from '../../libs/runtime/src/postgres/group.ts';
import { type Process, type World } from './world.ts';

export type PartitionRow = {
  epoch: number;
  publisher: string | null;
  next: number;
  lastOffset: number | null;
  lastHash: Buffer | null;
  chainHash: Buffer;
  halted: string | null;
};
type OutputRow = { state: 'starting' | 'started'; published: number };
type Line<Entry> = {
  readonly offset: number;
  readonly entry: Entry;
  /** Fingerprints of the event's identity, as the runtime wrote them. */
  readonly identity: { readonly id: bigint; readonly content: bigint };
};

export type FakePostgres<Entity, Entry extends object> = {
  readonly partitions: ReadonlyMap<number, PartitionRow>;
  readonly ledger: ReadonlyMap<number, readonly Line<Entry>[]>;
  readonly entities: ReadonlyMap<string, Entity>;
  /** What a correct engine never does, as sentences. */
  readonly violations: readonly string[];
  readonly poolOf: (process: Process) => pg.Pool;
  readonly storeOf: (process: Process) => Store<Entity, Entry>;
};

/** A transaction's locks are its connection's. */
type Connection = { readonly process: Process };

/** A line of COPY text as Postgres answers it: the runtime's five columns, then the entry's. */
function lineOf<Entry extends object>(table: Table<Entry>, text: string): Line<Entry> {
  const values = text.split('\t').map((value) => {
    if (value === '\\N') return null;
    const scaled = /^(-?\d+)e-(6|18)$/.exec(value);
    return scaled === null ? value : fixedText(BigInt(scaled[1] ?? 0), scaled[2] === '6' ? 6 : 18);
  });
  const identity = { id: BigInt(values[3] ?? 0), content: BigInt(values[4] ?? 0) };
  return { offset: Number(values[1]), entry: valuesOf(table, values, 5), identity };
}

export function createFakePostgres<Entity, Entry extends object>(
  world: World,
  table: Table<Entry>,
): FakePostgres<Entity, Entry> {
  const partitions = new Map<number, PartitionRow>();
  const outputs = new Map<number, OutputRow>();
  const ledger = new Map<number, Line<Entry>[]>();
  const entities = new Map<string, Entity>();
  const violations: string[] = [];
  const locks = new Map<number, Connection>();

  const linesOf = (partition: number): Line<Entry>[] => {
    const lines = ledger.get(partition) ?? [];
    ledger.set(partition, lines);
    return lines;
  };

  async function lock(by: Connection, partition: number): Promise<void> {
    while (locks.has(partition) && locks.get(partition) !== by) await world.pause(1);
    if (by.process.isAlive()) locks.set(partition, by);
  }

  function unlock(isEnding: (by: Connection) => boolean): void {
    for (const [partition, by] of locks) if (isEnding(by)) locks.delete(partition);
  }

  function apply(part: Part<Entity>): void {
    const row = partitions.get(part.partition);
    if (row === undefined) return;
    row.next = part.to;
    row.lastOffset = part.lastOffset;
    row.lastHash = part.lastHash;
    row.chainHash = part.chainHash;
    const lines = linesOf(part.partition);
    for (const written of part.lines.values()) {
      for (const text of Buffer.concat(written.blocks()).toString('utf8').split('\n')) {
        if (text !== '') lines.push(lineOf(table, text));
      }
    }
    for (const [key, { before, after }] of part.dirty) {
      if (!isDeepStrictEqual(entities.get(key), before)) {
        const stored = text(entities.get(key));
        violations.push(`${key} was folded from ${text(before)}; stored is ${stored}.`);
      }
      if (after === undefined) entities.delete(key);
      else entities.set(key, after);
    }
  }

  function commit(parts: readonly Part<Entity>[], hints: readonly Hint[]): CommitResult | 'locked' {
    if (parts.some((part) => locks.has(part.partition))) return 'locked';
    const committed: number[] = [];
    const fenced: number[] = [];
    for (const part of parts) {
      const row = partitions.get(part.partition);
      const isMine = row !== undefined && row.epoch === part.epoch;
      if (isMine && row.next === part.from) apply(part);
      const isStored = isMine && row.next === part.to;
      (isStored ? committed : fenced).push(part.partition);
    }
    for (const { partition, publishedTo } of hints) {
      const output = outputs.get(partition);
      if (output === undefined || !committed.includes(partition)) continue;
      output.published = Math.max(output.published, publishedTo);
    }
    return { committed, fenced };
  }

  function storeOf(process: Process): Store<Entity, Entry> {
    return {
      schema: 'simulated',
      leafOf: () => 'ledger',
      commit: async (_, parts, hints) => {
        for (;;) {
          if (world.goesWrong('contention')) throw contended();
          const result = await world.step(process, 'DATABASE_OUTAGE', () => commit(parts, hints));
          if (result !== 'locked') return result;
          await world.pause(1);
        }
      },
      load: (_, keys) =>
        world.step(
          process,
          'DATABASE_OUTAGE',
          () =>
            new Map(
              keys.flatMap((key) => {
                const entity = entities.get(key);
                return entity === undefined ? [] : [[key, entity] as const];
              }),
            ),
        ),
      entries: (_, partition, from, to, limit) =>
        world.step(process, 'DATABASE_OUTAGE', () =>
          linesOf(partition)
            .filter((line) => line.offset >= from && line.offset < to)
            .slice(0, limit),
        ),
      history: (_, partition, { from, to, where }, before) =>
        world.step(process, 'DATABASE_OUTAGE', () =>
          linesOf(partition)
            .filter(({ offset }) => offset >= from && offset < Math.min(to ?? before, before))
            .filter(({ entry }) =>
              Object.entries(where).every(
                ([column, value]) => String(entry[column as keyof Entry]) === value,
              ),
            )
            .map(({ offset, entry }, line) => ({ offset, line, entry })),
        ),
      identities: (_, partition) =>
        world.step(process, 'DATABASE_OUTAGE', () =>
          linesOf(partition).map((line) => line.identity),
        ),
      lastEntry: (_, partition) =>
        world.step(process, 'DATABASE_OUTAGE', () => linesOf(partition).at(-1)?.offset ?? null),
    };
  }

  // --- the statements of acquire.ts and slot.ts ---

  function rowOf(partition: number): PartitionRow {
    const row = partitions.get(partition) ?? {
      epoch: 0,
      publisher: null,
      next: 0,
      lastOffset: null,
      lastHash: null,
      chainHash: chainStart,
      halted: null,
    };
    partitions.set(partition, row);
    return row;
  }

  const hex = (bytes: Buffer | null): string | null =>
    bytes === null ? null : `\\x${bytes.toString('hex')}`;

  function answer(sql: string, values: readonly unknown[]): readonly object[] {
    const partition = Number(values[sql.includes('stream.output') ? 2 : 3]);
    if (sql.startsWith('SELECT publisher_id'))
      return [{ publisher_id: rowOf(partition).publisher, active: null }];
    if (sql.startsWith('SELECT 1 FROM stream.output')) {
      const row = rowOf(partition);
      return row.epoch === values[5] && row.publisher === values[6] ? [{}] : [];
    }
    if (sql.startsWith('UPDATE stream.partition SET epoch')) {
      const row = rowOf(partition);
      row.epoch += 1;
      return [
        {
          epoch: String(row.epoch),
          next_offset: String(row.next),
          last_offset: row.lastOffset === null ? null : String(row.lastOffset),
          last_hash: hex(row.lastHash),
          chain_hash: hex(row.chainHash),
        },
      ];
    }
    if (sql.startsWith('UPDATE stream.output AS o SET publisher_id')) {
      const row = rowOf(partition);
      const isRelease = sql.includes('SET publisher_id = NULL');
      const expected = isRelease ? values[6] : values[7];
      if (row.epoch !== values[5] || row.publisher !== expected) return [];
      row.publisher = isRelease ? null : (values[6] as string);
      return [{}];
    }
    if (sql.startsWith('UPDATE stream.partition SET halted')) {
      const row = rowOf(partition);
      if (row.epoch === values[4]) row.halted = values[5] as string | null;
      return [];
    }
    if (sql.startsWith('INSERT INTO stream.partition')) return [];
    if (sql.startsWith('INSERT INTO stream.output')) {
      if (!outputs.has(partition)) outputs.set(partition, { state: 'starting', published: 0 });
      return [];
    }
    const output = outputs.get(partition) ?? { state: 'starting', published: 0 };
    if (sql.startsWith('SELECT state')) {
      return [{ state: output.state, start_offset: '0', published_to: String(output.published) }];
    }
    if (sql.startsWith('UPDATE stream.output SET state')) {
      output.state = 'started';
      return [];
    }
    throw new Error(`The simulation does not know the statement ${sql}`);
  }

  function poolOf(process: Process): pg.Pool {
    process.onDeath(() => unlock((by) => by.process === process));
    const connection = (): object => {
      const me: Connection = { process };
      const query = async (sql: string, values: readonly unknown[] = []): Promise<object> => {
        if (sql === 'BEGIN') return { rows: [] };
        if (sql === 'COMMIT' || sql === 'ROLLBACK') {
          const end = (): void => unlock((by) => by === me);
          return world
            .step(process, 'DATABASE_OUTAGE', end)
            .finally(end)
            .then(() => ({ rows: [] }));
        }
        if (sql.startsWith('UPDATE stream.partition SET epoch')) await lock(me, Number(values[3]));
        return world.step(process, 'DATABASE_OUTAGE', () => {
          const rows = answer(sql, values);
          return { rows, rowCount: rows.length };
        });
      };
      // One that is given back broken ends, and what it holds is free.
      return { query, release: () => unlock((by) => by === me) };
    };
    const pool = { ...connection(), connect: () => Promise.resolve(connection()) };
    return pool as unknown as pg.Pool;
  }

  return { partitions, ledger, entities, violations, poolOf, storeOf };
}

function text(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

function contended(): RuntimeError {
  return new RuntimeError('CONTENDED', 'A row was held for too long.', { retryable: true });
}
