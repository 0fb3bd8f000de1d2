/**
 * The real ConditionalTokens on a local node: what the ledger is told of each wallet is what the
 * chain says that it holds, to the unit.
 */

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  type Market,
  marketMaker,
  type MarketMaker,
  POLYGON_VENUE as VENUE,
} from '@polytraders/testkit/chain';
import { RuntimeError } from '@polytraders/runtime';
import { type ChainBench, declared, startBench } from '../../test/chain-bench.fixture.ts';
import { ALICE, BOB, STRANGER } from '../../test/transactions.ts';
import { normalize } from '../normalize.ts';
import { addLegs, addToken, noLegs } from '../sources/chain/movement-legs.ts';
import { type Legs, type Movement } from '../sources/chain/movement-values.ts';
import { POLYGON } from '../sources/chain/contracts.ts';
import { balancesInput, readBalances } from './chain-balances.ts';
import { type ChainReader } from './chain-reader.ts';
import { partitionOfAccount } from './inputs.ts';

const FIRST = 94_959_000;
const OWN = [ALICE, BOB];
const ACCOUNTS = new Map([
  [ALICE, declared('chain')],
  [BOB, declared('bus')],
]);
const ENV = { CHAIN_START_BLOCK: String(FIRST), CHAIN_DEPTH: '3' };

let bench: ChainBench;
let venue: MarketMaker;
let reader: ChainReader;

beforeEach(async () => {
  bench = await startBench('chain_real', {
    actors: [VENUE.exchange, VENUE.adapter],
    real: VENUE,
    first: { block: FIRST, time: 1_791_143_000 },
    slotsInAnEpoch: 1_000_000,
  });
  venue = marketMaker(bench.chain, VENUE);
  for (const wallet of [...OWN, STRANGER]) await venue.fund(wallet, 1_000_000_000n);
  reader = bench.read(ACCOUNTS, ENV);
}, 60_000);

afterEach(async () => bench.stop(), 60_000);

async function done(...transactions: readonly Promise<string>[]): Promise<void> {
  await bench.chain.mined(transactions);
}

/** What the inputs that are no fill in a block that may go add up to, wallet by wallet. */
async function told(): Promise<ReadonlyMap<string, Legs>> {
  const legs = new Map(OWN.map((wallet) => [wallet, noLegs()]));
  for (const { raw } of await bench.inbox()) {
    if (raw.format === 'order-filled' && raw.status === undefined) {
      const fill = normalize(raw);
      if (fill.kind !== 'fill') throw new Error(`Expected a fill; found ${fill.kind}.`);
      const of = legs.get(fill.account ?? '') ?? noLegs();
      const sign = fill.orderSide === 'BUY' ? 1n : -1n;
      addToken(of, fill.tokenId ?? '', sign * fill.quantity);
      of.pusd -= sign * fill.notional + (fill.feePusd ?? 0n);
    } else if (raw.format === 'movement') {
      const { type, value } = raw;
      const movement = { type, value } as unknown as Movement;
      const { account } = value;
      addLegs(movement, legs.get(typeof account === 'string' ? account : '') ?? noLegs());
    } else if (raw.format === 'unusable') {
      throw new Error(raw.because);
    }
  }
  return legs;
}

/** Everything final is taken in; then what was told is what the wallets hold. */
async function requireAgreement(markets: readonly Market[]): Promise<void> {
  await bench.chain.mine(3);
  await bench.caughtUp(reader);
  const legs = await told();
  for (const wallet of OWN) {
    const { pusd, tokens } = legs.get(wallet) ?? noLegs();
    expect([wallet, pusd]).toEqual([wallet, await venue.pusd(wallet)]);
    for (const token of markets.flatMap((market) => market.ids)) {
      expect([token, tokens.get(token) ?? 0n]).toEqual([token, await venue.shares(wallet, token)]);
    }
  }
}

test('split, trade, merge, give away, resolve, redeem: winners, losers and a 50-50', async () => {
  const won = await venue.prepare('won');
  const lost = await venue.prepare('lost');
  const half = await venue.prepare('half');
  const all = [won, lost, half];
  for (const market of all) {
    await done(venue.split(ALICE, market, 2_083_332n));
    await done(venue.merge(ALICE, market, 500_000n));
    await done(
      venue.trade({
        taker: BOB,
        maker: ALICE,
        tokenId: market.ids[1],
        quantity: 1_000_001n,
        notional: 480_000n,
        takerFee: 12_345n,
      }),
    );
    await done(venue.give(ALICE, STRANGER, market.ids[0], 7n));
  }
  await done(venue.pay(BOB, ALICE, 3_000_000n));
  await requireAgreement(all);
  await done(
    venue.resolve('won', [1n, 0n]),
    venue.resolve('lost', [0n, 1n]),
    venue.resolve('half', [1n, 1n]),
  );
  await done(venue.redeem(ALICE, won));
  await done(venue.redeem(ALICE, lost));
  await done(venue.redeemDirectly(BOB, lost));
  await done(venue.redeem(BOB, won));
  await done(venue.redeem(ALICE, half));
  await done(venue.redeem(BOB, half));
  // Nothing is left: the event says PayoutRedemption, and nothing has happened.
  await done(venue.redeemDirectly(ALICE, won));
  await requireAgreement(all);
  const redeemed = (await bench.inbox()).flatMap(({ raw }) =>
    raw.format === 'movement' && raw.type === 'PositionsRedeemed' ? [raw.value] : [],
  );
  const paid = redeemed.map(({ account, payout_pusd: payout }) => [account, payout]);
  expect([...paid].sort()).toEqual(
    [
      [ALICE, '1.583325'],
      [ALICE, '0.583331'],
      [BOB, '1.000001'],
      [BOB, '0'],
      [ALICE, '1.083327'],
      [BOB, '0.5'],
    ].sort(),
  );
}, 60_000);

test('a reorganisation of 30 blocks leaves no trace: wallets are told what stands', async () => {
  await reader.stop();
  reader = bench.read(ACCOUNTS, { ...ENV, CHAIN_DEPTH: '40' });
  const market = await venue.prepare('rain');
  await bench.chain.mine(12);
  await bench.caughtUp(reader);
  for (const amount of [5n, 6n, 7n]) {
    await done(venue.split(ALICE, market, amount));
    await bench.chain.mine(9);
  }
  await bench.caughtUp(reader);
  await bench.chain.node.call('anvil_reorg', [30, []]);
  await done(venue.split(BOB, market, 11n));
  await bench.chain.mine(45);
  await bench.caughtUp(reader);
  await requireAgreement([market]);
  const splits = (await bench.inbox()).flatMap(({ raw }) =>
    raw.format === 'movement' && raw.type === 'PositionsSplit' ? [raw.value['account']] : [],
  );
  expect(splits).toEqual([BOB]);
}, 60_000);

test('a resolution is told to all partitions once its condition is known, also late', async () => {
  const early = await venue.prepare('early');
  const late = await venue.prepare('late');
  const nobodys = await venue.prepare('nobodys');
  await bench.database.query(
    'INSERT INTO ingest.market_definition (condition_id, definition, definition_hash, questions) ' +
      "VALUES ($1, '{}', 'h', 0)",
    [early.conditionId],
  );
  await done(...['early', 'late', 'nobodys'].map((name) => venue.resolve(name, [1n, 1n])));
  await bench.chain.mine(3);
  await bench.caughtUp(reader);
  expect(await toldResolutions()).toEqual([[early.conditionId, 12]]);
  await bench.database.query(
    "INSERT INTO ingest.held_tokens VALUES ('3', $1, 'token', $2, 5.000000)",
    [ALICE, late.ids[1]],
  );
  await bench.chain.mine();
  await bench.caughtUp(reader);
  expect(await toldResolutions()).toEqual(
    [
      [early.conditionId, 12],
      [late.conditionId, 12],
    ].sort(),
  );
  expect(JSON.stringify(await toldResolutions())).not.toContain(nobodys.conditionId);
  const rows = await bench.inbox();
  const one = rows.find(({ raw }) => raw.format === 'record');
  expect(one?.raw).toMatchObject({
    type: 'MarketResolved',
    value: { payout_numerators: ['1', '1'], log_index: expect.any(Number) },
  });
}, 60_000);

test('blocks read at once are told in order: trade, resolution, redemption', async () => {
  const market = await venue.prepare('quick');
  await bench.chain.mine(3);
  await bench.caughtUp(reader);
  await reader.stop();
  const [tokenId] = market.ids;
  const amounts = { quantity: 2_000_000n, notional: 900_000n, takerFee: 0n };
  await done(venue.split(ALICE, market, 5_000_000n));
  await done(venue.trade({ taker: STRANGER, maker: ALICE, tokenId, ...amounts }));
  await done(venue.resolve('quick', [1n, 0n]));
  await done(venue.redeem(ALICE, market));
  await bench.chain.mine(3);
  reader = bench.read(ACCOUNTS, ENV);
  await bench.caughtUp(reader);
  const { rows } = await bench.database.query<{ what: string }>(
    "SELECT coalesce(payload::jsonb ->> 'type', payload::jsonb ->> 'format') AS what " +
      "FROM ingest.inbox WHERE partition = $1 AND payload NOT LIKE '%CashMoved%' ORDER BY seq",
    [String(partitionOfAccount(ALICE))],
  );
  expect(rows.map(({ what }) => what)).toEqual([
    'PositionsSplit',
    'order-filled',
    'MarketResolved',
    'PositionsRedeemed',
  ]);
}, 60_000);

async function toldResolutions(): Promise<readonly (readonly [unknown, number])[]> {
  const { rows } = await bench.database.query<{ condition: string; partitions: string }>(
    "SELECT payload::jsonb -> 'value' ->> 'condition_id' AS condition, count(*) AS partitions " +
      "FROM ingest.inbox WHERE payload::jsonb ->> 'type' = 'MarketResolved' GROUP BY 1 ORDER BY 1",
  );
  return rows.map((row) => [row.condition, Number(row.partitions)]);
}

test('balances are those of the block; where they cannot be read, the reason is kept', async () => {
  const market = await venue.prepare('held');
  await done(venue.split(ALICE, market, 4_000_000n));
  const block = await bench.chain.head();
  await done(venue.split(ALICE, market, 9n));
  const [yes, no] = market.ids;
  const request = { account: ALICE, tokens: [yes, no, '7'], block };
  const found = await readBalances(reader.rpc, POLYGON, request);
  if (found instanceof RuntimeError) throw found;
  const sorted = [yes, no].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  expect(found.pusd).toBe(996_000_000n);
  const held = sorted.map((tokenId) => ({ tokenId, quantity: 4_000_000n }));
  expect(found.tokens).toEqual([{ tokenId: '7', quantity: 0n }, ...held]);
  expect(
    balancesInput('chain/137', ALICE, { windowId: 'w1', attempt: 1 }, found, 0).raw,
  ).toMatchObject({
    type: 'ChainBalancesObserved',
    value: { balance_pusd: '996', block_number: block, window_id: 'w1', error: null },
  });
  bench.proxy.behave(({ method }) => (method === 'eth_call' ? { status: 503 } : null));
  const none = await readBalances(reader.rpc, POLYGON, request);
  if (!(none instanceof RuntimeError)) throw new Error('Expected an error.');
  expect(balancesInput('chain/137', ALICE, null, none, 5).raw).toMatchObject({
    value: { balance_pusd: null, block_number: null, error: expect.stringMatching(/^CHAIN_/) },
  });
}, 60_000);
