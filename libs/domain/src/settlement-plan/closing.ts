/**
 * Which event of the chain ends a job, and where a market stands (rule B11).
 *
 * A job is done when its transaction did it, or when something else did exactly the same: a
 * transaction may be replaced by one with another hash, and a hand may be faster than an executor.
 * Whatever the same transaction did besides does not end it.
 */

import { type ShareMicros } from '@polytraders/money';
import { type Plan, type PlanKind } from './plan.ts';

/** A merge, conversion or redemption as the log tells it. */
export type Movement = {
  readonly kind: PlanKind | 'SPLIT';
  /** Condition, or negative-risk market of a conversion. */
  readonly target: string;
  readonly jobId: string | null;
  readonly txHash: string;
  /** Questions whose NO were converted; 0 for other kinds. */
  readonly indexSet: bigint;
  readonly legs: readonly { readonly tokenId: string; readonly quantity: ShareMicros }[];
};

/** A job as what may end it sees it. */
export type ClosableJob = {
  readonly jobId: string;
  readonly target: string;
  readonly plan: Plan;
  readonly txHash: string | null;
};

/** How the movement ends the job; null where it does not. */
export function closedBy(job: ClosableJob, movement: Movement): 'JOB' | 'EFFECT' | null {
  if (movement.kind !== job.plan.kind || movement.target !== job.target) return null;
  if (movement.jobId === job.jobId || movement.txHash === job.txHash) return 'JOB';
  if (movement.indexSet !== job.plan.indexSet) return null;
  return isSameTaking(job.plan, movement) ? 'EFFECT' : null;
}

function isSameTaking({ legs }: Plan, movement: Movement): boolean {
  const taken = movement.legs.filter(({ quantity }) => quantity > 0n);
  if (taken.length !== legs.length) return false;
  return legs.every(({ tokenId, quantity }) =>
    taken.some((leg) => leg.tokenId === tokenId && leg.quantity === quantity),
  );
}

/** Where a market stands for the wallet that holds it. */
export type SettlementStatus = 'open' | 'resolving' | 'disputed' | 'resolved' | 'redeemed';

/** What the log last said of a market that is not resolved. */
export type ToldStatus = 'OPEN' | 'CLOSED' | 'PROPOSED' | 'DISPUTED';

const BY_TOLD = {
  OPEN: 'open',
  CLOSED: 'resolving',
  PROPOSED: 'resolving',
  DISPUTED: 'disputed',
} as const;

/**
 * open → resolving (closed, or an answer proposed) ⇄ disputed → resolved → redeemed. Resolved is
 * final; redeemed is when nothing of either outcome is left, so losers that nobody burns stay
 * resolved.
 */
export function settlementStatus(
  told: ToldStatus,
  isResolved: boolean,
  totals: readonly ShareMicros[],
): SettlementStatus {
  if (!isResolved) return BY_TOLD[told];
  return totals.every((total) => total === 0n) ? 'redeemed' : 'resolved';
}

/** An event stands where its questions stand: resolved when all are, else as the most doubtful. */
export function eventStatus(statuses: readonly SettlementStatus[]): SettlementStatus {
  const open = statuses.filter((status) => status !== 'resolved' && status !== 'redeemed');
  if (open.includes('disputed')) return 'disputed';
  if (open.includes('resolving')) return 'resolving';
  if (open.length > 0) return 'open';
  return statuses.includes('resolved') ? 'resolved' : 'redeemed';
}
