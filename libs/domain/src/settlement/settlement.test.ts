import { describe, expect, test } from '@jest/globals';
import { formatMicros } from '@polytraders/money';
import { lotsOf } from '../lots.ts';
import { flatPosition } from '../position.ts';
import { imbalanceOf } from './posting.ts';
import { bookRedemption, cashByToken, cashExplained } from './redemption.ts';
import {
  bookResolution,
  type Payout,
  payoutOf,
  payoutPrice,
  payoutValue,
  unrealisedAtPayout,
} from './resolution.ts';
import { book, HALF, origin, qty, stands, told, usd, YES_WINS } from './settlement.fixture.ts';
import { type BotBook, halves } from './sharing.ts';
import { bookMerge, bookSplit, cashOfMerge } from './split-merge.ts';
import { bookTransferIn } from './transfer.ts';

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

  test(
    'the wallet is floored once, and the micro goes to the largest remainder, ' + 'ties by bot',
    () => {
      const books = ['c', 'a', 'b'].map((bot) => book(bot, '0.000001 for 0.000001'));
      const postings = bookResolution(books, HALF);
      expect(postings.map(stands)).toEqual([
        '0.000001 for 0.000001',
        '0.000001 for 0',
        '0.000001 for 0',
      ]);
      expect(postings.map(({ bot }) => bot)).toEqual(['a', 'b', 'c']);
    },
  );

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

test('cash beyond the larger of what was burned is not of the tokens that are told', () => {
  const token = (quantity: string, payout: Payout | null = null, said: string | null = null) => ({
    quantity: qty(quantity),
    said: said === null ? null : usd(said),
    payout,
  });
  const loser = { ...YES_WINS, numerator: 0n };
  const cases = [
    ['100', [token('60'), token('80')], '80'],
    ['80', [token('60'), token('80')], '80'],
    ['100', [token('60', YES_WINS), token('80', loser)], '60'],
    ['100', [token('60', YES_WINS), token('80')], '80'],
    ['100', [token('60', null, '100')], '100'],
    ['100', [], '0'],
  ] as const;
  for (const [total, tokens, explained] of cases)
    expect(formatMicros(cashExplained(usd(total), tokens))).toBe(explained);
});

describe('split and merge', () => {
  test('a split costs half an outcome, the odd micro at index 0', () => {
    const [yes, no] = bookSplit([book('t'), book('t')], usd('0.000007'), origin);
    expect([stands(yes), stands(no)]).toEqual(['0.000007 for 0.000004', '0.000007 for 0.000003']);
    expect(told(yes)).toBe('t 0.000007, cash -0.000004');
    expect(halves(-3n)).toEqual([-1n, -2n]);
  });

  test(
    'a merge takes from books with shares, pro rata, ties by bot, and pays by what ' + 'each gives',
    () => {
      const books = [book('b', '10 for 4'), book('a', '30 for 9'), book('s', '-5 for 2')];
      const [cash] = cashOfMerge(usd('40'));
      const { postings } = bookMerge(books, qty('40'), cash);
      expect(postings.map(told)).toEqual([
        'a -30, cash 15, realised 6',
        'b -10, cash 5, realised 1',
      ]);
    },
  );

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
