/**
 * Blocks of transactions of which the log says none, asked of a real node at the end of a window:
 * what a receipt says, and a named outcome of each that says something else.
 */

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isoTime } from '@polytraders/contracts';
import { ALICE, BOB, STRANGER } from '../../test/transactions.ts';
import {
  END,
  NOW,
  startWindowBench,
  WINDOW,
  type WindowBench,
} from '../../test/window-bench.fixture.ts';
import { partitionOfAccount } from './inputs.ts';
import { type Asking, observeNext, TRIES_MAX } from './window-balances.ts';
import { lookAgain } from './window-places-store.ts';

let day: WindowBench;

beforeEach(async () => {
  day = await startWindowBench('window_places');
}, 60_000);

afterEach(async () => day.stop(), 60_000);

/** A confirmed fill of the bus that names its transaction and no block, as the writer notes it. */
async function loose(account: string, txHash: string, at = END - 30): Promise<void> {
  await day.bench.database.query(
    'INSERT INTO ingest.fill_identity (fill_id, log_partition, account, source, recipe, status, ' +
      'joined_sources, trading_bot_id, token_id, order_side, quantity_shares, size_pusd, paper, ' +
      'has_place, bytes, tx_hash, confirmed_at, unplaced_at) VALUES ' +
      "($1, $2, $3, 'bus', 'bus', 'CONFIRMED', '{}', 'mm', '7', 'BUY', 1, 1, false, false, '', " +
      '$4, $5, $5)',
    [
      `${account}${txHash}`,
      String(partitionOfAccount(account)),
      account,
      txHash,
      isoTime(at * 1_000_000),
    ],
  );
}

const nowhere = `0x${'e'.repeat(64)}`;

/** Answers the transaction of a day with a trade a second before its end, and its block. */
async function traded(): Promise<{ readonly txHash: string; readonly block: number }> {
  const [yes, no] = day.market.ids;
  await day.mineAt(END - 300, day.venue.split(ALICE, day.market, 4_000_000n));
  const sent = day.venue.give(ALICE, BOB, yes, 1_500_000n);
  const block = await day.mineAt(END - 60, sent);
  await day.mineAt(END - 1);
  for (const account of [ALICE, BOB]) {
    for (const token of [yes, no]) await day.known(account, token);
  }
  return { txHash: await sent, block };
}

/** The window is closed and its chain read; `after` more transactions lie behind its end. */
async function dayIsOver(...after: readonly Promise<string>[]): Promise<void> {
  await day.mineAt(END + 1, ...after);
  await day.bench.chain.mine(4);
  await day.closeWindow();
  await day.readerLevel();
}

const transactionsOf = async (account: string) =>
  (await day.observed())
    .filter(({ value }) => value['account'] === account)
    .map(({ value }) => value['transactions']);

const OPEN = 'SELECT 1 FROM ingest.report_window WHERE try_at IS NOT NULL';

/** It is time for another look for receipts: some milliseconds, and more with each look. */
async function timeToLook(): Promise<void> {
  const { database } = day.bench;
  for (;;) {
    await lookAgain(database);
    if ((await database.query(OPEN)).rows.length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The window looks once more for receipts, and finds none. */
async function lookedAgain(): Promise<void> {
  const { proxy } = day.bench;
  await timeToLook();
  const before = proxy.asked.length;
  expect(await observeNext(day.asking, NOW)).toEqual({ what: 'nothing' });
  expect(proxy.asked.length).toBeGreaterThan(before);
}

async function outcomes(): Promise<readonly object[]> {
  const answer = await day.bench.database.query<Record<string, string>>(
    'SELECT tx_hash, outcome, block_number, told::text AS told FROM ingest.transaction_place ' +
      'ORDER BY account, tx_hash',
  );
  return answer.rows;
}

describe('a transaction without a block', () => {
  test('goes on the log with its block, in the observation of its account, once', async () => {
    const { txHash, block } = await traded();
    await loose(ALICE, txHash);
    await loose(BOB, txHash);
    await dayIsOver();
    const receipts = () =>
      day.bench.proxy.asked.filter(({ method }) => method === 'eth_getTransactionReceipt').length;
    const before = receipts();
    expect(await day.turnsTo('told')).toMatchObject([{ what: 'told', placed: 2 }]);
    const told = [{ tx_hash: txHash, block_number: block }];
    expect(await transactionsOf(ALICE)).toEqual([told]);
    expect(await transactionsOf(BOB)).toEqual([told]);
    expect(await outcomes()).toMatchObject([{ told: 'true' }, { told: 'true' }]);
    expect(await observeNext(day.asking, NOW)).toEqual({ what: 'nothing' });
    expect(receipts() - before).toBe(2);
  });

  test('LATER: of a block behind the window it is asked for by a window behind it', async () => {
    const { txHash } = await traded();
    const sent = day.venue.pay(BOB, STRANGER, 7n);
    const after = sent.then((hash) => hash);
    await dayIsOver(after);
    const late = await sent;
    await loose(BOB, late, END + 2);
    await loose(BOB, txHash);
    await day.turnsTo('told');
    expect(await transactionsOf(BOB)).toMatchObject([[{ tx_hash: txHash }]]);
    expect((await outcomes()).find((one) => JSON.stringify(one).includes(late))).toMatchObject({
      outcome: 'LATER',
      told: 'false',
    });
    const next = END + 86_400;
    await day.mineAt(next - 1);
    await day.mineAt(next + 1);
    await day.bench.chain.mine(4);
    await day.readerLevel();
    await day.bench.database.query(
      'INSERT INTO ingest.report_window (window_id, kind, window_start, window_end, backfilled, ' +
        "closed_at, try_at) VALUES ('w2', 'daily', $1, $2, false, now(), now())",
      [isoTime(END * 1_000_000), isoTime(next * 1_000_000)],
    );
    await day.turnsTo('told');
    expect((await transactionsOf(BOB)).at(-1)).toMatchObject([{ tx_hash: late }]);
  });

  test('REVERTED: nothing has moved, and nobody asks again', async () => {
    const { txHash } = await traded();
    await loose(ALICE, txHash);
    await dayIsOver();
    day.bench.proxy.behave(({ method }) =>
      method === 'eth_getTransactionReceipt'
        ? { edit: (receipt) => ({ ...(receipt as object), status: '0x0' }) }
        : null,
    );
    expect(await day.turnsTo('told')).toMatchObject([{ placed: 0, errors: 0 }]);
    expect(await transactionsOf(ALICE)).toEqual([[]]);
    expect(await outcomes()).toMatchObject([{ outcome: 'REVERTED', told: 'false' }]);
    const unplaced = await day.bench.database.query('SELECT * FROM ingest.transaction_unplaced');
    expect(unplaced.rows).toMatchObject([{ tx_hash: txHash, outcome: 'REVERTED' }]);
    expect(await observeNext(day.asking, NOW)).toEqual({ what: 'nothing' });
  });

  test('UNKNOWN: waited for a few tries; a receipt that comes late makes an attempt', async () => {
    const { txHash, block } = await traded();
    await loose(ALICE, txHash);
    await loose(ALICE, nowhere);
    await dayIsOver();
    day.bench.proxy.behave(({ method }) =>
      method === 'eth_getTransactionReceipt' ? { edit: () => null } : null,
    );
    const turns = await day.turnsTo('told');
    expect(turns.map(({ what }) => what)).toEqual([
      ...Array<string>(TRIES_MAX - 1).fill('failed'),
      'told',
    ]);
    expect(turns[0]).toMatchObject({
      error: {
        code: 'CHAIN_LAGS',
        message: expect.stringMatching(/^Expected receipts of all transactions of 0x.* of 2, 0x/),
      },
    });
    expect(turns.at(-1)).toMatchObject({
      ...{ accounts: 2, errors: 0, placed: 0 },
      unknown: expect.stringContaining('found none of 2, 0x'),
    });
    // Nothing new is nothing to tell.
    await lookedAgain();
    expect(await day.completed()).toHaveLength(1);
    day.bench.proxy.behave(null);
    await timeToLook();
    expect((await day.turnsTo('told')).at(-1)).toMatchObject({ placed: 1, errors: 0 });
    expect(await day.completed()).toMatchObject([{ attempt: 1 }, { attempt: 2, errors: 0 }]);
    expect(await transactionsOf(ALICE)).toEqual([[], [{ tx_hash: txHash, block_number: block }]]);
    // Bob has answered, and is not asked again.
    expect(await transactionsOf(BOB)).toEqual([[]]);
    // The one that was never mined is looked for now and then, and said to be unknown.
    await lookedAgain();
    expect(await outcomes()).toMatchObject([{ outcome: 'PLACED' }, { outcome: 'UNKNOWN' }]);
    // Meanwhile the window is complete, and takes up what comes late.
    expect((await day.bench.database.query(OPEN)).rows).toEqual([]);
  });

  test('of a late fill is told in another attempt, once that has come to rest', async () => {
    const { txHash } = await traded();
    await dayIsOver();
    await day.turnsTo('told');
    await loose(ALICE, txHash);
    await day.bench.database.query('UPDATE ingest.report_window SET try_at = now()');
    expect(await day.turnsTo('told')).toMatchObject([{ placed: 1, accounts: 2 }]);
    expect(await transactionsOf(ALICE)).toMatchObject([[], [{ tx_hash: txHash }]]);
  });

  test('comes in as many observations as are needed', async () => {
    await traded();
    await dayIsOver();
    await day.bench.database.query(
      'INSERT INTO ingest.transaction_place (account, tx_hash, window_id, outcome, block_number, ' +
        "tries) SELECT $1, '0x' || lpad(n::text, 64, '0'), $2, 'PLACED', n, 0 " +
        'FROM generate_series(1, 4001) n',
      [ALICE, WINDOW],
    );
    // Found by a later window that has not told it yet, and none of this one.
    await day.bench.database.query(
      'INSERT INTO ingest.transaction_place (account, tx_hash, window_id, outcome, block_number, ' +
        "tries) VALUES ($1, $2, 'w2', 'PLACED', 99999999, 0)",
      [ALICE, nowhere],
    );
    expect(await day.turnsTo('told')).toMatchObject([{ placed: 4_001 }]);
    const lists = (await transactionsOf(ALICE)) as readonly (readonly object[])[];
    expect(lists.map((list) => list.length)).toEqual([2_000, 2_000, 1]);
    expect(await day.completed()).toMatchObject([{ accounts: 2 }]);
  });
});

describe('an answer that cannot be', () => {
  test.each([
    ['a block that is not on the chain', { blockHash: nowhere }, 'CHAIN_MISPLACED'],
    ['another transaction', { transactionHash: nowhere }, 'CHAIN_UNREADABLE'],
    ['no status', { status: null }, 'CHAIN_UNREADABLE'],
    ['no block', { blockNumber: null }, 'CHAIN_UNREADABLE'],
  ])('of %s is an error of the account, and asked again', async (_, lie, code) => {
    const { txHash } = await traded();
    await loose(ALICE, txHash);
    await dayIsOver();
    day.bench.proxy.behave(({ method }) =>
      method === 'eth_getTransactionReceipt'
        ? { edit: (receipt) => ({ ...(receipt as object), ...lie }) }
        : null,
    );
    const turns = await day.turnsTo('told');
    expect(turns[0]).toMatchObject({ what: 'failed', error: { code } });
    expect(turns.at(-1)).toMatchObject({ accounts: 2, errors: 1, placed: 0 });
    day.bench.proxy.behave(null);
    expect((await day.turnsTo('told')).at(-1)).toMatchObject({ errors: 0, placed: 1 });
  });

  test('of a node that is away is its error, and Bob has his answer', async () => {
    const { txHash } = await traded();
    await loose(ALICE, txHash);
    await dayIsOver();
    day.bench.proxy.behave(({ method }) =>
      method === 'eth_getTransactionReceipt'
        ? { refuse: { code: -32_000, message: 'header not found' } }
        : null,
    );
    expect((await day.turnsTo('told')).at(-1)).toMatchObject({ accounts: 2, errors: 1 });
    const failed = (await day.observed()).filter(({ value }) => value['error'] !== null);
    expect(failed).toMatchObject([{ value: { account: ALICE, transactions: [] } }]);
  });

  test('that a second node does not confirm is none', async () => {
    const { txHash } = await traded();
    await loose(ALICE, txHash);
    await dayIsOver();
    const { rpc } = day.asking;
    const second: Asking['second'] = {
      ...rpc,
      call: async <Answer>(method: string, params: readonly unknown[]) => {
        if (method === 'eth_getTransactionReceipt') return null as Answer;
        return rpc.call<Answer>(method, params);
      },
    };
    expect(await observeNext({ ...day.asking, second }, NOW)).toMatchObject({
      what: 'failed',
      error: {
        code: 'CHAIN_MISPLACED',
        message: expect.stringContaining(`the same of transaction ${txHash}; found 0x`),
      },
    });
    expect(await outcomes()).toEqual([]);
  });
});
