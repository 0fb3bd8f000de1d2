/**
 * The life of a job: claimed, given up, done. The verdicts are names; each that changes nothing
 * says why, so that an executor learns what became of the job that it holds.
 *
 *   queued ─claim─▶ running ─its transaction on the chain, or the same effect─▶ done
 *     │  │             └─given up─▶ failed
 *     │  └─given up─▶ failed
 *     └─void, or a better plan─▶ superseded (planning.ts)
 */

import { type SettlementJobClaimed, type SettlementJobFailed } from '@polytraders/contracts';
import { afterFailure, closedBy, type Movement, type PlanLeg } from '@polytraders/domain';
import { type PusdMicros } from '@polytraders/money';
import { addLine, type Draft, openJob, putSlot, slotOf, touch, touchUnit } from './draft.ts';
import { type JobState, type LedgerEntry } from './entry.ts';
import { statusOf } from './standing.ts';
import { type EndedJob, type Job } from './state.ts';

export const CLAIMED_BEFORE = 'job claimed with this transaction before';
export const ENDED_BEFORE = 'job ended by this transaction before';

/** Why a claim, or a failure, is set aside. */
export const REFUSALS = [
  'GOV_SETTLEMENT_JOB_UNKNOWN',
  'GOV_SETTLEMENT_JOB_CLAIMED',
  'GOV_SETTLEMENT_JOB_SUPERSEDED',
  'GOV_SETTLEMENT_JOB_DONE',
  'GOV_SETTLEMENT_JOB_FAILED',
  'GOV_SETTLEMENT_JOB_OTHER_TX',
] as const;

export type Refusal = (typeof REFUSALS)[number];
export type JobVerdict =
  | 'applied'
  | { readonly ignored: typeof CLAIMED_BEFORE | typeof ENDED_BEFORE }
  | { readonly quarantined: Refusal };

const ENDED_CODES = {
  superseded: 'GOV_SETTLEMENT_JOB_SUPERSEDED',
  done: 'GOV_SETTLEMENT_JOB_DONE',
  failed: 'GOV_SETTLEMENT_JOB_FAILED',
} as const;

/**
 * An executor has sent the transaction. The same executor may send another in its place (one with a
 * higher fee has another hash); a second executor may not.
 */
export function claim(
  draft: Draft,
  claimed: SettlementJobClaimed,
  ended: EndedJob | undefined,
): JobVerdict {
  const { job_id: jobId, tx_hash: txHash, claimed_by: claimedBy } = claimed;
  const job = ofAccount(openJob(draft, jobId), claimed.account);
  if (job === null) return overVerdict(ended, txHash);
  if (job.state === 'running' && job.txHash === txHash) return { ignored: CLAIMED_BEFORE };
  if (job.state === 'running' && job.claimedBy !== claimedBy)
    return { quarantined: 'GOV_SETTLEMENT_JOB_CLAIMED' };
  const running: Job = { ...job, state: 'running', txHash, claimedBy };
  putSlot(draft, { ...slotOf(draft, job.account, job.target), job: running });
  jobLine(draft, running, 'running', {});
  retouch(draft, job);
  return 'applied';
}

/** The executor gives up, with a transaction or without. Still worth it, it is planned anew. */
export function fail(
  draft: Draft,
  failed: SettlementJobFailed,
  ended: EndedJob | undefined,
): JobVerdict {
  const { job_id: jobId, tx_hash: txHash, reason } = failed;
  const job = ofAccount(openJob(draft, jobId), failed.account);
  if (job === null) return overVerdict(ended, txHash);
  if (job.state === 'running' && txHash !== null && txHash !== job.txHash)
    return { quarantined: 'GOV_SETTLEMENT_JOB_OTHER_TX' };
  const reason_code = 'GOV_SETTLEMENT_JOB_FAILED';
  endJob(draft, job, 'failed', {
    reason_code,
    failure_reason: reason,
    tx_hash: txHash ?? job.txHash,
  });
  const slot = slotOf(draft, job.account, job.target);
  putSlot(draft, { ...slot, failures: afterFailure(slot.failures, job.plan) });
  retouch(draft, job);
  return 'applied';
}

/** What the chain did to a target, and what it paid. Ends the job that it is the end of. */
export function closeByChain(
  draft: Draft,
  account: string,
  movement: Movement,
  paid: PusdMicros,
): void {
  const { job } = slotOf(draft, account, movement.target);
  if (job === null) return;
  const by = closedBy(job, movement);
  if (by === null) return;
  const reason_code = by === 'JOB' ? 'GOV_SETTLEMENT_JOB_DONE' : 'GOV_SETTLEMENT_DONE_OTHERWISE';
  endJob(draft, job, 'done', { reason_code, tx_hash: movement.txHash, paid_pusd: paid });
  const slot = slotOf(draft, account, movement.target);
  putSlot(draft, { ...slot, failures: null });
  retouch(draft, job);
}

/** Ends an open job, for whatever reason: its slot is free, and its end is remembered. */
export function endJob(
  draft: Draft,
  job: Job,
  state: EndedJob['state'],
  said: Partial<LedgerEntry>,
): void {
  putSlot(draft, { ...slotOf(draft, job.account, job.target), job: null });
  const txHash = said.tx_hash ?? job.txHash;
  draft.ended.push({ kind: 'ended', jobId: job.jobId, state, txHash });
  jobLine(draft, job, state, said);
}

/** The line of a job's new state. */
export function jobLine(draft: Draft, job: Job, state: JobState, said: Partial<LedgerEntry>): void {
  const { plan } = job;
  const isConversion = plan.kind === 'CONVERT';
  addLine(draft, {
    account: job.account,
    line_kind: 'JOB',
    correlation_id: job.correlationId,
    condition_id: plan.conditionId,
    neg_risk_market_id: plan.negRiskMarketId,
    market_status: statusOf(draft, job.account, plan),
    job_id: job.jobId,
    kind: plan.kind,
    state,
    amount_shares: plan.amount,
    index_set: isConversion ? String(plan.indexSet) : null,
    legs: legsText(plan.legs),
    gains: legsText(plan.gains),
    payout_pusd: plan.cash,
    fee_pusd: plan.fee,
    fee_bips: isConversion ? plan.feeBips : null,
    contract: plan.contract,
    calldata: job.calldata,
    claimed_by: job.claimedBy,
    tx_hash: job.txHash,
    ...said,
  });
}

/** Legs as a line keeps them: `token:outcome:micros`, a space between. */
export function legsText(legs: readonly PlanLeg[]): string {
  return legs
    .map(({ tokenId, outcomeIndex, quantity }) => [tokenId, outcomeIndex, quantity].join(':'))
    .join(' ');
}

/** A job is claimed on the partition of its wallet: another wallet's is not known there. */
function ofAccount(job: Job | null, account: string): Job | null {
  return job?.account === account ? job : null;
}

function overVerdict(ended: EndedJob | undefined, txHash: string | null): JobVerdict {
  if (ended === undefined) return { quarantined: 'GOV_SETTLEMENT_JOB_UNKNOWN' };
  const isSaid = ended.state !== 'superseded' && ended.txHash !== null && ended.txHash === txHash;
  return isSaid ? { ignored: ENDED_BEFORE } : { quarantined: ENDED_CODES[ended.state] };
}

function retouch(draft: Draft, { account, plan }: Job): void {
  if (plan.conditionId !== null) touch(draft, account, plan.conditionId);
  else if (plan.negRiskMarketId !== null) touchUnit(draft, plan.negRiskMarketId, account);
}
