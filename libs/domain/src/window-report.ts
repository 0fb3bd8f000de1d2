/**
 * What a report of a window is called, which days it covers, and what is in force for it (rules B12
 * and B16): the parameters as they stood when it began, and whether trading was halted in it. Which
 * windows there are is said by window-calendar.ts.
 */

import { invariant } from '@polytraders/money';
import { addDays, dateOfTime, type IsoDate, type TimeMicros } from './retention.ts';
import { DAY_MICROS, type WindowKind } from './window-calendar.ts';

export type WindowGrouping = 'bot' | 'market' | 'builder';

/** Half-open: `end` is the first instant after it. */
export type WindowBounds = { readonly start: TimeMicros; readonly end: TimeMicros };

/** The UTC days of a window, in order. */
export function daysOf({ start, end }: WindowBounds): readonly IsoDate[] {
  const first = dateOfTime(start);
  const count = Math.floor((end - start) / DAY_MICROS);
  return Array.from({ length: count }, (_, at) => addDays(first, at));
}

/** What makes a window report's name, besides its revision. */
export type WindowReportName = {
  readonly kind: WindowKind;
  readonly groupBy: WindowGrouping;
  readonly end: TimeMicros;
  readonly mixed: boolean;
  readonly revision: number;
};

/**
 * `settlement_pnl_20260509T000000Z` for the first daily report by bot; else with `_weekly`,
 * `_by_market` or `_by_builder`, `_mixed` and `_r<n>`, in that order.
 */
export function windowReportId(name: WindowReportName): string {
  invariant(name.end % DAY_MICROS === 0, 'a window ends at 00:00 UTC.');
  invariant(name.revision >= 1, 'revisions count from 1.');
  const date = dateOfTime(name.end).replaceAll('-', '');
  return [
    `settlement_pnl_${date}T000000Z`,
    name.kind === 'weekly' ? '_weekly' : '',
    name.groupBy === 'bot' ? '' : `_by_${name.groupBy}`,
    name.mixed ? '_mixed' : '',
    name.revision === 1 ? '' : `_r${String(name.revision)}`,
  ].join('');
}

/**
 * What is in force for a window: the last that was told at or before its start, else the first that
 * was ever told; undefined where nothing was. `told` is in the order of the log.
 */
export function inForceAt<Told extends { readonly since: TimeMicros }>(
  told: readonly Told[],
  start: TimeMicros,
): Told | undefined {
  const before = told.filter(({ since }) => since <= start);
  return before[before.length - 1] ?? told[0];
}

/** A stretch of time in which trading was halted; `until` is null while it still is. */
export type Halt = { readonly since: TimeMicros; readonly until: TimeMicros | null };

/** Since when trading was halted in the window, if it was at any time; else null. */
export function haltedSince(halts: readonly Halt[], window: WindowBounds): TimeMicros | null {
  const within = halts.filter(
    ({ since, until }) => since < window.end && (until === null || until > window.start),
  );
  return within.reduce<TimeMicros | null>(
    (first, { since }) => (first === null || since < first ? since : first),
    null,
  );
}
