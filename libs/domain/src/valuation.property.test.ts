import { describe, expect, test } from '@jest/globals';
import { E18_PER_UNIT, type PriceE18, priceE18, pusd, shares } from '@polytraders/money';
import fc from 'fast-check';
import { type EventHolding, valueAtMarks } from './neg-risk.ts';
import { type Payout } from './settlement/resolution.ts';
import { valueBooks } from './valuation.ts';
import { type BookToValue, type EventDefinition, type Pricing } from './valuation-types.ts';

const AT = 1_778_241_600_000_000;
const MOST = 10n ** 12n;

type Case = { readonly holding: EventHolding; readonly marks: readonly PriceE18[] };

const amount = fc.bigInt({ min: -MOST, max: MOST }).map(shares);
const price = fc.bigInt({ min: 1n, max: E18_PER_UNIT }).map(priceE18);
const question = fc.record({ holding: fc.record({ yes: amount, no: amount }), mark: price });
const eventCase: fc.Arbitrary<Case> = fc
  .array(question, { minLength: 2, maxLength: 9 })
  .map((questions) => ({
    holding: questions.map(({ holding }) => holding),
    marks: questions.map(({ mark }) => mark),
  }));

/** YES marks that sum to 1 exactly, as an event at one with itself has. */
const atOne: fc.Arbitrary<Case> = eventCase.map(({ holding, marks }) => {
  const count = BigInt(marks.length);
  const cut = marks.slice(1).map((mark) => priceE18(mark / count));
  const rest = E18_PER_UNIT - cut.reduce<bigint>((sum, mark) => sum + mark, 0n);
  return { holding, marks: [priceE18(rest), ...cut] };
});

function eventOf({ holding }: Case): EventDefinition {
  return {
    negRiskMarketId: 'event',
    questions: holding.map((_, at) => ({
      conditionId: String(at),
      yes: `${String(at)}.YES`,
      no: `${String(at)}.NO`,
    })),
  };
}

function booksOf(holding: EventHolding, bot = 'mm', negRisk = true): readonly BookToValue[] {
  const account = '0xaa';
  const basis = pusd(7n);
  return holding.flatMap(({ yes, no }, at) => [
    { account, bot, token: `${String(at)}.YES`, shares: yes, basis, negRisk },
    { account, bot, token: `${String(at)}.NO`, shares: no, basis, negRisk },
  ]);
}

/** YES marks, and NO marks that complement them. */
function pricingOf({ marks }: Case, payouts = new Map<string, Payout>()): Pricing {
  const kind = 'MID';
  const both = marks.flatMap((yes, at) => [
    [`${String(at)}.YES`, { price: yes, kind, observedAt: AT }] as const,
    [`${String(at)}.NO`, { price: priceE18(E18_PER_UNIT - yes), kind, observedAt: AT }] as const,
  ]);
  return { marks: new Map(both), payouts, at: AT, markAgeMsMax: 60_000 };
}

const isOpen = (holding: EventHolding) => holding.some(({ yes, no }) => yes !== 0n || no !== 0n);
const sumOf = (values: readonly (bigint | null)[]) =>
  values.reduce<bigint>((sum, value) => sum + (value ?? 0n), 0n);

describe('the value of an event', () => {
  test('is that of its canonical form: K − M in cash and the YES that are left', () => {
    fc.assert(
      fc.property(eventCase, (one) => {
        fc.pre(isOpen(one.holding));
        const { events } = valueBooks(booksOf(one.holding), [eventOf(one)], pricingOf(one));
        const marked = valueAtMarks(one.holding, one.marks);
        expect(events).toMatchObject([{ value: marked?.value, rawSum: marked?.rawSum }]);
      }),
    );
  });

  test('is the sum of its tokens exactly, and unrealised that of theirs', () => {
    fc.assert(
      fc.property(eventCase, (one) => {
        fc.pre(isOpen(one.holding));
        const { events, books } = valueBooks(booksOf(one.holding), [eventOf(one)], pricingOf(one));
        expect(events[0]?.value).toBe(sumOf(books.map(({ value }) => value)));
        const open = books.filter(({ book }) => book.shares !== 0n);
        expect(events[0]?.unrealised).toBe(sumOf(open.map(({ unrealised }) => unrealised)));
      }),
    );
  });

  test('gives each token its exact part to the micro: less than one is added or left out', () => {
    fc.assert(
      fc.property(eventCase, (one) => {
        const { books } = valueBooks(booksOf(one.holding), [eventOf(one)], pricingOf(one));
        const sum = sumOf(one.marks);
        for (const { book, value } of books) {
          const at = Number(book.token.split('.')[0]);
          const yes = one.marks[at] ?? 0n;
          const part = book.shares * (book.token.endsWith('YES') ? yes : sum - yes);
          const difference = (value ?? 0n) * sum - part;
          expect(difference < sum && difference > -sum).toBe(true);
        }
      }),
    );
  });

  test('does not depend on the order of the books', () => {
    fc.assert(
      fc.property(eventCase, fc.infiniteStream(fc.nat()), (one, random) => {
        const books = booksOf(one.holding);
        const shuffled = [...books]
          .map((book) => ({ book, at: random.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ book }) => book);
        const straight = valueBooks(books, [eventOf(one)], pricingOf(one));
        const mixed = valueBooks(shuffled, [eventOf(one)], pricingOf(one));
        const byToken = new Map(straight.books.map((value) => [value.book.token, value]));
        expect(mixed.books).toEqual(shuffled.map((book) => byToken.get(book.token)));
        expect(mixed.events).toEqual(straight.events);
      }),
    );
  });

  test('is linear over books: two owners are worth what one is, less a micro at most', () => {
    fc.assert(
      fc.property(eventCase, eventCase, (one, two) => {
        const other = one.holding.map(
          (_, at) => two.holding[at] ?? { yes: shares(0n), no: shares(0n) },
        );
        const both = one.holding.map(({ yes, no }, at) => ({
          yes: shares(yes + (other[at]?.yes ?? 0n)),
          no: shares(no + (other[at]?.no ?? 0n)),
        }));
        const apart = [...booksOf(one.holding, 'mm'), ...booksOf(other, 'arb')];
        const prices = pricingOf(one);
        const parts = valueBooks(apart, [eventOf(one)], prices);
        const whole = valueBooks(booksOf(both), [eventOf(one)], prices);
        const lost =
          sumOf(whole.books.map(({ value }) => value)) -
          sumOf(parts.books.map(({ value }) => value));
        expect([0n, 1n]).toContain(lost);
      }),
    );
  });

  test('scales: a thousand times the shares, a thousand times the value, less the floors', () => {
    fc.assert(
      fc.property(eventCase, (one) => {
        const many = one.holding.map(({ yes, no }) => ({
          yes: shares(yes * 1000n),
          no: shares(no * 1000n),
        }));
        const event = [eventOf(one)];
        const single = sumOf(
          valueBooks(booksOf(one.holding), event, pricingOf(one)).books.map(({ value }) => value),
        );
        const times = sumOf(
          valueBooks(booksOf(many), event, pricingOf(one)).books.map(({ value }) => value),
        );
        expect(times - single * 1000n).toBeGreaterThanOrEqual(0n);
        expect(times - single * 1000n).toBeLessThan(1000n);
      }),
    );
  });
});

describe('complementary marks', () => {
  test('that sum to 1 value an event as its tokens one by one, less their floors', () => {
    fc.assert(
      fc.property(atOne, (one) => {
        const together = valueBooks(booksOf(one.holding), [eventOf(one)], pricingOf(one));
        const binary = valueBooks(booksOf(one.holding, 'mm', false), [], pricingOf(one));
        const floors = BigInt(binary.books.length);
        const lost =
          sumOf(together.books.map(({ value }) => value)) -
          sumOf(binary.books.map(({ value }) => value));
        expect(lost >= 0n && lost < floors).toBe(true);
      }),
    );
  });

  test('that do not misstate it by M × (1 − Σ marks), one by one', () => {
    fc.assert(
      fc.property(eventCase, (one) => {
        const sum = sumOf(one.marks);
        const most = one.holding.reduce(
          (max, { no }) => (no > max ? no : max),
          one.holding[0]?.no ?? 0n,
        );
        const exact = (each: (at: number) => bigint) =>
          one.holding.reduce((total, _, at) => total + each(at), 0n);
        // In 10⁻²⁴ pUSD: one by one, and K − M with the YES at the marks as they came.
        const binary = exact((at) => {
          const { yes = 0n, no = 0n } = one.holding[at] ?? {};
          const mark = one.marks[at] ?? 0n;
          return yes * mark + no * (E18_PER_UNIT - mark);
        });
        const event =
          exact((at) => {
            const { yes = 0n, no = 0n } = one.holding[at] ?? {};
            return no * E18_PER_UNIT + (yes + most - no) * (one.marks[at] ?? 0n);
          }) -
          most * E18_PER_UNIT;
        expect(binary - event).toBe(most * (E18_PER_UNIT - sum));
      }),
    );
  });
});

describe('resolutions', () => {
  test('of all questions value an event at what the winner pays, whatever the marks', () => {
    fc.assert(
      fc.property(eventCase, fc.nat(), (one, random) => {
        const winner = random % one.holding.length;
        const payouts = new Map(
          one.holding.map((_, at): [string, Payout] => [
            `${String(at)}.YES`,
            { numerator: at === winner ? 1n : 0n, denominator: 1n },
          ]),
        );
        const { books } = valueBooks(booksOf(one.holding), [eventOf(one)], pricingOf(one, payouts));
        const worth =
          sumOf(one.holding.map(({ no }) => no)) -
          (one.holding[winner]?.no ?? 0n) +
          (one.holding[winner]?.yes ?? 0n);
        expect(sumOf(books.map(({ value }) => value))).toBe(worth);
      }),
    );
  });

  test('of the winner alone say the same: the others cannot win any more', () => {
    fc.assert(
      fc.property(eventCase, (one) => {
        const first = new Map<string, Payout>([['0.YES', { numerator: 1n, denominator: 1n }]]);
        const { books } = valueBooks(booksOf(one.holding), [eventOf(one)], pricingOf(one, first));
        const [won] = one.holding;
        const worth = sumOf(one.holding.map(({ no }) => no)) - (won?.no ?? 0n) + (won?.yes ?? 0n);
        expect(sumOf(books.map(({ value }) => value))).toBe(worth);
      }),
    );
  });
});
