/**
 * Balances at the end of a window, from a real node that may misbehave: one observation of each
 * account, the completion behind the last one, errors by name, and an answer that comes late.
 */

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isoTime } from '@polytraders/contracts';
import {
  conditionOf,
  type Market,
  marketMaker,
  type MarketMaker,
  POLYGON_VENUE as VENUE,
} from '@polytraders/testkit/chain';
import { tokenIdsOf } from '@polytraders/testkit/generator';
import { type ChainBench, declared, startBench, until } from '../../test/chain-bench.fixture.ts';
import { ALICE, BOB, STRANGER } from '../../test/transactions.ts';
import { chainConfig } from './chain-config.ts';
import { type ChainReader } from './chain-reader.ts';
import { createRpc } from './chain-rpc.ts';
import { partitionOfAccount } from './inputs.ts';
import { parseParameters, tellParameters } from './parameters.ts';
import { type Asking, observeNext, TRIES_MAX, type Turn } from './window-balances.ts';
import { closeWindows, windowIdOf } from './window-clock.ts';
import { windowConfig } from './window-config.ts';

const FIRST = 94_959_000;
const END = Date.parse('2026-05-09T00:00:00Z') / 1000;
const WINDOW = windowIdOf({ kind: 'daily', end: END * 1_000_000 });
const NOW = (END + 3_600) * 1_000_000;
const ACCOUNTS = new Map([
  [ALICE, declared('chain')],
  [BOB, declared('bus')],
]);
const ENV = { CHAIN_START_BLOCK: String(FIRST), CHAIN_DEPTH: '3' };

let bench: ChainBench;
let venue: MarketMaker;
let market: Market;
let asking: Asking;
let reader: ChainReader | null = null;

beforeEach(async () => {
  reader = null;
  bench = await startBench('window_balances', {
    actors: [VENUE.exchange, VENUE.adapter],
    real: VENUE,
    first: { block: FIRST, time: END - 600 },
    slotsInAnEpoch: 1_000_000,
  });
  venue = marketMaker(bench.chain, VENUE);
  for (const wallet of [ALICE, BOB]) await venue.fund(wallet, 1_000_000_000n);
  await venue.prepare('rain');
  const conditionId = conditionOf('rain');
  market = { conditionId, ids: tokenIdsOf(conditionId, false) };
  const config = chainConfig(
    { CHAIN_RPC_URL: bench.proxy.url, CHAIN_RESET_MS: '10', CHAIN_TIMEOUT_MS: '2000', ...ENV },
    () => null,
  );
  if (config === null) throw new Error('Expected a configuration of the chain.');
  const rpc = createRpc(config);
  const { database } = bench;
  asking = { database, chain: config, rpc, second: rpc, retryMs: 1, earlyMs: 1 };
}, 60_000);

afterEach(async () => {
  asking.rpc.close();
  await bench.stop();
}, 60_000);

/** Sends, and mines the block of a second. */
async function mineAt(seconds: number, ...sent: readonly Promise<string>[]): Promise<number> {
  const hashes = await Promise.all(sent);
  await bench.chain.node.call('evm_setNextBlockTimestamp', [seconds]);
  const head = await bench.chain.mine();
  for (const hash of hashes) await bench.chain.receipt(hash);
  return head;
}

/** A token that the ledger knows in a wallet, as the writer notes it. */
async function known(account: string, token: string, quantity = 1): Promise<void> {
  await bench.database.query(
    'INSERT INTO ingest.held_tokens VALUES ($1, $2, $3, $3, $4) ON CONFLICT DO NOTHING',
    [String(partitionOfAccount(account)), account, token, quantity],
  );
}

/** A day with trades whose last block is one second before its end, and its window closed. */
async function dayWithWindow(): Promise<number> {
  const [yes, no] = market.ids;
  await mineAt(END - 300, venue.split(ALICE, market, 4_000_000n));
  const last = await mineAt(END - 1, venue.give(ALICE, BOB, yes, 1_500_000n));
  await mineAt(END, venue.give(ALICE, STRANGER, yes, 500_000n), venue.pay(BOB, STRANGER, 7n));
  await bench.chain.mine(3);
  for (const token of [yes, no, '7']) await known(ALICE, token);
  await known(BOB, yes);
  await known(`paper:${ALICE}`, yes);
  await known('desk-1', yes);
  await closeWindow();
  return last;
}

async function closeWindow(): Promise<void> {
  await tellParameters(bench.database, parseParameters(null), (END - 40_000) * 1_000_000);
  const level = { behind: () => Promise.resolve([]), forget: () => undefined };
  const { closed } = await closeWindows(bench.database, windowConfig({}), level, NOW);
  expect(closed.map((one) => one.windowId)).toEqual([WINDOW]);
}

async function readerLevel(): Promise<void> {
  reader ??= bench.read(ACCOUNTS, ENV);
  await bench.caughtUp(reader);
}

/** Looks until what is wanted has come; answers all that came. */
async function turnsTo(what: Turn['what'], most = 20): Promise<readonly Turn[]> {
  const turns: Turn[] = [];
  while (turns.length < most) {
    const turn = await observeNext(asking, NOW);
    if (turn.what === 'nothing') await new Promise((resolve) => setTimeout(resolve, 5));
    else turns.push(turn);
    if (turn.what === what) return turns;
  }
  throw new Error(`Expected ${what}; found ${turns.map((one) => one.what).join()}.`);
}

type Told = { readonly partition: number; readonly seq: number; readonly value: JsonValue };
type JsonValue = Readonly<Record<string, unknown>>;

async function told(type: string): Promise<readonly Told[]> {
  const answer = await bench.database.query<{ partition: string; seq: string; value: string }>(
    "SELECT partition, seq, payload::jsonb ->> 'value' AS value FROM ingest.inbox " +
      "WHERE payload::jsonb ->> 'type' = $1 ORDER BY partition, seq",
    [type],
  );
  return answer.rows.map(({ partition, seq, value }) => ({
    partition: Number(partition),
    seq: Number(seq),
    value: JSON.parse(value) as JsonValue,
  }));
}

const observed = (): Promise<readonly Told[]> => told('ChainBalancesObserved');
const completed = async (): Promise<readonly JsonValue[]> =>
  (await told('WindowBalancesComplete'))
    .filter((one) => one.partition === 0)
    .map((one) => one.value);

describe('a window whose day is over', () => {
  test('is observed at the last block before its end, whatever has happened since', async () => {
    const last = await dayWithWindow();
    await readerLevel();
    expect(await turnsTo('told')).toMatchObject([{ what: 'told', accounts: 2, errors: 0 }]);
    const [yes, no] = market.ids;
    const all = await observed();
    const of = (account: string): Told | undefined =>
      all.find(({ value }) => value['account'] === account);
    expect(all).toHaveLength(2);
    expect(of(ALICE)?.value).toMatchObject({
      window_id: WINDOW,
      block_number: last,
      block_time: isoTime((END - 1) * 1_000_000),
      balance_pusd: '996',
      error: null,
    });
    const tokens = of(ALICE)?.value['tokens'] as readonly Readonly<Record<string, string>>[];
    expect(new Map(tokens.map((one) => [one['token_id'], one['balance_shares']]))).toEqual(
      new Map([
        ['7', '0'],
        [yes, '2.5'],
        [no, '4'],
      ]),
    );
    expect(of(BOB)?.value).toMatchObject({
      balance_pusd: '1000',
      tokens: [{ token_id: yes, balance_shares: '1.5' }],
    });
    expect(all.map((one) => one.partition).sort()).toEqual(
      [ALICE, BOB].map(partitionOfAccount).sort(),
    );
    expect(await completed()).toEqual([
      {
        window_id: WINDOW,
        window_kind: 'daily',
        window_start: '2026-05-08T00:00:00Z',
        window_end: '2026-05-09T00:00:00Z',
        block_number: last,
        block_hash: of(ALICE)?.value['block_hash'],
        block_time: isoTime((END - 1) * 1_000_000),
        attempt: 1,
        accounts: 2,
        errors: 0,
      },
    ]);
    expect(await observeNext(asking, NOW)).toEqual({ what: 'nothing' });
  });

  test('is complete in every partition behind the last observation that stands there', async () => {
    await dayWithWindow();
    await readerLevel();
    await turnsTo('told');
    const ends = await told('WindowBalancesComplete');
    expect(ends.map((one) => one.partition)).toEqual(Array.from({ length: 12 }, (_, p) => p));
    const closings = await told('WindowClosed');
    for (const { partition, seq } of await observed()) {
      expect(ends.find((one) => one.partition === partition)?.seq).toBeGreaterThan(seq);
      expect(closings.find((one) => one.partition === partition)?.seq).toBeLessThan(seq);
    }
  });

  test('is told once, though two ingestors ask at the same time', async () => {
    await dayWithWindow();
    await readerLevel();
    const other: Asking = { ...asking, retryMs: 1 };
    const turns = await Promise.all(
      [asking, other, asking, other].map((one) => observeNext(one, NOW)),
    );
    await turnsTo('nothing').catch(() => undefined);
    expect(turns.filter((one) => one.what === 'told')).toHaveLength(1);
    expect(await completed()).toHaveLength(1);
    expect(await observed()).toHaveLength(2);
  });

  test('waits until a block after its end is final', async () => {
    await mineAt(END - 1, venue.split(ALICE, market, 1n));
    await mineAt(END);
    await bench.chain.mine(2);
    await known(ALICE, market.ids[0]);
    await closeWindow();
    await readerLevel();
    const [early] = await turnsTo('early');
    expect(early).toMatchObject({ because: 'No block after 2026-05-09T00:00:00Z is final yet.' });
    await bench.chain.mine(1);
    await readerLevel();
    const turns = await turnsTo('told');
    expect(turns.every((one) => one.what !== 'failed')).toBe(true);
  });

  test('waits until the ledger has read to that block: what it lacks would be a drift', async () => {
    const last = await dayWithWindow();
    const [early] = await turnsTo('early');
    expect(early).toMatchObject({
      because: `chain/137: expected it to be read to block ${String(last)}; found -1.`,
    });
    await readerLevel();
    await turnsTo('told');
  });

  test('and in which no account has books is complete without a question', async () => {
    await tellParameters(bench.database, parseParameters(null), (END - 40_000) * 1_000_000);
    await closeWindow();
    bench.proxy.behave(() => ({ status: 503 }));
    expect(await turnsTo('told')).toMatchObject([{ accounts: 0, errors: 0 }]);
    expect(await completed()).toMatchObject([{ block_number: null, accounts: 0, errors: 0 }]);
  });

  test('has accounts of fills, movements and opening balances, and none of paper', async () => {
    await dayWithWindow();
    const third = `0x${'c0'.repeat(20)}`;
    const fourth = `0x${'d0'.repeat(20)}`;
    await bench.database.query(
      'INSERT INTO ingest.movement (tx_hash, account, place, log_partition, type, source, ' +
        "content, event_id, bytes) SELECT '0x' || n, $1, 'p', '3', 'CashMoved', 'chain', '', " +
        "'e', '' FROM generate_series(1, 50) AS n",
      [third],
    );
    await bench.database.query("INSERT INTO ingest.opening_balance VALUES ($1, '3', 'e')", [
      fourth,
    ]);
    await readerLevel();
    expect(await turnsTo('told')).toMatchObject([{ accounts: 4, errors: 0 }]);
    const accounts = (await observed()).map(({ value }) => value['account']);
    expect([...accounts].sort()).toEqual([ALICE, BOB, third, fourth].sort());
  });
});

describe('a node that does not answer', () => {
  test('leaves an error of each account on the log after some tries, and a late answer', async () => {
    const last = await dayWithWindow();
    await readerLevel();
    bench.proxy.behave(({ method }) => (method === 'eth_call' ? { status: 503 } : null));
    const turns = await turnsTo('told');
    const failures = Array<string>(TRIES_MAX - 1).fill('failed');
    expect(turns.map((one) => one.what)).toEqual([...failures, 'told']);
    expect(turns.at(-1)).toMatchObject({ accounts: 2, errors: 2 });
    expect(await completed()).toMatchObject([{ attempt: 1, errors: 2, block_number: last }]);
    for (const { value } of await observed()) {
      expect(value).toMatchObject({ balance_pusd: null, block_number: null, tokens: [] });
      expect(value['error']).toMatch(/^CHAIN_(OUTAGE|BREAKER_OPEN): /);
    }
    // While nothing changes, nothing more is written.
    for (let more = 0; more < 3; more += 1) await turnsTo('failed');
    expect(await completed()).toHaveLength(1);
    bench.proxy.behave(null);
    expect((await turnsTo('told')).at(-1)).toMatchObject({ accounts: 2, errors: 0 });
    expect(await completed()).toMatchObject([
      { attempt: 1, errors: 2 },
      { attempt: 2, accounts: 2, errors: 0, block_number: last },
    ]);
    const found = (await observed()).filter(({ value }) => value['error'] === null);
    expect(found.map(({ value }) => value['account']).sort()).toEqual([ALICE, BOB].sort());
    expect(await observeNext(asking, NOW)).toEqual({ what: 'nothing' });
  });

  test('not even which block it is: the completion has none', async () => {
    await dayWithWindow();
    await readerLevel();
    bench.proxy.behave(() => ({ status: 502 }));
    await turnsTo('told');
    expect(await completed()).toMatchObject([
      { attempt: 1, accounts: 2, errors: 2, block_number: null, block_hash: null },
    ]);
    bench.proxy.behave(null);
    await turnsTo('told');
    expect((await completed()).at(-1)).toMatchObject({ attempt: 2, errors: 0 });
  });

  test('for one account leaves the others their answers, and completes when it has one', async () => {
    await dayWithWindow();
    await readerLevel();
    const isOfBob = (params: readonly unknown[]): boolean =>
      JSON.stringify(params).includes(BOB.slice(2));
    bench.proxy.behave(({ method, params }) =>
      method === 'eth_call' && isOfBob(params)
        ? { refuse: { code: -32_000, message: 'missing trie node' } }
        : null,
    );
    expect((await turnsTo('told')).at(-1)).toMatchObject({ accounts: 2, errors: 1 });
    const errors = (await observed()).filter(({ value }) => value['error'] !== null);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.value).toMatchObject({
      account: BOB,
      error: expect.stringMatching(/^CHAIN_UNREADABLE: .*missing trie node.*an archive\.$/),
    });
    bench.proxy.behave(null);
    await turnsTo('told');
    expect(await completed()).toMatchObject([{ errors: 1 }, { attempt: 2, errors: 0 }]);
    // Alice was heard once.
    const ofAlice = (await observed()).filter(({ value }) => value['account'] === ALICE);
    expect(ofAlice).toHaveLength(1);
    const ids = (await observed()).map(
      ({ partition, seq }) => `${String(partition)}/${String(seq)}`,
    );
    expect(new Set(ids).size).toBe(3);
  });

  test('for a moment is asked again before anything is said', async () => {
    await dayWithWindow();
    await readerLevel();
    let left = 1;
    bench.proxy.behave(({ method }) => {
      if (method !== 'eth_call' || left === 0) return null;
      left -= 1;
      return { status: 429, headers: { 'retry-after': '0' } };
    });
    const turns = await turnsTo('told');
    expect(turns.map((one) => one.what)).toEqual(['failed', 'told']);
    expect(turns[0]).toMatchObject({ error: { code: 'CHAIN_RATE_LIMITED' } });
  });

  test('a window before the chain is read at all says so, and stays pending', async () => {
    await known(ALICE, '7');
    await bench.database.query(
      'INSERT INTO ingest.report_window (window_id, kind, window_start, window_end, backfilled, ' +
        "closed_at, try_at) VALUES ('w0', 'daily', '2025-01-01', '2025-01-02', true, now(), now())",
    );
    await mineAt(END - 1);
    await bench.chain.mine(5);
    await readerLevel();
    await turnsTo('told');
    const [error] = await observed();
    expect(error?.value['error']).toContain('read from a later one on. Lower CHAIN_START_BLOCK');
  });
});

test('where two nodes disagree about the block, it is asked again', async () => {
  await dayWithWindow();
  await readerLevel();
  const elsewhere = `0x${'ab'.repeat(32)}`;
  const second: Asking['second'] = {
    ...asking.rpc,
    call: async <Answer>(method: string, params: readonly unknown[]) => {
      const answer = await asking.rpc.call<object>(method, params);
      return { ...answer, hash: elsewhere } as Answer;
    },
  };
  const turn = await observeNext({ ...asking, second }, NOW);
  expect(turn).toMatchObject({ what: 'failed', error: { code: 'CHAIN_MISPLACED' } });
  await turnsTo('told');
});

test('a reader that is halted is said to be the reason', async () => {
  await dayWithWindow();
  await readerLevel();
  await reader?.stop();
  await bench.database.query("UPDATE ingest.chain_position SET halted = 'CHAIN_REORGED: x'");
  const [early] = await turnsTo('early');
  expect(early).toMatchObject({ because: 'chain/137: its reader is halted (CHAIN_REORGED: x).' });
  await until('it is pending', async () => {
    const rows = await bench.database.query(
      'SELECT 1 FROM ingest.report_window WHERE attempts = 0',
    );
    return rows.rowCount === 1;
  });
});
