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

const STATUS = closedSet('status', [
  'OPEN',
  'CLOSED',
  'PROPOSED',
  'DISPUTED',
]);

const SOURCE = closedSet('source', [
  'bus',
  'file',
  'venue',
  'chain',
  'commands',
  'clock',
]);

/** A market was closed, proposed for resolution or disputed. Written to every partition. */
export type MarketStatusChanged = {
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
  /** Condition (the market), bytes32 as 0x…. */
  readonly condition_id: string;
  /** Where the market now stands. */
  readonly status: 'OPEN' | 'CLOSED' | 'PROPOSED' | 'DISPUTED';
  /** Reader that brought this fact. */
  readonly source: 'bus' | 'file' | 'venue' | 'chain' | 'commands' | 'clock';
  /** Place in the source: topic/partition/offset, file hash and row, or block and log index. */
  readonly source_position: string;
  /** Transaction on Polygon, 0x and lower case; null where not known. */
  readonly tx_hash: string | null;
  /** Block of the transaction; null where not known. */
  readonly block_number: number | null;
  /** Hash of that block, 0x and lower case; null where not known. */
  readonly block_hash: string | null;
  /** Index of the log within the block; null where not known. */
  readonly log_index: number | null;
};

export function readMarketStatusChanged(input: Input): MarketStatusChanged {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    market_seq: readLong(input),
    condition_id: readString(input),
    status: readOneOf(input, STATUS),
    source: readOneOf(input, SOURCE),
    source_position: readString(input),
    tx_hash: readPresent(input) ? readString(input) : null,
    block_number: readPresent(input) ? readLong(input) : null,
    block_hash: readPresent(input) ? readString(input) : null,
    log_index: readPresent(input) ? readInt(input) : null,
  };
}

export function writeMarketStatusChanged(output: Output, value: MarketStatusChanged): void {
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
  writeString(output, value.condition_id);
  writeOneOf(output, STATUS, value.status);
  writeOneOf(output, SOURCE, value.source);
  writeString(output, value.source_position);
  if (value.tx_hash === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.tx_hash);
  }
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
  if (value.log_index === null) writeNull(output);
  else {
    writePresent(output);
    writeInt(output, value.log_index);
  }
}
