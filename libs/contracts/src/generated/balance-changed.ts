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

const ASSET = closedSet('asset', [
  'TOKEN',
  'PUSD',
]);

/** What an account has of one token or of pUSD: free + reserved + pending_out = total. */
export type BalanceChanged = {
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
  /** Wallet that holds the inventory, 0x and lower case; paper accounts are paper:0x…. */
  readonly account: string;
  /** TOKEN or PUSD: which half of the amounts is filled. */
  readonly asset: 'TOKEN' | 'PUSD';
  /** Condition (the market), bytes32 as 0x…; null where the source does not know it. */
  readonly condition_id: string | null;
  /** Outcome token; null for pUSD. */
  readonly token_id: string | null;
  /** Available for new orders, shares; null for pUSD. */
  readonly free_shares: ShareMicros | null;
  /** Available for new orders, pUSD; null for a token. */
  readonly free_pusd: PusdMicros | null;
  /** Kept for orders and requests, shares; null for pUSD. */
  readonly reserved_shares: ShareMicros | null;
  /** Kept for orders and requests, pUSD; null for a token. */
  readonly reserved_pusd: PusdMicros | null;
  /** Going out with fills that may still fail, shares; null for pUSD. */
  readonly pending_out_shares: ShareMicros | null;
  /** Going out with fills that may still fail, pUSD; null for a token. */
  readonly pending_out_pusd: PusdMicros | null;
  /** Held, shares; null for pUSD. */
  readonly total_shares: ShareMicros | null;
  /** Held, pUSD; null for a token. */
  readonly total_pusd: PusdMicros | null;
  /** Coming in with fills that may still fail, shares; null for pUSD. */
  readonly pending_in_shares: ShareMicros | null;
  /** Coming in with fills that may still fail, pUSD; null for a token. */
  readonly pending_in_pusd: PusdMicros | null;
  /** Part of free that a resolved market pays for, shares; null for pUSD. */
  readonly redeemable_shares: ShareMicros | null;
  /** What the sources did not know, as reason codes, sorted; empty when nothing is missing. */
  readonly incomplete_reasons: readonly string[];
  /** Partition of the log event that caused this. */
  readonly ledger_partition: number;
  /** Offset of that event. */
  readonly ledger_offset: number;
};

export function readBalanceChanged(input: Input): BalanceChanged {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    account: readString(input),
    asset: readOneOf(input, ASSET),
    condition_id: readPresent(input) ? readString(input) : null,
    token_id: readPresent(input) ? readString(input) : null,
    free_shares: readPresent(input) ? readDecimal(input) as ShareMicros : null,
    free_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    reserved_shares: readPresent(input) ? readDecimal(input) as ShareMicros : null,
    reserved_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    pending_out_shares: readPresent(input) ? readDecimal(input) as ShareMicros : null,
    pending_out_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    total_shares: readPresent(input) ? readDecimal(input) as ShareMicros : null,
    total_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    pending_in_shares: readPresent(input) ? readDecimal(input) as ShareMicros : null,
    pending_in_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    redeemable_shares: readPresent(input) ? readDecimal(input) as ShareMicros : null,
    incomplete_reasons: readArray(input, readString),
    ledger_partition: readInt(input),
    ledger_offset: readLong(input),
  };
}

export function writeBalanceChanged(output: Output, value: BalanceChanged): void {
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
  writeString(output, value.account);
  writeOneOf(output, ASSET, value.asset);
  if (value.condition_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.condition_id);
  }
  if (value.token_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.token_id);
  }
  if (value.free_shares === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.free_shares);
  }
  if (value.free_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.free_pusd);
  }
  if (value.reserved_shares === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.reserved_shares);
  }
  if (value.reserved_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.reserved_pusd);
  }
  if (value.pending_out_shares === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.pending_out_shares);
  }
  if (value.pending_out_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.pending_out_pusd);
  }
  if (value.total_shares === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.total_shares);
  }
  if (value.total_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.total_pusd);
  }
  if (value.pending_in_shares === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.pending_in_shares);
  }
  if (value.pending_in_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.pending_in_pusd);
  }
  if (value.redeemable_shares === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.redeemable_shares);
  }
  writeArray(output, value.incomplete_reasons, writeString);
  writeInt(output, value.ledger_partition);
  writeLong(output, value.ledger_offset);
}
