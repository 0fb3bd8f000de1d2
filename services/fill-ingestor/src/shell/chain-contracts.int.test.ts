/** Contracts that come into the list after blocks were read without them. */

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  cash,
  mergeThrough,
  POLYGON_VENUE as VENUE,
  single,
  splitThrough,
} from '@polytraders/testkit/chain';
import { until } from '../../test/chain-bench.fixture.ts';
import {
  FIRST,
  MARKET,
  ofRecord,
  type PastBench,
  purchase,
  START,
  startPast,
  without,
} from '../../test/past-bench.fixture.ts';
import { ALICE, BOB, STRANGER } from '../../test/transactions.ts';
import { textOfBook } from '../sources/chain/book-changes.ts';
import { type ContractEntry, POLYGON } from '../sources/chain/contracts.ts';

const [YES] = MARKET.ids;
const BLIND = without(VENUE.adapter);

let bench: PastBench;

beforeEach(async () => {
  bench = await startPast('chain_contracts');
}, 60_000);

afterEach(async () => bench.stop(), 60_000);

describe('a contract that comes into the list later', () => {
  test('has the blocks read again for it, once, and what was set aside is told', async () => {
    await bench.said(...splitThrough(VENUE, MARKET, ALICE, 7n));
    await bench.said(cash(VENUE.pusd, STRANGER, ALICE, 5n));
    await bench.readWith(without(VENUE.adapter));
    expect(await bench.told()).toEqual(['CashMoved', 'aside']);
    await bench.readWith(START);
    expect(await bench.told()).toEqual(['CashMoved', 'PositionsSplit', 'aside']);
    expect(bench.lines).toContainEqual(
      expect.objectContaining({
        event: 'CHAIN_CONTRACTS_ADDED',
        message:
          `Read again, beside what is new, for collateral_adapter ${VENUE.adapter} in blocks ` +
          `${String(FIRST)} to ${String(FIRST + 4)}.`,
      }),
    );
    bench.lines.length = 0;
    await bench.readWith(START);
    expect(await bench.told()).toHaveLength(3);
    expect(bench.lines).not.toContainEqual(
      expect.objectContaining({ event: 'CHAIN_CONTRACTS_ADDED' }),
    );
  });

  test('also where the shares became known before it: they are told with their cash', async () => {
    await bench.said(...splitThrough(VENUE, MARKET, ALICE, 7n));
    await bench.readWith(without(VENUE.adapter));
    await bench.database.query('INSERT INTO ingest.chain_token VALUES ($1), ($2)', [...MARKET.ids]);
    await bench.readWith(without(VENUE.adapter));
    expect(await bench.told()).toEqual(['aside']);
    await bench.readWith(START);
    expect(await bench.told()).toEqual(['PositionsSplit', 'aside']);
  });

  test('tells nothing beside what was booked otherwise: that is named', async () => {
    await bench.database.query('INSERT INTO ingest.chain_token VALUES ($1)', [YES]);
    await bench.said(...purchase());
    await bench.readWith(without(VENUE.exchange));
    expect(await bench.told()).toEqual(['CashMoved', 'TokensTransferred']);
    await bench.readWith(START);
    expect(await bench.told()).toEqual(['CashMoved', 'TokensTransferred', 'aside']);
    const odd = (await bench.inbox()).find(({ raw }) => raw.format === 'unusable');
    expect(odd?.raw).toMatchObject({
      reason: 'GOV_MOVEMENT_UNCLASSIFIED',
      because: expect.stringMatching(/found TokensTransferred, CashMoved to be otherwise/),
    });
  });

  test('explains what was kept as foreign: it is told as a part of its fill', async () => {
    await bench.said(...purchase().filter(({ address }) => address !== VENUE.pusd));
    const blind = without(VENUE.exchange);
    await bench.readWith(blind);
    expect(await bench.told()).toEqual([]);
    await bench.readWith(START);
    expect(await bench.told()).toEqual(['aside', 'fill']);
    const { rows } = await bench.database.query('SELECT outcome FROM ingest.foreign_transfer');
    expect(rows).toEqual([{ outcome: 'EXPLAINED' }]);
  });

  test('and one that leaves it is said to: what was told with it stands', async () => {
    await bench.said(...splitThrough(VENUE, MARKET, ALICE, 7n));
    await bench.readWith(START);
    await bench.readWith(without(VENUE.adapter));
    expect(await bench.told()).toEqual(['PositionsSplit']);
    expect(bench.lines).toContainEqual(
      expect.objectContaining({
        event: 'CHAIN_CONTRACTS_REMOVED',
        message: expect.stringMatching(/^What was told with collateral_adapter 0x.* stands/),
      }),
    );
    // With an end that lies ahead nothing has changed of what was read.
    const ends = POLYGON.map((one): ContractEntry => ({ ...one, untilBlock: FIRST + 1_000_000 }));
    await bench.readWith(START);
    bench.lines.length = 0;
    await bench.readWith({ ...START, CHAIN_CONTRACTS_FILE: textOfBook(ends) });
    expect(JSON.stringify(bench.lines)).not.toContain('CHAIN_CONTRACTS');
    expect(await bench.told()).toEqual(['PositionsSplit']);
  });
});

describe('a wallet that is left out while blocks are read again for a contract', () => {
  const BOTH = ofRecord(ALICE, BOB);

  test('is told what was set aside once it is declared again, before what is new', async () => {
    await bench.said(...splitThrough(VENUE, MARKET, BOB, 7n));
    await bench.readWith(BLIND, BOTH);
    await bench.readWith(START);
    expect(await bench.told(BOB)).toEqual(['aside']);
    await bench.said(...mergeThrough(VENUE, MARKET, BOB, 3n));
    await bench.readWith(START);
    await bench.readWith(START, BOTH);
    expect(await bench.inOrder(BOB)).toEqual(['aside', 'PositionsSplit', 'PositionsMerged']);
    await bench.readWith(START, BOTH);
    expect(await bench.told(BOB)).toHaveLength(3);
  });

  test('also where they were being read when it left, and what is read does not wait', async () => {
    await bench.said(...splitThrough(VENUE, MARKET, BOB, 7n));
    await bench.said(cash(VENUE.pusd, STRANGER, ALICE, 5n));
    await bench.readWith(BLIND, BOTH);
    bench.proxy.behave(({ method, params }) => {
      const [filter] = params as readonly { fromBlock?: string }[];
      const isPast = method === 'eth_getLogs' && filter?.fromBlock === `0x${FIRST.toString(16)}`;
      return isPast ? { status: 503 } : null;
    });
    await bench.chain.mine();
    const first = bench.read(BOTH, START);
    await until('reading again has begun', () => bench.outages.length > 0);
    await first.stop();
    bench.proxy.behave(null);
    await bench.readWith(START);
    const { rows } = await bench.database.query('SELECT account FROM ingest.chain_past');
    expect(rows).toEqual([]);
    await bench.readWith(START, BOTH);
    expect(await bench.told(BOB)).toEqual(['PositionsSplit', 'aside']);
  });

  test('is known still to those that are read: what it gave them is theirs as before', async () => {
    await bench.said(
      cash(VENUE.pusd, ALICE, BOB, 7n),
      ...splitThrough(VENUE, MARKET, BOB, 7n),
      single(VENUE.tokens, BOB, BOB, ALICE, YES, 7n),
    );
    await bench.database.query('INSERT INTO ingest.chain_token VALUES ($1)', [YES]);
    await bench.readWith(BLIND, BOTH);
    const before = await bench.told();
    expect(before).toEqual(['CashMoved', 'TokensTransferred']);
    await bench.readWith(START);
    expect(await bench.told()).toEqual(before);
    await bench.readWith(START, BOTH);
    expect(await bench.told()).toEqual(before);
    expect(await bench.told(BOB)).toEqual(
      expect.arrayContaining(['CashMoved', 'PositionsSplit', 'TokensTransferred']),
    );
  });
});

describe('of a wallet of which something was set aside', () => {
  test('what a new contract explains is told before what is new, to others at once', async () => {
    await bench.said(...splitThrough(VENUE, MARKET, ALICE, 7n));
    await bench.readWith(BLIND, ofRecord(ALICE, BOB));
    await bench.said(...mergeThrough(VENUE, MARKET, ALICE, 3n));
    await bench.said(cash(VENUE.pusd, STRANGER, BOB, 9n));
    const again = `0x${FIRST.toString(16)}`;
    bench.proxy.behave(({ method, params }) => {
      const [filter] = params as readonly { fromBlock?: string }[];
      return method === 'eth_getLogs' && filter?.fromBlock === again ? { status: 503 } : null;
    });
    await bench.chain.mine();
    const reader = bench.read(ofRecord(ALICE, BOB), START);
    await until('others are told', async () => (await bench.told(BOB)).includes('CashMoved'));
    expect(await bench.inOrder()).toEqual(['aside']);
    expect(reader.state().facts).toMatchObject({ accounts_waiting: 1 });
    bench.proxy.behave(null);
    const told = ['aside', 'PositionsSplit', 'PositionsMerged'];
    await until('it is told', async () => (await bench.inOrder()).length === told.length);
    expect(await bench.inOrder()).toEqual(told);
    await until('nothing waits', () => reader.state().facts?.['accounts_waiting'] === 0);
    await reader.stop();
    await bench.said(cash(VENUE.pusd, ALICE, STRANGER, 1n));
    await bench.readWith(START, ofRecord(ALICE, BOB));
    expect(await bench.inOrder()).toEqual([...told, 'CashMoved']);
  });

  test('also where the reader stops in between, and where it takes several pieces', async () => {
    await bench.said(...splitThrough(VENUE, MARKET, ALICE, 7n));
    await bench.said(cash(VENUE.pusd, STRANGER, ALICE, 2n));
    await bench.readWith(BLIND);
    await bench.said(...mergeThrough(VENUE, MARKET, ALICE, 3n));
    bench.proxy.behave(({ method, params }) => {
      const [filter] = params as readonly { fromBlock?: string }[];
      const isPast = filter?.fromBlock === `0x${(FIRST + 1).toString(16)}`;
      return method === 'eth_getLogs' && isPast ? { status: 503 } : null;
    });
    const one = { ...START, CHAIN_RANGE_BLOCKS_MAX: '1' };
    await bench.chain.mine();
    const reader = bench.read(ofRecord(ALICE), one);
    await until('it is stuck', () => bench.outages.length > 1);
    await reader.stop();
    bench.proxy.behave(null);
    await bench.said(...mergeThrough(VENUE, MARKET, ALICE, 4n));
    await bench.readWith(one);
    const merges = ['PositionsMerged', 'PositionsMerged'];
    expect(await bench.inOrder()).toEqual(['aside', 'CashMoved', 'PositionsSplit', ...merges]);
    const { rows } = await bench.database.query('SELECT * FROM ingest.chain_aside');
    expect(rows).toEqual([]);
  });

  test('one that has nothing set aside there waits for nothing', async () => {
    await bench.said(...splitThrough(VENUE, MARKET, ALICE, 7n));
    await bench.readWith(BLIND, ofRecord(ALICE, BOB));
    const past = { ...START, CHAIN_CONTRACTS_FILE: textOfBook(laterAdapter(FIRST + 4)) };
    await bench.said(cash(VENUE.pusd, STRANGER, ALICE, 9n));
    await bench.readWith(past, ofRecord(ALICE, BOB));
    expect(await bench.inOrder()).toEqual(['aside', 'CashMoved']);
    const { rows } = await bench.database.query('SELECT account FROM ingest.chain_aside');
    expect(rows).toEqual([{ account: ALICE }]);
  });

  /** The list with the adapter from a block on. */
  function laterAdapter(fromBlock: number): readonly ContractEntry[] {
    const isAdapter = (address: string): boolean => address === VENUE.adapter.toLowerCase();
    return POLYGON.map((one) => (isAdapter(one.address) ? { ...one, fromBlock } : one));
  }
});

test('a fill that was MINED ends as FAILED where its shares were booked otherwise', async () => {
  await bench.database.query('INSERT INTO ingest.chain_token VALUES ($1)', [YES]);
  await bench.chain.say(purchase());
  await bench.chain.mine();
  const reader = bench.read(ofRecord(ALICE), START);
  await until('it is seen', async () => (await bench.told()).includes('fill MINED'));
  await reader.stop();
  await bench.chain.mine(3);
  await bench.readWith(without(VENUE.exchange));
  const booked = ['CashMoved', 'TokensTransferred'];
  expect(await bench.told()).toEqual([...booked, 'fill MINED']);
  await bench.readWith(START);
  expect(await bench.told()).toEqual([...booked, 'aside', 'fill FAILED', 'fill MINED']);
  const { rows } = await bench.database.query('SELECT place FROM ingest.chain_provisional');
  expect(rows).toEqual([]);
  await bench.readWith(START);
  expect(await bench.told()).toHaveLength(5);
});
