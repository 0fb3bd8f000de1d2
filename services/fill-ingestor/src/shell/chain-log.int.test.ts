/** From the chain to the log, through the whole service: each fill and movement once, in order. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Event, fromJson, partitionOf, TOPICS } from '@polytraders/contracts';
import {
  conditionOf,
  type LocalChain,
  marketMaker,
  type MarketMaker,
  POLYGON_VENUE as VENUE,
  startChain,
} from '@polytraders/testkit/chain';
import { tokenIdsOf } from '@polytraders/testkit/generator';
import { until } from '../../test/chain-bench.fixture.ts';
import { openBench, type ServiceBench } from '../../test/service-bench.fixture.ts';
import { ALICE, BOB } from '../../test/transactions.ts';

const FIRST = 94_959_000;
const DEPTH = 8;
const QUESTION = 'rain';
const CONDITION = conditionOf(QUESTION);
const [YES, NO] = tokenIdsOf(CONDITION, false);
const MARKET = { conditionId: CONDITION, ids: [YES, NO] as const };

let folder: string;
let bench: ServiceBench;
let chain: LocalChain;
let venue: MarketMaker;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chain-log-'));
  bench = await openBench('chain_log', ['ExecutionReport']);
  chain = await startChain({
    actors: [VENUE.exchange, VENUE.adapter],
    real: VENUE,
    first: { block: FIRST, time: 1_791_143_000 },
    slotsInAnEpoch: 1_000_000,
  });
  venue = marketMaker(chain, VENUE);
  await startIngestor();
}, 90_000);

afterEach(async () => {
  await bench.close();
  await chain.stop();
  rmSync(folder, { recursive: true });
}, 60_000);

/** The chain books for Alice, the bus for Bob, of whom the chain speaks, too. */
async function startIngestor(): Promise<void> {
  const accounts = {
    [ALICE]: { source_of_record: 'chain', default_bot: 'alpha' },
    [BOB]: { source_of_record: 'bus', other_sources: ['chain'], default_bot: 'beta' },
  };
  const path = join(folder, 'accounts.json');
  writeFileSync(path, JSON.stringify(accounts));
  await bench.start({
    ACCOUNTS_FILE: path,
    CHAIN_RPC_URL: chain.node.url,
    CHAIN_START_BLOCK: String(FIRST),
    CHAIN_DEPTH: String(DEPTH),
    CHAIN_POLL_MS: '50',
    CHAIN_HEAD_AGE_MS_MAX: '0',
  });
}

/** The records of an account that stand on the log. */
async function logOf(account: string): Promise<readonly Event[]> {
  const { ledgerEvents } = TOPICS;
  const found = await bench.read(ledgerEvents, partitionOf(account, ledgerEvents.partitions));
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
  const report = fromJson('ExecutionReport', {
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
  await bench.send(TOPICS.executionReports, BOB, 'ExecutionReport', report);
  await onTheLog(BOB, ['FillConfirmed']);
  await chain.mine(DEPTH);
  await until('the chain has joined', async () => {
    const { rows } = await bench.database.query<{ joined: string }>(
      "SELECT array_to_string(joined_sources, ',') AS joined FROM ingest.fill_identity " +
        "WHERE fill_id = 'fill-1'",
    );
    return rows[0]?.joined === 'chain';
  });
  expect((await typesOf(BOB)).filter((type) => type.startsWith('Fill'))).toEqual(['FillConfirmed']);
}, 90_000);
