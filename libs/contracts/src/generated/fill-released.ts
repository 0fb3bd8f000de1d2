// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PusdMicros,
} from '@polytraders/money';
import {
  closedSet,
  type Input,
  readBoolean,
  readDecimal,
  readInt,
  readLong,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeBoolean,
  writeDecimal,
  writeInt,
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

/** A quarantined fill is booked with a reviewed fee, at this place, with its original effective time. */
export type FillReleased = {
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
  /** The fill. */
  readonly fill_id: string;
  /** Wallet that holds the inventory, 0x and lower case; paper accounts are paper:0x…. */
  readonly account: string;
  /** event_id of its FillConfirmed. */
  readonly original_event_id: string;
  /** Partition of that record on the log. */
  readonly original_partition: number;
  /** Offset of that record on the log as the command names it; null where it does not. */
  readonly original_offset: number | null;
  /** Bot of the fill. */
  readonly trading_bot_id: string;
  /** Condition that the fill stands under on the log; null where it stands under none. */
  readonly condition_id: string | null;
  /** Outcome token of the fill. */
  readonly token_id: string;
  /** confirmed_at of its FillConfirmed: the window that it belongs to. effective_at is the same. */
  readonly confirmed_at: number;
  /** True where the fill is of a paper account. */
  readonly paper: boolean;
  /** The reviewed fee, the builder part included. */
  readonly fee_pusd: PusdMicros;
  /** The reviewed builder part; null leaves it as it was. */
  readonly builder_fee_pusd: PusdMicros | null;
  /** Who asked. */
  readonly proposed_by: string;
  /** Who reviewed. */
  readonly approved_by: string;
  /** Why, in words. */
  readonly reason: string;
  /** Reader that brought this fact. */
  readonly source: 'bus' | 'file' | 'venue' | 'chain' | 'commands' | 'clock';
  /** Place in the source: topic/partition/offset, file hash and row, or block and log index. */
  readonly source_position: string;
};

export function readFillReleased(input: Input): FillReleased {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    fill_id: readString(input),
    account: readString(input),
    original_event_id: readString(input),
    original_partition: readInt(input),
    original_offset: readPresent(input) ? readLong(input) : null,
    trading_bot_id: readString(input),
    condition_id: readPresent(input) ? readString(input) : null,
    token_id: readString(input),
    confirmed_at: readLong(input),
    paper: readBoolean(input),
    fee_pusd: readDecimal(input) as PusdMicros,
    builder_fee_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    proposed_by: readString(input),
    approved_by: readString(input),
    reason: readString(input),
    source: readOneOf(input, SOURCE),
    source_position: readString(input),
  };
}

export function writeFillReleased(output: Output, value: FillReleased): void {
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
  writeString(output, value.fill_id);
  writeString(output, value.account);
  writeString(output, value.original_event_id);
  writeInt(output, value.original_partition);
  if (value.original_offset === null) writeNull(output);
  else {
    writePresent(output);
    writeLong(output, value.original_offset);
  }
  writeString(output, value.trading_bot_id);
  if (value.condition_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.condition_id);
  }
  writeString(output, value.token_id);
  writeLong(output, value.confirmed_at);
  writeBoolean(output, value.paper);
  writeDecimal(output, value.fee_pusd);
  if (value.builder_fee_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.builder_fee_pusd);
  }
  writeString(output, value.proposed_by);
  writeString(output, value.approved_by);
  writeString(output, value.reason);
  writeOneOf(output, SOURCE, value.source);
  writeString(output, value.source_position);
}
