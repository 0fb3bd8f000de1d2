/**
 * A projector's worker in this process, on a KafkaPort that a test has put itself between: so that
 * it can stop or fail a call at exactly the place that random kills hit once in a thousand.
 */

import { join } from 'node:path';
import { repositoryRoot } from '@polytraders/infra/stack';
import { processor } from '@polytraders/pnl-projector/processor';
import {
  connect,
  connectKafka,
  createSchemaBook,
  createStore,
  kafkaSource,
  migrate,
  pool,
  startWorker,
  type DatabaseConfig,
  type KafkaPort,
  type OutputRecord,
  type RuntimeError,
  type Source,
  type TransactionalProducer,
  type Worker,
  type WorkerConfig,
} from '@polytraders/runtime';
import { type LedgerEvent } from '@polytraders/contracts';
import { ledgerTopic, type TestLog } from '../e2e/log.ts';
import { projectorId } from './standing.ts';

export type WorkerOnPort = {
  readonly worker: Worker;
  readonly lost: readonly string[];
  readonly outages: readonly string[];
  readonly stop: () => Promise<void>;
};

const limits = {
  maxPendingRecords: 40_000,
  maxQueuedEntries: 40_000,
  maxPublishEntries: 4_000,
  maxEntitiesPerPartition: 20_000,
  maxInFlight: 1_000,
  groupRecords: 20_000,
  groupWaitMs: 250,
} as const;

/** Starts it. `between` gets the real port and gives the one that the worker sees. */
export async function startWorkerOnPort(
  log: TestLog,
  workerId: string,
  between: (port: KafkaPort) => KafkaPort,
): Promise<WorkerOnPort> {
  const config = log.config();
  const real = await connectKafka({ brokers: config.kafka.brokers, clientId: workerId });
  const kafka = between(real);
  const databaseConfig = { url: config.databaseUrl, applicationName: workerId };
  await install(databaseConfig);
  const database = pool(databaseConfig);
  const lost: string[] = [];
  const outages: string[] = [];
  const onOutage = (error: Error): void => void outages.push((error as RuntimeError).code);
  const book = createSchemaBook({
    registryUrl: config.registryUrl,
    codec: processor.codec,
    database,
    onOutage,
  });
  await book.announce(processor.emits);
  const source: Source<LedgerEvent, never> = kafkaSource<LedgerEvent>(kafka, book, {
    topic: ledgerTopic,
    physicalTopic: log.prefix + ledgerTopic,
    groupId: `${log.prefix}polytraders.${projectorId}.v1`,
    sessionTimeoutMs: 6_000,
    maxBytes: 6 << 20,
    maxBytesPerPartition: 1 << 20,
    maxWaitMs: 250,
  }) as never;
  const store = createStore(processor, { version: 1, topic: ledgerTopic, output: projectorId });
  const worker = await startWorker({
    processor,
    source,
    store,
    kafka,
    database,
    encode: book.encode,
    connect: () => connect(databaseConfig),
    config: configOf(log, workerId),
    events: {
      onCommitted: () => undefined,
      onBatch: () => undefined,
      onPublished: () => undefined,
      onAcquired: () => undefined,
      onHalt: () => undefined,
      onOutage,
      onLost: (partition, why) => void lost.push(`${partition} ${why}`),
    },
  });
  return {
    worker,
    lost,
    outages,
    stop: async () => {
      await worker.stop();
      book.close();
      await real.close();
      await database.end();
    },
  };
}

function configOf({ prefix }: TestLog, workerId: string): WorkerConfig {
  return {
    workerId,
    version: 1,
    output: projectorId,
    activeWith: projectorId,
    publishes: true,
    slots: 1,
    limits,
    countsEntries: false,
    tellsEntries: false,
    drainMs: 1_000,
    auditMs: 30_000,
    physicalTopic: (logical) => prefix + logical,
    progressTopic: `${prefix}polytraders.stream.progress.${projectorId}`,
  };
}

async function install(config: DatabaseConfig): Promise<void> {
  const client = await connect(config);
  try {
    await migrate(client, 'stream', join(repositoryRoot, 'libs/runtime/sql'));
    await migrate(client, processor.storage.schema(1), processor.storage.migrations);
  } finally {
    await client.end();
  }
}

/** The port, with another `transact` for each producer that is made on it. */
export function withTransact(
  port: KafkaPort,
  transact: (producer: TransactionalProducer, records: readonly OutputRecord[]) => Promise<void>,
): KafkaPort {
  return {
    ...port,
    transactionalProducer: async (id) => {
      const producer = await port.transactionalProducer(id);
      return { ...producer, transact: (records) => transact(producer, records) };
    },
  };
}

export type Gate = { readonly open: () => void; readonly passed: Promise<void> };

export function createGate(): Gate {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}
