/**
 * How long a record is kept (rule B15), in the calendar of UTC days and without a clock: dates are
 * ISO strings, and the arithmetic is that of the proleptic Gregorian calendar.
 */

import { invariant } from '@polytraders/money';

/** `YYYY-MM-DD`, a UTC day. */
export type IsoDate = string;

/** Integer microseconds since 1970-01-01T00:00Z. */
export type TimeMicros = number;

export const RETAIN_YEARS = 7;

/** The least number of days that may be configured; 2555 is seven years without leap days. */
export const RETAIN_DAYS_MIN = 2555;

/** The most, about a century: years have four digits. */
export const RETAIN_DAYS_MAX = 36_500;

const MICROS_PER_DAY = 86_400_000_000;
const DAYS_TO_1970 = 719_468;
const DAYS_PER_ERA = 146_097;

/**
 * The last day of keeping: the later of date + 7 calendar years and date + `retainDays`.
 * 2026-05-08 → 2033-05-08 (2555 days alone would be 2033-05-06); 2028-02-29 → 2035-03-01;
 * 2025-05-09 → 2032-05-09 (the specification's example says 2033: an error).
 */
export function retainedUntil(date: IsoDate, retainDays: number = RETAIN_DAYS_MIN): IsoDate {
  const byYears = addYears(date, RETAIN_YEARS);
  const byDays = addDays(date, retainDays);
  return byYears > byDays ? byYears : byDays;
}

/** The same day of a later year; 29 February becomes 1 March where the year has none. */
export function addYears(date: IsoDate, years: number): IsoDate {
  const { year, month, day } = partsOf(date);
  const later = year + years;
  return month === 2 && day === 29 && !isLeapYear(later)
    ? isoDate(later, 3, 1)
    : isoDate(later, month, day);
}

/** The date so many days later. */
export function addDays(date: IsoDate, days: number): IsoDate {
  return dateOfDay(dayOf(date) + days);
}

/** The UTC day of a time. */
export function dateOfTime(time: TimeMicros): IsoDate {
  return dateOfDay(Math.floor(time / MICROS_PER_DAY));
}

/** The first day of the month of a time, which names the month's ledger partition. */
export function monthOfTime(time: TimeMicros): IsoDate {
  return `${dateOfTime(time).slice(0, 8)}01`;
}

/** Days since 1970-01-01 (Howard Hinnant's `days_from_civil`). */
export function dayOf(date: IsoDate): number {
  const { year, month, day } = partsOf(date);
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_PER_ERA + dayOfEra - DAYS_TO_1970;
}

/** The date of a day counted from 1970-01-01 (Howard Hinnant's `civil_from_days`). */
export function dateOfDay(day: number): IsoDate {
  const shifted = day + DAYS_TO_1970;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return isoDate(yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfMonth);
}

function partsOf(date: IsoDate): {
  readonly year: number;
  readonly month: number;
  readonly day: number;
} {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  invariant(match !== null, `a date is written YYYY-MM-DD; found ${date}.`);
  const [, year = '', month = '', day = ''] = match;
  return { year: parseInt(year, 10), month: parseInt(month, 10), day: parseInt(day, 10) };
}

function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function isoDate(year: number, month: number, day: number): IsoDate {
  return `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}`;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${String(value)}` : String(value);
}
