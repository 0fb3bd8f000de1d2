// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PusdMicros,
  type ShareMicros,
} from '@polytraders/money';
import {
  closedSet,
  type Input,
  readDecimal,
  readInt,
  readLong,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
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

const STATE = closedSet('state', [
  'pending',
  'posted',
  'voided',
  'expired',
  'refused',
]);

/** Where a reservation stands. */
export type ReservationChanged = {
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
  /** Identity of the reservation. */
  readonly reservation_id: string;
  /** Wallet that holds the inventory, 0x and lower case; paper accounts are paper:0x…. */
  readonly account: string;
  /** Bot whose book this belongs to; "unattributed" where no source knows it. */
  readonly trading_bot_id: string;
  /** TOKEN or PUSD: which half of the amounts is filled. */
  readonly asset: 'TOKEN' | 'PUSD';
  /** Outcome token; null for pUSD. */
  readonly token_id: string | null;
  /** The order that took it over; null before. */
  readonly order_id: string | null;
  /** pending while it keeps something, then posted (filled), voided (cancelled, rejected, failed, market resolved) or expired; refused where it was never granted. */
  readonly state: 'pending' | 'posted' | 'voided' | 'expired' | 'refused';
  /** What was asked for, shares; null for pUSD. */
  readonly requested_shares: ShareMicros | null;
  /** What was asked for, pUSD; null for a token. */
  readonly requested_pusd: PusdMicros | null;
  /** What is still kept, shares; null for pUSD. */
  readonly remaining_shares: ShareMicros | null;
  /** What is still kept, pUSD; null for a token. */
  readonly remaining_pusd: PusdMicros | null;
  /** When it ends by itself; null when it does not. */
  readonly expires_at: number | null;
  /** Why it was refused or ended; null while it stands. */
  readonly reason_code: string | null;
  /** Partition of the log event that caused this. */
  readonly ledger_partition: number;
  /** Offset of that event. */
  readonly ledger_offset: number;
};

export function readReservationChanged(input: Input): ReservationChanged {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    reservation_id: readString(input),
    account: readString(input),
    trading_bot_id: readString(input),
    asset: readOneOf(input, ASSET),
    token_id: readPresent(input) ? readString(input) : null,
    order_id: readPresent(input) ? readString(input) : null,
    state: readOneOf(input, STATE),
    requested_shares: readPresent(input) ? readDecimal(input) as ShareMicros : null,
    requested_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    remaining_shares: readPresent(input) ? readDecimal(input) as ShareMicros : null,
    remaining_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    expires_at: readPresent(input) ? readLong(input) : null,
    reason_code: readPresent(input) ? readString(input) : null,
    ledger_partition: readInt(input),
    ledger_offset: readLong(input),
  };
}

export function writeReservationChanged(output: Output, value: ReservationChanged): void {
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
  writeString(output, value.reservation_id);
  writeString(output, value.account);
  writeString(output, value.trading_bot_id);
  writeOneOf(output, ASSET, value.asset);
  if (value.token_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.token_id);
  }
  if (value.order_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.order_id);
  }
  writeOneOf(output, STATE, value.state);
  if (value.requested_shares === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.requested_shares);
  }
  if (value.requested_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.requested_pusd);
  }
  if (value.remaining_shares === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.remaining_shares);
  }
  if (value.remaining_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.remaining_pusd);
  }
  if (value.expires_at === null) writeNull(output);
  else {
    writePresent(output);
    writeLong(output, value.expires_at);
  }
  if (value.reason_code === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.reason_code);
  }
  writeInt(output, value.ledger_partition);
  writeLong(output, value.ledger_offset);
}
