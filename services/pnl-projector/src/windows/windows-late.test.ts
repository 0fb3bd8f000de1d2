/** How many revisions a late fact makes, and when (rule B12). */

import { describe, expect, test } from '@jest/globals';
import { TOKEN } from '../events.fixture.ts';
import { atDay, createLog, type Log, qty, usd, wallets } from './log.fixture.ts';
import { type ReportEntry } from './entry.ts';

const [ALICE = '', BOB = ''] = wallets(2);
const OTHER = '1234567890';
const DATES = ['2026-05-08', '2026-05-09', '2026-05-10'];
/** What the chain says of Alice while she is asked for one token; her second fill is missing. */
const known = { cash: '-75.1875', tokens: { [TOKEN]: '100' } };
const both = { cash: '-75.1875', tokens: { [TOKEN]: '100', [OTHER]: '50' } };

/** What a revision is of, and how it stands: `08 r2 RECONCILED`. */
function shown(reports: readonly ReportEntry[]): readonly string[] {
  return reports.map((one) => {
    const day = one.window_id.slice(-2);
    return `${day} r${String(one.revision)} ${one.reconciliation_status}`;
  });
}

/** Three days that are closed and complete; 100 shares were bought on the first. */
function threeDays(found = known, status = 'FAILED'): Log {
  const log = createLog();
  log.fill({ account: ALICE, block_number: 7 });
  for (const [at, date] of DATES.entries()) {
    log.close(date);
    log.observe(date, ALICE, found, 10 * (at + 1));
    expect(shown(log.complete(date, 10 * (at + 1)))).toEqual([`${date.slice(-2)} r2 ${status}`]);
  }
  return log;
}

/** 50 shares of another token that the first day had as well. */
function late(log: Log, account = ALICE): void {
  const size = { quantity_shares: qty('50'), size_pusd: usd('25'), fee_bps: 25 };
  const at = { confirmed_at: atDay('2026-05-08', 50_000), block_number: 8 };
  log.fill({ account, token_id: OTHER, condition_id: '0xc2', ...size, ...at });
}

describe('a late fill of a token that nobody was asked for', () => {
  test('makes one revision of each window behind it: with the window’s own answer', () => {
    const log = threeDays();
    late(log);
    const made = DATES.flatMap((date, at) => {
      log.observe(date, ALICE, both, 10 * (at + 1));
      return shown(log.complete(date, 10 * (at + 1)));
    });
    expect(made).toEqual(['08 r3 RECONCILED', '09 r3 RECONCILED', '10 r3 RECONCILED']);
    expect(log.desk.reports.slice(-3).map((one) => one.total_fills)).toEqual([2, 0, 0]);
  });

  test('of an account that nobody was asked for likewise', () => {
    const log = threeDays({ ...known, cash: '-50.125' }, 'RECONCILED');
    late(log, BOB);
    const made = DATES.flatMap((date, at) => {
      log.observe(date, BOB, { cash: '-25.0625', tokens: { [OTHER]: '50' } }, 10 * (at + 1));
      return shown(log.complete(date, 10 * (at + 1)));
    });
    expect(made).toEqual(['08 r3 RECONCILED', '09 r3 RECONCILED', '10 r3 RECONCILED']);
  });

  test('is not said PENDING of by a window that closes before the answers come', () => {
    const log = threeDays();
    late(log);
    expect(shown(log.close('2026-05-11'))).toEqual(['11 r1 PENDING']);
    const made = DATES.flatMap((date, at) => {
      log.observe(date, ALICE, both, 10 * (at + 1));
      return shown(log.complete(date, 10 * (at + 1)));
    });
    expect(made).toEqual(['08 r3 RECONCILED', '09 r3 RECONCILED', '10 r3 RECONCILED']);
  });

  test('is not kept waiting by an answer that does not come: an hour later it is PENDING', () => {
    const log = threeDays();
    late(log);
    log.observe(DATES[0] ?? '', ALICE, both, 10);
    expect(shown(log.complete(DATES[0] ?? '', 10))).toEqual(['08 r3 RECONCILED']);
    expect(shown(log.close('2026-05-11'))).toEqual([
      '09 r3 PENDING',
      '10 r3 PENDING',
      '11 r1 PENDING',
    ]);
    // What was said to lack an answer waits for nothing: another fact is in the next cut's report.
    log.fill({ account: ALICE, confirmed_at: atDay('2026-05-09', 60), block_number: 15 });
    expect(shown(log.close('2026-05-12')).slice(0, 2)).toEqual([
      '09 r4 UNRECONCILED',
      '10 r4 UNRECONCILED',
    ]);
  });

  test('whose answer is an error says so at once, in the one revision', () => {
    const log = threeDays();
    late(log, BOB);
    log.observe(DATES[0] ?? '', BOB, 'CHAIN_UNREACHABLE: no answer in 3 tries', 10);
    const [report, ...others] = log.complete(DATES[0] ?? '', 10, 1);
    expect(shown(others)).toEqual([]);
    expect(report).toMatchObject({ revision: 3, onchain_reconciled: false });
  });

  test('that all windows were asked for before makes one revision of each at the next cut', () => {
    const log = threeDays();
    for (const [at, date] of DATES.entries()) log.observe(date, ALICE, both, 10 * (at + 1));
    late(log);
    expect(shown(log.complete(DATES[0] ?? '', 10))).toEqual([
      '08 r3 RECONCILED',
      '09 r3 RECONCILED',
      '10 r3 RECONCILED',
    ]);
    expect(shown(log.complete(DATES[1] ?? '', 20))).toEqual([]);
  });
});
