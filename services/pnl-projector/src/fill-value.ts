/**
 * What a book is worth after a fill: by the mark of its own token, by its payout, or, in a
 * negative-risk event, with all books of its account and bot in that event (rules B4 and B5).
 *
 * A plain fill, which is nearly every fill of a rebuild, looks nothing up for it. A neg-risk fill
 * values the others of its event, too: their rows say the same moment, so that tokens sum to the
 * event.
 */

import { type FillConfirmed, type Mark } from '@polytraders/contracts';
import {
  type BookToValue,
  type BookValuation,
  costBasis,
  type EventBook,
  type ObservedMark,
  type Payout,
  payoutOf,
  payoutPrice,
  type Position,
  positionShares,
  type Pricing,
  readMark,
  unrealisedAt,
  unrealisedAtPayout,
  valueEvent,
} from '@polytraders/domain';
import { divideHalfEven, formatPrice, type PusdMicros } from '@polytraders/money';
import { type Lookup, type Put } from '@polytraders/stream';
import {
  type Book,
  type Entity,
  type Holding,
  holdingKey,
  type NegRiskEvent,
  type Parameters,
  type Settled,
  withReason,
} from './entities.ts';
import { type CarriedMark } from './fill-entry.ts';
import { othersOf, placesOf, type TokenPlace } from './neg-risk-event.ts';
import { withBook } from './placing.ts';

/** The event that a fill is of, with what the step may look up of it. */
export type Within = {
  readonly state: Lookup<Entity>;
  readonly event: NegRiskEvent;
  readonly negRiskMarketId: string;
};

export type FillValue = {
  readonly mark: CarriedMark;
  readonly unrealised: PusdMicros | null;
  readonly codes: readonly string[];
  /** Other books of the account and bot in the event, at the same marks. */
  readonly others: readonly Put<Entity>[];
};

/** The book that is valued: before the fill, and its position after it. */
export type FilledBook = {
  readonly before: Book;
  readonly position: Position;
  readonly settled: Settled | null;
};

const E12 = 1_000_000_000_000n;
const noCodes: readonly string[] = [];
const none: readonly never[] = [];

/** Values the book of a fill; `within` is null of a plain one. */
export function valueFill(
  fill: FillConfirmed,
  book: FilledBook,
  parameters: Parameters,
  within: Within | null,
): FillValue {
  const place = within === null ? undefined : placesOf(within.event.questions).get(fill.token_id);
  if (within !== null && place !== undefined)
    return valueWithin(fill, book, parameters, within, place);
  const value = valueAlone(fill, book, parameters);
  if (fill.neg_risk !== true) return value;
  // At the price within its event that the book had before, as long as no newer mark came along.
  const isByEvent = value.mark.negRiskPrice !== null || book.settled !== null;
  const isByMark = !isByEvent && book.position.direction !== 'FLAT';
  const codes = withReason(value.codes, 'PNL_REPORTER_NEGRISK_DETECTED');
  return { ...value, codes: isByMark ? withReason(codes, 'GOV_NEGRISK_TOKEN_BY_TOKEN') : codes };
}

/** By its own mark, or its payout: no look-up. */
function valueAlone(
  fill: FillConfirmed,
  { before, position, settled }: FilledBook,
  parameters: Parameters,
): FillValue {
  if (settled !== null) {
    const unrealised = unrealisedAtPayout(position, settled.payout);
    return { mark: markAtPayout(fill, settled), unrealised, codes: noCodes, others: none };
  }
  const mark = markOf(fill, position.direction === 'FLAT' ? null : before, parameters);
  const unrealised = unrealisedAt(position, mark.negRiskPrice ?? mark.price);
  const isMissing = unrealised === null && mark.price === null;
  const codes = isMissing ? withReason(noCodes, 'GOV_MARK_MISSING') : noCodes;
  return { mark, unrealised, codes, others: none };
}

/**
 * With its event. 100 NO of B after 100 NO of A, at YES marks 0.42, 0.37 and 0.27: 125.471698 for
 * both, of which 65.094340 are this book's, and the other's row becomes 60.377358.
 */
function valueWithin(
  fill: FillConfirmed,
  { before, position, settled }: FilledBook,
  parameters: Parameters,
  { state, event, negRiskMarketId }: Within,
  place: TokenPlace,
): FillValue {
  const { account, token_id: token, trading_bot_id: bot } = fill;
  const own: EventBook = {
    ...place,
    book: bookToValue(account, token, before.bot, position, true),
  };
  const others = othersOf(event, account, token).flatMap((one) => {
    const holding = state.get(holdingKey(account, one.token)) as Holding | undefined;
    const book = holding?.books.find((each) => each.bot === bot);
    const there = placesOf(event.questions).get(one.token);
    if (holding === undefined || book === undefined || there === undefined) return [];
    if (book.position.direction === 'FLAT' || book.negRisk === false) return [];
    const { position: held, negRisk } = book;
    return [
      {
        holding,
        book,
        at: { ...there, book: bookToValue(account, one.token, bot, held, negRisk) },
      },
    ];
  });
  const open = position.direction === 'FLAT' ? [] : [{ at: own, book: before }];
  const pricing: Pricing = {
    marks: marksOf(fill, event, [...open, ...others]),
    payouts: payoutsOf(event, token, settled, others),
    at: fill.confirmed_at,
    markAgeMsMax: parameters.markAgeMsMax,
  };
  const valued = valueEvent(
    {
      account,
      bot,
      event: { negRiskMarketId, questions: event.questions },
      books: [own, ...others.map(({ at }) => at)],
    },
    pricing,
  );
  const byBook = new Map(valued.books.map((one) => [one.book, one]));
  const found = byBook.get(own.book);
  const rawSum = valued.valuation?.rawSum ?? null;
  return {
    mark: {
      ...(found?.by === 'FLAT' || found === undefined
        ? markOf(fill, null, parameters)
        : carried(fill, found)),
      markSum: rawSum === null ? null : divideHalfEven(rawSum, E12),
    },
    unrealised: found?.unrealised ?? null,
    codes: withReason(found?.flags ?? noCodes, 'PNL_REPORTER_NEGRISK_DETECTED'),
    others: others.flatMap(({ holding, book, at }): readonly Put<Entity>[] => {
      const value = byBook.get(at.book);
      if (value === undefined) return [];
      const entity = withBook(holding, marked(book, value));
      return [{ key: holdingKey(account, at.book.token), entity }];
    }),
  };
}

function bookToValue(
  account: string,
  token: string,
  bot: string,
  position: Position,
  negRisk: boolean | null,
): BookToValue {
  const basis = position.lots.unknown === 0n ? costBasis(position) : null;
  return { account, bot, token, shares: positionShares(position), basis, negRisk };
}

/** The mark of a valuation, as a line and a book carry it. */
function carried(fill: FillConfirmed, { mark, stale, by, price }: BookValuation): CarriedMark {
  return {
    price: mark?.price ?? null,
    ageMs: mark?.ageMs ?? null,
    stale,
    observedAt: mark?.observedAt ?? null,
    kind: mark?.kind ?? null,
    negRiskPrice: by === 'EVENT' ? price : null,
    markSum: null,
    beside: mark?.kind === 'PAYOUT' ? markText(fill) : null,
  };
}

/** The book at the marks of a valuation; without one it keeps the mark that it had. */
function marked(book: Book, value: BookValuation): Book {
  const { mark, stale } = value;
  const { unrealised } = value;
  if (mark === null) return { ...book, unrealised, negRiskPrice: null };
  return {
    ...book,
    unrealised,
    markPrice: mark.price,
    markObservedAt: mark.observedAt,
    markKind: mark.kind,
    markAgeMs: mark.ageMs,
    markStale: stale,
    negRiskPrice: value.by === 'EVENT' ? value.price : null,
  };
}

type Held = { readonly at: EventBook; readonly book: Book };

/** The fill's marks, and of questions without one the last that a book of the owner had. */
function marksOf(
  fill: FillConfirmed,
  event: NegRiskEvent,
  open: readonly Held[],
): ReadonlyMap<string, ObservedMark> {
  const best = new Map<string, Mark>();
  for (const mark of fill.marks) {
    const known = best.get(mark.token_id);
    if (known === undefined || rankOf(mark) < rankOf(known)) best.set(mark.token_id, mark);
  }
  const marks = new Map<string, ObservedMark>();
  for (const [token, mark] of best) {
    const { price, kind } = mark;
    const observedAt = isAgeless(fill, mark) ? null : mark.observed_at;
    marks.set(token, { price, kind, observedAt });
  }
  for (const { at, book } of open) {
    const question = event.questions[at.question];
    const { markPrice: price, markKind: kind, markObservedAt: observedAt } = book;
    if (question === undefined || price === null || kind === null || kind === 'PAYOUT') continue;
    if (best.has(question.yes) || best.has(question.no)) continue;
    marks.set(at.book.token, { price, kind, observedAt });
  }
  return marks;
}

/** Payouts of the event's questions; what a holding was settled at goes before. */
function payoutsOf(
  event: NegRiskEvent,
  token: string,
  settled: Settled | null,
  others: readonly { readonly at: EventBook; readonly holding: Holding }[],
): ReadonlyMap<string, Payout> {
  const payouts = new Map<string, Payout>();
  for (const { yes, numerators } of event.questions) {
    const payout = numerators.length === 0 ? null : payoutOf(numerators, 0);
    if (payout !== null) payouts.set(yes, payout);
  }
  for (const { at, holding } of others) {
    if (holding.settled !== null) payouts.set(at.book.token, holding.settled.payout);
  }
  if (settled !== null) payouts.set(token, settled.payout);
  return payouts;
}

/**
 * The mark of the fill's own token: MID before LAST before REPORTED, else the one before, which is
 * the book's, with the age that it has by now (B4). A reported one on a fill that says STALE_DATA
 * is of unknown age: the ingestor judges no age, and flags only that.
 */
export function markOf(
  fill: FillConfirmed,
  before: Book | null,
  parameters: Parameters,
): CarriedMark {
  const best = broughtBy(fill);
  const price = best === null ? (before?.markPrice ?? null) : best.price;
  const known = best === null ? (before?.markObservedAt ?? null) : best.observed_at;
  const observedAt = best !== null && isAgeless(fill, best) ? null : known;
  const { ageMs, stale } = readMark(price, observedAt, fill.confirmed_at, parameters.markAgeMsMax);
  const kind = best === null ? (before?.markKind ?? null) : best.kind;
  const negRiskPrice = best === null ? (before?.negRiskPrice ?? null) : null;
  return { price, ageMs, stale, observedAt, kind, negRiskPrice, markSum: null, beside: null };
}

function broughtBy(fill: FillConfirmed): Mark | null {
  let best: Mark | null = null;
  for (const mark of fill.marks) {
    if (mark.token_id !== fill.token_id) continue;
    if (best === null || rankOf(mark) < rankOf(best)) best = mark;
  }
  return best;
}

function isAgeless(fill: FillConfirmed, mark: Mark): boolean {
  return (
    mark.kind === 'REPORTED' && mark.token_id === fill.token_id && fill.flags.includes('STALE_DATA')
  );
}

/**
 * A resolved market is worth its payout, from then on and without an age (B4). The mark that its
 * fill brought is of a time before, maybe, and stands beside it for the windows of that time.
 */
function markAtPayout(fill: FillConfirmed, { payout }: Settled): CarriedMark {
  const price = payoutPrice(payout);
  const unaged = { ageMs: null, stale: false, observedAt: null };
  const beside = markText(fill);
  return { ...unaged, price, kind: 'PAYOUT', negRiskPrice: null, markSum: null, beside };
}

/** `MID 0.62 1778241598000000`; without the time where nobody knows it. */
function markText(fill: FillConfirmed): string | null {
  const mark = broughtBy(fill);
  if (mark === null) return null;
  const text = `${mark.kind} ${formatPrice(mark.price)}`;
  return isAgeless(fill, mark) ? text : `${text} ${String(mark.observed_at)}`;
}

function rankOf(mark: Mark): number {
  return mark.kind === 'MID' ? 0 : mark.kind === 'LAST' ? 1 : 2;
}
