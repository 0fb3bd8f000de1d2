/**
 * Two workers' transactions open at once, both aborted, the later one first: what a reader of
 * committed records sees. Kafka lists aborted transactions in the order in which they ended.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dropTopics, testStack, uniquePrefix } from '@polytraders/testkit';
import { connectKafka } from './connect.ts';
import { type KafkaPort } from './port.ts';
import { collect, eventually, makeTopic, readIndependently, record } from './port.fixture.ts';

describe('records of transactions that overlap and are aborted', () => {
  const prefix = uniquePrefix();
  let brokers = '';
  let kafka: KafkaPort;

  beforeAll(async () => {
    brokers = (await testStack()).KAFKA_BROKERS;
    kafka = await connectKafka({ brokers: brokers.split(','), clientId: 'aborted-test' });
  });
  afterAll(async () => {
    await kafka.close();
    await dropTopics(prefix);
  });

  /** The topic, and the end of its only partition. */
  async function overlapping(): Promise<{ topic: string; end: number }> {
    const topic = await makeTopic(brokers, prefix);
    const names = ['first', 'second', 'third'].map((name) => `${topic}-${name}`);
    const producers = await Promise.all(names.map((id) => kafka.transactionalProducer(id)));
    const [first, second, third] = producers;
    if (first === undefined || second === undefined || third === undefined) throw new Error();
    const many = (value: string) => Array.from({ length: 40 }, () => record(topic, value));
    await first.send(many('gone with the first'));
    await second.send(many('gone with the second'));
    await first.send(many('gone with the first, too'));
    await third.send([record(topic, 'kept')]);
    await second.abort();
    await first.abort();
    await third.commit();
    await third.transact([record(topic, 'kept, too')]);
    await eventually('all are ended', async () => {
      const { high, lastStable } = await kafka.watermarks({ topic, partition: 0 });
      return high === lastStable && high === 126;
    });
    await Promise.all(producers.map((producer) => producer.close()));
    return { topic, end: 126 };
  }

  test('are seen by neither the port nor kafkajs’ own consumer, mended', async () => {
    const { topic, end } = await overlapping();
    const kept = ['kept', 'kept, too'];
    expect(await readIndependently(brokers, topic, [end])).toEqual([kept]);
    const { reader, values } = collect(kafka);
    reader.assign({ topic, partition: 0 }, 0);
    await eventually('the reader is at the end', () => values().at(-1) === kept.at(-1));
    expect(values()).toEqual(kept);
    await reader.close();
  });
});
