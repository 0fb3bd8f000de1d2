/**
 * Plans of the wallets that an event has touched: what `nextActions` says becomes jobs, superseded
 * jobs, and reasons why nothing is planned. Whatever the event was, this is the only place where a
 * job begins, so that a job is never of an inventory that has passed.
 */

import {
  type Action,
  fingerprintOf,
  nextActions,
  type Plan,
  type PlanQuestion,
  type PlanUnit,
  type Slot,
  type SupersededBecause,
  type Withheld,
} from '@polytraders/domain';
import { id as hashOfText } from 'ethers';
import { calldataOf, callOf } from './calldata.ts';
import { type CallTarget, callTargetOf } from './call-targets.ts';
import { type Draft, eventOf, marketOf, positionOf, putSlot, slotOf, unitOf } from './draft.ts';
import { endJob, jobLine } from './jobs.ts';
import { nothingHeld } from './markets.ts';
import { allOf } from './shelf.ts';
import { restatePosition } from './standing.ts';
import { type Job, type SlotState, type Unit } from './state.ts';

const JOB_ID_DIGITS = 32;
const NO_CONTRACT = '';
/** An open job was told again, because of another mode. */
export const MODE_CHANGED = 'GOV_SETTLEMENT_MODE_CHANGED';

export const SUPERSEDED_CODES: Readonly<Record<SupersededBecause, string>> = {
  VOID: 'GOV_SETTLEMENT_JOB_VOID',
  BETTER_PLAN: 'GOV_SETTLEMENT_BETTER_PLAN',
};

/** Says where markets stand for wallets, then plans all that were touched, unit by unit. */
export function planTouched(draft: Draft): void {
  for (const { account, conditionId } of draft.restated.values())
    restatePosition(draft, account, conditionId);
  for (const [unitId, accounts] of [...draft.touched].sort(byKey)) {
    const unit = unitOf(draft, unitId);
    for (const account of [...accounts].sort())
      if (unit === undefined) leave(draft, account, unitId);
      else planWallet(draft, unit, account);
  }
}

/** An event that has no question left: they are of another, and what was to be converted there. */
function leave(draft: Draft, account: string, unitId: string): void {
  const { job } = slotOf(draft, account, unitId);
  if (job?.plan.kind !== 'CONVERT') return;
  if (job.state === 'queued')
    endJob(draft, job, 'superseded', { reason_code: SUPERSEDED_CODES.VOID });
  withhold(draft, account, unitId, []);
}

/**
 * Open jobs as they stand, in another mode: those that nobody was told of, or that were held, go
 * out now, and those that are out are held. What this event has made went out with it.
 */
export function republish(draft: Draft): void {
  for (const [, { job }] of allOf(draft.plans.slots))
    if (job !== null && job.plannedOffset !== draft.cause.offset)
      jobLine(draft, job, job.state, { reason_code: MODE_CHANGED });
}

function planWallet(draft: Draft, unit: Unit, account: string): void {
  const target = targetOf(draft, unit);
  const planUnit = planUnitOf(draft, unit, account, target?.contract ?? NO_CONTRACT);
  const targets = [...unit.conditions, ...(unit.marketId === null ? [] : [unit.marketId])];
  const slots = new Map(targets.map((one): [string, Slot] => [one, slotOf(draft, account, one)]));
  const { actions, withheld } = nextActions(planUnit, slots);
  for (const action of actions) act(draft, account, action, target);
  for (const one of targets) withhold(draft, account, one, withheld);
}

function act(draft: Draft, account: string, action: Action, to: CallTarget | null): void {
  const slot = slotOf(draft, account, action.target);
  const before = slot.job;
  if (action.action === 'supersede') {
    if (before !== null)
      endJob(draft, before, 'superseded', { reason_code: SUPERSEDED_CODES.VOID });
    return;
  }
  if (to === null) return;
  const job = jobOf(draft, account, action.target, action.plan, to);
  if (before !== null) {
    const reason_code = SUPERSEDED_CODES[action.because ?? 'VOID'];
    endJob(draft, before, 'superseded', { reason_code, superseded_by: job.jobId });
  }
  putSlot(draft, { ...slotOf(draft, account, action.target), job });
  jobLine(draft, job, 'queued', {});
}

/** The id derives from what the job does and the event that made it: a replay makes the same. */
function jobOf(draft: Draft, account: string, target: string, plan: Plan, to: CallTarget): Job {
  const { eventId, correlationId, offset } = draft.cause;
  const digest = hashOfText([account, fingerprintOf(plan), eventId].join('|'));
  return {
    jobId: `job_${digest.slice(2, 2 + JOB_ID_DIGITS)}`,
    state: 'queued',
    plan,
    account,
    target,
    calldata: calldataOf(to, callOf(plan)),
    txHash: null,
    claimedBy: null,
    correlationId,
    plannedOffset: offset,
  };
}

function withhold(
  draft: Draft,
  account: string,
  target: string,
  withheld: readonly Withheld[],
): void {
  const found = withheld.find((one) => one.target === target);
  const slot = slotOf(draft, account, target);
  const is = found === undefined ? null : { kind: found.kind, code: found.code };
  if (is?.code === slot.withheld?.code && is?.kind === slot.withheld?.kind) return;
  putSlot(draft, { ...slot, withheld: is } satisfies SlotState);
}

/** What the unit's jobs call; null where that is not known, and then nothing is planned. */
function targetOf(draft: Draft, unit: Unit): CallTarget | null {
  const collateral = marketOf(draft, unit.conditions[0] ?? '')?.collateral ?? null;
  if (collateral === null) return null;
  const { addresses } = draft.plans.parameters;
  return callTargetOf(collateral, draft.cause.recordedAt, addresses);
}

function planUnitOf(draft: Draft, unit: Unit, account: string, contract: string): PlanUnit {
  const { marketId } = unit;
  const event = marketId === null ? undefined : eventOf(draft, marketId);
  const feeBips = event?.feeBips ?? draft.plans.parameters.negRiskFeeBips;
  return {
    contract,
    negRisk:
      marketId === null ? null : { marketId, questionCount: event?.questionCount ?? 0, feeBips },
    questions: unit.conditions.flatMap((conditionId): readonly PlanQuestion[] => {
      const market = marketOf(draft, conditionId);
      if (market === undefined) return [];
      const { held } = positionOf(draft, account, conditionId) ?? nothingHeld(account, market);
      const { questionIndex, numerators } = market;
      return [{ conditionId, questionIndex, held, numerators }];
    }),
  };
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
