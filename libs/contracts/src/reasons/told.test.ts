/** What users are told, word for word as the PnL Reporter's specification has it. */

import { describe, expect, test } from '@jest/globals';
import { fixture } from '../fixtures/index.ts';
import { type SettlementReport } from '../generated/settlement-report.ts';
import { PNL_REPORTER_CODES, USER_EXPLANATIONS } from './specified.ts';
import { toldOf } from './told.ts';

const fill = fixture('SettlementReport', 'FILL_PNL_COMPUTED');
const window = fixture('SettlementReport', 'SETTLEMENT_REPORT');
const market = fixture('SettlementReport', 'MARKET_SETTLED');
const revenue = fixture('SettlementReport', 'REVENUE_REPORT');

function told(of: SettlementReport, change: Partial<SettlementReport> = {}): readonly string[] {
  return toldOf({ ...of, reason_codes: [], ...change });
}

describe('reason codes', () => {
  test.each([
    ['PNL_REPORTER_FILL_PNL_COMPUTED', 'A trade was processed and your P&L was updated.'],
    ['PNL_REPORTER_ONCHAIN_RECONCILE_FAIL', 'P&L reconciliation with on-chain balance is pending.'],
    ['STALE_DATA', 'Unrealised P&L estimate uses the most recently available price.'],
    [
      'PNL_REPORTER_NEGRISK_DETECTED',
      'A multi-outcome market position is included in your P&L, valued using the correct ' +
        'payoff formula.',
    ],
    ['MARKET_CLOSED', 'A market you participated in has resolved. Final P&L has been recorded.'],
  ])('%s is told as: %s', (code, message) => {
    expect(told(fill, { maker_rebate_pusd: null, reason_codes: [code] })).toEqual([message]);
  });

  test('without a message, or that nobody knows, tell users nothing', () => {
    const silent = PNL_REPORTER_CODES.filter(({ userMessage }) => userMessage === '');
    expect(silent.map(({ code }) => code)).toEqual([
      'PNL_REPORTER_FEE_MISSING',
      'PNL_REPORTER_FEE_CAP_EXCEEDED',
      'PNL_REPORTER_PAPER_IN_REGULATORY',
    ]);
    const reason_codes = [...silent.map(({ code }) => code), 'GOV_NOBODY_KNOWS_IT'];
    expect(told(fill, { maker_rebate_pusd: null, reason_codes })).toEqual([]);
  });
});

describe('situations', () => {
  const quiet = {
    window_kind: 'weekly',
    onchain_reconciled: false,
    negRisk_positions: 0,
  } as const;

  test.each([
    [
      'Daily P&L report generated',
      "Today's trading summary: total volume, realised gains/losses, fees paid, and maker " +
        'rebates received — all in pUSD.',
      { ...quiet, window_kind: 'daily' },
    ],
    [
      'P&L cross-check with on-chain balance passed',
      'The reported P&L matches the actual on-chain pUSD balance. Records are reconciled.',
      { ...quiet, onchain_reconciled: true },
    ],
    [
      'Negative-risk position in report',
      'Some positions are in multi-outcome markets. Their P&L is calculated using the correct ' +
        'multi-outcome payoff formula.',
      { ...quiet, negRisk_positions: 2 },
    ],
  ] as const)('%s', (situation, message, change) => {
    expect(USER_EXPLANATIONS.find((one) => one.situation === situation)?.message).toBe(message);
    expect(told(window, change)).toEqual([message]);
    expect(told(window, quiet)).toEqual([]);
  });

  test('Maker rebate credited', () => {
    const message =
      'A portion of the trading fee was returned as a maker rebate, credited in pUSD to reduce ' +
      'the net cost of the trade.';
    const { maker_rebate_pusd: rebate } = fill;
    expect(told(fill, { maker_rebate_pusd: (rebate ?? 0n) > 0n ? rebate : (1n as never) })).toEqual(
      [message],
    );
    expect(told(fill, { maker_rebate_pusd: 0n as never })).toEqual([]);
  });

  test('a drift of revenue is told, and its publication where it is released', () => {
    expect(told(revenue, { drift_detected: true, publication: 'RELEASED' })).toHaveLength(2);
    expect(told(revenue, { drift_detected: false, publication: 'HELD' })).toEqual([]);
  });

  test('a settled market says that it has resolved; a mixed report says nothing to users', () => {
    expect(toldOf(market)).toContain(
      'A market you participated in has resolved. Final P&L has been recorded.',
    );
    expect(toldOf({ ...window, mixed: true })).toEqual([]);
  });
});
