// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type Input,
  readLong,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeLong,
  writeNull,
  writePresent,
  writeString,
} from '../avro/output.ts';

/** A deadline recorded in this partition has passed. */
export type TimeAdvanced = {
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
  /** Every deadline up to and including this instant has passed. */
  readonly to: number;
};

export function readTimeAdvanced(input: Input): TimeAdvanced {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    to: readLong(input),
  };
}

export function writeTimeAdvanced(output: Output, value: TimeAdvanced): void {
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
  writeLong(output, value.to);
}
