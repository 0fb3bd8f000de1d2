// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PusdMicros,
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
  /** Tokens that it takes. */
  readonly legs: readonly TokenLeg[];
  /** Collateral that it should yield. */
  readonly payout_pusd: PusdMicros;
  /** Contract to call, 0x and lower case. */
  readonly contract: string;
  /** Unsigned call, 0x hex. */
  readonly calldata: string;
  /** Transaction of the executor; null before the claim. */
  readonly tx_hash: string | null;
  /** Job that replaces it; null unless superseded. */
  readonly superseded_by: string | null;
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
    legs: readArray(input, readTokenLeg),
    payout_pusd: readDecimal(input) as PusdMicros,
    contract: readString(input),
    calldata: readString(input),
    tx_hash: readPresent(input) ? readString(input) : null,
    superseded_by: readPresent(input) ? readString(input) : null,
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
  writeArray(output, value.legs, writeTokenLeg);
  writeDecimal(output, value.payout_pusd);
  writeString(output, value.contract);
  writeString(output, value.calldata);
  if (value.tx_hash === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.tx_hash);
  }
  if (value.superseded_by === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.superseded_by);
  }
  if (value.failure_reason === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.failure_reason);
  }
  writeInt(output, value.ledger_partition);
  writeLong(output, value.ledger_offset);
}
