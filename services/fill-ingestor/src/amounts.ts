/**
 * Rule M1 at the border: the texts of a source become exact amounts, or a refusal that says which
 * of them could not be used. What follows from what is domain's (`completeAmounts`).
 */

import { type Amounts, completeAmounts, refuseAmounts } from '@polytraders/domain';
import {
  parsePusd,
  parseRational,
  parseShares,
  type PusdMicros,
  rational,
  type Rational,
  type ShareMicros,
} from '@polytraders/money';
import { type Refusal, refuse } from './draft.ts';
import { quoted } from './quoted.ts';

export type GivenTexts = {
  readonly quantity: string | null;
  readonly size: string | null;
  readonly price: string | null;
};

/** The venue's usual tick, 0.01: the tolerance between a printed price and the cash of a fill. */
export const TICK: Rational = rational(1n, 100n);

/** Flag of a fill whose size and quantity × price lie more than a tick a share apart (M1). */
export const PRICE_CONTRADICTED = 'GOV_PRICE_SIZE_MISMATCH';

/** The amounts of a fill from a bus message or a file row; refuses what M1 refuses there. */
export function amountsOf(given: GivenTexts): Amounts | Refusal {
  const quantity = sharesIn('quantity', given.quantity);
  if (isRefusal(quantity)) return quantity;
  const notional = pusdIn('size', given.size);
  if (isRefusal(notional)) return notional;
  const price = priceIn(given.price);
  if (isRefusal(price)) return price;
  if (quantity !== null && quantity <= 0n) return notPositive(given.quantity);
  if (price !== null && outsideRange(price)) return outOfRange(given.price ?? '');
  const amounts = completeAmounts({ quantity, notional, price }, TICK);
  if (amounts === null) {
    return refuse(
      'INCOMPLETE_INPUT',
      'Expected two of quantity, size and price; found fewer, so the third cannot follow.',
    );
  }
  const why = refuseAmounts(amounts);
  if (why === 'QUANTITY_NOT_POSITIVE') return notPositive(given.quantity ?? given.size);
  if (why === null) return amounts;
  const hasBoth = given.size !== null && given.quantity !== null;
  return outOfRange(hasBoth ? `${given.size} / ${given.quantity}` : (given.price ?? ''));
}

/** pUSD from a text by M1; null stays null. A negative amount is refused. */
export function pusdIn(what: string, text: string | null): PusdMicros | null | Refusal {
  if (text === null) return null;
  const amount = parsePusd(text);
  if (typeof amount === 'string') return unreadable(what, text, amount);
  if (amount >= 0n) return amount;
  return refuse('INVALID_INPUT', `Expected a ${what} of 0 or more; found ${quoted(text)}.`);
}

/** Shares from a text by M1; null stays null. */
export function sharesIn(what: string, text: string | null): ShareMicros | null | Refusal {
  if (text === null) return null;
  const quantity = parseShares(text);
  return typeof quantity === 'string' ? unreadable(what, text, quantity) : quantity;
}

/** An exact price from a text; null stays null. Its range is the caller's business. */
export function priceIn(text: string | null): Rational | null | Refusal {
  if (text === null) return null;
  const price = parseRational(text);
  if (typeof price !== 'string') return price;
  return refuse('INVALID_INPUT', `Expected a decimal price; found ${quoted(text)} (${price}).`);
}

/** Whether a value of the border is a refusal. */
export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'refusal';
}

function outsideRange(price: Rational): boolean {
  return price.numerator <= 0n || price.numerator > price.denominator;
}

/** Refusal of a price outside (0, 1] (M1). */
export function outOfRange(text: string): Refusal {
  return refuse(
    'PRICE_OUT_OF_RANGE',
    `Expected a price above 0 and at most 1; found ${quoted(text)}.`,
  );
}

/** Refusal of a quantity that is not above 0 (M1). */
export function notPositive(text: string | null): Refusal {
  return refuse(
    'QUANTITY_NOT_POSITIVE',
    `Expected a quantity above 0; found ${quoted(text ?? '')}.`,
  );
}

function unreadable(what: string, text: string, why: string): Refusal {
  if (why === 'FINER_THAN_A_MICRO') {
    const found = `found ${quoted(text)}.`;
    return refuse('AMOUNT_TOO_FINE', `Expected a ${what} within 10⁻⁹ of a millionth; ${found}`);
  }
  return refuse('INVALID_INPUT', `Expected a decimal ${what}; found ${quoted(text)} (${why}).`);
}
