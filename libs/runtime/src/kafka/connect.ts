/** Kafka behind the port: one cluster view, and connections that belong to who uses them. */
import { RuntimeError } from '../errors.ts';
import { createCluster, CLUSTER_APIS, withRetries } from './cluster.ts';
import { FETCH } from './fetch.ts';
import { MEMBERSHIP_APIS } from './group-protocol.ts';
import { type SaslSettings } from './kafkajs-internals.ts';
import { type Address } from './lane.ts';
import { lastRecord, lastRecordWithin, LOOKUP_APIS, recordAt, watermarks } from './lookups.ts';
import { mendKafkajs } from './mends.ts';
import { startMembership } from './membership.ts';
import { type KafkaPort } from './port.ts';
import { PRODUCE } from './produce.ts';
import { createReader } from './reader.ts';
import { Sender } from './sender.ts';
import {
  createTransactionalProducer,
  initProducer,
  TRANSACTION_APIS,
} from './transactional-producer.ts';

export type KafkaConfig = {
  /** host:port of one or more brokers; the others are learnt from them. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** True for the system's certificates, or options of Node's tls.connect. */
  readonly ssl?: boolean | object;
  readonly sasl?: SaslSettings;
  /** Defaults: 5 s to connect, 30 s for an answer, 30 s for a whole call with its retries. */
  readonly connectionTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  readonly deliveryTimeoutMs?: number;
  /** Default 15 s: how long a dead producer's open transaction holds read_committed readers up. */
  readonly transactionTimeoutMs?: number;
};

const NEEDS = [
  FETCH,
  PRODUCE,
  ...CLUSTER_APIS,
  ...LOOKUP_APIS,
  ...TRANSACTION_APIS,
  ...MEMBERSHIP_APIS,
];

/** Connects, and fails with KAFKA_OUTAGE, KAFKA_UNSUPPORTED or CONFIGURATION where it cannot. */
export async function connectKafka(config: KafkaConfig): Promise<KafkaPort> {
  mendKafkajs();
  const ssl = config.ssl === true ? {} : config.ssl;
  const cluster = createCluster(
    {
      clientId: config.clientId,
      ssl: ssl === undefined || ssl === false ? null : ssl,
      sasl: config.sasl ?? null,
      connectionTimeoutMs: config.connectionTimeoutMs ?? 5_000,
      requestTimeoutMs: config.requestTimeoutMs ?? 30_000,
      needs: NEEDS,
    },
    config.brokers.map(addressOf),
  );
  const patienceMs = config.deliveryTimeoutMs ?? 30_000;
  const settings = {
    transactionTimeoutMs: config.transactionTimeoutMs ?? 15_000,
    deliveryTimeoutMs: patienceMs,
  };
  const patiently = <T>(ask: () => Promise<T>): Promise<T> =>
    withRetries(performance.now() + patienceMs, ask);
  const lookups = { cluster, patienceMs };
  const sender = new Sender(cluster, settings);
  const closers = new Set<() => unknown>();
  try {
    await cluster.refreshNodes();
  } catch (error) {
    cluster.close();
    throw error;
  }
  return {
    partitionsOf: (topic) => patiently(() => cluster.partitionCount(topic)),
    topicId: (topic) => patiently(() => cluster.topicId(topic)),
    watermarks: (at) => watermarks(lookups, at),
    lastRecordWithin: (at, from, to) => lastRecordWithin(lookups, at, from, to),
    recordAt: (at, offset) => recordAt(lookups, at, offset),
    lastRecord: (at, options) => lastRecord(lookups, at, options),
    reader: (options) => {
      const reader = createReader(cluster, options);
      closers.add(reader.close);
      return reader;
    },
    join: async (options) => {
      const membership = startMembership(cluster, options);
      closers.add(membership.leave);
      return membership;
    },
    transactionalProducer: async (id) => {
      const producer = await createTransactionalProducer(cluster, id, settings);
      closers.add(producer.close);
      const close = async (): Promise<void> => {
        closers.delete(producer.close);
        await producer.close();
      };
      return { ...producer, close };
    },
    fence: async (id) => {
      await initProducer(cluster, id, settings);
    },
    send: (records) => sender.send(records),
    close: async () => {
      sender.close();
      await Promise.allSettled([...closers].map((close) => close()));
      cluster.close();
    },
  };
}

function addressOf(broker: string): Address {
  const separator = broker.lastIndexOf(':');
  const port = Number(broker.slice(separator + 1));
  if (separator <= 0 || !Number.isInteger(port) || port <= 0) {
    throw new RuntimeError(
      'CONFIGURATION',
      `Expected brokers as host:port, found ${JSON.stringify(broker)}. Correct KAFKA_BROKERS.`,
    );
  }
  return { host: broker.slice(0, separator), port };
}
