/**
 * Which servers a command talks to: those of the environment, else those of the local stack as
 * `.local/stack.env` names them. Connections are opened only by the commands that need them.
 */

import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { codec } from '@polytraders/contracts';
import {
  configFromEnv,
  connectKafka,
  createSchemaBook,
  kafkaConfig,
  type KafkaPort,
  pool,
  type SchemaBook,
  type ServiceConfig,
} from '@polytraders/runtime';
import { CliError } from './terminal.ts';

type Env = Readonly<Record<string, string | undefined>>;

const stackEnvFile = join(resolve(import.meta.dirname, '../../..'), '.local/stack.env');

const serverNames = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'DATABASE_URL'] as const;

/** The environment, completed from the local stack's file where it does not name every server. */
export function environment(env: Env, file = stackEnvFile): Env {
  const named = definedOf(env);
  if (serverNames.every((name) => named[name] !== undefined)) return named;
  return { ...stackVariables(file), ...named };
}

/** Configuration of a command. Throws RuntimeError CONFIGURATION with one sentence. */
export function configOf(env: Env): ServiceConfig {
  return configFromEnv(environment(env));
}

export type Database = ReturnType<typeof pool>;

/** Runs `work` with a small pool of connections and closes it, whatever happens. */
export async function withDatabase<T>(
  env: Env,
  work: (database: Database, config: ServiceConfig) => Promise<T>,
): Promise<T> {
  const config = configOf(env);
  const database = pool({ url: config.databaseUrl, applicationName: 'polytraders-cli' }, 2);
  try {
    return await work(database, config);
  } finally {
    await database.end();
  }
}

/** The same as the owner of the tables, where `DATABASE_OWNER_URL` names one. */
export async function withOwner<T>(env: Env, work: (database: Database) => Promise<T>): Promise<T> {
  const { databaseUrl, databaseOwnerUrl } = configOf(env);
  const database = pool(
    { url: databaseOwnerUrl ?? databaseUrl, applicationName: 'polytraders-cli' },
    2,
  );
  try {
    return await work(database);
  } finally {
    await database.end();
  }
}

export type Bus = {
  readonly kafka: KafkaPort;
  readonly book: SchemaBook;
  readonly config: ServiceConfig;
  /** Aborted, with the error, as soon as the registry does not answer: a command does not wait. */
  readonly outage: AbortSignal;
};

/** Runs `work` with Kafka and the schemas, and closes both. */
export async function withBus<T>(
  env: Env,
  database: Database,
  work: (bus: Bus) => Promise<T>,
): Promise<T> {
  const config = configOf(env);
  const kafka = await connectKafka({ ...kafkaConfig(config.kafka), clientId: 'polytraders-cli' });
  const outage = new AbortController();
  const onOutage = (error: Error): void => outage.abort(error);
  const { registryUrl } = config;
  const book = createSchemaBook({ registryUrl, codec, database, onOutage, readsOnly: true });
  try {
    return await work({ kafka, book, config, outage: outage.signal });
  } finally {
    book.close();
    await kafka.close();
  }
}

/**
 * NAME=value lines; anything else in the file is left alone. Throws one sentence for the file of a
 * stack in another folder: who copies a checkout must not write into the books of the first one.
 */
function stackVariables(file: string): Env {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // No local stack was ever started: the environment must name the servers.
    return {};
  }
  const folder = /^# The stack in (.*)$/m.exec(text)?.[1] ?? dirname(file);
  if (folder !== dirname(file)) {
    throw new CliError(
      `Expected the addresses of this checkout's stack in ${file}, found those of the stack in ` +
        `${folder}: start one here with npm run stack -- up, or name all three servers.`,
    );
  }
  const found: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line.trim()) ?? [];
    if (name !== undefined && value !== undefined) found[name] = value;
  }
  return found;
}

function definedOf(env: Env): Env {
  return Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
}
