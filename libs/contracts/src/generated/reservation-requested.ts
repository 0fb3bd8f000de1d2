// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PusdMicros,
  type ShareMicros,
} from '@polytraders/money';
import {
  closedSet,
  type Input,
  readDecimal,
  readLong,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeDecimal,
  writeLong,
  writeNull,
  writeOneOf,
  writePresent,
  writeString,
} from '../avro/output.ts';

const SOURCE = closedSet('source', [
  'bus',
  'file',
  'venue',
  'chain',
  'commands',
  'clock',
]);

/** Someone asks to keep inventory for an order that is not placed yet. */
export type ReservationRequested = {
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
  /** Token to reserve; null reserves pUSD. */
  readonly token_id: string | null;
  /** Shares to reserve; null when pUSD is reserved. */
  readonly quantity_shares: ShareMicros | null;
  /** pUSD to reserve, fees not included; null when shares are reserved. */
  readonly amount_pusd: PusdMicros | null;
  /** Largest fee of the order; a pUSD request without it is refused. */
  readonly max_fee_pusd: PusdMicros | null;
  /** When the reservation ends by itself. */
  readonly expires_at: number;
  /** How long it was asked for, milliseconds. */
  readonly ttl_ms: number;
  /** Who asked. */
  readonly proposed_by: string;
  /** Reader that brought this fact. */
  readonly source: 'bus' | 'file' | 'venue' | 'chain' | 'commands' | 'clock';
  /** Place in the source: topic/partition/offset, file hash and row, or block and log index. */
  readonly source_position: string;
};

export function readReservationRequested(input: Input): ReservationRequested {
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
    token_id: readPresent(input) ? readString(input) : null,
    quantity_shares: readPresent(input) ? readDecimal(input) as ShareMicros : null,
    amount_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    max_fee_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    expires_at: readLong(input),
    ttl_ms: readLong(input),
    proposed_by: readString(input),
    source: readOneOf(input, SOURCE),
    source_position: readString(input),
  };
}

export function writeReservationRequested(output: Output, value: ReservationRequested): void {
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
  if (value.token_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.token_id);
  }
  if (value.quantity_shares === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.quantity_shares);
  }
  if (value.amount_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.amount_pusd);
  }
  if (value.max_fee_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.max_fee_pusd);
  }
  writeLong(output, value.expires_at);
  writeLong(output, value.ttl_ms);
  writeString(output, value.proposed_by);
  writeOneOf(output, SOURCE, value.source);
  writeString(output, value.source_position);
}
