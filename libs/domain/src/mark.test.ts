import { describe, expect, test } from '@jest/globals';
import { priceE18 } from '@polytraders/money';
import { MARK_AGE_MS_MAX, readMark } from './mark.ts';

const price = priceE18(660_000_000_000_000_000n);

/** 2026-05-08T12:00:00Z. */
const noon = 1_778_241_600_000_000;

describe('the age of a mark (B4)', () => {
  test.each([
    [2_750_999, 2_750],
    [999, 0],
    [0, 0],
    [-1, -1],
    [-1_000, -1],
    [-1_001, -2],
  ])('%s µs before the fill is %s ms: whole milliseconds, rounded down', (micros, ageMs) => {
    expect(readMark(price, noon - micros, noon, MARK_AGE_MS_MAX)).toEqual({
      price,
      ageMs,
      stale: false,
    });
  });
});
