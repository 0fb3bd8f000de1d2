/** What of the books stands against a window's balances: by block, else by time. */

import { describe, expect, test } from '@jest/globals';
import { pusd } from '@polytraders/money';
import fc from 'fast-check';
import { TOKEN } from '../events.fixture.ts';
import { cashMoved, opening } from '../movements.fixture.ts';
import { atDay, createLog, type Log, qty, usd, wallets } from './log.fixture.ts';
import { type ReportEntry } from './entry.ts';
import { windowReportOf } from './report.ts';

const [ALICE = '', BOB = ''] = wallets(2);
const LOT = { trading_bot_id: 'mm', condition_id: '0xc1', token_id: TOKEN, acquired_at: null };

function shown(reports: readonly ReportEntry[]): readonly string[] {
  return reports.map((one) => {
    const day = one.window_id.slice(-2);
    return `${day} r${String(one.revision)} ${one.reconciliation_status}`;
  });
}

function accountsOf(
  report: ReportEntry | undefined,
): readonly (readonly [string, bigint | null])[] {
  const accounts = report === undefined ? [] : (windowReportOf(report).accounts ?? []);
  return accounts.map((one) => [one.account, one.drift_pusd]);
}

/** Alice begins in block 5; Bob at this second of 2026-05-09, of which no block is told. */
function begins(log: Log, second: number): void {
  const effective_at = atDay('2026-05-09', second);
  const positions = [{ ...LOT, quantity_shares: qty('10'), basis_pusd: usd('4') }];
  const said = { account: BOB, effective_at, block_number: null, positions };
  log.event(BOB, { type: 'OpeningBalance', value: opening('bob', said) });
}

function aliceBegins(): Log {
  const log = createLog();
  const value = opening('alice', { account: ALICE, block_number: 5 });
  log.event(ALICE, { type: 'OpeningBalance', value });
  log.close('2026-05-08');
  log.observe('2026-05-08', ALICE, { cash: '500' }, 10);
  expect(shown(log.complete('2026-05-08', 10))).toEqual(['08 r2 RECONCILED']);
  return log;
}

const found = { cash: '500', tokens: { [TOKEN]: '10' } };

describe('an opening balance that names no block', () => {
  test('is in no check of a window that ended before its time', () => {
    const log = aliceBegins();
    begins(log, 100);
    expect(shown(log.close('2026-05-09'))).toEqual(['09 r1 PENDING']);
    log.observe('2026-05-08', BOB, { cash: '70' }, 10);
    expect(shown(log.complete('2026-05-08', 10))).toEqual([]);
  });

  test.each([
    ['told before the balances', true],
    ['told after them', false],
  ])('is in the check of the window that its time lies in, %s', (_, isBefore) => {
    const log = aliceBegins();
    if (isBefore) begins(log, 86_399);
    log.close('2026-05-09');
    log.observe('2026-05-09', ALICE, { cash: '500' }, 20);
    if (isBefore) log.observe('2026-05-09', BOB, found, 20);
    let [report] = log.complete('2026-05-09', 20);
    if (!isBefore) {
      begins(log, 86_399);
      log.observe('2026-05-09', BOB, found, 20);
      [report] = log.complete('2026-05-09', 20);
    }
    expect(report?.reconciliation_status).toBe('RECONCILED');
    expect(accountsOf(report)).toEqual([
      [ALICE, 0n],
      [BOB, 0n],
    ]);
  });

  test('adds up with what came after it by block', () => {
    const log = aliceBegins();
    begins(log, 100);
    const at = { confirmed_at: atDay('2026-05-09', 200), block_number: 15 };
    log.fill({ account: BOB, ...at });
    log.close('2026-05-09');
    log.observe('2026-05-09', ALICE, { cash: '500' }, 20);
    log.observe('2026-05-09', BOB, { cash: '449.875', tokens: { [TOKEN]: '110' } }, 20);
    expect(shown(log.complete('2026-05-09', 20))).toEqual(['09 r2 RECONCILED']);
  });
});

const DATES = ['2026-05-08', '2026-05-09', '2026-05-10', '2026-05-11'];
const blockOf = (day: number): number => 10 * (day + 1);

type Act =
  | { readonly act: 'move'; readonly bob: boolean; readonly block: number; readonly cash: bigint }
  | { readonly act: 'open'; readonly day: number; readonly cash: bigint }
  | { readonly act: 'complete'; readonly day: number };

const cash = fc.bigInt({ min: 1n, max: 60_000_000n });
const day = fc.integer({ min: 0, max: DATES.length - 1 });
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    act: fc.constant('move' as const),
    bob: fc.boolean(),
    block: fc.integer({ min: 1, max: 45 }),
    cash,
  }),
  fc.record({ act: fc.constant('open' as const), day, cash }),
  fc.record({ act: fc.constant('complete' as const), day }),
);

/** The day that a block is of: block 10 is the last one of the first day. */
const dayOfBlock = (block: number): number => Math.min(Math.floor((block - 1) / 10), 3);

describe('the books at the last block of a window', () => {
  test('are the legs up to it and the openings of before its end, in any turn', () => {
    let outOfTurn = 0;
    fc.assert(
      fc.property(fc.array(act, { minLength: 3, maxLength: 40 }), (list) => {
        const log = createLog();
        for (const date of DATES) log.close(date);
        const legs: { bob: boolean; day: number; block: number | null; cash: bigint }[] = [];
        const last = new Map<string, ReportEntry>();
        const asked = new Map<number, boolean>();
        for (const [at, one] of list.entries()) {
          if (one.act === 'complete') {
            const date = DATES[one.day] ?? '';
            const block = blockOf(one.day);
            const isNew = !asked.has(one.day);
            if (isNew && [...asked.keys()].some((other) => other > one.day)) outOfTurn += 1;
            asked.set(one.day, true);
            for (const account of [ALICE, BOB]) log.observe(date, account, { cash: '0' }, block);
            log.complete(date, block);
            continue;
          }
          const account = one.act === 'open' || one.bob ? BOB : ALICE;
          if (one.act === 'open') {
            const effective_at = atDay(DATES[one.day] ?? '', 43_200);
            const said = {
              account,
              effective_at,
              block_number: null,
              balance_pusd: pusd(one.cash),
            };
            const value = opening(`o${String(at)}`, said);
            log.event(account, { type: 'OpeningBalance', value });
            legs.push({ bob: true, day: one.day, block: null, cash: one.cash });
            continue;
          }
          const effective_at = atDay(DATES[dayOfBlock(one.block)] ?? '', 43_200);
          const said = { account, amount_pusd: pusd(one.cash), block_number: one.block };
          const value = cashMoved(`m${String(at)}`, { ...said, effective_at });
          log.event(account, { type: 'CashMoved', value });
          legs.push({ bob: one.bob, day: 0, block: one.block, cash: one.cash });
        }
        log.close('2026-05-12');
        for (const report of log.desk.reports) last.set(report.window_id, report);
        for (const of of asked.keys()) {
          const report = last.get(`window-${DATES[of] ?? ''}`);
          const isIn = (leg: (typeof legs)[number]): boolean =>
            leg.block === null ? leg.day <= of : leg.block <= blockOf(of);
          const sum = (bob: boolean): bigint =>
            legs
              .filter((leg) => leg.bob === bob && isIn(leg))
              .reduce((all, leg) => all + leg.cash, 0n);
          for (const [account, drift] of accountsOf(report))
            expect(drift).toBe(sum(account === BOB));
        }
      }),
      { numRuns: 120 },
    );
    expect(outOfTurn).toBeGreaterThan(20);
  });
});
