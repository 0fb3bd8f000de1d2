/**
 * What positions are worth at a window's end (rules B4, B5): at the window's marks, at what was
 * resolved before it, and in the events as they were then. What a resolved token pays is read as
 * the books read it: by the outcome that its id proves, else by its definition, else by the list
 * of its event.
 */

import {
  type BookToValue,
  type EventDefinition,
  judgeOutcome,
  payoutOf,
  type Payout,
  type Pricing,
  type Valuation,
  valueBooks,
} from '@polytraders/domain';
import { priceE18, pusd, shares } from '@polytraders/money';
import { provenOutcome } from '../proofs.ts';
import { type SumLine } from './cut.ts';
import { type Position } from './positions.ts';
import {
  byText,
  type Doubt,
  type MarketsState,
  type QuestionSince,
  type WindowState,
} from './state.ts';

/** What tokens pay, and since when. */
export type Resolved = ReadonlyMap<string, { readonly payout: Payout; readonly at: number }>;

/** The condition of a token; undefined where nobody has said it. */
export type ConditionOf = (token: string) => string | undefined;

/** What prices the positions of a window, whoever holds them. */
export type Prices = {
  readonly markets: MarketsState;
  /** Conditions by token, as markets have them. */
  readonly defined: ReadonlyMap<string, string>;
  readonly marks: Pricing['marks'];
};

export type Priced = {
  /** The positions that are not flat, in the order of `valuation.books`. */
  readonly open: readonly Position[];
  readonly valuation: Valuation;
  readonly resolved: Resolved;
  readonly conditionOf: ConditionOf;
};

/** Values the positions at a window's end. `lines` are the window's: they may say conditions. */
export function valuationOf(
  window: WindowState,
  end: string,
  lines: readonly SumLine[],
  positions: readonly Position[],
  { markets, defined, marks }: Prices,
): Priced {
  const open = positions.filter(({ held }) => held !== 0n);
  const books = open.map(({ book, held }): BookToValue => ({
    account: book.account,
    bot: book.bot,
    token: book.token,
    shares: shares(held),
    basis: book.doubts.some((one) => isAt(one, end)) ? null : pusd(book.basis),
    negRisk: book.negRisk,
  }));
  const held = new Set(books.map(({ token }) => token));
  const events = eventsAt(markets, window.end, held);
  const conditionOf = conditionFinder(defined, positions, lines);
  const resolved = resolvedAt(markets, window.end, held, events, conditionOf);
  const pricing: Pricing = {
    marks,
    payouts: new Map([...resolved].map(([token, { payout }]) => [token, payout])),
    at: window.end,
    markAgeMsMax: window.settings.markAgeMsMax,
  };
  return { open, valuation: valueBooks(books, events, pricing), resolved, conditionOf };
}

/** The marks of a window as a valuation takes them. */
export function marksIn(window: WindowState): Pricing['marks'] {
  const marks = [...window.marks].map(
    ([token, { price, kind, observedAt, isAged }]) =>
      [token, { price: priceE18(price), kind, observedAt: isAged ? observedAt : null }] as const,
  );
  return new Map(marks);
}

/**
 * The condition of each token that is defined: by its definition, else by its event. Of two that
 * name a token, the later one in order of text: markets are read in no order that means anything.
 */
export function conditionsDefined(markets: MarketsState): ReadonlyMap<string, string> {
  const listed = [...markets.events.values()].flatMap((questions) =>
    questions.flatMap(({ conditionId, yes, no }) => [
      { token: yes, condition: conditionId },
      { token: no, condition: conditionId },
    ]),
  );
  const defined = [...markets.conditions].flatMap(([condition, { tokens }]) =>
    tokens.map((token) => ({ token, condition })),
  );
  return new Map([...conditionsIn(listed), ...conditionsIn(defined)]);
}

/**
 * By what is defined, else as lines of the window say it, else as the books do; of two that lines
 * say, the later one in order of text. The lists are read where a token asks for it.
 */
function conditionFinder(
  defined: ReadonlyMap<string, string>,
  positions: readonly Position[],
  lines: readonly SumLine[],
): ConditionOf {
  let told: Map<string, string> | null = null;
  return (token) => {
    const known = defined.get(token);
    if (known !== undefined) return known;
    told ??= new Map([...conditionsIn(positions.map(({ book }) => book)), ...conditionsIn(lines)]);
    return told.get(token);
  };
}

function conditionsIn(
  of: readonly { readonly token: string | null; readonly condition: string | null }[],
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { token, condition } of of) {
    if (token === null || condition === null) continue;
    const known = found.get(token);
    if (known === undefined || known < condition) found.set(token, condition);
  }
  return found;
}

/** Whether it was so at the end of the day before. */
function isAt({ since, until }: Doubt, end: string): boolean {
  return since < end && (until === null || end <= until);
}

/**
 * The events that something was held of, with the questions that they had then: an event may gain
 * questions, and what it gains later changes no earlier window. One that was held, or resolved, was
 * there before anybody told of it.
 */
function eventsAt(
  { events, payouts }: MarketsState,
  end: number,
  held: ReadonlySet<string>,
): readonly EventDefinition[] {
  const isHeld = ({ yes, no }: QuestionSince): boolean => held.has(yes) || held.has(no);
  const wasThere = (one: QuestionSince): boolean =>
    one.since < end || isHeld(one) || (payouts.get(one.conditionId)?.at ?? end) < end;
  return [...events]
    .filter(([, questions]) => questions.some(isHeld))
    .sort(([a], [b]) => byText(a, b))
    .map(([negRiskMarketId, all]) => ({ negRiskMarketId, questions: all.filter(wasThere) }));
}

/** What was resolved before the window's end, of the tokens held and of the questions of events. */
function resolvedAt(
  markets: MarketsState,
  end: number,
  held: ReadonlySet<string>,
  events: readonly EventDefinition[],
  conditionOf: ConditionOf,
): Resolved {
  const resolved = new Map<string, { readonly payout: Payout; readonly at: number }>();
  const take = (token: string, condition: string, listed: number | null): void => {
    const found = markets.payouts.get(condition);
    if (found === undefined || found.at >= end) return;
    const told = indexOf(markets.conditions.get(condition), token) ?? listed;
    const { outcome } = judgeOutcome(provenOutcome(condition, token), told);
    const payout = outcome === null ? null : payoutOf(found.numerators, outcome);
    if (payout !== null) resolved.set(token, { payout, at: found.at });
  };
  for (const token of held) {
    const condition = conditionOf(token);
    if (condition !== undefined) take(token, condition, null);
  }
  for (const { questions } of events) {
    for (const { conditionId, yes, no } of questions) {
      take(yes, conditionId, 0);
      take(no, conditionId, 1);
    }
  }
  return resolved;
}

/** Where the definition has the token; null where it does not, or its order says nothing. */
function indexOf(
  market: { readonly tokens: readonly string[]; readonly synthesised: boolean } | undefined,
  token: string,
): number | null {
  const at = market === undefined || market.synthesised ? -1 : market.tokens.indexOf(token);
  return at === -1 ? null : at;
}
