/** Blocks that were read before something was known of them, and readers that stand still. */

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  cash,
  mergeThrough,
  POLYGON_VENUE as VENUE,
  single,
  splitThrough,
} from '@polytraders/testkit/chain';
import { id } from 'ethers';
import { until } from '../../test/chain-bench.fixture.ts';
import {
  FIRST,
  MARKET,
  ofRecord,
  type PastBench,
  START,
  startPast,
} from '../../test/past-bench.fixture.ts';
import { ALICE, BOB, STRANGER } from '../../test/transactions.ts';

const [YES] = MARKET.ids;
const ACCOUNTS = ofRecord(ALICE);

let bench: PastBench;

beforeEach(async () => {
  bench = await startPast('chain_past');
}, 60_000);

afterEach(async () => bench.stop(), 60_000);

describe('a wallet that is declared later', () => {
  test('lets what was set aside for its partner be told, too', async () => {
    await bench.said(
      cash(VENUE.pusd, ALICE, BOB, 7n),
      ...splitThrough(VENUE, MARKET, BOB, 7n),
      single(VENUE.tokens, BOB, BOB, ALICE, YES, 7n),
    );
    await bench.readWith(START);
    expect(await bench.told()).toEqual(['aside']);
    const both = ofRecord(ALICE, BOB);
    await bench.readWith(START, both);
    expect(await bench.told(BOB)).toEqual(['CashMoved', 'PositionsSplit', 'TokensTransferred']);
    expect(await bench.told()).toEqual(['CashMoved', 'TokensTransferred', 'aside']);
    expect(bench.lines).toContainEqual(
      expect.objectContaining({ event: 'CHAIN_TOLD_AGAIN', account: ALICE }),
    );
    await bench.readWith(START, both);
    expect(await bench.told()).toHaveLength(3);
  });
});

describe('what a wallet did that is declared later', () => {
  const BOTH = ofRecord(ALICE, BOB);

  test('is told in the order of the chain: nothing new before its past', async () => {
    await bench.said(...splitThrough(VENUE, MARKET, BOB, 7n));
    await bench.readWith(START);
    await bench.said(...mergeThrough(VENUE, MARKET, BOB, 3n));
    await bench.readWith({ ...START, CHAIN_RANGE_BLOCKS_MAX: '1' }, BOTH);
    expect(await bench.inOrder(BOB)).toEqual(['PositionsSplit', 'PositionsMerged']);
    await bench.said(cash(VENUE.pusd, BOB, STRANGER, 1n));
    await bench.readWith(START, BOTH);
    expect(await bench.inOrder(BOB)).toEqual(['PositionsSplit', 'PositionsMerged', 'CashMoved']);
  });

  test('also where reading its past takes long, fails and is taken up again', async () => {
    await bench.said(...splitThrough(VENUE, MARKET, BOB, 7n));
    await bench.said(cash(VENUE.pusd, STRANGER, BOB, 2n));
    await bench.readWith(START);
    const [second, one] = [`0x${(FIRST + 3).toString(16)}`, { CHAIN_RANGE_BLOCKS_MAX: '1' }];
    bench.proxy.behave(({ method, params }) => {
      const [filter] = params as readonly { fromBlock?: string }[];
      const isPast = method === 'eth_getLogs' && filter?.fromBlock === second;
      return isPast ? { status: 503 } : null;
    });
    const first = bench.read(BOTH, { ...START, ...one });
    await until('some of it is told', async () => (await bench.inOrder(BOB)).length > 0);
    await bench.said(
      ...mergeThrough(VENUE, MARKET, BOB, 3n),
      cash(VENUE.pusd, STRANGER, ALICE, 9n),
    );
    await until('others are told what is new', async () =>
      (await bench.told()).includes('CashMoved'),
    );
    expect(await bench.inOrder(BOB)).toEqual(['PositionsSplit']);
    await first.stop();
    await bench.said(...mergeThrough(VENUE, MARKET, BOB, 4n));
    bench.proxy.behave(null);
    await bench.readWith({ ...START, ...one }, BOTH);
    const merges = ['PositionsMerged', 'PositionsMerged'];
    expect(await bench.inOrder(BOB)).toEqual(['PositionsSplit', 'CashMoved', ...merges]);
    expect(await bench.told()).toEqual(['CashMoved']);
  });
});

test('of two wallets whose past is lacking, each is told its own in order', async () => {
  await bench.said(cash(VENUE.pusd, BOB, STRANGER, 2n));
  await bench.readWith(START);
  await bench.said(
    cash(VENUE.pusd, STRANGER, BOB, 7n),
    ...splitThrough(VENUE, MARKET, BOB, 7n),
    single(VENUE.tokens, BOB, BOB, STRANGER, YES, 7n),
  );
  await bench.readWith(START);
  // Of Bob's past a part is told; of the other's nothing.
  const past = { account: BOB, from: FIRST + 2, until: FIRST + 6 };
  await bench.database.query(
    "INSERT INTO ingest.chain_backlog VALUES ('chain/137', $1, $2, $3)",
    Object.values(past),
  );
  await bench.database.query("INSERT INTO ingest.chain_wallet VALUES ('chain/137', $1, $2)", [
    BOB,
    past.until,
  ]);
  const three = ofRecord(ALICE, BOB, STRANGER);
  await bench.readWith(START, three);
  const { rows } = await bench.database.query<{ amount: string }>(
    "SELECT payload::jsonb -> 'value' ->> 'amount_pusd' AS amount FROM ingest.inbox " +
      "WHERE payload::jsonb -> 'value' ->> 'account' = $1 " +
      "AND payload LIKE '%CashMoved%' ORDER BY seq",
    [STRANGER],
  );
  expect(rows).toEqual([{ amount: '0.000002' }, { amount: '-0.000007' }]);
});

test('what was told with a wallet known is no contradiction when its past is read', async () => {
  await bench.said(cash(VENUE.pusd, STRANGER, ALICE, 1n));
  await bench.readWith(START);
  await bench.said(
    cash(VENUE.pusd, ALICE, BOB, 7n),
    ...splitThrough(VENUE, MARKET, BOB, 7n),
    single(VENUE.tokens, BOB, BOB, ALICE, YES, 7n),
    cash(VENUE.pusd, BOB, ALICE, 5n),
    cash(VENUE.pusd, STRANGER, ALICE, 3n),
  );
  await bench.readWith(START, ofRecord(ALICE, BOB));
  const moved = ['CashMoved', 'CashMoved', 'CashMoved', 'TokensTransferred'];
  expect(await bench.told()).toEqual(moved);
});

describe('a reader that stands still', () => {
  test('on the wrong network leaves the place to one with the right node at once', async () => {
    await bench.said(cash(VENUE.pusd, STRANGER, ALICE, 5n));
    bench.proxy.behave(({ method }) => (method === 'eth_chainId' ? { edit: () => '0x1' } : null));
    const patient = { ...START, CHAIN_LEASE_MS: '600000' };
    const first = bench.read(ACCOUNTS, patient);
    await until('it stands still', () => first.state().halted.length > 0);
    bench.proxy.behave(null);
    await bench.caughtUp(bench.read(ACCOUNTS, patient));
    expect(await bench.told()).toEqual(['CashMoved']);
    expect(first.state()).toMatchObject({
      halted: [{ code: 'CHAIN_WRONG_NETWORK' }],
      facts: { reading: 0 },
    });
    const { rows } = await bench.database.query('SELECT halted FROM ingest.chain_position');
    expect(rows).toEqual([{ halted: null }]);
  });

  test('because what was final has changed stops whoever takes over, until decided', async () => {
    const patient = { ...START, CHAIN_LEASE_MS: '600000' };
    await bench.chain.mine(6);
    const first = bench.read(ACCOUNTS, patient);
    await bench.caughtUp(first);
    const { rows } = await bench.database.query<{ last_hash: string }>(
      'SELECT last_hash FROM ingest.chain_position',
    );
    const last = rows[0]?.last_hash ?? '';
    const [wrong, number] = [id('another'), `0x${(FIRST + 3).toString(16)}`];
    const edit = (header: unknown) => ({ ...(header as object), hash: wrong });
    bench.proxy.behave(({ method, params }) =>
      method === 'eth_getBlockByNumber' && params[0] === number ? { edit } : null,
    );
    await until('it stands still', () => first.state().halted.length > 0);
    bench.proxy.behave(null);
    await bench.said(cash(VENUE.pusd, STRANGER, ALICE, 5n));
    const second = bench.read(ACCOUNTS, patient);
    await until('the next one does', () => second.state().halted.length > 0);
    expect(second.state().halted).toMatchObject([
      {
        code: 'CHAIN_REORGED',
        message: expect.stringMatching(new RegExp(`set .*CHAIN_CONFIRMED_HASH=${last}`)),
      },
    ]);
    expect(await bench.inbox()).toEqual([]);
    await bench.caughtUp(bench.read(ACCOUNTS, { ...patient, CHAIN_CONFIRMED_HASH: last }));
    expect(await bench.told()).toEqual(['CashMoved']);
  });
});
