/** Values of worked examples, read by the rule that they illustrate: never through `number`. */

import {
  type DecimalRefusal,
  parsePusd,
  parseRational,
  parseShares,
  type PusdMicros,
  type Rational,
  rational,
  type ShareMicros,
} from '@polytraders/money';

/** The tick of the examples that need one and name none. */
export const tick: Rational = rational(1n, 100n);

export function exactPusd(text: string): PusdMicros {
  return valid(text, parsePusd(text));
}

export function exactShares(text: string): ShareMicros {
  return valid(text, parseShares(text));
}

export function exactRational(text: string): Rational {
  return valid(text, parseRational(text));
}

function valid<Value>(text: string, value: Value | DecimalRefusal | 'FINER_THAN_A_MICRO'): Value {
  if (typeof value === 'string') throw new Error(`Expected an exact value; ${text} is ${value}.`);
  return value;
}
