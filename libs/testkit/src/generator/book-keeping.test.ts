import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type BookFill, bookOf } from './book-keeping.ts';

const M = 1_000_000n;

describe('the accountant of the tests', () => {
  test('realises 20 on 100 bought at 0.50 and sold at 0.70 (B3)', () => {
    const book = bookOf([
      { shares: 100n * M, cash: 50n * M },
      { shares: -100n * M, cash: 70n * M },
    ]);
    expect(book).toEqual({ shares: 0n, costBasis: 0n, realised: 20n * M });
  });

  test('takes the floor from a lot and leaves the rest on it (M2)', () => {
    const book = bookOf([
      { shares: 3n, cash: 10n },
      { shares: -1n, cash: 5n },
    ]);
    expect(book).toEqual({ shares: 2n, costBasis: 7n, realised: 2n });
  });

  test('closes, then opens, when a fill crosses zero', () => {
    const book = bookOf([
      { shares: 10n, cash: 5n },
      { shares: -30n, cash: 22n },
    ]);
    expect(book).toEqual({ shares: -20n, costBasis: -15n, realised: 2n });
  });

  const fill: fc.Arbitrary<BookFill> = fc.record({
    shares: fc.bigInt({ min: -5_000n, max: 5_000n }).filter((shares) => shares !== 0n),
    cash: fc.bigInt({ min: 0n, max: 4_000n }),
  });

  test('keeps every micro: realised less the cost of the lots is the cash that moved', () => {
    fc.assert(
      fc.property(fc.array(fill, { maxLength: 40 }), (fills) => {
        const book = bookOf(fills);
        const cash = fills.reduce(
          (sum, { shares, cash }) => sum + (shares < 0n ? cash : -cash),
          0n,
        );
        expect(book.realised - book.costBasis).toBe(cash);
        expect(book.shares).toBe(fills.reduce((sum, { shares }) => sum + shares, 0n));
      }),
    );
  });

  test('stays within one micro a take of FIFO in exact fractions', () => {
    fc.assert(
      fc.property(fc.array(fill, { maxLength: 40 }), (fills) => {
        const { realised, takes } = realisedInFractions(fills);
        const off = bookOf(fills).realised * realised.denominator - realised.numerator;
        const bound = BigInt(takes) * realised.denominator;
        expect(off <= bound && off >= -bound).toBe(true);
      }),
    );
  });
});

type Fraction = { numerator: bigint; denominator: bigint };

function add(left: Fraction, right: Fraction): Fraction {
  return {
    numerator: left.numerator * right.denominator + right.numerator * left.denominator,
    denominator: left.denominator * right.denominator,
  };
}

/** FIFO without any rounding: each share of a fill has the same price, a fraction. */
function realisedInFractions(fills: readonly BookFill[]): { realised: Fraction; takes: number } {
  const open: { shares: bigint; price: Fraction }[] = [];
  let sign = 1n;
  let takes = 0;
  let realised: Fraction = { numerator: 0n, denominator: 1n };
  for (const { shares, cash } of fills) {
    const direction = shares < 0n ? -1n : 1n;
    let left = shares * direction;
    const price = { numerator: cash, denominator: left };
    for (let lot = open[0]; lot !== undefined && direction !== sign && left > 0n; lot = open[0]) {
      const closed = left < lot.shares ? left : lot.shares;
      const gain = add(price, {
        numerator: -lot.price.numerator,
        denominator: lot.price.denominator,
      });
      realised = add(realised, {
        numerator: sign * closed * gain.numerator,
        denominator: gain.denominator,
      });
      takes += 2;
      left -= closed;
      lot.shares -= closed;
      if (lot.shares === 0n) open.shift();
    }
    if (left === 0n) continue;
    open.push({ shares: left, price });
    sign = direction;
  }
  return { realised, takes };
}
