/**
 * An import from start to end: rows into the inbox in transactions of a few thousand, then waiting
 * until the last of them is on the log, then counting what became of them. A second import of the
 * same file with the same terms adds nothing.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { progressTopic } from '@polytraders/contracts';
import { databaseError, type KafkaPort, RuntimeError } from '@polytraders/runtime';
import type pg from 'pg';
import { type MovementType } from '../raw.ts';
import { type ImportRequest, type Inspection, inputsOf } from '../sources/file/import.ts';
import { inTransaction } from './inbox.ts';
import { inputOfRow } from './file-inputs.ts';
import { type BusInput } from './inputs.ts';
import { takeInputs } from './take-inputs.ts';

export type ImportResult = {
  readonly file_sha256: string;
  readonly format: string;
  readonly records: number;
  /** What the rows are, in the word of their source: `TRADE`, `REDEEM`, `OrderFilled`, …. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly left_out: Readonly<Record<string, number>>;
  /** Rows that this run put into the inbox; the others were there before. */
  readonly taken: number;
  readonly already_there: number;
  /** Of those that were there before: refused then, and not judged again. */
  readonly refused_before: number;
  /** Records that this run put on the log, by type; the three that follow are its sums. */
  readonly on_the_log: Readonly<Record<string, number>>;
  readonly fills: number;
  readonly movements: number;
  readonly other_records: number;
  readonly quarantined: Readonly<Record<string, number>>;
  /** Of the records on the log: those that are reported by name, since they are not explained. */
  readonly reported: Readonly<Record<string, number>>;
  /** Rows that changed nothing: repeated, late, joined, or redemptions of nothing. */
  readonly without_effect: number;
};

export type ImportServers = {
  readonly database: pg.Pool;
  readonly kafka: KafkaPort;
  readonly topicPrefix: string;
};

/** Records that were made, counted. */
type Made = { readonly type: string; readonly reason: string | null; readonly records: string };

/** From and to (exclusive) of what was appended, by log partition. */
type Range = { readonly from: number; readonly to: number };

const MOVEMENTS: readonly MovementType[] = [
  'PositionsSplit',
  'PositionsMerged',
  'PositionsConverted',
  'PositionsRedeemed',
  'TokensTransferred',
  'CashMoved',
];

const ROWS_A_TURN = 2_000;
const POLL_MS = 100;
/** Nothing may stand still for longer than this before the import says so. */
const STANDSTILL_MS_MAX = 60_000;

/** One sentence if no ingestor is there to take the rows, else null. */
export async function missingIngestor(database: pg.Pool): Promise<string | null> {
  const answer = await database
    .query<{ running: string }>(
      "SELECT to_regclass('ingest.inbox') IS NOT NULL AND EXISTS (SELECT 1 FROM pg_stat_activity " +
        "WHERE datname = current_database() AND application_name LIKE 'fill-ingestor.%') " +
        'AS running',
    )
    .catch((cause: unknown) => {
      throw databaseError(cause);
    });
  if (answer.rows[0]?.running === 't') return null;
  return (
    'Expected a running fill-ingestor on this database, found none: keep the services running ' +
    '(npm start -- --stay, in another terminal) and import again, or let ' +
    'npm start -- --input FILE do both.'
  );
}

/** Takes the file in and follows it to the log. `say` is called with progress, for people. */
export async function runImport(
  servers: ImportServers,
  inspection: Inspection,
  request: ImportRequest,
  say: (line: string) => void,
): Promise<ImportResult> {
  say(`The file has ${listed(inspection.kinds)}.`);
  const before = await endsOf(servers.database);
  const after = new Map<number, number>();
  let batch: BusInput[] = [];
  let read = 0;
  const flush = async (): Promise<void> => {
    const rows = batch;
    batch = [];
    const ends = await inTransaction(servers.database, (client) =>
      takeInputs(client, rows, Date.now() * 1000, true),
    );
    for (const [partition, end] of ends) after.set(partition, end);
    say(`${String(read)} of ${String(inspection.inputs)} rows are in the inbox.`);
  };
  for await (const input of inputsOf(inspection, request)) {
    batch.push(inputOfRow(input));
    read += 1;
    if (batch.length >= ROWS_A_TURN) await flush();
  }
  if (batch.length > 0) await flush();
  const ranges = new Map(
    [...after].map(([partition, to]) => [partition, { from: before.get(partition) ?? 0, to }]),
  );
  await untilOnTheLog(servers, ranges, say);
  return countOf(servers.database, inspection, ranges);
}

async function endsOf(database: pg.Pool): Promise<ReadonlyMap<number, number>> {
  const answer = await database.query<{ partition: string; next_seq: string }>(
    'SELECT partition, next_seq FROM ingest.inbox_end',
  );
  return new Map(answer.rows.map((row) => [Number(row.partition), Number(row.next_seq)]));
}

/** Waits until the writers took every row and the last record made of them is on the log. */
async function untilOnTheLog(
  servers: ImportServers,
  ranges: ReadonlyMap<number, Range>,
  say: (line: string) => void,
): Promise<void> {
  let movedAt = performance.now();
  let before = -1;
  for (;;) {
    const left = await leftOf(servers, ranges);
    if (left === 0) return;
    if (left !== before) {
      movedAt = performance.now();
      say(`${String(left)} rows are not on the log yet.`);
    }
    before = left;
    if (performance.now() - movedAt > STANDSTILL_MS_MAX) {
      throw new RuntimeError(
        'KAFKA_OUTAGE',
        `Expected the rows to go on to the log, but nothing has moved for ` +
          `${String(STANDSTILL_MS_MAX / 1000)} s with ` +
          `${String(left)} rows left; see: npm run polytraders -- status. The rows are ` +
          `kept and will be taken.`,
        { retryable: true },
      );
    }
    await sleep(POLL_MS);
  }
}

/** Rows that are not taken, plus records that are not on the log. */
async function leftOf(
  { database, kafka, topicPrefix }: ImportServers,
  ranges: ReadonlyMap<number, Range>,
): Promise<number> {
  const taken = await database.query<{
    partition: string;
    next_offset: string;
    last: string | null;
  }>(
    'SELECT p.partition, p.next_offset, (SELECT max(o."offset") FROM ingest.outbox AS o ' +
      'WHERE o.partition = p.partition ' +
      'AND o."offset" < p.next_offset) AS last FROM stream.partition AS p WHERE ' +
      "p.processor = 'fill-ingestor'",
  );
  const rows = new Map(taken.rows.map((row) => [Number(row.partition), row]));
  const topic = topicPrefix + progressTopic('fill-ingestor').name;
  const lefts = await Promise.all(
    [...ranges].map(async ([partition, { to }]) => {
      const row = rows.get(partition);
      const next = Number(row?.next_offset ?? 0);
      if (next < to) return to - next;
      const last = row?.last ?? null;
      if (last === null) return 0;
      const record = await kafka.lastRecord({ topic, partition });
      const published =
        record?.value == null
          ? 0
          : (JSON.parse(record.value.toString('utf8')) as { next: number }).next;
      return Math.max(0, Number(last) + 1 - published);
    }),
  );
  return lefts.reduce((sum, left) => sum + left, 0);
}

async function countOf(
  database: pg.Pool,
  inspection: Inspection,
  ranges: ReadonlyMap<number, Range>,
): Promise<ImportResult> {
  const place = `${inspection.fileSha256}/%`;
  const partitions = [...ranges.keys()];
  const args = [
    `{${partitions.join(',')}}`,
    `{${[...ranges.values()].map((range) => range.from).join(',')}}`,
    `{${[...ranges.values()].map((range) => range.to).join(',')}}`,
    place,
  ];
  const within =
    'FROM unnest($1::int[], $2::bigint[], $3::bigint[]) AS r (partition, low, high) JOIN ';
  const made = await database.query<Made>(
    `SELECT o.record_type AS type, o.reason_code AS reason, count(*) AS records ${within}` +
      'ingest.outbox AS o ON o.partition = r.partition AND o."offset" >= r.low AND ' +
      'o."offset" < r.high ' +
      'WHERE o.source_position LIKE $4 GROUP BY 1, 2 ORDER BY 1, 2',
    args,
  );
  const taken = await database.query<{ rows: string; effective: string }>(
    `SELECT count(*) AS rows, count(*) FILTER (WHERE EXISTS (SELECT 1 FROM ingest.outbox ` +
      `AS o WHERE o.partition = i.partition ` +
      `AND o."offset" = i.seq)) AS effective ${within} ingest.inbox AS i ON i.partition = ` +
      `r.partition AND i.seq >= r.low AND i.seq < r.high ` +
      'WHERE i.source_position LIKE $4',
    args,
  );
  const aside = await database.query<{ rows: string }>(
    'SELECT count(*) AS rows FROM ingest.inbox AS i WHERE i.source_position LIKE $1 AND EXISTS (' +
      'SELECT 1 FROM ingest.outbox AS o WHERE o.partition = i.partition AND o."offset" = i.seq ' +
      "AND o.record_type = 'QuarantinedInput')",
    [place],
  );
  const { quarantined, onTheLog, reported } = sortedOut(made.rows);
  const fills = onTheLog['FillConfirmed'] ?? 0;
  const movements = MOVEMENTS.reduce((sum, type) => sum + (onTheLog[type] ?? 0), 0);
  const rows = Number(taken.rows[0]?.rows ?? 0);
  return {
    file_sha256: inspection.fileSha256,
    format: inspection.shape.format,
    records: inspection.records,
    kinds: inspection.kinds,
    left_out: inspection.leftOut,
    taken: rows,
    already_there: inspection.inputs - rows,
    refused_before: Number(aside.rows[0]?.rows ?? 0) - sumOf(quarantined),
    on_the_log: onTheLog,
    fills,
    movements,
    other_records: sumOf(onTheLog) - fills - movements,
    quarantined,
    reported,
    without_effect: rows - Number(taken.rows[0]?.effective ?? 0),
  };
}

/** What was set aside by reason, what is on the log by type, and which of that is named. */
function sortedOut(rows: readonly Made[]) {
  const quarantined: Record<string, number> = {};
  const onTheLog: Record<string, number> = {};
  const reported: Record<string, number> = {};
  for (const { type, reason, records } of rows) {
    const isAside = type === 'QuarantinedInput';
    if (isAside) quarantined[reason ?? type] = Number(records);
    else onTheLog[type] = (onTheLog[type] ?? 0) + Number(records);
    if (!isAside && reason !== null) reported[reason] = (reported[reason] ?? 0) + Number(records);
  }
  return { quarantined, onTheLog, reported };
}

/** `298 TRADE, 201 REDEEM`, the most first. */
function listed(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const texts = sorted.map(([what, count]) => `${String(count)} ${what}`);
  return texts.length === 0 ? 'no row to take' : texts.join(', ');
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
