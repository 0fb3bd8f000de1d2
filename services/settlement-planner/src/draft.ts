/**
 * The plans of a partition while one event is folded: what is changed, which wallets are to be
 * planned anew, and the lines that this leaves. At the end it is a new `Plans` over the old one.
 */

import { type SettlementStatus } from '@polytraders/domain';
import { type LedgerEntry } from './entry.ts';
import { onShelf, type Shelf, withValue } from './shelf.ts';
import {
  type EndedJob,
  type Job,
  type Market,
  marketIdOf,
  type NegRiskEvent,
  pairKey,
  type Parameters,
  type Plans,
  type Position,
  type SlotState,
  type Unit,
  unitIdOf,
} from './state.ts';

/** What a line takes from the event that caused it. */
export type Cause = {
  readonly eventId: string;
  readonly correlationId: string;
  readonly effectiveAt: number;
  readonly recordedAt: number;
  readonly offset: number;
};

export type Draft = {
  plans: Plans;
  readonly cause: Cause;
  readonly lines: LedgerEntry[];
  readonly ended: EndedJob[];
  /** Units to plan anew, with the wallets to plan for. */
  readonly touched: Map<string, Set<string>>;
  /** Conditions of wallets whose status may be another one. */
  readonly restated: Map<string, { readonly account: string; readonly conditionId: string }>;
};

export function createDraft(plans: Plans, cause: Cause): Draft {
  return {
    plans,
    cause,
    lines: [],
    ended: [],
    touched: new Map(),
    restated: new Map(),
  };
}

export const marketOf = ({ plans }: Draft, conditionId: string): Market | undefined =>
  onShelf(plans.markets, conditionId);

/** The condition of a token, as a definition of it or of its event named it. */
export const conditionOf = ({ plans }: Draft, token: string): string | undefined =>
  onShelf(plans.tokens, token);

export const eventOf = ({ plans }: Draft, marketId: string): NegRiskEvent | undefined =>
  onShelf(plans.events, marketId);

export const unitOf = ({ plans }: Draft, unitId: string): Unit | undefined =>
  onShelf(plans.units, unitId);

export function positionOf(
  { plans }: Draft,
  account: string,
  conditionId: string,
): Position | undefined {
  return onShelf(plans.positions, pairKey(account, conditionId));
}

export function slotOf({ plans }: Draft, account: string, target: string): SlotState {
  const found = onShelf(plans.slots, pairKey(account, target));
  return found ?? { account, target, job: null, failures: null, withheld: null };
}

/** An open job of this id. */
export function openJob({ plans }: Draft, jobId: string): Job | null {
  const key = onShelf(plans.jobs, jobId);
  return key === undefined ? null : (onShelf(plans.slots, key)?.job ?? null);
}

export function putParameters(draft: Draft, parameters: Parameters): void {
  draft.plans = { ...draft.plans, parameters };
}

export function putEvent(draft: Draft, event: NegRiskEvent): void {
  const events = withValue(draft.plans.events, event.marketId, event);
  draft.plans = { ...draft.plans, events };
}

/** Stores the market, and moves it to the unit that it belongs to now, with its wallets. */
export function putMarket(draft: Draft, market: Market): void {
  const { conditionId } = market;
  const before = marketOf(draft, conditionId);
  const markets = withValue(draft.plans.markets, conditionId, market);
  const tokens = market.tokens.reduce(
    (all, token) => withValue(all, token, conditionId),
    draft.plans.tokens,
  );
  draft.plans = { ...draft.plans, markets, tokens };
  const unitId = unitIdOf(market);
  const old = before === undefined ? undefined : unitOf(draft, unitIdOf(before));
  if (old !== undefined && old.unitId !== unitId) {
    touchUnit(draft, old.unitId);
    leaveUnit(draft, old, conditionId);
  }
  joinUnit(draft, market, old?.unitId === unitId ? [] : (old?.accounts ?? []));
}

/** Stores the position, or takes it away where nothing is left to know of it. */
export function putPosition(draft: Draft, position: Position): void {
  const { account, conditionId, held, status } = position;
  const isOver = held.every(
    ({ total, free, doubts }) => total === 0n && free === 0n && doubts.length === 0,
  );
  // A market that is open is watched as long as a job or a share is there, one that is not until
  // its end was told.
  const isKnown = isOver && (status === 'redeemed' || status === 'open');
  const key = pairKey(account, conditionId);
  const positions = withValue(draft.plans.positions, key, isKnown ? undefined : position);
  draft.plans = { ...draft.plans, positions };
}

/** Stores the slot, or takes it away where it says nothing. */
export function putSlot(draft: Draft, slot: SlotState): void {
  const key = pairKey(slot.account, slot.target);
  const before = onShelf(draft.plans.slots, key)?.job ?? null;
  const isEmpty = slot.job === null && slot.failures === null && slot.withheld === null;
  const slots = withValue(draft.plans.slots, key, isEmpty ? undefined : slot);
  draft.plans = { ...draft.plans, slots, jobs: indexed(draft.plans.jobs, before, slot.job, key) };
}

/** Plans the wallet anew in the unit of the condition. */
export function touch(draft: Draft, account: string, conditionId: string): void {
  const market = marketOf(draft, conditionId);
  if (market === undefined) return;
  const unitId = unitIdOf(market);
  const unit = unitOf(draft, unitId);
  if (unit !== undefined && !unit.accounts.includes(account))
    putUnit(draft, { ...unit, accounts: [...unit.accounts, account].sort() });
  touchUnit(draft, unitId, account);
  restate(draft, account, conditionId);
}

/** Plans the wallets of the unit anew; all of them, or one. */
export function touchUnit(draft: Draft, unitId: string, account: string | null = null): void {
  const accounts = draft.touched.get(unitId) ?? new Set<string>();
  for (const one of account === null ? (unitOf(draft, unitId)?.accounts ?? []) : [account])
    accounts.add(one);
  draft.touched.set(unitId, accounts);
}

export function restate(draft: Draft, account: string, conditionId: string): void {
  draft.restated.set(pairKey(account, conditionId), { account, conditionId });
}

/** A line of this event: nothing of a job unless said. */
export function addLine(
  draft: Draft,
  said: Partial<LedgerEntry> & {
    readonly account: string;
    readonly line_kind: LedgerEntry['line_kind'];
    readonly market_status: SettlementStatus | null;
  },
): void {
  const { cause, plans } = draft;
  draft.lines.push({
    event_id: cause.eventId,
    correlation_id: cause.correlationId,
    effective_at: cause.effectiveAt,
    recorded_at: cause.recordedAt,
    condition_id: null,
    neg_risk_market_id: null,
    mode: plans.parameters.mode,
    job_id: null,
    kind: null,
    state: null,
    amount_shares: null,
    index_set: null,
    legs: '',
    gains: '',
    payout_pusd: null,
    fee_pusd: null,
    fee_bips: null,
    contract: null,
    calldata: null,
    claimed_by: null,
    tx_hash: null,
    paid_pusd: null,
    superseded_by: null,
    reason_code: null,
    failure_reason: null,
    ...said,
  });
}

function putUnit(draft: Draft, unit: Unit): void {
  const isEmpty = unit.conditions.length === 0;
  const units = withValue(draft.plans.units, unit.unitId, isEmpty ? undefined : unit);
  draft.plans = { ...draft.plans, units };
}

function leaveUnit(draft: Draft, unit: Unit, conditionId: string): void {
  const conditions = unit.conditions.filter((one) => one !== conditionId);
  putUnit(draft, { ...unit, conditions });
}

function joinUnit(draft: Draft, market: Market, accounts: readonly string[]): void {
  const unitId = unitIdOf(market);
  const marketId = marketIdOf(market);
  const unit = unitOf(draft, unitId) ?? { unitId, marketId, conditions: [], accounts: [] };
  const all = [...new Set([...unit.accounts, ...accounts])].sort();
  if (unit.conditions.includes(market.conditionId) && all.length === unit.accounts.length) return;
  const conditions = [...new Set([...unit.conditions, market.conditionId])].sort(
    byQuestion(draft.plans.markets),
  );
  putUnit(draft, { ...unit, conditions, accounts: all });
}

/** By place in the event, then by id. */
export function byQuestion(markets: Shelf<Market>): (a: string, b: string) => number {
  return (a, b) => {
    const one = onShelf(markets, a)?.questionIndex ?? -1;
    const other = onShelf(markets, b)?.questionIndex ?? -1;
    if (one !== other) return one - other;
    return a < b ? -1 : 1;
  };
}

function indexed(
  jobs: Shelf<string>,
  before: Job | null,
  after: Job | null,
  key: string,
): Shelf<string> {
  if (before?.jobId === after?.jobId) return jobs;
  const without = before === null ? jobs : withValue(jobs, before.jobId, undefined);
  return after === null ? without : withValue(without, after.jobId, key);
}
