/** What limited_live holds of windows, and how it is released (rule B19). */

import { describe, expect, test } from '@jest/globals';
import { PAPER_ACCOUNT, TOKEN } from '../events.fixture.ts';
import { atDay, createLog, type Log, wallets } from './log.fixture.ts';
import { type ReportEntry } from './entry.ts';
import { windowReportOf } from './report.ts';

const [ALICE = '', BOB = ''] = wallets(2);
const NAME = 'settlement_pnl_20260509T000000Z';

function shown(reports: readonly ReportEntry[]): readonly string[] {
  return reports.map((one) => {
    return `${one.report_id} ${String(one.total_fills)} ${one.publication}`;
  });
}

/** A day of one fill whose report the mode holds. */
function held(): Log {
  const log = createLog();
  log.tell('limited_live');
  log.fill({ account: ALICE });
  expect(shown(log.close('2026-05-08'))).toEqual([`${NAME} 1 HELD`]);
  return log;
}

describe('the report of a window that limited_live has held', () => {
  test('is released by its name, and by an offset behind it', () => {
    expect(shown(held().release([NAME]))).toEqual([`${NAME}_r2 1 RELEASED`]);
    expect(shown(held().release([], 'MODE_HELD', 100))).toEqual([`${NAME}_r2 1 RELEASED`]);
    expect(shown(held().release([], 'MODE_HELD', 1))).toEqual([]);
  });

  test('is not released by the name of an earlier revision: that said something else', () => {
    const log = held();
    log.fill({ account: ALICE });
    expect(shown(log.close('2026-05-09'))[0]).toBe(`${NAME}_r2 2 HELD`);
    expect(shown(log.release([NAME]))).toEqual([]);
    expect(shown(log.release([`${NAME}_r2`]))).toEqual([`${NAME}_r3 2 RELEASED`]);
  });

  test('what it says after its release is held again, as nobody has seen it', () => {
    const log = held();
    log.release([NAME]);
    log.fill({ account: ALICE });
    expect(shown(log.close('2026-05-09'))[0]).toBe(`${NAME}_r3 2 HELD`);
  });

  test('what comes with its release is held, as nobody has seen it', () => {
    const log = held();
    log.fill({ account: ALICE });
    expect(shown(log.release([], 'MODE_HELD', 100))).toEqual([`${NAME}_r2 2 HELD`]);
    expect(shown(log.release([], 'MODE_HELD', 100))).toEqual([`${NAME}_r3 2 RELEASED`]);
  });

  test('is still held when the mode went up and nothing new was said of it since', () => {
    const log = held();
    log.tell('general_live', {}, atDay('2026-05-09', 5));
    log.fill({ account: PAPER_ACCOUNT, paper: true });
    expect(shown(log.close('2026-05-09'))).toEqual(['settlement_pnl_20260510T000000Z 0 RELEASED']);
    expect(shown(log.release([], 'MODE_HELD', 100))).toEqual([`${NAME}_r2 1 RELEASED`]);
  });
});

describe('the line of a report', () => {
  test('says whether the mode holds it, whatever its drift does', () => {
    const log = held();
    log.observe('2026-05-08', ALICE, { cash: '-60', tokens: {} }, 7);
    const [apart] = log.complete('2026-05-08', 7);
    expect(apart).toMatchObject({ publication: 'HELD', held_by_mode: true });
    const [left] = log.release([], 'MODE_HELD', 100);
    expect(left).toMatchObject({ reconciliation_status: 'UNRECONCILED', publication: 'HELD' });
    expect(left?.held_by_mode).toBe(false);
    const [out] = log.release([`${NAME}_r3`]);
    expect(out).toMatchObject({ publication: 'RELEASED', held_by_mode: false });
  });
});

describe('an approval of a drift', () => {
  /** A day on which 60 pUSD are missing on the chain, and that was approved. */
  function approved(): Log {
    const log = createLog();
    log.tell('general_live');
    log.fill({ account: ALICE, block_number: 7 });
    log.close('2026-05-08');
    log.observe('2026-05-08', ALICE, { cash: '-110.125', tokens: { [TOKEN]: '100' } }, 7);
    expect(log.complete('2026-05-08', 7)[0]).toMatchObject({ publication: 'HELD' });
    expect(log.release([`${NAME}_r2`])[0]).toMatchObject({ publication: 'RELEASED' });
    return log;
  }

  test('stands while the wallets stand as they did when it was given', () => {
    const log = approved();
    log.fill({ account: ALICE, confirmed_at: atDay('2026-05-09', 5), block_number: 9 });
    expect(log.close('2026-05-09').map((one) => one.window_id)).toEqual(['window-2026-05-09']);
    log.fill({
      account: ALICE,
      builder_code: '0xb',
      fee_bps: null,
      fee_source: null,
      fee_pusd: null,
    });
    const [late] = log.close('2026-05-10');
    expect(late).toMatchObject({ report_id: `${NAME}_r4`, publication: 'RELEASED' });
  });

  test('names each wallet: one that joins later holds the window again at the same drift', () => {
    const log = approved();
    log.fill({ account: BOB, block_number: 7 });
    log.observe('2026-05-08', BOB, { cash: '-50.125', tokens: { [TOKEN]: '100' } }, 7);
    const [again] = log.complete('2026-05-08', 7);
    expect(again).toMatchObject({ onchain_drift_pusd: 60_000_000n, publication: 'HELD' });
    const accounts = windowReportOf(again as ReportEntry).accounts ?? [];
    expect(accounts.map(({ account, status }) => [account, status])).toEqual([
      [ALICE, 'UNRECONCILED'],
      [BOB, 'RECONCILED'],
    ]);
    expect(log.release([`${NAME}_r4`])[0]).toMatchObject({ publication: 'RELEASED' });
  });
});
