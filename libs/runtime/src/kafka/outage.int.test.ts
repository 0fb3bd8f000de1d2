import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ownStack, uniquePrefix, dropTopics, type OwnStack } from '@polytraders/testkit';
import { RuntimeError } from '../errors.ts';
import { connectKafka } from './connect.ts';
import { type KafkaPort, type TransactionalProducer } from './port.ts';
import { collect, eventually, makeTopic, readIndependently, record } from './port.fixture.ts';

const TRANSACTIONS = 1_500;
const PARTITIONS = 3;

describe('a broker that is killed and comes back', () => {
  const prefix = uniquePrefix();
  let stack: OwnStack;
  let brokers = '';
  let kafka: KafkaPort;

  beforeAll(async () => {
    stack = await ownStack('kafka-outage');
    brokers = stack.env.KAFKA_BROKERS;
    kafka = await connectKafka({ brokers: brokers.split(','), clientId: 'outage-test' });
  }, 180_000);
  afterAll(async () => {
    await kafka.close();
    await dropTopics(prefix, brokers);
    await stack.stop();
  }, 60_000);

  /**
   * What a publisher does: after any failure a new producer of the same id, then the progress
   * record tells where to go on.
   */
  async function publishAll(topic: string, progress: string): Promise<number> {
    const at = { topic: progress, partition: 0 };
    let producer: TransactionalProducer | null = null;
    let failures = 0;
    let next = 0;
    while (next < TRANSACTIONS) {
      try {
        if (producer === null) {
          producer = await kafka.transactionalProducer(`${topic}-tx`);
          next = Number((await kafka.lastRecord(at))?.value ?? -1) + 1;
          continue;
        }
        await producer.transact([
          record(topic, `${next}`, next % PARTITIONS),
          { topic: progress, partition: 0, key: 'cursor', value: Buffer.from(`${next}`) },
        ]);
        next += 1;
      } catch (error) {
        if (!(error instanceof RuntimeError)) throw error;
        failures += 1;
        await producer?.close();
        producer = null;
        await delay(50);
      }
    }
    await producer?.close();
    return failures;
  }

  test('costs no transaction and doubles none', async () => {
    const topic = await makeTopic(brokers, prefix, PARTITIONS);
    const progress = await makeTopic(brokers, prefix, 1, { 'cleanup.policy': 'compact' });
    const { reader, values, errors, outages } = collect(kafka);
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      reader.assign({ topic, partition }, 0);
    }
    const published = publishAll(topic, progress);
    for (let kill = 1; kill <= 2; kill += 1) {
      await eventually('some are through', () => values().length >= kill * 150);
      await stack.component('kafka').kill('SIGKILL');
      await stack.component('kafka').start();
    }
    await published;
    await eventually('the reader has them all', () => values().length >= TRANSACTIONS);
    const expected = Array.from({ length: TRANSACTIONS }, (_, n) => n);
    expect(
      values()
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual(expected);
    expect(errors).toEqual([]);
    expect(outages.length).toBeGreaterThan(0);
    const highs = await Promise.all(
      [0, 1, 2].map(async (partition) => (await kafka.watermarks({ topic, partition })).high),
    );
    const independent = await readIndependently(brokers, topic, highs);
    independent.forEach((own, partition) => {
      expect(own.map(Number)).toEqual(expected.filter((n) => n % PARTITIONS === partition));
    });
    await reader.close();
  }, 180_000);
});
