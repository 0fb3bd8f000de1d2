/**
 * The inbox: appends raw inputs densely and in commit order, one sequence for each partition of
 * the ledger.
 *
 * An appender locks the ends of the partitions that it needs, always in the order of partitions,
 * and holds them to its commit. So seq has no gaps, rows become visible in its order, and an event
 * of all partitions takes the same place among the others in each of them.
 */

import { isoTime, LEDGER_PARTITIONS } from '@polytraders/contracts';
import { columnLiteral, databaseError, endFrozenSenders } from '@polytraders/runtime';
import { type ColumnType } from '@polytraders/stream';
import type pg from 'pg';
import { type TimeMicros } from '../draft.ts';
import { type InputSource, type RawFormat } from '../inbox-event.ts';
import { sha256 } from '../identity.ts';
import { type JsonRecord, type RawInput } from '../raw.ts';

/** Channel that wakes the writers. */
export const INBOX_CHANNEL = 'polytraders_inbox';

export type NewInput = {
  /** Log partition, or `all` for an event of every partition. */
  readonly partition: number | 'all';
  readonly source: InputSource;
  readonly sourcePosition: string;
  readonly rawFormat: RawFormat;
  readonly bytes: Buffer;
  readonly raw: RawInput;
  /** Of an event of every partition: what its record says besides, by partition. */
  readonly own?: ReadonlyMap<number, JsonRecord>;
};

type Row = Omit<NewInput, 'partition' | 'raw' | 'own'> & {
  readonly partition: number;
  readonly payload: string;
  readonly contentHash: Buffer;
};

const ALL: readonly number[] = Array.from(
  { length: LEDGER_PARTITIONS },
  (_, partition) => partition,
);

/**
 * Appends inputs within the caller's transaction, in the given order. `mayRepeat`: places that the
 * inbox has already, with the same content, are left out (a file that is imported again); sources
 * with a fenced position do not need it. Answers the seq after the last row, by partition.
 */
export async function appendInputs(
  client: pg.ClientBase,
  inputs: readonly NewInput[],
  receivedAt: TimeMicros,
  mayRepeat = false,
): Promise<ReadonlyMap<number, number>> {
  const toAll = inputs.some((input) => input.partition === 'all');
  const partitions = toAll
    ? ALL
    : [...new Set(inputs.map((input) => Number(input.partition)))].sort((a, b) => a - b);
  if (partitions.length === 0) return new Map();
  const firstMarketSeq = toAll ? await takeMarketSeq(client, inputs) : 0;
  const ends = await lockEnds(client, partitions);
  let rows = rowsOf(inputs, firstMarketSeq);
  if (mayRepeat) rows = await withoutKnown(client, rows);
  const next = new Map(ends);
  const placed = rows.map((row) => {
    const seq = next.get(row.partition) ?? 0;
    next.set(row.partition, seq + 1);
    return { ...row, seq };
  });
  if (placed.length === 0) return next;
  await insertRows(client, placed, receivedAt);
  await moveEnds(
    client,
    [...next].filter(([partition, seq]) => seq !== ends.get(partition)),
  );
  await client.query(`NOTIFY ${INBOX_CHANNEL}`);
  return next;
}

/** The name by which Postgres and Kafka know an import. */
export const IMPORT_NAME = 'polytraders-import';

/** Runs `work` in a transaction on a connection of the pool. */
export async function inTransaction<Result>(
  database: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await database.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (cause) {
    // A connection whose transaction failed ends, and the transaction with it: it may be dead.
    client.release(true);
    // Who holds what we wait for may have been frozen while it sent: an import, or one of us.
    if (databaseError(cause).code === 'DATABASE_CONTENTION') {
      await endFrozenSenders(database, 'fill-ingestor.');
      await endFrozenSenders(database, IMPORT_NAME);
    }
    throw cause;
  }
}

async function insertRows(
  client: pg.ClientBase,
  rows: readonly (Row & { readonly seq: number })[],
  receivedAt: TimeMicros,
): Promise<void> {
  const column = (type: ColumnType, of: (row: Row & { readonly seq: number }) => unknown) =>
    columnLiteral(type, rows.map(of));
  await client.query(
    'INSERT INTO ingest.inbox (partition, seq, source, source_position, content_hash, ' +
      'raw_format, bytes, payload, received_at) ' +
      'SELECT x.*, $9::timestamptz FROM unnest($1::int[], $2::bigint[], $3::text[], $4::text[], ' +
      '$5::bytea[], $6::text[], $7::bytea[], $8::text[]) AS x',
    [
      column('int', (row) => row.partition),
      column('int', (row) => row.seq),
      column('text', (row) => row.source),
      column('text', (row) => row.sourcePosition),
      column('bytes', (row) => row.contentHash),
      column('text', (row) => row.rawFormat),
      column('bytes', (row) => row.bytes),
      column('text', (row) => row.payload),
      isoTime(receivedAt),
    ],
  );
}

async function moveEnds(
  client: pg.ClientBase,
  ends: readonly (readonly [partition: number, seq: number])[],
): Promise<void> {
  const partitions = columnLiteral(
    'int',
    ends.map(([partition]) => partition),
  );
  const places = columnLiteral(
    'int',
    ends.map(([, seq]) => seq),
  );
  await client.query(
    'UPDATE ingest.inbox_end AS e SET next_seq = v.seq ' +
      'FROM unnest($1::int[], $2::bigint[]) AS v (partition, seq) WHERE e.partition = v.partition',
    [partitions, places],
  );
}

async function takeMarketSeq(client: pg.ClientBase, inputs: readonly NewInput[]): Promise<number> {
  const count = inputs.filter((input) => input.partition === 'all').length;
  const taken = await client.query<{ first: string }>(
    'UPDATE ingest.market_sequence SET next_seq = next_seq + $1::int RETURNING next_seq - ' +
      '$1::int AS first',
    [count],
  );
  return Number(taken.rows[0]?.first ?? 0);
}

async function lockEnds(
  client: pg.ClientBase,
  partitions: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const locked = await client.query<{ partition: string; next_seq: string }>(
    'SELECT partition, next_seq FROM ingest.inbox_end WHERE partition = ANY($1::int[]) ' +
      'ORDER BY partition FOR UPDATE',
    [columnLiteral('int', partitions)],
  );
  return new Map(locked.rows.map((row) => [Number(row.partition), Number(row.next_seq)]));
}

/** One row an input, and one a partition for an input of all; these get their market_seq here. */
function rowsOf(inputs: readonly NewInput[], firstMarketSeq: number): readonly Row[] {
  let marketSeq = firstMarketSeq;
  return inputs.flatMap((input) => {
    const { partition, raw, own: _, ...rest } = input;
    if (partition !== 'all') return [rowOf(rest, partition, raw)];
    const numbered = numberedAt(raw, marketSeq);
    marketSeq += 1;
    return ALL.map((one) => rowOf(rest, one, withOwn(numbered, input.own?.get(one))));
  });
}

function numberedAt(raw: RawInput, marketSeq: number): RawInput {
  return raw.format === 'record' || raw.format === 'command' ? { ...raw, marketSeq } : raw;
}

function withOwn(raw: RawInput, own: JsonRecord | undefined): RawInput {
  if (own === undefined || raw.format !== 'record') return raw;
  return { ...raw, value: { ...raw.value, ...own } };
}

function rowOf(
  rest: Omit<NewInput, 'partition' | 'raw' | 'own'>,
  partition: number,
  raw: RawInput,
): Row {
  const payload = JSON.stringify(raw);
  return { ...rest, partition, payload, contentHash: Buffer.from(sha256(payload), 'hex') };
}

async function withoutKnown(client: pg.ClientBase, rows: readonly Row[]): Promise<readonly Row[]> {
  const known = await client.query<{ at: string }>(
    'SELECT w.at FROM unnest($1::text[], $2::text[], $3::int[], $4::bytea[]) WITH ' +
      'ORDINALITY AS w (pos, src, p, h, at) ' +
      'JOIN ingest.inbox AS i ON i.source_position = w.pos AND i.source = w.src AND ' +
      'i.partition = w.p AND i.content_hash = w.h',
    [
      columnLiteral(
        'text',
        rows.map((row) => row.sourcePosition),
      ),
      columnLiteral(
        'text',
        rows.map((row) => row.source),
      ),
      columnLiteral(
        'int',
        rows.map((row) => row.partition),
      ),
      columnLiteral(
        'bytes',
        rows.map((row) => row.contentHash),
      ),
    ],
  );
  const repeated = new Set(known.rows.map((row) => Number(row.at) - 1));
  return rows.filter((_, at) => !repeated.has(at));
}
