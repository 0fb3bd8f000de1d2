/** Blocks that were read before something was known of them, and readers that stand still. */

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  cash,
  complementaryBuy,
  type LogBody,
  mergeThrough,
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
import { textOfBook } from '../sources/chain/book-changes.ts';
import { type ContractEntry, POLYGON } from '../sources/chain/contracts.ts';

const FIRST = 94_959_000;
const MARKET = market('rain');
const [YES] = MARKET.ids;
const START = { CHAIN_START_BLOCK: String(FIRST), CHAIN_DEPTH: '2' };
const ACCOUNTS = new Map([[ALICE, declared('chain')]]);

let bench: ChainBench;

beforeEach(async () => {
  bench = await startBench('chain_past', {
    actors: venueActors(),
    first: { block: FIRST, time: 1_791_143_000 },
    slotsInAnEpoch: 1_000_000,
  });
}, 60_000);

afterEach(async () => bench.stop(), 60_000);

function without(address: string): Record<string, string> {
  const book = POLYGON.filter((one) => one.address !== address.toLowerCase());
  return { ...START, CHAIN_CONTRACTS_FILE: textOfBook(book) };
}

async function said(...bodies: readonly LogBody[]): Promise<void> {
  await bench.chain.say([...bodies, polygonFee(STRANGER)]);
  await bench.chain.mine(3);
}

/** Reads all there is with the settings, then stops. */
async function readWith(env: Record<string, string>, accounts = ACCOUNTS): Promise<void> {
  await bench.chain.mine();
  const reader = bench.read(accounts, env);
  await bench.caughtUp(reader);
  await until('nothing is lacking', () => reader.state().facts?.['backlog_blocks'] === 0);
  await reader.stop();
}

/** What accounts were told, by type; what is set aside as `aside`. */
async function told(account = ALICE): Promise<readonly string[]> {
  const rows = await bench.inbox();
  const all = rows.flatMap(({ raw }) => {
    if (raw.format === 'movement') return raw.value['account'] === account ? [raw.type] : [];
    if (raw.format === 'unusable') return raw.account === account ? ['aside'] : [];
    return raw.format === 'order-filled' && raw.status === undefined ? ['fill'] : [];
  });
  return [...all].sort();
}

function fills(): readonly LogBody[] {
  const side = (wallet: string, what: 'BUY' | 'SELL', give: bigint, get: bigint): Side => ({
    wallet,
    side: what,
    tokenId: YES,
    makerAmount: give,
    takerAmount: get,
    fee: 0n,
    orderHash: id(wallet),
  });
  const maker = side(STRANGER, 'SELL', 40_000_000n, 22_000_000n);
  return complementaryBuy(VENUE, side(ALICE, 'BUY', 22_000_000n, 40_000_000n), maker);
}

describe('a contract that comes into the list later', () => {
  test('has the blocks read again for it, once, and what was set aside is told', async () => {
    await said(...splitThrough(VENUE, MARKET, ALICE, 7n));
    await said(cash(VENUE.pusd, STRANGER, ALICE, 5n));
    await readWith(without(VENUE.adapter));
    expect(await told()).toEqual(['CashMoved', 'aside']);
    await readWith(START);
    expect(await told()).toEqual(['CashMoved', 'PositionsSplit', 'aside']);
    expect(bench.lines).toContainEqual(
      expect.objectContaining({
        event: 'CHAIN_CONTRACTS_ADDED',
        message:
          `Read again, beside what is new, for collateral_adapter ${VENUE.adapter} in blocks ` +
          `${String(FIRST)} to ${String(FIRST + 4)}.`,
      }),
    );
    bench.lines.length = 0;
    await readWith(START);
    expect(await told()).toHaveLength(3);
    expect(bench.lines).not.toContainEqual(
      expect.objectContaining({ event: 'CHAIN_CONTRACTS_ADDED' }),
    );
  });

  test('also where the shares became known before it: they are told with their cash', async () => {
    await said(...splitThrough(VENUE, MARKET, ALICE, 7n));
    await readWith(without(VENUE.adapter));
    await bench.database.query('INSERT INTO ingest.chain_token VALUES ($1), ($2)', [...MARKET.ids]);
    await readWith(without(VENUE.adapter));
    expect(await told()).toEqual(['aside']);
    await readWith(START);
    expect(await told()).toEqual(['PositionsSplit', 'aside']);
  });

  test('tells nothing beside what was booked otherwise: that is named', async () => {
    await bench.database.query('INSERT INTO ingest.chain_token VALUES ($1)', [YES]);
    await said(...fills());
    await readWith(without(VENUE.exchange));
    expect(await told()).toEqual(['CashMoved', 'TokensTransferred']);
    await readWith(START);
    expect(await told()).toEqual(['CashMoved', 'TokensTransferred', 'aside']);
    const odd = (await bench.inbox()).find(({ raw }) => raw.format === 'unusable');
    expect(odd?.raw).toMatchObject({
      reason: 'GOV_MOVEMENT_UNCLASSIFIED',
      because: expect.stringMatching(/found TokensTransferred, CashMoved to be otherwise/),
    });
  });

  test('explains what was kept as foreign: it is told as a part of its fill', async () => {
    await said(...fills().filter(({ address }) => address !== VENUE.pusd));
    const blind = without(VENUE.exchange);
    await readWith(blind);
    expect(await told()).toEqual([]);
    await readWith(START);
    expect(await told()).toEqual(['aside', 'fill']);
    const { rows } = await bench.database.query('SELECT outcome FROM ingest.foreign_transfer');
    expect(rows).toEqual([{ outcome: 'EXPLAINED' }]);
  });

  test('and one that leaves it is said to: what was told with it stands', async () => {
    await said(...splitThrough(VENUE, MARKET, ALICE, 7n));
    await readWith(START);
    await readWith(without(VENUE.adapter));
    expect(await told()).toEqual(['PositionsSplit']);
    expect(bench.lines).toContainEqual(
      expect.objectContaining({
        event: 'CHAIN_CONTRACTS_REMOVED',
        message: expect.stringMatching(/^What was told with collateral_adapter 0x.* stands/),
      }),
    );
    // With an end that lies ahead nothing has changed of what was read.
    const ends = POLYGON.map((one): ContractEntry => ({ ...one, untilBlock: FIRST + 1_000_000 }));
    await readWith(START);
    bench.lines.length = 0;
    await readWith({ ...START, CHAIN_CONTRACTS_FILE: textOfBook(ends) });
    expect(JSON.stringify(bench.lines)).not.toContain('CHAIN_CONTRACTS');
    expect(await told()).toEqual(['PositionsSplit']);
  });
});

describe('a wallet that is declared later', () => {
  test('lets what was set aside for its partner be told, too', async () => {
    await said(
      cash(VENUE.pusd, ALICE, BOB, 7n),
      ...splitThrough(VENUE, MARKET, BOB, 7n),
      single(VENUE.tokens, BOB, BOB, ALICE, YES, 7n),
    );
    await readWith(START);
    expect(await told()).toEqual(['aside']);
    const both = new Map([...ACCOUNTS, [BOB, declared('chain')] as const]);
    await readWith(START, both);
    expect(await told(BOB)).toEqual(['CashMoved', 'PositionsSplit', 'TokensTransferred']);
    expect(await told()).toEqual(['CashMoved', 'TokensTransferred', 'aside']);
    expect(bench.lines).toContainEqual(
      expect.objectContaining({ event: 'CHAIN_TOLD_AGAIN', account: ALICE }),
    );
    await readWith(START, both);
    expect(await told()).toHaveLength(3);
  });
});

describe('what a wallet did that is declared later', () => {
  const BOTH = new Map([...ACCOUNTS, [BOB, declared('chain')] as const]);

  /** What Bob was told, in the order in which it was told. */
  async function inOrder(): Promise<readonly string[]> {
    const { rows } = await bench.database.query<{ type: string }>(
      "SELECT payload::jsonb ->> 'type' AS type FROM ingest.inbox " +
        "WHERE payload::jsonb -> 'value' ->> 'account' = $1 ORDER BY seq",
      [BOB],
    );
    return rows.map(({ type }) => type);
  }

  test('is told in the order of the chain: nothing new before its past', async () => {
    await said(...splitThrough(VENUE, MARKET, BOB, 7n));
    await readWith(START);
    await said(...mergeThrough(VENUE, MARKET, BOB, 3n));
    await readWith({ ...START, CHAIN_RANGE_BLOCKS_MAX: '1' }, BOTH);
    expect(await inOrder()).toEqual(['PositionsSplit', 'PositionsMerged']);
    await said(cash(VENUE.pusd, BOB, STRANGER, 1n));
    await readWith(START, BOTH);
    expect(await inOrder()).toEqual(['PositionsSplit', 'PositionsMerged', 'CashMoved']);
  });

  test('also where reading its past takes long, fails and is taken up again', async () => {
    await said(...splitThrough(VENUE, MARKET, BOB, 7n));
    await said(cash(VENUE.pusd, STRANGER, BOB, 2n));
    await readWith(START);
    const [second, one] = [`0x${(FIRST + 3).toString(16)}`, { CHAIN_RANGE_BLOCKS_MAX: '1' }];
    bench.proxy.behave(({ method, params }) => {
      const [filter] = params as readonly { fromBlock?: string }[];
      const isPast = method === 'eth_getLogs' && filter?.fromBlock === second;
      return isPast ? { status: 503 } : null;
    });
    const first = bench.read(BOTH, { ...START, ...one });
    await until('some of it is told', async () => (await inOrder()).length > 0);
    await said(...mergeThrough(VENUE, MARKET, BOB, 3n), cash(VENUE.pusd, STRANGER, ALICE, 9n));
    await until('others are told what is new', async () => (await told()).includes('CashMoved'));
    expect(await inOrder()).toEqual(['PositionsSplit']);
    await first.stop();
    await said(...mergeThrough(VENUE, MARKET, BOB, 4n));
    bench.proxy.behave(null);
    await readWith({ ...START, ...one }, BOTH);
    const merges = ['PositionsMerged', 'PositionsMerged'];
    expect(await inOrder()).toEqual(['PositionsSplit', 'CashMoved', ...merges]);
    expect(await told()).toEqual(['CashMoved']);
  });
});

test('of two wallets whose past is lacking, each is told its own in order', async () => {
  await said(cash(VENUE.pusd, BOB, STRANGER, 2n));
  await readWith(START);
  await said(
    cash(VENUE.pusd, STRANGER, BOB, 7n),
    ...splitThrough(VENUE, MARKET, BOB, 7n),
    single(VENUE.tokens, BOB, BOB, STRANGER, YES, 7n),
  );
  await readWith(START);
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
  const three = new Map([ALICE, BOB, STRANGER].map((one) => [one, declared('chain')] as const));
  await readWith(START, three);
  const { rows } = await bench.database.query<{ amount: string }>(
    "SELECT payload::jsonb -> 'value' ->> 'amount_pusd' AS amount FROM ingest.inbox " +
      "WHERE payload::jsonb -> 'value' ->> 'account' = $1 " +
      "AND payload LIKE '%CashMoved%' ORDER BY seq",
    [STRANGER],
  );
  expect(rows).toEqual([{ amount: '0.000002' }, { amount: '-0.000007' }]);
});

test('what was told with a wallet known is no contradiction when its past is read', async () => {
  await said(cash(VENUE.pusd, STRANGER, ALICE, 1n));
  await readWith(START);
  await said(
    cash(VENUE.pusd, ALICE, BOB, 7n),
    ...splitThrough(VENUE, MARKET, BOB, 7n),
    single(VENUE.tokens, BOB, BOB, ALICE, YES, 7n),
    cash(VENUE.pusd, BOB, ALICE, 5n),
    cash(VENUE.pusd, STRANGER, ALICE, 3n),
  );
  await readWith(START, new Map([...ACCOUNTS, [BOB, declared('chain')] as const]));
  const moved = ['CashMoved', 'CashMoved', 'CashMoved', 'TokensTransferred'];
  expect(await told()).toEqual(moved);
});

describe('a reader that stands still', () => {
  test('on the wrong network leaves the place to one with the right node at once', async () => {
    await said(cash(VENUE.pusd, STRANGER, ALICE, 5n));
    bench.proxy.behave(({ method }) => (method === 'eth_chainId' ? { edit: () => '0x1' } : null));
    const patient = { ...START, CHAIN_LEASE_MS: '600000' };
    const first = bench.read(ACCOUNTS, patient);
    await until('it stands still', () => first.state().halted.length > 0);
    bench.proxy.behave(null);
    await bench.caughtUp(bench.read(ACCOUNTS, patient));
    expect(await told()).toEqual(['CashMoved']);
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
    await said(cash(VENUE.pusd, STRANGER, ALICE, 5n));
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
    expect(await told()).toEqual(['CashMoved']);
  });
});
