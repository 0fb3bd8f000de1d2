import { describe, expect, test } from '@jest/globals';
import {
  amountOf,
  chainTokenOf,
  feeOf,
  idOf,
  nameOf,
  newIdOf,
  ttlOf,
  txHashOf,
  waitOf,
} from './arguments.ts';

describe('an amount on the command line', () => {
  test.each([
    ['25', 25_000_000n],
    ['0.000001', 1n],
    ['9007199254.740993', 9_007_199_254_740_993n],
    ['1000000000000000', 10n ** 21n],
    ['11.988287999999999', 11_988_288n],
    [' 1.5 ', 1_500_000n],
  ])('%s is read digit by digit', (text, micros) => {
    expect(amountOf(text)).toBe(micros);
  });

  test.each(['0', '-1', '0.0000015', '1,5', '', 'NaN', '0x10', '1000000000000000.000001', '1e999'])(
    '%j is refused, with what may be written',
    (text) => {
      expect(() => amountOf(text)).toThrow(
        /^Expected more than 0, at most 10{15}, with six decimals/,
      );
    },
  );

  test('a fee may be nothing at all', () => {
    expect(feeOf('0')).toBe(0n);
    expect(() => feeOf('-0.000001')).toThrow(/^Expected 0 or more, /);
  });
});

describe('times', () => {
  test.each([
    ['1ms', 1],
    ['30s', 30_000],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['30d', 2_592_000_000],
  ])('%s is that many milliseconds', (text, ms) => {
    expect(ttlOf(text)).toBe(ms);
  });

  test.each(['30', '0s', '31d', '1.5s', '-1s', 's', '99999999999ms'])('%j is refused', (text) => {
    expect(() => ttlOf(text)).toThrow(
      /^Expected a time such as 30s, 10m or 2h, at most 30d, found /,
    );
  });

  test('are waited for in whole seconds, up to an hour', () => {
    expect(waitOf('3600')).toBe(3_600);
    for (const odd of ['0', '3601', '1.5', 'no', '']) {
      expect(() => waitOf(odd)).toThrow(/^Expected whole seconds .*--no-wait does not wait\.$/);
    }
  });
});

describe('ids', () => {
  test('a token is written as the chain counts it, in one way', () => {
    expect(chainTokenOf(String(2n ** 256n - 1n))).toBe(String(2n ** 256n - 1n));
    for (const odd of ['007', '0x1', String(2n ** 256n), 'YES', '']) {
      expect(() => chainTokenOf(odd)).toThrow(
        /^Expected a token id in decimal digits without lead/,
      );
    }
  });

  test('a transaction is 0x and 64 hex digits, in lower case', () => {
    expect(txHashOf(`0x${'AB'.repeat(32)}`)).toBe(`0x${'ab'.repeat(32)}`);
    expect(() => txHashOf('0xab')).toThrow(/^Expected 0x and 64 hex digits, found 0xab\.$/);
  });

  test('a new reservation cannot have the id of an order', () => {
    expect(newIdOf('desk-1:2026.05')).toBe('desk-1:2026.05');
    for (const odd of ['order/0xab/1', '', 'a b', 'a'.repeat(129)]) {
      expect(() => newIdOf(odd)).toThrow(/^Expected an id of at most 128 letters, digits and /);
    }
    expect(idOf('order/0xab/1')).toBe('order/0xab/1');
  });

  test('names are filled, and no longer than an index holds', () => {
    expect(nameOf('mm.quoter')).toBe('mm.quoter');
    expect(() => nameOf('  ')).toThrow('Expected a name, found a blank one.');
    expect(() => nameOf('ä'.repeat(257))).toThrow('Expected a name of at most 512 bytes, found a');
  });
});
