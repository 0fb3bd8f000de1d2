/**
 * The whole ingestor over topics and a database of its own: as `main.ts` starts it, as often as a
 * test asks for, with a client who writes what it reads and reads what it wrote.
 */

import {
  codec,
  type Event,
  partitionOf,
  type Records,
  type RecordType,
  type Topic,
} from '@polytraders/contracts';
import { applyTopics } from '@polytraders/infra/topics';
import {
  configFromEnv,
  connectKafka,
  createSchemaBook,
  kafkaConfig,
  type KafkaPort,
  pool,
  type Running,
  start,
} from '@polytraders/runtime';
import {
  contentOf,
  dropTopics,
  freshDatabase,
  testStack,
  uniquePrefix,
} from '@polytraders/testkit';
import type pg from 'pg';
import { createWriter } from '../src/processor.ts';
import { inboxSource } from '../src/shell/inbox-source.ts';
import { ingestorConfig, startReaders } from '../src/shell/service.ts';

type Env = Readonly<Record<string, string>>;

export type ServiceBench = {
  /** What the names of its topics begin with. */
  readonly prefix: string;
  /** Where a program finds its servers, database and topics. */
  readonly env: Env;
  readonly database: pg.Pool;
  readonly kafka: KafkaPort;
  /** Starts an ingestor with these settings; one that still runs is stopped with the bench. */
  readonly start: (settings?: Env) => Promise<Running>;
  /** Sends a record of an announced type to the partition of its key. */
  readonly send: <Type extends RecordType>(
    topic: Topic,
    key: string,
    type: Type,
    value: Records[Type],
  ) => Promise<void>;
  /** What stands in a partition for a read_committed reader. */
  readonly read: (topic: Topic, partition: number) => Promise<readonly Event[]>;
  readonly close: () => Promise<void>;
};

/** No window of an old day comes to rest while a slow machine is at its test. */
const UNHURRIED = { WINDOW_QUIET_SECONDS: '3600' };

/** Sets everything up but the ingestor; `types` are those of the records that will be sent. */
export async function openBench(name: string, types: readonly RecordType[]): Promise<ServiceBench> {
  const prefix = uniquePrefix();
  const stack = await testStack();
  const fresh = await freshDatabase(name);
  const env = { ...stack, DATABASE_URL: fresh.url, TOPIC_PREFIX: prefix };
  const quiet = { LOG_LEVEL: 'silent', SESSION_TIMEOUT_MS: '6000', WORKER_ID: name };
  const { kafka: brokers, registryUrl } = configFromEnv(env);
  await applyTopics({ brokers, registryUrl, prefix });
  const database = pool({ url: fresh.url, applicationName: 'test' }, 2);
  const kafka = await connectKafka({ ...kafkaConfig(brokers), clientId: 'test' });
  const onOutage = (): undefined => undefined;
  const book = createSchemaBook({ registryUrl, codec, database, onOutage });
  await book.announce(types);
  const running = new Set<Running>();
  return {
    prefix,
    env,
    database,
    kafka,
    start: async (settings = {}) => {
      const ingestor = ingestorConfig({ ...UNHURRIED, ...settings });
      const config = configFromEnv({ ...env, ...quiet, ...settings });
      const service = await start(createWriter(ingestor.accounts, ingestor.rules), config, {
        source: inboxSource,
        beside: (services) => startReaders(services, ingestor),
      });
      running.add(service);
      const stop = (): Promise<void> => {
        running.delete(service);
        return service.stop();
      };
      return { ...service, stop };
    },
    send: async (topic, key, type, value) => {
      const place = { topic: prefix + topic.name, partition: partitionOf(key, topic.partitions) };
      await kafka.send([{ ...place, key, value: book.encode(type, value) }]);
    },
    read: async (topic, partition) => {
      const place = { topic: prefix + topic.name, partition };
      const found = await contentOf({ kafka, book }, place);
      return found.map(({ content }) => content as Event);
    },
    close: async () => {
      await Promise.all([...running].map((service) => service.stop()));
      book.close();
      await kafka.close();
      await database.end();
      await fresh.drop();
      await dropTopics(prefix);
    },
  };
}
