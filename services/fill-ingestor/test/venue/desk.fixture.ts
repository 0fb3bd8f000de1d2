/**
 * A desk of its own for a venue suite: topics, a database, the services as processes, the import
 * command as people call it.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { codec, type Event, partitionOf, TOPICS } from '@polytraders/contracts';
import { applyTopics } from '@polytraders/infra/topics';
import {
  configFromEnv,
  connectKafka,
  createSchemaBook,
  kafkaConfig,
  pool,
  type ServiceConfig,
} from '@polytraders/runtime';
import {
  contentOf,
  dropTopics,
  freshDatabase,
  testStack,
  uniquePrefix,
} from '@polytraders/testkit';
import type pg from 'pg';
import { folder } from './venue.ts';

export type Answer = { readonly code: number; readonly out: string; readonly err: string };

export type Desk = {
  readonly database: pg.Pool;
  /** Imports a file of the venue's, or one by its full path, with the command's own words. */
  readonly importFile: (name: string, ...terms: readonly string[]) => Promise<Answer>;
  /** The same with fees declared zero; the result of `--json`. Throws where it fails. */
  readonly taken: (name: string, ...terms: readonly string[]) => Promise<Result>;
  /** The log of an account's partition, what is of that account alone. */
  readonly logOf: (account: string) => Promise<readonly Event[]>;
  readonly close: () => Promise<void>;
};

export type Result = Readonly<Record<string, unknown>>;

const services = new URL('../../../', import.meta.url).pathname;

/** Topics, a database, and the named services over them, started as anywhere else. */
export async function openDesk(
  names: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Desk> {
  const prefix = uniquePrefix();
  const stack = await testStack();
  const fresh = await freshDatabase('venue');
  const own = { DATABASE_URL: fresh.url, TOPIC_PREFIX: prefix };
  const env = { ...process.env, ...stack, ...own, ...settings };
  const config = configFromEnv(env);
  await applyTopics({ brokers: config.kafka, registryUrl: config.registryUrl, prefix });
  const database = pool({ url: fresh.url, applicationName: 'test' }, 2);
  const running: ChildProcess[] = [];
  const importFile = (name: string, ...terms: readonly string[]) => runImport(env, name, terms);
  const close = async (): Promise<void> => {
    await Promise.all(running.map(stopService));
    await database.end();
    await fresh.drop();
    await dropTopics(prefix);
  };
  try {
    await Promise.all(names.map((name) => startService(name, env, running)));
  } catch (cause) {
    await close();
    throw cause;
  }
  return {
    database,
    importFile,
    taken: async (name, ...terms) => {
      const declared = ['--fee', 'declared-zero', '--reviewed-by', 'auditor'];
      const { code, out, err } = await importFile(name, '--json', ...terms, ...declared);
      if (code !== 0) throw new Error(err);
      return JSON.parse(out) as Result;
    },
    logOf: (account) => logOf(config, database, account),
    close,
  };
}

function startService(
  name: string,
  env: NodeJS.ProcessEnv,
  running: ChildProcess[],
): Promise<void> {
  const child = spawn(process.execPath, [`${services}${name}/src/main.ts`], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer): void => {
      said = (said + chunk.toString('utf8')).slice(-4_000);
      if (said.includes('"event":"STARTED"')) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', () => {
      reject(new Error(`${name} ended: ${said}`));
    });
  });
}

async function stopService(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill('SIGTERM');
  await ended;
}

function runImport(
  env: NodeJS.ProcessEnv,
  name: string,
  terms: readonly string[],
): Promise<Answer> {
  const program = `${services}fill-ingestor/src/import-file.ts`;
  const path = name.startsWith('/') ? name : `${folder}/${name}`;
  const child = spawn(process.execPath, [program, path, ...terms], { env });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString('utf8');
  });
  return new Promise((resolve) => {
    child.once('close', (code) => {
      resolve({ code: code ?? 2, out, err });
    });
  });
}

async function logOf(
  config: ServiceConfig,
  database: pg.Pool,
  account: string,
): Promise<readonly Event[]> {
  const { name, partitions } = TOPICS.ledgerEvents;
  const place = { topic: config.topicPrefix + name, partition: partitionOf(account, partitions) };
  const kafka = await connectKafka({ ...kafkaConfig(config.kafka), clientId: 'test' });
  const { registryUrl } = config;
  const book = createSchemaBook({ registryUrl, codec, database, onOutage: () => undefined });
  try {
    const found = await contentOf({ kafka, book }, place);
    const events = found.map(({ content }) => content as Event);
    return events.filter(({ value }) => 'account' in value && value.account === account);
  } finally {
    book.close();
    await kafka.close();
  }
}
