import { describe, expect, test } from '@jest/globals';
import Big from 'big.js';
import { percentText } from './percent.ts';

describe('a percentage', () => {
  test('has four decimals, as rule B14 prints its drift', () => {
    expect(percentText('-2', '122')).toBe('-1.6393 %');
    expect(percentText(1, 3)).toBe('33.3333 %');
    expect(percentText(2, 3)).toBe('66.6667 %');
    expect(percentText(7n, 7n)).toBe('100.0000 %');
  });

  test('in the middle of two goes to the even one', () => {
    expect(percentText('0.00000050', '1')).toBe('0.0000 %');
    expect(percentText('0.00000150', '1')).toBe('0.0002 %');
    expect(percentText('0.00000250', '1')).toBe('0.0002 %');
    expect(percentText('-0.00000150', '1')).toBe('-0.0002 %');
  });

  test('of amounts that no double holds is exact', () => {
    expect(percentText('9007199254740993.000001', '9007199254740993.000001')).toBe('100.0000 %');
    expect(percentText(1n, 10n ** 30n)).toBe('0.0000 %');
  });

  test('of nothing is none', () => {
    expect(percentText(1, 0)).toBe('–');
    expect(percentText('0', '0.000000')).toBe('–');
  });

  test('leaves the settings of whoever else uses big.js as they are', () => {
    expect([Big.DP, Big.RM]).toEqual([20, Big.roundHalfUp]);
  });
});
