/**
 * The marks of a window (rule B4): those that its WindowClosed captured, and of other tokens the
 * last that a line carried before its end. A line of the next day may come before WindowClosed
 * does, so of each token the newest mark of every day is kept until no window can ask for it.
 */

import { type ObservedKind } from '@polytraders/domain';
import { type Cut, type CutEvent, type LineMark } from './cut.ts';
import { byText, type LastMark, type MarketsState, type WindowMark } from './state.ts';

type Marks = MarketsState['marks'];
type Closed = Extract<CutEvent, { readonly type: 'WindowClosed' }>['value'];

const DAY_MICROS = 86_400_000_000;
const RANKS: Readonly<Record<ObservedKind, number>> = { MID: 2, LAST: 1, REPORTED: 0 };

/** The marks with those of lines: of each token and day the newest, in order of time. */
export function marksWith(before: Marks, lines: readonly LineMark[]): Marks {
  if (lines.length === 0) return before;
  const after = new Map(before);
  for (const { token, ...mark } of lines) {
    const known = after.get(token) ?? [];
    const sameDay = known.find((one) => one.isAged === mark.isAged && dayOf(one) === dayOf(mark));
    if (sameDay !== undefined && !isBetter(mark, sameDay)) continue;
    const list = [...known.filter((one) => one !== sameDay), mark];
    after.set(
      token,
      list.sort((a, b) => a.observedAt - b.observedAt),
    );
  }
  return after;
}

/**
 * The marks without those that no window will ask for once the one that ends at `end` was closed in
 * its turn. Days before `from`, when the ledger first ran, are closed whenever an import brings
 * fills of them: theirs are kept.
 */
export function marksSince(before: Marks, end: number, from: number): Marks {
  const fewer = [...before].flatMap(([token, list]) => {
    const last = lastBefore(list, end);
    const kept = list.filter((one) => {
      return one === last || one.observedAt >= end || one.observedAt < from;
    });
    return kept.length === list.length ? [] : [[token, kept] as const];
  });
  return fewer.length === 0 ? before : new Map([...before, ...fewer]);
}

/** The marks that the event captured; of other tokens the last that a line carried before. */
export function marksAt(
  known: Marks,
  { marks: captured, window_end: end }: Closed,
): ReadonlyMap<string, WindowMark> {
  const marks = new Map<string, WindowMark>();
  for (const [token, list] of known) {
    const last = lastBefore(list, end);
    if (last !== undefined) marks.set(token, { ...last, captured: false });
  }
  for (const { token_id: token, price, kind, observed_at: observedAt } of captured) {
    marks.set(token, { price, kind, observedAt, isAged: true, captured: true });
  }
  return byToken(marks);
}

/** Marks that late lines bring of tokens that had none, or an older one, when it was closed. */
export function withLateMarks(
  before: ReadonlyMap<string, WindowMark>,
  end: number,
  { marks: late }: Cut,
): ReadonlyMap<string, WindowMark> {
  let marks: Map<string, WindowMark> | null = null;
  for (const { token, ...mark } of late) {
    const known = (marks ?? before).get(token);
    if (known !== undefined && (known.captured || !isBetter(mark, known))) continue;
    if (mark.observedAt >= end) continue;
    marks ??= new Map(before);
    marks.set(token, { ...mark, captured: false });
  }
  return marks === null ? before : byToken(marks);
}

/** Marks are read from rows in another order than they came in: a window has them in one. */
function byToken(marks: ReadonlyMap<string, WindowMark>): ReadonlyMap<string, WindowMark> {
  return new Map([...marks].sort(([a], [b]) => byText(a, b)));
}

/** One whose age nobody knows gives way to any other. */
function lastBefore(list: readonly LastMark[], end: number): LastMark | undefined {
  const before = list.filter(({ observedAt }) => observedAt < end);
  return before.filter(({ isAged }) => isAged).at(-1) ?? before.at(-1);
}

/**
 * The one whose age is known, else the newer one; of one moment a mid before a last trade, then the
 * higher price.
 */
function isBetter(a: LastMark, b: LastMark): boolean {
  if (a.isAged !== b.isAged) return a.isAged;
  if (a.observedAt !== b.observedAt) return a.observedAt > b.observedAt;
  if (a.kind !== b.kind) return RANKS[a.kind] > RANKS[b.kind];
  return a.price > b.price;
}

function dayOf({ observedAt }: LastMark): number {
  return Math.floor(observedAt / DAY_MICROS);
}
