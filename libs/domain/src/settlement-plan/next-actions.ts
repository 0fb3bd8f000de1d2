/**
 * Which plans become jobs, and when a job gives way to another (rule B11). A process manager as a
 * function of what is there: `nextActions(unit, slots)` says what to queue and what to supersede.
 *
 *   nothing ──plan──▶ queued ──claim──▶ running ──the chain's event──▶ done
 *                       │                  └──────executor gives up──▶ failed ──▶ planned anew
 *                       └──void, or worth much more by now──▶ superseded (by another, or by none)
 *
 * One job at a time for each target: a condition, or a negative-risk market for a conversion.
 * A running job is never touched: its transaction is on its way, its shares are taken.
 * A queued job stays as it was published while (a) it can still be done to the last share, and
 * (b) what could be done instead frees less than a tenth more. A desk that trades all day would
 * otherwise replace each job before anybody has claimed it. A redemption takes all shares of its
 * condition, so any other number of them makes it void.
 * A plan that has failed three times is not planned again until it would do something else.
 */

import { divideCeil } from '@polytraders/money';
import {
  availableOf,
  fingerprintOf,
  isSamePlan,
  nothingIsTaken,
  type Plan,
  type PlanQuestion,
  type PlanUnit,
  type Proposal,
  proposeConversion,
  proposeFor,
  type SharesTaken,
  type Withheld,
  withSharesTaken,
} from './plan.ts';

/** A job that has not ended. */
export type OpenJob = {
  readonly jobId: string;
  readonly state: 'queued' | 'running';
  readonly plan: Plan;
};

/** How often the last plan of a target has failed, and what it was. */
export type Failures = { readonly fingerprint: string; readonly count: number };

/** What is known of a target besides its shares. */
export type Slot = { readonly job: OpenJob | null; readonly failures: Failures | null };

export type Slots = ReadonlyMap<string, Slot>;

export type SupersededBecause = 'VOID' | 'BETTER_PLAN';

export type Action =
  /** A new job, in the place of `supersedes` where that is not null. */
  | {
      readonly action: 'queue';
      readonly target: string;
      readonly plan: Plan;
      readonly supersedes: OpenJob | null;
      readonly because: SupersededBecause | null;
    }
  /** The job is void and nothing takes its place. */
  | { readonly action: 'supersede'; readonly target: string; readonly supersedes: OpenJob };

export type NextActions = {
  readonly actions: readonly Action[];
  readonly withheld: readonly Withheld[];
};

/** Tries of one plan: the fourth would fail like the third. */
export const FAILURES_MAX = 3;
/** A queued job gives way when another frees a tenth more, or when it is void. */
export const GROWTH_PCT_MIN = 10n;
/** The same plan has failed as often as it may. */
export const FAILURES_SPENT = 'GOV_SETTLEMENT_FAILURES_SPENT';

/**
 * What to do now for one account and one unit. Conditions come first, in the order of the unit,
 * then the conversion with the NO that they leave. Doing it twice does nothing the second time.
 */
export function nextActions(unit: PlanUnit, slots: Slots): NextActions {
  const actions: Action[] = [];
  const withheld: Withheld[] = [];
  let taken = takenByRunning(slots);
  function decide(target: string, propose: (taken: SharesTaken) => Proposal): void {
    const slot = slots.get(target) ?? EMPTY_SLOT;
    if (slot.job?.state === 'running') return;
    const held = slot.job;
    const proposal = withoutSpent(target, propose(taken), slot.failures);
    if (proposal.withheld !== null) withheld.push(proposal.withheld);
    const action = actionFor(target, held, proposal.plan, (plan) =>
      isStillDoable(unit, plan, taken),
    );
    if (action !== null) actions.push(action);
    const next = action === null ? held?.plan : action.action === 'queue' ? action.plan : undefined;
    if (next !== undefined) taken = withSharesTaken(taken, next);
  }
  for (const question of unit.questions)
    decide(question.conditionId, (left) => proposeFor(unit, question, left));
  if (unit.negRisk !== null) decide(unit.negRisk.marketId, (left) => proposeConversion(unit, left));
  const targets = new Set([
    unit.negRisk?.marketId,
    ...unit.questions.map((one) => one.conditionId),
  ]);
  for (const [target, { job }] of slots) {
    if (job?.state === 'queued' && !targets.has(target))
      actions.push({ action: 'supersede', target, supersedes: job });
  }
  return { actions, withheld };
}

/** The failures of a target after a job of it has failed. */
export function afterFailure(before: Failures | null, plan: Plan): Failures {
  const fingerprint = fingerprintOf(plan);
  const count = before?.fingerprint === fingerprint ? before.count + 1 : 1;
  return { fingerprint, count };
}

const EMPTY_SLOT: Slot = { job: null, failures: null };

function actionFor(
  target: string,
  held: OpenJob | null,
  plan: Plan | null,
  isDoable: (plan: Plan) => boolean,
): Action | null {
  if (held === null) {
    return plan === null
      ? null
      : { action: 'queue', target, plan, supersedes: null, because: null };
  }
  if (plan === null) return { action: 'supersede', target, supersedes: held };
  if (isSamePlan(held.plan, plan)) return null;
  const because = isDoable(held.plan) ? 'BETTER_PLAN' : 'VOID';
  if (because === 'BETTER_PLAN' && !isMuchBetter(plan, held.plan)) return null;
  return { action: 'queue', target, plan, supersedes: held, because };
}

/** Whether a queued job can be done to the last share with what is left for it. */
function isStillDoable(unit: PlanUnit, plan: Plan, taken: SharesTaken): boolean {
  if (plan.kind === 'REDEEM' || plan.contract !== unit.contract) return false;
  const { feeBips = 0, questionCount = 0 } = plan.kind === 'CONVERT' ? (unit.negRisk ?? {}) : {};
  if (plan.feeBips !== feeBips || plan.questionCount !== questionCount) return false;
  return plan.legs.every(({ tokenId, quantity }) => {
    const question = unit.questions.find(({ held }) =>
      held.some((token) => token.tokenId === tokenId),
    );
    return question !== undefined && isOpenFor(question, tokenId, quantity, taken);
  });
}

/** Before a resolution, with a known quantity, and enough of it. */
function isOpenFor(
  { held, numerators }: PlanQuestion,
  tokenId: string,
  quantity: bigint,
  taken: SharesTaken,
): boolean {
  const token = held[0].tokenId === tokenId ? held[0] : held[1];
  if (numerators !== null || token.doubts.length > 0) return false;
  return availableOf(token, taken) >= quantity;
}

/** 100 gives way to 110, not to 109.999999. */
function isMuchBetter(plan: Plan, held: Plan): boolean {
  return plan.cash >= divideCeil(held.cash * (100n + GROWTH_PCT_MIN), 100n);
}

function withoutSpent(target: string, proposal: Proposal, failures: Failures | null): Proposal {
  const { plan } = proposal;
  if (plan === null || failures === null || failures.count < FAILURES_MAX) return proposal;
  if (failures.fingerprint !== fingerprintOf(plan)) return proposal;
  return { plan: null, withheld: { target, kind: plan.kind, code: FAILURES_SPENT } };
}

function takenByRunning(slots: Slots): SharesTaken {
  let taken = nothingIsTaken;
  for (const { job } of slots.values())
    if (job?.state === 'running') taken = withSharesTaken(taken, job.plan);
  return taken;
}
