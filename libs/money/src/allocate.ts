/**
 * Sharing an integer out so that the shares sum to it exactly, by largest remainder (M2).
 */

import { invariant } from './invariant.ts';

/**
 * Shares `total` in proportion to `weights` (none negative, not all zero). Each share is the floor
 * of its exact part; what is left over goes, a unit each, to the largest remainders, ties to the
 * lower index. A negative total is shared as its opposite, with the signs turned.
 *
 * 10 by weights 1, 1, 1: floors 3, 3, 3, remainders equal, the one left goes to the first: 4, 3, 3.
 */
export function allocateLargestRemainder(
  total: bigint,
  weights: readonly bigint[],
): readonly bigint[] {
  const sum = weights.reduce((running, weight) => running + weight, 0n);
  invariant(
    sum > 0n && weights.every((weight) => weight >= 0n),
    `weights are non-negative and not all zero; found ${weights.join(', ')}.`,
  );
  if (total < 0n) return allocateLargestRemainder(-total, weights).map((share) => -share);
  const parts = weights.map((weight, index) => {
    const floor = (total * weight) / sum;
    return { index, floor, remainder: total * weight - floor * sum };
  });
  let left = parts.reduce((rest, part) => rest - part.floor, total);
  const shares = parts.map((part) => part.floor);
  for (const part of [...parts].sort(byRemainder)) {
    if (left === 0n) break;
    shares[part.index] = part.floor + 1n;
    left -= 1n;
  }
  return shares;
}

type Part = { readonly index: number; readonly remainder: bigint };

function byRemainder(a: Part, b: Part): number {
  if (a.remainder === b.remainder) return a.index - b.index;
  return a.remainder > b.remainder ? -1 : 1;
}
