// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PusdMicros,
} from '@polytraders/money';
import {
  closedSet,
  type Input,
  readArray,
  readDecimal,
  readInt,
  readLong,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeArray,
  writeDecimal,
  writeInt,
  writeLong,
  writeNull,
  writeOneOf,
  writePresent,
  writeString,
} from '../avro/output.ts';
import {
  readTokenLeg,
  type TokenLeg,
  writeTokenLeg,
} from './token-leg.ts';

const SOURCE = closedSet('source', [
  'bus',
  'file',
  'venue',
  'chain',
  'commands',
  'clock',
]);

/** One share of each outcome became collateral again. */
export type PositionsMerged = {
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
  /** Condition that was merged. */
  readonly condition_id: string;
  /** Its negative-risk event; null for a plain market. */
  readonly neg_risk_market_id: string | null;
  /** Collateral that was freed. */
  readonly amount_pusd: PusdMicros;
  /** Tokens given, by outcome index. */
  readonly legs: readonly TokenLeg[];
  /** Settlement job that was claimed with this transaction; null where there is none. */
  readonly job_id: string | null;
  /** Reader that brought this fact. */
  readonly source: 'bus' | 'file' | 'venue' | 'chain' | 'commands' | 'clock';
  /** Place in the source: topic/partition/offset, file hash and row, or block and log index. */
  readonly source_position: string;
  /** Transaction on Polygon, 0x and lower case. */
  readonly tx_hash: string;
  /** Block of the transaction; null where not known. */
  readonly block_number: number | null;
  /** Hash of that block, 0x and lower case; null where not known. */
  readonly block_hash: string | null;
  /** Index of the log within the block; null where not known. */
  readonly log_index: number | null;
};

export function readPositionsMerged(input: Input): PositionsMerged {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    account: readString(input),
    condition_id: readString(input),
    neg_risk_market_id: readPresent(input) ? readString(input) : null,
    amount_pusd: readDecimal(input) as PusdMicros,
    legs: readArray(input, readTokenLeg),
    job_id: readPresent(input) ? readString(input) : null,
    source: readOneOf(input, SOURCE),
    source_position: readString(input),
    tx_hash: readString(input),
    block_number: readPresent(input) ? readLong(input) : null,
    block_hash: readPresent(input) ? readString(input) : null,
    log_index: readPresent(input) ? readInt(input) : null,
  };
}

export function writePositionsMerged(output: Output, value: PositionsMerged): void {
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
  writeString(output, value.condition_id);
  if (value.neg_risk_market_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.neg_risk_market_id);
  }
  writeDecimal(output, value.amount_pusd);
  writeArray(output, value.legs, writeTokenLeg);
  if (value.job_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.job_id);
  }
  writeOneOf(output, SOURCE, value.source);
  writeString(output, value.source_position);
  writeString(output, value.tx_hash);
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
