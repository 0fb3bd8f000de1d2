// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  closedSet,
  type Input,
  readInt,
  readLong,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeInt,
  writeLong,
  writeNull,
  writeOneOf,
  writePresent,
  writeString,
} from '../avro/output.ts';

const WINDOW_KIND = closedSet('window_kind', [
  'daily',
  'weekly',
]);

/** Every account has an observation, or an error, for a window. Written to every partition. */
export type WindowBalancesComplete = {
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
  /** Place in the order of events that are written to every partition; the same in each of them. */
  readonly market_seq: number;
  /** The window. */
  readonly window_id: string;
  /** Length of the window. */
  readonly window_kind: 'daily' | 'weekly';
  /** First instant of the window. */
  readonly window_start: number;
  /** First instant after the window. */
  readonly window_end: number;
  /** Last block before the window ended; null when no block could be read. */
  readonly block_number: number | null;
  /** Hash of that block; null when no block could be read. */
  readonly block_hash: string | null;
  /** Time of that block; null when no block could be read. */
  readonly block_time: number | null;
  /** 1 for the first record of the window; one more each time that accounts with an error were read after all, or that an account was read again. */
  readonly attempt: number;
  /** Accounts that were asked, over all attempts. */
  readonly accounts: number;
  /** Accounts whose balances could not be read yet; they are asked again. */
  readonly errors: number;
};

export function readWindowBalancesComplete(input: Input): WindowBalancesComplete {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    market_seq: readLong(input),
    window_id: readString(input),
    window_kind: readOneOf(input, WINDOW_KIND),
    window_start: readLong(input),
    window_end: readLong(input),
    block_number: readPresent(input) ? readLong(input) : null,
    block_hash: readPresent(input) ? readString(input) : null,
    block_time: readPresent(input) ? readLong(input) : null,
    attempt: readInt(input),
    accounts: readInt(input),
    errors: readInt(input),
  };
}

export function writeWindowBalancesComplete(output: Output, value: WindowBalancesComplete): void {
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
  writeLong(output, value.market_seq);
  writeString(output, value.window_id);
  writeOneOf(output, WINDOW_KIND, value.window_kind);
  writeLong(output, value.window_start);
  writeLong(output, value.window_end);
  if (value.block_number === null) writeNull(output);
  else {
    writePresent(output);
    writeLong(output, value.block_number);
  }
  if (value.block_hash === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.block_hash);
  }
  if (value.block_time === null) writeNull(output);
  else {
    writePresent(output);
    writeLong(output, value.block_time);
  }
  writeInt(output, value.attempt);
  writeInt(output, value.accounts);
  writeInt(output, value.errors);
}
