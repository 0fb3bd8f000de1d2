import { describe, expect, test } from '@jest/globals';
import { priceE18, pusd, shares } from '@polytraders/money';
import { MARK_AGE_MS_MAX } from './mark.ts';
import { type Payout } from './settlement/resolution.ts';
import { valueBooks } from './valuation.ts';
import {
  type BookToValue,
  type EventDefinition,
  type ObservedMark,
  type Pricing,
  type Valuation,
} from './valuation-types.ts';

/** 2026-05-08T12:00:00Z. */
const NOON = 1_778_241_600_000_000;
const SECOND = 1_000_000;
const WINS: Payout = { numerator: 1n, denominator: 1n };
const LOSES: Payout = { numerator: 0n, denominator: 1n };

const EVENT: EventDefinition = {
  negRiskMarketId: 'event',
  questions: ['A', 'B', 'C'].map((name) => ({
    conditionId: name,
    yes: `${name}.YES`,
    no: `${name}.NO`,
  })),
};

const units = (whole: number) => BigInt(Math.round(whole * 1_000_000));

type Cents = number | null;

function marksOf(yes: readonly Cents[], observedAt = NOON): Map<string, ObservedMark> {
  const marks = new Map<string, ObservedMark>();
  for (const [at, cents] of yes.entries()) {
    const token = EVENT.questions[at]?.yes;
    if (cents !== null && token !== undefined) marks.set(token, markAt(cents, observedAt));
  }
  return marks;
}

function markAt(cents: number, observedAt: number | null = NOON): ObservedMark {
  return { price: priceE18(BigInt(cents) * 10n ** 16n), kind: 'MID', observedAt };
}

function pricing(marks: ReadonlyMap<string, ObservedMark>, rest: Partial<Pricing> = {}): Pricing {
  return { marks, payouts: new Map(), at: NOON, markAgeMsMax: MARK_AGE_MS_MAX, ...rest };
}

function book(token: string, held: number, rest: Partial<BookToValue> = {}): BookToValue {
  return {
    account: '0xaa',
    bot: 'mm',
    token,
    shares: shares(units(held)),
    basis: pusd(0n),
    negRisk: true,
    ...rest,
  };
}

/** Whole shares of [YES, NO] by question, those of 0 left out. */
function held(...questions: readonly (readonly [yes: number, no: number])[]): BookToValue[] {
  return questions.flatMap(([yes, no], at) => {
    const question = EVENT.questions[at];
    if (question === undefined) return [];
    const { yes: yesToken, no: noToken } = question;
    return [book(yesToken, yes), book(noToken, no)].filter((one) => one.shares !== 0n);
  });
}

const partsOf = (valuation: Valuation) => valuation.books.map(({ value }) => value);

describe('the worked table of the payoff, row by row, as books are valued', () => {
  test.each([
    ['1: one NO is YES of all others', held([0, 100]), [40, 35, 25], 60, 1],
    ['2: two NO hold cash', held([0, 100], [0, 100]), [40, 35, 25], 125, 1],
    ['3: unequal NO and a YES', held([10, 100], [0, 60], [0, 30]), [40, 35, 25], 125.5, 1],
    ['4: marks that sum to 1.06', held([0, 100], [0, 100]), [42, 37, 27], 125.471698, 1.06],
    ['6: all NO are pure cash', held([0, 100], [0, 100], [0, 100]), [40, 35, 25], 200, 1],
    ['6 at any marks', held([0, 100], [0, 100], [0, 100]), [42, 37, 27], 200, 1.06],
    ['7: all YES are worth their number', held([50, 0], [50, 0], [50, 0]), [40, 35, 25], 50, 1],
    ['7 at any marks', held([50, 0], [50, 0], [50, 0]), [42, 37, 27], 50, 1.06],
  ])('row %s', (_, books, yes, value, rawSum) => {
    const valuation = valueBooks(books, [EVENT], pricing(marksOf(yes)));
    expect(valuation.events).toEqual([
      {
        account: '0xaa',
        bot: 'mm',
        negRiskMarketId: 'event',
        value: units(value),
        unrealised: units(value),
        rawSum: units(rawSum) * 10n ** 12n,
        tokenByToken: false,
      },
    ]);
    expect(partsOf(valuation).reduce<bigint>((sum, part) => sum + (part ?? 0n), 0n)).toBe(
      units(value),
    );
    expect(valuation.flags).toEqual(['PNL_REPORTER_NEGRISK_DETECTED']);
    expect(valuation.unrealised).toBe(units(value));
  });

  test('row 4 by token: 60.377358 and 65.094340, the micro left goes to the larger rest', () => {
    const books = held([0, 100], [0, 100]);
    const valuation = valueBooks(books, [EVENT], pricing(marksOf([42, 37, 27])));
    expect(partsOf(valuation)).toEqual([60_377_358n, 65_094_340n]);
    expect(valuation.books.map(({ price }) => price)).toEqual([
      603_773_584_905_660_377n,
      650_943_396_226_415_094n,
    ]);
  });
});

/** 100 NO of A and of B, as in rows 2 and 4. */
const TWO_NO = held([0, 100], [0, 100]);

describe('an event that cannot be valued as a whole is valued token by token, and says so', () => {
  test('without the mark of one question: 58 + 63 = 121 by their own questions’ marks', () => {
    const valuation = valueBooks(TWO_NO, [EVENT], pricing(marksOf([42, 37, null])));
    expect(partsOf(valuation)).toEqual([units(58), units(63)]);
    expect(valuation.events).toMatchObject([
      { value: units(121), rawSum: null, tokenByToken: true },
    ]);
    expect(valuation.books.map(({ by }) => by)).toEqual(['TOKEN_OF_EVENT', 'TOKEN_OF_EVENT']);
    expect(valuation.flags).toEqual([
      'GOV_NEGRISK_TOKEN_BY_TOKEN',
      'PNL_REPORTER_NEGRISK_DETECTED',
    ]);
  });

  test('a token without any mark has no value then, and neither has the event: never 0', () => {
    const valuation = valueBooks(TWO_NO, [EVENT], pricing(marksOf([42, null, 27])));
    expect(partsOf(valuation)).toEqual([units(58), null]);
    expect(valuation.events).toMatchObject([{ value: null, unrealised: null }]);
    expect(valuation.unrealised).toBeNull();
    expect(valuation.books[1]?.flags).toContain('GOV_MARK_MISSING');
  });

  test('a mark of the NO itself goes before what its YES says of it', () => {
    const marks = marksOf([42, null, 27]);
    marks.set('A.NO', markAt(60));
    const valuation = valueBooks(held([0, 100]), [EVENT], pricing(marks));
    expect(valuation.books[0]).toMatchObject({ value: units(60), mark: { token: 'A.NO' } });
  });

  test('YES marks that are all 0 say nothing of one another', () => {
    const valuation = valueBooks(TWO_NO, [EVENT], pricing(marksOf([0, 0, 0])));
    expect(valuation.events).toMatchObject([{ value: units(200), rawSum: 0n, tokenByToken: true }]);
  });

  test('two winners contradict each other: payouts as they are, the rest by its own marks', () => {
    const payouts = new Map([
      ['A.YES', WINS],
      ['B.YES', WINS],
    ]);
    const books = held([10, 0], [10, 0], [10, 0]);
    const valuation = valueBooks(books, [EVENT], pricing(marksOf([1, 1, 5]), { payouts }));
    expect(partsOf(valuation)).toEqual([units(10), units(10), 500_000n]);
    expect(valuation.events).toMatchObject([{ tokenByToken: true }]);
  });

  test('an event whose definition lists one question is none: its YES is not sure to win', () => {
    const one = { ...EVENT, questions: EVENT.questions.slice(0, 1) };
    const valuation = valueBooks(held([100, 0]), [one], pricing(marksOf([42])));
    expect(valuation.events).toMatchObject([{ value: units(42), tokenByToken: true }]);
  });

  test('a neg-risk book whose event nobody has defined has its own mark', () => {
    const valuation = valueBooks(held([100, 0]), [], pricing(marksOf([42, 37, 27])));
    expect(valuation.books[0]).toMatchObject({ by: 'TOKEN_OF_EVENT', value: units(42) });
    expect(valuation.events).toEqual([]);
    expect(valuation.flags).toEqual([
      'GOV_NEGRISK_TOKEN_BY_TOKEN',
      'PNL_REPORTER_NEGRISK_DETECTED',
    ]);
  });
});

describe('a question that is resolved', () => {
  test('NO: its YES is worth 0, its NO 1, and the others’ marks sum to 1 without it', () => {
    const payouts = new Map([
      ['C.YES', LOSES],
      ['C.NO', WINS],
    ]);
    const books = held([100, 0], [0, 100], [100, 100]);
    const valuation = valueBooks(books, [EVENT], pricing(marksOf([30, 20, 27]), { payouts }));
    expect(partsOf(valuation)).toEqual([units(60), units(60), 0n, units(100)]);
    expect(valuation.books.map(({ by }) => by)).toEqual(['EVENT', 'EVENT', 'PAYOUT', 'PAYOUT']);
    expect(valuation.events).toMatchObject([{ rawSum: 500_000_000_000_000_000n }]);
    expect(valuation.books[3]?.mark).toEqual({
      token: 'C.NO',
      price: 10n ** 18n,
      kind: 'PAYOUT',
      observedAt: null,
      ageMs: null,
      stale: false,
    });
  });

  test('YES: all others lose, whatever their marks say, and need none', () => {
    const payouts = new Map([['A.NO', LOSES]]);
    const books = held([100, 0], [100, 100], [0, 100]);
    const valuation = valueBooks(books, [EVENT], pricing(marksOf([1, 5, null]), { payouts }));
    expect(partsOf(valuation)).toEqual([units(100), 0n, units(100), units(100)]);
    expect(valuation.flags).toEqual(['PNL_REPORTER_NEGRISK_DETECTED']);
    expect(valuation.marks).toEqual([]);
  });

  test('in halves is paid in halves, and the rest shares the other half', () => {
    const half = { numerator: 1n, denominator: 2n };
    const payouts = new Map([['A.YES', half]]);
    const books = held([3, 0], [1, 0], [1, 0]);
    const valuation = valueBooks(books, [EVENT], pricing(marksOf([9, 30, 20]), { payouts }));
    expect(partsOf(valuation)).toEqual([1_500_000n, 300_000n, 200_000n]);
  });

  test('a plain token is worth its payout exactly, and needs no mark', () => {
    const payouts = new Map([['T', { numerator: 1n, denominator: 3n }]]);
    const plain = book('T', 1, { negRisk: false, basis: pusd(300_000n) });
    const valuation = valueBooks([plain], [], pricing(new Map(), { payouts }));
    expect(valuation.books[0]).toMatchObject({
      by: 'PAYOUT',
      value: 333_333n,
      unrealised: 33_333n,
    });
    expect(valuation.flags).toEqual([]);
  });
});

describe('a plain token', () => {
  const plain = (shareCount: number, basis: number | null, rest: Partial<BookToValue> = {}) =>
    book('T', shareCount, {
      negRisk: false,
      basis: basis === null ? null : pusd(units(basis)),
      ...rest,
    });
  const at = (cents: number, observedAt: number | null = NOON) =>
    pricing(new Map([['T', markAt(cents, observedAt)]]));

  test('0.66, 0.644, 2,000 → +32', () => {
    const valuation = valueBooks([plain(2000, 1288)], [], at(66));
    expect(valuation).toMatchObject({ unrealised: units(32), flags: [], events: [] });
    expect(valuation.books[0]).toMatchObject({ by: 'TOKEN', value: units(1320) });
  });

  test('that an event lists by mistake stays plain: what the id says wins', () => {
    const books = [book('A.NO', 100, { negRisk: false })];
    const marks = marksOf([42, 37, 27]);
    marks.set('A.NO', markAt(60));
    const valuation = valueBooks(books, [EVENT], pricing(marks));
    expect(valuation.books[0]).toMatchObject({ by: 'TOKEN', value: units(60), flags: [] });
    expect(valuation.events).toEqual([]);
  });

  test('a short book rounds down, too', () => {
    const short = plain(-0.000003, -0.000002);
    const price = priceE18(100_000_000_000n);
    const marks = new Map([['T', { price, kind: 'LAST', observedAt: NOON } as const]]);
    const valuation = valueBooks([short], [], pricing(marks));
    expect(valuation.books[0]).toMatchObject({ value: -1n, unrealised: 1n });
  });

  test('no mark at all: null, never 0; a flat book is 0 without one', () => {
    const none = pricing(new Map());
    const valuation = valueBooks([plain(1, 1), plain(0, 0, { bot: 'arb' })], [], none);
    expect(valuation.books.map(({ unrealised }) => unrealised)).toEqual([null, 0n]);
    expect(valuation.books.map(({ flags }) => flags)).toEqual([['GOV_MARK_MISSING'], []]);
    expect(valuation.unrealised).toBeNull();
  });

  test('of unknown basis has a value and no unrealised', () => {
    const valuation = valueBooks([plain(100, null)], [], at(66));
    expect(valuation.books[0]).toMatchObject({
      value: units(66),
      unrealised: null,
      flags: ['GOV_BASIS_UNKNOWN'],
    });
  });
});

describe('age, source and staleness travel with every number', () => {
  test.each([
    ['sixty seconds old', NOON - 60 * SECOND, 60_000, false],
    ['a millisecond older', NOON - 60 * SECOND - 1000, 60_001, true],
    ['of unknown age', null, null, true],
    ['from two minutes later', NOON + 120 * SECOND, -120_000, true],
  ])('a mark %s', (_, observedAt, ageMs, stale) => {
    const books = [book('T', 1, { negRisk: false })];
    const marks = new Map([['T', { ...markAt(50, observedAt), kind: 'LAST' } as const]]);
    const valuation = valueBooks(books, [], pricing(marks));
    expect(valuation.books[0]).toMatchObject({
      stale,
      mark: { token: 'T', kind: 'LAST', observedAt, ageMs, stale },
      flags: stale ? ['STALE_DATA'] : [],
    });
    expect(valuation.marks).toMatchObject([{ token: 'T', stale }]);
  });

  test('one stale mark of the event makes every number of the event stale', () => {
    const marks = marksOf([42, 37, 27]);
    marks.set('C.YES', markAt(27, NOON - 90 * SECOND));
    const { books, marks: used } = valueBooks(TWO_NO, [EVENT], pricing(marks));
    expect(books.map(({ stale, mark }) => [stale, mark?.stale])).toEqual([
      [true, false],
      [true, false],
    ]);
    expect(used.map(({ token, stale }) => [token, stale])).toEqual([
      ['A.YES', false],
      ['B.YES', false],
      ['C.YES', true],
    ]);
  });

  test('the mark of a NO in an event is what its YES says of it, as observed', () => {
    const valuation = valueBooks(TWO_NO, [EVENT], pricing(marksOf([42, 37, 27])));
    expect(valuation.books[0]?.mark).toMatchObject({ token: 'A.YES', price: 58n * 10n ** 16n });
  });

  test('a question whose NO alone is quoted is marked by that', () => {
    const marks = marksOf([null, 37, 27]);
    marks.set('A.NO', markAt(58));
    const valuation = valueBooks(TWO_NO, [EVENT], pricing(marks));
    expect(valuation.events).toMatchObject([{ value: 125_471_698n, tokenByToken: false }]);
    expect(valuation.marks[0]).toMatchObject({ token: 'A.NO', price: 58n * 10n ** 16n });
  });
});

describe('owners', () => {
  test('each account and bot has its own event; their order says nothing', () => {
    const other = held([10, 100], [0, 60], [0, 30]).map((one) => ({ ...one, bot: 'arb' }));
    const prices = pricing(marksOf([40, 35, 25]));
    const valuation = valueBooks([...TWO_NO, ...other], [EVENT], prices);
    expect(valuation.events.map(({ bot, value }) => [bot, value])).toEqual([
      ['arb', 125_500_000n],
      ['mm', units(125)],
    ]);
    const turned = valueBooks([...other, ...TWO_NO].reverse(), [EVENT], prices);
    expect(turned.events).toEqual(valuation.events);
    expect(turned.unrealised).toBe(units(250.5));
  });

  test('an event of which nothing is open is not valued', () => {
    const valuation = valueBooks([book('A.YES', 0)], [EVENT], pricing(new Map()));
    expect(valuation).toMatchObject({ events: [], unrealised: 0n, flags: [] });
    expect(valuation.books[0]).toMatchObject({ by: 'FLAT', negRiskMarketId: 'event' });
  });
});
