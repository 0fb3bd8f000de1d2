import { createHook } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dropTopics, testStack, uniquePrefix } from '@polytraders/testkit';
import { connectKafka } from './connect.ts';
import { type KafkaPort } from './port.ts';
import {
  collect,
  deleteRecords,
  eventually,
  makeTopic,
  record,
  untilLast,
} from './port.fixture.ts';

describe('the port', () => {
  const prefix = uniquePrefix();
  let brokers = '';
  let kafka: KafkaPort;

  beforeAll(async () => {
    brokers = (await testStack()).KAFKA_BROKERS;
    kafka = await connectKafka({ brokers: brokers.split(','), clientId: 'port-test' });
  });
  afterAll(async () => {
    await kafka.close();
    await dropTopics(prefix);
  });

  test('knows how many partitions a topic has, and names a topic that is not there', async () => {
    const topic = await makeTopic(brokers, prefix, 5);
    expect(await kafka.partitionsOf(topic)).toBe(5);
    await expect(kafka.partitionsOf(`${prefix}nowhere`)).rejects.toMatchObject({
      code: 'KAFKA_TOPIC_GONE',
    });
    const at = { topic, partition: 5 };
    await expect(kafka.watermarks(at)).rejects.toMatchObject({ code: 'KAFKA_TOPIC_GONE' });
  });

  test('tells the stable end from the end while a transaction is open', async () => {
    const topic = await makeTopic(brokers, prefix);
    const at = { topic, partition: 0 };
    await kafka.send([record(topic, 'a'), record(topic, 'b'), record(topic, 'c')]);
    await deleteRecords(brokers, topic, 1);
    const producer = await kafka.transactionalProducer(`${topic}-tx`);
    await producer.send([record(topic, 'open')]);
    expect(await kafka.watermarks(at)).toEqual({ low: 1, high: 4, lastStable: 3 });
    await producer.commit();
    await producer.close();
    await kafka.fence(`${topic}-tx`);
    expect(await kafka.watermarks(at)).toEqual({ low: 1, high: 5, lastStable: 5 });
  });

  test('finds the record at an offset, and null where there is none', async () => {
    const topic = await makeTopic(brokers, prefix);
    const at = { topic, partition: 0 };
    const producer = await kafka.transactionalProducer(`${topic}-tx`);
    const headers = { origin: 'test' };
    await producer.transact([
      { topic, partition: 0, key: 'k0', value: Buffer.from('v0'), headers },
      { topic, partition: 0, key: 'k1', value: null },
    ]);
    await producer.send([record(topic, 'aborted')]);
    await producer.abort();
    await producer.close();
    await kafka.fence(`${topic}-tx`);
    const first = await kafka.recordAt(at, 0);
    expect(first).toMatchObject({ offset: 0, headers: { origin: Buffer.from('test') } });
    expect([String(first?.key), String(first?.value)]).toEqual(['k0', 'v0']);
    expect(await kafka.recordAt(at, 1)).toMatchObject({ offset: 1, value: null });
    expect(await kafka.recordAt(at, 2)).toBeNull();
    expect(await kafka.recordAt(at, 3)).toBeNull();
    expect(await kafka.recordAt(at, 4)).toBeNull();
    expect(await kafka.recordAt(at, 5)).toBeNull();
    expect(await kafka.recordAt(at, 500)).toBeNull();
    await deleteRecords(brokers, topic, 1);
    await expect(kafka.recordAt(at, 0)).rejects.toMatchObject({ code: 'KAFKA_OUT_OF_RANGE' });
  });

  test('finds the last record behind control records and long aborted runs', async () => {
    const topic = await makeTopic(brokers, prefix);
    const at = { topic, partition: 0 };
    expect(await kafka.lastRecord(at)).toBeNull();
    const producer = await kafka.transactionalProducer(`${topic}-tx`);
    await producer.transact([record(topic, 'first'), record(topic, 'last')]);
    await untilLast(kafka, topic, 'last');
    for (let run = 0; run < 3; run += 1) {
      await producer.send(Array.from({ length: 400 }, () => record(topic, 'aborted')));
      await producer.abort();
    }
    await producer.close();
    await kafka.fence(`${topic}-tx`);
    const last = await kafka.lastRecord(at);
    expect([last?.offset, String(last?.value)]).toEqual([1, 'last']);
  });

  test('makes no timers while its connections are idle (kafkajs #1556)', async () => {
    const topic = await makeTopic(brokers, prefix);
    const producer = await kafka.transactionalProducer(`${topic}-tx`);
    await producer.transact([record(topic, 'a')]);
    await kafka.send([record(topic, 'b')]);
    await kafka.watermarks({ topic, partition: 0 });
    await delay(50);
    let timers = 0;
    const hook = createHook({
      init: (_id, type) => {
        if (type === 'Timeout') timers += 1;
      },
    }).enable();
    await delay(1_000);
    hook.disable();
    // The delay itself is one; whatever else runs in this process makes few.
    expect(timers).toBeLessThan(5);
    await producer.close();
  });

  test('leaves nothing behind that keeps the process alive', async () => {
    const topic = await makeTopic(brokers, prefix);
    const sockets = (): number =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
    const before = sockets();
    const other = await connectKafka({ brokers: brokers.split(','), clientId: 'short-lived' });
    const producer = await other.transactionalProducer(`${topic}-tx`);
    await producer.transact([record(topic, 'a')]);
    const { reader, values } = collect(other);
    reader.assign({ topic, partition: 0 }, 0);
    await eventually('it is read', () => values().length === 1);
    expect(sockets()).toBeGreaterThan(before);
    await other.close();
    await eventually('all sockets are gone', () => sockets() <= before);
  });
});

describe('a port without a broker', () => {
  test('says so', async () => {
    const nowhere = connectKafka({ brokers: ['127.0.0.1:1'], clientId: 'nobody' });
    await expect(nowhere).rejects.toMatchObject({ code: 'KAFKA_OUTAGE', retryable: true });
  });

  test('says what is wrong with an address', async () => {
    const wrong = connectKafka({ brokers: ['localhost'], clientId: 'nobody' });
    await expect(wrong).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });
});
