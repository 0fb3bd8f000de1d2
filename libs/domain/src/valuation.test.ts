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
  });
});
