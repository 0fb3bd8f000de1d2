/** What keeps suites apart on shared servers: a database and a topic prefix for each. */

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { mendKafkajs } from '@polytraders/runtime';
import kafkajs from 'kafkajs';
import pg from 'pg';
import { testStack } from './stack.ts';

/** A busy machine takes its time to see that a client has gone. */
const leakWaitMs = 10_000;
const dropMsMax = 30_000;
const pollMs = 50;
/** What a run that crashed has left is cleared by a later one, once it cannot be in use. */
const leftoverAgeMs = 6 * 3600 * 1000;

const databasePattern = /^t_([0-9a-z]+)_[0-9a-f]{8}_/;
const prefixPattern = /^t([0-9a-z]+)-[0-9a-f]{8}\./;

function stamp(): string {
  return Date.now().toString(36);
}

function isLeftover(pattern: RegExp, name: string): boolean {
  const begun = pattern.exec(name)?.[1];
  return begun !== undefined && Date.now() - Number.parseInt(begun, 36) > leftoverAgeMs;
}

async function onServer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { DATABASE_URL } = await testStack();
  const client = new pg.Client({ connectionString: DATABASE_URL });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export type FreshDatabase = {
  readonly name: string;
  readonly url: string;
  /**
   * Drops the database. Throws when a connection to it is still open ten seconds later: the suite
   * has leaked a handle. The database is dropped in any case.
   */
  readonly drop: () => Promise<void>;
};

async function dropDatabase(name: string): Promise<void> {
  const leaked = await onServer(async (client) => {
    const deadline = Date.now() + leakWaitMs;
    for (;;) {
      const open = await client.query<{ application_name: string; query: string }>(
        // Postgres' own workers, such as autovacuum, end by themselves.
        'SELECT application_name, query FROM pg_stat_activity WHERE datname = $1 ' +
          "AND backend_type = 'client backend'",
        [name],
      );
      if (open.rows.length === 0 || Date.now() > deadline) {
        await client.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
        return open.rows;
      }
      await sleep(pollMs);
    }
  });
  if (leaked.length > 0) {
    const last = leaked.map((row) => row.query.slice(0, 80)).join(' | ');
    throw new Error(
      `Expected every connection to ${name} to be closed, found ${leaked.length} open: close ` +
        `them before the database is dropped. Their last statements: ${last}.`,
    );
  }
}

/**
 * A new database on the test Postgres, empty or a copy of `template`. `name` (letters, digits,
 * underscores) only makes it recognisable. Drop it in `afterAll`.
 */
export async function freshDatabase(name: string, template?: string): Promise<FreshDatabase> {
  const readable = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/g, '_')
    .slice(0, 36);
  const database = `t_${stamp()}_${randomBytes(4).toString('hex')}_${readable}`;
  const copyOf = template === undefined ? '' : ` TEMPLATE "${template}"`;
  await onServer((client) => client.query(`CREATE DATABASE "${database}"${copyOf}`));
  const { DATABASE_URL } = await testStack();
  const url = new URL(DATABASE_URL);
  url.pathname = `/${database}`;
  return { name: database, url: url.href, drop: () => dropDatabase(database) };
}

/** A TOPIC_PREFIX that no other suite has, such as `tmb2k1x0a-9f31c2d4.`. */
export function uniquePrefix(): string {
  return `t${stamp()}-${randomBytes(4).toString('hex')}.`;
}

async function onBroker<T>(brokers: string, work: (admin: kafkajs.Admin) => Promise<T>) {
  mendKafkajs();
  const kafka = new kafkajs.Kafka({
    clientId: 'testkit',
    brokers: brokers.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Deletes all topics whose name begins with the prefix, on the test broker or on `brokers`. */
export async function dropTopics(prefix: string, brokers?: string): Promise<void> {
  const { KAFKA_BROKERS } = brokers === undefined ? await testStack() : { KAFKA_BROKERS: brokers };
  await onBroker(KAFKA_BROKERS, (admin) => deleteTopics(admin, (name) => name.startsWith(prefix)));
}

/**
 * Deletes topics until the broker lists none of them. It lists for a moment what is gone already,
 * and on a busy machine it may take longer to answer than kafkajs waits: then they are looked up
 * once more.
 */
async function deleteTopics(
  admin: kafkajs.Admin,
  isWanted: (name: string) => boolean,
): Promise<void> {
  const deadline = Date.now() + dropMsMax;
  const listed = async () => (await admin.listTopics()).filter(isWanted);
  for (let topics = await listed(); topics.length > 0; topics = await listed()) {
    try {
      await admin.deleteTopics({ topics, timeout: dropMsMax });
    } catch (cause) {
      if (Date.now() > deadline) throw cause;
    }
    if (Date.now() > deadline)
      throw new Error(`Expected the broker to delete ${topics.join()}; it lists them still.`);
    await sleep(pollMs);
  }
}

/** Clears databases and topics that crashed runs have left; done once at the start of a run. */
export async function clearLeftovers(): Promise<void> {
  await onServer(async (client) => {
    const all = await client.query<{ datname: string }>('SELECT datname FROM pg_database');
    for (const { datname } of all.rows.filter((row) => isLeftover(databasePattern, row.datname))) {
      await client.query(`DROP DATABASE IF EXISTS "${datname}" WITH (FORCE)`);
    }
  });
  const { KAFKA_BROKERS } = await testStack();
  await onBroker(KAFKA_BROKERS, (admin) =>
    deleteTopics(admin, (topic) => isLeftover(prefixPattern, topic)),
  );
}
