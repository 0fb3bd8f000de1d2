/**
 * What a consumer of an output sees, with nothing of ours on the way: an ordinary kafkajs group
 * consumer that reads committed records only, from the beginning to a sentinel that is put behind
 * everything, and the registry client, which decodes each by the schema that its frame names.
 */

import { randomBytes } from 'node:crypto';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import kafkajs from 'kafkajs';
import { TOPICS } from '@polytraders/contracts';
import { mendKafkajs } from '@polytraders/runtime';
import { ledgerTopic, settlementTopic, type TestLog } from '../e2e/log.ts';

/** What reading takes of a test log. */
export type Broker = Pick<TestLog, 'prefix' | 'kafka' | 'env'>;

export type Published = {
  /** Ids in the order of each partition, by group. */
  readonly byGroup: ReadonlyMap<string, readonly string[]>;
  readonly records: number;
};

type Value = { readonly event_id: string; readonly fill_id?: string | null };

export type Output = {
  readonly topic: string;
  readonly partitions: number;
  readonly idOf: (value: Value) => string;
  /** Records of a group are in order among themselves. */
  readonly groupOf: (key: string, partition: number) => string;
};

export const settlementReports: Output = {
  topic: settlementTopic,
  partitions: 12,
  idOf: (value) => value.fill_id ?? '',
  groupOf: (key) => key,
};

/** The log itself. */
export const ledgerEvents: Output = {
  topic: ledgerTopic,
  partitions: 12,
  idOf: (value) => value.event_id,
  groupOf: (_, partition) => String(partition),
};

/** Inputs set aside. */
export const quarantined: Output = {
  topic: TOPICS.quarantine.name,
  partitions: TOPICS.quarantine.partitions,
  idOf: (value) => value.event_id,
  groupOf: (key) => key,
};

/** Reads the output to its end, as of now. */
export async function readPublished(log: Broker, output: Output): Promise<Published> {
  const topic = log.prefix + output.topic;
  const sentinel = `end-${randomBytes(4).toString('hex')}`;
  await log.kafka.send(
    Array.from({ length: output.partitions }, (_, partition) => ({
      topic,
      partition,
      key: sentinel,
      value: null,
    })),
  );
  const brokers = (log.env['KAFKA_BROKERS'] ?? '').split(',');
  mendKafkajs();
  const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
  const groupId = `${log.prefix}reader-${randomBytes(4).toString('hex')}`;
  const consumer = kafka.consumer({ groupId, readUncommitted: false });
  const schemas = new SchemaRegistry({ host: log.env['SCHEMA_REGISTRY_URL'] ?? '' });
  const byGroup = new Map<string, string[]>();
  const ended = new Set<number>();
  let records = 0;
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  try {
    await new Promise<void>((resolve, reject) => {
      void consumer
        .run({
          eachBatch: async ({ batch }) => {
            for (const { key, value } of batch.messages) {
              const name = key?.toString('utf8') ?? '';
              if (name === sentinel) ended.add(batch.partition);
              if (value === null) continue;
              const id = output.idOf((await schemas.decode(value)) as Value);
              const group = output.groupOf(name, batch.partition);
              records += 1;
              const ids = byGroup.get(group);
              if (ids === undefined) byGroup.set(group, [id]);
              else ids.push(id);
            }
            if (ended.size === output.partitions) resolve();
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return { byGroup, records };
}

/** Sentences on what is missing, repeated or out of order. Empty: each once, in order by key. */
export function wrongs(
  published: Published,
  expected: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const found: string[] = [];
  for (const key of new Set([...expected.keys(), ...published.byGroup.keys()])) {
    const wanted = expected.get(key) ?? [];
    const got = published.byGroup.get(key) ?? [];
    const at =
      Math.max(wanted.length, got.length) === 0
        ? -1
        : Array.from({ length: Math.max(wanted.length, got.length) }, (_, index) => index).find(
            (index) => wanted[index] !== got[index],
          );
    if (at === undefined || at < 0) continue;
    const once = new Set(got).size;
    found.push(
      `${key}: expected ${wanted.length} ids, found ${got.length} (${once} different); ` +
        `at ${at} expected ${wanted[at] ?? 'nothing'}, found ${got[at] ?? 'nothing'}.`,
    );
  }
  return found;
}
