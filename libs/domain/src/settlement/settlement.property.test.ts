/**
 * Random histories of one wallet: fills, splits, merges, conversions, transfers, resolutions and
 * redemptions over three bots. The auditor knows the events as they were put, counts in bare
 * integers, and reads of the books only what their open lots hold; it shares no rule with them.
 */

import { describe, expect, test } from '@jest/globals';
import { pusd, shares } from '@polytraders/money';
import fc from 'fast-check';
import { type Lot, lotsOf } from '../lots.ts';
import { applyFill, flatPosition, type Position } from '../position.ts';
import { bookConversion } from './conversion.ts';
import { imbalanceOf, type Posting } from './posting.ts';
import { bookRedemption } from './redemption.ts';
import { bookResolution } from './resolution.ts';
import { type BotBook } from './sharing.ts';
import { bookMerge, bookSplit, cashOfMerge } from './split-merge.ts';
import { bookTransferIn, bookTransferOut } from './transfer.ts';

/** Three questions of one event, YES at 2i and NO at 2i + 1. */
const QUESTIONS = [0, 1, 2] as const;
const BOTS = ['alpha', 'beta', 'treasury'] as const;

type Act =
  | {
      readonly act: 'fill';
      readonly bot: number;
      readonly token: number;
      readonly buy: boolean;
      readonly quantity: bigint;
      readonly cash: bigint;
    }
  | { readonly act: 'split' | 'merge'; readonly question: number; readonly amount: bigint }
  | { readonly act: 'convert'; readonly set: number; readonly amount: bigint; readonly fee: bigint }
  | {
      readonly act: 'in';
      readonly bot: number;
      readonly token: number;
      readonly quantity: bigint;
      readonly basis: bigint | null;
    }
  | { readonly act: 'out'; readonly token: number; readonly quantity: bigint }
  | { readonly act: 'resolve'; readonly question: number; readonly payouts: readonly bigint[] }
  | {
      readonly act: 'redeem';
      readonly token: number;
      readonly part: bigint;
      readonly cash: bigint;
    };

const amount = fc.oneof(fc.bigInt({ min: 1n, max: 40n }), fc.bigInt({ min: 1n, max: 10n ** 12n }));
const question = fc.integer({ min: 0, max: 2 });
const token = fc.integer({ min: 0, max: 5 });
const bot = fc.integer({ min: 0, max: 2 });
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constant('fill' as const),
      bot,
      token,
      buy: fc.boolean(),
      quantity: amount,
      cash: amount,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constantFrom('split' as const, 'merge' as const),
      question,
      amount,
    }),
  },
  fc.record({
    act: fc.constant('convert' as const),
    set: fc.integer({ min: 1, max: 7 }),
    amount,
    fee: fc.bigInt({ min: 0n, max: 3n }),
  }),
  fc.record({
    act: fc.constant('in' as const),
    bot,
    token,
    quantity: amount,
    basis: fc.option(amount),
  }),
  fc.record({ act: fc.constant('out' as const), token, quantity: amount }),
  fc.record({
    act: fc.constant('resolve' as const),
    question,
    payouts: fc.constantFrom([1n, 0n], [0n, 1n], [1n, 1n], [2n, 5n], [3n, 10n ** 30n]),
  }),
  fc.record({
    act: fc.constant('redeem' as const),
    token,
    part: fc.bigInt({ min: 1n, max: 4n }),
    cash: amount,
  }),
);
const history = fc.array(act, { minLength: 1, maxLength: 60 });

type Wallet = {
  readonly books: Map<string, Position>;
  readonly postings: Posting[];
  readonly resolved: Map<number, { readonly payouts: readonly bigint[]; readonly at: number }>;
};

/** What the auditor writes down, in bare integers. */
type Audit = {
  readonly held: Map<number, bigint>;
  cash: bigint;
  broughtIn: bigint;
  takenOut: bigint;
};

function booksOf({ books }: Wallet, of: number): readonly BotBook[] {
  return BOTS.map((name) => ({
    bot: name,
    position: books.get(`${name}|${String(of)}`) ?? flatPosition(),
  }));
}

function keep(wallet: Wallet, of: number, postings: readonly Posting[]): void {
  for (const posting of postings) {
    wallet.books.set(`${posting.bot}|${String(of)}`, posting.after);
    wallet.postings.push(posting);
  }
}

/** Σ over the open lots of a token, signed: shares and known basis. */
function openOf(wallet: Wallet, of: number): { readonly held: bigint; readonly basis: bigint } {
  let held = 0n;
  let basis = 0n;
  for (const { position } of booksOf(wallet, of)) {
    const sign = position.direction === 'SHORT' ? -1n : 1n;
    for (const lot of lotsOf(position.lots)) {
      held += sign * lot.quantity;
      basis += sign * (lot.basis ?? 0n);
    }
  }
  return { held, basis };
}

function move(audit: Audit, of: number, quantity: bigint): void {
  audit.held.set(of, (audit.held.get(of) ?? 0n) + quantity);
}

function bookAt(wallet: Wallet, of: number, index: number): BotBook {
  const book = booksOf(wallet, of)[index];
  if (book === undefined) throw new Error('no such bot');
  return book;
}

/** Applies one act to the wallet and, in its own way, to the audit. */
function perform(wallet: Wallet, audit: Audit, of: Act, at: number): void {
  const origin = { id: `e${String(at)}`, offset: at, at };
  switch (of.act) {
    case 'fill': {
      const name = `${BOTS[of.bot] ?? ''}|${String(of.token)}`;
      const before = wallet.books.get(name) ?? flatPosition();
      const applied = applyFill(before, {
        orderSide: of.buy ? 'BUY' : 'SELL',
        quantity: shares(of.quantity),
        notional: pusd(of.cash),
        fillId: origin.id,
        offset: at,
        at,
      });
      wallet.books.set(name, applied.position);
      audit.cash += (of.buy ? -of.cash : of.cash) - applied.unknown;
      move(audit, of.token, of.buy ? of.quantity : -of.quantity);
      return;
    }
    case 'split': {
      const pair = [2 * of.question, 2 * of.question + 1] as const;
      const books = [bookAt(wallet, pair[0], 2), bookAt(wallet, pair[1], 2)] as const;
      const postings = bookSplit(books, pusd(of.amount), origin);
      pair.forEach((one, index) => {
        keep(wallet, one, postings.slice(index, index + 1));
        move(audit, one, of.amount);
      });
      audit.cash -= of.amount;
      return;
    }
    case 'merge': {
      const halves = cashOfMerge(pusd(of.amount));
      expect(halves[0] + halves[1]).toBe(of.amount);
      halves.forEach((cash, index) => {
        const one = 2 * of.question + index;
        const moved = bookMerge(booksOf(wallet, one), shares(of.amount), cash);
        keep(wallet, one, moved.postings);
        move(audit, one, moved.shortfall - of.amount);
        audit.cash += cash - moved.shortfallCash;
      });
      return;
    }
    case 'convert': {
      const given = QUESTIONS.filter((one) => ((of.set >> one) & 1) === 1);
      const others = QUESTIONS.filter((one) => !given.includes(one));
      const out = of.amount > of.fee ? of.amount - of.fee : of.amount;
      const cash = BigInt(given.length - 1) * out;
      const converted = bookConversion(
        given.map((one) => ({
          books: booksOf(wallet, 2 * one + 1),
          quantity: shares(of.amount),
        })),
        pusd(cash),
        others.map((one) => ({ book: bookAt(wallet, 2 * one, 2), quantity: shares(out) })),
        origin,
      );
      given.forEach((one, index) => {
        keep(wallet, 2 * one + 1, converted.given[index] ?? []);
        const { quantity = 0n, cash: missing = 0n } = converted.shortfalls[index] ?? {};
        move(audit, 2 * one + 1, quantity - of.amount);
        audit.cash -= missing;
      });
      others.forEach((one, index) => {
        keep(wallet, 2 * one, converted.gained.slice(index, index + 1));
        move(audit, 2 * one, out);
      });
      audit.cash += cash;
      return;
    }
    case 'in': {
      const basis = of.basis === null ? null : pusd(of.basis);
      const book = bookAt(wallet, of.token, of.bot);
      keep(wallet, of.token, [bookTransferIn(book, shares(of.quantity), basis, origin)]);
      move(audit, of.token, of.quantity);
      audit.broughtIn += of.basis ?? 0n;
      return;
    }
    case 'out': {
      const before = openOf(wallet, of.token).basis;
      const moved = bookTransferOut(booksOf(wallet, of.token), shares(of.quantity));
      keep(wallet, of.token, moved.postings);
      move(audit, of.token, moved.shortfall - of.quantity);
      audit.takenOut += before - openOf(wallet, of.token).basis;
      expect(moved.postings.every(({ realised }) => realised === 0n)).toBe(true);
      return;
    }
    case 'resolve': {
      if (wallet.resolved.has(of.question)) return;
      wallet.resolved.set(of.question, { payouts: of.payouts, at });
      of.payouts.forEach((numerator, index) => {
        const one = 2 * of.question + index;
        const denominator = of.payouts.reduce((sum, each) => sum + each, 0n);
        const payout = { numerator, denominator };
        keep(wallet, one, bookResolution(booksOf(wallet, one), payout));
        const { held, basis } = openOf(wallet, one);
        const exact = held * numerator;
        // The largest integer not above the exact payout.
        expect(basis * denominator <= exact && exact < (basis + 1n) * denominator).toBe(true);
      });
      return;
    }
    case 'redeem': {
      const { held } = openOf(wallet, of.token);
      const quantity = held > 0n ? held / of.part : 1n;
      const known = wallet.resolved.get(of.token >> 1);
      const denominator = (known?.payouts ?? []).reduce((sum, each) => sum + each, 0n);
      const due = (quantity * (known?.payouts[of.token & 1] ?? 0n)) / (denominator || 1n);
      const cash = known === undefined ? of.cash : due;
      const moved = bookRedemption(booksOf(wallet, of.token), {
        quantity: shares(quantity),
        cash: pusd(cash),
        rebasedTo: known?.at ?? null,
      });
      keep(wallet, of.token, moved.postings);
      move(audit, of.token, moved.shortfall - quantity);
      audit.cash += cash - moved.shortfallCash;
      return;
    }
  }
}

function play(acts: readonly Act[]): { readonly wallet: Wallet; readonly audit: Audit } {
  const wallet: Wallet = { books: new Map(), postings: [], resolved: new Map() };
  const audit: Audit = { held: new Map(), cash: 0n, broughtIn: 0n, takenOut: 0n };
  acts.forEach((of, at) => {
    perform(wallet, audit, of, at);
  });
  return { wallet, audit };
}

const TOKENS = [0, 1, 2, 3, 4, 5] as const;

describe('conservation over random histories of a wallet', () => {
  test('Σ realised − Σ basis = Σ cash + Σ brought in − Σ taken out, to the micro', () => {
    fc.assert(
      fc.property(history, (acts) => {
        const { wallet, audit } = play(acts);
        let realised = 0n;
        let basis = 0n;
        for (const position of wallet.books.values()) realised += position.realised;
        for (const one of TOKENS) basis += openOf(wallet, one).basis;
        const unknown = wallet.postings.reduce((sum, posting) => sum + posting.unknown, 0n);
        expect(realised + unknown - basis).toBe(audit.cash - audit.broughtIn + audit.takenOut);
      }),
      { numRuns: 2_000 },
    );
  });

  test('shares of every token are those that came and went, whatever was done with them', () => {
    fc.assert(
      fc.property(history, (acts) => {
        const { wallet, audit } = play(acts);
        for (const one of TOKENS)
          expect([one, openOf(wallet, one).held]).toEqual([one, audit.held.get(one) ?? 0n]);
      }),
      { numRuns: 1_000 },
    );
  });

  test('every posting keeps its own equation, and no lot has a negative basis', () => {
    fc.assert(
      fc.property(history, (acts) => {
        const { wallet } = play(acts);
        for (const posting of wallet.postings) expect(imbalanceOf(posting)).toBe(0n);
        const open = [...wallet.books.values()].flatMap(({ lots }) => lotsOf(lots));
        const isSound = ({ quantity, basis }: Lot): boolean =>
          quantity > 0n && (basis === null || basis >= 0n);
        expect(open.every(isSound)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('after a resolution', () => {
  test('a redemption of all re-based shares realises nothing and leaves no dust', () => {
    const fills = fc.array(
      fc.record({
        act: fc.constant('fill' as const),
        bot,
        token: fc.constantFrom(0, 1),
        buy: fc.boolean(),
        quantity: amount,
        cash: amount,
      }),
      { minLength: 1, maxLength: 30 },
    );
    const payouts = fc.constantFrom([1n, 0n], [1n, 1n], [2n, 5n]);
    fc.assert(
      fc.property(fills, payouts, (list, numerators) => {
        const resolve: Act = { act: 'resolve', question: 0, payouts: numerators };
        const { wallet, audit } = play([...list, resolve]);
        const from = wallet.postings.length;
        for (const one of [0, 1]) {
          if (openOf(wallet, one).held <= 0n) continue;
          perform(wallet, audit, { act: 'redeem', token: one, part: 1n, cash: 0n }, 99);
          expect(openOf(wallet, one)).toEqual({ held: 0n, basis: 0n });
        }
        for (const { realised, rounding } of wallet.postings.slice(from))
          expect([realised, rounding]).toEqual([0n, 0n]);
      }),
    );
  });

  test(
    'a redemption in parts realises nothing; the dust is named, and a micro a lot ' + 'at most',
    () => {
      fc.assert(
        fc.property(fc.array(amount, { minLength: 1, maxLength: 8 }), (buys) => {
          const list = buys.map((quantity, index): Act => {
            return { act: 'fill', bot: index % 3, token: 0, buy: true, quantity, cash: quantity };
          });
          const { wallet, audit } = play([
            ...list,
            { act: 'resolve', question: 0, payouts: [1n, 1n] },
          ]);
          const from = wallet.postings.length;
          for (const part of [7n, 3n, 2n, 1n])
            perform(wallet, audit, { act: 'redeem', token: 0, part, cash: 0n }, 99);
          const late = wallet.postings.slice(from);
          expect(late.every(({ realised }) => realised === 0n)).toBe(true);
          const dust = late.reduce((sum, { rounding }) => sum + rounding, 0n);
          expect(dust <= 0n && dust >= -3n).toBe(true);
          expect(openOf(wallet, 0)).toEqual({ held: 0n, basis: 0n });
        }),
      );
    },
  );
});
