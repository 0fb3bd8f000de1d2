/**
 * What a book is worth after a movement or a resolution, which bring no mark: at its last mark,
 * which is older by now, or at its payout (rules B4 and B5).
 *
 * Of a neg-risk book the last mark is the one normalised within its event: its worth is linear in
 * its shares, so a movement needs nothing of the event's other books. The next fill of the event
 * brings new marks to all of them.
 */

import {
  payoutPrice,
  type Position,
  readMark,
  type TimeMicros,
  unrealisedAt,
  unrealisedAtPayout,
} from '@polytraders/domain';
import { type Book, type Parameters, type Settled } from './entities.ts';

type Value = Pick<
  Book,
  | 'markPrice'
  | 'markObservedAt'
  | 'markKind'
  | 'markAgeMs'
  | 'markStale'
  | 'negRiskPrice'
  | 'unrealised'
>;

/** The value of a book whose position has become another at a time. */
export function valueMoved(
  book: Book,
  after: Position,
  settled: Settled | null,
  at: TimeMicros,
  { markAgeMsMax }: Parameters,
): Value {
  if (settled !== null) {
    return {
      markPrice: payoutPrice(settled.payout),
      markObservedAt: null,
      markKind: 'PAYOUT',
      markAgeMs: null,
      markStale: false,
      negRiskPrice: null,
      unrealised: unrealisedAtPayout(after, settled.payout),
    };
  }
  const { markPrice, markObservedAt, markKind, negRiskPrice } = book;
  const { ageMs: markAgeMs, stale: markStale } = readMark(
    markPrice,
    markObservedAt,
    at,
    markAgeMsMax,
  );
  const unrealised = unrealisedAt(after, negRiskPrice ?? markPrice);
  return { markPrice, markObservedAt, markKind, markAgeMs, markStale, negRiskPrice, unrealised };
}
