/** When everything is read that was there: topics, inbox and chain, on a real Postgres. */

import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { TOPICS } from '@polytraders/contracts';
import { type KafkaPort, migrate, pool } from '@polytraders/runtime';
import { type FreshDatabase, freshDatabase } from '@polytraders/testkit';
import type pg from 'pg';
import { type Level, watchLevel } from './window-level.ts';

const { executionReports: topic } = TOPICS;
const NOW = 1_778_284_800_000_000;
const stream = fileURLToPath(new URL('../../../../libs/runtime/sql', import.meta.url));

let fresh: FreshDatabase;
let database: pg.Pool;
/** Ends of the partitions of the topic, as Kafka would tell them. */
let ends: number[];

beforeEach(async () => {
  fresh = await freshDatabase('window_level');
  database = pool({ url: fresh.url, applicationName: 'window-level-test' }, 2);
  const client = await database.connect();
  await migrate(client, 'stream', stream);
  await migrate(client, 'ingest', fileURLToPath(new URL('../../sql', import.meta.url)));
  client.release();
  for (let partition = 0; partition < 12; partition += 1) await written(partition, 0);
  ends = [10, 0];
});

afterEach(async () => {
  await database.end();
  await fresh.drop();
});

const kafka: Pick<KafkaPort, 'partitionsOf' | 'watermarks'> = {
  partitionsOf: () => Promise.resolve(ends.length),
  watermarks: ({ topic: name, partition }) => {
    expect(name).toBe(`t.${topic.name}`);
    const end = ends[partition] ?? 0;
    return Promise.resolve({ low: 0, high: end + 3, lastStable: end });
  },
};

const watch = (chain: string | null = null): Level =>
  watchLevel(database, kafka, { topics: [topic], topicPrefix: 't.', chain });

async function read(partition: number, to: number): Promise<void> {
  await database.query(
    'INSERT INTO ingest.source_position (source, partition, next_offset) VALUES ($1, $2, $3) ' +
      'ON CONFLICT (source, partition) DO UPDATE SET next_offset = EXCLUDED.next_offset',
    [topic.name, partition, to],
  );
}

async function written(partition: number, to: number): Promise<void> {
  await database.query(
    'INSERT INTO stream.partition (processor, version, topic, partition, next_offset, ' +
      "chain_hash) VALUES ('fill-ingestor', 1, 'ingest.inbox', $1, $2, '') " +
      'ON CONFLICT (processor, version, topic, partition) ' +
      'DO UPDATE SET next_offset = EXCLUDED.next_offset',
    [partition, to],
  );
}

async function received(partition: number, to: number): Promise<void> {
  await database.query('UPDATE ingest.inbox_end SET next_seq = $2 WHERE partition = $1', [
    partition,
    to,
  ]);
}

test('a backlog of the bus is read first, though nobody has begun to', async () => {
  const level = watch();
  expect(await level.behind(NOW, NOW)).toEqual([
    `topic ${topic.name}/0: read to 0, 10 were there.`,
  ]);
  await read(0, 9);
  expect(await level.behind(NOW, NOW)).toEqual([
    `topic ${topic.name}/0: read to 9, 10 were there.`,
  ]);
  await read(0, 10);
  expect(await level.behind(NOW, NOW)).toEqual([]);
});

test('a busy topic is level once it is read to where its end was', async () => {
  const level = watch();
  await level.behind(NOW, NOW);
  ends = [1_000, 50];
  await read(0, 10);
  expect(await level.behind(NOW, NOW)).toEqual([]);
  level.forget();
  expect(await level.behind(NOW, NOW)).toHaveLength(2);
});

test('what is due later is measured against where the end is then', async () => {
  const level = watch();
  await read(0, 10);
  expect(await level.behind(NOW, NOW - 1)).toEqual([]);
  ends = [20, 0];
  expect(await level.behind(NOW + 9, NOW)).toEqual([]);
  expect(await level.behind(NOW + 9, NOW + 1)).toHaveLength(1);
  await read(0, 20);
  expect(await level.behind(NOW + 10, NOW + 1)).toEqual([]);
});

test('a broker that does not answer is said to be the reason', async () => {
  const silent = { ...kafka, partitionsOf: () => Promise.reject(new Error('No answer.')) };
  const level = watchLevel(database, silent, { topics: [topic], topicPrefix: 't.', chain: null });
  expect(await level.behind(NOW, NOW)).toEqual([
    'The ends of the topics are not known: No answer.',
  ]);
});

test('what is in the inbox goes through its writer, one that is new since not', async () => {
  ends = [0, 0];
  await received(4, 7);
  const level = watch();
  expect(await level.behind(NOW, NOW)).toEqual(['inbox 4: read to 0, 7 were there.']);
  await received(4, 99);
  await written(4, 7);
  expect(await level.behind(NOW, NOW)).toEqual([]);
});

test('the chain is read as far as it is final, wallets declared later to their past', async () => {
  ends = [0];
  const level = watch('chain/137');
  expect(await level.behind(NOW, NOW)).toEqual(['chain/137: nothing is read yet.']);
  await database.query(
    'INSERT INTO ingest.chain_position (source, worker_id, seen_at, next_block, final_block) ' +
      "VALUES ('chain/137', 'w', now(), 5, 5)",
  );
  expect(await level.behind(NOW, NOW)).toEqual(['chain/137: read to block 5, final to 5.']);
  await database.query('UPDATE ingest.chain_position SET next_block = 6');
  expect(await level.behind(NOW, NOW)).toEqual([]);
  await database.query("INSERT INTO ingest.chain_backlog VALUES ('chain/137', '0xa', 1, 3)");
  const past = ['chain/137: a part of the past is still to be read.'];
  expect(await level.behind(NOW, NOW)).toEqual(past);
  // One that is left out holds no window up: its past is read once it is declared again.
  await database.query("INSERT INTO ingest.chain_wallet VALUES ('chain/137', '0xa', 3, false)");
  expect(await level.behind(NOW, NOW)).toEqual([]);
  await database.query('DELETE FROM ingest.chain_wallet');
  expect(await level.behind(NOW, NOW)).toEqual(past);
  await database.query('UPDATE ingest.chain_backlog SET next_block = 3');
  expect(await level.behind(NOW, NOW)).toEqual([]);
  await database.query(
    'INSERT INTO ingest.chain_contracts_backlog ' +
      '(source, account, contracts, next_block, until_block) ' +
      "VALUES ('chain/137', '0xa', '[]', 1, 3)",
  );
  expect(await level.behind(NOW, NOW)).toEqual(past);
  await database.query('UPDATE ingest.chain_contracts_backlog SET next_block = 3');
  await database.query("UPDATE ingest.chain_position SET seen_at = now() - interval '2 min'");
  expect(await level.behind(NOW, NOW)).toEqual([
    'chain/137: nobody has looked at it for a minute.',
  ]);
  await database.query("UPDATE ingest.chain_position SET halted = 'CHAIN_REORGED: x'");
  expect(await level.behind(NOW, NOW)).toEqual([
    'chain/137: its reader is halted (CHAIN_REORGED: x).',
  ]);
});
