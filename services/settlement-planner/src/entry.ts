/**
 * A line of the planner's ledger, append-only: a change of a job, or of where a market stands for a
 * wallet, or that an event was seen which changed neither. A published job is built from its line
 * alone: the ledger is the outbox.
 */

import { type PlanKind, type SettlementStatus } from '@polytraders/domain';
import { type PusdMicros, type ShareMicros } from '@polytraders/money';
import { table } from '@polytraders/stream';
import { type Mode } from './state.ts';

export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'superseded';

export type LedgerEntry = {
  /** Event of the log that caused the line. */
  readonly event_id: string;
  /** Of the event that made the job; of the event itself where the line is no job's. */
  readonly correlation_id: string;
  readonly effective_at: number;
  readonly recorded_at: number;
  readonly account: string;
  /** JOB; STATUS: the market stands elsewhere for this wallet; SEEN: neither, and all is null. */
  readonly line_kind: 'JOB' | 'STATUS' | 'SEEN';
  readonly condition_id: string | null;
  readonly neg_risk_market_id: string | null;
  readonly market_status: SettlementStatus | null;
  readonly mode: Mode;
  readonly job_id: string | null;
  readonly kind: PlanKind | null;
  readonly state: JobState | null;
  readonly amount_shares: ShareMicros | null;
  readonly index_set: string | null;
  /** Legs as `token:outcome:micros`, a space between. */
  readonly legs: string;
  readonly gains: string;
  readonly payout_pusd: PusdMicros | null;
  readonly fee_pusd: PusdMicros | null;
  readonly fee_bips: number | null;
  readonly contract: string | null;
  readonly calldata: string | null;
  readonly claimed_by: string | null;
  readonly tx_hash: string | null;
  readonly paid_pusd: PusdMicros | null;
  readonly superseded_by: string | null;
  readonly reason_code: string | null;
  readonly failure_reason: string | null;
};

export const ledgerTable = table<LedgerEntry>('settlement_ledger', {
  event_id: 'text',
  correlation_id: 'text',
  effective_at: 'time',
  recorded_at: 'time',
  account: 'text',
  line_kind: 'text',
  condition_id: 'text',
  neg_risk_market_id: 'text',
  market_status: 'text',
  mode: 'text',
  job_id: 'text',
  kind: 'text',
  state: 'text',
  amount_shares: 'micros',
  index_set: 'text',
  legs: 'text',
  gains: 'text',
  payout_pusd: 'micros',
  fee_pusd: 'micros',
  fee_bips: 'int',
  contract: 'text',
  calldata: 'text',
  claimed_by: 'text',
  tx_hash: 'text',
  paid_pusd: 'micros',
  superseded_by: 'text',
  reason_code: 'text',
  failure_reason: 'text',
});
