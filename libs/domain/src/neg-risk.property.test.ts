import { describe, expect, test } from '@jest/globals';
import { type ShareMicros, shares } from '@polytraders/money';
import fc from 'fast-check';
import {
  afterConversion,
  canonicalForm,
  conversionsOf,
  convert,
  type EventHolding,
  guaranteedValue,
  payoffIf,
  payoffs,
} from './neg-risk.ts';

const amount = (min: bigint) => fc.bigInt({ min, max: 10n ** 12n }).map(shares);
const heldFrom = (min: bigint) =>
  fc.array(fc.record({ yes: amount(min), no: amount(min) }), { minLength: 2, maxLength: 12 });
const wallet: fc.Arbitrary<EventHolding> = heldFrom(0n);
const books: fc.Arbitrary<EventHolding> = heldFrom(-(10n ** 12n));

const noOf = (held: EventHolding): readonly ShareMicros[] => held.map(({ no }) => no);

describe('the canonical form of a holding', () => {
  test('is worth the same under every winner, for signed books too', () => {
    fc.assert(
      fc.property(books, (held) => {
        const { cash, yes } = canonicalForm(held);
        expect(payoffs(held)).toEqual(yes.map((each) => cash + each));
      }),
    );
  });

  test('of a wallet has no cash and no YES below zero', () => {
    fc.assert(
      fc.property(wallet, (held) => {
        const { cash, yes } = canonicalForm(held);
        expect([cash, ...yes].every((each) => each >= 0n)).toBe(true);
        expect(guaranteedValue(held)).toBeGreaterThanOrEqual(cash);
      }),
    );
  });

  test('the worth of two books together is the sum of their worths', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(amount(-100n), amount(-100n)), { minLength: 2 }), (pairs) => {
        const one = pairs.map(([yes]) => ({ yes, no: shares(yes * 3n - 7n) }));
        const other = pairs.map(([, no]) => ({ yes: shares(5n - no), no }));
        const both = one.map(({ yes, no }, at) => ({
          yes: shares(yes + (other[at]?.yes ?? 0n)),
          no: shares(no + (other[at]?.no ?? 0n)),
        }));
        for (const winner of [null, ...pairs.keys()])
          expect(payoffIf(both, winner)).toBe(payoffIf(one, winner) + payoffIf(other, winner));
      }),
    );
  });
});

describe('conversions', () => {
  test('done in any order free exactly C without a fee, and leave every worth as it was', () => {
    fc.assert(
      fc.property(wallet, fc.infiniteStream(fc.nat()), (held, random) => {
        const order = conversionsOf(noOf(held))
          .map((conversion) => ({ conversion, at: random.next().value as number }))
          .sort((a, b) => a.at - b.at);
        let after = held;
        let cash = 0n;
        for (const { conversion } of order) {
          cash += convert(conversion, held.length, 0).cash;
          after = afterConversion(after, conversion, 0);
        }
        expect(cash).toBe(canonicalForm(held).cash);
        expect(payoffs(after).map((each) => each + cash)).toEqual(payoffs(held));
        expect(conversionsOf(noOf(after))).toEqual([]);
      }),
    );
  });

  test('with a fee lose the vault’s part and nothing else, whoever wins', () => {
    fc.assert(
      fc.property(wallet, fc.integer({ min: 0, max: 10_000 }), (held, bips) => {
        for (const conversion of conversionsOf(noOf(held))) {
          const effect = convert(conversion, held.length, bips);
          const after = payoffs(afterConversion(held, conversion, bips));
          const lost = payoffs(held).map((worth, at) => worth - (after[at] ?? 0n) - effect.cash);
          const vault = held.map(
            (_, winner) =>
              effect.feeCash + (effect.yesQuestions.includes(winner) ? effect.feeYesEach : 0n),
          );
          expect(lost).toEqual(vault);
        }
      }),
    );
  });

  test('never take more NO than are held', () => {
    fc.assert(
      fc.property(wallet, (held) => {
        const taken = held.map((_, question) =>
          conversionsOf(noOf(held))
            .filter(({ questions }) => questions.includes(question))
            .reduce<bigint>((sum, conversion) => sum + conversion.amount, 0n),
        );
        expect(taken.every((each, at) => each <= (held[at]?.no ?? 0n))).toBe(true);
      }),
    );
  });
});
