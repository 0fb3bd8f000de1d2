/**
 * What the log says of markets, and what of it the planner believes: the two tokens of a condition
 * and their collateral are derived from the ids (B5), so that a definition that is missing, comes
 * from a file or says the opposite cannot make a job call the wrong contract.
 */

import { type MarketDefined, type MarketResolved } from '@polytraders/contracts';
import {
  type InventoryBalance,
  freeOf,
  type HeldToken,
  incompleteOf,
  isPaperAccount,
  type ToldStatus,
} from '@polytraders/domain';
import { shares } from '@polytraders/money';
import { derivedPair } from './call-targets.ts';
import {
  conditionOf,
  type Draft,
  eventOf,
  marketOf,
  positionOf,
  putEvent,
  putMarket,
  putPosition,
  restate,
  touch,
  touchUnit,
  unitOf,
} from './draft.ts';
import { type Market, type Position, unitIdOf } from './state.ts';

/** Token ids prove nothing about their contract. */
export const KIND_UNKNOWN = 'GOV_NEGRISK_UNKNOWN';

/** Reasons of the inventory for which a quantity is not what it says. Others leave it as it is. */
const QUANTITY_DOUBTS: readonly string[] = ['GOV_ACCOUNT_INCOMPLETE', 'GOV_WALLET_OVERSOLD'];

/** A definition: the market itself, and the other questions of its event that it names. */
export function define(draft: Draft, defined: MarketDefined): void {
  const { condition_id: conditionId, questions } = defined;
  const marketId = eventIdOf(defined.neg_risk_market_id);
  if (marketId !== null && questions.length > 0) {
    const event = eventOf(draft, marketId);
    const places = questions.map((question) => question.question_index + 1);
    const questionCount = Math.max(event?.questionCount ?? 0, ...places);
    const feeBips = event?.feeBips ?? null;
    if (event?.questionCount !== questionCount)
      putEvent(draft, { marketId, questionCount, feeBips });
  }
  for (const question of questions) {
    const place = { negRiskMarketId: marketId, questionIndex: question.question_index };
    const tokens = [question.yes_token_id, question.no_token_id];
    learn(draft, question.condition_id, tokens, place);
  }
  const own = questions.find((question) => question.condition_id === conditionId);
  const place = { negRiskMarketId: marketId, questionIndex: own?.question_index ?? null };
  const named = defined.tokens.map(({ token_id }) => token_id);
  const market = learn(draft, conditionId, named, place);
  if (defined.status !== 'RESOLVED') tell(draft, conditionId, defined.status);
  touchUnit(draft, unitIdOf(market));
}

/** The id of an event as calls take it: 32 bytes. Anything else is none. */
function eventIdOf(given: string | null): string | null {
  const id = given?.toLowerCase() ?? '';
  return /^0x[0-9a-f]{64}$/.test(id) ? id : null;
}

/** Where the market stands, as long as it is not resolved. */
export function tell(draft: Draft, conditionId: string, told: ToldStatus): boolean {
  const market = marketOf(draft, conditionId) ?? newMarket(conditionId);
  if (market.told === told) return false;
  putMarket(draft, { ...market, told });
  restateAll(draft, conditionId);
  return true;
}

/** The resolution, which is final: a second one of the same condition changes nothing. */
export function resolve(draft: Draft, resolved: MarketResolved): boolean {
  const { condition_id: conditionId } = resolved;
  const market = marketOf(draft, conditionId) ?? newMarket(conditionId);
  if (market.numerators !== null) return false;
  putMarket(draft, { ...market, numerators: resolved.payout_numerators.map(BigInt) });
  touchUnit(draft, unitIdOf(market));
  restateAll(draft, conditionId);
  return true;
}

/** The fee of an event, as a conversion on the chain paid it. */
export function learnFee(draft: Draft, marketId: string, feeBips: number, count: number): void {
  const event = eventOf(draft, marketId) ?? { marketId, questionCount: 0, feeBips: null };
  const questionCount = Math.max(event.questionCount, count);
  if (event.feeBips === feeBips && event.questionCount === questionCount) return;
  putEvent(draft, { marketId, questionCount, feeBips });
  touchUnit(draft, marketId);
}

/** A balance of a token as it is now. Paper holds nothing that a transaction could move. */
export function hold(draft: Draft, balance: InventoryBalance): void {
  const { account, token } = balance;
  if (token === null || isPaperAccount(account)) return;
  // YES that a conversion gave may be of a question that only its event's definition has named.
  const conditionId = balance.conditionId ?? conditionOf(draft, token);
  if (conditionId === undefined) return;
  const market = learn(draft, conditionId, [token], { negRiskMarketId: null, questionIndex: null });
  const outcome = market.tokens.indexOf(token);
  if (outcome !== 0 && outcome !== 1) return;
  const position = positionOf(draft, account, conditionId) ?? nothingHeld(account, market);
  const [yes, no] = position.held;
  const held = heldOf(market, token, balance);
  putPosition(draft, { ...position, held: outcome === 0 ? [held, no] : [yes, held] });
  touch(draft, account, conditionId);
}

/** A wallet that holds nothing of the market. */
export function nothingHeld(account: string, market: Market): Position {
  const [yes = '', no = ''] = market.tokens;
  const none = shares(0n);
  const empty = (tokenId: string): HeldToken => ({ tokenId, free: none, total: none, doubts: [] });
  const { conditionId } = market;
  return { account, conditionId, held: [empty(yes), empty(no)], status: 'open' };
}

type Place = Pick<Market, 'negRiskMarketId' | 'questionIndex'>;

/** The market with what these words add to it; what was known is never taken back. */
function learn(draft: Draft, conditionId: string, named: readonly string[], place: Place): Market {
  const before = marketOf(draft, conditionId) ?? newMarket(conditionId);
  const pair =
    before.collateral === null ? pairAmong(conditionId, [...named, ...before.tokens]) : null;
  const after: Market = {
    ...before,
    collateral: pair?.collateral ?? before.collateral,
    tokens: pair?.tokens ?? (before.collateral === null ? joined(before, named) : before.tokens),
    negRiskMarketId: place.negRiskMarketId ?? before.negRiskMarketId,
    questionIndex: place.questionIndex ?? before.questionIndex,
  };
  if (!isSame(before, after) || marketOf(draft, conditionId) === undefined) putMarket(draft, after);
  if (after.tokens.join() !== before.tokens.join()) renameHeld(draft, after);
  return after;
}

function pairAmong(conditionId: string, tokens: readonly string[]) {
  for (const token of tokens) {
    const pair = derivedPair(conditionId, token);
    if (pair !== null) return pair;
  }
  return null;
}

/** Where nothing is derived, the first two tokens that were named. */
function joined(before: Market, named: readonly string[]): readonly string[] {
  const all = [...new Set([...before.tokens, ...named])];
  return all.length === before.tokens.length ? before.tokens : all.slice(0, 2);
}

function isSame(a: Market, b: Market): boolean {
  return (
    a.collateral === b.collateral &&
    a.tokens === b.tokens &&
    a.negRiskMarketId === b.negRiskMarketId &&
    a.questionIndex === b.questionIndex
  );
}

/** Positions keep their quantities by token where the tokens of a market are known better. */
function renameHeld(draft: Draft, market: Market): void {
  for (const account of unitOf(draft, unitIdOf(market))?.accounts ?? []) {
    const position = positionOf(draft, account, market.conditionId);
    if (position === undefined) continue;
    const [yes, no] = nothingHeld(account, market).held;
    const named = (empty: HeldToken): HeldToken => {
      const found = position.held.find(({ tokenId }) => tokenId === empty.tokenId);
      return found === undefined ? empty : withKind(market, found);
    };
    putPosition(draft, { ...position, held: [named(yes), named(no)] });
    restate(draft, account, market.conditionId);
  }
}

function heldOf(market: Market, tokenId: string, balance: InventoryBalance): HeldToken {
  const doubts = incompleteOf(balance).filter((code) => QUANTITY_DOUBTS.includes(code));
  const free = shares(freeOf(balance));
  return withKind(market, { tokenId, free, total: shares(balance.total), doubts });
}

/** Of a token whose contract is not known nothing may be planned. */
function withKind({ collateral }: Market, held: HeldToken): HeldToken {
  const others = held.doubts.filter((code) => code !== KIND_UNKNOWN);
  const isUnknown = collateral === null && (held.total !== 0n || held.free !== 0n);
  return { ...held, doubts: isUnknown ? [KIND_UNKNOWN, ...others] : others };
}

function newMarket(conditionId: string): Market {
  return {
    conditionId,
    collateral: null,
    tokens: [],
    negRiskMarketId: null,
    questionIndex: null,
    told: 'OPEN',
    numerators: null,
  };
}

function restateAll(draft: Draft, conditionId: string): void {
  const market = marketOf(draft, conditionId);
  const accounts = market === undefined ? [] : (unitOf(draft, unitIdOf(market))?.accounts ?? []);
  for (const account of accounts)
    if (positionOf(draft, account, conditionId) !== undefined) restate(draft, account, conditionId);
}
