import { describe, expect, test } from '@jest/globals';
import { formatMicros, parseMicros, pusd, type PusdMicros, shares } from '@polytraders/money';
import { lotsOf } from '../lots.ts';
import { applyFill, costBasis, flatPosition, type Position, positionShares } from '../position.ts';
import { bookConversion } from './conversion.ts';
import { outcomeOfToken } from './outcome.ts';
import { imbalanceOf, type Posting } from './posting.ts';
import { bookRedemption, cashByToken } from './redemption.ts';
import {
  bookResolution,
  type Payout,
  payoutOf,
  payoutPrice,
  payoutValue,
  unrealisedAtPayout,
} from './resolution.ts';
import { type BotBook, halves, partPositive, partSigned, shareExactParts } from './sharing.ts';
import { bookMerge, bookSplit, cashOfMerge } from './split-merge.ts';
import { bookOpening, bookTransferIn, bookTransferOut } from './transfer.ts';

function micros(text: string): bigint {
  const value = parseMicros(text);
  if (typeof value === 'string') throw new Error(`${text}: ${value}`);
  return value;
}

const usd = (text: string): PusdMicros => pusd(micros(text));
const qty = (text: string): ReturnType<typeof shares> => shares(micros(text));
const origin = { id: 'evt', offset: 50, at: 0 };
const YES_WINS: Payout = { numerator: 1n, denominator: 1n };
const HALF: Payout = { numerator: 1n, denominator: 2n };

/** A book after fills written as `quantity for cash`; a negative quantity is a SELL. */
function book(bot: string, ...fills: readonly string[]): BotBook {
  const position = fills.reduce((state, fill, index): Position => {
    const [quantity = '', cash = ''] = fill.split(' for ');
    const isSell = quantity.startsWith('-');
    return applyFill(state, {
      orderSide: isSell ? 'SELL' : 'BUY',
      quantity: qty(quantity.replace('-', '')),
      notional: usd(cash),
      fillId: `f${String(index)}`,
      offset: index,
      at: index,
    }).position;
  }, flatPosition());
  return { bot, position };
}

/** What a posting did, as text: shares, cash, carried, realised, unknown. */
function told({ bot, quantity, cash, carried, realised, unknown, rounding }: Posting): string {
  const named = { cash, carried, realised, rounding, unknown };
  const said = Object.entries(named).flatMap(([name, value]) =>
    value === 0n ? [] : [`${name} ${formatMicros(value)}`],
  );
  return [`${bot} ${formatMicros(quantity)}`, ...said].join(', ');
}

function stands({ after }: Posting): string {
  return `${formatMicros(positionShares(after))} for ${formatMicros(costBasis(after))}`;
}

describe('resolution', () => {
  test('worked example 5 of stage 9: 2,000 YES at 1,288 redeem for 2,000 and realise 712', () => {
    const [posting] = bookResolution([book('mm', '1200 for 768', '800 for 520')], YES_WINS);
    if (posting === undefined) throw new Error('no posting');
    expect([told(posting), stands(posting)]).toEqual(['mm 0, realised 712', '2000 for 2000']);
    expect(lotsOf(posting.after.lots).map((lot) => lot.basis)).toEqual([usd('1200'), usd('800')]);
    expect(lotsOf(posting.after.lots).map((lot) => lot.fillId)).toEqual(['f0', 'f1']);
  });

  test('a loser keeps its shares at a basis of 0', () => {
    const [posting] = bookResolution([book('mm', '100 for 40')], {
      numerator: 0n,
      denominator: 1n,
    });
    expect(posting && [told(posting), stands(posting)]).toEqual([
      'mm 0, realised -40',
      '100 for 0',
    ]);
  });

  test('a short book owes its payout: 40 sold for 26.40, resolved at 1, lose 13.60', () => {
    const [alpha, beta] = bookResolution(
      [book('beta', '-40 for 26.4'), book('alpha', '100 for 60')],
      YES_WINS,
    );
    expect(alpha && [told(alpha), stands(alpha)]).toEqual(['alpha 0, realised 40', '100 for 100']);
    expect(beta && [told(beta), stands(beta)]).toEqual(['beta 0, realised -13.6', '-40 for -40']);
  });

  test('the wallet is floored once, and the micro goes to the largest remainder, ties by bot', () => {
    const books = ['c', 'a', 'b'].map((bot) => book(bot, '0.000001 for 0.000001'));
    const postings = bookResolution(books, HALF);
    expect(postings.map(stands)).toEqual([
      '0.000001 for 0.000001',
      '0.000001 for 0',
      '0.000001 for 0',
    ]);
    expect(postings.map(({ bot }) => bot)).toEqual(['a', 'b', 'c']);
  });

  test('a flat book has nothing to settle', () => {
    expect(bookResolution([book('mm', '10 for 5', '-10 for 6')], YES_WINS)).toEqual([]);
  });

  test('what a lot of unknown basis pays is known, what it made is not', () => {
    const received = bookTransferIn(book('mm'), qty('10'), null, origin);
    const [posting] = bookResolution([{ bot: 'mm', position: received.after }], YES_WINS);
    expect(posting && [told(posting), stands(posting)]).toEqual(['mm 0, unknown 10', '10 for 10']);
  });

  test('numerators are integers of any size, and shares pay their part of the sum', () => {
    const huge = [10n ** 40n, 3n * 10n ** 40n];
    const payout = payoutOf(huge, 1);
    expect(payout && payoutValue(qty('1'), payout)).toBe(750_000n);
    expect(payout && payoutPrice(payout)).toBe(750_000_000_000_000_000n);
    expect([payoutOf(huge, 2), payoutOf([0n, 0n], 0), payoutOf([], 0)]).toEqual([null, null, null]);
    expect(payoutValue(qty('1.000001'), HALF)).toBe(500_000n);
  });

  test('unrealised of a resolved book is at its payout, exactly, and null where a basis is', () => {
    const third = { numerator: 1n, denominator: 3n };
    const position = book('mm', '3 for 0.5').position;
    expect(unrealisedAtPayout(position, third)).toBe(usd('0.5'));
    expect(unrealisedAtPayout(flatPosition(), third)).toBe(0n);
    expect(unrealisedAtPayout(book('mm', '-3 for 0.5').position, third)).toBe(usd('-0.5'));
    const received = bookTransferIn(book('mm'), qty('3'), null, origin).after;
    expect(unrealisedAtPayout(received, third)).toBeNull();
  });
});

describe('redemption', () => {
  const resolved = (payout: Payout, ...books: readonly BotBook[]): readonly BotBook[] =>
    bookResolution(books, payout).map(({ bot, after }) => ({ bot, position: after }));

  test('the burn of re-based lots realises nothing: alpha gives 100, beta buys 40 back', () => {
    const books = resolved(YES_WINS, book('alpha', '100 for 60'), book('beta', '-40 for 26.4'));
    const burn = { quantity: qty('60'), cash: usd('60'), rebasedTo: 49 };
    const { postings, shortfall } = bookRedemption(books, burn);
    expect(postings.map(told)).toEqual(['alpha -100, cash 100', 'beta 40, cash -40']);
    expect([postings.map(stands), shortfall]).toEqual([['0 for 0', '0 for 0'], 0n]);
  });

  test('in parts at a half: the floor of each part is paid, the micro is called rounding', () => {
    const books = resolved(HALF, book('mm', '0.000003 for 0.000001', '0.000001 for 0'));
    const [first] = bookRedemption(books, {
      quantity: qty('0.000001'),
      cash: usd('0'),
      rebasedTo: 49,
    }).postings;
    if (first === undefined) throw new Error('no posting');
    const [last] = bookRedemption([{ bot: 'mm', position: first.after }], {
      quantity: qty('0.000003'),
      cash: usd('0.000001'),
      rebasedTo: 49,
    }).postings;
    expect([told(first), last && told(last)]).toEqual([
      'mm -0.000001',
      'mm -0.000003, cash 0.000001, rounding -0.000001',
    ]);
    expect(last && [stands(last), imbalanceOf(last)]).toEqual(['0 for 0', 0n]);
  });

  test('a lot that came after the resolution realises what it was bought below its payout', () => {
    const [old] = resolved(YES_WINS, book('mm', '100 for 60'));
    const late = bookTransferIn(old ?? book('mm'), qty('10'), usd('9.9'), origin);
    const [posting] = bookRedemption([{ bot: 'mm', position: late.after }], {
      quantity: qty('110'),
      cash: usd('110'),
      rebasedTo: 49,
    }).postings;
    expect(posting && told(posting)).toBe('mm -110, cash 110, realised 0.1');
  });

  test('without a resolution lots close at the cash that was paid', () => {
    const burn = { quantity: qty('100'), cash: usd('50'), rebasedTo: null };
    const { postings } = bookRedemption([book('mm', '100 for 60')], burn);
    expect(postings.map(told)).toEqual(['mm -100, cash 50, realised -10']);
  });

  test('more than the books hold: they do their part, the rest is told with its cash', () => {
    const burn = { quantity: qty('100'), cash: usd('100'), rebasedTo: null };
    const moved = bookRedemption([book('mm', '60 for 30')], burn);
    expect(moved.postings.map(told)).toEqual(['mm -60, cash 60, realised 30']);
    expect([moved.shortfall, moved.shortfallCash]).toEqual([qty('40'), usd('40')]);
    const none = bookRedemption([book('mm', '-5 for 1')], burn);
    expect(none).toEqual({ postings: [], shortfall: qty('100'), shortfallCash: usd('100') });
  });

  test.each([
    ['said by token', '150', ['100 said 100', '100 said 50'], ['100', '50'], false, false],
    ['by payout', '100', ['100 pays 1', '60 pays 0'], ['100', '0'], false, false],
    ['one token alone', '33', ['100'], ['33'], false, false],
    ['nothing paid', '0', ['100', '50'], ['0', '0'], false, false],
    ['by quantity, doubtful', '90', ['100', '50'], ['60', '30'], true, false],
    ['a micro off', '99.999999', ['100 pays 1', '60 pays 0'], ['99.999999', '0'], false, false],
    ['far off', '80', ['100 pays 1', '60 pays 0'], ['80', '0'], false, true],
    ['losers that were paid', '16', ['100 pays 0', '60 pays 0'], ['10', '6'], false, true],
  ] as const)('cash of a redemption by token: %s', (_, total, tokens, cash, guessed, off) => {
    const given = tokens.map((text) => {
      const [quantity = '', word, value] = text.split(' ');
      const said = word === 'said' ? usd(value ?? '') : null;
      const payout = word === 'pays' ? { numerator: BigInt(value ?? ''), denominator: 1n } : null;
      return { quantity: qty(quantity), said, payout };
    });
    const answer = cashByToken(usd(total), given);
    expect([answer.cash.map(formatMicros), answer.isGuessed, answer.disagrees]).toEqual([
      cash,
      guessed,
      off,
    ]);
  });
});

describe('split and merge', () => {
  test('a split costs half an outcome, the odd micro at index 0', () => {
    const [yes, no] = bookSplit([book('t'), book('t')], usd('0.000007'), origin);
    expect([stands(yes), stands(no)]).toEqual(['0.000007 for 0.000004', '0.000007 for 0.000003']);
    expect(told(yes)).toBe('t 0.000007, cash -0.000004');
    expect(halves(-3n)).toEqual([-1n, -2n]);
  });

  test('a merge takes from books with shares, pro rata, ties by bot, and pays by what each gives', () => {
    const books = [book('b', '10 for 4'), book('a', '30 for 9'), book('s', '-5 for 2')];
    const [cash] = cashOfMerge(usd('40'));
    const { postings } = bookMerge(books, qty('40'), cash);
    expect(postings.map(told)).toEqual(['a -30, cash 15, realised 6', 'b -10, cash 5, realised 1']);
  });

  test('a merge of more than there is: the rest has its part of the cash', () => {
    const moved = bookMerge([book('a', '30 for 9')], qty('40'), usd('20'));
    expect(moved.postings.map(told)).toEqual(['a -30, cash 15, realised 6']);
    expect([moved.shortfall, moved.shortfallCash]).toEqual([qty('10'), usd('5')]);
    const none = bookMerge([], qty('40'), usd('20'));
    expect([none.shortfall, none.shortfallCash]).toEqual([qty('40'), usd('20')]);
  });

  test('a split that buys a short book back realises like a purchase at its half', () => {
    const [yes] = bookSplit([book('t', '-10 for 7'), book('t')], usd('10'), origin);
    expect([told(yes), stands(yes)]).toEqual(['t 10, cash -5, realised 2', '0 for 0']);
  });
});

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

  test('more NO than the books hold: the rest is told with its cash, and no basis is carried', () => {
    const converted = bookConversion(
      given([book('mm', '60 for 30')], [book('mm', '100 for 30')]),
      usd('100'),
      gained('mm'),
      origin,
    );
    expect(converted.shortfalls.map(({ quantity }) => quantity)).toEqual([qty('40'), 0n]);
    expect(converted.shortfalls[0]?.cash).toBe(usd('20'));
    expect(converted.gained[0]?.after.lots.unknown).toBe(qty('100'));
  });
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

  test('which outcome a token is can be told by its id, and not by a made-up one', () => {
    const hash = (bytes: Uint8Array): Uint8Array => bytes.slice(0, 32);
    expect(outcomeOfToken(hash, `0x${'1'.repeat(64)}`, 'YES')).toBeNull();
  });
});
