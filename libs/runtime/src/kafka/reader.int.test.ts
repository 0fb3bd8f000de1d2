import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dropTopics, testStack, uniquePrefix } from '@polytraders/testkit';
import { setTimeout as delay } from 'node:timers/promises';
import { connectKafka } from './connect.ts';
import { type KafkaPort } from './port.ts';
import {
  collect,
  createTopic,
  deleteRecords,
  eventually,
  makeTopic,
  record,
  withAdmin,
} from './port.fixture.ts';

describe('a reader', () => {
  const prefix = uniquePrefix();
  let brokers = '';
  let kafka: KafkaPort;

  beforeAll(async () => {
    brokers = (await testStack()).KAFKA_BROKERS;
    kafka = await connectKafka({ brokers: brokers.split(','), clientId: 'reader-test' });
  });
  afterAll(async () => {
    await kafka.close();
    await dropTopics(prefix);
  });

  test('gives each partition in order from the offset it was assigned', async () => {
    const topic = await makeTopic(brokers, prefix, 3);
    const sent = Array.from({ length: 300 }, (_, n) => record(topic, `${n % 3}-${n}`, n % 3));
    await kafka.send(sent);
    const { reader, batches } = collect(kafka, { maxBytesPerPartition: 200 });
    for (const partition of [0, 1, 2]) reader.assign({ topic, partition }, 10);
    await eventually('all are read', () => batches.flatMap((each) => each.records).length === 270);
    for (const partition of [0, 1, 2]) {
      const own = batches.filter((each) => each.partition === partition);
      const offsets = own.flatMap((each) => each.records.map(({ offset }) => offset));
      expect(offsets).toEqual(Array.from({ length: 90 }, (_, n) => n + 10));
      expect(own.at(-1)).toMatchObject({ topic, nextOffset: 100, highWatermark: 100 });
    }
    await reader.close();
  });

  test('hides aborted transactions and steps over runs of them larger than a fetch', async () => {
    const topic = await makeTopic(brokers, prefix);
    const producer = await kafka.transactionalProducer(`${topic}-tx`);
    await producer.transact([record(topic, 'first')]);
    for (let run = 0; run < 5; run += 1) {
      const filler = Array.from({ length: 20 }, () => record(topic, 'aborted'.repeat(500)));
      for (const part of filler) await producer.send([part]);
      await producer.abort();
    }
    await producer.transact([record(topic, 'last')]);
    await producer.close();
    const committed = collect(kafka, { maxBytesPerPartition: 8_000 });
    committed.reader.assign({ topic, partition: 0 }, 0);
    await eventually('the last is read', () => committed.values().includes('last'));
    expect(committed.values()).toEqual(['first', 'last']);
    const empty = committed.batches.filter(({ records }) => records.length === 0);
    expect(empty.length).toBeGreaterThan(5);
    // The end of its transaction may come with the next fetch.
    const { high } = await kafka.watermarks({ topic, partition: 0 });
    await eventually('the end is reached', () => committed.batches.at(-1)?.nextOffset === high);
    await committed.reader.close();
    const all = collect(kafka, { isolation: 'read_uncommitted' });
    all.reader.assign({ topic, partition: 0 }, 0);
    await eventually('all are read', () => all.values().length === 102);
    await all.reader.close();
  });

  test('shows nothing of an open transaction until it commits', async () => {
    const topic = await makeTopic(brokers, prefix);
    const producer = await kafka.transactionalProducer(`${topic}-tx`);
    const { reader, values } = collect(kafka);
    reader.assign({ topic, partition: 0 }, 0);
    await producer.send([record(topic, 'a')]);
    await delay(300);
    expect(values()).toEqual([]);
    await producer.commit();
    await eventually('it is read', () => values().length === 1);
    await producer.close();
    await reader.close();
  });

  test('fetches ahead by one batch and never handles two of a partition at once', async () => {
    const topic = await makeTopic(brokers, prefix);
    for (let n = 0; n < 8; n += 1) await kafka.send([record(topic, `${n}`)]);
    let running = 0;
    let most = 0;
    const seen: number[] = [];
    const { reader } = collect(kafka, {
      maxBytesPerPartition: 1,
      onBatch: async (batch) => {
        running += 1;
        most = Math.max(most, running);
        await delay(20);
        seen.push(...batch.records.map(({ offset }) => offset));
        running -= 1;
      },
    });
    reader.assign({ topic, partition: 0 }, 0);
    await eventually('all are handled', () => seen.length === 8);
    expect(most).toBe(1);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    await reader.close();
  });

  test('goes on with other partitions while a handler of one is slow', async () => {
    const topic = await makeTopic(brokers, prefix, 2);
    await kafka.send([record(topic, 'slow', 0)]);
    let release = (): void => undefined;
    const fast: number[] = [];
    const { reader } = collect(kafka, {
      onBatch: async (batch) => {
        if (batch.partition === 1) fast.push(...batch.records.map(({ offset }) => offset));
        else await new Promise<void>((resolve) => (release = resolve));
      },
    });
    for (const partition of [0, 1]) reader.assign({ topic, partition }, 0);
    for (let n = 0; n < 20; n += 1) {
      await kafka.send([record(topic, 'more', 0), record(topic, `${n}`, 1)]);
    }
    await eventually('the other partition is read to its end', () => fast.length === 20);
    release();
    await reader.close();
  });

  test('keeps the position of a paused partition and goes on from it', async () => {
    const topic = await makeTopic(brokers, prefix);
    const at = { topic, partition: 0 };
    const { reader, values } = collect(kafka);
    reader.assign(at, 0);
    await kafka.send([record(topic, 'a')]);
    await eventually('the first is read', () => values().length === 1);
    reader.pause(at);
    await kafka.send([record(topic, 'b')]);
    await delay(300);
    expect(values()).toEqual(['a']);
    reader.resume(at);
    await eventually('the second is read', () => values().length === 2);
    expect(values()).toEqual(['a', 'b']);
    await reader.close();
  });

  test('names an offset below the low watermark and never resets it', async () => {
    const topic = await makeTopic(brokers, prefix);
    await kafka.send(Array.from({ length: 10 }, (_, n) => record(topic, `${n}`)));
    await deleteRecords(brokers, topic, 6);
    const { reader, values, errors } = collect(kafka);
    reader.assign({ topic, partition: 0 }, 3);
    await eventually('the error is reported', () => errors.length > 0);
    expect(errors).toMatchObject([{ code: 'KAFKA_OUT_OF_RANGE', retryable: false }]);
    expect(errors[0]?.message).toContain('Expected offset 3');
    await delay(200);
    expect(values()).toEqual([]);
    reader.assign({ topic, partition: 0 }, 6);
    await eventually('it goes on where told', () => values().length === 4);
    await reader.close();
  });

  test('names an offset above the end', async () => {
    const topic = await makeTopic(brokers, prefix);
    const { reader, errors } = collect(kafka);
    reader.assign({ topic, partition: 0 }, 5);
    await eventually('the error is reported', () => errors.length > 0);
    expect(errors).toMatchObject([{ code: 'KAFKA_OUT_OF_RANGE' }]);
    await reader.close();
  });

  test('names a topic that is deleted while it is read', async () => {
    const topic = await makeTopic(brokers, prefix);
    await kafka.send([record(topic, 'a')]);
    const { reader, values, errors } = collect(kafka);
    reader.assign({ topic, partition: 0 }, 0);
    await eventually('it is read', () => values().length === 1);
    await withAdmin(brokers, (admin) => admin.deleteTopics({ topics: [topic] }));
    await eventually('the error is reported', () => errors.length > 0);
    expect(errors).toMatchObject([{ code: 'KAFKA_TOPIC_GONE' }]);
    await reader.close();
  });

  test('does not take a topic that was made anew for the one it read', async () => {
    const topic = await makeTopic(brokers, prefix);
    await kafka.send([record(topic, 'old')]);
    const { reader, values, errors } = collect(kafka);
    reader.assign({ topic, partition: 0 }, 0);
    await eventually('it is read', () => values().length === 1);
    const id = await kafka.topicId(topic);
    await withAdmin(brokers, (admin) => admin.deleteTopics({ topics: [topic] }));
    await createTopic(brokers, topic);
    const ask = () => connectKafka({ brokers: brokers.split(','), clientId: 'other' });
    let other = await ask();
    // A broker may answer for a moment as if nothing had been, and a port believes it.
    await eventually('the topic is another one', async () => {
      if ((await other.topicId(topic)) !== id) return true;
      await other.close();
      other = await ask();
      return false;
    });
    await other.send([record(topic, 'new 0'), record(topic, 'new 1')]);
    await eventually('the error is reported', () => errors.length > 0);
    expect(errors).toMatchObject([{ code: 'KAFKA_TOPIC_GONE' }]);
    expect(values()).toEqual(['old']);
    await reader.close();
    await other.close();
  });

  test('reports a handler that throws, and takes its partition out', async () => {
    const topic = await makeTopic(brokers, prefix);
    await kafka.send([record(topic, 'a')]);
    const { reader, errors } = collect(kafka, {
      onBatch: () => Promise.reject(new Error('the handler broke')),
    });
    reader.assign({ topic, partition: 0 }, 0);
    await eventually('the error is reported', () => errors.length === 1);
    expect(errors[0]?.message).toBe('the handler broke');
    await reader.close();
  });

  test('is silent about a partition once it is unassigned', async () => {
    const topic = await makeTopic(brokers, prefix);
    const { reader, values } = collect(kafka);
    reader.assign({ topic, partition: 0 }, 0);
    await kafka.send([record(topic, 'a')]);
    await eventually('it is read', () => values().length === 1);
    reader.unassign({ topic, partition: 0 });
    await kafka.send([record(topic, 'b')]);
    await delay(300);
    expect(values()).toEqual(['a']);
    await reader.close();
  });
});
