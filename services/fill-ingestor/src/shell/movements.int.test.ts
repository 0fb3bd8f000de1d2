/** Movements, commands and a resolution through the whole ingestor, and across its restart. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { codec, type Event, fromJson, partitionOf, TOPICS } from '@polytraders/contracts';
import { applyTopics } from '@polytraders/infra/topics';
import {
  configFromEnv,
  connectKafka,
  createSchemaBook,
  kafkaConfig,
  type KafkaPort,
  pool,
  type Running,
  type SchemaBook,
  type ServiceConfig,
  start,
} from '@polytraders/runtime';
import {
  dropTopics,
  type FreshDatabase,
  freshDatabase,
  testStack,
  uniquePrefix,
} from '@polytraders/testkit';
import type pg from 'pg';
import {
  ALICE,
  CONDITION,
  MATCH,
  movement,
  NO,
  NOON,
  ORDER,
  resolution,
  TX,
  YES,
} from '../../test/inputs.ts';
import { createWriter } from '../processor.ts';
import { type RawInput } from '../raw.ts';
import { appendInputs, inTransaction } from './inbox.ts';
import { inboxSource } from './inbox-source.ts';
import { partitionOfAccount } from './inputs.ts';
import { ingestorConfig, startReaders } from './service.ts';

const prefix = uniquePrefix();
const HOME = partitionOfAccount(ALICE);
const OTHER = `0x${'22'.repeat(32)}`;
const EVENTS = TOPICS.ledgerEvents;
let fresh: FreshDatabase;
let config: ServiceConfig;
let database: pg.Pool;
let kafka: KafkaPort;
let book: SchemaBook;
let running: Running;

beforeAll(async () => {
  const stack = await testStack();
  fresh = await freshDatabase('ingestor_moves');
  config = configFromEnv({
    ...stack,
    DATABASE_URL: fresh.url,
    TOPIC_PREFIX: prefix,
    LOG_LEVEL: 'silent',
    SESSION_TIMEOUT_MS: '6000',
  });
  await applyTopics({ brokers: config.kafka, registryUrl: config.registryUrl, prefix });
  database = pool({ url: config.databaseUrl, applicationName: 'test' }, 2);
  kafka = await connectKafka({ ...kafkaConfig(config.kafka), clientId: 'test' });
  running = await startIngestor();
  const onOutage = (): undefined => undefined;
  book = createSchemaBook({ registryUrl: config.registryUrl, codec, database, onOutage });
  await book.announce(['ExecutionReport', 'LedgerCommand']);
}, 180_000);

afterAll(async () => {
  await running.stop();
  book.close();
  await kafka.close();
  await database.end();
  await fresh.drop();
  await dropTopics(prefix);
}, 60_000);

function startIngestor(): Promise<Running> {
  const ingestor = ingestorConfig({});
  return start(createWriter(ingestor.accounts), config, {
    source: inboxSource,
    beside: (services) => startReaders(services, ingestor),
  });
}

async function send(type: 'ExecutionReport' | 'LedgerCommand', json: object): Promise<void> {
  const topic = type === 'LedgerCommand' ? TOPICS.commands : TOPICS.executionReports;
  const value = book.encode(type, fromJson(type, json));
  const partition = partitionOf(ALICE, topic.partitions);
  await kafka.send([{ topic: prefix + topic.name, partition, key: ALICE, value }]);
}

async function ask(id: string, command: string, given: object): Promise<void> {
  await send('LedgerCommand', {
    event_id: id,
    correlation_id: id,
    producer: 'test',
    effective_at: '2026-05-08T12:00:00Z',
    recorded_at: '2026-05-08T12:00:00Z',
    command,
    account: ALICE,
    arguments: JSON.stringify(given),
    proposed_by: 'desk',
    approved_by: null,
    reason: 'test',
  });
}

let at = 0;

/** Puts an input where a reader would: in the inbox of Alice, or of all. */
async function append(raw: RawInput, partition: number | 'all' = HOME): Promise<void> {
  at += 1;
  const source = raw.format === 'movement' ? raw.source : 'chain';
  const sourcePosition = `test/${String(at)}`;
  const input = { partition, source, sourcePosition, rawFormat: 'json', raw } as const;
  const inputs = [{ ...input, bytes: Buffer.from(JSON.stringify(raw)) }];
  await inTransaction(database, (client) => appendInputs(client, inputs, NOON + at));
}

/** Alice's partition of the log without the parameters, once a record of the type is there. */
async function logWith(type: string): Promise<readonly Event[]> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const log = await readLog();
    if (log.some((event) => event.type === type) || performance.now() > deadline) return log;
    await sleep(200);
  }
}

async function readLog(): Promise<readonly Event[]> {
  const topic = prefix + EVENTS.name;
  const { low, lastStable } = await kafka.watermarks({ topic, partition: HOME });
  const found: Event[] = [];
  for (let offset = low; offset < lastStable; offset += 1) {
    const record = await kafka.recordAt({ topic, partition: HOME }, offset);
    if (record === null) continue;
    await book.prepare([record.value], AbortSignal.timeout(5_000));
    found.push(book.decode(record.value) as Event);
  }
  return found.filter((event) => event.type !== 'ParametersChanged');
}

const SPLIT = movement('PositionsSplit', {
  condition_id: CONDITION,
  amount_pusd: '10',
  legs: [YES, NO].map((token) => ({ token_id: token, quantity_shares: '10' })),
});
const CLAIM = { job_id: 'job-1', tx_hash: TX };

test('commands and movements stand on the log; a reservation hears of its end', async () => {
  await send('ExecutionReport', ORDER);
  await send('ExecutionReport', { ...MATCH, negRisk: false });
  await logWith('FillConfirmed');
  await ask('cmd-1', 'CLAIM_JOB', CLAIM);
  await logWith('SettlementJobClaimed');
  await append(SPLIT);
  await ask('cmd-2', 'RESERVE', { amount_pusd: '1', max_fee_pusd: '0', ttl_ms: 1 });
  const log = await logWith('TimeAdvanced');
  const types = log.map((event) => event.type);
  expect(types.filter((type) => type !== 'TimeAdvanced')).toEqual([
    'OrderOpened',
    'FillConfirmed',
    'SettlementJobClaimed',
    'PositionsSplit',
    'ReservationRequested',
  ]);
  expect(types.at(-1)).toBe('TimeAdvanced');
  expect(log.find((event) => event.type === 'PositionsSplit')?.value).toMatchObject({
    job_id: 'job-1',
  });
}, 90_000);

test('an ingestor that starts anew remembers what was moved, asked, held and open', async () => {
  await running.stop();
  running = await startIngestor();
  const before = (await readLog()).length;
  await append(SPLIT);
  await ask('cmd-1', 'CLAIM_JOB', CLAIM);
  const redeemed = { condition_id: CONDITION, payout_pusd: '110', tx_hash: OTHER };
  await append(movement('PositionsRedeemed', redeemed, 'file'));
  await append(resolution(['1', '0']), 'all');
  const log = (await logWith('OrderClosed')).slice(before);
  expect(log.map((event) => event.type)).toEqual([
    'PositionsRedeemed',
    'MarketResolved',
    'OrderClosed',
  ]);
  expect(log[0]?.value).toMatchObject({
    legs: [
      { token_id: YES, quantity_shares: 110_000_000n },
      { token_id: NO, quantity_shares: 10_000_000n },
    ],
  });
  expect(log[2]?.value).toMatchObject({ order_id: 'O1', closing_reason: 'MARKET_RESOLVED' });
  const deadlines = await database.query('SELECT 1 FROM ingest.deadline');
  expect(deadlines.rowCount).toBe(0);
}, 90_000);
