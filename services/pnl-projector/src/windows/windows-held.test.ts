/** What limited_live holds of windows, and how it is released (rule B19). */

import { describe, expect, test } from '@jest/globals';
import { PAPER_ACCOUNT } from '../events.fixture.ts';
import { atDay, createLog, type Log, wallets } from './log.fixture.ts';
import { type ReportEntry } from './entry.ts';

const [ALICE = ''] = wallets(1);
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
