/** Health of the PnL reporter, as its specification and rule B21 say when it is green and red. */

import { describe, expect, test } from '@jest/globals';
import { type Judged, type Reading } from '@polytraders/stream';
import { fillConfirmed, parametersChanged } from './events.fixture.ts';
import { cashMoved } from './movements.fixture.ts';
import { watch } from './watch.ts';

const START = 1_800_000_000_000;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

type Said = Partial<Record<'quarantined' | 'last_fill_at' | 'open_orders', number | null>>;

function reading(at: number, values: Said, activityAt: number | null = null): Reading {
  return { at: START + at, activityAt, values };
}

/** What the last of the readings is judged to be. */
function judged(...readings: readonly Reading[]): Judged {
  const judge = watch.judging();
  return readings.map(judge).at(-1) ?? { findings: [], shown: {} };
}

function colors({ findings }: Judged): readonly string[] {
  return findings.map(({ color }) => color);
}

describe('the last fill', () => {
  const every = (age: number, values: Said): readonly Reading[] =>
    [0, age].map((at) => reading(at, { last_fill_at: START, ...values }));

  test.each([
    ['299 s', 299 * SECOND, []],
    ['300 s', 300 * SECOND, ['amber']],
    ['1 h', 60 * MINUTE, ['amber']],
    ['more than 1 h', 60 * MINUTE + 1, ['red']],
  ])('was %s ago while an order is open', (_, age, expected) => {
    const answer = judged(...every(age, { open_orders: 1 }));
    expect(colors(answer)).toEqual(expected);
    expect(answer.shown).toMatchObject({
      active_trading: true,
      open_orders: 1,
      last_fill_ago_s: Math.round(age / SECOND),
    });
  });

  test('without active trading its age is shown and not judged', () => {
    const answer = judged(...every(10 * 60 * MINUTE, { open_orders: 0 }));
    expect(answer.findings).toEqual([]);
    expect(answer.shown).toMatchObject({ active_trading: false, last_fill_ago_s: 36_000 });
  });

  test('an order or match within fifteen minutes is active trading, an older one is none', () => {
    const late = (ago: number): Judged =>
      judged(
        ...[0, 30, 60, 90, 120].map((minute) =>
          reading(minute * MINUTE, { last_fill_at: START }, START + minute * MINUTE - ago),
        ),
      );
    expect(colors(late(15 * MINUTE))).toEqual(['red']);
    expect(colors(late(15 * MINUTE + 1))).toEqual([]);
  });

  test('the first order after a night is not hours late: it counts since trading is active', () => {
    const night = reading(0, { last_fill_at: START - 600 * MINUTE, open_orders: 0 });
    const morning = reading(1, { last_fill_at: START - 600 * MINUTE, open_orders: 3 });
    expect(judged(night, morning).findings).toEqual([]);
    const later = { ...morning, at: START + 61 * MINUTE };
    expect(judged(night, morning, later).findings).toEqual([
      {
        color: 'red',
        because: 'No fill was booked for 3660 s of active trading (runbook-pnlreporter-no-fills).',
      },
    ]);
  });

  test('an order that another worker has read makes nothing late here', () => {
    const yesterday = START - 600 * MINUTE;
    const values = { last_fill_at: yesterday };
    const night = reading(0, { ...values, open_orders: 0 }, yesterday);
    const morning = reading(1, { ...values, open_orders: 1 }, yesterday);
    expect(judged(night, morning).findings).toEqual([]);
    const later = { ...morning, at: START + 1 + 300 * SECOND };
    expect(colors(judged(night, morning, later))).toEqual(['amber']);
  });

  test('books without any fill are judged by how long trading has been active', () => {
    const values = { last_fill_at: null, open_orders: 1 };
    const answer = judged(reading(0, values), reading(6 * MINUTE, values));
    expect(colors(answer)).toEqual(['amber']);
    expect(answer.shown['last_fill_ago_s']).toBeNull();
  });

  test('what cannot be asked judges nothing: no inventory here, no orders known', () => {
    const answer = judged(reading(0, {}), reading(120 * MINUTE, {}));
    expect(answer).toMatchObject({ findings: [], shown: { open_orders: null } });
  });
});

describe('quarantine_count', () => {
  const at = (...counts: readonly number[]): Judged =>
    judged(...counts.map((quarantined, minute) => reading(minute * MINUTE, { quarantined })));

  test('that grew by more than five in five minutes is red; five, or slowly, is not', () => {
    expect(colors(at(2, 7))).toEqual([]);
    expect(at(2, 8).findings).toEqual([
      {
        color: 'red',
        because:
          'quarantine_count grew by 6 in five minutes: polytraders quarantine says why ' +
          '(runbook-pnlreporter-fee-missing, runbook-pnlreporter-fee-cap).',
      },
    ]);
    expect(colors(at(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12))).toEqual([]);
    expect(colors(at(0, 2, 4, 6))).toEqual(['red']);
  });

  test('that stands is not growing any more after five minutes, however high it is', () => {
    expect(colors(at(0, 100, 100, 100, 100, 100, 100, 100))).toEqual([]);
    expect(at(0, 100, 100, 100, 100, 100, 100, 100).shown).toMatchObject({
      quarantine_count: 100,
      quarantine_growth_5m: 0,
    });
  });

  test('a review that takes some away does not hide those that come', () => {
    expect(colors(at(50, 0, 6))).toEqual(['red']);
  });
});

test.each([
  [{}, null],
  [{ general_live: 0, limited_live: 0, shadow_only: 0 }, 'general_live'],
  [{ general_live: 0, limited_live: 12, shadow_only: 0 }, 'limited_live'],
  [{ general_live: 5, limited_live: 7, shadow_only: 0 }, 'general_live, limited_live'],
])('health says the mode that the log has in force, of %j %s', (values, mode) => {
  const { shown } = watch.judging()({ at: START, activityAt: null, values });
  expect(shown['mode_on_log']).toBe(mode);
});

test('orders and matches are signs of life; paper, parameters, cash and the clock are none', () => {
  const fill = fillConfirmed();
  expect(watch.activityAt({ type: 'FillConfirmed', value: fill })).toBe(fill.recorded_at);
  const paper = { ...fill, paper: true, account: `paper:${fill.account}` };
  expect(watch.activityAt({ type: 'FillConfirmed', value: paper })).toBeNull();
  const changed = parametersChanged('general_live');
  expect(watch.activityAt({ type: 'ParametersChanged', value: changed })).toBeNull();
  expect(watch.activityAt({ type: 'CashMoved', value: cashMoved('k') })).toBeNull();
});
