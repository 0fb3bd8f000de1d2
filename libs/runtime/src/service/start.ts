/** Puts a service together: servers, migrations, source, worker, health. No signals in here. */

import { fileURLToPath } from 'node:url';
import { pino, type Logger } from 'pino';
import { type Processor } from '@polytraders/stream';
import { type RuntimeError } from '../errors.ts';
import { connectKafka, type KafkaConfig } from '../kafka/connect.ts';
import { type KafkaPort } from '../kafka/port.ts';
import { type SlotLimits } from '../partition/slot.ts';
import {
  startWorker,
  type Worker,
  type WorkerConfig,
  type WorkerEvents,
} from '../partition/worker.ts';
import { connect, type DatabaseConfig, pool } from '../postgres/database.ts';
import { migrate } from '../postgres/migrate.ts';
import { createStore } from '../postgres/store.ts';
import { createSchemaBook, type SchemaBook } from '../registry/schema-book.ts';
import { kafkaSource } from '../source/kafka-source.ts';
import { type Source } from '../source/source.ts';
import { type KafkaSettings, type ServiceConfig } from './config.ts';
import { type HaltedSource, healthOf, type Outage, serveHttp } from './http.ts';
import { createMetrics, type ServiceMetrics } from './metrics.ts';

export type Services = {
  readonly kafka: KafkaPort;
  readonly book: SchemaBook;
  readonly database: ReturnType<typeof pool>;
  readonly log: Logger;
  readonly config: ServiceConfig;
};

export type RunOptions<Event, Raw extends { readonly offset: number }> = {
  /** Where the input comes from, if not from the one Kafka topic that the processor consumes. */
  readonly source?: (services: Services) => Source<Event, Raw>;
  /** Further loops of the service (source readers), started after the migrations. */
  readonly beside?: (services: Services) => Promise<Beside>;
};

/** What runs beside the worker. A source of it that stopped turns the service's health red. */
export type Beside = {
  readonly halted?: () => readonly HaltedSource[];
  readonly stop: () => Promise<void>;
};

export type Running = {
  readonly worker: Worker;
  readonly port: number;
  readonly stop: () => Promise<void>;
};

const auditMs = 30_000;
const drainMs = 5_000;
const fetchWaitMs = 250;
const groupWaitMs = 3_000;
const maxEntitiesPerPartition = 20_000;
/** A rebuild keeps no entries for publishing, so twice as many records fit the same memory. */
const pendingRecords = { publishing: 8_000, rebuild: 24_000 } as const;
const runtimeSql = fileURLToPath(new URL('../../sql/', import.meta.url));

/** Starts the service and leaves it running. Signals are the business of `run`. */
export async function start<
  Event,
  Entity,
  Entry extends object,
  Raw extends { readonly offset: number },
>(
  processor: Processor<Event, Entity, Entry>,
  config: ServiceConfig,
  options: RunOptions<Event, Raw> = {},
): Promise<Running> {
  const log = pino({
    level: config.logLevel,
    base: { service: processor.id, worker: config.workerId },
  });
  const version = config.version ?? processor.version;
  const name = `${processor.id}.${config.workerId}`;
  const databaseConfig = { url: config.databaseUrl, applicationName: name };
  await installSchemas(databaseConfig, processor, version);
  const database = pool(databaseConfig, 4 + config.slots);
  const kafka = await connectKafka({ ...kafkaConfig(config.kafka), clientId: name });
  const metrics = createMetrics(processor, !config.publishes);
  const events = eventsOf(log, metrics);
  const book = createSchemaBook({
    registryUrl: config.registryUrl,
    codec: processor.codec,
    database,
    onOutage: events.onOutage,
  });
  const isLive = config.publishes && config.mode !== 'shadow_only';
  const publishes = isLive && processor.produces.length > 0;
  if (publishes) await book.announce(processor.emits);
  const services: Services = { kafka, book, database, log, config };
  const source = options.source?.(services) ?? sourceOf(processor, services, version);
  const store = createStore(processor, { version, topic: source.topic, output: processor.id });
  const beside = await options.beside?.(services);
  const worker = await startWorker({
    processor,
    source,
    store,
    kafka,
    database,
    events,
    encode: book.encode,
    connect: () => connect(databaseConfig),
    config: workerConfigOf(processor.id, config, version, publishes),
  });
  const sources = (): readonly HaltedSource[] => beside?.halted?.() ?? [];
  const facts = { ...config, service: processor.id, version, publishes };
  const http = await serveHttp({
    host: config.httpHost,
    port: config.httpPort,
    slugs: [processor.id, ...processor.healthSlugs],
    health: () => healthOf(worker, { ...facts, lastOutage: events.lastOutage, sources }),
    metrics: async () => {
      metrics.partitions(worker.state(), worker.halted().size + sources().length);
      return { contentType: metrics.contentType, text: await metrics.text() };
    },
  });
  const { mode } = config;
  log.info({ event: 'STARTED', version, mode, publishes, http_port: http.port });

  async function stop(): Promise<void> {
    await beside?.stop();
    await worker.stop();
    await http.close();
    book.close();
    await kafka.close();
    await database.end();
    log.info({ event: 'STOPPED' });
  }

  return { worker, port: http.port, stop };
}

function workerConfigOf(
  id: string,
  config: ServiceConfig,
  version: number,
  publishes: boolean,
): WorkerConfig {
  return {
    workerId: config.workerId,
    version,
    output: id,
    publishes,
    drainMs,
    auditMs,
    countsEntries: config.publishes,
    slots: config.slots,
    limits: limitsOf(config, publishes),
    physicalTopic: (logical) => config.topicPrefix + logical,
    progressTopic: `${config.topicPrefix}polytraders.stream.progress.${id}`,
  };
}

/** The topic that the processor consumes, read by its own consumer group. */
function sourceOf<Event, Entity, Entry extends object, Raw extends { readonly offset: number }>(
  processor: Processor<Event, Entity, Entry>,
  { kafka, book, config }: Services,
  version: number,
): Source<Event, Raw> {
  const topic = processor.consumes[0] ?? '';
  return kafkaSource<Event>(kafka, book, {
    topic,
    physicalTopic: config.topicPrefix + topic,
    groupId: `${config.topicPrefix}polytraders.${processor.id}.v${version}`,
    sessionTimeoutMs: config.sessionTimeoutMs,
    maxBytes: config.fetchMaxBytes,
    maxBytesPerPartition: Math.max(1 << 20, config.fetchMaxBytes >> 2),
    maxWaitMs: fetchWaitMs,
  }) as unknown as Source<Event, Raw>;
}

function limitsOf(config: ServiceConfig, publishes: boolean): SlotLimits {
  const pending =
    config.maxPendingRecords ?? (publishes ? pendingRecords.publishing : pendingRecords.rebuild);
  return {
    groupRecords: Math.ceil((pending * 2) / 3),
    groupWaitMs,
    maxInFlight: config.maxInFlight,
    maxPendingRecords: pending,
    maxQueuedEntries: Math.ceil(pending / 2),
    maxPublishEntries: config.maxPublishEntries,
    maxEntitiesPerPartition,
  };
}

type Observed = WorkerEvents & { readonly lastOutage: () => Outage | null };

/** What a worker tells, as log lines and metrics. */
function eventsOf(log: Logger, metrics: ServiceMetrics): Observed {
  let lastOutage: Outage | null = null;
  return {
    lastOutage: () => lastOutage,
    onCommitted: metrics.committed,
    onPublished: metrics.published,
    onOutage: (error) => {
      metrics.outage();
      const { message } = error;
      lastOutage = { at: Date.now(), message };
      log.warn({ event: 'OUTAGE', code: (error as RuntimeError).code, message });
    },
    onHalt: (partition, { code, message }) => {
      log.error({ event: 'PARTITION_HALTED', partition, code, message });
    },
    onAcquired: (partition, epoch, nextOffset) => {
      log.info({ event: 'PARTITION_ACQUIRED', partition, epoch, next_offset: nextOffset });
    },
    onLost: (partition, why) => log.info({ event: 'PARTITION_LOST', partition, why }),
  };
}

async function installSchemas<Event, Entity, Entry extends object>(
  databaseConfig: DatabaseConfig,
  processor: Processor<Event, Entity, Entry>,
  version: number,
): Promise<void> {
  const client = await connect(databaseConfig);
  try {
    await migrate(client, 'stream', runtimeSql);
    await migrate(client, processor.storage.schema(version), processor.storage.migrations);
    await client.query(
      'INSERT INTO stream.active_version (processor, version) VALUES ($1, $2) ON CONFLICT DO ' +
        'NOTHING',
      [processor.id, version],
    );
  } finally {
    await client.end();
  }
}

/** Connection settings of the port from those of the environment. */
export function kafkaConfig(settings: KafkaSettings): Omit<KafkaConfig, 'clientId'> {
  const { brokers, sasl, ssl } = settings;
  return {
    brokers,
    ...(sasl === null ? {} : { sasl }),
    ...(ssl === null ? {} : { ssl: ssl.ca === null ? true : { ca: ssl.ca } }),
  };
}
