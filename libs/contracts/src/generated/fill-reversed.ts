// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type Input,
  readInt,
  readLong,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeInt,
  writeLong,
  writeNull,
  writePresent,
  writeString,
} from '../avro/output.ts';

/** A fill is taken out of the books by new entries, as if it had never been. */
export type FillReversed = {
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
  /** Offset of that record on the log. */
  readonly original_offset: number;
  /** Who asked. */
  readonly proposed_by: string;
  /** Who reviewed. */
  readonly approved_by: string;
  /** Why, in words. */
  readonly reason: string;
};

export function readFillReversed(input: Input): FillReversed {
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
    original_offset: readLong(input),
    proposed_by: readString(input),
    approved_by: readString(input),
    reason: readString(input),
  };
}

export function writeFillReversed(output: Output, value: FillReversed): void {
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
  writeLong(output, value.original_offset);
  writeString(output, value.proposed_by);
  writeString(output, value.approved_by);
  writeString(output, value.reason);
}
