import { describe, expect, test } from '@jest/globals';
import { allocateLargestRemainder } from './allocate.ts';
import { compareRational, priceOfRational, rational } from './rational.ts';
import {
  divideCeil,
  divideExact,
  divideFloor,
  divideHalfEven,
  divideTruncate,
} from './rounding.ts';

describe('each rounding does what its name says', () => {
  test.each([
    [7n, 2n, 3n, 4n, 3n, 4n],
    [-7n, 2n, -4n, -3n, -3n, -4n],
    [7n, -2n, -4n, -3n, -3n, -4n],
    [-7n, -2n, 3n, 4n, 3n, 4n],
    [5n, 2n, 2n, 3n, 2n, 2n],
    [-5n, 2n, -3n, -2n, -2n, -2n],
    [6n, 3n, 2n, 2n, 2n, 2n],
    [1n, 3n, 0n, 1n, 0n, 0n],
    [-1n, 3n, -1n, 0n, 0n, 0n],
    [2n, -3n, -1n, 0n, 0n, -1n],
    [0n, 5n, 0n, 0n, 0n, 0n],
  ])(
    '%s ÷ %s: floor %s, ceil %s, truncate %s, half-even %s',
    (a, b, floor, ceil, truncate, halfEven) => {
      expect(divideFloor(a, b)).toBe(floor);
      expect(divideCeil(a, b)).toBe(ceil);
      expect(divideTruncate(a, b)).toBe(truncate);
      expect(divideHalfEven(a, b)).toBe(halfEven);
    },
  );

  test('an exact division that leaves a rest stops', () => {
    expect(divideExact(-12n, 4n)).toBe(-3n);
    expect(() => divideExact(7n, 2n)).toThrow('Invariant: 7 is a multiple of 2.');
  });
});

describe('fractions', () => {
  test('compare exactly, whatever their denominators', () => {
    expect(compareRational(rational(1n, 3n), rational(333333n, 1000000n))).toBe(1);
    expect(compareRational(rational(2n, 4n), rational(1n, 2n))).toBe(0);
    expect(compareRational(rational(1n, -2n), rational(0n, 1n))).toBe(-1);
  });

  test.each([
    [1n, 3n, 333_333_333_333_333_333n],
    [2n, 3n, 666_666_666_666_666_667n],
    [1n, 2n * 10n ** 18n, 0n],
    [3n, 2n * 10n ** 18n, 2n],
    [5n, 2n * 10n ** 18n, 2n],
    [1_234_567_890_123_456_775n, 10n ** 19n, 123_456_789_012_345_678n],
    [-3n, 2n * 10n ** 18n, -2n],
  ])('%s ÷ %s is stored as the price %s × 10⁻¹⁸, half-even (M1)', (a, b, e18) => {
    expect(priceOfRational(rational(a, b))).toBe(e18);
  });
});

describe('sharing out', () => {
  test.each([
    [10n, [1n, 1n, 1n], [4n, 3n, 3n]],
    [-10n, [1n, 1n, 1n], [-4n, -3n, -3n]],
    [100n, [50n, 30n, 20n], [50n, 30n, 20n]],
    [1n, [1n, 2n], [0n, 1n]],
    [5n, [0n, 1n], [0n, 5n]],
    [0n, [3n, 4n], [0n, 0n]],
  ])('%s by %j is %j', (total, weights, parts) => {
    expect(allocateLargestRemainder(total, weights)).toEqual(parts);
  });

  test('weights that are all zero stop', () => {
    expect(() => allocateLargestRemainder(1n, [0n, 0n])).toThrow('Invariant');
  });
});
