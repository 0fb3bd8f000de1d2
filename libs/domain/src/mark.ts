/**
 * The mark that a fill carries (rule B4): captured at ingestion, so that a replay values as the
 * first run did. Which mark was chosen (mid, last trade, the one before) was decided there too.
 */

import { type PriceE18 } from '@polytraders/money';
import { type TimeMicros } from './retention.ts';

/** A mark older than this is used and flagged `STALE_DATA`; one that is younger by more, too. */
export const MARK_AGE_MS_MAX = 60_000;

const MICROS_PER_MS = 1000;

export type MarkReading = {
  readonly price: PriceE18 | null;
  /** Age at the time of the fill; negative where the mark is younger than the fill. */
  readonly ageMs: number | null;
  readonly stale: boolean;
};

/**
 * Reads a carried mark at a time. Stale is a mark that is further from it than the limit, either
 * way (in a backlog the marks are ahead of the fills), and one of unknown age.
 */
export function readMark(
  price: PriceE18 | null,
  observedAt: TimeMicros | null,
  at: TimeMicros,
  ageMsMax: number,
): MarkReading {
  if (price === null) return { price: null, ageMs: null, stale: false };
  if (observedAt === null) return { price, ageMs: null, stale: true };
  const ageMicros = at - observedAt;
  return {
    price,
    ageMs: Math.floor(ageMicros / MICROS_PER_MS),
    stale: Math.abs(ageMicros) > ageMsMax * MICROS_PER_MS,
  };
}
