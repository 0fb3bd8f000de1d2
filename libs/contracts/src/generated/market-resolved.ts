// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  closedSet,
  type Input,
  readArray,
  readInt,
  readLong,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeArray,
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

/** ConditionResolution on the chain: final. Written to every partition. */
export type MarketResolved = {
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
  /** Payout of each outcome by outcome index, uint256 in decimal; a share pays numerator / sum. */
  readonly payout_numerators: readonly string[];
  /** Time of the block of the resolution. */
  readonly block_time: number;
  /** Reader that brought this fact. */
  readonly source: 'bus' | 'file' | 'venue' | 'chain' | 'commands' | 'clock';
  /** Place in the source: topic/partition/offset, file hash and row, or block and log index. */
  readonly source_position: string;
  /** Transaction on Polygon, 0x and lower case. */
  readonly tx_hash: string;
  /** Block of the transaction. */
  readonly block_number: number;
  /** Hash of that block, 0x and lower case; null where not known. */
  readonly block_hash: string | null;
  /** Index of the log within the block. */
  readonly log_index: number;
};

export function readMarketResolved(input: Input): MarketResolved {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    market_seq: readLong(input),
    condition_id: readString(input),
    payout_numerators: readArray(input, readString),
    block_time: readLong(input),
    source: readOneOf(input, SOURCE),
    source_position: readString(input),
    tx_hash: readString(input),
    block_number: readLong(input),
    block_hash: readPresent(input) ? readString(input) : null,
    log_index: readInt(input),
  };
}

export function writeMarketResolved(output: Output, value: MarketResolved): void {
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
  writeArray(output, value.payout_numerators, writeString);
  writeLong(output, value.block_time);
  writeOneOf(output, SOURCE, value.source);
  writeString(output, value.source_position);
  writeString(output, value.tx_hash);
  writeLong(output, value.block_number);
  if (value.block_hash === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.block_hash);
  }
  writeInt(output, value.log_index);
}
