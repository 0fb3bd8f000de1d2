/**
 * The crash test of the ingestor: a generated day on the bus, throttled, while its two workers are
 * killed, frozen and joined by a third. Afterwards each message of the execution topic stands in
 * the inbox once, what was made of the inbox stands on the log once and in order, and the fills are
 * those that another way of counting expects.
 */

import { join } from 'node:path';
import { codec, partitionOf, progressTopic, TOPICS, type RecordType } from '@polytraders/contracts';
import { repositoryRoot } from '@polytraders/infra/stack';
import { applyTopics } from '@polytraders/infra/topics';
import {
  connectKafka,
  createSchemaBook,
  pool,
  type OutputRecord,
  type SchemaBook,
} from '@polytraders/runtime';
import { dropTopics, freshDatabase, testStack, uniquePrefix } from '@polytraders/testkit';
import {
  accountantOf,
  generateDay,
  randomOf,
  type DayMessage,
  type Expectation,
} from '@polytraders/testkit/generator';
import { until } from '../e2e/log.ts';
import { disturb, type CrashPlan, type Feed } from './campaign.ts';
import { createCrew, type CrewTally } from './crew.ts';
import { ledgerEvents, quarantined, readPublished, wrongs, type Broker } from './published.ts';
import { query } from './standing.ts';

const ingestorId = 'fill-ingestor';
const workers = 2;
const sessionTimeoutMs = 6_000;
const complaintsMax = 20;
/** Bytes that a message cut short on its way has lost. */
const cutBytes = 5;

const busTopics = [
  TOPICS.executionReports,
  TOPICS.operationsReports,
  TOPICS.marks,
  TOPICS.marketDefinitions,
  TOPICS.commands,
];
const topics = [...busTopics, TOPICS.ledgerEvents, TOPICS.quarantine, progressTopic(ingestorId)];

export type Bus = Broker & {
  readonly databaseUrl: string;
  readonly book: SchemaBook;
  readonly close: () => Promise<void>;
};

/** Topics, schemas and a database of its own. */
export async function createBus(name: string): Promise<Bus> {
  const stack = await testStack();
  const prefix = uniquePrefix();
  const fresh = await freshDatabase(name);
  const registryUrl = stack.SCHEMA_REGISTRY_URL;
  await applyTopics({ brokers: stack.KAFKA_BROKERS, registryUrl, prefix, topics });
  const kafka = await connectKafka({ brokers: stack.KAFKA_BROKERS.split(','), clientId: name });
  const database = pool({ url: fresh.url, applicationName: 'bus' }, 1);
  const book = createSchemaBook({ registryUrl, codec, database, onOutage: () => undefined });
  await book.announce(['ExecutionReport', 'MarkObserved', 'MarketDefinition']);
  return {
    prefix,
    kafka,
    book,
    databaseUrl: fresh.url,
    env: { ...stack, DATABASE_URL: fresh.url, TOPIC_PREFIX: prefix },
    close: async () => {
      book.close();
      await database.end();
      await kafka.close();
      await dropTopics(prefix);
      await fresh.drop();
    },
  };
}

export type IngestorFigures = CrewTally & {
  readonly seed: string;
  readonly messages: number;
  readonly reports: number;
  readonly fills: number;
  readonly onLog: number;
  readonly quarantined: number;
  readonly trafficSeconds: number;
  readonly settleSeconds: number;
};

/** Runs the plan over a day of `fills`, and throws sentences on whatever is not as it must be. */
export async function crashIngestor(
  bus: Bus,
  fills: number,
  plan: CrashPlan,
): Promise<IngestorFigures> {
  const random = randomOf(`${plan.seed}|crash`);
  const folder = join(repositoryRoot, '.local/faults', bus.prefix);
  const { feed, expectation } = dayFeed(bus, plan.seed, fills);
  const service = {
    main: `services/${ingestorId}/src/main.ts`,
    env: { ...bus.env, LOG_LEVEL: 'info', SESSION_TIMEOUT_MS: String(sessionTimeoutMs) },
    logs: folder,
  };
  const crew = createCrew([service], workers, random);
  const began = performance.now();
  let appendedAt = began;
  try {
    await disturb(plan, crew, feed, random);
    appendedAt = performance.now();
    await until(
      'all messages have gone through the inbox and out',
      () => isComplete(bus, expectation().reports),
      240_000,
    );
  } finally {
    await crew.stop();
  }
  const settledAt = performance.now();
  const out = await complaintsOf(bus, expectation());
  const complaints = [
    ...crew.tally().halted.map((line) => `A partition halted: ${line.message ?? ''}`),
    ...out.complaints,
  ];
  if (complaints.length > 0) {
    const said = complaints.slice(0, complaintsMax).join('\n');
    throw new Error(`Seed ${plan.seed}, logs in ${folder}:\n${said}`);
  }
  const { messages, reports, fillsConfirmed } = expectation();
  return {
    ...crew.tally(),
    seed: plan.seed,
    messages,
    reports,
    fills: fillsConfirmed,
    onLog: out.onLog,
    quarantined: out.quarantined,
    trafficSeconds: Math.round((appendedAt - began) / 1000),
    settleSeconds: Math.round((settledAt - appendedAt) / 1000),
  };
}

function dayFeed(
  bus: Bus,
  seed: string,
  fills: number,
): { readonly feed: Feed; readonly expectation: () => Expectation } {
  const day = generateDay({ seed, fills });
  const accountant = accountantOf();
  let appended = 0;
  return {
    expectation: accountant.expectation,
    feed: {
      next: (count) => {
        const records: OutputRecord[] = [];
        while (records.length < count) {
          const { value: message, done } = day.next();
          if (done === true) break;
          accountant.read(message);
          records.push(recordOf(bus, message));
        }
        appended += records.length;
        return records;
      },
      appended: () => appended,
      send: bus.kafka.send,
    },
  };
}

function recordOf(bus: Bus, message: DayMessage): OutputRecord {
  const { topic, key } = message;
  const partitions = busTopics.find((one) => one.name === topic)?.partitions ?? 1;
  return {
    topic: bus.prefix + topic,
    partition: partitionOf(key, partitions),
    key,
    value: valueOf(bus, message),
  };
}

function valueOf(bus: Bus, { body }: DayMessage): Buffer {
  if (body.form === 'bytes') return body.bytes;
  const whole = bus.book.encode(body.type satisfies RecordType, body.value);
  return body.form === 'cut' ? whole.subarray(0, whole.length - cutBytes) : whole;
}

const executionPlaces = `source_position LIKE '${TOPICS.executionReports.name}/%'`;

/** All reports are in the inbox, all of the inbox is written, and all that was is published. */
async function isComplete(bus: Bus, reports: number): Promise<boolean> {
  const inbox = await query<{ count: string; behind: string }>(
    bus.databaseUrl,
    `SELECT (SELECT count(*) FROM ingest.inbox WHERE ${executionPlaces}) AS count, ` +
      '(SELECT count(*) FROM ingest.inbox_end AS e LEFT JOIN stream.partition AS p ' +
      "ON p.partition = e.partition AND p.processor = 'fill-ingestor' " +
      'WHERE coalesce(p.next_offset, 0) < e.next_seq) AS behind',
  ).catch(() => []);
  if (Number(inbox[0]?.count ?? 0) < reports || inbox[0]?.behind !== '0') return false;
  const ends = await query<{ partition: number; last: string }>(
    bus.databaseUrl,
    'SELECT partition, max("offset") AS last FROM ingest.outbox GROUP BY partition',
  );
  for (const { partition, last } of ends) {
    const topic = bus.prefix + progressTopic(ingestorId).name;
    const record = await bus.kafka.lastRecord({ topic, partition });
    const text = record?.value?.toString('utf8') ?? '{"next":0}';
    if ((JSON.parse(text) as { readonly next: number }).next <= Number(last)) return false;
  }
  return true;
}

async function complaintsOf(
  bus: Bus,
  expected: Expectation,
): Promise<{
  readonly complaints: readonly string[];
  readonly onLog: number;
  readonly quarantined: number;
}> {
  const complaints: string[] = [];
  const inbox = await query<{ all: string; places: string }>(
    bus.databaseUrl,
    'SELECT count(*) AS all, count(DISTINCT source_position) AS places FROM ingest.inbox ' +
      `WHERE ${executionPlaces}`,
  );
  const { all = '', places = '' } = inbox[0] ?? {};
  if (Number(all) !== expected.reports || places !== all) {
    complaints.push(
      `${expected.reports} reports were sent; the inbox holds ${all} from ${places}.`,
    );
  }
  const log = await readPublished(bus, ledgerEvents);
  complaints.push(...wrongs(log, await outbox(bus, ledgerEvents.topic, 'partition::text')));
  const aside = await readPublished(bus, quarantined);
  complaints.push(...wrongs(sorted(aside), await outbox(bus, quarantined.topic, 'key', true)));
  complaints.push(...(await fillComplaints(bus, expected)));
  return { complaints, onLog: log.records, quarantined: aside.records };
}

/** Ids of what the writers made, in their order, by group. */
async function outbox(
  bus: Bus,
  topic: string,
  group: string,
  isSorted = false,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await query<{ group: string; event_id: string }>(
    bus.databaseUrl,
    `SELECT ${group} AS group, event_id FROM ingest.outbox WHERE topic = $1 ` +
      'ORDER BY partition, "offset", line',
    [topic],
  );
  const byGroup = Map.groupBy(rows, (row) => row.group);
  return new Map(
    [...byGroup].map(([name, list]) => {
      const ids = list.map((row) => row.event_id);
      return [name, isSorted ? ids.sort() : ids];
    }),
  );
}

/** Several partitions of the log write to one of the quarantine: only the ids must agree. */
function sorted<Found extends { readonly byGroup: ReadonlyMap<string, readonly string[]> }>(
  found: Found,
): Found {
  const byGroup = new Map([...found.byGroup].map(([name, ids]) => [name, [...ids].sort()]));
  return { ...found, byGroup };
}

async function fillComplaints(bus: Bus, expected: Expectation): Promise<readonly string[]> {
  const rows = await query<{ all: string; different: string }>(
    bus.databaseUrl,
    'SELECT count(*) AS all, count(DISTINCT fill_id) AS different FROM ingest.outbox ' +
      "WHERE record_type = 'FillConfirmed'",
  );
  const { all = '', different = '' } = rows[0] ?? {};
  const reasons = await query<{ reason: string; count: string }>(
    bus.databaseUrl,
    'SELECT reason_code AS reason, count(*) AS count FROM ingest.outbox ' +
      "WHERE record_type = 'QuarantinedInput' GROUP BY 1 ORDER BY 1",
  );
  const found = JSON.stringify(reasons.map((row) => [row.reason, Number(row.count)]));
  const wanted = JSON.stringify(Object.entries(expected.refused).sort());
  return [
    ...(Number(all) === expected.fillsConfirmed && different === all
      ? []
      : [`${expected.fillsConfirmed} confirmed fills expected; ${all}, ${different} different.`]),
    ...(found === wanted ? [] : [`Expected to set aside ${wanted}; found ${found}.`]),
  ];
}
