/**
 * The spine under test: a log of its own with everything that the projectors write, each projector
 * as it runs in production, and how far all of them are.
 */

import {
  codec,
  LEDGER_PARTITIONS,
  physicalTopic,
  progressTopic,
  TOPICS,
  WINDOWS_PROCESSOR,
  type RecordType,
  type Topic,
} from '@polytraders/contracts';
import { applyTopics } from '@polytraders/infra/topics';
import { connectKafka, createSchemaBook, pool, type OutputRecord } from '@polytraders/runtime';
import { LIFE_TYPES, WINDOW_TYPES } from '@polytraders/testkit/generator';
import { dropTopics, freshDatabase, testStack, uniquePrefix } from '@polytraders/testkit';
import { type Broker } from './published.ts';
import { query } from './standing.ts';
import { type Service, type WorkerProcess } from './worker-process.ts';

/** A processor that reads the log, with the schema it writes and the topics it publishes on. */
export type Projector = {
  readonly id: string;
  readonly schema: string;
  readonly outputs: readonly Topic[];
};

export const projectors: readonly Projector[] = [
  {
    id: 'pnl-projector',
    schema: 'pnl_v1',
    outputs: [
      TOPICS.settlementReports,
      TOPICS.governanceAudit,
      TOPICS.financeTeam,
      TOPICS.postTradeArchive,
      TOPICS.dashboard,
    ],
  },
  {
    id: 'inventory-reserver',
    schema: 'inventory_v1',
    outputs: [TOPICS.balances, TOPICS.reservations],
  },
  { id: 'settlement-planner', schema: 'settlement_v1', outputs: [TOPICS.settlementJobs] },
];

/** Several write alarms; each key's come from several partitions of the log. */
export const alarms: Topic = TOPICS.alerts;

/** What a crash test may put on the log. */
export const SPINE_TYPES = [
  ...LIFE_TYPES,
  ...WINDOW_TYPES,
  'SettlementJobClaimed',
  'SettlementJobFailed',
] as const satisfies readonly RecordType[];
export type SpineType = (typeof SPINE_TYPES)[number];

export type SpineLog = Broker & {
  readonly databaseUrl: string;
  readonly encode: (type: SpineType, value: object) => Buffer;
  readonly send: (records: readonly OutputRecord[]) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** All topics and schemas of the catalogue, and an empty database. */
export async function createSpineLog(name: string): Promise<SpineLog> {
  const stack = await testStack();
  const prefix = uniquePrefix();
  const fresh = await freshDatabase(name);
  const registryUrl = stack.SCHEMA_REGISTRY_URL;
  await applyTopics({ brokers: stack.KAFKA_BROKERS, registryUrl, prefix });
  const kafka = await connectKafka({ brokers: stack.KAFKA_BROKERS.split(','), clientId: name });
  const database = pool({ url: fresh.url, applicationName: 'spine' }, 1);
  const book = createSchemaBook({ registryUrl, codec, database, onOutage: () => undefined });
  await book.announce(SPINE_TYPES);
  return {
    prefix,
    kafka,
    databaseUrl: fresh.url,
    env: { ...stack, DATABASE_URL: fresh.url, TOPIC_PREFIX: prefix },
    encode: (type, value) => book.encode(type, value),
    send: kafka.send,
    close: async () => {
      book.close();
      await database.end();
      await kafka.close();
      await dropTopics(prefix);
      await fresh.drop();
    },
  };
}

/** The projector as a process, working on a log. */
export function serviceOf(
  { id }: Projector,
  log: SpineLog,
  logs: string,
  env: Readonly<Record<string, string>>,
): Service {
  return {
    main: `services/${id}/src/main.ts`,
    env: { ...log.env, LOG_LEVEL: 'info', ...env },
    logs,
  };
}

/** Writes all that stands on one log onto another one, each record at the same place. */
export async function copyLog(from: SpineLog, to: SpineLog): Promise<void> {
  const name = TOPICS.ledgerEvents.name;
  const ends = await endsOf(from);
  const left = new Map(ends.flatMap((end, partition) => (end > 0 ? [[partition, end]] : [])));
  if (left.size > 0) {
    await new Promise<void>((resolve, reject) => {
      const reader = from.kafka.reader({
        isolation: 'read_committed',
        maxWaitMs: 100,
        minBytes: 1,
        maxBytes: 8 << 20,
        maxBytesPerPartition: 2 << 20,
        onBatch: async ({ partition, records, nextOffset }) => {
          const topic = physicalTopic(to.prefix, name);
          await to.send(
            records.map(({ key, value }) => ({
              topic,
              partition,
              key: key?.toString('utf8') ?? null,
              value,
            })),
          );
          if (nextOffset >= (left.get(partition) ?? 0)) left.delete(partition);
          if (left.size === 0) void reader.close().then(resolve, reject);
        },
        onPartitionError: (_, error) => reject(error),
        onOutage: reject,
      });
      for (const partition of left.keys()) {
        reader.assign({ topic: physicalTopic(from.prefix, name), partition }, 0);
      }
    });
  }
  const copied = await endsOf(to);
  if (String(copied) !== String(ends)) {
    throw new Error(
      `Expected a copy of the log that ends at ${String(ends)}, found ${String(copied)}.`,
    );
  }
}

/** Every record of the log is folded by every projector, and all that follows is published. */
export async function isComplete(
  log: SpineLog,
  tested: readonly Projector[],
  workers: readonly WorkerProcess[],
): Promise<boolean> {
  const ends = await endsOf(log);
  const places = await query<{ processor: string; partition: number; next: string }>(
    log.databaseUrl,
    'SELECT processor, partition, next_offset AS next FROM stream.partition',
  ).catch(() => []);
  const folded = tested.every(({ id }) => {
    const own = places.filter(({ processor }) => processor === id);
    const done = own.filter(({ partition, next }) => Number(next) >= (ends[partition] ?? Infinity));
    return done.length === LEDGER_PARTITIONS;
  });
  return folded && (await unpublished(workers)) === 0 && (await areWindowsReported(log, tested));
}

const WINDOWS = `SELECT
  (SELECT count(*) FROM (SELECT FROM pnl_v1.window_cuts GROUP BY market_seq
                         HAVING count(*) = ${String(LEDGER_PARTITIONS)}) AS passed) AS cuts,
  (SELECT count(*) FROM (SELECT FROM pnl_v1.window_cuts GROUP BY market_seq) AS each) AS told,
  (SELECT coalesce(sum(next_offset), 0) FROM stream.partition
    WHERE processor = '${WINDOWS_PROCESSOR}') AS folded,
  (SELECT coalesce(max("offset") + 1, 0) FROM pnl_v1.settlement_reports) AS reported`;

/** Every cut is gathered and folded, and the revisions that it made are published. */
async function areWindowsReported(
  { databaseUrl, kafka, prefix }: SpineLog,
  tested: readonly Projector[],
): Promise<boolean> {
  if (!tested.some(({ schema }) => schema === 'pnl_v1')) return true;
  const [row] = await query<Record<'cuts' | 'told' | 'folded' | 'reported', string>>(
    databaseUrl,
    WINDOWS,
  ).catch(() => []);
  if (row === undefined || row.cuts !== row.told || Number(row.folded) < Number(row.cuts)) {
    return false;
  }
  const topic = physicalTopic(prefix, progressTopic(WINDOWS_PROCESSOR, 1).name);
  const record = await kafka.lastRecord({ topic, partition: 0 });
  const progress = JSON.parse(record?.value?.toString('utf8') ?? '{"next":0}') as {
    readonly next: number;
  };
  return progress.next >= Number(row.reported);
}

/** Offsets that the workers have folded and not published; null while one of them does not say. */
async function unpublished(workers: readonly WorkerProcess[]): Promise<number | null> {
  let sum = 0;
  for (const { lines } of workers) {
    const port = lines.find(({ event }) => event === 'STARTED')?.http_port;
    if (port === undefined) return null;
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => null);
    if (answer?.ok !== true) return null;
    const found = (await answer.text()).matchAll(/^\w+_unpublished_offsets(?:\{.*\})? (\d+)/gm);
    for (const [, offsets] of found) sum += Number(offsets);
  }
  return sum;
}

function endsOf({ kafka, prefix }: SpineLog): Promise<number[]> {
  const topic = physicalTopic(prefix, TOPICS.ledgerEvents.name);
  const partitions = Array.from({ length: LEDGER_PARTITIONS }, (_, partition) => partition);
  return Promise.all(
    partitions.map(async (partition) => (await kafka.watermarks({ topic, partition })).high),
  );
}
