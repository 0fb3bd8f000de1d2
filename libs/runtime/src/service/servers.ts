/** What a service, or a thread of it, works with: its own connections to the three servers. */

import { type Logger } from 'pino';
import { type Processor } from '@polytraders/stream';
import { connectKafka, type KafkaConfig } from '../kafka/connect.ts';
import { type KafkaPort } from '../kafka/port.ts';
import { pool } from '../postgres/database.ts';
import { createSchemaBook, type SchemaBook } from '../registry/schema-book.ts';
import { type KafkaSettings, type ServiceConfig } from './config.ts';

export type Services = {
  readonly kafka: KafkaPort;
  readonly book: SchemaBook;
  readonly database: ReturnType<typeof pool>;
  readonly log: Logger;
  readonly config: ServiceConfig;
  /** A wait for a server that did not answer: logged with `about`, counted, shown in health. */
  readonly onOutage: (error: Error, about?: object) => void;
};

export type Servers = Pick<Services, 'kafka' | 'book' | 'database'> & {
  readonly close: () => Promise<void>;
};

/** Connects under the processor's id and the worker's; what it publishes is made known. */
export async function openServers<Event, Entity, Entry extends object>(
  processor: Pick<Processor<Event, Entity, Entry>, 'id' | 'codec' | 'emits'>,
  facts: Pick<Services, 'config' | 'log' | 'onOutage'> & { readonly publishes: boolean },
): Promise<Servers> {
  const { config, onOutage } = facts;
  const name = `${processor.id}.${config.workerId}`;
  const database = pool({ url: config.databaseUrl, applicationName: name }, 4 + config.slots);
  const kafka = await connectKafka({ ...kafkaConfig(config.kafka), clientId: name });
  const { registryUrl } = config;
  const book = createSchemaBook({ registryUrl, codec: processor.codec, database, onOutage });
  if (facts.publishes) await book.announce(processor.emits);
  const close = async (): Promise<void> => {
    book.close();
    await kafka.close();
    await database.end();
  };
  return { kafka, book, database, close };
}

/** Connection settings of the port from those of the environment. */
export function kafkaConfig(settings: KafkaSettings): Omit<KafkaConfig, 'clientId'> {
  const { brokers, sasl, ssl } = settings;
  return {
    brokers,
    ...(sasl === null ? {} : { sasl }),
    ...(ssl === null ? {} : { ssl: ssl.ca === null ? true : { ca: ssl.ca } }),
  };
}
