import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dropTopics, testStack, uniquePrefix } from '@polytraders/testkit';
import { connectKafka } from './connect.ts';
import { type KafkaPort } from './port.ts';
import {
  collect,
  eventually,
  makeTopic,
  readIndependently,
  record,
  untilLast,
} from './port.fixture.ts';

describe('producers', () => {
  const prefix = uniquePrefix();
  let brokers = '';
  let kafka: KafkaPort;

  beforeAll(async () => {
    brokers = (await testStack()).KAFKA_BROKERS;
    kafka = await connectKafka({ brokers: brokers.split(','), clientId: 'producer-test' });
  });
  afterAll(async () => {
    await kafka.close();
    await dropTopics(prefix);
  });

  async function highs(topic: string, partitions: number): Promise<number[]> {
    const numbers = Array.from({ length: partitions }, (_, partition) => partition);
    return Promise.all(
      numbers.map(async (partition) => (await kafka.watermarks({ topic, partition })).high),
    );
  }

  test('a frozen producer cannot commit after another took its id', async () => {
    const topic = await makeTopic(brokers, prefix);
    const id = `${topic}-tx`;
    const frozen = await kafka.transactionalProducer(id);
    await frozen.transact([record(topic, 'before')]);
    await frozen.send([record(topic, 'zombie')]);
    const successor = await kafka.transactionalProducer(id);
    expect(successor.producerId).toBe(frozen.producerId);
    expect(successor.epoch).toBeGreaterThan(frozen.epoch);
    await expect(frozen.commit()).rejects.toMatchObject({ code: 'KAFKA_FENCED', retryable: false });
    expect(frozen.isBroken()).toBe(true);
    await expect(frozen.transact([record(topic, 'again')])).rejects.toMatchObject({
      code: 'KAFKA_PRODUCER_BROKEN',
    });
    await successor.transact([record(topic, 'after')]);
    expect(await readIndependently(brokers, topic, await highs(topic, 1))).toEqual([
      ['before', 'after'],
    ]);
    await frozen.close();
    await successor.close();
  });

  test('a fence alone aborts what was open and refuses further sends', async () => {
    const topic = await makeTopic(brokers, prefix);
    const frozen = await kafka.transactionalProducer(`${topic}-tx`);
    await frozen.send([record(topic, 'zombie')]);
    await kafka.fence(`${topic}-tx`);
    await expect(frozen.send([record(topic, 'more')])).rejects.toMatchObject({
      code: 'KAFKA_FENCED',
    });
    const { high, lastStable } = await kafka.watermarks({ topic, partition: 0 });
    expect(lastStable).toBe(high);
    expect(await kafka.lastRecord({ topic, partition: 0 })).toBeNull();
    await frozen.close();
  });

  test('reports and the progress record become visible together or not at all', async () => {
    const reports = await makeTopic(brokers, prefix, 2);
    const progress = await makeTopic(brokers, prefix, 1, { 'cleanup.policy': 'compact' });
    const producer = await kafka.transactionalProducer(`${reports}-tx`);
    const step = (n: number) => [
      record(reports, `report ${n}`, n % 2),
      { topic: progress, partition: 0, key: 'cursor', value: Buffer.from(`${n}`) },
    ];
    for (let n = 0; n < 5; n += 1) await producer.transact(step(n));
    await producer.send(step(5));
    await producer.abort();
    await untilLast(kafka, progress, '4');
    await producer.send(step(6));
    await untilLast(kafka, progress, '4');
    await producer.commit();
    await untilLast(kafka, progress, '6');
    expect(await readIndependently(brokers, reports, await highs(reports, 2))).toEqual([
      ['report 0', 'report 2', 'report 4', 'report 6'],
      ['report 1', 'report 3'],
    ]);
    await producer.close();
  });

  test('transactions back to back all commit, in order, over many partitions', async () => {
    const topic = await makeTopic(brokers, prefix, 12);
    const producer = await kafka.transactionalProducer(`${topic}-tx`);
    for (let n = 0; n < 100; n += 1) {
      const all = Array.from({ length: 12 }, (_, partition) => record(topic, `${n}`, partition));
      await producer.transact(all);
    }
    const expected = Array.from({ length: 100 }, (_, n) => `${n}`);
    const values = await readIndependently(brokers, topic, await highs(topic, 12));
    for (const own of values) expect(own).toEqual(expected);
    await producer.close();
  });

  test('records of more than a batch are cut, and keep their order', async () => {
    const topic = await makeTopic(brokers, prefix, 2);
    const producer = await kafka.transactionalProducer(`${topic}-tx`);
    const filler = 'x'.repeat(60_000);
    const sent = Array.from({ length: 120 }, (_, n) => record(topic, `${n}:${filler}`, n % 2));
    await producer.transact(sent);
    const { reader, values } = collect(kafka);
    for (const partition of [0, 1]) reader.assign({ topic, partition }, 0);
    await eventually('all are read', () => values().length === 120);
    const numbers = values().map((value) => Number.parseInt(value, 10));
    expect(numbers.filter((n) => n % 2 === 0)).toEqual(Array.from({ length: 60 }, (_, n) => n * 2));
    expect(numbers.filter((n) => n % 2 === 1)).toEqual(
      Array.from({ length: 60 }, (_, n) => n * 2 + 1),
    );
    await reader.close();
    await producer.close();
  });

  test('a record that is too large breaks the producer with a name', async () => {
    const topic = await makeTopic(brokers, prefix);
    const producer = await kafka.transactionalProducer(`${topic}-tx`);
    const large = { topic, partition: 0, key: null, value: Buffer.alloc(2_000_000) };
    await expect(producer.transact([large])).rejects.toMatchObject({ code: 'RECORD_TOO_LARGE' });
    expect(producer.isBroken()).toBe(true);
    await producer.close();
    const next = await kafka.transactionalProducer(`${topic}-tx`);
    await next.transact([record(topic, 'fine')]);
    expect(await readIndependently(brokers, topic, await highs(topic, 1))).toEqual([['fine']]);
    await next.close();
  });

  test('batches that are larger than a topic takes go out as smaller ones, in order', async () => {
    const topic = await makeTopic(brokers, prefix, 2, { 'max.message.bytes': '20000' });
    const producer = await kafka.transactionalProducer(`${topic}-tx`);
    const numbers = Array.from({ length: 200 }, (_, n) => String(n).padEnd(1_000, '.'));
    const all = numbers.flatMap((value) => [record(topic, value, 0), record(topic, value, 1)]);
    await producer.transact(all);
    await producer.transact(all);
    await kafka.send(all);
    const twice = [...numbers, ...numbers, ...numbers];
    await eventually('all are in the log', async () => (await highs(topic, 1))[0] === 602);
    expect(await readIndependently(brokers, topic, await highs(topic, 2))).toEqual([twice, twice]);
    await expect(producer.transact([record(topic, 'x'.repeat(30_000))])).rejects.toMatchObject({
      code: 'RECORD_TOO_LARGE',
    });
    await producer.close();
  });

  test('a topic that does not exist is named', async () => {
    const producer = await kafka.transactionalProducer(`${prefix}nowhere-tx`);
    await expect(producer.transact([record(`${prefix}nowhere`, 'a')])).rejects.toMatchObject({
      code: 'KAFKA_TOPIC_GONE',
    });
    await expect(kafka.send([record(`${prefix}nowhere`, 'a')])).rejects.toMatchObject({
      code: 'KAFKA_TOPIC_GONE',
    });
    await producer.close();
  });

  test('two calls at once are refused, and an empty transaction is nothing', async () => {
    const topic = await makeTopic(brokers, prefix);
    const producer = await kafka.transactionalProducer(`${topic}-tx`);
    await producer.transact([]);
    await producer.commit();
    const first = producer.transact([record(topic, 'a')]);
    await expect(producer.transact([record(topic, 'b')])).rejects.toMatchObject({
      code: 'KAFKA_FAULT',
    });
    await first;
    await producer.transact([record(topic, 'c')]);
    expect(await readIndependently(brokers, topic, await highs(topic, 1))).toEqual([['a', 'c']]);
    await producer.close();
  });

  test('sends of many callers arrive once each, in the order of each caller', async () => {
    const topic = await makeTopic(brokers, prefix);
    const callers = Array.from({ length: 20 }, async (_, caller) => {
      for (let n = 0; n < 10; n += 1) await kafka.send([record(topic, `${caller}/${n}`)]);
    });
    await Promise.all(callers);
    const [values] = await readIndependently(brokers, topic, [200]);
    expect(new Set(values).size).toBe(200);
    for (let caller = 0; caller < 20; caller += 1) {
      const own = values?.filter((value) => value.startsWith(`${caller}/`));
      expect(own).toEqual(Array.from({ length: 10 }, (_, n) => `${caller}/${n}`));
    }
  });
});
