import { describe, expect, test } from '@jest/globals';
import {
  DAY_MICROS,
  firstWindowStart,
  type KindTold,
  windowAt,
  windowInForce,
  windowsDue,
} from './window-calendar.ts';

/** Microseconds of a UTC date or moment. */
const at = (text: string): number =>
  Date.parse(text.length === 10 ? `${text}T00:00Z` : text) * 1000;
const day = (time: number): string => new Date(time / 1000).toISOString().slice(0, 10);
const shown = (window: { start: number; end: number; kind: string }): string =>
  `${window.kind} ${day(window.start)}..${day(window.end)}`;
const daily = (text: string): KindTold => ({ kind: 'daily', at: at(text) });
const weekly = (text: string): KindTold => ({ kind: 'weekly', at: at(text) });

describe('a window is half-open, in UTC', () => {
  test.each([
    ['daily', '2026-05-08T00:00:00Z', 'daily 2026-05-08..2026-05-09'],
    ['daily', '2026-05-08T23:59:59.999Z', 'daily 2026-05-08..2026-05-09'],
    ['daily', '2026-05-09T00:00:00Z', 'daily 2026-05-09..2026-05-10'],
    ['weekly', '2026-05-11T00:00:00Z', 'weekly 2026-05-11..2026-05-18'],
    ['weekly', '2026-05-10T23:59:59.999Z', 'weekly 2026-05-04..2026-05-11'],
    ['weekly', '2024-02-29T12:00:00Z', 'weekly 2024-02-26..2024-03-04'],
    ['weekly', '1970-01-01T00:00:00Z', 'weekly 1969-12-29..1970-01-05'],
    ['daily', '2025-12-31T23:00:00Z', 'daily 2025-12-31..2026-01-01'],
  ] as const)('%s at %s is %s', (kind, moment, expected) => {
    expect(shown(windowAt(kind, at(moment)))).toBe(expected);
  });

  test('the last microsecond belongs to it, the next one does not', () => {
    const window = windowAt('weekly', at('2026-05-08'));
    expect(windowAt('weekly', window.end - 1)).toEqual(window);
    expect(windowAt('weekly', window.end).start).toBe(window.end);
    expect(new Date(window.start / 1000).getUTCDay()).toBe(1);
  });

  test('where clocks are put forward or back, a day has 24 hours all the same', () => {
    for (const text of ['2026-03-29', '2026-10-25', '2026-11-01']) {
      const { start, end } = windowAt('daily', at(text));
      expect([day(start), end - start]).toEqual([text, DAY_MICROS]);
    }
  });
});

describe('a changed report_window takes effect at the next window', () => {
  test('told on a Wednesday, weekly begins on Monday, and the days until then stay days', () => {
    const told = [daily('2026-05-01'), weekly('2026-05-13T15:00:00Z')];
    const kinds = ['2026-05-12', '2026-05-13', '2026-05-17', '2026-05-18', '2026-05-20'];
    expect(kinds.map((text) => shown(windowInForce(told, at(text))))).toEqual([
      'daily 2026-05-12..2026-05-13',
      'daily 2026-05-13..2026-05-14',
      'daily 2026-05-17..2026-05-18',
      'weekly 2026-05-18..2026-05-25',
      'weekly 2026-05-18..2026-05-25',
    ]);
  });

  test('told on a Wednesday, daily begins when the week is over', () => {
    const told = [weekly('2026-05-01'), daily('2026-05-13T15:00:00Z')];
    expect(shown(windowInForce(told, at('2026-05-17')))).toBe('weekly 2026-05-11..2026-05-18');
    expect(shown(windowInForce(told, at('2026-05-18')))).toBe('daily 2026-05-18..2026-05-19');
  });

  test('told in the first moment of a week, it holds from the next one on', () => {
    const told = [daily('2026-05-01'), weekly('2026-05-11')];
    expect(windowInForce(told, at('2026-05-11')).kind).toBe('daily');
    expect(windowInForce(told, at('2026-05-18')).kind).toBe('weekly');
  });

  test('changed and changed back within a week, nothing has changed', () => {
    const told = [daily('2026-05-01'), weekly('2026-05-12'), daily('2026-05-14')];
    expect(windowInForce(told, at('2026-05-18')).kind).toBe('daily');
  });

  test('whatever is told when, windows follow each other without gap or overlap', () => {
    let seed = 7;
    const next = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 200; round += 1) {
      const start = at('2026-01-01');
      const told: KindTold[] = [{ kind: 'daily', at: start }];
      let time = start;
      for (let change = 0; change < 6; change += 1) {
        time += next(20 * 24) * 3_600_000_000;
        told.push({ kind: next(2) === 0 ? 'daily' : 'weekly', at: time });
      }
      const due = windowsDue({ told, closedTo: null, earlierDays: [] }, at('2026-07-01'), 1000);
      due.forEach((window, index) => {
        expect(window.start).toBe(index === 0 ? start : due[index - 1]?.end);
      });
      expect(due.at(-1)?.end).toBeGreaterThan(at('2026-06-20'));
    }
  });
});

describe('windows that are due', () => {
  const told = [daily('2026-05-08T09:30:00Z')];

  test('begin where the ledger first ran, and end with the last one that is over', () => {
    const due = windowsDue({ told, closedTo: null, earlierDays: [] }, at('2026-05-10T23:00Z'), 99);
    expect(due.map(shown)).toEqual([
      'daily 2026-05-08..2026-05-09',
      'daily 2026-05-09..2026-05-10',
    ]);
    expect(firstWindowStart(told)).toBe(at('2026-05-08'));
    expect(windowsDue({ told, closedTo: null, earlierDays: [] }, at('2026-05-09') - 1, 9)).toEqual(
      [],
    );
  });

  test('go on where the last one ended, whatever was missed in between', () => {
    const known = { told, closedTo: at('2026-05-10'), earlierDays: [] };
    expect(windowsDue(known, at('2026-05-12'), 99).map(shown)).toEqual([
      'daily 2026-05-10..2026-05-11',
      'daily 2026-05-11..2026-05-12',
    ]);
    expect(windowsDue(known, at('2027-05-12'), 3)).toHaveLength(3);
  });

  test('a clock that was put back finds nothing due', () => {
    const known = { told, closedTo: at('2026-05-12'), earlierDays: [] };
    expect(windowsDue(known, at('2026-05-09T01:00Z'), 99)).toEqual([]);
  });

  test('of the time before, those that fills fall into, each once and first of all', () => {
    const days = ['2026-01-03', '2026-01-02', '2026-01-03'].map((text) => at(text) / DAY_MICROS);
    const known = { told, closedTo: null, earlierDays: days };
    const due = windowsDue(known, at('2026-05-09'), 99);
    expect(due.map((one) => [shown(one), one.backfilled])).toEqual([
      ['daily 2026-01-02..2026-01-03', true],
      ['daily 2026-01-03..2026-01-04', true],
      ['daily 2026-05-08..2026-05-09', false],
    ]);
    const weeks = { ...known, told: [weekly('2026-05-08')] };
    expect(windowsDue(weeks, at('2026-05-09'), 99).map(shown)).toEqual([
      'weekly 2025-12-29..2026-01-05',
    ]);
  });

  test('before anything was told there is none', () => {
    const known = { told: [], closedTo: null, earlierDays: [5] };
    expect([windowsDue(known, at('2026-05-09'), 9), firstWindowStart([])]).toEqual([[], null]);
  });
});
