/**
 * What each event of the log does to the plans: the inventory is folded with the reserver's own
 * fold, what it changed of tokens is taken over, jobs are claimed, failed and closed, and all
 * wallets that were touched are planned anew.
 *
 * An event at a place that was folded before is a repetition and does nothing, also where it has
 * no identity to be known by.
 */

import { type LedgerEvent, type ParametersChanged } from '@polytraders/contracts';
import {
  FEE_JUDGE,
  foldInventory,
  INVENTORY_IGNORED,
  INVENTORY_QUARANTINED,
  type InventoryFold,
  type InventoryPut,
  type Movement,
} from '@polytraders/domain';
import { type PusdMicros, type ShareMicros } from '@polytraders/money';
import { type Lookup, type Put, type Recorded, type Step } from '@polytraders/stream';
import { addLine, createDraft, type Draft, putParameters, putSlot, touchUnit } from './draft.ts';
import { type LedgerEntry } from './entry.ts';
import { identify } from './identity.ts';
import { inventoryEventOf, inventoryLookup } from './inventory.ts';
import {
  claim,
  CLAIMED_BEFORE,
  closeByChain,
  ENDED_BEFORE,
  fail,
  type JobVerdict,
  REFUSALS,
} from './jobs.ts';
import { define, hold, learnFee, resolve, tell } from './markets.ts';
import { changeParameters, withFeeCap } from './parameters.ts';
import { planTouched, republish } from './planning.ts';
import { allOf } from './shelf.ts';
import { endedKey, type EndedJob, type Entity, NO_PLANS, type Plans, plansKey } from './state.ts';
import { PROCESSOR_ID } from './version.ts';

export type PlannerStep = Step<Entity, LedgerEntry>;

const REPEATED = 'folded before';
const NOT_OURS = 'nothing to plan with';

/** Why an event was ignored or quarantined. */
export const CAUSES: readonly string[] = [
  REPEATED,
  NOT_OURS,
  CLAIMED_BEFORE,
  ENDED_BEFORE,
  ...INVENTORY_IGNORED,
  ...INVENTORY_QUARANTINED,
  ...REFUSALS,
  'PARAMETERS_UNREADABLE',
];

/** Folds one event. Total over the events of the log; an event it does not know stops it. */
export function step(state: Lookup<Entity>, input: Recorded<LedgerEvent>): PlannerStep {
  const { event, partition, offset } = input;
  const key = plansKey(partition);
  const before = (state.get(key) ?? NO_PLANS) as Plans;
  if (offset < before.nextOffset) return { outcome: 'ignored', because: REPEATED };
  const draft = createDraft(before, {
    eventId: event.value.event_id,
    correlationId: event.value.correlation_id,
    effectiveAt: event.value.effective_at,
    recordedAt: event.value.recorded_at,
    offset,
  });
  const { exchangeBpsMax } = before.parameters;
  const inventory = foldInventoryOf(state, event, partition, exchangeBpsMax);
  const verdict = apply(draft, event, state);
  if (inventory?.outcome === 'applied')
    for (const change of inventory.changes)
      if (change.kind === 'balance') hold(draft, change.balance);
  // What the movement left is held by now: the end of a job says where its market stands then.
  if (isClosing(event)) closeBy(draft, event);
  planTouched(draft);
  if (draft.plans.parameters.mode !== before.parameters.mode) republish(draft);
  return stepOf(event, key, before, draft, inventory, verdict);
}

function foldInventoryOf(
  state: Lookup<Entity>,
  event: LedgerEvent,
  partition: number,
  exchangeBpsMax: number,
): InventoryFold | null {
  const folded = inventoryEventOf(event);
  if (folded === null) return null;
  return foldInventory(inventoryLookup(state), folded, partition, undefined, exchangeBpsMax);
}

/** What the event says to the plans besides its inventory. Null where it says nothing. */
function apply(draft: Draft, event: LedgerEvent, state: Lookup<Entity>): Verdict {
  switch (event.type) {
    case 'MarketDefined':
      define(draft, event.value);
      return 'applied';
    case 'MarketStatusChanged':
      return tell(draft, event.value.condition_id, event.value.status) ? 'applied' : null;
    case 'MarketResolved':
      return resolve(draft, event.value) ? 'applied' : null;
    case 'SettlementJobClaimed':
      return claim(draft, event.value, endedJob(state, event.value.job_id));
    case 'SettlementJobFailed':
      return fail(draft, event.value, endedJob(state, event.value.job_id));
    case 'ParametersChanged':
      if (event.value.processor === PROCESSOR_ID) return change(draft, event.value);
      return event.value.processor === FEE_JUDGE ? changeFeeCap(draft, event.value) : null;
    default:
      return null;
  }
}

type Verdict = JobVerdict | { readonly quarantined: 'PARAMETERS_UNREADABLE' } | null;

type Closing = Extract<
  LedgerEvent,
  { readonly type: 'PositionsMerged' | 'PositionsRedeemed' | 'PositionsConverted' }
>;

function isClosing(event: LedgerEvent): event is Closing {
  const { type } = event;
  return (
    type === 'PositionsMerged' || type === 'PositionsRedeemed' || type === 'PositionsConverted'
  );
}

function closeBy(draft: Draft, event: Closing): void {
  const { account, job_id: jobId, tx_hash: txHash } = event.value;
  const end = (moved: Omit<Movement, 'jobId' | 'txHash'>, paid: PusdMicros): void => {
    closeByChain(draft, account, { ...moved, jobId, txHash }, paid);
  };
  if (event.type === 'PositionsConverted') {
    const { neg_risk_market_id: target, index_set: indexSet, legs_out: out } = event.value;
    const { fee_bips: feeBips, question_count: count, payout_pusd: paid } = event.value;
    learnFee(draft, target, feeBips, count);
    end({ kind: 'CONVERT', target, indexSet: BigInt(indexSet), legs: out.map(legOf) }, paid);
    return;
  }
  const { condition_id: target, legs } = event.value;
  const isMerge = event.type === 'PositionsMerged';
  const paid = isMerge ? event.value.amount_pusd : event.value.payout_pusd;
  end({ kind: isMerge ? 'MERGE' : 'REDEEM', target, indexSet: 0n, legs: legs.map(legOf) }, paid);
}

type WireLeg = { readonly token_id: string; readonly quantity_shares: ShareMicros };

function legOf(leg: WireLeg): Movement['legs'][number] {
  return { tokenId: leg.token_id, quantity: leg.quantity_shares };
}

/**
 * Everything is planned anew: the addresses or the fee may be others. What has failed as often as
 * it may is tried again, too: that is how an operator says that its cause is mended.
 */
function change(draft: Draft, event: ParametersChanged): Verdict {
  const { parameters, unreadable } = changeParameters(draft.plans.parameters, event);
  putParameters(draft, parameters);
  for (const [, slot] of allOf(draft.plans.slots))
    if (slot.failures !== null) putSlot(draft, { ...slot, failures: null });
  for (const [unitId] of allOf(draft.plans.units)) touchUnit(draft, unitId);
  return unreadable.length === 0 ? 'applied' : { quarantined: 'PARAMETERS_UNREADABLE' };
}

/** What a release may move follows from it (inventory); no plan does. */
function changeFeeCap(draft: Draft, event: ParametersChanged): Verdict {
  const before = draft.plans.parameters;
  const after = withFeeCap(before, event);
  if (after === before) return null;
  putParameters(draft, after);
  return 'applied';
}

function endedJob(state: Lookup<Entity>, jobId: string): EndedJob | undefined {
  const found = state.get(endedKey(jobId));
  return found?.kind === 'ended' ? found : undefined;
}

function stepOf(
  event: LedgerEvent,
  key: string,
  before: Plans,
  draft: Draft,
  inventory: InventoryFold | null,
  verdict: Verdict,
): PlannerStep {
  const moved: readonly InventoryPut[] = inventory?.outcome === 'applied' ? inventory.puts : [];
  const because = quarantinedBecause(inventory, verdict);
  const isChanged = draft.plans !== before || moved.length > 0 || draft.lines.length > 0;
  if (!isChanged && because === null)
    return { outcome: 'ignored', because: ignoredBecause(inventory, verdict) };
  if (draft.lines.length === 0 && identify(event) !== null && 'account' in event.value)
    addLine(draft, { account: event.value.account, line_kind: 'SEEN', market_status: null });
  const nextOffset = draft.cause.offset + 1;
  const puts: Put<Entity>[] = [{ key, entity: { ...draft.plans, nextOffset } }, ...moved];
  // An end is written once and never looked up before, so that no event needs to name its key.
  for (const ended of draft.ended) puts.push({ key: endedKey(ended.jobId), entity: ended });
  if (because !== null) return { outcome: 'quarantined', because, puts, entries: draft.lines };
  return { outcome: 'applied', puts, entries: draft.lines };
}

function quarantinedBecause(inventory: InventoryFold | null, verdict: Verdict): string | null {
  if (verdict !== null && verdict !== 'applied' && 'quarantined' in verdict)
    return verdict.quarantined;
  return inventory?.outcome === 'quarantined' ? inventory.because : null;
}

function ignoredBecause(inventory: InventoryFold | null, verdict: Verdict): string {
  if (verdict !== null && verdict !== 'applied' && 'ignored' in verdict) return verdict.ignored;
  return inventory?.outcome === 'ignored' ? inventory.because : NOT_OURS;
}
