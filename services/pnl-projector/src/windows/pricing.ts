/**
 * What positions are worth at a window's end (rules B4, B5): at the window's marks, at what was
 * resolved before it, and in the events as they were then. What a resolved token pays is read as
 * the books read it: by the outcome that its id proves, else by its definition, else by the list
 * of its event.
 */

import {
  type BookToValue,
  dateOfTime,
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
import {
  type BookState,
  type Doubt,
  type MarketsState,
  type QuestionSince,
  type WindowState,
} from './state.ts';

/** A book and what it held at the window's end. */
export type OpenBook = BookState & { readonly held: bigint };

/** What tokens pay, and since when. */
export type Resolved = ReadonlyMap<string, { readonly payout: Payout; readonly at: number }>;

type Conditions = ReadonlyMap<string, string>;

export function valuationOf(
  window: WindowState,
  books: readonly OpenBook[],
  markets: MarketsState,
  conditions: Conditions,
): { readonly valuation: Valuation; readonly resolved: Resolved } {
  const end = dateOfTime(window.end);
  const open = books
    .filter(({ held }) => held !== 0n)
    .map((book): BookToValue => ({
      account: book.account,
      bot: book.bot,
      token: book.token,
      shares: shares(book.held),
      basis: book.doubts.some((one) => isAt(one, end)) ? null : pusd(book.basis),
      negRisk: book.negRisk,
    }));
  const held = new Set(open.map(({ token }) => token));
  const events = eventsAt(markets, window.end, held);
  const resolved = resolvedAt(markets, window.end, held, events, conditions);
  const marks = [...window.marks].map(
    ([token, { price, kind, observedAt, isAged }]) =>
      [token, { price: priceE18(price), kind, observedAt: isAged ? observedAt : null }] as const,
  );
  const pricing: Pricing = {
    marks: new Map(marks),
    payouts: new Map([...resolved].map(([token, { payout }]) => [token, payout])),
    at: window.end,
    markAgeMsMax: window.settings.markAgeMsMax,
  };
  return { valuation: valueBooks(open, events, pricing), resolved };
}

/** The condition of each token: by its definition, else by its event, else as lines said it. */
export function conditionsByToken(
  markets: MarketsState,
  told: readonly { readonly token: string | null; readonly condition: string | null }[],
): Conditions {
  const found = new Map<string, string>();
  for (const { token, condition } of told) {
    if (token !== null && condition !== null) found.set(token, condition);
  }
  for (const questions of markets.events.values()) {
    for (const { conditionId, yes, no } of questions)
      found.set(yes, conditionId).set(no, conditionId);
  }
  for (const [condition, { tokens }] of markets.conditions) {
    for (const token of tokens) found.set(token, condition);
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
    .map(([negRiskMarketId, all]) => ({ negRiskMarketId, questions: all.filter(wasThere) }));
}

/** What was resolved before the window's end, of the tokens held and of the questions of events. */
function resolvedAt(
  markets: MarketsState,
  end: number,
  held: ReadonlySet<string>,
  events: readonly EventDefinition[],
  conditions: Conditions,
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
    const condition = conditions.get(token);
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
