// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PusdMicros,
  type ShareMicros,
} from '@polytraders/money';
import {
  closedSet,
  type Input,
  readArray,
  readDecimal,
  readInt,
  readLong,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeArray,
  writeDecimal,
  writeInt,
  writeLong,
  writeNull,
  writeOneOf,
  writePresent,
  writeString,
} from '../avro/output.ts';
import {
  readTokenLeg,
  type TokenLeg,
  writeTokenLeg,
} from './token-leg.ts';

const KIND = closedSet('kind', [
  'SPLIT',
  'MERGE',
  'CONVERT',
  'REDEEM',
]);

const STATE = closedSet('state', [
  'queued',
  'running',
  'done',
  'failed',
  'superseded',
]);

const MARKET_STATUS = closedSet('market_status', [
  'open',
  'resolving',
  'resolved',
  'redeemed',
  'disputed',
]);

const MODE = closedSet('mode', [
  'shadow_only',
  'limited_live',
  'general_live',
]);

const PUBLICATION = closedSet('publication', [
  'RELEASED',
  'HELD',
]);

/** A transaction that we propose and that an executor may send. */
export type SettlementJob = {
  /** Identity of this record. Derived from its cause, so that a replay yields the same id. */
  readonly event_id: string;
  /** Follows one business fact through every record that it causes. */
  readonly correlation_id: string;
  /** event_id of the record that caused this one; null where the cause came from outside. */
  readonly causation_id: string | null;
  /** Processor that wrote this record, as id and version: fill-ingestor/1. */
  readonly producer: string;
  /** When it happened, UTC, microseconds since 1970. */
  readonly effective_at: number;
  /** When it was written, UTC, microseconds since 1970. Of an emitted record: recorded_at of the log event that caused it. */
  readonly recorded_at: number;
  /** Identity of the job. */
  readonly job_id: string;
  /** Wallet that holds the inventory, 0x and lower case; paper accounts are paper:0x…. */
  readonly account: string;
  /** What it does. */
  readonly kind: 'SPLIT' | 'MERGE' | 'CONVERT' | 'REDEEM';
  /** Condition (the market), bytes32 as 0x…; null where the source does not know it. */
  readonly condition_id: string | null;
  /** Negative-risk event; null for a plain market. */
  readonly neg_risk_market_id: string | null;
  /** Where the job stands. */
  readonly state: 'queued' | 'running' | 'done' | 'failed' | 'superseded';
  /** Where the market stands. */
  readonly market_status: 'open' | 'resolving' | 'resolved' | 'redeemed' | 'disputed';
  /** Mode of the planner when this was written. */
  readonly mode: 'shadow_only' | 'limited_live' | 'general_live';
  /** HELD jobs are shown and not to be executed. */
  readonly publication: 'RELEASED' | 'HELD';
  /** Tokens that it takes. */
  readonly legs: readonly TokenLeg[];
  /** Tokens that it gives: YES of the questions that a conversion leaves out. */
  readonly gains: readonly TokenLeg[];
  /** Pairs of a merge, shares of each NO of a conversion, all shares of a redemption. */
  readonly amount_shares: ShareMicros;
  /** Conversion: bit i stands for NO of question i, uint256 in decimal; else null. */
  readonly index_set: string | null;
  /** Collateral that it should yield. */
  readonly payout_pusd: PusdMicros;
  /** Collateral that the event keeps of a conversion; payout_pusd is after it. */
  readonly fee_pusd: PusdMicros;
  /** Conversion: the fee of the event in basis points that was reckoned with; else null. */
  readonly fee_bips: number | null;
  /** Contract to call, 0x and lower case. */
  readonly contract: string;
  /** Unsigned call, 0x hex. */
  readonly calldata: string;
  /** The executor; null before the claim. */
  readonly claimed_by: string | null;
  /** Transaction of the executor, or that did the same; null before the claim. */
  readonly tx_hash: string | null;
  /** Collateral that the chain paid; null unless done. */
  readonly paid_pusd: PusdMicros | null;
  /** Job that replaces it; null unless superseded. */
  readonly superseded_by: string | null;
  /** Why it ended; null while it stands. */
  readonly reason_code: string | null;
  /** Why it failed; null unless failed. */
  readonly failure_reason: string | null;
  /** Partition of the log event that caused this. */
  readonly ledger_partition: number;
  /** Offset of that event. */
  readonly ledger_offset: number;
};

export function readSettlementJob(input: Input): SettlementJob {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    job_id: readString(input),
    account: readString(input),
    kind: readOneOf(input, KIND),
    condition_id: readPresent(input) ? readString(input) : null,
    neg_risk_market_id: readPresent(input) ? readString(input) : null,
    state: readOneOf(input, STATE),
    market_status: readOneOf(input, MARKET_STATUS),
    mode: readOneOf(input, MODE),
    publication: readOneOf(input, PUBLICATION),
    legs: readArray(input, readTokenLeg),
    gains: readArray(input, readTokenLeg),
    amount_shares: readDecimal(input) as ShareMicros,
    index_set: readPresent(input) ? readString(input) : null,
    payout_pusd: readDecimal(input) as PusdMicros,
    fee_pusd: readDecimal(input) as PusdMicros,
    fee_bips: readPresent(input) ? readInt(input) : null,
    contract: readString(input),
    calldata: readString(input),
    claimed_by: readPresent(input) ? readString(input) : null,
    tx_hash: readPresent(input) ? readString(input) : null,
    paid_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    superseded_by: readPresent(input) ? readString(input) : null,
    reason_code: readPresent(input) ? readString(input) : null,
    failure_reason: readPresent(input) ? readString(input) : null,
    ledger_partition: readInt(input),
    ledger_offset: readLong(input),
  };
}

export function writeSettlementJob(output: Output, value: SettlementJob): void {
  writeString(output, value.event_id);
  writeString(output, value.correlation_id);
  if (value.causation_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.causation_id);
  }
  writeString(output, value.producer);
  writeLong(output, value.effective_at);
  writeLong(output, value.recorded_at);
  writeString(output, value.job_id);
  writeString(output, value.account);
  writeOneOf(output, KIND, value.kind);
  if (value.condition_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.condition_id);
  }
  if (value.neg_risk_market_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.neg_risk_market_id);
  }
  writeOneOf(output, STATE, value.state);
  writeOneOf(output, MARKET_STATUS, value.market_status);
  writeOneOf(output, MODE, value.mode);
  writeOneOf(output, PUBLICATION, value.publication);
  writeArray(output, value.legs, writeTokenLeg);
  writeArray(output, value.gains, writeTokenLeg);
  writeDecimal(output, value.amount_shares);
  if (value.index_set === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.index_set);
  }
  writeDecimal(output, value.payout_pusd);
  writeDecimal(output, value.fee_pusd);
  if (value.fee_bips === null) writeNull(output);
  else {
    writePresent(output);
    writeInt(output, value.fee_bips);
  }
  writeString(output, value.contract);
  writeString(output, value.calldata);
  if (value.claimed_by === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.claimed_by);
  }
  if (value.tx_hash === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.tx_hash);
  }
  if (value.paid_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.paid_pusd);
  }
  if (value.superseded_by === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.superseded_by);
  }
  if (value.reason_code === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.reason_code);
  }
  if (value.failure_reason === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.failure_reason);
  }
  writeInt(output, value.ledger_partition);
  writeLong(output, value.ledger_offset);
}
