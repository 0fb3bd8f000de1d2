/** The reader of the chain where one transaction, one answer or one wallet is unlike the others. */

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  cash,
  complementaryBuy,
  type LogBody,
  polygonFee,
  POLYGON_VENUE as VENUE,
  type Side,
  single,
  splitThrough,
  venueActors,
} from '@polytraders/testkit/chain';
import { id } from 'ethers';
import { type ChainBench, declared, startBench, until } from '../../test/chain-bench.fixture.ts';
import { ALICE, BOB, market, STRANGER } from '../../test/transactions.ts';
import { createRpc } from './chain-rpc.ts';

const FIRST = 94_959_000;
const MARKET = market('rain');
const [YES] = MARKET.ids;
const START = { CHAIN_START_BLOCK: String(FIRST), CHAIN_DEPTH: '2' };
const ALONE = new Map([[ALICE, declared('chain')]]);

let bench: ChainBench;

beforeEach(async () => {
  const first = { block: FIRST, time: 1_791_143_000 };
  bench = await startBench('chain_edges', {
    actors: venueActors(),
    first,
    slotsInAnEpoch: 1_000_000,
  });
}, 60_000);

afterEach(async () => bench.stop(), 60_000);

/** Both buy 10 of the one order that Alice sells at 0.50. */
function twoMatches(): readonly LogBody[] {
  const side = (wallet: string, what: 'BUY' | 'SELL', give: bigint, get: bigint): Side => ({
    wallet,
    side: what,
    tokenId: YES,
    makerAmount: give,
    takerAmount: get,
    fee: 0n,
    orderHash: id(wallet),
  });
  const sells = side(ALICE, 'SELL', 10_000_000n, 5_000_000n);
  const matches = [BOB, STRANGER].flatMap((wallet) =>
    complementaryBuy(VENUE, side(wallet, 'BUY', 5_000_000n, 10_000_000n), sells),
  );
  return [...matches, polygonFee(STRANGER)];
}

test('an order that two matches of one transaction fill is told once on each rung', async () => {
  const reader = bench.read(ALONE, START);
  await bench.chain.say(twoMatches());
  await bench.chain.mine();
  await bench.caughtUp(reader);
  await bench.chain.mine(2);
  await bench.caughtUp(reader);
  const told = (await bench.inbox()).map(({ raw }) =>
    raw.format === 'order-filled' ? (raw.status ?? 'CONFIRMED') : raw.format,
  );
  expect([...told].sort()).toEqual(['CONFIRMED', 'MINED']);
});

test('a wallet declared later is given shares by one of ours that made them', async () => {
  const gift = single(VENUE.tokens, ALICE, ALICE, BOB, YES, 7n);
  await bench.chain.say([...splitThrough(VENUE, MARKET, ALICE, 7n), gift, polygonFee(ALICE)]);
  await bench.chain.mine(3);
  const first = bench.read(ALONE, START);
  await bench.caughtUp(first);
  await first.stop();
  const before = await bench.inbox();
  await bench.chain.mine();
  const both = new Map([...ALONE, [BOB, declared('chain')] as const]);
  await bench.caughtUp(bench.read(both, START));
  const positions = new Set(before.map(({ position }) => position));
  const news = (await bench.inbox()).filter(({ position }) => !positions.has(position));
  expect(news.map(({ raw }) => raw)).toMatchObject([
    {
      format: 'movement',
      type: 'TokensTransferred',
      value: { account: BOB, direction: 'IN', quantity_shares: '0.000007' },
    },
  ]);
});

test('catching up keeps no receipt that was taken in', async () => {
  for (let block = 0; block < 6; block += 1) {
    await bench.chain.say([cash(VENUE.pusd, STRANGER, ALICE, 1n), polygonFee(ALICE)]);
    await bench.chain.mine();
  }
  await bench.chain.mine(2);
  const last = `0x${(FIRST + 5).toString(16)}`;
  bench.proxy.behave(({ method, params }) => {
    const [filter] = params as readonly { fromBlock?: string }[];
    const isLast = method === 'eth_getLogs' && filter?.fromBlock === last;
    return isLast ? { hang: true } : null;
  });
  const reader = bench.read(ALONE, { ...START, CHAIN_RANGE_BLOCKS_MAX: '1' });
  await until('five blocks are in', () => reader.state().facts?.['next_block'] === FIRST + 5);
  expect(reader.state().facts).toMatchObject({ receipts_kept: 0 });
  bench.proxy.behave(null);
});

/** What a node does that answers some calls for logs of more than three blocks in HTTP alone. */
async function refusing(status: number): Promise<ReadonlySet<string>> {
  await bench.chain.say([cash(VENUE.pusd, STRANGER, ALICE, 1n), polygonFee(ALICE)]);
  await bench.chain.mine(12);
  bench.proxy.behave(({ method, params }) => {
    const [filter] = params as readonly { fromBlock?: string; toBlock?: string }[];
    if (method !== 'eth_getLogs' || filter?.fromBlock === undefined) return null;
    return Number(filter.toBlock) - Number(filter.fromBlock) > 2 ? { status } : null;
  });
  await bench.caughtUp(bench.read(ALONE, { ...START, CHAIN_BATCH_MAX: '1' }));
  expect(await bench.inbox()).toHaveLength(1);
  return new Set(bench.outages);
}

test('a range that is refused by HTTP 400 alone is asked in halves, too', async () => {
  expect(await refusing(400)).toEqual(new Set(['CHAIN_RANGE_REFUSED']));
}, 30_000);

test('a range over which the gateway gives up is asked in halves, too', async () => {
  expect(await refusing(504)).toEqual(new Set(['CHAIN_TIMEOUT']));
}, 30_000);

test('a node that says 429 and no time to wait is not asked without a pause', async () => {
  await bench.chain.mine(3);
  const limit = { status: 429, headers: { 'retry-after': '0' } };
  bench.proxy.behave(({ method }) => (method === 'eth_chainId' ? limit : null));
  bench.read(ALONE, { ...START, CHAIN_BATCH_MAX: '1' });
  const asked = () => bench.proxy.asked.filter(({ method }) => method === 'eth_chainId');
  await until('it was asked three times', () => asked().length > 2);
  const [first, , third] = asked();
  expect((third?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(500);
});

test('a key in the address of a node is not repeated, whoever says it', async () => {
  const options = { chainId: 137, timeoutMs: 2_000, batchMax: 1, resetMs: 100 };
  const said = async (url: string) => {
    const rpc = createRpc({ ...options, url });
    const error = await rpc
      .call<Error>('eth_chainId', [])
      .catch((cause: unknown) => cause as Error);
    rpc.close();
    return error.message;
  };
  const message = 'key 0123456789abcdef is not allowed';
  bench.proxy.behave(() => ({ refuse: { code: -32_000, message } }));
  expect(await said(`${bench.proxy.url}/v2/0123456789abcdef`)).toBe(
    'Expected eth_chainId to be answered; found "key … is not allowed".',
  );
  expect(await said('http://0123456789abcdef.invalid/')).toMatch(/found "getaddrinfo \w+ …"/);
});

test('a node out of reach when asked for finality is not one without a word for it', async () => {
  await bench.chain.say([cash(VENUE.pusd, STRANGER, ALICE, 1n), polygonFee(ALICE)]);
  await bench.chain.mine(12);
  const [number, hash] = [`0x${FIRST.toString(16)}`, id('first')];
  const low = { edit: () => ({ number, hash, parentHash: id('below'), timestamp: '0x1' }) };
  let left = 2;
  bench.proxy.behave(({ params }) => {
    if (params[0] !== 'finalized') return null;
    left -= 1;
    return left < 0 ? low : { status: 503 };
  });
  const reader = bench.read(ALONE, { ...START, CHAIN_BATCH_MAX: '1' });
  await bench.caughtUp(reader);
  expect(reader.state().facts).toMatchObject({ final_block: FIRST, next_block: FIRST + 1 });
  expect(bench.outages).toContain('CHAIN_OUTAGE');
});

test('a node that lags behind the same address has no fill fail that moved up', async () => {
  const side = (wallet: string, what: 'BUY' | 'SELL', give: bigint, get: bigint): Side => ({
    wallet,
    side: what,
    tokenId: YES,
    makerAmount: give,
    takerAmount: get,
    fee: 0n,
    orderHash: id(wallet),
  });
  const match = complementaryBuy(
    VENUE,
    side(ALICE, 'BUY', 5n, 10n),
    side(STRANGER, 'SELL', 10n, 5n),
  );
  const { hash, raw } = await bench.chain.sign([...match, polygonFee(ALICE)]);
  await bench.chain.mine(3);
  const reader = bench.read(ALONE, { ...START, CHAIN_DEPTH: '3' });
  await bench.caughtUp(reader);
  let lags = false;
  bench.proxy.behave(({ method, params }) => {
    const isReceipt = method === 'eth_getTransactionReceipt' && params[0] === hash;
    const isHeader = method === 'eth_getBlockByNumber' && String(params[0]).startsWith('0x');
    if (method === 'eth_getLogs') return { edit: () => [] };
    if (!isReceipt && !(lags && isHeader)) return null;
    lags = isReceipt;
    return { edit: () => null };
  });
  await bench.chain.node.call('anvil_reorg', [3, [[raw, 2]]]);
  await bench.chain.mine();
  await until('its first height is final', () => reader.state().facts?.['next_block'] !== FIRST);
  bench.proxy.behave(null);
  await bench.chain.mine(6);
  await bench.caughtUp(reader);
  const told = (await bench.inbox()).map(({ raw: one }) =>
    one.format === 'order-filled' ? (one.status ?? 'CONFIRMED') : one.format,
  );
  expect([...new Set(told)].sort()).toEqual(['CONFIRMED', 'MINED']);
});
