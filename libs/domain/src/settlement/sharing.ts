/**
 * Sharing a wallet-wide amount among the books of its bots (rules B11, M2): always by largest
 * remainder, ties to the bot whose id comes first. Books are handed in sorted by that.
 */

import { divideFloor, invariant, type PusdMicros, pusd } from '@polytraders/money';
import { type ShareMicros, shares } from '@polytraders/money';
import { type Position, positionShares } from '../position.ts';

/** One bot's book of a token. */
export type BotBook = { readonly bot: string; readonly position: Position };

/** How many shares a book gives. */
export type Part = { readonly book: BotBook; readonly quantity: ShareMicros };

/** What the books hold of an amount that is to leave them, and what they do not. */
export type Parted = { readonly parts: readonly Part[]; readonly shortfall: ShareMicros };

/** By bot id, code unit by code unit: the same order on every machine. */
export function byBot(a: { readonly bot: string }, b: { readonly bot: string }): number {
  if (a.bot === b.bot) return 0;
  return a.bot < b.bot ? -1 : 1;
}

/** Σ signed shares of the books. */
export function sharesOf(books: readonly BotBook[]): ShareMicros {
  return shares(books.reduce((sum, { position }) => sum + positionShares(position), 0n));
}

/**
 * Integers that sum to `total`, each the floor of its exact part or one more; what the floors leave
 * goes to the largest remainders, a unit each, ties to the lower index. `numerators` are the exact
 * parts over one positive `denominator`, of either sign.
 * −40 and 100 of 60 halves: −20 and 50 of 30.
 */
export function shareExactParts(
  total: bigint,
  numerators: readonly bigint[],
  denominator: bigint,
): readonly bigint[] {
  invariant(denominator > 0n, 'parts are over a positive denominator.');
  const floors = numerators.map((numerator) => divideFloor(numerator, denominator));
  let left = total - floors.reduce((sum, part) => sum + part, 0n);
  invariant(
    left >= 0n && left <= BigInt(numerators.length),
    `the exact parts sum to ${String(total)}, give or take their fractions.`,
  );
  const order = numerators
    .map((numerator, index) => ({ index, rest: numerator - (floors[index] ?? 0n) * denominator }))
    .sort((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1));
  const parts = [...floors];
  for (const { index } of order) {
    if (left === 0n) break;
    parts[index] = (parts[index] ?? 0n) + 1n;
    left -= 1n;
  }
  return parts;
}

/** `total` in proportion to weights of either sign whose sum is positive. */
export function shareByWeight(total: bigint, weights: readonly bigint[]): readonly bigint[] {
  const sum = weights.reduce((running, weight) => running + weight, 0n);
  invariant(sum > 0n, 'weights sum to more than nothing.');
  return shareExactParts(
    total,
    weights.map((weight) => total * weight),
    sum,
  );
}

/** Cash by weights that are not negative; all zero: nothing is shared, the first takes it. */
export function shareCash(cash: bigint, weights: readonly bigint[]): readonly PusdMicros[] {
  const isNothing = weights.every((weight) => weight === 0n);
  const parts = isNothing
    ? weights.map((_, index) => (index === 0 ? cash : 0n))
    : shareByWeight(cash, weights);
  return parts.map(pusd);
}

/** Half each; an odd micro goes to outcome index 0 (B11). 7 → 4, 3. */
export function halves(amount: bigint): readonly [PusdMicros, PusdMicros] {
  const second = divideFloor(amount, 2n);
  return [pusd(amount - second), pusd(second)];
}

/**
 * Merge, conversion and transfer out act on the books with positive quantity, pro rata. Books that
 * hold 30 and 10 micros, of which 10 leave: 8 and 2 (7.5 and 2.5: the tie goes to the first).
 */
export function partPositive(books: readonly BotBook[], quantity: ShareMicros): Parted {
  const held = books.filter(({ position }) => position.direction === 'LONG').sort(byBot);
  const total = sharesOf(held);
  const taken = quantity < total ? quantity : total;
  if (taken === 0n) return { parts: [], shortfall: shares(quantity) };
  const weights = held.map(({ position }) => positionShares(position));
  return partsOf(held, shareByWeight(taken, weights), shares(quantity - taken));
}

/**
 * Resolution and redemption act on the signed quantity of every book: where alpha holds 100, beta
 * −40 and the wallet 60, a redemption of 60 closes both, one of 30 takes 50 and −20.
 */
export function partSigned(books: readonly BotBook[], quantity: ShareMicros): Parted {
  const open = books.filter(({ position }) => position.direction !== 'FLAT').sort(byBot);
  const total = sharesOf(open);
  if (total <= 0n || quantity === 0n) return { parts: [], shortfall: quantity };
  const taken = quantity < total ? quantity : total;
  const weights = open.map(({ position }) => positionShares(position));
  return partsOf(open, shareByWeight(taken, weights), shares(quantity - taken));
}

function partsOf(
  books: readonly BotBook[],
  quantities: readonly bigint[],
  shortfall: ShareMicros,
): Parted {
  const parts = books.flatMap((book, index): readonly Part[] => {
    const quantity = quantities[index] ?? 0n;
    return quantity === 0n ? [] : [{ book, quantity: shares(quantity) }];
  });
  return { parts, shortfall };
}
