/**
 * What a consumer of the reports sees: an ordinary kafkajs group consumer that reads committed
 * records only, from the beginning to a sentinel that is put behind everything.
 */

import { randomBytes } from 'node:crypto';
import kafkajs from 'kafkajs';
import { codec } from '@polytraders/contracts';
import { mendKafkajs } from '@polytraders/runtime';
import { settlementTopic, type TestLog } from '../e2e/log.ts';

const partitions = 12;
const headerBytes = 5;

export type Published = {
  /** Ids in the order of each partition, by key. */
  readonly byKey: ReadonlyMap<string, readonly string[]>;
  readonly records: number;
};

export type Output = {
  readonly topic: string;
  readonly type: string;
  /** What identifies a record; null leaves it out. */
  readonly idOf: (value: object) => string | null;
};

export const settlementReports: Output = {
  topic: settlementTopic,
  type: 'SettlementReport',
  idOf: (value) => (value as { readonly fill_id: string | null }).fill_id,
};

/** Reads the output to its end, as of now. */
export async function readPublished(log: TestLog, output: Output): Promise<Published> {
  const topic = log.prefix + output.topic;
  const sentinel = `end-${randomBytes(4).toString('hex')}`;
  await log.kafka.send(Array.from({ length: partitions }, (_, partition) => (
    { topic, partition, key: sentinel, value: null })));
  const brokers = (log.env['KAFKA_BROKERS'] ?? '').split(',');
  mendKafkajs();
  const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
  const groupId = `${log.prefix}reader-${randomBytes(4).toString('hex')}`;
  const consumer = kafka.consumer({ groupId, readUncommitted: false });
  const decode = codec.decoderOf(codec.schemaOf(output.type));
  const byKey = new Map<string, string[]>();
  const ended = new Set<number>();
  let records = 0;
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  try {
    await new Promise<void>((resolve, reject) => {
      void consumer.run({
        eachBatch: ({ batch }) => {
          for (const { key, value } of batch.messages) {
            const name = key?.toString('utf8') ?? '';
            if (name === sentinel) ended.add(batch.partition);
            if (value === null) continue;
            const id = output.idOf(decode(value.subarray(headerBytes)).value);
            if (id === null) continue;
            records += 1;
            const ids = byKey.get(name);
            if (ids === undefined) byKey.set(name, [id]);
            else ids.push(id);
          }
          if (ended.size === partitions) resolve();
          return Promise.resolve();
        },
      }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return { byKey, records };
}

/** Sentences on what is missing, repeated or out of order. Empty: each once, in order by key. */
export function wrongs(
  published: Published, expected: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const found: string[] = [];
  for (const key of new Set([...expected.keys(), ...published.byKey.keys()])) {
    const wanted = expected.get(key) ?? [];
    const got = published.byKey.get(key) ?? [];
    const at = Math.max(wanted.length, got.length) === 0 ? -1
      : Array.from({ length: Math.max(wanted.length, got.length) }, (_, index) => index)
        .find((index) => wanted[index] !== got[index]);
    if (at === undefined || at < 0) continue;
    const once = new Set(got).size;
    found.push(`${key}: expected ${wanted.length} ids, found ${got.length} (${once} different); ` +
      `at ${at} expected ${wanted[at] ?? 'nothing'}, found ${got[at] ?? 'nothing'}.`);
  }
  return found;
}
