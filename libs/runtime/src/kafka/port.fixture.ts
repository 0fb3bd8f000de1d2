/** What the suites of the port share: topics of their own, patience, and an independent reader. */
import { setTimeout as delay } from 'node:timers/promises';
import { uniquePrefix } from '@polytraders/testkit';
import kafkajs from 'kafkajs';
import { mendKafkajs } from './mends.ts';
import { type FetchedBatch, type KafkaPort, type OutputRecord, type Reader } from './port.ts';

const PATIENCE_MS = 50_000;

export async function withAdmin<T>(
  brokers: string,
  work: (admin: kafkajs.Admin) => Promise<T>,
): Promise<T> {
  const admin = newKafkajs(brokers).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

function newKafkajs(brokers: string): kafkajs.Kafka {
  mendKafkajs();
  return new kafkajs.Kafka({
    clientId: 'independent',
    brokers: brokers.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { initialRetryTime: 100, retries: 30, maxRetryTime: 1_000 },
  });
}

/**
 * Waits until the last record is this one. A commit returns before its markers are in the log, so
 * what was committed shows a moment later.
 */
export async function untilLast(kafka: KafkaPort, topic: string, value: string): Promise<void> {
  await eventually(`the last record is ${value}`, async () => {
    return String((await kafka.lastRecord({ topic, partition: 0 }))?.value) === value;
  });
}

/** A fresh topic; its name is one of `prefix`, which the suite drops at its end. */
export async function makeTopic(
  brokers: string,
  prefix: string,
  partitions = 1,
  settings: Readonly<Record<string, string>> = {},
): Promise<string> {
  const topic = `${prefix}${uniquePrefix()}events`;
  await createTopic(brokers, topic, partitions, settings);
  return topic;
}

export async function createTopic(
  brokers: string,
  topic: string,
  partitions = 1,
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
  await withAdmin(brokers, async (admin) => {
    await admin.createTopics({
      // Waiting for leaders fails in kafkajs when the broker does not know the topic yet.
      waitForLeaders: false,
      topics: [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }],
    });
    const isListed = async () => (await admin.listTopics()).includes(topic);
    await eventually('the broker has heard of the topic', isListed);
  });
}

/** Deletes the records of partition 0 below `offset`, as retention would. */
export async function deleteRecords(brokers: string, topic: string, offset: number): Promise<void> {
  const partitions = [{ partition: 0, offset: `${offset}` }];
  await withAdmin(brokers, async (admin) => {
    // kafkajs deletes records only of topics that it has looked up before.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions });
  });
}

export function record(topic: string, value: string, partition = 0): OutputRecord {
  return { topic, partition, key: null, value: Buffer.from(value) };
}

export async function eventually(
  claim: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`Expected within 50 s: ${claim}.`);
    await delay(10);
  }
}

export type Collector = {
  readonly reader: Reader;
  readonly batches: FetchedBatch[];
  readonly errors: Error[];
  readonly outages: Error[];
  /** Values read so far, in the order of delivery. */
  readonly values: () => string[];
};

/** A reader that keeps what it gets. */
export function collect(
  kafka: KafkaPort,
  change: Partial<Parameters<KafkaPort['reader']>[0]> = {},
): Collector {
  const batches: FetchedBatch[] = [];
  const errors: Error[] = [];
  const outages: Error[] = [];
  const reader = kafka.reader({
    isolation: 'read_committed',
    maxWaitMs: 100,
    minBytes: 1,
    maxBytes: 8 * 1024 * 1024,
    maxBytesPerPartition: 1024 * 1024,
    onBatch: (batch) => void batches.push(batch),
    onPartitionError: (_at, error) => void errors.push(error),
    onOutage: (error) => void outages.push(error),
    ...change,
  });
  const values = (): string[] =>
    batches.flatMap(({ records }) => records.map(({ value }) => String(value)));
  return { reader, batches, errors, outages, values };
}

/** All committed values of a topic as kafkajs' own consumer reads them, by partition. */
export async function readIndependently(
  brokers: string,
  topic: string,
  ends: readonly number[],
): Promise<string[][]> {
  const consumer = newKafkajs(brokers).consumer({ groupId: uniquePrefix(), maxWaitTimeInMs: 100 });
  const values: string[][] = ends.map(() => []);
  const reached: number[] = ends.map((end) => (end === 0 ? 0 : -1));
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  // A fetch of control records alone reaches no handler, so the end shows in this event.
  consumer.on('consumer.end_batch_process', ({ payload }) => {
    reached[payload.partition] = Number(payload.lastOffset) + 1;
  });
  await consumer.run({
    eachMessage: ({ partition, message }) => {
      values[partition]?.push(String(message.value));
      return Promise.resolve();
    },
  });
  try {
    await eventually('the independent consumer reaches the end', () =>
      ends.every((end, partition) => (reached[partition] ?? 0) >= end),
    );
  } finally {
    await consumer.disconnect();
  }
  return values;
}
