/** A node that does not answer for balances: errors by name on the log, and a late answer. */

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ALICE, BOB } from '../../test/transactions.ts';
import { END, NOW, startWindowBench, type WindowBench } from '../../test/window-bench.fixture.ts';
import { type Asking, observeNext, TRIES_MAX } from './window-balances.ts';

let day: WindowBench;

beforeEach(async () => {
  day = await startWindowBench('window_faults');
}, 60_000);

afterEach(async () => day.stop(), 60_000);

describe('a node that does not answer', () => {
  test('leaves an error of each account on the log, and a late answer', async () => {
    const last = await day.dayWithWindow();
    await day.readerLevel();
    day.bench.proxy.behave(({ method }) => (method === 'eth_call' ? { status: 503 } : null));
    const turns = await day.turnsTo('told');
    const failures = Array<string>(TRIES_MAX - 1).fill('failed');
    expect(turns.map((one) => one.what)).toEqual([...failures, 'told']);
    expect(turns.at(-1)).toMatchObject({ accounts: 2, errors: 2 });
    expect(await day.completed()).toMatchObject([{ attempt: 1, errors: 2, block_number: last }]);
    for (const { value } of await day.observed()) {
      expect(value).toMatchObject({ balance_pusd: null, block_number: null, tokens: [] });
      expect(value['error']).toMatch(/^CHAIN_(OUTAGE|BREAKER_OPEN): /);
    }
    // While nothing changes, nothing more is written.
    for (let more = 0; more < 3; more += 1) await day.turnsTo('failed');
    expect(await day.completed()).toHaveLength(1);
    day.bench.proxy.behave(null);
    expect((await day.turnsTo('told')).at(-1)).toMatchObject({ accounts: 2, errors: 0 });
    expect(await day.completed()).toMatchObject([
      { attempt: 1, errors: 2 },
      { attempt: 2, accounts: 2, errors: 0, block_number: last },
    ]);
    const found = (await day.observed()).filter(({ value }) => value['error'] === null);
    expect(found.map(({ value }) => value['account']).sort()).toEqual([ALICE, BOB].sort());
    expect(await observeNext(day.asking, NOW)).toEqual({ what: 'nothing' });
  });

  test('not even which block it is: the completion has none', async () => {
    await day.dayWithWindow();
    await day.readerLevel();
    day.bench.proxy.behave(() => ({ status: 502 }));
    await day.turnsTo('told');
    expect(await day.completed()).toMatchObject([
      { attempt: 1, accounts: 2, errors: 2, block_number: null, block_hash: null },
    ]);
    day.bench.proxy.behave(null);
    await day.turnsTo('told');
    expect((await day.completed()).at(-1)).toMatchObject({ attempt: 2, errors: 0 });
  });

  test('for one account leaves the others their answers', async () => {
    await day.dayWithWindow();
    await day.readerLevel();
    const isOfBob = (params: readonly unknown[]): boolean =>
      JSON.stringify(params).includes(BOB.slice(2));
    day.bench.proxy.behave(({ method, params }) =>
      method === 'eth_call' && isOfBob(params)
        ? { refuse: { code: -32_000, message: 'missing trie node' } }
        : null,
    );
    expect((await day.turnsTo('told')).at(-1)).toMatchObject({ accounts: 2, errors: 1 });
    const errors = (await day.observed()).filter(({ value }) => value['error'] !== null);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.value).toMatchObject({
      account: BOB,
      error: expect.stringMatching(/^CHAIN_UNREADABLE: .*missing trie node.*an archive\.$/),
    });
    day.bench.proxy.behave(null);
    await day.turnsTo('told');
    expect(await day.completed()).toMatchObject([{ errors: 1 }, { attempt: 2, errors: 0 }]);
    // Alice was heard once.
    const ofAlice = (await day.observed()).filter(({ value }) => value['account'] === ALICE);
    expect(ofAlice).toHaveLength(1);
    const ids = (await day.observed()).map(
      ({ partition, seq }) => `${String(partition)}/${String(seq)}`,
    );
    expect(new Set(ids).size).toBe(3);
  });

  test('for a moment is asked again before anything is said', async () => {
    await day.dayWithWindow();
    await day.readerLevel();
    let left = 1;
    day.bench.proxy.behave(({ method }) => {
      if (method !== 'eth_call' || left === 0) return null;
      left -= 1;
      return { status: 429, headers: { 'retry-after': '0' } };
    });
    const turns = await day.turnsTo('told');
    expect(turns.map((one) => one.what)).toEqual(['failed', 'told']);
    expect(turns[0]).toMatchObject({ error: { code: 'CHAIN_RATE_LIMITED' } });
  });

  test('a window before the chain is read at all says so, and stays pending', async () => {
    await day.known(ALICE, '7');
    await day.bench.database.query(
      'INSERT INTO ingest.report_window (window_id, kind, window_start, window_end, backfilled, ' +
        "closed_at, try_at) VALUES ('w0', 'daily', '2025-01-01', '2025-01-02', true, now(), now())",
    );
    await day.mineAt(END - 1);
    await day.bench.chain.mine(5);
    await day.readerLevel();
    await day.turnsTo('told');
    const [error] = await day.observed();
    expect(error?.value['error']).toContain('read from a later one on. Lower CHAIN_START_BLOCK');
  });
});

test('where two nodes disagree about the block, it is asked again', async () => {
  await day.dayWithWindow();
  await day.readerLevel();
  const elsewhere = `0x${'ab'.repeat(32)}`;
  const second: Asking['second'] = {
    ...day.asking.rpc,
    call: async <Answer>(method: string, params: readonly unknown[]) => {
      const answer = await day.asking.rpc.call<object>(method, params);
      return { ...answer, hash: elsewhere } as Answer;
    },
  };
  const turn = await observeNext({ ...day.asking, second }, NOW);
  expect(turn).toMatchObject({ what: 'failed', error: { code: 'CHAIN_MISPLACED' } });
  await day.turnsTo('told');
});
