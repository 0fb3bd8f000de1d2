/**
 * The topics of the catalogue on a cluster: what is missing, what differs, and the making of it.
 * Nothing is ever deleted and no partition is ever added: the partition of a key is part of the
 * order of the books, so a wrong count is shown and a person decides.
 */

import { setTimeout as delay } from 'node:timers/promises';

import { physicalTopic, type Topic, topicSettings } from '@polytraders/contracts';
import { type KafkaSettings, mendKafkajs, RuntimeError } from '@polytraders/runtime';
import kafkajs from 'kafkajs';

/** One thing that is not as the catalogue says. `setting` is null when the topic is missing. */
export type TopicDrift = {
  readonly topic: string;
  readonly setting: string | null;
  readonly expected: string;
  readonly found: string;
  /** Whether `apply` mends it. */
  readonly mendable: boolean;
};

const REQUEST_MS = 15_000;
const SHOWN_MS = 10_000;
const POLL_MS = 100;
const REPLICAS_MAX = 3;

/** Connects, works, disconnects. Throws KAFKA_OUTAGE when no broker answers. */
export async function withAdmin<Result>(
  connection: KafkaSettings,
  work: (admin: kafkajs.Admin) => Promise<Result>,
): Promise<Result> {
  mendKafkajs();
  const { brokers, sasl, ssl } = connection;
  const kafka = new kafkajs.Kafka({
    clientId: 'polytraders-topics',
    brokers: [...brokers],
    requestTimeout: REQUEST_MS,
    retry: { retries: 3 },
    logLevel: kafkajs.logLevel.NOTHING,
    ...(sasl === null ? {} : { sasl: sasl as kafkajs.SASLOptions }),
    ...(ssl === null ? {} : { ssl: ssl.ca === null ? true : { ca: [ssl.ca] } }),
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
  } catch (cause) {
    throw new RuntimeError(
      'KAFKA_OUTAGE',
      `Expected a Kafka broker at ${brokers.join(', ')}; none let us in: ` +
        `${(cause as Error).message}. Check KAFKA_BROKERS and the settings of its security, ` +
        'or run: npm run stack -- up',
      { retryable: true, cause },
    );
  }
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Everything that is not as the catalogue says, by topic. */
export async function topicDrift(
  admin: kafkajs.Admin,
  topics: readonly Topic[],
  prefix: string,
): Promise<readonly TopicDrift[]> {
  const there = new Set(await admin.listTopics());
  const present = topics.filter(({ name }) => there.has(physicalTopic(prefix, name)));
  const missing = topics
    .filter(({ name }) => !there.has(physicalTopic(prefix, name)))
    .map((topic): TopicDrift => ({
      topic: physicalTopic(prefix, topic.name),
      setting: null,
      expected: `${topic.partitions} partitions`,
      found: 'no such topic',
      mendable: true,
    }));
  if (present.length === 0) return missing;
  const partitions = await partitionDrift(admin, present, prefix);
  const settings = await settingDrift(
    admin,
    present.filter(({ ours }) => ours),
    prefix,
  );
  return [...missing, ...partitions, ...settings];
}

/**
 * Creates what is missing and sets what differs and is ours; returns once the broker shows it. A
 * KRaft broker answers before its own metadata has caught up, so the next reader might see neither.
 */
export async function applyDrift(
  admin: kafkajs.Admin,
  topics: readonly Topic[],
  prefix: string,
  drift: readonly TopicDrift[],
): Promise<void> {
  const named = (of: (drift: TopicDrift) => boolean): readonly Topic[] =>
    topics.filter(({ name }) =>
      drift.some((each) => of(each) && each.topic === physicalTopic(prefix, name)),
    );
  const missing = named(({ setting }) => setting === null);
  const toSet = named(({ setting, mendable }) => mendable && setting !== null);
  if (missing.length > 0) await createTopics(admin, missing, prefix);
  if (toSet.length > 0) await setSettings(admin, toSet, prefix);
  if (missing.length + toSet.length > 0) await untilShown(admin, topics, prefix);
}

async function untilShown(
  admin: kafkajs.Admin,
  topics: readonly Topic[],
  prefix: string,
): Promise<void> {
  for (let waited = 0; waited < SHOWN_MS; waited += POLL_MS) {
    const left = (await topicDrift(admin, topics, prefix)).filter(({ mendable }) => mendable);
    if (left.length === 0) return;
    await delay(POLL_MS);
  }
  throw new RuntimeError(
    'KAFKA_FAULT',
    `Expected the broker to show its new topics within ${SHOWN_MS} ms; it still shows ` +
      'the old ones. Run apply again.',
    { retryable: true },
  );
}

async function createTopics(
  admin: kafkajs.Admin,
  topics: readonly Topic[],
  prefix: string,
): Promise<void> {
  const { brokers } = await admin.describeCluster();
  const replicationFactor = Math.min(REPLICAS_MAX, brokers.length);
  // With one replica down the log must still take writes, and none may be lost with another.
  const insync = { 'min.insync.replicas': String(Math.max(1, replicationFactor - 1)) };
  try {
    await admin.createTopics({
      // kafkajs gives up where the broker does not know the topic yet; `untilShown` waits.
      waitForLeaders: false,
      timeout: REQUEST_MS,
      topics: topics.map((topic) => ({
        topic: physicalTopic(prefix, topic.name),
        numPartitions: topic.partitions,
        replicationFactor,
        configEntries: entries({ ...topicSettings(topic), ...insync }),
      })),
    });
  } catch (cause) {
    throw new RuntimeError(
      'KAFKA_FAULT',
      `Expected the broker to create ${topics.length} topics; it refused: ${reasonOf(cause)}.`,
      { retryable: false, cause },
    );
  }
}

async function setSettings(
  admin: kafkajs.Admin,
  topics: readonly Topic[],
  prefix: string,
): Promise<void> {
  // Kafka's AlterConfigs replaces the whole set: what is not ours and was set must be sent again.
  // What the broker sets for all its topics stays the broker's, so that a change of it counts.
  const current = await describe(admin, topics, prefix);
  await admin.alterConfigs({
    validateOnly: false,
    resources: topics.map((topic) => {
      const name = physicalTopic(prefix, topic.name);
      const own = Object.fromEntries(
        (current.get(name) ?? [])
          .filter(({ configSource }) => configSource === SET_ON_TOPIC)
          .map((entry) => [entry.configName, entry.configValue]),
      );
      return {
        type: TOPIC_RESOURCE,
        name,
        configEntries: entries({ ...own, ...topicSettings(topic) }),
      };
    }),
  });
}

async function partitionDrift(
  admin: kafkajs.Admin,
  topics: readonly Topic[],
  prefix: string,
): Promise<readonly TopicDrift[]> {
  const names = topics.map(({ name }) => physicalTopic(prefix, name));
  const { topics: found } = await admin.fetchTopicMetadata({ topics: names });
  const counts = new Map(found.map(({ name, partitions }) => [name, partitions.length]));
  return topics.flatMap((topic): readonly TopicDrift[] => {
    const name = physicalTopic(prefix, topic.name);
    const count = counts.get(name) ?? 0;
    if (count === topic.partitions) return [];
    const [expected, actual] = [String(topic.partitions), String(count)];
    return [{ topic: name, setting: 'partitions', expected, found: actual, mendable: false }];
  });
}

async function settingDrift(
  admin: kafkajs.Admin,
  topics: readonly Topic[],
  prefix: string,
): Promise<readonly TopicDrift[]> {
  if (topics.length === 0) return [];
  const current = await describe(admin, topics, prefix);
  return topics.flatMap((topic) => {
    const name = physicalTopic(prefix, topic.name);
    const values = new Map(
      (current.get(name) ?? []).map((entry) => [entry.configName, entry.configValue]),
    );
    return Object.entries(topicSettings(topic)).flatMap(
      ([setting, expected]): readonly TopicDrift[] => {
        const found = values.get(setting) ?? 'not set';
        return found === expected
          ? []
          : [{ topic: name, setting, expected, found, mendable: true }];
      },
    );
  });
}

type ConfigEntry = {
  readonly configName: string;
  readonly configValue: string;
  readonly configSource: kafkajs.ConfigSource;
};

/** kafkajs types its resource types as an enum, which erasable syntax cannot import as a value. */
const TOPIC_RESOURCE = kafkajs.ConfigResourceTypes.TOPIC;
const SET_ON_TOPIC = kafkajs.ConfigSource.TOPIC_CONFIG;

async function describe(
  admin: kafkajs.Admin,
  topics: readonly Topic[],
  prefix: string,
): Promise<ReadonlyMap<string, readonly ConfigEntry[]>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map(({ name }) => ({
      type: TOPIC_RESOURCE,
      name: physicalTopic(prefix, name),
    })),
  });
  return new Map(resources.map(({ resourceName, configEntries }) => [resourceName, configEntries]));
}

function entries(settings: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries(settings).map(([name, value]) => ({ name, value }));
}

/** kafkajs puts the broker's words for each topic into an AggregateError. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError)
    return cause.errors.map((error) => (error as Error).message).join('; ');
  return cause instanceof Error ? cause.message : String(cause);
}
