/** Puts a service together: servers, migrations, source, worker, health. No signals in here. */

import { pino, type Logger } from 'pino';
import { type Processor } from '@polytraders/stream';
import { type RuntimeError } from '../errors.ts';
import { type SlotLimits } from '../partition/slot.ts';
import {
  startWorker,
  type Worker,
  type WorkerConfig,
  type WorkerEvents,
} from '../partition/worker.ts';
import { connect } from '../postgres/database.ts';
import { createStore } from '../postgres/store.ts';
import { kafkaSource } from '../source/kafka-source.ts';
import { type Source } from '../source/source.ts';
import { type ServiceConfig } from './config.ts';
import { type Health, healthOf, type Observed, type Outage, type SourceState } from './health.ts';
import { tellBatch } from './batch-lines.ts';
import { serveHttp } from './http.ts';
import { installSchemas } from './install.ts';
import { type Levels, startLevels } from './levels.ts';
import { createMetrics, type ServiceMetrics } from './metrics.ts';
import { openServers, type Services } from './servers.ts';

export type RunOptions<Event, Raw extends { readonly offset: number }> = {
  /** Where the input comes from, if not from the one Kafka topic that the processor consumes. */
  readonly source?: (services: Services) => Source<Event, Raw>;
  /** Further loops of the service (source readers), started after the migrations. */
  readonly beside?: (services: Services) => Promise<Beside>;
};

/** What runs beside the worker. A source of it that stands still turns the health red. */
export type Beside = {
  readonly sources?: () => readonly SourceState[];
  readonly stop: () => Promise<void>;
};

export type Running = {
  readonly worker: Worker;
  readonly port: number;
  readonly log: Logger;
  readonly stop: () => Promise<void>;
};

const auditMs = 30_000;
const drainMs = 5_000;
const fetchWaitMs = 250;
const groupWaitMs = 3_000;
const maxEntitiesPerPartition = 20_000;
/** A rebuild keeps no entries for publishing, so twice as many records fit the same memory. */
const pendingRecords = { publishing: 8_000, rebuild: 24_000 } as const;

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
  const isLive = config.publishes && config.mode !== 'shadow_only';
  const publishes = isLive && processor.produces.length > 0;
  const shown = shownOf(processor, { config, version, publishes, log });
  // First of all: an address that is taken is found out before anything of the service runs.
  const http = await serveHttp({
    host: config.httpHost,
    port: config.httpPort,
    slugs: [processor.id, ...processor.healthSlugs],
    ...shown,
  });
  try {
    const parts = await startParts(processor, config, options, { log, version, publishes, shown });
    shown.show(parts.worker, parts.sources, parts.levels);
    const { mode } = config;
    log.info({ event: 'STARTED', version, mode, publishes, http_port: http.port });
    const stop = async (): Promise<void> => {
      await parts.stop(http.close);
      log.info({ event: 'STOPPED' });
    };
    return { worker: parts.worker, port: http.port, log, stop };
  } catch (cause) {
    await http.close();
    throw cause;
  }
}

type Parts = {
  readonly worker: Worker;
  readonly sources: () => readonly SourceState[];
  readonly levels: Levels;
  /** `then` comes between the end of the work and the end of what it worked with. */
  readonly stop: (then: () => Promise<void>) => Promise<void>;
};

/** Servers, migrations, what runs beside, and the worker: in this order. */
async function startParts<
  Event,
  Entity,
  Entry extends object,
  Raw extends { readonly offset: number },
>(
  processor: Processor<Event, Entity, Entry>,
  config: ServiceConfig,
  options: RunOptions<Event, Raw>,
  facts: Facts & { readonly shown: Shown },
): Promise<Parts> {
  const { log, version, publishes } = facts;
  const { events } = facts.shown;
  const name = `${processor.id}.${config.workerId}`;
  await installSchemas(processor, { config, applicationName: name, version, publishes });
  const { onOutage } = events;
  const servers = await openServers(processor, { config, log, onOutage, publishes });
  const { kafka, book, database } = servers;
  const services: Services = { kafka, book, database, log, config, onOutage };
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
    connect: () => connect({ url: config.databaseUrl, applicationName: name }),
    config: workerConfigOf(processor.id, config, version, publishes),
  });

  const levels = startLevels({
    processor: processor.id,
    version,
    database,
    watch: config.publishes ? processor.watch : undefined,
    activeAt: worker.activeAt,
    onRead: facts.shown.onRead,
  });

  async function stop(then: () => Promise<void>): Promise<void> {
    // At once: what a source is cut short in is read again, and the waits do not add up.
    await Promise.all([beside?.stop(), worker.stop(), levels.stop()]);
    await then();
    await servers.close();
  }

  return { worker, sources: () => beside?.sources?.() ?? [], levels, stop };
}

type Facts = { readonly log: Logger; readonly version: number; readonly publishes: boolean };

type Shown = {
  readonly events: Told;
  readonly health: () => Health;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** From here on health and metrics are those of the worker; before, the service is starting. */
  readonly show: (
    worker: Observed,
    sources: () => readonly SourceState[],
    levels: Pick<Levels, 'findings' | 'shown' | 'wrote'>,
  ) => void;
  readonly onRead: ServiceMetrics['levels'];
};

/** What the outside sees of the service, from its first moment on. */
function shownOf<Event, Entity, Entry extends object>(
  processor: Processor<Event, Entity, Entry>,
  { config, version, publishes, log }: Facts & { readonly config: ServiceConfig },
): Shown {
  const metrics = createMetrics(processor, { mode: config.mode, isRebuild: !config.publishes });
  let wrote = (): void => undefined;
  const says = config.publishes ? (processor.says ?? null) : null;
  const onBatch: Told['onBatch'] = (parts, milliseconds) => {
    wrote();
    tellBatch(log, says, parts, milliseconds);
  };
  const events = { ...eventsOf(log, metrics), onBatch };
  const facts = { ...config, service: processor.id, version, publishes };
  const { mode, workerId } = config;
  const about = { service: processor.id, version, mode, publishes, worker: workerId };
  let health = (): Health => ({ ok: false, body: { status: 'starting', ...about } });
  let observe = (): void => undefined;
  return {
    events,
    health: () => health(),
    metrics: async () => {
      observe();
      return { contentType: metrics.contentType, text: await metrics.text() };
    },
    onRead: metrics.levels,
    show: (worker, sources, levels) => {
      wrote = levels.wrote;
      observe = () => metrics.observe(worker, sources());
      health = () =>
        healthOf(worker, {
          ...facts,
          lastOutage: events.lastOutage(),
          sources: sources(),
          levels: { findings: levels.findings(), shown: levels.shown() },
        });
    },
  };
}

/** How a worker of this service works. */
export function workerConfigOf(
  id: string,
  config: ServiceConfig,
  version: number,
  publishes: boolean,
): WorkerConfig {
  return {
    workerId: config.workerId,
    version,
    output: id,
    activeWith: id,
    publishes,
    drainMs,
    auditMs,
    countsEntries: config.publishes,
    tellsEntries: config.logLevel === 'debug',
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

type Told = Omit<WorkerEvents, 'onOutage'> & {
  readonly onOutage: Services['onOutage'];
  readonly lastOutage: () => Outage | null;
};

/** What a worker tells, as log lines and metrics. */
function eventsOf(log: Logger, metrics: ServiceMetrics): Omit<Told, 'onBatch'> {
  let lastOutage: Outage | null = null;
  return {
    lastOutage: () => lastOutage,
    onCommitted: metrics.committed,
    onPublished: metrics.published,
    onOutage: (error, about = {}) => {
      metrics.outage();
      const { message } = error;
      lastOutage = { at: Date.now(), message };
      log.warn({ event: 'OUTAGE', ...about, code: (error as RuntimeError).code, message });
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
