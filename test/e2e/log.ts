/** A log of our own on the real broker, for whole-system tests: topics, schemas, fills. */

import kafkajs from 'kafkajs';
import {
  codec,
  type FillConfirmed,
  partitionOf,
  progressTopic,
  WINDOWS_PROCESSOR,
} from '@polytraders/contracts';
import {
  configFromEnv,
  connectKafka,
  framed,
  mendKafkajs,
  type KafkaPort,
  type OutputRecord,
  type ServiceConfig,
} from '@polytraders/runtime';
import { dropTopics, freshDatabase, testStack, uniquePrefix } from '@polytraders/testkit';

export const ledgerTopic = 'polytraders.ledger.events';
export const settlementTopic = 'polytraders.reports.settlement';
const partitions = 12;
/** Of the fold over all partitions, which runs beside the books. */
const windowsProgress = progressTopic(WINDOWS_PROCESSOR, 1).name;

export type TestLog = {
  readonly prefix: string;
  readonly kafka: KafkaPort;
  readonly databaseUrl: string;
  /** Environment of a service that works on this log. */
  readonly env: Readonly<Record<string, string>>;
  readonly config: (more?: Readonly<Record<string, string>>) => ServiceConfig;
  readonly append: (fills: Iterable<FillConfirmed>) => Promise<number>;
  readonly appendRaw: (records: readonly OutputRecord[]) => Promise<void>;
  readonly encode: (type: string, value: object) => Buffer;
  readonly createTopics: (names: readonly string[]) => Promise<void>;
  readonly deleteTopics: (names: readonly string[]) => Promise<void>;
  readonly deleteRecords: (name: string, partition: number, below: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

function partitionsOf(topic: string): number {
  return topic === windowsProgress ? 1 : partitions;
}

/** Creates the topics of the log and of `outputs`, and registers the schemas that `types` names. */
export async function createTestLog(
  name: string,
  processors: readonly string[] = [],
  types: readonly string[] = [],
): Promise<TestLog> {
  const stack = await testStack();
  const prefix = uniquePrefix();
  const database = await freshDatabase(name);
  const env = { ...stack, DATABASE_URL: database.url, TOPIC_PREFIX: prefix, LOG_LEVEL: 'silent' };
  const config = (more: Readonly<Record<string, string>> = {}): ServiceConfig =>
    configFromEnv({ ...env, ...more });
  const brokers = stack.KAFKA_BROKERS.split(',');
  mendKafkajs();
  const admin = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  const kafka = await connectKafka({ brokers, clientId: name });
  const createTopics = (names: readonly string[]): Promise<void> =>
    makeTopics(admin, kafka, prefix, names);
  await createTopics([
    ledgerTopic,
    settlementTopic,
    'polytraders.alerts',
    ...processors.map((id) => `polytraders.stream.progress.${id}`),
    ...(processors.includes('pnl-projector') ? [windowsProgress] : []),
  ]);
  const ids = await registered(stack.SCHEMA_REGISTRY_URL, types);
  const encode = (type: string, value: object): Buffer =>
    framed(ids.get(type) ?? -1, codec.encode(type, value, 0));

  return {
    prefix,
    kafka,
    databaseUrl: database.url,
    env,
    config,
    encode,
    createTopics,
    append: (fills) => appendAll(kafka, prefix, encode, fills),
    appendRaw: (records) => kafka.send(records),
    deleteTopics: (names) => admin.deleteTopics({ topics: names.map((topic) => prefix + topic) }),
    deleteRecords: async (topic, partition, below) => {
      // kafkajs knows the leaders of topics only that it was asked about before.
      await admin.fetchTopicOffsets(prefix + topic);
      await admin.deleteTopicRecords({
        topic: prefix + topic,
        partitions: [{ partition, offset: String(below) }],
      });
    },
    close: async () => {
      await admin.disconnect();
      await kafka.close();
      await dropTopics(prefix);
      await database.drop();
    },
  };
}

/** Makes topics, and waits until the broker has heard of each and its partitions. */
async function makeTopics(
  admin: Pick<kafkajs.Admin, 'createTopics' | 'listTopics'>,
  kafka: KafkaPort,
  prefix: string,
  names: readonly string[],
): Promise<void> {
  await admin.createTopics({
    // kafkajs gives up on a broker that has not heard of the topic yet; the port does not.
    waitForLeaders: false,
    topics: names.map((topic) => ({
      topic: prefix + topic,
      numPartitions: partitionsOf(topic),
      replicationFactor: 1,
    })),
  });
  await until('the broker has heard of the topics', async () => {
    const listed = new Set(await admin.listTopics());
    return names.every((topic) => listed.has(prefix + topic));
  });
  for (const topic of names) {
    for (let partition = 0; partition < partitionsOf(topic); partition += 1) {
      await kafka.watermarks({ topic: prefix + topic, partition });
    }
  }
}

async function appendAll(
  kafka: KafkaPort,
  prefix: string,
  encode: TestLog['encode'],
  fills: Iterable<FillConfirmed>,
): Promise<number> {
  let count = 0;
  let chunk: OutputRecord[] = [];
  for (const fill of fills) {
    chunk.push({
      topic: prefix + ledgerTopic,
      partition: partitionOf(fill.account, partitions),
      key: fill.account,
      value: encode('FillConfirmed', fill),
    });
    count += 1;
    if (chunk.length >= 5_000) {
      await kafka.send(chunk);
      chunk = [];
    }
  }
  if (chunk.length > 0) await kafka.send(chunk);
  return count;
}

/** Ids of the schemas that every test log has, and of these. */
async function registered(registryUrl: string, types: readonly string[]) {
  const ids = new Map<string, number>();
  for (const type of new Set(['FillConfirmed', 'SettlementReport', 'Alert', ...types]))
    ids.set(type, await register(registryUrl, type));
  return ids;
}

async function register(registryUrl: string, type: string): Promise<number> {
  const schema = codec.schemaOf(type);
  const parsed = JSON.parse(schema) as { readonly name: string; readonly namespace: string };
  const answer = await fetch(
    `${registryUrl}/subjects/${parsed.namespace}.${parsed.name}/versions`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema }),
    },
  );
  if (!answer.ok)
    throw new Error(`Expected the registry to take ${type}; it answered ${answer.status}.`);
  return ((await answer.json()) as { readonly id: number }).id;
}

/** Waits until `done` says so; fails with the sentence after `ms`. */
export async function until(
  what: string,
  done: () => Promise<boolean> | boolean,
  ms = 60_000,
): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await done())) {
    if (Date.now() > deadline)
      throw new Error(`Expected within ${ms} ms: ${what}. It did not happen.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
