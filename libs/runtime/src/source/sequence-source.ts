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
import { databaseError, hangUp } from '../postgres/database.ts';
import { timeValue } from '../postgres/values.ts';
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
  /** Index of the column with the time at which the row was appended. */
  readonly timeColumn: number;
  /** Channel that appenders NOTIFY. */
  readonly channel: string;
  /** Physical topic whose partitions are shared out. */
  readonly membershipTopic: string;
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  readonly decode: (row: SequenceRow) => Event | Poison;
  /** Rows of a partition that are asked for at once; fewer where a row is large. */
  readonly rowsPerTurn?: number;
  /** How long after a look that found nothing the next one comes, if no appender notifies. */
  readonly idleMs?: number;
};

const rowsPerTurn = 2_000;
const defaultIdleMs = 200;
const outageMs = 500;

export function sequenceSource<Event>(
  kafka: KafkaPort,
  database: pg.Pool,
  connect: () => Promise<pg.Client>,
  config: SequenceSourceConfig<Event>,
): Source<Event, SequenceRow> {
  return {
    topic: config.name,
    reader: (handlers) => createSequenceReader(config, database, connect, handlers),
    join: (handlers) =>
      kafka.join({
        groupId: config.groupId,
        topics: [config.membershipTopic],
        sessionTimeoutMs: config.sessionTimeoutMs,
        rebalanceTimeoutMs: 60_000,
        heartbeatIntervalMs: Math.min(3_000, Math.floor(config.sessionTimeoutMs / 3)),
        ...handlers,
      }),
    verify: (partition, standing) => verify(config, database, partition, standing),
    prepare: () => Promise.resolve(),
    decode: config.decode,
    rawBytes: (row) => {
      const decoded = config.decode(row);
      return isPoison(decoded) ? Buffer.from(row.values.join('\t')) : null;
    },
    writtenAt: (row) => timeValue(row.values[config.timeColumn] ?? '') / 1000,
    hashOf: (row) => hashFrom(row.values[config.hashColumn] ?? ''),
  };
}

/**
 * Where a partition is read on. A new object for each assignment: rows that were asked for before
 * it belong to the old one, and are dropped.
 */
type Place = { seq: number };

type Asked = { readonly place: Place; readonly rows: SequenceRow[]; high: number };

function createSequenceReader(
  config: Pick<
    SequenceSourceConfig<unknown>,
    'table' | 'columns' | 'channel' | 'rowsPerTurn' | 'idleMs'
  >,
  database: pg.Pool,
  connect: () => Promise<pg.Client>,
  handlers: SourceHandlers<SequenceRow>,
): SourceReader {
  const readSql = selectRows(config.table, config.columns, config.rowsPerTurn ?? rowsPerTurn);
  const places = new Map<number, Place>();
  let closed = false;
  /** Whether there is something new since the look that is under way began. */
  let isWoken = false;
  let goOn: () => void = () => undefined;
  const wake = (): void => {
    isWoken = true;
    goOn();
  };
  let listener: pg.Client | null = null;

  /** A connection that is lost while nothing is asked of it says so only by its end. */
  async function listen(): Promise<void> {
    const client = await connect();
    listener = client;
    client.on('notification', wake);
    client.on('end', () => {
      if (listener === client) listener = null;
    });
    await client.query(`LISTEN ${config.channel}`);
  }

  async function turn(): Promise<boolean> {
    if (places.size === 0) return false;
    const asked = new Map<number, Asked>();
    for (const [partition, place] of places) asked.set(partition, { place, rows: [], high: 0 });
    const answer = await database.query<(string | null)[]>({
      text: readSql,
      values: [
        `{${[...asked.keys()].join(',')}}`,
        `{${[...asked.values()].map(({ place }) => place.seq).join(',')}}`,
      ],
      rowMode: 'array',
    } as never);
    for (const [partition, seq, high, ...values] of answer.rows) {
      const one = asked.get(Number(partition));
      one?.rows.push({ offset: Number(seq), values });
      if (one !== undefined) one.high = Number(high);
    }
    await Promise.all([...asked].map(([partition, one]) => deliver(partition, one)));
    return answer.rows.length > 0;
  }

  /** Hands the rows on up to a gap; the gap is told when it comes first. */
  async function deliver(partition: number, { place, rows, high }: Asked): Promise<void> {
    const first = rows[0];
    if (first === undefined || places.get(partition) !== place) return;
    if (first.offset !== place.seq) {
      places.delete(partition);
      handlers.onPartitionError(partition, gap(config.table, partition, place.seq, first.offset));
      return;
    }
    const end = rows.findIndex(({ offset }, index) => offset !== place.seq + index);
    const records = end < 0 ? rows : rows.slice(0, end);
    const nextOffset = place.seq + records.length;
    await handlers.onBatch({
      partition,
      from: place.seq,
      records,
      nextOffset,
      highWatermark: high,
    });
    place.seq = nextOffset;
  }

  async function loop(): Promise<void> {
    while (!closed) {
      try {
        if (listener === null) await listen();
        isWoken = false;
        if (await turn()) continue;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, config.idleMs ?? defaultIdleMs);
          goOn = () => {
            clearTimeout(timer);
            resolve();
          };
          if (closed || isWoken) goOn();
        });
      } catch (cause) {
        handlers.onOutage(databaseError(cause));
        forget();
        await sleep(outageMs);
      }
    }
    forget();
  }

  function forget(): void {
    hangUp(listener);
    listener = null;
  }

  void loop();
  return {
    assign: (partition, offset) => {
      places.set(partition, { seq: offset });
      wake();
    },
    unassign: (partition) => {
      places.delete(partition);
    },
    close: () => {
      closed = true;
      // A handler that runs is not waited for: it may wait for the very server that is away.
      places.clear();
      forget();
      wake();
      return Promise.resolve();
    },
  };
}

/** Rows of several partitions in one question; each with where its partition ends now. */
function selectRows(table: string, columns: readonly string[], most: number): string {
  const list = columns.map((column) => `r."${column}"::text`).join(', ');
  return `
    SELECT w.partition, r.seq, h.high, ${list}
      FROM unnest($1::int[], $2::bigint[]) AS w (partition, seq)
      JOIN LATERAL (SELECT * FROM ${table} WHERE partition = w.partition AND seq >= w.seq
                     ORDER BY seq LIMIT ${most}) AS r ON true
      JOIN LATERAL (SELECT max(seq) + 1 AS high FROM ${table}
                     WHERE partition = w.partition) AS h ON true
     ORDER BY w.partition, r.seq`;
}

function gap(table: string, partition: number, expected: number, found: number): RuntimeError {
  return new RuntimeError(
    'LOG_TRUNCATED',
    `Expected ${table}, partition ${partition}, to go on at seq ${expected}, but its next row is ` +
      `${found}. Restore the table from its backup; nothing was written.`,
    { retryable: false },
  );
}

async function verify(
  {
    table,
    columns,
    hashColumn,
  }: Pick<SequenceSourceConfig<unknown>, 'table' | 'columns' | 'hashColumn'>,
  database: pg.Pool,
  partition: number,
  { nextOffset, lastOffset, lastHash }: Standing,
): Promise<number> {
  const place = `${table}, partition ${partition}`;
  if (nextOffset !== (lastOffset ?? -1) + 1) {
    throw new RuntimeError(
      'LOG_REPLACED',
      `${place}, is read on at seq ${nextOffset}, but the last row read is ` +
        `${lastOffset ?? 'none'}: the progress is from another time than the table. Restore both ` +
        'from one backup; nothing was written.',
      { retryable: false },
    );
  }
  const of = `FROM ${table} WHERE partition = $1`;
  const answer = await database
    .query<Record<string, string | null>>(
      `SELECT (SELECT min(seq) ${of} AND seq >= $3) AS next,
              (SELECT max(seq) + 1 ${of}) AS high,
              (SELECT "${columns[hashColumn] ?? ''}"::text ${of} AND seq = $2) AS hash`,
      [partition, lastOffset ?? -1, nextOffset],
    )
    .catch((cause: unknown) => {
      throw databaseError(cause);
    });
  const { next = null, high = null, hash = null } = answer.rows[0] ?? {};
  if (next !== null && Number(next) !== nextOffset) {
    throw gap(table, partition, nextOffset, Number(next));
  }
  const isOther = lastHash !== null && hash !== null && !hashFrom(hash).equals(lastHash);
  // What was read may have been dropped since; the place after the last row may not be below it.
  const isShort = high === null ? lastOffset !== null : Number(high) < nextOffset;
  if (!isShort && !isOther) return Number(high ?? nextOffset);
  const why = isOther ? 'its last row read is another one now' : `it ends at ${high ?? 0}`;
  throw new RuntimeError(
    'LOG_REPLACED',
    `${place}, was read up to seq ${nextOffset}, but ${why}. ` +
      'Restore the table; nothing was written.',
    { retryable: false },
  );
}

function hashFrom(text: string): Buffer {
  return Buffer.from(text.startsWith('\\x') ? text.slice(2) : text, 'hex');
}
