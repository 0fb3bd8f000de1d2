import { describe, expect, test } from '@jest/globals';
import { pusd, shares } from '@polytraders/money';
import { addLot, type Lot, type Lots, lotsOf, noLots, takeFifo } from './lots.ts';

/** 3 micro-shares that cost 10 micros. */
function lot(said: Partial<Lot> = {}): Lot {
  return {
    quantity: shares(3n),
    basis: pusd(10n),
    fillId: 'f1',
    offset: 901,
    openedAt: 1_778_241_600_000_000,
    ...said,
  };
}

function queueOf(count: number): Lots {
  let lots = noLots();
  for (let index = 0; index < count; index += 1)
    lots = addLot(lots, lot({ fillId: `f${String(index)}`, offset: index }));
  return lots;
}

describe('a lot', () => {
  test('without shares stops, whatever it cost', () => {
    expect(() => addLot(noLots(), lot({ quantity: shares(0n) }))).toThrow('Invariant: a lot has');
    expect(() => addLot(noLots(), lot({ quantity: shares(-1n) }))).toThrow('Invariant: a lot has');
    expect(lotsOf(addLot(noLots(), lot({ quantity: shares(1n) })))).toHaveLength(1);
  });

  test('with a negative basis stops; one that cost nothing is a lot', () => {
    expect(() => addLot(noLots(), lot({ basis: pusd(-1n) }))).toThrow('Invariant: a lot has');
    expect(lotsOf(addLot(noLots(), lot({ basis: pusd(0n) })))).toHaveLength(1);
  });

  test('taken in part still names the fill that opened it, its place and its time', () => {
    const { taken, remaining } = takeFifo(addLot(noLots(), lot()), shares(1n));
    expect(taken).toEqual([{ lot: lot(), quantity: 1n, basis: 3n }]);
    expect(lotsOf(remaining)).toEqual([lot({ quantity: shares(2n), basis: pusd(7n) })]);
  });
});

describe('the queue', () => {
  test('names the right fill of 100, over a page boundary: 34 lots and a third taken', () => {
    const { remaining } = takeFifo(queueOf(100), shares(103n));
    const [oldest, next] = lotsOf(remaining);
    expect(oldest).toEqual(
      lot({ quantity: shares(2n), basis: pusd(7n), fillId: 'f34', offset: 34 }),
    );
    expect(next).toEqual(lot({ fillId: 'f35', offset: 35 }));
  });

  test('answers as shortfall what is not there, and is then empty, its numbering going on', () => {
    const { taken, shortfall, quantity, basis, remaining } = takeFifo(queueOf(100), shares(301n));
    expect([taken.length, shortfall, quantity, basis]).toEqual([100, 1n, 300n, 1_000n]);
    expect(remaining).toEqual(noLots(4));
  });
});
