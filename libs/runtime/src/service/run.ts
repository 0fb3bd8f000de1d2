/**
 * Runs a processor: servers, migrations, worker, health, signals. `main.ts` of a service is
 * this call and nothing else.
 */

import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { pino, type Logger } from 'pino';
import { type Processor } from '@polytraders/stream';
import { RuntimeError } from '../errors.ts';
import { connectKafka, type KafkaConfig } from '../kafka/connect.ts';
import { type KafkaPort } from '../kafka/port.ts';
import { startWorker, type Worker } from '../partition/worker.ts';
import { connect, pool } from '../postgres/database.ts';
import { migrate } from '../postgres/migrate.ts';
import { createStore } from '../postgres/store.ts';
import { createSchemaBook, type SchemaBook } from '../registry/schema-book.ts';
import { kafkaSource } from '../source/kafka-source.ts';
import { type Source } from '../source/source.ts';
import { configFromEnv, type KafkaSettings, type ServiceConfig } from './config.ts';
import { createMetrics } from './metrics.ts';

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
  readonly beside?: (services: Services) => Promise<{ readonly stop: () => Promise<void> }>;
};

export type Running = {
  readonly worker: Worker;
  readonly port: number;
  readonly stop: () => Promise<void>;
};

const stopMs = 10_000;
const auditMs = 30_000;
const runtimeSql = fileURLToPath(new URL('../../sql/', import.meta.url));

/** Starts the service and leaves it running. Signals are the business of `run`. */
export async function start<Event, Entity, Entry extends object, Raw extends { readonly offset: number }>(
  processor: Processor<Event, Entity, Entry>, config: ServiceConfig, options: RunOptions<Event, Raw> = {},
): Promise<Running> {
  const log = pino({ level: config.logLevel, base: { service: processor.id, worker: config.workerId } });
  const version = config.version ?? processor.version;
  const databaseConfig = { url: config.databaseUrl, applicationName: `${processor.id}.${config.workerId}` };
  await installSchemas(databaseConfig, processor, version);
  const database = pool(databaseConfig, 4 + config.slots);
  const kafka = await connectKafka({ ...kafkaConfig(config.kafka), clientId: `${processor.id}.${config.workerId}` });
  const isRebuild = !config.publishes;
  const metrics = createMetrics(processor, isRebuild);
  let lastOutage: { readonly at: number; readonly message: string } | null = null;
  const onOutage = (error: Error): void => {
    metrics.outage();
    lastOutage = { at: Date.now(), message: error.message };
    log.warn({ event: 'OUTAGE', code: (error as RuntimeError).code, message: error.message });
  };
  const book = createSchemaBook({ registryUrl: config.registryUrl, codec: processor.codec, database, onOutage });
  const publishes = config.publishes && config.mode !== 'shadow_only' && processor.produces.length > 0;
  if (publishes) await book.announce(processor.emits);
  const services: Services = { kafka, book, database, log, config };
  const topic = processor.consumes[0] ?? '';
  const source = options.source?.(services) ?? kafkaSource<Event>(kafka, book, {
    topic, physicalTopic: config.topicPrefix + topic,
    groupId: `${config.topicPrefix}polytraders.${processor.id}.v${version}`,
    sessionTimeoutMs: config.sessionTimeoutMs,
    maxBytes: config.fetchMaxBytes, maxBytesPerPartition: Math.max(1 << 20, config.fetchMaxBytes >> 2), maxWaitMs: 250,
  }) as unknown as Source<Event, Raw>;
  const store = createStore(processor, { version, topic: source.topic, output: processor.id });
  const beside = await options.beside?.(services);
  const worker = await startWorker({
    processor, source, store, kafka, database, connect: () => connect(databaseConfig), encode: book.encode,
    config: {
      workerId: config.workerId, version, output: processor.id, publishes, countsEntries: !isRebuild, slots: config.slots,
      limits: {
        groupRecords: Math.ceil(config.maxPendingRecords / 2), groupWaitMs: 250,
        maxInFlight: config.maxInFlight, maxPendingRecords: config.maxPendingRecords,
        maxQueuedEntries: config.maxPendingRecords,
        maxPublishEntries: config.maxPublishEntries, maxEntitiesPerPartition: 20_000,
      },
      drainMs: 5_000, auditMs,
      physicalTopic: (logical) => config.topicPrefix + logical,
      progressTopic: `${config.topicPrefix}polytraders.stream.progress.${processor.id}`,
    },
    events: {
      onCommitted: (_, entries, records) => metrics.committed(entries, records),
      onPublished: metrics.published,
      onOutage,
      onHalt: (partition, error) => log.error({ event: 'PARTITION_HALTED', partition, code: error.code, message: error.message }),
      onAcquired: (partition, epoch, nextOffset) => log.info({ event: 'PARTITION_ACQUIRED', partition, epoch, next_offset: nextOffset }),
      onLost: (partition, why) => log.info({ event: 'PARTITION_LOST', partition, why }),
    },
  });

  function health(): { readonly ok: boolean; readonly body: object } {
    const halted = [...worker.halted()].map(([partition, error]) => ({ partition, code: error.code, message: error.message }));
    const states = worker.state();
    const lag = states.reduce((sum, state) => sum + Math.max(0, state.highWatermark - state.next), 0);
    const ok = halted.length === 0 && worker.confirmedAgoMs() < config.sessionTimeoutMs;
    return { ok, body: {
      status: ok ? 'green' : 'red', service: processor.id, version, mode: config.mode, publishes, worker: config.workerId,
      partitions: states.length, lag_records: lag, waiting: states.filter((state) => state.waiting).length, halted, confirmed_ago_ms: worker.confirmedAgoMs(), last_outage: lastOutage,
    } };
  }

  const slugs = [processor.id, ...processor.healthSlugs];
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (path === '/metrics') {
      metrics.partitions(worker.state(), worker.halted().size);
      void metrics.text().then((text) => response.setHeader('content-type', metrics.contentType).end(text));
    } else if (slugs.some((slug) => path === `/internal/health/${slug}`)) {
      const { ok, body } = health();
      response.writeHead(ok ? 200 : 503, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
    } else {
      response.writeHead(404, { 'content-type': 'text/plain' })
        .end(`Expected /metrics or /internal/health/${processor.id}; found ${path}.\n`);
    }
  });
  const port = await listen(server, config.httpPort);
  log.info({ event: 'STARTED', version, mode: config.mode, publishes, http_port: port, health: `/internal/health/${processor.id}` });

  return {
    worker, port,
    stop: async () => {
      await beside?.stop();
      await worker.stop();
      await new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); });
      book.close();
      await kafka.close();
      await database.end();
      log.info({ event: 'STOPPED' });
    },
  };
}

/** Starts the service, stops it within ten seconds of SIGTERM or SIGINT. */
export async function run<Event, Entity, Entry extends object, Raw extends { readonly offset: number }>(
  processor: Processor<Event, Entity, Entry>, config: ServiceConfig, options: RunOptions<Event, Raw> = {},
): Promise<void> {
  const running = await start(processor, config, options);
  const stop = (): void => {
    const force = setTimeout(() => process.exit(1), stopMs);
    force.unref();
    void running.stop().then(() => process.exit(0), () => process.exit(1));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

/** What `main.ts` calls: configuration errors become one sentence and exit code 2. */
export async function main<Event, Entity, Entry extends object, Raw extends { readonly offset: number }>(
  processor: Processor<Event, Entity, Entry>, options: RunOptions<Event, Raw> = {},
): Promise<void> {
  try {
    await run(processor, configFromEnv(process.env), options);
  } catch (cause) {
    const sentence = cause instanceof RuntimeError ? cause.message : String((cause as Error).stack ?? cause);
    process.stderr.write(`${processor.id} did not start. ${sentence}\n`);
    process.exit(2);
  }
}

async function installSchemas<Event, Entity, Entry extends object>(
  databaseConfig: Parameters<typeof connect>[0], processor: Processor<Event, Entity, Entry>, version: number,
): Promise<void> {
  const client = await connect(databaseConfig);
  try {
    await migrate(client, 'stream', runtimeSql);
    await migrate(client, processor.storage.schema(version), processor.storage.migrations);
    await client.query('INSERT INTO stream.active_version (processor, version) VALUES ($1, $2) ON CONFLICT DO NOTHING', [processor.id, version]);
  } finally {
    await client.end();
  }
}

/** Connection settings of the port from those of the environment. */
export function kafkaConfig(settings: KafkaSettings): Omit<KafkaConfig, 'clientId'> {
  return {
    brokers: settings.brokers,
    ...(settings.sasl === null ? {} : { sasl: settings.sasl }),
    ...(settings.ssl === null ? {} : { ssl: settings.ssl.ca === null ? true : { ca: settings.ssl.ca } }),
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
