import { describe, expect, test } from '@jest/globals';
import { pusd, shares } from '@polytraders/money';
import fc from 'fast-check';
import {
  addLot,
  type Lot,
  LOTS_PER_PAGE,
  type Lots,
  lotsFromPages,
  lotsOf,
  noLots,
  pageOf,
  pagesOf,
  takeFifo,
} from './lots.ts';
import { applyFill, costBasis, flatPosition, type Position, positionShares } from './position.ts';

type Step = { readonly buy: boolean; readonly quantity: bigint; readonly notional: bigint };

const step: fc.Arbitrary<Step> = fc.record({
  buy: fc.boolean(),
  quantity: fc.oneof(fc.bigInt({ min: 0n, max: 50n }), fc.bigInt({ min: 1n, max: 10n ** 13n })),
  notional: fc.oneof(fc.bigInt({ min: 0n, max: 50n }), fc.bigInt({ min: 0n, max: 10n ** 13n })),
});

function apply(position: Position, of: Step, offset: number): ReturnType<typeof applyFill> {
  return applyFill(position, {
    orderSide: of.buy ? 'BUY' : 'SELL',
    quantity: shares(of.quantity),
    notional: pusd(of.notional),
    fillId: `f${String(offset)}`,
    offset,
    at: offset,
  });
}

describe('conservation', () => {
  test('Σ realised − Σ basis = Σ cash and Σ fills = position, exactly, also across flips', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        let position = flatPosition();
        let cash = 0n;
        let held = 0n;
        steps.forEach((of, offset) => {
          const applied = apply(position, of, offset);
          position = applied.position;
          cash += of.buy ? -of.notional : of.notional;
          held += of.buy ? of.quantity : -of.quantity;
          expect(position.realised - costBasis(position)).toBe(cash);
          expect(positionShares(position)).toBe(held);
          expect(applied.openedQuantity + applied.closedQuantity).toBe(of.quantity);
          const open = lotsOf(position.lots);
          expect(open.reduce((sum, lot) => sum + lot.quantity, 0n)).toBe(position.lots.quantity);
          expect(open.reduce((sum, lot) => sum + (lot.basis ?? 0n), 0n)).toBe(position.lots.basis);
        });
      }),
      { numRuns: 300 },
    );
  });

  test('a closed position has a cost basis of 0', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const position = steps.reduce(
          (state, of, offset) => apply(state, of, offset).position,
          flatPosition(),
        );
        const held = positionShares(position);
        const quantity = held < 0n ? -held : held;
        fc.pre(quantity > 0n);
        const closed = apply(position, { buy: held < 0n, quantity, notional: 7n }, 999).position;
        expect([closed.direction, costBasis(closed), positionShares(closed)]).toEqual([
          'FLAT',
          0n,
          0n,
        ]);
      }),
    );
  });
});

type Plain = { quantity: bigint; basis: bigint; fillId: string };

/** The rule once more, on a plain list, with nothing shared. */
function takeFromList(
  list: readonly Plain[],
  quantity: bigint,
): { taken: Plain[]; left: Plain[]; shortfall: bigint } {
  const taken: Plain[] = [];
  const left: Plain[] = [];
  let wanted = quantity;
  for (const lot of list) {
    const got = wanted < lot.quantity ? wanted : lot.quantity;
    const basis = (lot.basis * got) / lot.quantity;
    if (got > 0n) taken.push({ quantity: got, basis, fillId: lot.fillId });
    if (got < lot.quantity)
      left.push({ quantity: lot.quantity - got, basis: lot.basis - basis, fillId: lot.fillId });
    wanted -= got;
  }
  return { taken, left, shortfall: wanted };
}

const plain = (lot: Lot): Plain => ({
  quantity: lot.quantity,
  basis: lot.basis ?? 0n,
  fillId: lot.fillId,
});

type Command = { readonly add: number } | { readonly take: bigint };

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ add: fc.integer({ min: 1, max: 90 }) }),
  fc.record({ take: fc.bigInt({ min: 0n, max: 900n }) }),
);

function invariants(lots: Lots): void {
  const pages = pagesOf(lots);
  pages.forEach((page, index) => {
    expect(page.lots.length).toBeGreaterThan(0);
    expect(page.lots.length).toBeLessThanOrEqual(LOTS_PER_PAGE);
    expect(page.no).toBe((pages[0]?.no ?? 0) + index);
    expect(pageOf(lots, page.no)).toBe(page);
  });
  expect(lotsFromPages(pages, lots.nextNo)).toEqual({
    ...lots,
    between: expect.anything() as unknown,
  });
}

describe('lots', () => {
  test('pages behave as a plain list of lots, and old values stay what they were', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        let lots = noLots();
        let list: Plain[] = [];
        let counter = 0;
        for (const of of commands) {
          const before = lotsOf(lots);
          const earlier = lots;
          if ('add' in of) {
            for (let index = 0; index < of.add; index += 1) {
              counter += 1;
              const quantity = BigInt((counter % 7) + 1);
              const basis = BigInt((counter * 31) % 17);
              lots = addLot(lots, {
                quantity: shares(quantity),
                basis: pusd(basis),
                fillId: `f${String(counter)}`,
                offset: counter,
                openedAt: counter,
              });
              list = [...list, { quantity, basis, fillId: `f${String(counter)}` }];
            }
          } else {
            const expected = takeFromList(list, of.take);
            const got = takeFifo(lots, shares(of.take));
            expect(
              got.taken.map(({ lot, quantity, basis }) => ({
                quantity,
                basis,
                fillId: lot.fillId,
              })),
            ).toEqual(expected.taken);
            expect(got.shortfall).toBe(expected.shortfall);
            lots = got.remaining;
            list = expected.left;
          }
          expect(lotsOf(lots).map(plain)).toEqual(list);
          expect(lotsOf(earlier)).toEqual(before);
          invariants(lots);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('a fill on a book of a hundred thousand lots touches two pages at most', () => {
    let lots = noLots();
    for (let index = 0; index < 100_000; index += 1) {
      lots = addLot(lots, {
        quantity: shares(2n),
        basis: pusd(1n),
        fillId: 'f',
        offset: index,
        openedAt: index,
      });
    }
    const before = pagesOf(lots);
    const after = pagesOf(takeFifo(lots, shares(3n)).remaining);
    expect(after.length).toBe(before.length);
    expect(after.filter((page, index) => page !== before[index]).length).toBe(1);
    expect(takeFifo(lots, shares(200_000n)).remaining).toMatchObject({
      head: null,
      quantity: 0n,
      basis: 0n,
      nextNo: 3125,
    });
  });

  test('numbering goes on after the book was flat', () => {
    const lot = { quantity: shares(1n), basis: pusd(1n), fillId: 'f', offset: 0, openedAt: 0 };
    const flat = takeFifo(addLot(noLots(), lot), shares(1n)).remaining;
    expect(addLot(flat, lot).head?.no).toBe(1);
  });
});
