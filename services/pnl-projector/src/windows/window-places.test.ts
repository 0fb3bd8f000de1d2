/** Fills that name their transaction and no block, and the block that the chain tells (B13). */

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { TOKEN } from '../events.fixture.ts';
import { type ReportEntry } from './entry.ts';
import { atDay, createLog, DAY, type Log, qty, usd, wallets } from './log.fixture.ts';

const DATE = '2026-05-08';
const NEXT = '2026-05-09';
const [ALICE = '', BOB = ''] = wallets(2);
const hashOf = (of: number): string => `0x${String(of).padStart(64, '0')}`;

/** Buys 100 shares for 50 pUSD and a fee of 1; the trading system names no block. */
function loose(log: Log, of: number, account = ALICE, more = {}): void {
  log.fill({
    account,
    order_side: 'BUY',
    quantity_shares: qty('100'),
    size_pusd: usd('50'),
    fee_pusd: usd('1'),
    fee_bps: null,
    fee_source: 'MATCH_EVENT',
    token_id: TOKEN,
    tx_hash: hashOf(of),
    block_number: null,
    ...more,
  });
}

function shown(report: ReportEntry | undefined): object {
  return {
    revision: report?.revision,
    status: report?.reconciliation_status,
    drift: report?.onchain_drift_pusd,
    unsettled: report?.unsettled_pusd,
  };
}

const AFTER_ONE = { cash: '-51', tokens: { [TOKEN]: '100' } };
const NOTHING = { cash: '0', tokens: { [TOKEN]: '0' } };
const settled = { status: 'RECONCILED', drift: 0n, unsettled: 0n };

describe('a fill without a block', () => {
  test('is settled at the block that the chain tells of its transaction', () => {
    const log = createLog();
    loose(log, 1);
    expect(shown(log.close(DATE)[0])).toMatchObject({ unsettled: -51_000_000n });
    log.observe(DATE, ALICE, { ...AFTER_ONE, placed: { [hashOf(1)]: 40 } }, 40);
    expect(log.complete(DATE, 40).map(shown)).toEqual([{ revision: 2, ...settled }]);
  });

  test('of which the chain tells a block behind the last one counts in the next window', () => {
    const log = createLog();
    loose(log, 1);
    log.close(DATE);
    // It was confirmed before midnight, and mined behind it.
    log.observe(DATE, ALICE, NOTHING, 40);
    expect(log.complete(DATE, 40).map(shown)).toMatchObject([{ status: 'RECONCILED', drift: 0n }]);
    log.close(NEXT);
    log.observe(NEXT, ALICE, { ...AFTER_ONE, placed: { [hashOf(1)]: 41 } }, 80);
    // The check of the day is as it was; its cash has a block now.
    expect(log.complete(NEXT, 80).map(shown)).toEqual([
      { revision: 3, ...settled },
      { revision: 2, ...settled },
    ]);
  });

  test('without a receipt drifts; one that comes late makes one revision of the window', () => {
    const log = createLog();
    loose(log, 1);
    log.close(DATE);
    log.observe(DATE, ALICE, AFTER_ONE, 40);
    const [held] = log.complete(DATE, 40);
    expect(held).toMatchObject({ publication: 'HELD', reconciliation_status: 'UNRECONCILED' });
    log.observe(DATE, ALICE, { ...AFTER_ONE, placed: { [hashOf(1)]: 39 } }, 40);
    const revised = log.complete(DATE, 40);
    expect(revised.map(shown)).toEqual([{ revision: 3, ...settled }]);
    expect(revised[0]).toMatchObject({ publication: 'RELEASED' });
    // The same again is nothing new.
    log.observe(DATE, ALICE, { ...AFTER_ONE, placed: { [hashOf(1)]: 40 } }, 40);
    expect(log.complete(DATE, 40)).toEqual([]);
  });

  test('revises the window that it belongs to where the next window brings its block', () => {
    const log = createLog();
    loose(log, 1);
    log.close(DATE);
    log.observe(DATE, ALICE, AFTER_ONE, 40);
    log.complete(DATE, 40);
    log.close(NEXT);
    log.observe(NEXT, ALICE, { ...AFTER_ONE, placed: { [hashOf(1)]: 40 } }, 80);
    expect(log.complete(NEXT, 80).map(shown)).toEqual([
      { revision: 3, ...settled },
      { revision: 2, ...settled },
    ]);
  });

  test('of the same transaction as one that is placed is settled when it comes', () => {
    const log = createLog();
    loose(log, 1);
    log.close(DATE);
    log.observe(DATE, ALICE, { ...AFTER_ONE, placed: { [hashOf(1)]: 40 } }, 40);
    log.complete(DATE, 40);
    loose(log, 1);
    const [first] = log.close(NEXT);
    expect(shown(first)).toEqual({
      ...{ revision: 3, status: 'UNRECONCILED', unsettled: 0n },
      drift: 100_000_000n,
    });
  });

  test('is not settled by a transaction of another account, nor where it names none', () => {
    const log = createLog();
    loose(log, 1);
    loose(log, 2, BOB, { tx_hash: null });
    log.close(DATE);
    log.observe(DATE, ALICE, NOTHING, 40);
    log.observe(DATE, BOB, { ...AFTER_ONE, placed: { [hashOf(1)]: 40 } }, 40);
    const [report] = log.complete(DATE, 40);
    expect(shown(report)).toMatchObject({ unsettled: -102_000_000n, drift: 100_000_000n });
  });
});

const told = fc.record({
  wallet: fc.constantFrom(ALICE, BOB),
  day: fc.integer({ min: 0, max: 1 }),
  block: fc.integer({ min: 1, max: 90 }),
  of: fc.integer({ min: 0, max: 9 }),
  isAside: fc.integer({ min: 0, max: 9 }).map((ten) => ten === 0),
  /** Which answer of the chain tells its block. */
  when: fc.integer({ min: 0, max: 3 }),
});
type Story = readonly (typeof told extends fc.Arbitrary<infer One> ? One : never)[];

/** Two days, of each two answers of the chain; fills name their block, or the answers do. */
function reportsOf(story: Story, isNamed: boolean): readonly ReportEntry[] {
  // One transaction is in one block.
  const blocks = new Map(story.map(({ of, block }) => [of, block]));
  const log = createLog();
  for (const { wallet, day, of, isAside } of story) {
    const confirmed_at = atDay(DATE, 43_200) + day * DAY;
    const block_number = isNamed ? (blocks.get(of) ?? null) : null;
    const fee = isAside ? { fee_pusd: null, fee_source: null } : {};
    loose(log, of, wallet, { block_number, confirmed_at, ...fee });
  }
  for (const turn of [0, 1, 2, 3]) {
    const date = turn % 2 === 0 ? DATE : NEXT;
    const last = turn % 2 === 0 ? 40 : 80;
    if (turn < 2) log.close(date);
    for (const account of [ALICE, BOB]) {
      const own = story.filter(({ wallet, when }) => wallet === account && when <= turn);
      const placed = isNamed ? [] : own.map(({ of }) => [hashOf(of), blocks.get(of) ?? 0] as const);
      log.observe(date, account, { ...AFTER_ONE, placed: Object.fromEntries(placed) }, last);
    }
    log.complete(date, last);
  }
  log.close('2026-05-10');
  const reports = new Map(log.desk.reports.map((report) => [report.window_id, report]));
  return [...reports.values()];
}

test('however late blocks are told, the last revisions are those of fills that named them', () => {
  const said = (reports: readonly ReportEntry[]): readonly object[] =>
    reports.map((one) => ({ ...shown(one), revision: null, id: one.window_id, of: one.accounts }));
  fc.assert(
    fc.property(fc.array(told, { minLength: 1, maxLength: 20 }), (story) => {
      expect(said(reportsOf(story, false))).toEqual(said(reportsOf(story, true)));
    }),
    { numRuns: 60 },
  );
});
