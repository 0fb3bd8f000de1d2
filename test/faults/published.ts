/**
 * What a consumer of an output sees, with nothing of ours on the way: an ordinary kafkajs group
 * consumer that reads committed records only, from the beginning to a sentinel that is put behind
 * everything, and the registry client, which decodes each by the schema that its frame names.
 */

import { createHash, randomBytes } from 'node:crypto';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { TOPICS, type Topic } from '@polytraders/contracts';
import { ledgerTopic, settlementTopic, type TestLog } from '../e2e/log.ts';
import { readDownstream } from './downstream.ts';

/** What reading takes of a test log. */
export type Broker = Pick<TestLog, 'prefix' | 'kafka' | 'env'>;

export type Published = {
  /** Ids in the order of each partition, by group. */
  readonly byGroup: ReadonlyMap<string, readonly string[]>;
  readonly records: number;
};

type Value = {
  readonly event_id: string;
  readonly event_type?: string;
  readonly fill_id?: string | null;
};

export type Output = {
  readonly topic: string;
  readonly partitions: number;
  /** Null for a record that is not looked at. */
  readonly idOf: (value: Value) => string | null;
  /** Records of a group are in order among themselves. */
  readonly groupOf: (key: string, partition: number) => string;
};

/** Reports on fills; those on markets and windows stand beside them. */
export const settlementReports: Output = {
  topic: settlementTopic,
  partitions: 12,
  idOf: (value) => (value.event_type === 'FILL_PNL_COMPUTED' ? (value.fill_id ?? '') : null),
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
  const schemas = new SchemaRegistry({ host: log.env['SCHEMA_REGISTRY_URL'] ?? '' });
  const byGroup = new Map<string, string[]>();
  let records = 0;
  await consume(log, output, async (key, value, partition) => {
    const id = output.idOf((await schemas.decode(value)) as Value);
    if (id === null) return;
    const group = output.groupOf(key, partition);
    records += 1;
    const ids = byGroup.get(group);
    if (ids === undefined) byGroup.set(group, [id]);
    else ids.push(id);
  });
  return { byGroup, records };
}

/** Hashes of whole records in their order, by key. */
export type Sequences = {
  readonly byKey: ReadonlyMap<string, readonly string[]>;
  readonly count: number;
};

/** Reads a topic of the catalogue to its end, byte for byte. */
export async function readRecords(log: Broker, topic: Topic): Promise<Sequences> {
  const byKey = new Map<string, string[]>();
  let count = 0;
  await consume(log, { topic: topic.name, partitions: topic.partitions }, (key, value) => {
    const hash = createHash('sha256').update(value).digest('base64');
    count += 1;
    const hashes = byKey.get(key);
    if (hashes === undefined) byKey.set(key, [hash]);
    else hashes.push(hash);
  });
  return { byKey, count };
}

type Place = { readonly topic: string; readonly partitions: number };
type Each = (key: string, value: Buffer, partition: number) => void | Promise<void>;

async function consume(log: Broker, place: Place, each: Each): Promise<void> {
  const topic = log.prefix + place.topic;
  const sentinel = `end-${randomBytes(4).toString('hex')}`;
  await log.kafka.send(
    Array.from({ length: place.partitions }, (_, partition) => ({
      topic,
      partition,
      key: sentinel,
      value: null,
    })),
  );
  const ended = new Set<number>();
  let end: () => void = () => undefined;
  const isRead = new Promise<void>((resolve) => {
    end = resolve;
  });
  const { failed, close } = await readDownstream(log, place.topic, async (message, partition) => {
    const { key, value } = message;
    const name = key?.toString('utf8') ?? '';
    if (value !== null) await each(name, value, partition);
    if (name === sentinel) ended.add(partition);
    if (ended.size === place.partitions) end();
  });
  try {
    await Promise.race([isRead, failed]);
  } finally {
    await close();
  }
}

/**
 * Sentences on what the two have not alike, or twice. Records of a key are compared in their order
 * where they have one, which is where a key's records come from one partition of the log.
 */
export function unlike(
  topic: string,
  found: Sequences,
  wanted: Sequences,
  isOrdered: boolean,
): readonly string[] {
  const told: string[] = [];
  for (const key of new Set([...wanted.byKey.keys(), ...found.byKey.keys()])) {
    const got = found.byKey.get(key) ?? [];
    const due = wanted.byKey.get(key) ?? [];
    const twice = got.length - new Set(got).size;
    if (twice > 0) told.push(`${topic} ${key}: ${twice} records stand there again.`);
    const same = isOrdered
      ? got.join() === due.join()
      : [...got].sort().join() === [...due].sort().join();
    if (same) continue;
    const at = got.findIndex((hash, place) => hash !== due[place]);
    told.push(
      `${topic} ${key}: expected the ${due.length} records of the undisturbed run, found ` +
        `${got.length}; the first that differs is number ${at < 0 ? got.length : at}.`,
    );
  }
  return told;
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
