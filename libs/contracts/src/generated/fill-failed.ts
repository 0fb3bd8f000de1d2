// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  closedSet,
  type Input,
  readArray,
  readBoolean,
  readLong,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeArray,
  writeBoolean,
  writeLong,
  writeNull,
  writeOneOf,
  writePresent,
  writeString,
} from '../avro/output.ts';

const REASON = closedSet('reason', [
  'FAILED',
  'JOINED',
]);

const SOURCE = closedSet('source', [
  'bus',
  'file',
  'venue',
  'chain',
  'commands',
  'clock',
]);

/** A fill that was matched did not happen: afterwards the books equal never having seen it. */
export type FillFailed = {
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
  /** The fill that failed. */
  readonly fill_id: string;
  /** Wallet that holds the inventory, 0x and lower case; paper accounts are paper:0x…. */
  readonly account: string;
  /** Bot whose book this belongs to; "unattributed" where no source knows it. */
  readonly trading_bot_id: string;
  /** Outcome token of the fill; null where not known. */
  readonly token_id: string | null;
  /** FAILED at the venue, or JOINED: the same fill stands on the log under another id. */
  readonly reason: 'FAILED' | 'JOINED';
  /** fill_id under which the fill stands; null unless reason is JOINED. */
  readonly joined_to: string | null;
  /** What the venue or the trading system said about it. */
  readonly detail: string | null;
  /** Reader that brought this fact. */
  readonly source: 'bus' | 'file' | 'venue' | 'chain' | 'commands' | 'clock';
  /** Place in the source: topic/partition/offset, file hash and row, or block and log index. */
  readonly source_position: string;
  /** True for a simulated fill or order; it never reaches a regulatory report. */
  readonly paper: boolean;
  /** Reason codes that hold for this record, sorted. */
  readonly flags: readonly string[];
};

export function readFillFailed(input: Input): FillFailed {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    fill_id: readString(input),
    account: readString(input),
    trading_bot_id: readString(input),
    token_id: readPresent(input) ? readString(input) : null,
    reason: readOneOf(input, REASON),
    joined_to: readPresent(input) ? readString(input) : null,
    detail: readPresent(input) ? readString(input) : null,
    source: readOneOf(input, SOURCE),
    source_position: readString(input),
    paper: readBoolean(input),
    flags: readArray(input, readString),
  };
}

export function writeFillFailed(output: Output, value: FillFailed): void {
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
  writeString(output, value.trading_bot_id);
  if (value.token_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.token_id);
  }
  writeOneOf(output, REASON, value.reason);
  if (value.joined_to === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.joined_to);
  }
  if (value.detail === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.detail);
  }
  writeOneOf(output, SOURCE, value.source);
  writeString(output, value.source_position);
  writeBoolean(output, value.paper);
  writeArray(output, value.flags, writeString);
}
