/**
 * A negative-risk event as a log partition knows it (rule B5): its questions with their two tokens,
 * and which holdings are of them, so that a fill finds the other books of its event.
 *
 * Questions are only added: an event's questions are numbered on the chain, and what was defined
 * first of a number stays. Members are put when a holding is new or its event becomes known, never
 * by the fills after that.
 */

import { type FillConfirmed, type MarketDefined } from '@polytraders/contracts';
import { type EventQuestion } from '@polytraders/domain';
import { type Lookup } from '@polytraders/stream';
import {
  type Entity,
  eventKey,
  holdingKey,
  type Market,
  marketKey,
  type Member,
  type NegRiskEvent,
  NEW_MARKET,
  type QuestionState,
  type Token,
  tokenKey,
} from './entities.ts';
import { provenOutcome } from './proofs.ts';

const noKeys: readonly string[] = [];

export const NEW_EVENT: NegRiskEvent = { kind: 'event', questions: [], members: [] };

/** The event of a fill that is neg-risk, by its token's id, else by its flag (B5); else null. */
export function eventIdOf(fill: FillConfirmed): string | null {
  return fill.neg_risk === true ? fill.neg_risk_market_id : null;
}

/** Where a token stands in its event. */
export type TokenPlace = { readonly question: number; readonly isYes: boolean };

const placesByQuestions = new WeakMap<readonly EventQuestion[], ReadonlyMap<string, TokenPlace>>();

/** The tokens of all questions, remembered: questions change seldom, and fills come often. */
export function placesOf(questions: readonly EventQuestion[]): ReadonlyMap<string, TokenPlace> {
  const known = placesByQuestions.get(questions);
  if (known !== undefined) return known;
  const places = new Map<string, TokenPlace>();
  for (const [question, { yes, no }] of questions.entries()) {
    places.set(yes, { question, isYes: true });
    places.set(no, { question, isYes: false });
  }
  placesByQuestions.set(questions, places);
  return places;
}

/** The event with those questions that it did not have, in the order of their numbers. */
export function withQuestions(event: NegRiskEvent, told: MarketDefined['questions']): NegRiskEvent {
  const known = new Set(event.questions.map(({ index }) => index));
  const fresh = told.filter(({ question_index: index }) => !known.has(index));
  if (fresh.length === 0) return event;
  const byIndex = new Map(fresh.map((one) => [one.question_index, questionOf(one)]));
  const questions = [...event.questions, ...byIndex.values()].sort((a, b) => a.index - b.index);
  return { ...event, questions };
}

/** What a token id proves goes before what the definition says is YES and NO (B5). */
export function questionOf(told: MarketDefined['questions'][number]): QuestionState {
  const { condition_id: conditionId, yes_token_id: first, no_token_id: second } = told;
  const isTurned = provenOutcome(conditionId, first) === 1;
  const [yes, no] = isTurned ? [second, first] : [first, second];
  return { index: told.question_index, conditionId, yes, no, numerators: [] };
}

/** The event with one more holding; the same event where it has it, or not its token. */
export function joined(event: NegRiskEvent, account: string, token: string): NegRiskEvent {
  if (!placesOf(event.questions).has(token)) return event;
  if (event.members.some((one) => one.account === account && one.token === token)) return event;
  return { ...event, members: [...event.members, { account, token }] };
}

/** The event with what a condition of it pays. */
export function resolvedIn(
  event: NegRiskEvent,
  conditionId: string,
  numerators: readonly bigint[],
): NegRiskEvent {
  const isNews = event.questions.some(
    (one) => one.conditionId === conditionId && one.numerators.length === 0,
  );
  if (!isNews || numerators.length === 0) return event;
  const questions = event.questions.map((one) =>
    one.conditionId === conditionId ? { ...one, numerators } : one,
  );
  return { ...event, questions };
}

/** The tokens of an account that are of the event, besides one. */
export function othersOf(event: NegRiskEvent, account: string, token: string): readonly Member[] {
  return event.members.filter((one) => one.account === account && one.token !== token);
}

/** Keys of the account's other holdings of a fill's event; none of a fill that is not neg-risk. */
export function otherKeys(
  lookup: Lookup<Entity>,
  fill: FillConfirmed,
  partition: number,
): readonly string[] {
  const id = eventIdOf(fill);
  if (id === null) return noKeys;
  const event = lookup.get(eventKey(partition, id)) as NegRiskEvent | undefined;
  if (event === undefined) return noKeys;
  const others = othersOf(event, fill.account, fill.token_id);
  return others.map(({ account, token }) => holdingKey(account, token));
}

/**
 * Takes what a definition says of its event: questions, with what they pay where they are resolved,
 * the event of their tokens, and the holdings that were there before it. False where all of it was
 * known. A definition made from the columns of a file has no questions.
 */
export function defineEvent(places: Places, told: MarketDefined): boolean {
  const { neg_risk_market_id: id, questions } = told;
  if (id === null || questions.length === 0) return false;
  const { partition } = places;
  let isNews = false;
  const put = (at: string, entity: Entity): void => {
    isNews = true;
    places.put(at, entity);
  };
  const noting = { ...places, put };
  const key = eventKey(partition, id);
  const before = (places.get(key) ?? NEW_EVENT) as NegRiskEvent;
  let after = withQuestions(before, questions);
  for (const { condition_id: condition, yes_token_id: yes, no_token_id: no } of questions) {
    const market = (places.get(marketKey(partition, condition)) ?? NEW_MARKET) as Market;
    for (const { account, token } of market.members) after = joined(after, account, token);
    after = resolvedIn(after, condition, market.resolution?.numerators ?? []);
    const isListed = [yes, no].map((token) => listToken(noting, after, id, token));
    if (market.negRiskMarketId !== null || !isListed.includes(true)) continue;
    const listed = { negRiskMarketId: id, lastOffset: places.offset, updatedAt: told.recorded_at };
    put(marketKey(partition, condition), { ...market, ...listed });
  }
  if (after !== before) put(key, after);
  return isNews;
}

/** A token keeps the first event that lists it. False where it is of another, or of none. */
function listToken(places: Places, event: NegRiskEvent, id: string, token: string): boolean {
  const key = tokenKey(places.partition, token);
  const known = places.get(key) as Token | undefined;
  if (known === undefined || known.conditionId === null) return false;
  if (!placesOf(event.questions).has(token)) return false;
  if (known.negRiskMarketId !== null) return known.negRiskMarketId === id;
  places.put(key, { ...known, negRiskMarketId: id });
  return true;
}

/** What a question of the event pays from now on; nothing where no event lists the condition. */
export function resolveQuestion(
  places: Places,
  id: string | null,
  condition: string,
  numerators: readonly bigint[],
): void {
  if (id === null) return;
  const key = eventKey(places.partition, id);
  const before = places.get(key) as NegRiskEvent | undefined;
  if (before === undefined) return;
  const after = resolvedIn(before, condition, numerators);
  if (after !== before) places.put(key, after);
}

/** What a step looks up and puts. */
type Places = {
  readonly get: (key: string) => Entity | undefined;
  readonly put: (key: string, entity: Entity) => void;
  readonly partition: number;
  readonly offset: number;
};

/** A holding that a movement has made joins the event that lists its token. */
export function joinEvent(places: Places, account: string, token: string): void {
  const { partition } = places;
  const known = places.get(tokenKey(partition, token)) as Token | undefined;
  const id = known?.negRiskMarketId ?? null;
  if (id === null) return;
  const before = places.get(eventKey(partition, id)) as NegRiskEvent | undefined;
  if (before === undefined) return;
  const after = joined(before, account, token);
  if (after !== before) places.put(eventKey(partition, id), after);
}
