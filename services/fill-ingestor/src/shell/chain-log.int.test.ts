/** From the chain to the log, through the whole service: each fill and movement once, in order. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  codec,
  type Event,
  type ExecutionReport,
  fromJson,
  partitionOf,
  TOPICS,
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
import {
  conditionOf,
  type LocalChain,
  marketMaker,
  type MarketMaker,
  POLYGON_VENUE as VENUE,
  startChain,
} from '@polytraders/testkit/chain';
import { tokenIdsOf } from '@polytraders/testkit/generator';
import type pg from 'pg';
import { until } from '../../test/chain-bench.fixture.ts';
import { ALICE, BOB } from '../../test/transactions.ts';
import { createWriter } from '../processor.ts';
import { inboxSource } from './inbox-source.ts';
import { ingestorConfig, startReaders } from './service.ts';

const FIRST = 94_959_000;
const DEPTH = 8;
const QUESTION = 'rain';
const CONDITION = conditionOf(QUESTION);
const [YES, NO] = tokenIdsOf(CONDITION, false);
const MARKET = { conditionId: CONDITION, ids: [YES, NO] as const };

let folder: string;
let prefix: string;
let fresh: FreshDatabase;
let config: ServiceConfig;
let database: pg.Pool;
let kafka: KafkaPort;
let book: SchemaBook;
let chain: LocalChain;
let venue: MarketMaker;
let running: Running;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chain-log-'));
  prefix = uniquePrefix();
  fresh = await freshDatabase('chain_log');
  const stack = await testStack();
  config = configFromEnv({
    ...stack,
    DATABASE_URL: fresh.url,
    TOPIC_PREFIX: prefix,
    LOG_LEVEL: 'silent',
    SESSION_TIMEOUT_MS: '6000',
  });
  await applyTopics({ brokers: config.kafka, registryUrl: config.registryUrl, prefix });
  database = pool({ url: fresh.url, applicationName: 'test' }, 2);
  kafka = await connectKafka({ ...kafkaConfig(config.kafka), clientId: 'test' });
  chain = await startChain({
    actors: [VENUE.exchange, VENUE.adapter],
    real: VENUE,
    first: { block: FIRST, time: 1_791_143_000 },
    slotsInAnEpoch: 1_000_000,
  });
  venue = marketMaker(chain, VENUE);
  running = await startIngestor();
  const { registryUrl } = config;
  book = createSchemaBook({ registryUrl, codec, database, onOutage: () => undefined });
  await book.announce(['ExecutionReport']);
}, 90_000);

afterEach(async () => {
  await running.stop();
  book.close();
  await kafka.close();
  await database.end();
  await chain.stop();
  await fresh.drop();
  await dropTopics(prefix);
  rmSync(folder, { recursive: true });
}, 60_000);

/** The chain books for Alice, the bus for Bob, of whom the chain speaks, too. */
function startIngestor(): Promise<Running> {
  const accounts = {
    [ALICE]: { source_of_record: 'chain', default_bot: 'alpha' },
    [BOB]: { source_of_record: 'bus', other_sources: ['chain'], default_bot: 'beta' },
  };
  const path = join(folder, 'accounts.json');
  writeFileSync(path, JSON.stringify(accounts));
  const ingestor = ingestorConfig({
    ACCOUNTS_FILE: path,
    CHAIN_RPC_URL: chain.node.url,
    CHAIN_START_BLOCK: String(FIRST),
    CHAIN_DEPTH: String(DEPTH),
    CHAIN_POLL_MS: '50',
    CHAIN_HEAD_AGE_MS_MAX: '0',
  });
  return start(createWriter(ingestor.accounts), config, {
    source: inboxSource,
    beside: (services) => startReaders(services, ingestor),
  });
}

/** The records of an account that stand on the log. */
async function logOf(account: string): Promise<readonly Event[]> {
  const { name, partitions } = TOPICS.ledgerEvents;
  const place = { topic: prefix + name, partition: partitionOf(account, partitions) };
  const { low, lastStable } = await kafka.watermarks(place);
  const found: Event[] = [];
  for (let offset = low; offset < lastStable; offset += 1) {
    const record = await kafka.recordAt(place, offset);
    if (record === null) continue;
    await book.prepare([record.value], AbortSignal.timeout(5_000));
    found.push(book.decode(record.value) as Event);
  }
  return found.filter((event) => !('account' in event.value) || event.value.account === account);
}

async function typesOf(account: string): Promise<readonly string[]> {
  const types = (await logOf(account)).map((event) => event.type);
  return types.filter((type) => type !== 'ParametersChanged');
}

async function mined(transaction: Promise<string>, more = 0): Promise<string> {
  const hash = await transaction;
  await chain.mine(1 + more);
  await chain.receipt(hash);
  return hash;
}

function trade(): Promise<string> {
  const [taker, maker] = [BOB, ALICE];
  const amounts = { quantity: 2_000_000n, notional: 1_100_000n, takerFee: 10_000n };
  return venue.trade({ taker, maker, tokenId: NO, ...amounts });
}

async function ready(): Promise<void> {
  for (const wallet of [ALICE, BOB]) await venue.fund(wallet, 100_000_000n);
  await venue.prepare(QUESTION);
}

async function onTheLog(account: string, expected: readonly string[]): Promise<void> {
  let found: readonly string[] = [];
  await until(`${expected.join()} on the log`, async () => {
    found = await typesOf(account);
    return found.length >= expected.length;
  }).catch(() => undefined);
  expect(found).toEqual(expected);
}

test('a fill is provisional, then final at depth; positions, cash, a resolution', async () => {
  await ready();
  await mined(venue.split(ALICE, MARKET, 5_000_000n));
  await chain.mine(DEPTH);
  await onTheLog(ALICE, ['CashMoved', 'PositionsSplit']);
  const hash = await mined(trade());
  await onTheLog(ALICE, ['CashMoved', 'PositionsSplit', 'FillMatched']);
  await mined(venue.resolve(QUESTION, [0n, 1n]));
  await mined(venue.redeem(ALICE, MARKET), DEPTH);
  const whole = ['CashMoved', 'PositionsSplit', 'FillMatched', 'FillConfirmed'];
  await onTheLog(ALICE, [...whole, 'MarketResolved', 'PositionsRedeemed']);
  const log = await logOf(ALICE);
  expect(log.find((event) => event.type === 'FillConfirmed')?.value).toMatchObject({
    source: 'chain',
    fee_source: 'CHAIN',
    identity_recipe: 'CHAIN',
    tx_hash: hash,
    trading_bot_id: 'alpha',
    size_pusd: 1_100_000n,
  });
  expect(log.find((event) => event.type === 'PositionsRedeemed')?.value).toMatchObject({
    payout_pusd: 3_000_000n,
    condition_id: CONDITION,
  });
  expect(log.find((event) => event.type === 'MarketResolved')?.value).toMatchObject({
    payout_numerators: ['0', '1'],
    source: 'chain',
  });
}, 90_000);

test('a reorganisation ends a fill: MATCHED, then FAILED, and nothing else', async () => {
  await ready();
  await mined(venue.split(ALICE, MARKET, 5_000_000n), DEPTH);
  await onTheLog(ALICE, ['CashMoved', 'PositionsSplit']);
  await mined(trade());
  await onTheLog(ALICE, ['CashMoved', 'PositionsSplit', 'FillMatched']);
  await chain.node.call('anvil_reorg', [3, []]);
  await chain.mine(DEPTH + 3);
  await onTheLog(ALICE, ['CashMoved', 'PositionsSplit', 'FillMatched', 'FillFailed']);
  expect((await typesOf(BOB)).filter((type) => type.startsWith('Fill'))).toEqual([]);
}, 90_000);

test('a fill of the bus that the chain tells, too, is booked once', async () => {
  await ready();
  await mined(venue.split(ALICE, MARKET, 5_000_000n));
  const hash = await mined(trade());
  const { logs } = await chain.receipt(hash);
  const [, orderHash = ''] =
    logs.find(
      (log) =>
        log.topics.length === 4 &&
        log.topics[2]?.endsWith(BOB.slice(2)) === true &&
        log.address === VENUE.exchange,
    )?.topics ?? [];
  const report: ExecutionReport = fromJson('ExecutionReport', {
    kind: 'MATCH',
    order_id: 'order-1',
    account: BOB,
    trading_bot_id: 'beta',
    condition_id: CONDITION,
    token_id: NO,
    order_side: 'BUY',
    status: 'CONFIRMED',
    effective_at: '2026-05-08T12:00:00Z',
    fill_id: 'fill-1',
    side: 'taker',
    quantity_shares: '2',
    size_pusd: '1.1',
    price: '0.55',
    fee_pusd: '0.01',
    tx_hash: hash,
    order_hash: orderHash,
  });
  const { name, partitions } = TOPICS.executionReports;
  const value = book.encode('ExecutionReport', report);
  const place = { topic: prefix + name, partition: partitionOf(BOB, partitions) };
  await kafka.send([{ ...place, key: BOB, value }]);
  await onTheLog(BOB, ['FillConfirmed']);
  await chain.mine(DEPTH);
  await until('the chain has joined', async () => {
    const { rows } = await database.query<{ joined: string }>(
      "SELECT array_to_string(joined_sources, ',') AS joined FROM ingest.fill_identity " +
        "WHERE fill_id = 'fill-1'",
    );
    return rows[0]?.joined === 'chain';
  });
  expect((await typesOf(BOB)).filter((type) => type.startsWith('Fill'))).toEqual(['FillConfirmed']);
}, 90_000);
