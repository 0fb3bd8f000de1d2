import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { allocateLargestRemainder } from './allocate.ts';
import { formatDecimal, formatFixed, formatMicros, parseDecimal, parseMicros } from './decimal.ts';
import { divideCeil, divideFloor, divideHalfEven, divideTruncate } from './rounding.ts';

const amount = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n });
const divisor = amount.filter((value) => value !== 0n);

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

describe('decimals', () => {
  test('what is written is read back, in either form and any scale', () => {
    fc.assert(
      fc.property(amount, fc.integer({ min: 0, max: 18 }), (units, scale) => {
        for (const text of [formatFixed(units, scale), formatDecimal(units, scale)]) {
          const read = parseDecimal(text);
          if (typeof read === 'string') throw new Error(`${text} was refused: ${read}`);
          expect(read.digits * 10n ** BigInt(scale)).toBe(units * 10n ** BigInt(read.scale));
        }
      }),
    );
  });

  test('micros survive an exponent form', () => {
    fc.assert(
      fc.property(amount, (micros) => {
        expect(parseMicros(`${micros.toString()}e-6`)).toBe(micros);
        expect(parseMicros(formatMicros(micros))).toBe(micros);
      }),
    );
  });

  test('a long decimal is the nearest micro, at most 10⁻⁹ away, or refused', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
        fc.integer({ min: 7, max: 18 }),
        (units, scale) => {
          const step = 10n ** BigInt(scale - 6);
          const nearest = divideHalfEven(units, step);
          const distance = absolute(units - nearest * step);
          const close = distance * 10n ** 9n <= 10n ** BigInt(scale);
          expect(parseMicros(formatFixed(units, scale))).toBe(
            close ? nearest : 'FINER_THAN_A_MICRO',
          );
        },
      ),
    );
  });
});

describe('roundings', () => {
  test('floor and ceil enclose the quotient, truncate leans to zero, half-even is nearest', () => {
    fc.assert(
      fc.property(amount, divisor, (a, b) => {
        const sign = b > 0n ? 1n : -1n;
        const floor = divideFloor(a, b);
        const ceil = divideCeil(a, b);
        expect(floor * b * sign <= a * sign && a * sign < (floor + 1n) * b * sign).toBe(true);
        expect(ceil - floor).toBe(a % b === 0n ? 0n : 1n);
        expect(divideTruncate(a, b)).toBe(a * sign >= 0n ? floor : ceil);
        const even = divideHalfEven(a, b);
        const error = 2n * absolute(a - even * b);
        expect(error < absolute(b) || (error === absolute(b) && even % 2n === 0n)).toBe(true);
      }),
    );
  });
});

describe('sharing out', () => {
  test('the shares sum to the total, and none is a whole unit off', () => {
    const weights = fc.array(fc.bigInt({ min: 0n, max: 10n ** 12n }), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(
        amount,
        weights.filter((list) => list.some((weight) => weight > 0n)),
        (total, list) => {
          const parts = allocateLargestRemainder(total, list);
          const sum = list.reduce((running, weight) => running + weight, 0n);
          expect(parts.reduce((running, part) => running + part, 0n)).toBe(total);
          parts.forEach((part, index) => {
            expect(absolute(part * sum - total * (list[index] ?? 0n)) < sum).toBe(true);
          });
        },
      ),
    );
  });
});
