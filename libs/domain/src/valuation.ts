/**
 * What books are worth at the marks of one moment, and what they have gained unrealised (rules B4
 * and B5). One code for the fill, which values the event of its own book, and for the window, which
 * values everything.
 *
 *   plain token       value = floor(mark × shares)
 *   resolved token    value = floor(payout × shares): exact, without a mark and without an age
 *   neg-risk event    Σ YES × p̂ + Σ NO × (1 − p̂), where p̂ are the YES marks normalised to sum 1;
 *                     one floor at the end, each token its exact part by largest remainder
 *   unrealised        value − basis; null without a mark, and while a basis is not known
 *
 * The event's value is that of neg-risk.ts (K − M in cash and y + (M − k) YES at p̂): M falls out
 * as Σ p̂ = 1, so it is linear in the books and holds for those that are short.
 *
 * An event is valued as a whole for each owner (account and bot) of books in it, so that the books
 * of one bot do not depend on those of another. Where a question has no mark the owner's books in
 * the event are valued token by token, and flagged.
 *
 * What is not here: which mark was captured (the ingestor), and what a wallet is sure to get
 * (`guaranteedValue`): of a signed book that is no number.
 */

import { divideFloor, E18_PER_UNIT, invariant, pusd } from '@polytraders/money';
import { payoutValue } from './settlement/resolution.ts';
import { flatBook, observedMark, payoutMark, sumOrNull, valuedBook } from './valuation-book.ts';
import { type EventBook, type OwnersEvent, valueEvent } from './valuation-event.ts';
import {
  type BookToValue,
  type BookValuation,
  type EventDefinition,
  type EventValuation,
  type Pricing,
  type UsedMark,
  type Valuation,
  type ValuationFlag,
} from './valuation-types.ts';

type Place = {
  readonly event: EventDefinition;
  readonly question: number;
  readonly isYes: boolean;
};

/**
 * Values books of any owners. 100 NO of A and 100 NO of B of one event at YES marks 0.42, 0.37 and
 * 0.27: 60.377358 and 65.094340, together 125.471698, raw sum 1.06.
 */
export function valueBooks(
  books: readonly BookToValue[],
  events: readonly EventDefinition[],
  pricing: Pricing,
): Valuation {
  const places = placesOf(events);
  const ofEvents = new Map<BookToValue, BookValuation>();
  const marks = new Map<string, UsedMark>();
  const owners = new Map<string, Owned>();
  const valued = books.map((book) => {
    const place = book.negRisk === false ? undefined : places.get(book.token);
    if (place === undefined) return valueToken(book, pricing, marks);
    addToEvent(owners, book, place);
    return null;
  });
  const valuations: EventValuation[] = [];
  for (const owned of [...owners.values()].sort(byOwner)) {
    const found = valueEvent(owned, pricing);
    for (const one of found.books) ofEvents.set(one.book, one);
    for (const mark of found.marks) marks.set(mark.token, mark);
    if (found.valuation !== null) valuations.push(found.valuation);
  }
  const flags = new Set<ValuationFlag>();
  const inOrder = books.map((book, at) => {
    const found = valued[at] ?? ofEvents.get(book);
    if (found === undefined) invariant(false, `a book is valued once; ${nameOf(book)} was not.`);
    for (const flag of found.flags) flags.add(flag);
    return found;
  });
  return {
    books: inOrder,
    events: valuations,
    marks: [...marks.values()].sort((a, b) => compare(a.token, b.token)),
    unrealised: sumOrNull(inOrder.map((one) => one.unrealised)),
    flags: [...flags].sort(),
  };
}

/**
 * A book outside every event: payout, else `floor(mark × shares)` (B4). One that is neg-risk, with
 * an event that nobody has defined, is valued the same and flagged.
 */
function valueToken(
  book: BookToValue,
  pricing: Pricing,
  marks: Map<string, UsedMark>,
): BookValuation {
  const negRiskMarketId = null;
  if (book.shares === 0n) return flatBook(book, negRiskMarketId);
  const flags: ValuationFlag[] = book.negRisk === true ? ['PNL_REPORTER_NEGRISK_DETECTED'] : [];
  const payout = pricing.payouts.get(book.token);
  if (payout !== undefined) {
    const value = payoutValue(book.shares, payout);
    const mark = payoutMark(book.token, payout);
    const { price } = mark;
    const stale = false;
    return valuedBook(book, { by: 'PAYOUT', value, mark, price, stale, negRiskMarketId, flags });
  }
  const isOrphan = book.negRisk === true;
  if (isOrphan) flags.push('GOV_NEGRISK_TOKEN_BY_TOKEN');
  const mark = observedMark(book.token, pricing);
  if (mark !== null) marks.set(mark.token, mark);
  const value = mark === null ? null : pusd(divideFloor(mark.price * book.shares, E18_PER_UNIT));
  const stale = mark?.stale ?? false;
  const by = isOrphan ? 'TOKEN_OF_EVENT' : 'TOKEN';
  const price = mark?.price ?? null;
  return valuedBook(book, { by, value, mark, price, stale, negRiskMarketId, flags });
}

function placesOf(events: readonly EventDefinition[]): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  for (const event of events) {
    for (const [question, { yes, no }] of event.questions.entries()) {
      places.set(yes, { event, question, isYes: true });
      places.set(no, { event, question, isYes: false });
    }
  }
  return places;
}

type Owned = Omit<OwnersEvent, 'books'> & { readonly books: EventBook[] };

function addToEvent(
  owners: Map<string, Owned>,
  book: BookToValue,
  { event, question, isYes }: Place,
): void {
  const { account, bot } = book;
  const key = `${account}|${bot}|${event.negRiskMarketId}`;
  const owned = owners.get(key) ?? { account, bot, event, books: [] };
  owned.books.push({ book, question, isYes });
  owners.set(key, owned);
}

function byOwner(a: OwnersEvent, b: OwnersEvent): number {
  return (
    compare(a.account, b.account) ||
    compare(a.bot, b.bot) ||
    compare(a.event.negRiskMarketId, b.event.negRiskMarketId)
  );
}

/** Code unit by code unit: the same order on every machine. */
function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function nameOf({ account, bot, token }: BookToValue): string {
  return `${account} ${bot} ${token}`;
}
