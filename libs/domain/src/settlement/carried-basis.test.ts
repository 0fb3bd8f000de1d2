import { describe, expect, test } from '@jest/globals';
import { formatMicros, shares } from '@polytraders/money';
import { lotsOf } from '../lots.ts';
import { applyFill } from '../position.ts';
import { bookConversion } from './conversion.ts';
import { imbalanceOf } from './posting.ts';
import { book, origin, qty, stands, told, usd } from './settlement.fixture.ts';
import { type BotBook, partPositive, partSigned, shareExactParts } from './sharing.ts';
import { bookOpening, bookTransferIn, bookTransferOut } from './transfer.ts';

describe('conversion', () => {
  const given = (...books: readonly (readonly BotBook[])[]) =>
    books.map((of) => ({ books: of, quantity: qty('100') }));
  const gained = (...bots: readonly string[]) =>
    bots.map((bot) => ({ book: book(bot), quantity: qty('100') }));

  test('cash within the basis: nothing is realised, the rest of the basis goes to the YES', () => {
    const converted = bookConversion(
      given([book('mm', '100 for 70')], [book('mm', '100 for 65')]),
      usd('100'),
      gained('treasury'),
      origin,
    );
    expect(converted.given.flat().map(told)).toEqual([
      'mm -100, cash 51.851852, carried -18.148148',
      'mm -100, cash 48.148148, carried -16.851852',
    ]);
    expect(converted.gained.map(told)).toEqual(['treasury 100, carried 35']);
    expect(converted.gained.map(stands)).toEqual(['100 for 35']);
  });

  test('cash above the basis: the difference is realised, the YES cost nothing', () => {
    const converted = bookConversion(
      given([book('mm', '100 for 30')], [book('mm', '100 for 50')]),
      usd('100'),
      gained('mm'),
      origin,
    );
    expect(converted.given.flat().map(told)).toEqual([
      'mm -100, cash 40, realised 10',
      'mm -100, cash 60, realised 10',
    ]);
    expect(converted.gained.map(stands)).toEqual(['100 for 0']);
  });

  test('all NO of an event: no YES come, cash minus basis is realised, also a loss', () => {
    const books = [[book('mm', '100 for 70')], [book('mm', '100 for 70')]];
    const converted = bookConversion(given(...books), usd('100'), [], origin);
    expect(converted.given.flat().map(told)).toEqual([
      'mm -100, cash 50, realised -20',
      'mm -100, cash 50, realised -20',
    ]);
  });

  test('equal parts, and what the division leaves to the lowest index', () => {
    const { gained: yes } = bookConversion(
      given([book('mm', '100 for 0.000011')]),
      usd('0'),
      gained('t', 't', 't'),
      origin,
    );
    expect(yes.map(stands)).toEqual(['100 for 0.000005', '100 for 0.000003', '100 for 0.000003']);
  });

  test('basis is not invented: of a slice of unknown cost, the YES have none either', () => {
    const received = bookTransferIn(book('mm'), qty('100'), null, origin);
    const converted = bookConversion(
      given([{ bot: 'mm', position: received.after }], [book('mm', '100 for 30')]),
      usd('100'),
      gained('mm'),
      origin,
    );
    expect(converted.given.flat().map(told)).toEqual([
      'mm -100, cash 50, unknown 50',
      'mm -100, cash 50, unknown 20',
    ]);
    expect(converted.gained[0]?.after.lots.unknown).toBe(qty('100'));
  });

  test(
    'more NO than the books hold: the rest is told with its cash, and no basis is ' + 'carried',
    () => {
      const converted = bookConversion(
        given([book('mm', '60 for 30')], [book('mm', '100 for 30')]),
        usd('100'),
        gained('mm'),
        origin,
      );
      expect(converted.shortfalls.map(({ quantity }) => quantity)).toEqual([qty('40'), 0n]);
      expect(converted.shortfalls[0]?.cash).toBe(usd('20'));
      expect(converted.gained[0]?.after.lots.unknown).toBe(qty('100'));
    },
  );
});

describe('transfers and opening balances', () => {
  test('what goes out takes its basis along and realises nothing', () => {
    const moved = bookTransferOut([book('b', '10 for 4'), book('a', '30 for 9')], qty('20'));
    expect(moved.postings.map(told)).toEqual(['a -15, carried -4.5', 'b -5, carried -2']);
  });

  test('what comes in has its declared basis, else none that is known', () => {
    const declared = bookTransferIn(book('t', '10 for 4'), qty('10'), usd('6'), origin);
    expect([told(declared), stands(declared)]).toEqual(['t 10, carried 6', '20 for 10']);
    const unknown = bookTransferIn(book('t', '10 for 4'), qty('10'), null, origin);
    expect([told(unknown), stands(unknown)]).toEqual(['t 10', '20 for 4']);
    expect(lotsOf(unknown.after.lots).map(({ basis }) => basis)).toEqual([usd('4'), null]);
  });

  test('shares of unknown cost that buy a short back: what it had received is unknown', () => {
    const posting = bookTransferIn(book('t', '-10 for 7'), qty('15'), null, origin);
    expect([told(posting), stands(posting)]).toEqual(['t 15, unknown 7', '5 for 0']);
    expect([posting.effect, imbalanceOf(posting)]).toEqual(['flip', 0n]);
    const part = bookTransferIn(book('t', '-10 for 7'), qty('4'), null, origin);
    expect([told(part), part.effect]).toEqual(['t 4, unknown 2.8', 'reduce']);
    const all = bookTransferIn(book('t', '-10 for 7'), qty('10'), null, origin);
    expect([all.effect, all.after.direction]).toEqual(['close', 'FLAT']);
  });

  test('selling shares of unknown cost realises nothing of them: their cash is named', () => {
    const { after } = bookTransferIn(book('t', '10 for 4'), qty('10'), null, origin);
    const sold = applyFill(after, {
      orderSide: 'SELL',
      quantity: qty('15'),
      notional: usd('9'),
      fillId: 's',
      offset: 60,
      at: 60,
    });
    expect([sold.realised, sold.unknown].map(formatMicros)).toEqual(['2', '3']);
    expect([sold.closedBasis, sold.position.lots.unknown].map(formatMicros)).toEqual(['4', '5']);
  });

  test('an opening balance is one posting of all its lots, oldest first', () => {
    const lot = (quantity: string, basis: string | null) => ({
      quantity: qty(quantity),
      basis: basis === null ? null : usd(basis),
      origin,
    });
    const posting = bookOpening(book('mm'), [lot('10', '4'), lot('5', null)]);
    expect(posting && [told(posting), stands(posting)]).toEqual(['mm 15, carried 4', '15 for 4']);
    expect(posting?.before.direction).toBe('FLAT');
    expect(bookOpening(book('mm'), [])).toBeNull();
  });
});

describe('sharing', () => {
  test('signed books part by their signed quantity, the total stays', () => {
    const books = [book('a', '100 for 1'), book('b', '-40 for 1')];
    const { parts } = partSigned(books, qty('30'));
    expect(parts.map(({ quantity }) => formatMicros(quantity))).toEqual(['50', '-20']);
  });

  test('the worked tie: 30 and 10 of which 10 micros leave', () => {
    const books = [book('b', '0.00001 for 1'), book('a', '0.00003 for 1')];
    const { parts } = partPositive(books, shares(10n));
    expect(parts.map(({ book: { bot }, quantity }) => [bot, quantity])).toEqual([
      ['a', 8n],
      ['b', 2n],
    ]);
  });

  test('parts that do not sum to the total stop', () => {
    expect(() => shareExactParts(5n, [1n, 1n], 1n)).toThrow('Invariant: the exact parts');
  });
});
