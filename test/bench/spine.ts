/**
 * A line for each processor of the spine: what it reaches over a log of every kind of event, with
 * everything published, against a COPY of one bare row an event over the same log; and what the
 * ingestor's writers reach from a full inbox to the log. Rounds are interleaved.
 */

import { codec, type Event, progressTopic, type Topic, TOPICS } from '@polytraders/contracts';
import { applyTopics } from '@polytraders/infra/topics';
import { migrate } from '@polytraders/runtime';
import { dropTopics, freshDatabase, uniquePrefix } from '@polytraders/testkit';
import { generateDay, generateLogLives } from '@polytraders/testkit/generator';
import pg from 'pg';
import { createWriter } from '../../services/fill-ingestor/src/index.ts';
import { inTransaction } from '../../services/fill-ingestor/src/shell/inbox.ts';
import { busInputOf, type BusInput } from '../../services/fill-ingestor/src/shell/inputs.ts';
import { takeInputs } from '../../services/fill-ingestor/src/shell/take-inputs.ts';
import { until } from '../e2e/log.ts';
import { createSpineLog, projectors, type Projector, type SpineLog } from '../faults/spine.ts';
import { startChild, type BenchChild } from './child.ts';
import { type BenchOptions } from './main.ts';
import { measured, type Measured, publishedAll } from './measure.ts';

export type SpineFigures = {
  readonly baseline: Measured[];
  readonly projector: Measured[];
  readonly reserver: Measured[];
  readonly planner: Measured[];
  readonly ingestor: Measured[];
};

export function noSpine(): SpineFigures {
  return { baseline: [], projector: [], reserver: [], planner: [], ingestor: [] };
}

type Tell = (name: string, one: Measured) => Measured;

const markets = 60;
const chunk = 5_000;
/** Messages of a day for each of its fills, about. */
const reportsPerFill = 3;
const rowsATurn = 2_000;
const foldMs = 900_000;

/** Fills in the figures, round by round. */
export async function measureSpine(
  options: BenchOptions,
  figures: SpineFigures,
  tell: Tell,
): Promise<void> {
  const log = await createSpineLog('bench_spine');
  try {
    const events = await appendLives(log, options.events);
    for (let round = 1; round <= options.rounds; round += 1) {
      figures.baseline.push(tell(`(d) round ${round}`, await measureBare(log, events)));
      const [projector, reserver, planner] = projectors;
      for (const [of, rounds] of [
        [projector, figures.projector],
        [reserver, figures.reserver],
        [planner, figures.planner],
      ] as const) {
        if (of === undefined) continue;
        const one = await measureProcessor(log, of, options.workers, events);
        rounds.push(tell(`${of.id} round ${round}`, one));
      }
      figures.ingestor.push(
        tell(`fill-ingestor round ${round}`, await measureIngestor(log, options)),
      );
    }
  } finally {
    await log.close();
  }
}

async function appendLives(log: SpineLog, wanted: number): Promise<number> {
  const topic = log.prefix + TOPICS.ledgerEvents.name;
  let records = [];
  let count = 0;
  for (const { event, partition, key } of generateLogLives({
    seed: 'bench',
    events: wanted,
    markets,
  })) {
    const value = log.encode(event.type, event.value);
    records.push({ topic, partition, key, value });
    count += 1;
    if (records.length < chunk) continue;
    await log.send(records);
    records = [];
  }
  if (records.length > 0) await log.send(records);
  return count;
}

async function measureBare(log: SpineLog, events: number): Promise<Measured> {
  const database = await freshDatabase('bench');
  const child = startChild(new URL('bare-events.ts', import.meta.url).pathname, {
    ...log.env,
    DATABASE_URL: database.url,
    BENCH_EVENTS: String(events),
  });
  try {
    const ready = await child.line((event) => event['event'] === 'READY');
    const done = await child.line((event) => event['event'] === 'DONE');
    return measured(events, Number(ready['at']), Number(done['at']), [child]);
  } finally {
    child.process.kill('SIGKILL');
    await database.drop().catch(() => undefined);
  }
}

/** From offset 0 into an empty database; outputs go to topics that are made anew. */
async function measureProcessor(
  log: SpineLog,
  { id, outputs }: Projector,
  workers: number,
  events: number,
): Promise<Measured> {
  const database = await freshDatabase('bench');
  await anew(log, [...outputs, progressTopic(id)]);
  const children = start(id, workers, { ...log.env, DATABASE_URL: database.url });
  try {
    const first = await firstAcquired(children);
    await folded(database.url, id, events);
    await publishedAll(children);
    return measured(events, first, Date.now(), children);
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    await database.drop().catch(() => undefined);
  }
}

function start(
  id: string,
  workers: number,
  env: Readonly<Record<string, string>>,
): readonly BenchChild[] {
  const main = new URL(`../../services/${id}/src/main.ts`, import.meta.url).pathname;
  return Array.from({ length: workers }, (_, index) =>
    startChild(main, { ...env, LOG_LEVEL: 'info', WORKER_ID: `bench-${index}` }),
  );
}

async function firstAcquired(children: readonly BenchChild[]): Promise<number> {
  const acquired = children.map((child) =>
    child.line((event) => event['event'] === 'PARTITION_ACQUIRED'),
  );
  return Number((await Promise.race(acquired))['time']);
}

async function folded(url: string, id: string, events: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const done = async (): Promise<boolean> => {
      const found = await client.query<{ done: string | null }>(
        'SELECT sum(next_offset) AS done FROM stream.partition WHERE processor = $1',
        [id],
      );
      return Number(found.rows[0]?.done ?? 0) >= events;
    };
    await until('everything is folded', done, foldMs);
  } finally {
    await client.end();
  }
}

async function anew(log: SpineLog, topics: readonly Topic[]): Promise<void> {
  for (const topic of topics) await dropTopics(log.prefix + topic.name);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await applyTopics({
    brokers: log.env['KAFKA_BROKERS'] ?? '',
    registryUrl: log.env['SCHEMA_REGISTRY_URL'] ?? '',
    prefix: log.prefix,
    topics,
  });
}

/** A day's reports lie in the inbox; the writers put them on a log of their own. */
async function measureIngestor(log: SpineLog, { events, workers }: BenchOptions) {
  const database = await freshDatabase('bench');
  const prefix = uniquePrefix();
  const { KAFKA_BROKERS: brokers = '', SCHEMA_REGISTRY_URL: registryUrl = '' } = log.env;
  await applyTopics({ brokers, registryUrl, prefix });
  const env = { ...log.env, DATABASE_URL: database.url, TOPIC_PREFIX: prefix };
  const fills = Math.max(100, Math.floor(events / reportsPerFill));
  const inputs = await fillInbox(database.url, fills);
  const children = start('fill-ingestor', workers, env);
  try {
    const first = await firstAcquired(children);
    await folded(database.url, 'fill-ingestor', inputs);
    await publishedAll(children);
    return measured(inputs, first, Date.now(), children);
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    await dropTopics(prefix);
    await database.drop().catch(() => undefined);
  }
}

/** What a reader of the bus would have taken; answers how many inputs that are. */
async function fillInbox(url: string, fills: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  const client = await pool.connect();
  await migrate(client, 'stream', new URL('../../libs/runtime/sql/', import.meta.url).pathname);
  await migrate(client, 'ingest', createWriter(new Map()).storage.migrations);
  client.release();
  let rows: BusInput[] = [];
  let place = 0;
  const flush = async (): Promise<void> => {
    await inTransaction(pool, (one) => takeInputs(one, rows, Date.now() * 1000));
    rows = [];
  };
  for (const { topic, body } of generateDay({ seed: 'bench', fills })) {
    if (body.form !== 'record') continue;
    const bytes = Buffer.from(codec.encode(body.type, body.value, 0));
    const event = { type: body.type, value: body.value } as Event;
    rows.push(busInputOf(event, { sourcePosition: `${topic}/0/${place}`, bytes }));
    place += 1;
    if (rows.length >= rowsATurn) await flush();
  }
  if (rows.length > 0) await flush();
  const ends = await pool.query<{ sum: string }>('SELECT sum(next_seq) FROM ingest.inbox_end');
  await pool.end();
  return Number(ends.rows[0]?.sum ?? 0);
}
