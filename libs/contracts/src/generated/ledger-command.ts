// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  closedSet,
  type Input,
  readLong,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeLong,
  writeNull,
  writeOneOf,
  writePresent,
  writeString,
} from '../avro/output.ts';

const COMMAND = closedSet('command', [
  'RESERVE',
  'RELEASE_FILL',
  'REVERSE_FILL',
  'DECLARE_OPENING_BALANCE',
  'CLAIM_JOB',
  'FAIL_JOB',
  'APPROVE_WINDOW',
  'APPROVE_REVENUE',
]);

/** A decision of a person or of an executor, asked of the ledger. */
export type LedgerCommand = {
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
  /** What is asked. */
  readonly command: 'RESERVE' | 'RELEASE_FILL' | 'REVERSE_FILL' | 'DECLARE_OPENING_BALANCE' | 'CLAIM_JOB' | 'FAIL_JOB' | 'APPROVE_WINDOW' | 'APPROVE_REVENUE';
  /** Account that it concerns; null when it concerns all partitions. */
  readonly account: string | null;
  /** JSON object with the arguments of the command; amounts are decimal strings. */
  readonly arguments: string;
  /** Who asks. */
  readonly proposed_by: string;
  /** Who reviewed; null where no review is needed. */
  readonly approved_by: string | null;
  /** Why, in words. */
  readonly reason: string;
};

export function readLedgerCommand(input: Input): LedgerCommand {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    command: readOneOf(input, COMMAND),
    account: readPresent(input) ? readString(input) : null,
    arguments: readString(input),
    proposed_by: readString(input),
    approved_by: readPresent(input) ? readString(input) : null,
    reason: readString(input),
  };
}

export function writeLedgerCommand(output: Output, value: LedgerCommand): void {
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
  writeOneOf(output, COMMAND, value.command);
  if (value.account === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.account);
  }
  writeString(output, value.arguments);
  writeString(output, value.proposed_by);
  if (value.approved_by === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.approved_by);
  }
  writeString(output, value.reason);
}
