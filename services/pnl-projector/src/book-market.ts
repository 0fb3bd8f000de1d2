/**
 * What is known of markets, and what a resolution does to every book of a condition (rule B11).
 *
 * MarketDefined tells which tokens a condition has, and finds the holdings of them that were kept
 * without a condition. MarketResolved stands on every partition; the partition's index of the
 * condition's holdings finds those that it has to settle. A definition that comes after its
 * resolution settles what could not be settled for want of it.
 */

import {
  type MarketDefined,
  type MarketResolved,
  type MarketStatusChanged,
  type SettlementJobClaimed,
} from '@polytraders/contracts';
import { bookResolution } from '@polytraders/domain';
import { type Lookup, type Step } from '@polytraders/stream';
import { botBooks } from './book-movement.ts';
import { checkAccount, type Desk, type Facts, markBooks, openDesk, post } from './desk.ts';
import {
  type Claim,
  claimKey,
  type Entity,
  type Holding,
  holdingKey,
  type Market,
  marketKey,
  NEW_MARKET,
  NEW_TOKEN,
  type Resolution,
  type Token,
  tokenKey,
} from './entities.ts';
import { type LedgerEntry } from './entry.ts';
import { defineEvent, resolveQuestion } from './neg-risk-event.ts';
import { marked, settledOf, withMember } from './placing.ts';

type PnlStep = Step<Entity, LedgerEntry>;

/** The tokens of a condition; the holdings that wait for it take it. */
export function defineMarket(
  state: Lookup<Entity>,
  event: MarketDefined,
  partition: number,
  offset: number,
): PnlStep {
  const key = marketKey(partition, event.condition_id);
  const before = (state.get(key) ?? NEW_MARKET) as Market;
  const tokens = event.tokens.map((one) => one.token_id);
  const isKnown = before.tokens.length > 0;
  const isSame = isKnown && tokens.join() === before.tokens.join();
  const desk = openDesk(state, partition, offset, marketFacts(event, event.effective_at));
  if (isKnown && !isSame && !before.synthesised) {
    if (event.synthesised) return { outcome: 'ignored', because: 'market that is known' };
    desk.doubt('MARKET_DEFINITION_DIFFERS');
    markMembers(desk, before, 'GOV_MOVEMENT_DISAGREES');
    return desk.outcome();
  }
  const status = before.resolution === null ? event.status : before.status;
  const negRiskMarketId = event.neg_risk_market_id ?? before.negRiskMarketId;
  const isNews =
    !isSame ||
    status !== before.status ||
    negRiskMarketId !== before.negRiskMarketId ||
    event.synthesised !== before.synthesised;
  const others = event.questions.filter((one) => one.condition_id !== event.condition_id);
  const isPlaced = others.map((one) => placeQuestion(desk, one)).includes(true);
  if (!isNews) {
    const isDefined = defineEvent(desk, event);
    if (isPlaced || isDefined) return desk.outcome();
    return { outcome: 'ignored', because: 'market that is known' };
  }
  let market: Market = {
    ...before,
    tokens,
    synthesised: event.synthesised,
    negRiskMarketId,
    status,
    lastOffset: offset,
    updatedAt: event.recorded_at,
  };
  for (const token of tokens) market = takeWaiting(desk, event.condition_id, market, token);
  desk.put(key, market);
  defineEvent(desk, event);
  settleMembers(desk, event.condition_id, market);
  return desk.outcome();
}

/** Where a market stands, as far as the partition has anything of it. */
export function changeStatus(
  state: Lookup<Entity>,
  event: MarketStatusChanged,
  partition: number,
  offset: number,
): PnlStep {
  const key = marketKey(partition, event.condition_id);
  const before = state.get(key) as Market | undefined;
  if (before === undefined) return { outcome: 'ignored', because: 'market of nobody here' };
  if (before.status === event.status || before.resolution !== null)
    return { outcome: 'ignored', because: 'market that is known' };
  const { status, recorded_at: updatedAt } = event;
  const entity: Market = { ...before, status, lastOffset: offset, updatedAt };
  return { outcome: 'applied', puts: [{ key, entity }], entries: [] };
}

/** Every lot of the condition is realised against its payout and re-based. */
export function resolveMarket(
  state: Lookup<Entity>,
  event: MarketResolved,
  partition: number,
  offset: number,
): PnlStep {
  const key = marketKey(partition, event.condition_id);
  const before = (state.get(key) ?? NEW_MARKET) as Market;
  const desk = openDesk(state, partition, offset, marketFacts(event, event.block_time));
  const numerators = numeratorsOf(event.payout_numerators);
  if (numerators === null) {
    desk.doubt('RESOLUTION_UNREADABLE');
    for (const { account, token } of before.members) markOutcome(desk, account, token);
    return desk.outcome();
  }
  if (before.resolution !== null) {
    if (before.resolution.numerators.join() === numerators.join())
      return { outcome: 'ignored', because: 'resolution that is known' };
    desk.doubt('RESOLUTION_CONFLICT');
    markMembers(desk, before, 'GOV_MOVEMENT_DISAGREES');
    return desk.outcome();
  }
  const resolution: Resolution = { numerators, resolvedAt: event.block_time, offset };
  const market: Market = {
    ...before,
    status: 'RESOLVED',
    resolution,
    lastOffset: offset,
    updatedAt: event.recorded_at,
  };
  desk.put(key, market);
  resolveQuestion(desk, market.negRiskMarketId, event.condition_id, numerators);
  settleMembers(desk, event.condition_id, market);
  return desk.outcome();
}

/** Remembers who carries out a job, for the bot of what its transaction brings. */
export function claimJob(
  state: Lookup<Entity>,
  event: SettlementJobClaimed,
  partition: number,
  offset: number,
): PnlStep {
  checkAccount(event.account, partition);
  const key = claimKey(event.account, event.tx_hash);
  const before = state.get(key) as Claim | undefined;
  if (before?.jobId === event.job_id && before.claimedBy === event.claimed_by)
    return { outcome: 'ignored', because: 'claim that is known' };
  const entity: Claim = {
    kind: 'claim',
    jobId: event.job_id,
    claimedBy: event.claimed_by,
    lastOffset: offset,
    updatedAt: event.recorded_at,
  };
  return { outcome: 'applied', puts: [{ key, entity }], entries: [] };
}

/**
 * The tokens of another question of the event: a conversion gives YES of questions that nobody has
 * traded, and whose own definition no partition has. False where they were known.
 */
function placeQuestion(desk: Desk, question: MarketDefined['questions'][number]): boolean {
  const { condition_id: condition, yes_token_id: yes, no_token_id: no } = question;
  const fresh = [yes, no].filter((token) => {
    const known = desk.get(tokenKey(desk.partition, token)) as Token | undefined;
    return known === undefined || known.conditionId === null;
  });
  if (fresh.length === 0) return false;
  const key = marketKey(desk.partition, condition);
  const before = (desk.get(key) ?? NEW_MARKET) as Market;
  const market = fresh.reduce((grown, one) => takeWaiting(desk, condition, grown, one), before);
  if (market !== before) desk.put(key, market);
  settleMembers(desk, condition, market);
  return true;
}

/** The token is of this condition; whoever held it without one becomes a member. */
function takeWaiting(desk: Desk, condition: string, market: Market, token: string): Market {
  const key = tokenKey(desk.partition, token);
  const before = (desk.get(key) ?? NEW_TOKEN) as Token;
  desk.put(key, { ...before, conditionId: condition, accounts: [] });
  return before.accounts.reduce((grown, account) => {
    const name = holdingKey(account, token);
    const holding = desk.get(name) as Holding | undefined;
    if (holding === undefined) return grown;
    desk.put(name, { ...holding, conditionId: condition });
    return withMember(grown, account, token);
  }, market);
}

/** Settles the members that are not settled, where the market is resolved. */
function settleMembers(desk: Desk, condition: string, market: Market): void {
  const { resolution } = market;
  if (resolution === null) return;
  // Final since its resolution, whichever event brought what was missing.
  const settling: Desk = { ...desk, facts: { ...desk.facts, finalAt: resolution.resolvedAt } };
  for (const { account, token } of market.members) {
    const key = holdingKey(account, token);
    const holding = desk.get(key) as Holding | undefined;
    if (holding === undefined) continue;
    const { settled, mark } = settledOf(market, condition, token);
    const known = mark === null ? holding : marked(holding, mark);
    if (known !== holding) desk.put(key, known);
    if (settled === null) desk.doubt('OUTCOME_UNKNOWN');
    if (holding.settled !== null || settled === null) continue;
    // What is re-based now is re-based up to here, also where the resolution came before.
    const isHere = { ...settled, offset: desk.offset };
    const marks = known.marks.filter((one) => one !== 'GOV_OUTCOME_UNKNOWN');
    desk.put(key, { ...known, settled: isHere, marks });
    for (const posting of bookResolution(botBooks(holding), settled.payout))
      post(settling, 'RESOLVE', account, token, posting);
  }
}

/** Nobody knows what the token pays: each of its books says so, later ones too. */
function markOutcome(desk: Desk, account: string, token: string): void {
  const key = holdingKey(account, token);
  const holding = desk.get(key) as Holding | undefined;
  if (holding !== undefined) desk.put(key, marked(holding, 'GOV_OUTCOME_UNKNOWN'));
}

function markMembers(desk: Desk, market: Market, reason: string): void {
  for (const { account, token } of market.members) markBooks(desk, account, token, reason);
}

/** uint256 in decimal, one at least of them above 0; null where they cannot be read. */
export function numeratorsOf(texts: readonly string[]): readonly bigint[] | null {
  if (!texts.every((text) => /^\d{1,78}$/.test(text))) return null;
  const numerators = texts.map(BigInt);
  return numerators.some((one) => one > 0n) ? numerators : null;
}

function marketFacts(event: MarketDefined | MarketResolved, finalAt: number): Facts {
  const isResolved = 'block_time' in event;
  return {
    eventId: event.event_id,
    correlationId: event.correlation_id,
    effectiveAt: event.effective_at,
    recordedAt: event.recorded_at,
    finalAt,
    conditionId: event.condition_id,
    negRisk: null,
    detail: null,
    source: event.source,
    txHash: isResolved ? event.tx_hash : null,
    blockNumber: isResolved ? event.block_number : null,
    logIndex: isResolved ? event.log_index : null,
  };
}
