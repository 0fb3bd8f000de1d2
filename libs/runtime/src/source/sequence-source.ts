/**
 * A table as a source: rows (partition, seq, …) that were appended densely and in commit order,
 * such as an inbox. Read by polling, woken by NOTIFY; owned by the partitions of a Kafka topic,
 * so that the writer of log partition p is the member that the group gave p.
 *
 * Invariant asked of the table: seq of a partition starts at 0, has no gaps, and a row becomes
 * visible only after all rows before it. A gap is a truncated log and stops the partition.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { RuntimeError } from '../errors.ts';
import { type KafkaPort } from '../kafka/port.ts';
import { databaseError } from '../postgres/database.ts';
import { isPoison } from '../partition/fold.ts';
import { type Poison } from '../registry/schema-book.ts';
import { type Source, type SourceHandlers, type SourceReader, type Standing } from './source.ts';

/** A row as text values, in the order of `columns`. */
export type SequenceRow = { readonly offset: number; readonly values: readonly (string | null)[] };

export type SequenceSourceConfig<Event> = {
  /** Logical name under which progress is kept, such as `ingest.inbox`. */
  readonly name: string;
  /** Qualified table; it has columns partition and seq. */
  readonly table: string;
  readonly columns: readonly string[];
  /** Index of the column whose text (hex of a hash) tells this row from any other at its place. */
  readonly hashColumn: number;
  /** Channel that appenders NOTIFY. */
  readonly channel: string;
  /** Physical topic whose partitions are shared out. */
  readonly membershipTopic: string;
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  readonly decode: (row: SequenceRow) => Event | Poison;
};

const rowsPerTurn = 2_000;
const idleMs = 200;
const outageMs = 500;

export function sequenceSource<Event>(
  kafka: KafkaPort, database: pg.Pool, connect: () => Promise<pg.Client>, config: SequenceSourceConfig<Event>,
): Source<Event, SequenceRow> {
  const columns = config.columns.map((column) => `r."${column}"::text`).join(', ');
  const readSql =
    `SELECT w.partition, r.seq, ${columns} FROM unnest($1::int[], $2::bigint[]) AS w (partition, seq) ` +
    `JOIN LATERAL (SELECT * FROM ${config.table} WHERE partition = w.partition AND seq >= w.seq ORDER BY seq LIMIT ${rowsPerTurn}) AS r ON true ` +
    'ORDER BY w.partition, r.seq';

  function reader(handlers: SourceHandlers<SequenceRow>): SourceReader {
    const positions = new Map<number, number>();
    let closed = false;
    let wake: () => void = () => undefined;
    let listener: pg.Client | null = null;

    async function listen(): Promise<void> {
      listener = await connect();
      listener.on('notification', () => wake());
      await listener.query(`LISTEN ${config.channel}`);
    }

    async function turn(): Promise<boolean> {
      const asked = [...positions];
      if (asked.length === 0) return false;
      const answer = await database.query<(string | null)[]>({
        text: readSql,
        values: [`{${asked.map(([partition]) => partition).join(',')}}`, `{${asked.map(([, seq]) => seq).join(',')}}`],
        rowMode: 'array',
      } as never);
      const batches = new Map<number, SequenceRow[]>();
      for (const row of answer.rows) {
        const partition = Number(row[0]);
        const list = batches.get(partition) ?? [];
        batches.set(partition, list);
        list.push({ offset: Number(row[1]), values: row.slice(2) });
      }
      await Promise.all([...batches].map(([partition, rows]) => deliver(partition, positions.get(partition) ?? 0, rows)));
      return batches.size > 0;
    }

    async function deliver(partition: number, expected: number, rows: readonly SequenceRow[]): Promise<void> {
      const last = rows.at(-1)?.offset ?? expected - 1;
      if (rows[0]?.offset !== expected || last !== expected + rows.length - 1) {
        positions.delete(partition);
        handlers.onPartitionError(partition, new RuntimeError('LOG_TRUNCATED',
          `Expected ${config.table}, partition ${partition}, to go on at seq ${expected} without gaps; found ${rows[0]?.offset ?? 'nothing'}.`,
          { retryable: false }));
        return;
      }
      await handlers.onBatch({ partition, records: rows, nextOffset: last + 1, highWatermark: last + 1 });
      if (positions.get(partition) === expected) positions.set(partition, last + 1);
    }

    async function loop(): Promise<void> {
      while (!closed) {
        try {
          if (listener === null) await listen();
          if (await turn()) continue;
          await Promise.race([new Promise<void>((resolve) => { wake = resolve; }), sleep(idleMs)]);
        } catch (cause) {
          handlers.onOutage(databaseError(cause));
          await listener?.end().catch(() => undefined);
          listener = null;
          await sleep(outageMs);
        }
      }
      await listener?.end().catch(() => undefined);
    }

    const running = loop();
    return {
      assign: (partition, offset) => {
        positions.set(partition, offset);
        wake();
      },
      unassign: (partition) => { positions.delete(partition); },
      close: async () => {
        closed = true;
        wake();
        await running;
      },
    };
  }

  async function verify(partition: number, standing: Standing): Promise<void> {
    const hash = config.columns[config.hashColumn] ?? '';
    const answer = await database.query<Record<string, string | null>>(
      `SELECT (SELECT min(seq) FROM ${config.table} WHERE partition = $1) AS low, ` +
      `(SELECT max(seq) + 1 FROM ${config.table} WHERE partition = $1) AS high, ` +
      `(SELECT "${hash}"::text FROM ${config.table} WHERE partition = $1 AND seq = $2) AS hash`, [partition, standing.lastOffset ?? -1])
      .catch((cause: unknown) => { throw databaseError(cause); });
    const row = answer.rows[0] ?? {};
    const low = Number(row['low'] ?? standing.nextOffset);
    const high = Number(row['high'] ?? (standing.lastOffset === null ? standing.nextOffset : 0));
    if (low > standing.nextOffset) {
      throw new RuntimeError('LOG_TRUNCATED',
        `Expected seq ${standing.nextOffset} of ${config.table}, partition ${partition}, but the first row is ${low}. ` +
        'Restore the table from its backup; nothing was written.', { retryable: false });
    }
    const isOther = standing.lastHash !== null && row['hash'] != null && !hashFrom(row['hash']).equals(standing.lastHash);
    if (high < standing.nextOffset || isOther) {
      throw new RuntimeError('LOG_REPLACED',
        `${config.table}, partition ${partition}, was read up to seq ${standing.nextOffset}, but ` +
        `${isOther ? 'its last row read is another one now' : `it ends at ${high}`}. Restore the table; nothing was written.`, { retryable: false });
    }
  }

  return {
    topic: config.name,
    reader,
    join: (handlers) => kafka.join({
      groupId: config.groupId, topics: [config.membershipTopic], sessionTimeoutMs: config.sessionTimeoutMs, rebalanceTimeoutMs: 60_000,
      heartbeatIntervalMs: Math.min(3_000, Math.floor(config.sessionTimeoutMs / 3)), ...handlers,
    }),
    verify,
    prepare: () => Promise.resolve(),
    decode: config.decode,
    rawBytes: (row) => {
      const decoded = config.decode(row);
      return isPoison(decoded) ? Buffer.from(row.values.join('\t')) : null;
    },
    hashOf: (row) => hashFrom(row.values[config.hashColumn] ?? ''),
  };
}

function hashFrom(text: string): Buffer {
  return Buffer.from(text.startsWith('\\x') ? text.slice(2) : text, 'hex');
}
