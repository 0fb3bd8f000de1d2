// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  closedSet,
  type Input,
  readArray,
  readLong,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeArray,
  writeLong,
  writeNull,
  writeOneOf,
  writePresent,
  writeString,
} from '../avro/output.ts';
import {
  readAlertMetadata,
  type AlertMetadata,
  writeAlertMetadata,
} from './alert-metadata.ts';

const SEVERITY = closedSet('severity', [
  'INFO',
  'WARN',
  'HARD_REJECT',
  'P2',
  'P1',
]);

/** Something a person should know. */
export type Alert = {
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
  /** Code of the registry. */
  readonly code: string;
  /** How urgent. */
  readonly severity: 'INFO' | 'WARN' | 'HARD_REJECT' | 'P2' | 'P1';
  /** Who raises it: gov.pnl_reporter, gov.fill_ingestor and so on. */
  readonly bot_id: string;
  /** What it is about: a fill, an account, a window. */
  readonly subject: string;
  /** Named values, sorted by name. */
  readonly metadata: readonly AlertMetadata[];
};

export function readAlert(input: Input): Alert {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    code: readString(input),
    severity: readOneOf(input, SEVERITY),
    bot_id: readString(input),
    subject: readString(input),
    metadata: readArray(input, readAlertMetadata),
  };
}

export function writeAlert(output: Output, value: Alert): void {
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
  writeString(output, value.code);
  writeOneOf(output, SEVERITY, value.severity);
  writeString(output, value.bot_id);
  writeString(output, value.subject);
  writeArray(output, value.metadata, writeAlertMetadata);
}
