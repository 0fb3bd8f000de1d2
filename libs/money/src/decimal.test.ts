import { describe, expect, test } from '@jest/globals';
import {
  formatDecimal,
  formatFixed,
  formatMicros,
  formatPrice,
  parseDecimal,
  parseMicros,
  parseRational,
} from './decimal.ts';
import { priceOfRational } from './rational.ts';

describe('reading decimals', () => {
  test.each([
    ['500', 500_000_000n],
    ['0.58', 580_000n],
    ['-1.5', -1_500_000n],
    ['+2', 2_000_000n],
    ['.5', 500_000n],
    ['5.', 5_000_000n],
    ['9e-6', 9n],
    ['9E-6', 9n],
    ['1.5e3', 1_500_000_000n],
    ['1200000e-6', 1_200_000n],
    ['0.000001', 1n],
    ['9007199254740993.000001', 9_007_199_254_740_993_000_001n],
    ['-0', 0n],
  ])('%s is exactly %s micros', (text, micros) => {
    expect(parseMicros(text)).toBe(micros);
  });

  test.each([
    ['11.988287999999999', 11_988_288n],
    ['11.988288000000001', 11_988_288n],
    ['-11.988287999999999', -11_988_288n],
    ['0.000001001', 1n],
    ['0.000000999', 1n],
    ['1.0000000', 1_000_000n],
  ])('%s lies within 10⁻⁹ of a micro and becomes %s', (text, micros) => {
    expect(parseMicros(text)).toBe(micros);
  });

  test.each(['0.0000015', '0.0000010011', '1.00000099', '1e-7', '-0.0000005'])(
    '%s is finer than a micro and refused',
    (text) => {
      expect(parseMicros(text)).toBe('FINER_THAN_A_MICRO');
    },
  );

  test.each(['', '.', '-', '1,5', '0x10', 'NaN', 'Infinity', '1e', ' 1', '1 ', '1.2.3', '١'])(
    '%j is not a decimal',
    (text) => {
      expect(parseMicros(text)).toBe('NOT_A_DECIMAL');
    },
  );

  test.each(['1e121', '1e-121', '1e999999999', '9'.repeat(121)])(
    '%s is too long to be an amount',
    (text) => {
      expect(parseDecimal(text)).toBe('TOO_LONG');
    },
  );

  test('120 digits, and 120 as an exponent either way, are not too long', () => {
    const nines = '9'.repeat(120);
    expect(parseDecimal(nines)).toEqual({ digits: BigInt(nines), scale: 0 });
    expect(parseDecimal('1e120')).toEqual({ digits: 10n ** 120n, scale: 0 });
    expect(parseDecimal('1e-120')).toEqual({ digits: 1n, scale: 120 });
  });

  test('a price with more than 18 decimals is exact, and half-even at 18 when stored', () => {
    const price = parseRational('0.1234567890123456785');
    expect(price).toEqual({ numerator: 1234567890123456785n, denominator: 10n ** 19n });
    if (typeof price !== 'string') expect(priceOfRational(price)).toBe(123456789012345678n);
  });
});

describe('writing decimals', () => {
  test('the fixed form has all its decimals', () => {
    expect(formatFixed(1_250_000n, 6)).toBe('1.250000');
    expect(formatFixed(-1n, 6)).toBe('-0.000001');
    expect(formatFixed(7n, 0)).toBe('7');
  });

  test('the short form has only those that say something', () => {
    expect(formatMicros(1_250_000n)).toBe('1.25');
    expect(formatMicros(20_000_000n)).toBe('20');
    expect(formatMicros(0n)).toBe('0');
    expect(formatMicros(-312_500n)).toBe('-0.3125');
    expect(formatPrice(580_000_000_000_000_000n)).toBe('0.58');
    expect(formatDecimal(100n, 0)).toBe('100');
  });
});
