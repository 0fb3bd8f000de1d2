/**
 * The chain, the books and the balances: the real ConditionalTokens on a local node, real processes
 * of the services on a log of their own. What wallets hold on the chain is what the books of
 * pnl-projector and the balances of inventory-reserver say, to the unit, after splits, trades,
 * merges, gifts, a reorganisation of 30 blocks, resolutions and redemptions.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { repositoryRoot } from '@polytraders/infra/stack';
import { applyTopics } from '@polytraders/infra/topics';
import { parseMicros } from '@polytraders/money';
import { pool } from '@polytraders/runtime';
import {
  dropTopics,
  type FreshDatabase,
  freshDatabase,
  testStack,
  uniquePrefix,
} from '@polytraders/testkit';
import {
  type LocalChain,
  type Market,
  marketMaker,
  type MarketMaker,
  POLYGON_VENUE as VENUE,
  startChain,
} from '@polytraders/testkit/chain';
import type pg from 'pg';
import { startWorkerProcess, type WorkerProcess } from '../faults/worker-process.ts';
import { until } from './log.ts';

const SERVICES = ['fill-ingestor', 'pnl-projector', 'inventory-reserver'] as const;
const ALICE = '0xa11ce00000000000000000000000000000000001';
const BOB = '0xb0b0000000000000000000000000000000000002';
const STRANGER = '0x57a0000000000000000000000000000000000003';
const OWN = [ALICE, BOB];
const FIRST = 94_959_000;
const DEPTH = 40;
/** What is gone from the chain, and what the last of the blocks may be. */
const REORGANISED = 30;

const prefix = uniquePrefix();
const folder = mkdtempSync(join(tmpdir(), 'chain-books-'));
let fresh: FreshDatabase;
let database: pg.Pool;
let chain: LocalChain;
let venue: MarketMaker;
let workers: readonly WorkerProcess[] = [];
const markets: Market[] = [];

beforeAll(async () => {
  const stack = await testStack();
  fresh = await freshDatabase('chain_books');
  database = pool({ url: fresh.url, applicationName: 'chain-books-test' }, 2);
  await applyTopics({
    brokers: stack.KAFKA_BROKERS,
    registryUrl: stack.SCHEMA_REGISTRY_URL,
    prefix,
  });
  chain = await startChain({
    actors: [VENUE.exchange, VENUE.adapter],
    real: VENUE,
    first: { block: FIRST, time: 1_791_143_000 },
    slotsInAnEpoch: 1_000_000,
  });
  venue = marketMaker(chain, VENUE);
  const accounts = join(folder, 'accounts.json');
  const declared = OWN.map((own) => [own, { source_of_record: 'chain', default_bot: 'desk' }]);
  writeFileSync(accounts, JSON.stringify(Object.fromEntries(declared)));
  const env = {
    ...stack,
    DATABASE_URL: fresh.url,
    TOPIC_PREFIX: prefix,
    LOG_LEVEL: 'info',
    ACCOUNTS_FILE: accounts,
    CHAIN_RPC_URL: chain.node.url,
    CHAIN_START_BLOCK: String(FIRST),
    CHAIN_DEPTH: String(DEPTH),
    CHAIN_POLL_MS: '50',
    CHAIN_HEAD_AGE_MS_MAX: '0',
    // No window of an old day comes to rest while a slow machine is at its test.
    WINDOW_QUIET_SECONDS: '3600',
  };
  const logs = join(repositoryRoot, '.local/test/chain-books');
  workers = SERVICES.map((name) =>
    startWorkerProcess({ main: `services/${name}/src/main.ts`, env, logs }, `${prefix}${name}`, {}),
  );
  await until('the services have started', () =>
    workers.every(({ lines }) => lines.some(({ event }) => event === 'STARTED')),
  );
}, 120_000);

afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await chain.stop();
  await database.end();
  await dropTopics(prefix);
  await fresh.drop();
  rmSync(folder, { recursive: true });
}, 60_000);

async function done(transaction: Promise<string>): Promise<void> {
  await chain.mined([transaction]);
}

async function open(question: string): Promise<Market> {
  const market = await venue.prepare(question);
  markets.push(market);
  return market;
}

/** Micros by wallet and asset, what is not 0. */
type Held = ReadonlyMap<string, bigint>;

const lines = (held: Held): readonly string[] =>
  [...held]
    .flatMap(([what, amount]) => (amount === 0n ? [] : [`${what} ${String(amount)}`]))
    .sort();

async function onChain(): Promise<Held> {
  const held = new Map<string, bigint>();
  for (const wallet of OWN) {
    held.set(`${wallet} pUSD`, await venue.pusd(wallet));
    for (const token of markets.flatMap(({ ids }) => ids)) {
      held.set(`${wallet} ${token}`, await venue.shares(wallet, token));
    }
  }
  return held;
}

async function asked(sql: string): Promise<Held> {
  const { rows } = await database.query<{ what: string; amount: string }>(sql);
  return new Map(
    rows.map(({ what, amount }) => {
      const micros = parseMicros(amount);
      if (typeof micros === 'string') throw new Error(`Expected a decimal; found ${amount}.`);
      return [what, micros];
    }),
  );
}

const inBooks = (): Promise<Held> =>
  asked(
    "SELECT account || ' ' || token_id AS what, sum(position_shares)::text AS amount " +
      'FROM pnl_v1.positions GROUP BY 1 ' +
      "UNION ALL SELECT account || ' pUSD', sum(cash_pusd)::text FROM pnl_v1.cash_legs GROUP BY 1",
  );

const inBalances = (): Promise<Held> =>
  asked(
    "SELECT account || ' ' || token_id AS what, total_shares::text AS amount " +
      'FROM inventory_v1.token_balances ' +
      "UNION ALL SELECT account || ' pUSD', total_pusd::text FROM inventory_v1.cash_balances",
  );

/** All three say the same, once what the chain says is final. */
async function requireAgreement(): Promise<void> {
  await chain.mine(DEPTH + 1);
  const expected = lines(await onChain());
  expect(expected.length).toBeGreaterThanOrEqual(OWN.length);
  let found: readonly (readonly string[])[] = [];
  await until('books and balances are those of the chain', async () => {
    found = [lines(await inBooks()), lines(await inBalances())];
    return found.every((one) => one.join() === expected.join());
  }).catch(() => undefined);
  expect(found).toEqual([expected, expected]);
}

test('books, balances and chain agree to the unit, to the last redemption', async () => {
  for (const wallet of [...OWN, STRANGER]) await venue.fund(wallet, 50_000_000n);
  const [won, lost, half] = [await open('won'), await open('lost'), await open('half')];
  for (const market of markets) {
    const [yes, no] = market.ids;
    await done(venue.split(ALICE, market, 2_083_332n));
    await done(venue.merge(ALICE, market, 500_000n));
    const amounts = { quantity: 1_000_001n, notional: 480_000n, takerFee: 12_345n };
    await done(venue.trade({ taker: BOB, maker: ALICE, tokenId: no, ...amounts }));
    await done(venue.give(ALICE, STRANGER, yes, 7n));
  }
  await requireAgreement();
  // Thirty blocks that never were: a trade and a split go with them.
  await done(venue.split(BOB, won, 9_000_001n));
  const few = { quantity: 5n, notional: 3n, takerFee: 0n };
  await done(venue.trade({ taker: BOB, maker: ALICE, tokenId: won.ids[0], ...few }));
  await chain.mine(REORGANISED - 2);
  await until('the fill was seen', async () => (await provisional()) > 0);
  await chain.node.call('anvil_reorg', [REORGANISED, []]);
  await requireAgreement();
  await until('its fills have failed', async () => (await provisional()) === 0);
  await requireAgreement();
  const payouts = { won: [1n, 0n], lost: [0n, 1n], half: [1n, 1n] };
  for (const [question, numerators] of Object.entries(payouts)) {
    await done(venue.resolve(question, numerators));
  }
  await requireAgreement();
  for (const market of [won, lost, half]) {
    await done(venue.redeem(ALICE, market));
    await done(venue.redeem(BOB, market));
  }
  await requireAgreement();
  const shares = lines(await inBooks()).filter((line) => !line.includes('pUSD'));
  expect(shares).toEqual([]);
  const { rows } = await database.query('SELECT reason_code, detail FROM ingest.quarantine');
  expect(rows).toEqual([]);
}, 180_000);

/** Fills in blocks that may still go. */
async function provisional(): Promise<number> {
  const { rows } = await database.query('SELECT 1 FROM ingest.chain_provisional');
  return rows.length;
}
