/**
 * Exact fractions, for prices that come as a quotient (`notional / quantity`) or with more digits
 * than any column has. Not reduced: comparing cross-multiplies, and nothing here is displayed.
 */

import { invariant } from './invariant.ts';
import { divideHalfEven } from './rounding.ts';
import { E18_PER_UNIT, type PriceE18, priceE18 } from './units.ts';

/** An exact fraction; the denominator is positive. */
export type Rational = { readonly numerator: bigint; readonly denominator: bigint };

/** The fraction `numerator / denominator`, with the sign moved to the numerator. */
export function rational(numerator: bigint, denominator: bigint): Rational {
  invariant(denominator !== 0n, 'a fraction has a denominator other than zero.');
  if (denominator > 0n) return { numerator, denominator };
  return { numerator: -numerator, denominator: -denominator };
}

/** −1, 0 or 1 as `a` is less than, equal to or greater than `b`. */
export function compareRational(a: Rational, b: Rational): -1 | 0 | 1 {
  const left = a.numerator * b.denominator;
  const right = b.numerator * a.denominator;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** The price of the wire (10⁻¹⁸) as a fraction. Exact. */
export function rationalOfPrice(price: PriceE18): Rational {
  return { numerator: price, denominator: E18_PER_UNIT };
}

/** A fraction as the wire and the tables carry a price: 18 decimals, half-even (M1). */
export function priceOfRational(value: Rational): PriceE18 {
  return priceE18(divideHalfEven(value.numerator * E18_PER_UNIT, value.denominator));
}
