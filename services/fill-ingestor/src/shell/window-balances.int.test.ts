/**
 * Balances at the end of a window, from a real node: one observation of each account at the last
 * block before the end, and the completion behind the last one.
 */

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { isoTime } from '@polytraders/contracts';
import { parseParameters, tellParameters } from './parameters.ts';
import { until } from '../../test/chain-bench.fixture.ts';
import { ALICE, BOB } from '../../test/transactions.ts';
import {
  END,
  NOW,
  startWindowBench,
  type Told,
  WINDOW,
  type WindowBench,
} from '../../test/window-bench.fixture.ts';
import { partitionOfAccount } from './inputs.ts';
import { type Asking, observeNext } from './window-balances.ts';
import { reopenWindows } from './window-balances-store.ts';

let day: WindowBench;

beforeEach(async () => {
  day = await startWindowBench('window_balances');
}, 60_000);

afterEach(async () => day.stop(), 60_000);

describe('a window whose day is over', () => {
  test('is observed at the last block before its end, whatever has happened since', async () => {
    const last = await day.dayWithWindow();
    await day.readerLevel();
    expect(await day.turnsTo('told')).toMatchObject([{ what: 'told', accounts: 2, errors: 0 }]);
    const [yes, no] = day.market.ids;
    const all = await day.observed();
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
    expect(await day.completed()).toEqual([
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
    expect(await observeNext(day.asking, NOW)).toEqual({ what: 'nothing' });
  });

  test('is complete in every partition behind the last observation that stands there', async () => {
    await day.dayWithWindow();
    await day.readerLevel();
    await day.turnsTo('told');
    const ends = await day.told('WindowBalancesComplete');
    expect(ends.map((one) => one.partition)).toEqual(Array.from({ length: 12 }, (_, p) => p));
    const closings = await day.told('WindowClosed');
    for (const { partition, seq } of await day.observed()) {
      expect(ends.find((one) => one.partition === partition)?.seq).toBeGreaterThan(seq);
      expect(closings.find((one) => one.partition === partition)?.seq).toBeLessThan(seq);
    }
  });

  test('is told once, though two ingestors ask at the same time', async () => {
    await day.dayWithWindow();
    await day.readerLevel();
    const other: Asking = { ...day.asking, retryMs: 1 };
    const turns = await Promise.all(
      [day.asking, other, day.asking, other].map((one) => observeNext(one, NOW)),
    );
    await day.turnsTo('nothing').catch(() => undefined);
    expect(turns.filter((one) => one.what === 'told')).toHaveLength(1);
    expect(await day.completed()).toHaveLength(1);
    expect(await day.observed()).toHaveLength(2);
  });

  test('waits until a block after its end is final', async () => {
    await day.mineAt(END - 1, day.venue.split(ALICE, day.market, 1n));
    await day.mineAt(END);
    await day.bench.chain.mine(2);
    await day.known(ALICE, day.market.ids[0]);
    await day.closeWindow();
    await day.readerLevel();
    const [early] = await day.turnsTo('early');
    expect(early).toMatchObject({ because: 'No block after 2026-05-09T00:00:00Z is final yet.' });
    await day.bench.chain.mine(1);
    await day.readerLevel();
    const turns = await day.turnsTo('told');
    expect(turns.every((one) => one.what !== 'failed')).toBe(true);
  });

  test('waits until the ledger has read to that block: what it lacks would be drift', async () => {
    const last = await day.dayWithWindow();
    const [early] = await day.turnsTo('early');
    expect(early).toMatchObject({
      because: `chain/137: expected it to be read to block ${String(last)}; found -1.`,
    });
    await day.readerLevel();
    await day.turnsTo('told');
  });

  test('and in which no account has books is complete without a question', async () => {
    await tellParameters(day.bench.database, parseParameters(null), (END - 40_000) * 1_000_000);
    await day.closeWindow();
    day.bench.proxy.behave(() => ({ status: 503 }));
    expect(await day.turnsTo('told')).toMatchObject([{ accounts: 0, errors: 0 }]);
    expect(await day.completed()).toMatchObject([{ block_number: null, accounts: 0, errors: 0 }]);
  });

  test('has accounts of fills, movements and opening balances, and none of paper', async () => {
    await day.dayWithWindow();
    const third = `0x${'c0'.repeat(20)}`;
    const fourth = `0x${'d0'.repeat(20)}`;
    await day.bench.database.query(
      'INSERT INTO ingest.movement (tx_hash, account, place, log_partition, type, source, ' +
        "content, event_id, bytes) SELECT '0x' || n, $1, 'p', '3', 'CashMoved', 'chain', '', " +
        "'e', '' FROM generate_series(1, 50) AS n",
      [third],
    );
    await day.bench.database.query(
      "INSERT INTO ingest.opening_balance VALUES ($1, '3', 'e', NULL, now())",
      [fourth],
    );
    await day.readerLevel();
    expect(await day.turnsTo('told')).toMatchObject([{ accounts: 4, errors: 0 }]);
    const accounts = (await day.observed()).map(({ value }) => value['account']);
    expect([...accounts].sort()).toEqual([ALICE, BOB, third, fourth].sort());
  });
});

describe('a fill that comes late into a complete window', () => {
  const CAROL = `0x${'c0'.repeat(20)}`;
  const fillAt = (micros: number): Promise<unknown> =>
    day.bench.database.query(
      "INSERT INTO ingest.fill_day VALUES ('3', '2026-05-08', $1) ON CONFLICT " +
        '(log_partition, day) DO UPDATE SET last_at = EXCLUDED.last_at',
      [isoTime(micros)],
    );

  test('has the tokens and accounts asked for that are new to it, at the same block', async () => {
    const last = await day.dayWithWindow();
    await fillAt(NOW - 1);
    await day.readerLevel();
    await day.turnsTo('told');
    expect(await reopenWindows(day.bench.database, 0)).toEqual([]);
    const [, no] = day.market.ids;
    await day.known(BOB, no);
    await day.known(CAROL, no);
    await fillAt(Date.now() * 1000);
    expect(await reopenWindows(day.bench.database, 60_000)).toEqual([]);
    await fillAt(NOW + 1);
    expect(await reopenWindows(day.bench.database, 0)).toEqual([WINDOW]);
    expect((await day.turnsTo('told')).at(-1)).toMatchObject({ accounts: 3, errors: 0 });
    expect(await day.completed()).toMatchObject([
      { attempt: 1, accounts: 2, block_number: last },
      { attempt: 2, accounts: 3, block_number: last },
    ]);
    const asked = (await day.observed()).map(({ value }) => [
      value['account'],
      (value['tokens'] as readonly object[]).length,
    ]);
    expect(asked.sort()).toEqual(
      [
        [ALICE, 3],
        [BOB, 1],
        [BOB, 2],
        [CAROL, 1],
      ].sort(),
    );
  });

  test('asks for the windows behind it, too: what it brings is held at their end', async () => {
    await day.dayWithWindow();
    await fillAt(NOW - 1);
    await day.readerLevel();
    await day.turnsTo('told');
    const bring = (table: string, of: string, at: number): Promise<unknown> =>
      day.bench.database.query(
        `INSERT INTO ingest.${table} VALUES ('4', $1, $2) ON CONFLICT (log_partition, day) ` +
          'DO UPDATE SET last_at = EXCLUDED.last_at',
        [of, isoTime(at)],
      );
    await bring('fill_day', '2026-05-09', NOW + 5);
    expect(await reopenWindows(day.bench.database, 0)).toEqual([]);
    await bring('fill_day', '2026-04-30', NOW + 6);
    expect(await reopenWindows(day.bench.database, 0)).toEqual([WINDOW]);
    await observeNext(day.asking, NOW + 7);
    await bring('moved_day', '2026-04-01', NOW + 6);
    expect(await reopenWindows(day.bench.database, 0)).toEqual([]);
    await bring('moved_day', '2026-04-01', NOW + 8);
    expect(await reopenWindows(day.bench.database, 0)).toEqual([WINDOW]);
  });

  test('and brings nothing new is no reason to say anything again', async () => {
    await day.dayWithWindow();
    await day.readerLevel();
    await day.turnsTo('told');
    await fillAt(NOW + 1);
    expect(await reopenWindows(day.bench.database, 0)).toEqual([WINDOW]);
    expect(await observeNext(day.asking, NOW + 2)).toEqual({ what: 'nothing' });
    expect(await reopenWindows(day.bench.database, 0)).toEqual([]);
    expect(await day.completed()).toHaveLength(1);
  });
});

test('a reader that is halted is said to be the reason', async () => {
  await day.dayWithWindow();
  const reader = await day.readerLevel();
  await reader.stop();
  await day.bench.database.query("UPDATE ingest.chain_position SET halted = 'CHAIN_REORGED: x'");
  const [early] = await day.turnsTo('early');
  expect(early).toMatchObject({ because: 'chain/137: its reader is halted (CHAIN_REORGED: x).' });
  await until('it is pending', async () => {
    const rows = await day.bench.database.query(
      'SELECT 1 FROM ingest.report_window WHERE attempts = 0',
    );
    return rows.rowCount === 1;
  });
});
