/**
 * The prices of the day: each market's YES mark walks at random in mills, held inside 0.02–0.98,
 * and the NO mark is its complement. Whole mills, never a float.
 */

import { type Random } from './random.ts';
import { type Market } from './universe.ts';

const LOWEST_MILLS = 20;
const HIGHEST_MILLS = 980;

export type MarkWalk = {
  /** One step of the walk; returns the new YES mark in mills. */
  readonly step: (market: Market) => number;
  /** The mark of a market's outcome (0 = YES, 1 = NO) in mills. */
  readonly millsOf: (market: Market, outcome: 0 | 1) => number;
};

export function markWalkOf(random: Random, markets: readonly Market[]): MarkWalk {
  const yes = new Map(markets.map((market) => [market.conditionId, market.startMills]));
  const millsOf = (market: Market, outcome: 0 | 1): number => {
    const mills = yes.get(market.conditionId) ?? market.startMills;
    return outcome === 0 ? mills : 1000 - mills;
  };
  return {
    millsOf,
    step: (market) => {
      // Mostly quiet, now and then a jump: news.
      const reach = random.chance(1, 50) ? 60 : 8;
      const moved = millsOf(market, 0) + random.between(-reach, reach);
      const held = Math.min(HIGHEST_MILLS, Math.max(LOWEST_MILLS, moved));
      yes.set(market.conditionId, held);
      return held;
    },
  };
}
