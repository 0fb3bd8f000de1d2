import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from '@jest/globals';
import { mendKafkajs } from '@polytraders/runtime';
import kafkajs from 'kafkajs';
import pg from 'pg';
import { dropTopics, freshDatabase, uniquePrefix } from './isolation.ts';
import { testStack } from './stack.ts';

describe('a suite has servers of its own on the shared stack', () => {
  test('a fresh database is empty, and gone after it was dropped', async () => {
    const database = await freshDatabase('testkit');
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const tables = await client.query(
      "SELECT 1 FROM information_schema.tables WHERE table_schema = 'public'",
    );
    expect(tables.rows).toEqual([]);
    await client.end();
    await database.drop();

    const late = new pg.Client({ connectionString: database.url });
    await expect(late.connect()).rejects.toMatchObject({ code: '3D000' });
  });

  test('a copy of a template holds what the template held', async () => {
    const template = await freshDatabase('template');
    const client = new pg.Client({ connectionString: template.url });
    await client.connect();
    await client.query('CREATE TABLE fact (n int); INSERT INTO fact VALUES (7)');
    await client.end();
    const copy = await freshDatabase('copy', template.name);
    const reader = new pg.Client({ connectionString: copy.url });
    await reader.connect();
    expect((await reader.query('SELECT n FROM fact')).rows).toEqual([{ n: 7 }]);
    await reader.end();
    await copy.drop();
    await template.drop();
  });

  test('a connection left open is named when the database is dropped', async () => {
    const database = await freshDatabase('leak');
    const client = new pg.Client({ connectionString: database.url });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('SELECT 42 AS leaked');
    await expect(database.drop()).rejects.toThrow(/found 1 open.*SELECT 42 AS leaked/);
  });
});

describe('topics of a prefix', () => {
  const prefix = uniquePrefix();
  afterAll(() => dropTopics(prefix));

  test('are deleted together, and those of another prefix stay', async () => {
    const { KAFKA_BROKERS } = await testStack();
    const other = uniquePrefix();
    mendKafkajs();
    const admin = new kafkajs.Kafka({ brokers: [KAFKA_BROKERS], logLevel: 0 }).admin();
    await admin.connect();
    const topics = [`${prefix}a`, `${prefix}b`, `${other}a`];
    await admin.createTopics({
      // Waiting for leaders fails in kafkajs when the broker does not know the topic yet.
      waitForLeaders: false,
      topics: topics.map((topic) => ({ topic, numPartitions: 1 })),
    });
    const listed = async (): Promise<readonly string[]> =>
      (await admin.listTopics()).filter((topic) => topics.includes(topic));
    while ((await listed()).length < topics.length) await sleep(20);
    await dropTopics(prefix);
    expect(await listed()).toEqual([`${other}a`]);
    await dropTopics(other);
    await admin.disconnect();
  });
});
