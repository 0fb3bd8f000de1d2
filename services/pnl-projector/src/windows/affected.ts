/**
 * Which closed windows a cut touches: those that must be looked at for a revision, and so what has
 * to be loaded before it is folded.
 *
 * A line touches every window that ends after its day (it is in that window's numbers, or in the
 * position at its end); a leg of the chain every window whose last block is not before it.
 */

import { dateOfTime, type IsoDate } from '@polytraders/domain';
import { type Cut } from './cut.ts';
import { daysDefined } from './markets.ts';
import {
  bookKey,
  type BooksState,
  type DeskState,
  type MarketsState,
  type WindowName,
} from './state.ts';

/** Ids of the closed windows that the cut touches, in the order of their ends. */
export function windowsTouched(
  desk: DeskState,
  books: BooksState,
  markets: MarketsState,
  cut: Cut,
): readonly string[] {
  const day = firstDayTouched(desk, books, markets, cut);
  const block = lowestBlock(cut);
  const named = new Set([...desk.dirtyWindows, ...windowsNamed(desk, cut)]);
  return desk.windows
    .filter(
      (window) =>
        named.has(window.id) ||
        (day !== null && day < dateOfTime(window.end)) ||
        (block !== null && window.block !== null && block <= window.block),
    )
    .map(({ id }) => id);
}

/** Whether a released report is one of this window's; `_r<n>` is a revision of the name. */
export function revisionReleased(window: WindowName, reportId: string): number | null {
  if (reportId === window.name) return 1;
  const prefix = `${window.name}_r`;
  const number = reportId.slice(prefix.length);
  if (!reportId.startsWith(prefix) || !/^[1-9]\d{0,8}$/.test(number)) return null;
  return parseInt(number, 10);
}

/** Windows that the event names, or an answer of the chain. */
function windowsNamed(desk: DeskState, cut: Cut): readonly string[] {
  const ids = cut.observations.map(({ windowId }) => windowId);
  const { event } = cut;
  if (event.type === 'WindowBalancesComplete') ids.push(event.value.window_id);
  if (event.type !== 'ReportReleased') return ids;
  const { release_kind: kind, report_ids: reports } = event.value;
  const released = desk.windows.filter((window) =>
    kind === 'MODE_HELD'
      ? window.heldByMode
      : reports.some((report) => revisionReleased(window, report) !== null),
  );
  return [...ids, ...released.map(({ id }) => id)];
}

/** The first day from which on numbers may differ. */
function firstDayTouched(
  desk: DeskState,
  books: BooksState,
  markets: MarketsState,
  cut: Cut,
): IsoDate | null {
  const days = [...cut.sums.map(({ day }) => day), ...daysDefined(markets, cut)];
  if (desk.dirtyDay !== null) days.push(desk.dirtyDay);
  for (const { at } of cut.resolved) days.push(dateOfTime(at));
  for (const last of cut.lastLines) {
    const book = books.books.get(bookKey(last));
    if (book === undefined) continue;
    for (const [reason, since] of book.reasons) {
      if (!last.reasons.some(([one]) => one === reason)) days.push(since);
    }
    const open = book.doubts.find(({ until }) => until === null);
    if (open !== undefined && !last.basisUnknown) days.push(open.since);
  }
  return days.reduce<IsoDate | null>(
    (first, day) => (first === null || day < first ? day : first),
    null,
  );
}

function lowestBlock({ legs }: Cut): number | null {
  return legs.reduce<number | null>(
    (lowest, { block }) => (lowest === null || block < lowest ? block : lowest),
    null,
  );
}
