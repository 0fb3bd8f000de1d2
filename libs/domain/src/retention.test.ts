import { describe, expect, test } from '@jest/globals';
import { isPaperAccount, paperAccount } from './paper.ts';
import {
  addDays,
  addYears,
  dateOfDay,
  dateOfTime,
  dayOf,
  monthOfTime,
  retainedUntil,
} from './retention.ts';

describe('retention (B15)', () => {
  test.each([
    ['2026-05-08', 2555, '2033-05-08'],
    ['2025-05-09', 2555, '2032-05-09'],
    ['2028-02-29', 2555, '2035-03-01'],
    ['2026-05-08', 3000, '2034-07-25'],
    ['2099-12-31', 2555, '2106-12-31'],
  ])('%s with at least %s days is kept until %s', (date, days, until) => {
    expect(retainedUntil(date, days)).toBe(until);
  });

  test('2555 days alone fall short of seven calendar years', () => {
    expect(addDays('2026-05-08', 2555)).toBe('2033-05-06');
    expect(addYears('2026-05-08', 7)).toBe('2033-05-08');
  });

  test('29 February stays where the year has one', () => {
    expect(addYears('2024-02-29', 4)).toBe('2028-02-29');
  });

  test('a century is a leap year only where 400 divides it: 2000 is one, 2100 is not', () => {
    expect(addYears('1996-02-29', 4)).toBe('2000-02-29');
    expect(addYears('2096-02-29', 4)).toBe('2100-03-01');
    expect(addDays('2000-02-28', 1)).toBe('2000-02-29');
    expect(addDays('2100-02-28', 1)).toBe('2100-03-01');
  });

  test('the two months before the calendar’s first era are days like all others', () => {
    expect(dayOf('0000-03-01')).toBe(-719_468);
    expect(dayOf('0000-01-01')).toBe(-719_528);
    expect(dateOfDay(-719_528)).toBe('0000-01-01');
  });

  test('every day from 1900 to 2200 goes to a date and back, without a gap', () => {
    for (let day = dayOf('1900-01-01'); day <= dayOf('2200-12-31'); day += 1) {
      if (dayOf(dateOfDay(day)) !== day) throw new Error(dateOfDay(day));
    }
    expect(dayOf('1970-01-01')).toBe(0);
    expect(dateOfDay(-1)).toBe('1969-12-31');
  });

  test('a time falls on its UTC day, to the last microsecond', () => {
    expect(dateOfTime(1_746_792_060_000_000)).toBe('2025-05-09');
    expect(dateOfTime(86_399_999_999)).toBe('1970-01-01');
    expect(dateOfTime(86_400_000_000)).toBe('1970-01-02');
    expect(monthOfTime(1_746_792_060_000_000)).toBe('2025-05-01');
  });

  test('what is no date stops', () => {
    expect(() => retainedUntil('8 May 2026')).toThrow('Invariant');
  });
});

describe('paper accounts (B16)', () => {
  test('are marked once, and by their name', () => {
    expect(paperAccount('0xa')).toBe('paper:0xa');
    expect(paperAccount('paper:0xa')).toBe('paper:0xa');
    expect([isPaperAccount('paper:0xa'), isPaperAccount('0xa')]).toEqual([true, false]);
  });
});
