import { describe, expect, test } from '@jest/globals';
import { parseRational, pusd, type Rational, shares } from '@polytraders/money';
import { cashOfFill, completeAmounts, refuseAmounts, withinOneTick } from './fill.ts';

const tick = exact('0.01');

function exact(text: string): Rational {
  const value = parseRational(text);
  if (typeof value === 'string') throw new Error(value);
  return value;
}

describe('completing the amounts of a fill (M1)', () => {
  test('size and price give the quantity, rounded down: 500 at 0.58 is 862.068965 shares', () => {
    const amounts = completeAmounts(
      { quantity: null, notional: pusd(500_000_000n), price: exact('0.58') },
      tick,
    );
    expect(amounts).toMatchObject({
      quantity: 862_068_965n,
      notional: 500_000_000n,
      disagree: false,
    });
  });

  test('quantity and price give the notional, half-even', () => {
    const of = (quantity: bigint, price: string): bigint | undefined =>
      completeAmounts({ quantity: shares(quantity), notional: null, price: exact(price) }, tick)
        ?.notional;
    expect(of(1_200_000_000n, '0.64')).toBe(768_000_000n);
    expect(of(1n, '0.5')).toBe(0n);
    expect(of(3n, '0.5')).toBe(2n);
    expect(of(5n, '0.5')).toBe(2n);
  });

  test('size and quantity give the price as their quotient', () => {
    const amounts = completeAmounts(
      { quantity: shares(3n), notional: pusd(1n), price: null },
      tick,
    );
    expect(amounts?.price).toEqual({ numerator: 1n, denominator: 3n });
    expect(amounts?.priceE18).toBe(333_333_333_333_333_333n);
  });

  test('size and quantity within a tick of the price leave the price as given', () => {
    const given = {
      quantity: shares(100_000_000n),
      notional: pusd(58_500_000n),
      price: exact('0.58'),
    };
    expect(completeAmounts(given, tick)).toMatchObject({ price: exact('0.58'), disagree: false });
  });

  test('size and quantity further than a tick from the price win over it, and it is said', () => {
    const given = {
      quantity: shares(100_000_000n),
      notional: pusd(70_000_000n),
      price: exact('0.58'),
    };
    expect(completeAmounts(given, tick)).toMatchObject({
      quantity: 100_000_000n,
      notional: 70_000_000n,
      priceE18: 700_000_000_000_000_000n,
      disagree: true,
    });
  });

  test.each([
    ['59', 59_000_000n, 580_000_000_000_000_000n, false],
    ['59.000001', 59_000_001n, 590_000_010_000_000_000n, true],
    ['57', 57_000_000n, 580_000_000_000_000_000n, false],
    ['56.999999', 56_999_999n, 569_999_990_000_000_000n, true],
  ])(
    '100 shares for %s at a price of 0.58: only more than one tick × quantity disagrees',
    (_, notional, priceE18, disagree) => {
      const given = { quantity: shares(100_000_000n), notional: pusd(notional) };
      expect(completeAmounts({ ...given, price: exact('0.58') }, tick)).toMatchObject({
        ...given,
        priceE18,
        disagree,
      });
    },
  );

  test('no shares keep the price given, and disagree with it where there is cash', () => {
    const dust = (notional: bigint, price: string | null): boolean | undefined =>
      completeAmounts(
        {
          quantity: shares(0n),
          notional: pusd(notional),
          price: price === null ? null : exact(price),
        },
        tick,
      )?.disagree;
    expect([dust(0n, '0.5'), dust(1n, '0.5'), dust(1n, null)]).toEqual([false, true, undefined]);
  });

  test('fewer than two amounts are no fill', () => {
    expect(
      completeAmounts({ quantity: null, notional: null, price: exact('0.5') }, tick),
    ).toBeNull();
    expect(completeAmounts({ quantity: shares(1n), notional: null, price: null }, tick)).toBeNull();
    expect(
      completeAmounts({ quantity: null, notional: pusd(1n), price: exact('0') }, tick),
    ).toBeNull();
  });

  test.each([
    ['0', 1n, 'PRICE_OUT_OF_RANGE'],
    ['1.000001', 1n, 'PRICE_OUT_OF_RANGE'],
    ['-0.5', 1n, 'PRICE_OUT_OF_RANGE'],
    ['0.5', 0n, 'QUANTITY_NOT_POSITIVE'],
    ['0.5', -1n, 'QUANTITY_NOT_POSITIVE'],
    ['1', 1n, null],
    ['0.000000000000000001', 1n, null],
  ])('price %s, quantity %s: %s', (price, quantity, refusal) => {
    const amounts = completeAmounts(
      { quantity: shares(quantity), notional: null, price: exact(price) },
      tick,
    );
    expect(amounts === null ? 'none' : refuseAmounts(amounts)).toBe(refusal);
  });

  test('one tick times the quantity is within one tick', () => {
    const quantity = shares(100_000_000n);
    expect(withinOneTick(pusd(50_000_000n), pusd(51_000_000n), quantity, tick)).toBe(true);
    expect(withinOneTick(pusd(51_000_000n), pusd(50_000_000n), quantity, tick)).toBe(true);
    expect(withinOneTick(pusd(51_000_001n), pusd(50_000_000n), quantity, tick)).toBe(false);
  });

  test('the fee is cash on both sides: 50 with a fee of 1.25 costs 51.25 or brings 48.75', () => {
    expect(cashOfFill('BUY', pusd(50_000_000n), pusd(1_250_000n))).toBe(-51_250_000n);
    expect(cashOfFill('SELL', pusd(50_000_000n), pusd(1_250_000n))).toBe(48_750_000n);
  });

  test('a quantity below zero widens the tick by its size, as one above does', () => {
    const quantity = shares(-100_000_000n);
    expect(withinOneTick(pusd(50_000_000n), pusd(51_000_000n), quantity, tick)).toBe(true);
    expect(withinOneTick(pusd(50_000_000n), pusd(51_000_001n), quantity, tick)).toBe(false);
  });
});
