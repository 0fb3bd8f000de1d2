/**
 * A fill: one execution against one of our orders (`trade` is the venue's match, which may hold
 * many). Here is what a fill is made of and how its amounts are completed (rule M1).
 *
 * Not here: what a fill costs (fee.ts), what it does to a book (position.ts), which fills are the
 * same (identity.ts).
 */

import {
  compareRational,
  divideFloor,
  divideHalfEven,
  type PriceE18,
  priceOfRational,
  pusd,
  type PusdMicros,
  type Rational,
  shares,
  type ShareMicros,
} from '@polytraders/money';

export type OrderSide = 'BUY' | 'SELL';

/** Which side of the match we were: the maker's order rested, the taker's crossed it. */
export type Liquidity = 'maker' | 'taker';

/** What a source says about the amounts of a fill. Two of the three are enough. */
export type GivenAmounts = {
  readonly quantity: ShareMicros | null;
  readonly notional: PusdMicros | null;
  readonly price: Rational | null;
};

export type Amounts = {
  readonly quantity: ShareMicros;
  readonly notional: PusdMicros;
  /** Exact. */
  readonly price: Rational;
  /** The same, half-even at 18 decimals, as it is stored. */
  readonly priceE18: PriceE18;
  /** Size, quantity and price were all given and disagree by more than a tick. */
  readonly disagree: boolean;
};

/**
 * Completes the amounts of a fill (M1).
 * Size and price: quantity = size ÷ price, floor (500 at 0.58 → 862.068965 shares).
 * Quantity and price: notional = quantity × price, half-even.
 * Size and quantity: both stand; where a price comes too and `|size − price × quantity|` is more
 * than `tick × quantity`, they win over the price, and `disagree` says so.
 * Answers null where fewer than two are given, or where a division by zero would be needed.
 */
export function completeAmounts(given: GivenAmounts, tick: Rational): Amounts | null {
  const { quantity, notional, price } = given;
  if (quantity !== null && notional !== null) return fromBoth(quantity, notional, price, tick);
  if (price === null) return null;
  if (quantity !== null) {
    const product = divideHalfEven(quantity * price.numerator, price.denominator);
    return amounts(quantity, pusd(product), price, false);
  }
  if (notional === null || price.numerator === 0n) return null;
  const quotient = divideFloor(notional * price.denominator, price.numerator);
  return amounts(shares(quotient), notional, price, false);
}

/**
 * Why a fill on the bus or in a file is refused, or null. What the chain says is a fact and is not
 * asked: dust and odd prices are booked as they are. Where size, quantity and price all stand, size
 * ÷ quantity is a price, too: 0 pUSD for 100 shares at 0.01 lies within a tick and is no cash.
 */
export function refuseAmounts(of: Amounts): 'PRICE_OUT_OF_RANGE' | 'QUANTITY_NOT_POSITIVE' | null {
  if (of.quantity <= 0n) return 'QUANTITY_NOT_POSITIVE';
  const { numerator, denominator } = of.price;
  const isOdd = numerator <= 0n || numerator > denominator || of.priceE18 === 0n;
  return isOdd || of.notional > of.quantity || isUnpaid(of) ? 'PRICE_OUT_OF_RANGE' : null;
}

/** No cash for what costs a micro or more: half a micro of dust is rounded to none. */
function isUnpaid({ notional, quantity, price }: Amounts): boolean {
  return notional === 0n && divideHalfEven(quantity * price.numerator, price.denominator) !== 0n;
}

/** Whether two amounts of cash lie within one tick × quantity of each other (M1, B9). */
export function withinOneTick(
  a: PusdMicros,
  b: PusdMicros,
  quantity: ShareMicros,
  tick: Rational,
): boolean {
  const apart = a > b ? a - b : b - a;
  return apart * tick.denominator <= tick.numerator * (quantity < 0n ? -quantity : quantity);
}

/**
 * What a fill does to the wallet's pUSD, fee included. In V2 the fee is cash on both sides: added
 * to what a BUY spends, taken from what a SELL receives; the shares arrive in full.
 */
export function cashOfFill(
  orderSide: OrderSide,
  notional: PusdMicros,
  fee: PusdMicros,
): PusdMicros {
  return orderSide === 'BUY' ? pusd(-notional - fee) : pusd(notional - fee);
}

function fromBoth(
  quantity: ShareMicros,
  notional: PusdMicros,
  price: Rational | null,
  tick: Rational,
): Amounts | null {
  if (quantity === 0n)
    return price === null ? null : amounts(quantity, notional, price, notional !== 0n);
  const implied = {
    numerator: quantity < 0n ? -notional : notional,
    denominator: quantity < 0n ? -quantity : quantity,
  };
  if (price === null) return amounts(quantity, notional, implied, false);
  const gap = absolute(notional * price.denominator - price.numerator * quantity);
  const apart = { numerator: gap, denominator: price.denominator };
  const limit = { numerator: tick.numerator * absolute(quantity), denominator: tick.denominator };
  const disagree = compareRational(apart, limit) > 0;
  return amounts(quantity, notional, disagree ? implied : price, disagree);
}

function amounts(
  quantity: ShareMicros,
  notional: PusdMicros,
  price: Rational,
  disagree: boolean,
): Amounts {
  return { quantity, notional, price, priceE18: priceOfRational(price), disagree };
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}
