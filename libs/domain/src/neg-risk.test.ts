import { describe, expect, test } from '@jest/globals';
import { priceE18, pusd, shares } from '@polytraders/money';
import {
  afterConversion,
  canonicalForm,
  conversionsOf,
  convert,
  type EventHolding,
  guaranteedValue,
  indexSetOf,
  payoffIf,
  payoffs,
  questionsOf,
  valueAtMarks,
} from './neg-risk.ts';

const A = 0;
const B = 1;
const C = 2;
const units = (whole: number) => BigInt(whole) * 1_000_000n;
const mark = (cents: number) => priceE18(BigInt(cents) * 10n ** 16n);
const MARKS = [mark(40), mark(35), mark(25)];

/** Whole shares per question: [yes, no]. */
function holding(...questions: readonly (readonly [yes: number, no: number])[]): EventHolding {
  return questions.map(([yes, no]) => ({ yes: shares(units(yes)), no: shares(units(no)) }));
}

const rows: readonly {
  readonly name: string;
  readonly held: EventHolding;
  readonly values: readonly number[];
  readonly cash: number;
  readonly yes: readonly number[];
  readonly value: bigint;
}[] = [
  {
    name: '1: one NO is YES of all others',
    held: holding([0, 100], [0, 0], [0, 0]),
    values: [0, 100, 100],
    cash: 0,
    yes: [0, 100, 100],
    value: units(60),
  },
  {
    name: '2: two NO hold cash that is locked in and can be had now',
    held: holding([0, 100], [0, 100], [0, 0]),
    values: [100, 100, 200],
    cash: 100,
    yes: [0, 0, 100],
    value: units(125),
  },
  {
    name: '3: unequal NO and a YES',
    held: holding([10, 100], [0, 60], [0, 30]),
    values: [100, 130, 160],
    cash: 90,
    yes: [10, 40, 70],
    value: 125_500_000n,
  },
  {
    name: '6: all NO are pure cash',
    held: holding([0, 100], [0, 100], [0, 100]),
    values: [200, 200, 200],
    cash: 200,
    yes: [0, 0, 0],
    value: units(200),
  },
  {
    name: '7: all YES are worth their number, and nothing converts',
    held: holding([50, 0], [50, 0], [50, 0]),
    values: [50, 50, 50],
    cash: 0,
    yes: [50, 50, 50],
    value: units(50),
  },
];

describe('the worked table of the payoff', () => {
  test.each(rows)('row $name', ({ held, values, cash, yes, value }) => {
    expect(payoffs(held)).toEqual(values.map(units));
    expect(canonicalForm(held)).toEqual({ cash: units(cash), yes: yes.map(units) });
    expect(valueAtMarks(held, MARKS)).toEqual({ value, rawSum: 10n ** 18n });
  });

  test('row 4: marks that sum to 1.06 are normalised, and their raw sum is told', () => {
    const held = rows[1]?.held ?? [];
    const marked = valueAtMarks(held, [mark(42), mark(37), mark(27)]);
    expect(marked).toEqual({ value: 125_471_698n, rawSum: 1_060_000_000_000_000_000n });
  });

  test('row 5: 100 NO of A and B at 200 bips give 98 cash and 98 YES of C', () => {
    const conversion = { questions: [A, B], amount: shares(units(100)) };
    expect(convert(conversion, 3, 200)).toEqual({
      noEach: units(100),
      cash: units(98),
      yesEach: units(98),
      yesQuestions: [C],
      feeCash: units(2),
      feeYesEach: units(2),
    });
    const after = afterConversion(rows[1]?.held ?? [], conversion, 200);
    expect(after).toEqual(holding([0, 0], [0, 0], [98, 0]));
  });

  test('if no listed question wins, every NO pays', () => {
    expect(payoffIf(rows[2]?.held ?? [], null)).toBe(units(190));
  });

  test('the guaranteed value is the least over the winners', () => {
    expect(rows.map(({ held }) => guaranteedValue(held))).toEqual(
      [0, 100, 100, 200, 50].map(units),
    );
  });

  test('without one of its marks an event has no value as a whole', () => {
    expect(valueAtMarks(rows[0]?.held ?? [], [mark(40), null, mark(25)])).toBeNull();
    expect(valueAtMarks(rows[0]?.held ?? [], [mark(0), mark(0), mark(0)])).toBeNull();
  });
});

describe('published cases', () => {
  test('NEGRISK-01: 1 NO A and 1 NO B are worth 1, 1, 2 and equal 1 collateral and 1 YES C', () => {
    const held = holding([0, 1], [0, 1], [0, 0]);
    expect(payoffs(held)).toEqual([1, 1, 2].map(units));
    expect(canonicalForm(held)).toEqual({ cash: units(1), yes: [0, 0, 1].map(units) });
  });

  test('NEGRISK-02: three of five, one share: 2 collateral, 1 YES of questions 3 and 4', () => {
    const effect = convert({ questions: [0, 1, 2], amount: shares(1_000_000n) }, 5, 0);
    expect([effect.cash, effect.yesEach, effect.noEach]).toEqual([
      2_000_000n,
      1_000_000n,
      1_000_000n,
    ]);
    expect(effect.yesQuestions).toEqual([3, 4]);
  });

  test('a conversion that the venue paid: size 2422.2369 of four NO gave 7266.7107', () => {
    const effect = convert({ questions: [0, 1, 2, 3], amount: shares(2_422_236_900n) }, 9, 0);
    expect(effect.cash).toBe(7_266_710_700n);
  });

  test.each([
    { questions: [0, 1], amount: 10_000_003n, bips: 0, cash: 10_000_003n, yes: 10_000_003n },
    { questions: [0, 1], amount: 10_000_003n, bips: 100, cash: 9_900_003n, yes: 9_900_003n },
    { questions: [2], amount: 1_000_000n, bips: 100, cash: 0n, yes: 990_000n },
    { questions: [0, 1, 2, 3], amount: 2_000_000n, bips: 0, cash: 6_000_000n, yes: 2_000_000n },
    { questions: [0, 1, 2, 3], amount: 2_000_000n, bips: 100, cash: 5_940_000n, yes: 1_980_000n },
  ])('of four questions $questions for $amount at $bips bips', (row) => {
    const effect = convert({ questions: row.questions, amount: shares(row.amount) }, 4, row.bips);
    expect([effect.cash, effect.yesEach]).toEqual([row.cash, row.yes]);
  });
});

describe('which conversions extract C', () => {
  test('100, 60, 30 NO: all three for 30, then A and B for 30', () => {
    expect(conversionsOf([shares(units(100)), shares(units(60)), shares(units(30))])).toEqual([
      { questions: [A, B, C], amount: units(30) },
      { questions: [A, B], amount: units(30) },
    ]);
  });

  test('equal NO are one conversion, and one NO alone is none', () => {
    const equal = [shares(5n), shares(0n), shares(5n)];
    expect(conversionsOf(equal)).toEqual([{ questions: [A, C], amount: 5n }]);
    expect(conversionsOf([shares(5n), shares(0n)])).toEqual([]);
  });

  test('an index set has the bit of each question', () => {
    expect(indexSetOf([0, 2, 254])).toBe((1n << 254n) + 5n);
    expect(questionsOf((1n << 254n) + 5n)).toEqual([0, 2, 254]);
  });
});

describe('what the adapter would refuse is refused here', () => {
  test.each([
    ['an event of one question', [0], 1n, 1],
    ['no question', [], 1n, 3],
    ['a question that the event has not', [0, 3], 1n, 3],
    ['a question twice', [1, 1], 1n, 3],
    ['no shares', [0, 1], 0n, 3],
    ['more questions than a byte counts', [0, 1], 1n, 256],
  ] as const)('%s', (_, questions, amount, count) => {
    const refused = () => convert({ questions, amount: shares(amount) }, count, 0);
    expect(refused).toThrow('Invariant');
  });

  test('a short holding is no wallet: it converts nothing and guarantees nothing', () => {
    expect(() => guaranteedValue([{ yes: shares(-1n), no: shares(0n) }])).toThrow('Invariant');
    expect(() => conversionsOf([shares(-1n)])).toThrow('Invariant');
  });

  test('nothing held is worth nothing', () => {
    expect(guaranteedValue([])).toBe(pusd(0n));
    expect(canonicalForm([])).toEqual({ cash: 0n, yes: [] });
  });
});
