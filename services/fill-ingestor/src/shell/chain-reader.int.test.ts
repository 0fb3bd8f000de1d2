/** The reader of the chain on a real node and a real Postgres: what it takes in, and when. */

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  cash,
  complementaryBuy,
  type LogBody,
  polygonFee,
  POLYGON_VENUE as VENUE,
  type Side,
  splitThrough,
  venueActors,
} from '@polytraders/testkit/chain';
import { id } from 'ethers';
import { type ChainBench, declared, startBench, until } from '../../test/chain-bench.fixture.ts';
import { ALICE, BOB, market, STRANGER } from '../../test/transactions.ts';

const FIRST = 94_959_000;
const MARKET = market('rain');
const START = { CHAIN_START_BLOCK: String(FIRST), CHAIN_DEPTH: '2' };
/** The chain books for Alice; Bob's source of record is the bus. */
const ACCOUNTS = new Map([
  [ALICE, declared('chain')],
  [BOB, declared('bus')],
]);

let bench: ChainBench;

beforeEach(async () => {
  bench = await openBench(1_000_000);
}, 60_000);

/** `finalized` stands two epochs behind the head; where they are long, there is none. */
function openBench(slotsInAnEpoch: number): Promise<ChainBench> {
  const first = { block: FIRST, time: 1_791_143_000 };
  return startBench('chain_reader', { actors: venueActors(), first, slotsInAnEpoch });
}

afterEach(async () => bench.stop(), 60_000);

function trade(name: string): readonly LogBody[] {
  const [yes] = MARKET.ids;
  const side = (wallet: string, what: 'BUY' | 'SELL', give: bigint, get: bigint): Side => ({
    wallet,
    side: what,
    tokenId: yes,
    makerAmount: give,
    takerAmount: get,
    fee: 0n,
    orderHash: id(name + wallet),
  });
  const maker = side(BOB, 'SELL', 40_000_000n, 22_000_000n);
  return [
    ...complementaryBuy(VENUE, side(ALICE, 'BUY', 22_000_000n, 40_000_000n), maker),
    polygonFee(STRANGER),
  ];
}

/** Standing of each fill input, by account: `CONFIRMED` where the input says nothing else. */
async function fills(): Promise<readonly string[]> {
  const rows = await bench.inbox();
  return rows.flatMap(({ raw }) => {
    if (raw.format !== 'order-filled') return [];
    const whose = raw.log.topics[2]?.endsWith(ALICE.slice(2)) === true ? 'alice' : 'bob';
    return [
      `${whose} ${raw.status ?? 'CONFIRMED'} in ${String(Number(raw.log.blockNumber) - FIRST)}`,
    ];
  });
}

describe('what is final', () => {
  test('is taken in once, block by block, and a reader that comes later reads on', async () => {
    await bench.chain.say(trade('one'));
    await bench.chain.mine();
    await bench.chain.say([...splitThrough(VENUE, MARKET, BOB, 7n), polygonFee(BOB)]);
    await bench.chain.mine(3);
    const first = bench.read(ACCOUNTS, START);
    await bench.caughtUp(first);
    await first.stop();
    const before = await bench.inbox();
    expect(before.map(({ raw }) => raw.format).sort()).toEqual([
      'movement',
      'order-filled',
      'order-filled',
    ]);
    expect(before.find(({ raw }) => raw.format === 'movement')?.raw).toMatchObject({
      type: 'PositionsSplit',
      value: { account: BOB, block_number: FIRST + 1, amount_pusd: '0.000007' },
    });
    await bench.chain.say(trade('two'));
    await bench.chain.mine(3);
    await bench.caughtUp(bench.read(ACCOUNTS, START));
    expect([...(await fills())].sort()).toEqual([
      'alice CONFIRMED in 0',
      'alice CONFIRMED in 4',
      'bob CONFIRMED in 0',
      'bob CONFIRMED in 4',
    ]);
    expect((await bench.inbox()).length).toBe(before.length + 2);
  });

  test('begins at depth', async () => {
    const reader = bench.read(ACCOUNTS, START);
    await bench.chain.say([cash(VENUE.pusd, BOB, STRANGER, 5n)]);
    await bench.chain.mine(2);
    await bench.caughtUp(reader);
    expect(await bench.inbox()).toEqual([]);
    await bench.chain.mine();
    await bench.caughtUp(reader);
    expect((await bench.inbox()).map(({ raw }) => raw.format)).toEqual(['movement']);
    expect(reader.state().facts).toMatchObject({
      head: FIRST + 2,
      final_block: FIRST,
      breaker: 'closed',
    });
  });
});

describe('a node that says what is finalized', () => {
  test('is waited for, however small the depth', async () => {
    await bench.stop();
    bench = await openBench(4);
    await bench.chain.mine(20);
    await bench.chain.say(trade('one'));
    await bench.chain.mine(8);
    const reader = bench.read(ACCOUNTS, { ...START, CHAIN_DEPTH: '1' });
    await bench.caughtUp(reader);
    expect(reader.state().facts).toMatchObject({ head: FIRST + 27, final_block: FIRST + 19 });
    expect(await fills()).toEqual(['alice MINED in 20']);
    await bench.chain.mine();
    await bench.caughtUp(reader);
    expect(reader.state().facts).toMatchObject({ final_block: FIRST + 20 });
    expect((await fills()).filter((one) => one.includes('CONFIRMED'))).toHaveLength(2);
  });

  test('and that has forgotten it is said to lag: nothing is final by depth alone', async () => {
    await bench.stop();
    bench = await openBench(4);
    await bench.chain.mine(20);
    const reader = bench.read(ACCOUNTS, { ...START, CHAIN_DEPTH: '1' });
    await bench.caughtUp(reader);
    bench.proxy.behave(({ params }) => (params[0] === 'finalized' ? { edit: () => null } : null));
    await bench.chain.say(trade('one'));
    await bench.chain.mine(5);
    await until('it is noticed', () => bench.outages.includes('CHAIN_LAGS'));
    expect(await bench.inbox()).toEqual([]);
    bench.proxy.behave(null);
    await bench.chain.mine(9);
    await bench.caughtUp(reader);
    expect((await fills()).filter((one) => one.includes('CONFIRMED'))).toHaveLength(2);
  });
});

describe('what may still go', () => {
  test('a fill is MINED at once where the chain books, and CONFIRMED at depth', async () => {
    const reader = bench.read(ACCOUNTS, START);
    await bench.chain.say(trade('one'));
    await bench.chain.mine();
    await bench.caughtUp(reader);
    expect(await fills()).toEqual(['alice MINED in 0']);
    await bench.chain.mine(2);
    await bench.caughtUp(reader);
    expect([...(await fills())].sort()).toEqual([
      'alice CONFIRMED in 0',
      'alice MINED in 0',
      'bob CONFIRMED in 0',
    ]);
  });

  test('a reorganisation of 30 blocks leaves a failed fill and no more', async () => {
    const env = { ...START, CHAIN_DEPTH: '40' };
    const reader = bench.read(ACCOUNTS, env);
    await bench.chain.mine(2);
    await bench.chain.say(trade('one'));
    await bench.chain.say([...splitThrough(VENUE, MARKET, ALICE, 7n), polygonFee(ALICE)]);
    await bench.chain.mine(30);
    await bench.caughtUp(reader);
    expect(await fills()).toEqual(['alice MINED in 2']);
    await bench.chain.node.call('anvil_reorg', [30, []]);
    await bench.chain.mine(10);
    await bench.caughtUp(reader);
    expect(await fills()).toEqual(['alice MINED in 2']);
    await bench.chain.mine(40);
    await bench.caughtUp(reader);
    expect([...(await fills())].sort()).toEqual(['alice FAILED in 2', 'alice MINED in 2']);
    expect((await bench.inbox()).map(({ raw }) => raw.format)).toEqual([
      'order-filled',
      'order-filled',
    ]);
    expect(reader.state().halted).toEqual([]);
  });

  test('the same transaction in another block is the same fill', async () => {
    const env = { ...START, CHAIN_DEPTH: '40' };
    const reader = bench.read(ACCOUNTS, env);
    await bench.chain.mine(2);
    const { raw } = await bench.chain.sign(trade('one'));
    await bench.chain.mine(30);
    await bench.caughtUp(reader);
    await bench.chain.node.call('anvil_reorg', [30, [[raw, 7]]]);
    await bench.chain.mine(1);
    await bench.caughtUp(reader);
    await bench.chain.mine(50);
    await bench.caughtUp(reader);
    const rows = (await bench.inbox()).filter(({ raw: one }) => one.format === 'order-filled');
    expect([...(await fills())].sort()).toEqual([
      'alice CONFIRMED in 9',
      'alice MINED in 2',
      'alice MINED in 9',
      'bob CONFIRMED in 9',
    ]);
    const places = rows.map(({ position }) => position.replace(/\/mined:.*$/, ''));
    expect(new Set(places).size).toBe(2);
  });
});

describe('what was final and is not any more', () => {
  test('stops the reader under its name, and nothing is written', async () => {
    const reader = bench.read(ACCOUNTS, START);
    await bench.chain.mine(4);
    await bench.chain.say(trade('one'));
    await bench.chain.mine(8);
    await bench.caughtUp(reader);
    const before = await bench.inbox();
    await bench.chain.node.call('anvil_reorg', [10, []]);
    await bench.chain.say(trade('two'));
    await bench.chain.mine(5);
    await until('it stands still', () => reader.state().halted.length > 0);
    expect(reader.state().halted).toMatchObject([
      {
        source: 'chain/137',
        code: 'CHAIN_REORGED',
        message: expect.stringMatching(/^Expected block/),
      },
    ]);
    expect(await bench.inbox()).toEqual(before);
    const { rows } = await bench.database.query('SELECT halted FROM ingest.chain_position');
    expect(rows).toEqual([{ halted: expect.stringMatching(/^CHAIN_REORGED: /) }]);
  });

  test('a node that goes back above what was final is said to, and read on', async () => {
    const reader = bench.read(ACCOUNTS, { ...START, CHAIN_DEPTH: '8' });
    await bench.chain.mine(12);
    await bench.caughtUp(reader);
    await bench.chain.node.call('anvil_rollback', [5]);
    await until('it is noticed', () => bench.outages.includes('CHAIN_WENT_BACK'));
    await bench.chain.say(trade('one'));
    await bench.chain.mine(12);
    await bench.caughtUp(reader);
    expect((await fills()).filter((one) => one.includes('CONFIRMED'))).toHaveLength(2);
  });
});

describe('a wallet that is declared later', () => {
  test('is told its past beside what is new, once; the others are told nothing again', async () => {
    const alone = new Map([[BOB, declared('bus')]]);
    await bench.chain.say(trade('one'));
    await bench.chain.mine(3);
    const first = bench.read(alone, START);
    await bench.caughtUp(first);
    await first.stop();
    expect(await fills()).toEqual(['bob CONFIRMED in 0']);
    await bench.chain.say(trade('two'));
    await bench.chain.mine(3);
    const second = bench.read(ACCOUNTS, { ...START, CHAIN_RANGE_BLOCKS_MAX: '1' });
    await bench.caughtUp(second);
    const all = ['alice CONFIRMED in 0', 'alice CONFIRMED in 3'];
    expect([...(await fills())].sort()).toEqual([
      ...all,
      'bob CONFIRMED in 0',
      'bob CONFIRMED in 3',
    ]);
    await second.stop();
    await bench.chain.mine(2);
    await bench.caughtUp(bench.read(ACCOUNTS, START));
    expect(await fills()).toHaveLength(4);
    expect(second.state().facts).toMatchObject({ backlog_blocks: 0 });
  });

  test('and one that was left out for a while is read from where it was left', async () => {
    const first = bench.read(ACCOUNTS, START);
    await bench.chain.mine(3);
    await bench.caughtUp(first);
    await first.stop();
    await bench.chain.say(trade('one'));
    await bench.chain.mine(3);
    const without = bench.read(new Map([[BOB, declared('bus')]]), START);
    await bench.caughtUp(without);
    await without.stop();
    await bench.chain.mine();
    await bench.caughtUp(bench.read(ACCOUNTS, START));
    expect([...(await fills())].sort()).toEqual(['alice CONFIRMED in 3', 'bob CONFIRMED in 3']);
  });
});

describe('readers', () => {
  test('one reads at a time; the next takes over when the first is gone', async () => {
    const env = { ...START, CHAIN_LEASE_MS: '60000' };
    const first = bench.read(ACCOUNTS, env);
    await bench.chain.mine(3);
    await bench.caughtUp(first);
    const second = bench.read(ACCOUNTS, env);
    await until('it stands by', () => second.state().facts?.['reading'] === 0);
    expect(second.state().partitions).toEqual([]);
    await first.stop();
    await bench.chain.say(trade('one'));
    await bench.chain.mine(3);
    await bench.caughtUp(second);
    expect((await fills()).filter((one) => one.includes('CONFIRMED'))).toHaveLength(2);
  });

  test('one that takes longer than its lease keeps its place as long as it lives', async () => {
    const env = { ...START, CHAIN_LEASE_MS: '1500', CHAIN_TIMEOUT_MS: '5000' };
    await bench.chain.say(trade('one'));
    await bench.chain.mine(3);
    let hangs = 1;
    bench.proxy.behave(({ method }) => {
      if (method !== 'eth_getTransactionReceipt' || hangs === 0) return null;
      hangs -= 1;
      return { hang: true };
    });
    const first = bench.read(ACCOUNTS, env);
    await until('it hangs', () => hangs === 0);
    const second = bench.read(ACCOUNTS, env);
    await bench.caughtUp(first);
    expect(second.state().facts?.['reading']).toBe(0);
    expect(bench.outages).toEqual(['CHAIN_TIMEOUT']);
    expect(await fills()).toHaveLength(2);
  });

  test('a reader whose place another has taken writes nothing and stands by', async () => {
    const reader = bench.read(ACCOUNTS, START);
    await bench.chain.mine(3);
    await bench.caughtUp(reader);
    await bench.database.query(
      "UPDATE ingest.chain_position SET epoch = epoch + 1, worker_id = 'other', " +
        "seen_at = now() + interval '1 hour'",
    );
    await bench.chain.say(trade('one'));
    await bench.chain.mine(5);
    await until('it stands by', () => reader.state().facts?.['reading'] === 0);
    expect(await bench.inbox()).toEqual([]);
  });
});

test('a bug of ours stops the reader under its name', async () => {
  const reader = bench.read(ACCOUNTS, START);
  await bench.chain.mine(3);
  await bench.caughtUp(reader);
  await bench.database.query(
    "INSERT INTO ingest.chain_provisional VALUES ('chain/137', 'p', $1, 't', $2, 'b', 'no JSON')",
    [ALICE, FIRST],
  );
  await bench.chain.say(trade('one'));
  await bench.chain.mine(3);
  await until('it stands still', () => reader.state().halted.length > 0);
  expect(reader.state().halted).toMatchObject([{ code: 'STEP_FAILED' }]);
  expect(await bench.inbox()).toEqual([]);
});
