/**
 * A topic as somebody else reads it: an ordinary kafkajs group of committed records, from the
 * beginning on, with kafkajs mended as docs/contracts.md asks of such a reader.
 */

import { randomBytes } from 'node:crypto';
import kafkajs, { type KafkaMessage } from 'kafkajs';
import { mendKafkajs } from '@polytraders/runtime';
import { type TestLog } from '../e2e/log.ts';

export type Downstream = {
  /** Rejects when the consumer gives up. */
  readonly failed: Promise<never>;
  readonly close: () => Promise<void>;
};

/** Each record of the topic goes to `each` once, in the order of its partition. */
export async function readDownstream(
  { prefix, env }: Pick<TestLog, 'prefix' | 'env'>,
  topic: string,
  each: (message: KafkaMessage, partition: number) => void | Promise<void>,
): Promise<Downstream> {
  mendKafkajs();
  const brokers = (env['KAFKA_BROKERS'] ?? '').split(',');
  const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
  const groupId = `${prefix}reader-${randomBytes(4).toString('hex')}`;
  const consumer = kafka.consumer({ groupId, readUncommitted: false });
  /** A group that is called together again reads on from what was committed: the same places. */
  const read = new Map<number, bigint>();
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);
  await consumer.connect();
  consumer.on('consumer.crash', ({ payload }) => {
    if (!payload.restart) fail(payload.error);
  });
  await consumer.subscribe({ topic: prefix + topic, fromBeginning: true });
  await consumer.run({
    eachBatch: async ({ batch }) => {
      for (const message of batch.messages) {
        const offset = BigInt(message.offset);
        if (offset <= (read.get(batch.partition) ?? -1n)) continue;
        read.set(batch.partition, offset);
        await each(message, batch.partition);
      }
    },
  });
  return { failed, close: () => consumer.disconnect() };
}
