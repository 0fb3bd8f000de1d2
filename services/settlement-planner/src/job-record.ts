/**
 * The published state of a job, built from its ledger line and nothing else, so that recovery
 * publishes the same bytes (the ledger is the outbox). The topic is compacted by job id: its last
 * record of a job is where the job stands.
 *
 * Nothing goes out in shadow_only; in limited_live a job is HELD, to be looked at and not executed.
 */

import { partitionOf, type SettlementJob, TOPICS } from '@polytraders/contracts';
import { invariant, pusd, shares } from '@polytraders/money';
import { type Emission } from '@polytraders/stream';
import { type LedgerEntry } from './entry.ts';
import { legsOf } from './revive-plans.ts';
import { PROCESSOR_ID, PROCESSOR_VERSION } from './version.ts';

const TOPIC = TOPICS.settlementJobs;
const PRODUCER = `${PROCESSOR_ID}/${String(PROCESSOR_VERSION)}`;
const none: readonly Emission[] = [];

type At = { readonly partition: number; readonly offset: number };

/** What a line makes public. */
export function emit(entry: LedgerEntry, at: At): readonly Emission[] {
  const { job_id: jobId } = entry;
  if (entry.line_kind !== 'JOB' || jobId === null || entry.mode === 'shadow_only') return none;
  return [
    {
      topic: TOPIC.name,
      partition: partitionOf(jobId, TOPIC.partitions),
      key: jobId,
      record: { type: 'SettlementJob', value: jobRecordOf(entry, at) },
    },
  ];
}

/** The record of a job's line. */
export function jobRecordOf(entry: LedgerEntry, at: At): SettlementJob {
  const { job_id: jobId, kind, state, contract, calldata, market_status: status } = entry;
  const isNamed = jobId !== null && kind !== null && state !== null && status !== null;
  const isWhole = isNamed && contract !== null && calldata !== null;
  invariant(isWhole, 'the line of a job says which job it is of.');
  const legs = (text: string): SettlementJob['legs'] =>
    legsOf(text).map(({ tokenId, outcomeIndex, quantity }) => ({
      token_id: tokenId,
      outcome_index: outcomeIndex,
      quantity_shares: quantity,
    }));
  return {
    event_id: `${entry.event_id}.${jobId}.${state}`,
    correlation_id: entry.correlation_id,
    causation_id: entry.event_id,
    producer: PRODUCER,
    effective_at: entry.effective_at,
    recorded_at: entry.recorded_at,
    job_id: jobId,
    account: entry.account,
    kind,
    condition_id: entry.condition_id,
    neg_risk_market_id: entry.neg_risk_market_id,
    state,
    market_status: status,
    mode: entry.mode,
    publication: entry.mode === 'general_live' ? 'RELEASED' : 'HELD',
    legs: legs(entry.legs),
    gains: legs(entry.gains),
    amount_shares: entry.amount_shares ?? shares(0n),
    index_set: entry.index_set,
    payout_pusd: entry.payout_pusd ?? pusd(0n),
    fee_pusd: entry.fee_pusd ?? pusd(0n),
    fee_bips: entry.fee_bips,
    contract,
    calldata,
    claimed_by: entry.claimed_by,
    tx_hash: entry.tx_hash,
    paid_pusd: entry.paid_pusd,
    superseded_by: entry.superseded_by,
    reason_code: entry.reason_code,
    failure_reason: entry.failure_reason,
    ledger_partition: at.partition,
    ledger_offset: at.offset,
  };
}
