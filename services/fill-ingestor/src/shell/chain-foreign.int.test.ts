/**
 * What others do to a wallet, on the real ConditionalTokens: tokens of any collateral in any
 * number, and redemptions on its behalf.
 */

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { formatFixed } from '@polytraders/money';
import {
  marketMaker,
  type MarketMaker,
  POLYGON_VENUE as VENUE,
  runtimeCode,
  spamConditionOf,
} from '@polytraders/testkit/chain';
import { type ChainBench, declared, startBench } from '../../test/chain-bench.fixture.ts';
import { ALICE, BOB, STRANGER } from '../../test/transactions.ts';
import { normalize } from '../normalize.ts';
import { type RawFillInput } from '../raw.ts';
import { tokensOfCondition } from '../sources/chain/token-sets.ts';
import { type ChainReader } from './chain-reader.ts';

const FIRST = 94_959_000;
const SPAMMER = '0x5ba3000000000000000000000000000000000009';
const COIN = '0xc01d000000000000000000000000000000000008';
const REDEEMER = '0xa1200000d0002264c9a1698e001292d00e1b00af';
const [SPAM] = tokensOfCondition(spamConditionOf(SPAMMER), COIN);
const ENV = { CHAIN_START_BLOCK: String(FIRST), CHAIN_DEPTH: '3' };
const ACCOUNTS = new Map([[ALICE, declared('chain')]]);

let bench: ChainBench;
let venue: MarketMaker;
let reader: ChainReader;

beforeEach(async () => {
  bench = await startBench('chain_foreign', {
    actors: [VENUE.exchange, VENUE.adapter, SPAMMER, REDEEMER],
    real: VENUE,
    first: { block: FIRST, time: 1_791_143_000 },
    slotsInAnEpoch: 1_000_000,
  });
  await bench.chain.node.call('anvil_setCode', [COIN, runtimeCode('CashToken')]);
  venue = marketMaker(bench.chain, VENUE);
  for (const wallet of [ALICE, BOB, STRANGER]) await venue.fund(wallet, 1_000_000_000n);
  reader = bench.read(ACCOUNTS, ENV);
}, 60_000);

afterEach(async () => bench.stop(), 60_000);

async function done(transaction: Promise<string>): Promise<void> {
  await bench.chain.mined([transaction]);
}

async function caughtUp(): Promise<void> {
  await bench.chain.mine(3);
  await bench.caughtUp(reader);
}

/** What Alice was told but of her first deposit, in the order of the chain. */
async function told(): Promise<readonly string[]> {
  const answer = await bench.database.query<{ payload: string }>(
    "SELECT payload FROM ingest.inbox WHERE source = 'chain' ORDER BY partition, seq",
  );
  const all = answer.rows.map(({ payload }) => JSON.parse(payload) as RawFillInput);
  return all.flatMap((raw) => {
    if (raw.format === 'movement') return raw.type === 'CashMoved' ? [] : [raw.type];
    if (raw.format === 'order-filled') return raw.status === 'MINED' ? [] : ['fill'];
    return [raw.format];
  });
}

async function kept(): Promise<readonly object[]> {
  const { rows } = await bench.database.query(
    'SELECT account, token_id, direction, quantity_shares, outcome, reason_code ' +
      'FROM ingest.foreign_transfer ORDER BY block_number, token_id',
  );
  return rows as readonly object[];
}

test('2^255 of a token of nobody’s collateral is kept by name; nothing is set aside', async () => {
  const amount = 2n ** 255n;
  await done(venue.spam({ from: SPAMMER, to: ALICE, collateral: COIN, tokenId: SPAM, amount }));
  await done(venue.give(SPAMMER, ALICE, SPAM, 0n));
  const market = await venue.prepare('rain');
  await done(venue.split(ALICE, market, 5n));
  await caughtUp();
  expect(await told()).toEqual(['PositionsSplit']);
  expect(await kept()).toEqual([
    {
      account: ALICE,
      token_id: SPAM,
      direction: 'IN',
      quantity_shares: formatFixed(amount, 6),
      outcome: 'KEPT',
      reason_code: 'GOV_TOKEN_FOREIGN',
    },
  ]);
  const { rows } = await bench.database.query(
    'SELECT account, transfers, first_block FROM ingest.foreign_token',
  );
  expect(rows).toMatchObject([{ account: ALICE, transfers: '1' }]);
  const counted = await bench.database.query('SELECT * FROM ingest.foreign_account');
  expect(counted.rows).toMatchObject([{ account: ALICE, tokens: '1', transfers: '1' }]);
  expect(reader.state().facts).toMatchObject({ foreign_transfers: 1 });
  // Should such a token ever be known, its quantity is more than a number holds: that has a name.
  await bench.database.query(
    "INSERT INTO ingest.market_token (condition_id, token_id, own) VALUES ('c', $1, true)",
    [SPAM],
  );
  await caughtUp();
  expect(await kept()).toMatchObject([{ outcome: 'TOLD' }]);
  const given = (await bench.inbox()).find(({ raw }) => JSON.stringify(raw).includes(SPAM));
  expect(normalize(given?.raw as RawFillInput)).toMatchObject({
    kind: 'refusal',
    reason: 'INVALID_INPUT',
    names: { account: ALICE },
  });
  expect(reader.state()).toMatchObject({ halted: [], facts: { foreign_transfers: 0 } });
}, 60_000);

test('shares of a market that nobody knew are told before the fill that names them', async () => {
  const market = await venue.prepare('rain');
  await done(venue.split(STRANGER, market, 1_000_000n));
  await done(venue.give(STRANGER, ALICE, market.ids[0], 400_000n));
  await done(venue.give(ALICE, STRANGER, market.ids[0], 100_000n));
  await caughtUp();
  expect(await told()).toEqual([]);
  expect(await kept()).toMatchObject([{ direction: 'IN' }, { direction: 'OUT' }]);
  const [tokenId] = market.ids;
  await done(
    venue.trade({
      taker: BOB,
      maker: ALICE,
      tokenId,
      quantity: 300_000n,
      notional: 150_000n,
      takerFee: 0n,
    }),
  );
  await caughtUp();
  expect(await told()).toEqual(['TokensTransferred', 'TokensTransferred', 'fill']);
  expect(await venue.shares(ALICE, tokenId)).toBe(0n);
  await done(venue.give(STRANGER, ALICE, tokenId, 7n));
  await caughtUp();
  expect((await told()).filter((one) => one === 'TokensTransferred')).toHaveLength(3);
  expect(reader.state().facts).toMatchObject({ foreign_transfers: 0 });
}, 60_000);

test('shares that are known later, by a definition, are told then, once, in order', async () => {
  const market = await venue.prepare('rain');
  await done(venue.split(STRANGER, market, 1_000_000n));
  await done(venue.give(STRANGER, ALICE, market.ids[1], 400_000n));
  await done(venue.resolve('rain', [0n, 1n]));
  await caughtUp();
  await bench.database.query(
    "WITH d AS (INSERT INTO ingest.market_definition VALUES ($1, '{}', '', NULL, 1)) " +
      'INSERT INTO ingest.market_token (condition_id, token_id, own) VALUES ($1, $2, true)',
    [market.conditionId, market.ids[1]],
  );
  await caughtUp();
  await caughtUp();
  expect((await told()).filter((one) => one !== 'record')).toEqual(['TokensTransferred']);
  const { rows } = await bench.database.query<{ type: string }>(
    "SELECT payload::jsonb ->> 'type' AS type FROM ingest.inbox WHERE partition = (SELECT " +
      "partition FROM ingest.inbox WHERE payload LIKE '%TokensTransferred%') ORDER BY seq DESC",
  );
  expect(rows.slice(0, 2)).toEqual([{ type: 'MarketResolved' }, { type: 'TokensTransferred' }]);
  expect(await kept()).toMatchObject([{ outcome: 'TOLD' }]);
}, 60_000);

test('shares that leave once they are known are told after those that came', async () => {
  const market = await venue.prepare('rain');
  const [tokenId] = market.ids;
  await done(venue.split(STRANGER, market, 1_000_000n));
  await done(venue.give(STRANGER, ALICE, tokenId, 400_000n));
  await caughtUp();
  await reader.stop();
  await bench.database.query(
    'INSERT INTO ingest.market_token (condition_id, token_id, own) VALUES ($1, $2, true)',
    [market.conditionId, tokenId],
  );
  await done(venue.give(ALICE, STRANGER, tokenId, 400_000n));
  reader = bench.read(ACCOUNTS, ENV);
  await caughtUp();
  const { rows } = await bench.database.query<{ payload: string }>(
    "SELECT payload FROM ingest.inbox WHERE payload LIKE '%TokensTransferred%' ORDER BY seq",
  );
  const values = rows.map(({ payload }) => JSON.parse(payload) as { readonly value: object });
  expect(values.map(({ value }) => value)).toMatchObject([
    { direction: 'IN', quantity_shares: '0.4' },
    { direction: 'OUT', quantity_shares: '0.4' },
  ]);
}, 60_000);

test('what is told of a token stands among the rest in the order of the chain', async () => {
  await reader.stop();
  const [old, market] = [await venue.prepare('old'), await venue.prepare('rain')];
  await done(venue.split(ALICE, old, 5n));
  await done(venue.resolve('old', [1n, 0n]));
  await done(venue.split(STRANGER, market, 1_000_000n));
  const [tokenId] = market.ids;
  await done(venue.give(STRANGER, ALICE, tokenId, 400_000n));
  const [quantity, notional] = [400_000n, 200_000n];
  await done(venue.trade({ taker: BOB, maker: ALICE, tokenId, quantity, notional, takerFee: 0n }));
  reader = bench.read(ACCOUNTS, ENV);
  await caughtUp();
  const { rows } = await bench.database.query<{ what: string }>(
    "SELECT coalesce(payload::jsonb ->> 'type', 'fill') AS what FROM ingest.inbox " +
      'WHERE partition = (SELECT min(partition) FROM ingest.inbox ' +
      "WHERE payload LIKE '%movement%') " +
      "AND payload NOT LIKE '%CashMoved%' AND payload NOT LIKE '%MINED%' ORDER BY seq",
  );
  expect(rows.map(({ what }) => what)).toEqual([
    'PositionsSplit',
    'MarketResolved',
    'TokensTransferred',
    'fill',
  ]);
}, 60_000);

test('a redemption that a contract makes for the wallet is the wallet’s', async () => {
  const [won, half, short] = [
    await venue.prepare('won'),
    await venue.prepare('half'),
    await venue.prepare('short'),
  ];
  for (const market of [won, half, short]) await done(venue.split(ALICE, market, 5_000_001n));
  await done(venue.give(ALICE, STRANGER, half.ids[0], 2n));
  await done(venue.resolve('won', [1n, 0n]));
  await done(venue.resolve('half', [1n, 1n]));
  await done(venue.resolve('short', [0n, 1n]));
  await done(venue.redeemFor(REDEEMER, ALICE, won));
  await done(venue.redeemFor(REDEEMER, ALICE, half, { throughAdapter: false }));
  await done(venue.redeemFor(REDEEMER, ALICE, short, { keeps: 1n }));
  await caughtUp();
  const rows = await bench.inbox();
  const redeemed = rows.flatMap(({ raw }) =>
    raw.format === 'movement' && raw.type === 'PositionsRedeemed' ? [raw.value] : [],
  );
  expect(redeemed.map((one) => [one['condition_id'], one['payout_pusd']]).sort()).toEqual(
    [
      [won.conditionId, '5.000001'],
      [half.conditionId, '4.999999'],
    ].sort(),
  );
  const odd = rows.filter(({ raw }) => raw.format === 'unusable');
  expect(odd).toMatchObject([{ raw: { reason: 'GOV_MOVEMENT_UNCLASSIFIED', account: ALICE } }]);
}, 60_000);
