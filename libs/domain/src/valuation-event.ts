/**
 * One owner's books in one negative-risk event, valued as one position (rule B5).
 *
 * Each question has exact odds: a resolved one its payout, the others their YES marks, normalised
 * so that all odds of the event sum to 1. A question's mark is that of its YES token, else 1 less
 * that of its NO: the venue's two books of a question mirror each other. A YES share is worth the
 * odds of its question, a NO share 1 less them.
 *
 * Where an open question has no mark, where the open ones' marks are all 0, or where payouts alone
 * come to more than 1, there are no odds: each book has its own mark, and says so.
 */

import {
  divideExact,
  divideFloor,
  E18_PER_UNIT,
  invariant,
  priceE18,
  priceOfRational,
  pusd,
} from '@polytraders/money';
import { type Payout, payoutPrice, payoutValue } from './settlement/resolution.ts';
import { shareExactParts } from './settlement/sharing.ts';
import { flatBook, observedMark, payoutMark, sumOrNull, valuedBook } from './valuation-book.ts';
import {
  type BookToValue,
  type BookValuation,
  type EventDefinition,
  type EventQuestion,
  type EventValuation,
  type Pricing,
  type UsedMark,
} from './valuation-types.ts';

/** A book and which token of the event it is of. */
export type EventBook = {
  readonly book: BookToValue;
  readonly question: number;
  readonly isYes: boolean;
};

/** An event of one question, or of none, is one whose definition is not whole. */
const QUESTIONS_MIN = 2;

/** The books of one account and bot within one event. */
export type OwnersEvent = {
  readonly account: string;
  readonly bot: string;
  readonly event: EventDefinition;
  readonly books: readonly EventBook[];
};

export type ValuedEvent = {
  readonly books: readonly BookValuation[];
  /** Null where every book is flat. */
  readonly valuation: EventValuation | null;
  /** The observed marks that went into it, by the token that they were observed of. */
  readonly marks: readonly UsedMark[];
};

/** What is known of a question's price. */
type Quote = {
  /** What its YES pays, once it is resolved. */
  readonly payout: Payout | null;
  /** The mark of its YES, else of its NO, as observed. */
  readonly observed: UsedMark | null;
  /** What that says of a YES share, in 10⁻¹⁸. */
  readonly yesPrice: bigint | null;
};

/** What a YES share of each question is worth, over one denominator. */
type Odds = {
  readonly yes: readonly bigint[];
  readonly denominator: bigint;
  /** Whether marks are in them; payouts may say it all. */
  readonly isMarked: boolean;
};

/** Values one owner's event. Its books may come in any order. */
export function valueEvent(owned: OwnersEvent, pricing: Pricing): ValuedEvent {
  const { account, bot, event } = owned;
  const { negRiskMarketId } = event;
  const flat = owned.books.filter(({ book }) => book.shares === 0n);
  const open = owned.books.filter(({ book }) => book.shares !== 0n).sort(byToken);
  const flatBooks = flat.map(({ book }) => flatBook(book, negRiskMarketId));
  if (open.length === 0) return { books: flatBooks, valuation: null, marks: [] };
  const quotes = event.questions.map((question) => quoteOf(question, pricing));
  const odds = oddsOf(quotes);
  const within = { event, pricing, quotes };
  const { books, marks } =
    odds === null ? valueTokens(open, within) : valueTogether(open, within, odds);
  const valuation: EventValuation = {
    account,
    bot,
    negRiskMarketId,
    value: sumOrNull(books.map(({ value }) => value)),
    unrealised: sumOrNull(books.map(({ unrealised }) => unrealised)),
    rawSum: rawSumOf(quotes),
    tokenByToken: odds === null,
  };
  return { books: [...books, ...flatBooks], valuation, marks };
}

type Within = {
  readonly event: EventDefinition;
  readonly pricing: Pricing;
  readonly quotes: readonly Quote[];
};

type Valued = { readonly books: readonly BookValuation[]; readonly marks: readonly UsedMark[] };

/** With odds: one floor over the exact sum, each token by largest remainder (M2). */
function valueTogether(open: readonly EventBook[], within: Within, odds: Odds): Valued {
  const { event, quotes } = within;
  const { denominator } = odds;
  const weights = open.map(({ question, isYes }) => {
    const yes = odds.yes[question] ?? 0n;
    return isYes ? yes : denominator - yes;
  });
  const numerators = open.map(({ book }, at) => book.shares * (weights[at] ?? 0n));
  const total = divideFloor(
    numerators.reduce((sum, one) => sum + one, 0n),
    denominator,
  );
  const values = shareExactParts(total, numerators, denominator);
  const marks = odds.isMarked
    ? quotes.flatMap(({ payout, observed }) =>
        payout === null && observed !== null ? [observed] : [],
      )
    : [];
  const stale = marks.some((mark) => mark.stale);
  const books = open.map((one, at) => {
    const { payout } = quoteAt(quotes, one.question);
    return valuedBook(one.book, {
      by: payout === null ? 'EVENT' : 'PAYOUT',
      value: pusd(values[at] ?? 0n),
      mark: markOf(one, quotes),
      price: priceOfRational({ numerator: weights[at] ?? 0n, denominator }),
      stale: payout === null && stale,
      negRiskMarketId: event.negRiskMarketId,
      flags: ['PNL_REPORTER_NEGRISK_DETECTED'],
    });
  });
  return { books, marks };
}

/** Without odds: each by its own mark, else by its question's. */
function valueTokens(open: readonly EventBook[], { event, pricing, quotes }: Within): Valued {
  const { negRiskMarketId } = event;
  const marks: UsedMark[] = [];
  const books = open.map((one) => {
    const { book, question } = one;
    const { payout, observed: quoted } = quoteAt(quotes, question);
    if (payout !== null) {
      const paid = one.isYes ? payout : oppositeOf(payout);
      const mark = payoutMark(book.token, paid);
      return valuedBook(book, {
        by: 'PAYOUT',
        value: payoutValue(book.shares, paid),
        mark,
        price: mark.price,
        stale: false,
        negRiskMarketId,
        flags: ['PNL_REPORTER_NEGRISK_DETECTED'],
      });
    }
    const own = observedMark(book.token, pricing);
    const mark = own ?? markOf(one, quotes);
    const behind = own ?? quoted;
    if (behind !== null) marks.push(behind);
    return valuedBook(book, {
      by: 'TOKEN_OF_EVENT',
      value: mark === null ? null : pusd(divideFloor(mark.price * book.shares, E18_PER_UNIT)),
      mark,
      price: mark?.price ?? null,
      stale: mark?.stale ?? false,
      negRiskMarketId,
      flags: ['GOV_NEGRISK_TOKEN_BY_TOKEN', 'PNL_REPORTER_NEGRISK_DETECTED'],
    });
  });
  return { books, marks };
}

/** The mark of a book's token, by what was observed of its question. */
function markOf({ book, question, isYes }: EventBook, quotes: readonly Quote[]): UsedMark | null {
  const { payout, observed, yesPrice } = quoteAt(quotes, question);
  if (payout !== null) return payoutMark(book.token, isYes ? payout : oppositeOf(payout));
  if (observed === null || yesPrice === null) return null;
  return { ...observed, price: priceE18(isYes ? yesPrice : E18_PER_UNIT - yesPrice) };
}

function quoteOf({ yes, no }: EventQuestion, pricing: Pricing): Quote {
  const paysNo = pricing.payouts.get(no);
  const payout = pricing.payouts.get(yes) ?? (paysNo === undefined ? null : oppositeOf(paysNo));
  if (payout !== null) return { payout, observed: null, yesPrice: payoutPrice(payout) };
  const ofYes = observedMark(yes, pricing);
  if (ofYes !== null) return { payout, observed: ofYes, yesPrice: ofYes.price };
  const ofNo = observedMark(no, pricing);
  return { payout, observed: ofNo, yesPrice: ofNo === null ? null : E18_PER_UNIT - ofNo.price };
}

/**
 * Exact odds of all questions, which sum to 1; null where there are none. With p of the open
 * questions, S their sum, and r = 1 − Σ payouts: an open question has r × p ÷ S. Where the payouts
 * say it all (a winner is known), marks are not needed.
 */
function oddsOf(quotes: readonly Quote[]): Odds | null {
  if (quotes.length < QUESTIONS_MIN) return null;
  const paid = quotes.flatMap(({ payout }) => (payout === null ? [] : [payout]));
  const whole = paid.reduce((common, { denominator }) => leastMultiple(common, denominator), 1n);
  const left = paid.reduce((rest, payout) => rest - partOf(whole, payout), whole);
  if (left < 0n) return null;
  let sum = 0n;
  const isMarked = left > 0n && paid.length < quotes.length;
  for (const { payout, yesPrice } of quotes) {
    if (!isMarked || payout !== null) continue;
    if (yesPrice === null) return null;
    sum += yesPrice;
  }
  if (isMarked && sum === 0n) return null;
  const scale = isMarked ? sum : 1n;
  const yes = quotes.map(({ payout, yesPrice }) => {
    if (payout !== null) return partOf(whole, payout) * scale;
    return isMarked ? left * (yesPrice ?? 0n) : 0n;
  });
  return { yes, denominator: whole * scale, isMarked };
}

/** Σ of the YES marks as observed; a resolved question counts with its payout. */
function rawSumOf(quotes: readonly Quote[]): bigint | null {
  let sum = 0n;
  for (const { yesPrice } of quotes) {
    if (yesPrice === null) return null;
    sum += yesPrice;
  }
  return sum;
}

/** What the other outcome pays. */
function oppositeOf({ numerator, denominator }: Payout): Payout {
  return { numerator: denominator - numerator, denominator };
}

/** The payout as parts of a whole that its denominator divides. */
function partOf(whole: bigint, { numerator, denominator }: Payout): bigint {
  return divideExact(whole * numerator, denominator);
}

function leastMultiple(a: bigint, b: bigint): bigint {
  let [greater, less] = [a, b];
  while (less !== 0n) [greater, less] = [less, greater % less];
  return divideExact(a, greater) * b;
}

function quoteAt(quotes: readonly Quote[], question: number): Quote {
  const found = quotes[question];
  invariant(found !== undefined, `question ${String(question)} is one of the event's questions.`);
  return found;
}

/** By question, YES first: ties of the largest remainder do not depend on the order of books. */
function byToken(a: EventBook, b: EventBook): number {
  if (a.question !== b.question) return a.question - b.question;
  return a.isYes === b.isYes ? 0 : a.isYes ? -1 : 1;
}
