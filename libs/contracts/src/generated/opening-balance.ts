// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PusdMicros,
} from '@polytraders/money';
import {
  closedSet,
  type Input,
  readArray,
  readDecimal,
  readLong,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeArray,
  writeDecimal,
  writeLong,
  writeNull,
  writeOneOf,
  writePresent,
  writeString,
} from '../avro/output.ts';
import {
  readOpeningPosition,
  type OpeningPosition,
  writeOpeningPosition,
} from './opening-position.ts';

const SOURCE = closedSet('source', [
  'bus',
  'file',
  'venue',
  'chain',
  'commands',
  'clock',
]);

/** What an account held when its books began; reviewed. */
export type OpeningBalance = {
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
  /** Wallet that holds the inventory, 0x and lower case; paper accounts are paper:0x…. */
  readonly account: string;
  /** pUSD in the wallet. */
  readonly balance_pusd: PusdMicros;
  /** Lots in FIFO order. */
  readonly positions: readonly OpeningPosition[];
  /** Block at which the balances were read; null where declared without one. */
  readonly block_number: number | null;
  /** Hash of that block; null where declared without one. */
  readonly block_hash: string | null;
  /** Who asked. */
  readonly proposed_by: string;
  /** Who reviewed; null where no review is needed. */
  readonly approved_by: string | null;
  /** Why, in words. */
  readonly reason: string;
  /** Reader that brought this fact. */
  readonly source: 'bus' | 'file' | 'venue' | 'chain' | 'commands' | 'clock';
  /** Place in the source: topic/partition/offset, file hash and row, or block and log index. */
  readonly source_position: string;
};

export function readOpeningBalance(input: Input): OpeningBalance {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    account: readString(input),
    balance_pusd: readDecimal(input) as PusdMicros,
    positions: readArray(input, readOpeningPosition),
    block_number: readPresent(input) ? readLong(input) : null,
    block_hash: readPresent(input) ? readString(input) : null,
    proposed_by: readString(input),
    approved_by: readPresent(input) ? readString(input) : null,
    reason: readString(input),
    source: readOneOf(input, SOURCE),
    source_position: readString(input),
  };
}

export function writeOpeningBalance(output: Output, value: OpeningBalance): void {
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
  writeString(output, value.account);
  writeDecimal(output, value.balance_pusd);
  writeArray(output, value.positions, writeOpeningPosition);
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
  writeString(output, value.proposed_by);
  if (value.approved_by === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.approved_by);
  }
  writeString(output, value.reason);
  writeOneOf(output, SOURCE, value.source);
  writeString(output, value.source_position);
}
