/**
 * Rule B12: which window a moment lies in, and which windows are due. Windows are half-open
 * `[start, end)` in UTC: days, or weeks from Monday 00:00. Times are integer microseconds since
 * 1970, so no time zone of a machine has a say.
 *
 * A changed `report_window` takes effect at the next window of the new kind that begins where one
 * of the old kind ends, so that windows neither overlap nor leave a gap. Both kinds begin anew on
 * Mondays, so that is the Monday after: each week has one kind, the one that was told last before
 * the week began. Told on Wednesday, `weekly` leaves Wednesday to Sunday daily.
 */

export type WindowKind = 'daily' | 'weekly';

/** `[start, end)`, microseconds since 1970. */
export type ReportWindow = {
  readonly kind: WindowKind;
  readonly start: number;
  readonly end: number;
};

/** `report_window` as it was told, and when. */
export type KindTold = { readonly kind: WindowKind; readonly at: number };

/** Microseconds. */
export const DAY_MICROS = 86_400_000_000;
const WEEK_MICROS = 7 * DAY_MICROS;
/** 1970-01-05, a Monday. */
const A_MONDAY = 4 * DAY_MICROS;

/** The window of a kind that a moment lies in. */
export function windowAt(kind: WindowKind, time: number): ReportWindow {
  const [length, first] = kind === 'daily' ? [DAY_MICROS, 0] : [WEEK_MICROS, A_MONDAY];
  const start = first + Math.floor((time - first) / length) * length;
  return { kind, start, end: start + length };
}

/**
 * The window of the kind in force that a moment lies in. `told` is in order of time, and not empty:
 * its first entry stands for all weeks before.
 */
export function windowInForce(told: readonly KindTold[], time: number): ReportWindow {
  const week = windowAt('weekly', time);
  const [first] = told;
  const before = told.filter(({ at }) => at < week.start).at(-1) ?? first;
  return windowAt(before?.kind ?? 'daily', time);
}

/** What is known when windows are looked for. Times in microseconds. */
export type WindowsKnown = {
  /** Not empty; its first entry is when the ledger first ran. */
  readonly told: readonly KindTold[];
  /** End of the last window that was closed in its turn; null before the first. */
  readonly closedTo: number | null;
  /** Days since 1970-01-01 with confirmed fills before the window in which the ledger first ran. */
  readonly earlierDays: readonly number[];
};

export type DueWindow = ReportWindow & { readonly backfilled: boolean };

/**
 * The windows that have ended by `endedBy` and are not closed, in order of their end: each one from
 * that in which the ledger first ran on, and of the time before those that confirmed fills fall
 * into. At most `most` of either: a long import holds up nobody's day.
 */
export function windowsDue(
  known: WindowsKnown,
  endedBy: number,
  most: number,
): readonly DueWindow[] {
  const { told, closedTo, earlierDays } = known;
  const [first] = told;
  if (first === undefined) return [];
  const backfilled = new Map<number, DueWindow>();
  for (const day of earlierDays) {
    const window = windowInForce(told, day * DAY_MICROS);
    if (window.end <= endedBy) backfilled.set(window.start, { ...window, backfilled: true });
  }
  const past = [...backfilled.values()].sort((a, b) => a.end - b.end).slice(0, most);
  const inTurn: DueWindow[] = [];
  let next = windowInForce(told, closedTo ?? first.at);
  while (next.end <= endedBy && inTurn.length < most) {
    inTurn.push({ ...next, backfilled: false });
    next = windowInForce(told, next.end);
  }
  return [...past, ...inTurn];
}

/** The first moment of the window in which the ledger first ran: what lies before is a backfill. */
export function firstWindowStart(told: readonly KindTold[]): number | null {
  const [first] = told;
  return first === undefined ? null : windowInForce(told, first.at).start;
}
