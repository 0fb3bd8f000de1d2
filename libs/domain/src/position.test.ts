import { describe, expect, test } from '@jest/globals';
import { priceE18, pusd, shares } from '@polytraders/money';
import { type OrderSide } from './fill.ts';
import { lotsOf } from './lots.ts';
import { readMark } from './mark.ts';
import {
  type Applied,
  applyFill,
  avgCost,
  costBasis,
  flatPosition,
  type Position,
  positionShares,
  unrealisedAt,
} from './position.ts';

const mark = (e18: string): ReturnType<typeof priceE18> => priceE18(BigInt(e18));
const m66 = mark('660000000000000000');

function fill(
  position: Position,
  orderSide: OrderSide,
  quantity: bigint,
  notional: bigint,
): Applied {
  return applyFill(position, {
    orderSide,
    quantity: shares(quantity),
    notional: pusd(notional),
    fillId: `${orderSide}-${quantity.toString()}`,
    offset: 0,
    at: 0,
  });
}

function fold(...fills: readonly [OrderSide, bigint, bigint][]): Position {
  return fills.reduce((position, of) => fill(position, ...of).position, flatPosition());
}

describe('what a fill does to a book', () => {
  test('Realised P&L computed on position close (FIFO): 100 @ 0.50 sold at 0.70 gives 20', () => {
    const closed = fill(
      fold(['BUY', 100_000_000n, 50_000_000n]),
      'SELL',
      100_000_000n,
      70_000_000n,
    );
    expect(closed).toMatchObject({
      effect: 'close',
      realised: 20_000_000n,
      closedBasis: 50_000_000n,
    });
    expect(closed.position.direction).toBe('FLAT');
  });

  test('a full close leaves no cost basis and no lot behind', () => {
    const position = fold(['BUY', 3n, 10n], ['SELL', 1n, 5n], ['SELL', 2n, 5n]);
    expect(costBasis(position)).toBe(0n);
    expect(lotsOf(position.lots)).toEqual([]);
    expect(position.realised).toBe(0n);
  });

  test('3 shares for 10 micros: selling 1 for 5 takes basis 3, realises 2, leaves 7 on 2', () => {
    const applied = fill(fold(['BUY', 3n, 10n]), 'SELL', 1n, 5n);
    expect(applied).toMatchObject({ effect: 'reduce', realised: 2n, closedBasis: 3n });
    expect(applied.position.lots).toMatchObject({ quantity: 2n, basis: 7n });
  });

  test.each(['BUY', 'SELL'] as const)('a first %s opens the book, the next augments it', (side) => {
    const first = fill(flatPosition(), side, 3n, 2n);
    expect(first).toMatchObject({ effect: 'open', openedQuantity: 3n, openedBasis: 2n });
    expect(fill(first.position, side, 5n, 4n)).toMatchObject({
      effect: 'augment',
      openedQuantity: 5n,
      openedBasis: 4n,
    });
  });

  test('the oldest lot goes first', () => {
    const applied = fill(fold(['BUY', 10n, 10n], ['BUY', 10n, 90n]), 'SELL', 12n, 120n);
    expect(applied.takes.map((take) => [take.quantity, take.basis])).toEqual([
      [10n, 10n],
      [2n, 18n],
    ]);
  });

  test('a SELL from a flat book opens a short, whose basis is the cash received', () => {
    const position = fold(['SELL', 10n, 6n]);
    expect([positionShares(position), costBasis(position)]).toEqual([-10n, -6n]);
    expect(fill(position, 'BUY', 10n, 4n).realised).toBe(2n);
  });

  test('a fill across zero closes with its floor share of the cash and opens with the rest', () => {
    const flipped = fill(fold(['BUY', 2n, 5n]), 'SELL', 3n, 10n);
    expect(flipped).toMatchObject({
      effect: 'flip',
      closedQuantity: 2n,
      closedBasis: 5n,
      realised: 1n,
      openedQuantity: 1n,
      openedBasis: 4n,
    });
    expect(flipped.position.direction).toBe('SHORT');
  });

  test('dust without shares moves cash only, and the cash is realised', () => {
    const position = fold(['BUY', 2n, 5n]);
    expect(fill(position, 'BUY', 0n, 1n)).toMatchObject({ effect: 'none', realised: -1n });
    expect(fill(position, 'SELL', 0n, 1n)).toMatchObject({ effect: 'none', realised: 1n });
  });

  test('negative amounts stop', () => {
    expect(() => fill(flatPosition(), 'BUY', -1n, 1n)).toThrow('amounts are not negative');
    expect(() => fill(flatPosition(), 'BUY', 1n, -1n)).toThrow('amounts are not negative');
  });
});

describe('average cost and unrealised', () => {
  const held = fold(['BUY', 1_200_000_000n, 768_000_000n], ['BUY', 800_000_000n, 520_000_000n]);

  test('1,200 @ 0.64 and 800 @ 0.65 cost 0.644 on average (B2)', () => {
    expect(avgCost(held)).toBe(644_000n);
  });

  test.each([
    [2n, 3n, 666_667n],
    [1n, 3n, 333_333n],
    [5n, 2_000_000n, 2n],
    [7n, 2_000_000n, 4n],
  ])(
    '%s micros for %s micro-shares cost %s micros on average: half-even (B2)',
    (basis, of, avg) => {
      expect(avgCost(fold(['BUY', of, basis]))).toBe(avg);
      expect(avgCost(fold(['SELL', of, basis]))).toBe(avg);
    },
  );

  test('the average starts anew after a round trip', () => {
    const again = fold(['BUY', 10n, 9n], ['SELL', 10n, 9n], ['BUY', 10n, 1n]);
    expect(avgCost(again)).toBe(100_000n);
    expect(avgCost(flatPosition())).toBeNull();
  });

  test('2,000 shares at 0.644, marked at 0.66, stand at +32 (B4)', () => {
    expect(unrealisedAt(held, m66)).toBe(32_000_000n);
  });

  test('no mark is null, never 0', () => {
    expect(unrealisedAt(held, null)).toBeNull();
  });

  test('a flat book has nothing to mark', () => {
    expect(unrealisedAt(flatPosition(), null)).toBe(0n);
  });

  test('a short book gains when the mark falls, and rounds down too', () => {
    const short = fold(['SELL', 3n, 2n]);
    expect(unrealisedAt(short, mark('500000000000000000'))).toBe(0n);
  });

  test('a mark older than 60 s is used and stale; at 60 s it is not', () => {
    expect(readMark(m66, 0, 60_000_000, 60_000)).toEqual({
      price: m66,
      ageMs: 60_000,
      stale: false,
    });
    expect(readMark(m66, 0, 60_000_001, 60_000)).toEqual({
      price: m66,
      ageMs: 60_000,
      stale: true,
    });
    expect(readMark(m66, null, 0, 60_000)).toEqual({ price: m66, ageMs: null, stale: true });
    expect(readMark(null, null, 0, 60_000)).toEqual({ price: null, ageMs: null, stale: false });
  });
});
