import { describe, expect, test } from '@jest/globals';
import { pusd, type PusdMicros, rate, shares } from '@polytraders/money';
import {
  feeCapBreach,
  feeFromBps,
  type GivenFee,
  grossFee,
  platformFee,
  platformFeeOddity,
  releasedFeeBreach,
  venueFee,
} from './fee.ts';
import { makerRebate } from './rebate.ts';

const fill: GivenFee = {
  side: 'taker',
  notional: pusd(500_000_000n),
  feePusd: null,
  feeBps: 25,
  builderFee: null,
};

describe('the gross fee (B6)', () => {
  test('500 pUSD at 25 bps is 1.25 (B6 overrides the example of the specification, 12.5)', () => {
    expect(grossFee(fill)).toBe(1_250_000n);
  });

  test('an absolute fee wins over basis points', () => {
    expect(grossFee({ ...fill, feePusd: pusd(7n) })).toBe(7n);
    expect(grossFee({ ...fill, feePusd: pusd(0n) })).toBe(0n);
  });

  test('no fee on the match is no fee, never an estimate', () => {
    expect(grossFee({ ...fill, feeBps: null })).toBeNull();
  });

  test('basis points truncate to the micro', () => {
    expect(feeFromBps(pusd(999n), 99)).toBe(9n);
    expect(feeFromBps(pusd(-999n), 99)).toBe(-9n);
  });
});

describe('caps (B6)', () => {
  test.each([
    ['taker', 100, null],
    ['taker', 101, 'FEE_BPS'],
    ['maker', 50, null],
    ['maker', 51, 'FEE_BPS'],
    [null, 100, null],
    [null, 101, 'FEE_BPS'],
  ] as const)('%s at %s bps: %s', (side, feeBps, breach) => {
    expect(feeCapBreach({ ...fill, side, feeBps }, 500)).toBe(breach);
  });

  test.each([
    ['taker', 5_000_000n, null],
    ['taker', 5_000_001n, 'BUILDER_FEE'],
    ['maker', 2_500_000n, null],
    ['maker', 2_500_001n, 'BUILDER_FEE'],
  ] as const)('%s with a builder part of %s micros on 500 pUSD: %s', (side, fee, breach) => {
    expect(feeCapBreach({ ...fill, side, builderFee: pusd(fee) }, 500)).toBe(breach);
  });

  test('a whole absolute fee is judged by the exchange cap, not by the builder caps', () => {
    const absolute = (fee: bigint): GivenFee => ({ ...fill, feeBps: null, feePusd: pusd(fee) });
    expect(feeCapBreach(absolute(25_000_000n), 500)).toBeNull();
    expect(feeCapBreach(absolute(25_000_001n), 500)).toBe('WHOLE_FEE');
    expect(feeCapBreach(absolute(25_000_001n), 600)).toBeNull();
  });

  test('an exchange cap of 0 caps no whole fee, as on the exchange; the builder caps stay', () => {
    const whole: GivenFee = { ...fill, feeBps: null, feePusd: pusd(100_000_000n) };
    expect(feeCapBreach(whole, 0)).toBeNull();
    expect(feeCapBreach({ ...whole, builderFee: pusd(100_000_000n) }, 0)).toBe('BUILDER_FEE');
    expect(feeCapBreach({ ...fill, side: 'taker', feeBps: 101 }, 0)).toBe('FEE_BPS');
  });
});

describe('the venue formula, as measured on real fills', () => {
  test.each([
    [261_000_000n, 234_660_000n, 50_000n, 1_184_080n],
    [260_430_000n, 247_483_630n, 40_000n, 492_110n],
    [11_000_000n, 8_200_000n, 50_000n, 104_360n],
    [5_050_000n, 3_939_000n, 40_000n, 34_660n],
    [6_000_000n, 4_620_000n, 40_000n, 42_500n],
    [2_130_000n, 1_704_000n, 70_000n, 23_850n],
    [100_000_000n, 50_000_000n, 70_000n, 1_750_000n],
  ])('%s shares for %s at rate %s cost %s', (quantity, notional, feeRate, fee) => {
    expect(venueFee('taker', shares(quantity), pusd(notional), rate(feeRate))).toBe(fee);
  });

  test('a maker pays no platform fee', () => {
    const of = [shares(100_000_000n), pusd(50_000_000n), rate(70_000n)] as const;
    expect([venueFee('taker', ...of), venueFee('maker', ...of)]).toEqual([1_750_000n, 0n]);
  });

  test('dust without shares has no platform fee', () => {
    expect(venueFee('taker', shares(0n), pusd(1n), rate(70_000n))).toBe(0n);
  });

  test('a price above 1, which the chain may say, rounds toward zero too', () => {
    expect(venueFee('taker', shares(3_000_000n), pusd(4_000_000n), rate(50_000n))).toBe(-66_660n);
  });

  test('a platform part that is negative or differs is flagged', () => {
    const oddity = (gross: bigint, builder: PusdMicros | null): string | null =>
      platformFeeOddity(platformFee(pusd(gross), builder), pusd(100n));
    expect(oddity(100n, null)).toBeNull();
    expect(oddity(150n, pusd(50n))).toBeNull();
    expect(oddity(150n, null)).toBe('PLATFORM_FEE_DIFFERS');
    expect(oddity(40n, pusd(50n))).toBe('PLATFORM_FEE_NEGATIVE');
  });

  test('a fee that is all the builder’s has a platform part of 0, which is not negative', () => {
    const platform = platformFee(pusd(50n), pusd(50n));
    expect(platform).toBe(0n);
    expect(platformFeeOddity(platform, pusd(0n))).toBeNull();
    expect(platformFeeOddity(platform, pusd(100n))).toBe('PLATFORM_FEE_DIFFERS');
  });
});

describe('the maker rebate (B7)', () => {
  test('1.25 at 0.25 accrues 0.3125 and leaves 0.9375', () => {
    expect(makerRebate('maker', pusd(1_250_000n), rate(250_000n))).toEqual({
      rebate: 312_500n,
      net: 937_500n,
      flag: null,
    });
  });

  test('truncates toward zero: a quarter of 3 micros, and of −3, is nothing', () => {
    expect(makerRebate('maker', pusd(3n), rate(250_000n))).toEqual({
      rebate: 0n,
      net: 3n,
      flag: null,
    });
    expect(makerRebate('maker', pusd(-3n), rate(250_000n))).toEqual({
      rebate: 0n,
      net: -3n,
      flag: null,
    });
  });

  test.each([
    [null, 'REBATE_RATE_MISSING'],
    [rate(199_999n), 'REBATE_RATE_OUT_OF_RANGE'],
    [rate(250_001n), 'REBATE_RATE_OUT_OF_RANGE'],
  ])('a rate of %s leaves the rebate unknown and the fill booked', (given, flag) => {
    expect(makerRebate('maker', pusd(1_250_000n), given)).toEqual({
      rebate: null,
      net: 1_250_000n,
      flag,
    });
  });

  test.each([
    [200_000n, 250_000n],
    [250_000n, 312_500n],
  ])('a rate of %s micros, at the edge of the range, lies within it', (given, rebate) => {
    expect(makerRebate('maker', pusd(1_250_000n), rate(given))).toEqual({
      rebate,
      net: 1_250_000n - rebate,
      flag: null,
    });
  });

  test('a fee of zero has a rebate of zero at any rate', () => {
    expect(makerRebate('maker', pusd(0n), null)).toEqual({ rebate: 0n, net: 0n, flag: null });
  });

  test('a side that is not known leaves the rebate unknown', () => {
    expect(makerRebate(null, pusd(1n), rate(250_000n)).flag).toBe('SIDE_UNKNOWN');
  });

  test('a taker has none', () => {
    expect(makerRebate('taker', pusd(1_250_000n), rate(250_000n)).rebate).toBe(0n);
  });
});

describe('a reviewed fee (B18)', () => {
  test.each([
    [0n, null, null],
    [500_000_000n, 500_000_000n, null],
    [500_000_001n, null, 'FEE_ABOVE_NOTIONAL'],
    [1n, 2n, 'BUILDER_ABOVE_FEE'],
    [500_000_001n, 500_000_002n, 'BUILDER_ABOVE_FEE'],
  ] as const)('of %s micros on 500 pUSD, %s of it for the builder: %s', (fee, builder, breach) => {
    const part = builder === null ? null : pusd(builder);
    expect(releasedFeeBreach(fill.notional, pusd(fee), part)).toBe(breach);
  });
});
