import { describe, expect, test } from '@jest/globals';
import { dayOf } from './retention.ts';
import { daysOf, haltedSince, inForceAt, windowReportId } from './window-report.ts';

const DAY = 86_400_000_000;
const at = (date: string): number => dayOf(date) * DAY;

describe('reports of windows (B12)', () => {
  test('a window covers its UTC days: one, or seven from Monday', () => {
    const day = { start: at('2026-05-08'), end: at('2026-05-09') };
    expect(daysOf(day)).toEqual(['2026-05-08']);
    const week = daysOf({ start: at('2026-05-04'), end: at('2026-05-11') });
    expect([week.length, week[0], week[6]]).toEqual([7, '2026-05-04', '2026-05-10']);
  });

  test('report ids: settlement_pnl_<end>, then kind, grouping, mixed, revision', () => {
    const end = at('2026-05-09');
    const first = { kind: 'daily', groupBy: 'bot', end, mixed: false, revision: 1 } as const;
    expect(windowReportId(first)).toBe('settlement_pnl_20260509T000000Z');
    expect(windowReportId({ ...first, revision: 3 })).toBe('settlement_pnl_20260509T000000Z_r3');
    expect(windowReportId({ ...first, groupBy: 'market', mixed: true })).toBe(
      'settlement_pnl_20260509T000000Z_by_market_mixed',
    );
    expect(
      windowReportId({ kind: 'weekly', groupBy: 'builder', end, mixed: true, revision: 2 }),
    ).toBe('settlement_pnl_20260509T000000Z_weekly_by_builder_mixed_r2');
    expect(() => windowReportId({ ...first, end: end + 1 })).toThrow('Invariant');
  });

  test('a parameter that changes within a window takes effect at the next one', () => {
    const told = [
      { since: at('2026-05-07') + 5, value: 'first' },
      { since: at('2026-05-08') + 1, value: 'second' },
    ];
    expect(inForceAt(told, at('2026-05-08'))?.value).toBe('first');
    expect(inForceAt(told, at('2026-05-09'))?.value).toBe('second');
    expect(inForceAt(told, at('2026-05-01'))?.value).toBe('first');
    expect(inForceAt([], at('2026-05-01'))).toBeUndefined();
  });

  test('a halt marks every window that it touches, by when it began', () => {
    const window = { start: at('2026-05-08'), end: at('2026-05-09') };
    const since = at('2026-05-07') + 1;
    expect(haltedSince([{ since, until: null }], window)).toBe(since);
    expect(haltedSince([{ since, until: window.start }], window)).toBeNull();
    expect(haltedSince([{ since, until: window.start + 1 }], window)).toBe(since);
    expect(haltedSince([{ since: window.end, until: null }], window)).toBeNull();
    expect(haltedSince([], window)).toBeNull();
  });
});
