import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  allTopics,
  codec,
  partitionOf,
  physicalTopic,
  subjectOf,
  TOPICS,
} from '@polytraders/contracts';
import { fixture } from '@polytraders/contracts/fixtures';
import { dropTopics, testStack, uniquePrefix } from '@polytraders/testkit';
import { mendKafkajs } from '@polytraders/runtime';
import kafkajs from 'kafkajs';

import { applyTopics, findDrift, type TopicDrift, type TopicsTarget } from './index.ts';

const prefix = uniquePrefix();
let target: TopicsTarget;
let kafka: kafkajs.Kafka;

beforeAll(async () => {
  mendKafkajs();
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL } = await testStack();
  target = { brokers: KAFKA_BROKERS, registryUrl: SCHEMA_REGISTRY_URL, prefix };
  kafka = new kafkajs.Kafka({
    brokers: KAFKA_BROKERS.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
  });
}, 120_000);

afterAll(async () => {
  await dropTopics(prefix);
});

async function onBroker<Result>(work: (admin: kafkajs.Admin) => Promise<Result>): Promise<Result> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** What differs, once the broker shows that something does. */
async function shownDrift(): Promise<readonly TopicDrift[]> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const { topics } = await findDrift(target);
    if (topics.length > 0) return topics;
    await delay(50);
  }
  return [];
}

async function registry(path: string, body?: object): Promise<Response> {
  return fetch(`${target.registryUrl}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

describe('the topics of the catalogue', () => {
  test('are all missing at first, all there after apply, and nothing differs then', async () => {
    const before = await findDrift(target);
    expect(before.topics).toHaveLength(allTopics().length);
    expect(await applyTopics(target)).toMatchObject({ topics: before.topics });
    expect(await findDrift(target)).toEqual({ topics: [], schemas: [] });
  }, 60_000);

  test('a setting that was moved is found, and put back', async () => {
    const topic = physicalTopic(prefix, TOPICS.ledgerEvents.name);
    const type = kafkajs.ConfigResourceTypes.TOPIC;
    await onBroker((admin) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [
          { type, name: topic, configEntries: [{ name: 'retention.ms', value: '86400000' }] },
        ],
      }),
    );
    expect(await shownDrift()).toEqual([
      { topic, setting: 'retention.ms', expected: '-1', found: '86400000', mendable: true },
    ]);
    await applyTopics(target);
    expect((await findDrift(target)).topics).toEqual([]);
    // The local broker sets this for all its topics, and no topic is to have it as its own.
    const { resources } = await onBroker((admin) =>
      admin.describeConfigs({ includeSynonyms: false, resources: [{ type, name: topic }] }),
    );
    const index = resources[0]?.configEntries.find(
      ({ configName }) => configName === 'segment.index.bytes',
    );
    expect(index).toMatchObject({ configValue: '2097152', configSource: 4 });
  }, 60_000);

  test('a wrong number of partitions is shown and never mended', async () => {
    const topic = physicalTopic(prefix, TOPICS.alerts.name);
    await onBroker((admin) => admin.createPartitions({ topicPartitions: [{ topic, count: 5 }] }));
    const drift = { topic, setting: 'partitions', expected: '3', found: '5', mendable: false };
    expect(await shownDrift()).toEqual([drift]);
    expect((await applyTopics(target)).topics).toEqual([drift]);
    expect((await findDrift(target)).topics).toEqual([drift]);
  }, 60_000);
});

describe('the released schemas', () => {
  const subject = encodeURIComponent(subjectOf('FillConfirmed'));

  test('are found by the text that the codec writes with', async () => {
    const answer = await registry(`/subjects/${subject}`, {
      schema: codec.schemaOf('FillConfirmed'),
    });
    expect(answer.status).toBe(200);
  });

  test('are read back from the registry as generated code understands them', async () => {
    const { id } = (await (
      await registry(`/subjects/${subject}`, { schema: codec.schemaOf('FillConfirmed') })
    ).json()) as { id: number };
    const { schema } = (await (await registry(`/schemas/ids/${id}`)).json()) as { schema: string };
    const value = fixture('FillConfirmed');
    expect(codec.decoderOf(schema)(codec.encode('FillConfirmed', value, 0)).value).toEqual(value);
  });

  test('are guarded by the registry too: what old readers cannot read is refused', async () => {
    const next = JSON.parse(codec.schemaOf('FillConfirmed')) as {
      fields: { name: string; type: unknown }[];
    };
    next.fields.push({ name: 'memo', type: 'string' });
    const answer = await registry(`/subjects/${subject}/versions`, {
      schema: JSON.stringify(next),
    });
    expect(answer.status).toBe(409);
  });
});

test('a producer that knows nothing of us puts a key where partitionOf says', async () => {
  const topic = physicalTopic(prefix, TOPICS.executionReports.name);
  const keys = Array.from(
    { length: 40 },
    (_, index) => `0x${index.toString(16).padStart(40, '5')}`,
  );
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  for (const key of keys) {
    const [sent] = await producer.send({ topic, messages: [{ key, value: 'x' }] });
    expect(sent?.partition).toBe(partitionOf(key, TOPICS.executionReports.partitions));
  }
  await producer.disconnect();
}, 60_000);

test('servers that are not there are a sentence, not a hang', async () => {
  await expect(findDrift({ ...target, brokers: '127.0.0.1:1' })).rejects.toThrow(
    'Expected a Kafka broker at 127.0.0.1:1; none let us in: ',
  );
  await expect(
    findDrift({ ...target, topics: [], registryUrl: 'http://127.0.0.1:1' }),
  ).rejects.toThrow('Expected a schema registry at http://127.0.0.1:1; it did not answer');
}, 60_000);
