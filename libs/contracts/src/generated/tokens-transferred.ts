// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PusdMicros,
  type ShareMicros,
} from '@polytraders/money';
import {
  closedSet,
  type Input,
  readDecimal,
  readInt,
  readLong,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeDecimal,
  writeInt,
  writeLong,
  writeNull,
  writeOneOf,
  writePresent,
  writeString,
} from '../avro/output.ts';

const KIND = closedSet('kind', [
  'TRANSFER',
  'MIGRATION',
]);

const DIRECTION = closedSet('direction', [
  'IN',
  'OUT',
]);

const SOURCE = closedSet('source', [
  'bus',
  'file',
  'venue',
  'chain',
  'commands',
  'clock',
]);

/** Shares came into or left the wallet without a trade. */
export type TokensTransferred = {
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
  /** Plain transfer, or migration between contracts. */
  readonly kind: 'TRANSFER' | 'MIGRATION';
  /** IN to the account or OUT of it. */
  readonly direction: 'IN' | 'OUT';
  /** The other address, 0x and lower case. */
  readonly counterparty: string;
  /** Condition (the market), bytes32 as 0x…; null where the source does not know it. */
  readonly condition_id: string | null;
  /** Outcome token (ERC-1155 id), uint256 in decimal. */
  readonly token_id: string;
  /** Shares, positive. */
  readonly quantity_shares: ShareMicros;
  /** Declared cost of what came in; null is unknown, which is never 0. */
  readonly basis_pusd: PusdMicros | null;
  /** Who declared it; null where nobody did. */
  readonly basis_declared_by: string | null;
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

export function readTokensTransferred(input: Input): TokensTransferred {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    account: readString(input),
    kind: readOneOf(input, KIND),
    direction: readOneOf(input, DIRECTION),
    counterparty: readString(input),
    condition_id: readPresent(input) ? readString(input) : null,
    token_id: readString(input),
    quantity_shares: readDecimal(input) as ShareMicros,
    basis_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    basis_declared_by: readPresent(input) ? readString(input) : null,
    job_id: readPresent(input) ? readString(input) : null,
    source: readOneOf(input, SOURCE),
    source_position: readString(input),
    tx_hash: readString(input),
    block_number: readPresent(input) ? readLong(input) : null,
    block_hash: readPresent(input) ? readString(input) : null,
    log_index: readPresent(input) ? readInt(input) : null,
  };
}

export function writeTokensTransferred(output: Output, value: TokensTransferred): void {
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
  writeOneOf(output, KIND, value.kind);
  writeOneOf(output, DIRECTION, value.direction);
  writeString(output, value.counterparty);
  if (value.condition_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.condition_id);
  }
  writeString(output, value.token_id);
  writeDecimal(output, value.quantity_shares);
  if (value.basis_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.basis_pusd);
  }
  if (value.basis_declared_by === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.basis_declared_by);
  }
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
