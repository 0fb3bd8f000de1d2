// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  closedSet,
  type Input,
  readBytes,
  readLong,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeBytes,
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

const RAW_FORMAT = closedSet('raw_format', [
  'avro',
  'json',
  'row',
]);

/** An input that could not be used, with its bytes and the reason. It is never on the log. */
export type QuarantinedInput = {
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
  /** Identity: derived from source and source_position. */
  readonly quarantine_id: string;
  /** Reader that brought this fact. */
  readonly source: 'bus' | 'file' | 'venue' | 'chain' | 'commands' | 'clock';
  /** Place in the source: topic/partition/offset, file hash and row, or block and log index. */
  readonly source_position: string;
  /** What it should have been, for instance ExecutionReport; null where not known. */
  readonly record_type: string | null;
  /** Why, as a code of the registry. */
  readonly reason_code: string;
  /** Why, as a sentence: what was expected, what was found. */
  readonly detail: string;
  /** Account that it concerns; null where not known. */
  readonly account: string | null;
  /** Fill that it concerns; null where not known. */
  readonly fill_id: string | null;
  /** Order that it concerns; null where not known. */
  readonly order_id: string | null;
  /** The input as it arrived. */
  readonly raw: Buffer;
  /** SHA-256 of raw, hex. */
  readonly raw_sha256: string;
  /** How to read raw: framed Avro, JSON, or one row of a file. */
  readonly raw_format: 'avro' | 'json' | 'row';
  /** event_id on the log that says otherwise under the same identity; null unless a conflict. */
  readonly conflicts_with_event_id: string | null;
  /** The earlier input that says otherwise, as it arrived; null unless a conflict. */
  readonly conflicts_with_raw: Buffer | null;
  /** When the input was received. */
  readonly received_at: number;
};

export function readQuarantinedInput(input: Input): QuarantinedInput {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    quarantine_id: readString(input),
    source: readOneOf(input, SOURCE),
    source_position: readString(input),
    record_type: readPresent(input) ? readString(input) : null,
    reason_code: readString(input),
    detail: readString(input),
    account: readPresent(input) ? readString(input) : null,
    fill_id: readPresent(input) ? readString(input) : null,
    order_id: readPresent(input) ? readString(input) : null,
    raw: readBytes(input),
    raw_sha256: readString(input),
    raw_format: readOneOf(input, RAW_FORMAT),
    conflicts_with_event_id: readPresent(input) ? readString(input) : null,
    conflicts_with_raw: readPresent(input) ? readBytes(input) : null,
    received_at: readLong(input),
  };
}

export function writeQuarantinedInput(output: Output, value: QuarantinedInput): void {
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
  writeString(output, value.quarantine_id);
  writeOneOf(output, SOURCE, value.source);
  writeString(output, value.source_position);
  if (value.record_type === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.record_type);
  }
  writeString(output, value.reason_code);
  writeString(output, value.detail);
  if (value.account === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.account);
  }
  if (value.fill_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.fill_id);
  }
  if (value.order_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.order_id);
  }
  writeBytes(output, value.raw);
  writeString(output, value.raw_sha256);
  writeOneOf(output, RAW_FORMAT, value.raw_format);
  if (value.conflicts_with_event_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.conflicts_with_event_id);
  }
  if (value.conflicts_with_raw === null) writeNull(output);
  else {
    writePresent(output);
    writeBytes(output, value.conflicts_with_raw);
  }
  writeLong(output, value.received_at);
}
