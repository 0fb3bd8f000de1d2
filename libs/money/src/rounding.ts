/**
 * Divisions of integers, each named after its rounding (rule M2), so that no division in the books
 * rounds in a way that nobody chose. BigInt's own `/` truncates toward zero;
 * elsewhere it is not used.
 */

import { invariant } from './invariant.ts';

/** Toward minus infinity: −7 ÷ 2 = −4. */
export function divideFloor(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  if (numerator >= 0n === denominator > 0n) return quotient;
  return quotient * denominator === numerator ? quotient : quotient - 1n;
}

/** Toward plus infinity: −7 ÷ 2 = −3. */
export function divideCeil(numerator: bigint, denominator: bigint): bigint {
  return -divideFloor(-numerator, denominator);
}

/** Toward zero, as the venue does with fees: −7 ÷ 2 = −3. */
export function divideTruncate(numerator: bigint, denominator: bigint): bigint {
  return numerator / denominator;
}

/** To the nearest, ties to the even neighbour: 5 ÷ 2 = 2, 7 ÷ 2 = 4, −5 ÷ 2 = −2. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const floor = divideFloor(numerator, denominator);
  const rest = numerator - floor * denominator;
  const twice = 2n * (rest < 0n ? -rest : rest);
  const whole = denominator < 0n ? -denominator : denominator;
  if (twice < whole) return floor;
  if (twice > whole) return floor + 1n;
  return floor % 2n === 0n ? floor : floor + 1n;
}

/** The exact quotient. Throws where the division leaves a rest. */
export function divideExact(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  invariant(
    quotient * denominator === numerator,
    `${String(numerator)} is a multiple of ${String(denominator)}.`,
  );
  return quotient;
}
