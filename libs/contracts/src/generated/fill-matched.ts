// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PriceE18,
  type PusdMicros,
  type RateMicros,
  type ShareMicros,
} from '@polytraders/money';
import {
  closedSet,
  type Input,
  readArray,
  readBoolean,
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
  writeBoolean,
  writeDecimal,
  writeInt,
  writeLong,
  writeNull,
  writeOneOf,
  writePresent,
  writeString,
} from '../avro/output.ts';

const STATUS = closedSet('status', [
  'MATCHED',
  'MINED',
]);

const SIDE = closedSet('side', [
  'maker',
  'taker',
]);

const ORDER_SIDE = closedSet('order_side', [
  'BUY',
  'SELL',
]);

const FEE_SOURCE = closedSet('fee_source', [
  'CHAIN',
  'MATCH_EVENT',
  'DECLARED',
  'RELEASED',
]);

const NEG_RISK_SOURCE = closedSet('neg_risk_source', [
  'DERIVED',
  'GIVEN',
  'NONE',
]);

const IDENTITY_RECIPE = closedSet('identity_recipe', [
  'BUS',
  'CHAIN',
  'VENUE',
  'ACTIVITY',
  'FILE_ROW',
]);

const SOURCE = closedSet('source', [
  'bus',
  'file',
  'venue',
  'chain',
  'commands',
  'clock',
]);

/** A fill that may still fail: it moves inventory to pending and nothing else. */
export type FillMatched = {
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
  /** How far it has come. */
  readonly status: 'MATCHED' | 'MINED';
  /** Identity of the fill: the first id that any source gave it. */
  readonly fill_id: string;
  /** The order, by the id that its source uses; null where not known. */
  readonly order_id: string | null;
  /** Hash of the signed order, bytes32 as 0x…; null where not known. */
  readonly order_hash: string | null;
  /** Wallet that holds the inventory, 0x and lower case; paper accounts are paper:0x…. */
  readonly account: string;
  /** Bot whose book this belongs to; "unattributed" where no source knows it. */
  readonly trading_bot_id: string;
  /** Condition (the market), bytes32 as 0x…; null where the source does not know it. */
  readonly condition_id: string | null;
  /** The venue's own market id where it differs from the condition; null where not given. */
  readonly venue_market_id: string | null;
  /** Outcome token (ERC-1155 id), uint256 in decimal. */
  readonly token_id: string;
  /** Our role in the match; null where the source does not know it. */
  readonly side: 'maker' | 'taker' | null;
  /** Side of the order. */
  readonly order_side: 'BUY' | 'SELL';
  /** Shares that changed hands. */
  readonly quantity_shares: ShareMicros;
  /** Notional: what was paid for the shares, before fees. */
  readonly size_pusd: PusdMicros;
  /** pUSD a share, as given, else notional / quantity, half-even at 18 decimals. */
  readonly price: PriceE18;
  /** Where the fee comes from; null when no source stated a fee. */
  readonly fee_source: 'CHAIN' | 'MATCH_EVENT' | 'DECLARED' | 'RELEASED' | null;
  /** Absolute fee, the builder part included; null when only fee_bps or nothing is given. */
  readonly fee_pusd: PusdMicros | null;
  /** Fee of the match event in basis points of size_pusd; null when the fee is absolute or not given. */
  readonly fee_bps: number | null;
  /** Operator who states the fee of a file import; null unless fee_source is DECLARED. */
  readonly fee_declared_by: string | null;
  /** Builder code of the order; null where there is none. */
  readonly builder_code: string | null;
  /** The part of the fee that goes to the builder, as given; null where not given. */
  readonly builder_fee_pusd: PusdMicros | null;
  /** Basis points configured for (builder_code, side) at match time; null where none are. */
  readonly builder_fee_bps: number | null;
  /** Strategy to attribute the fill to. */
  readonly strategy_slug: string | null;
  /** User to attribute the fill to. */
  readonly user_id: string | null;
  /** Whether the market is a negative-risk one; null where neither the token nor a source says. */
  readonly neg_risk: boolean | null;
  /** DERIVED from the token id, GIVEN by the source, or NONE. */
  readonly neg_risk_source: 'DERIVED' | 'GIVEN' | 'NONE';
  /** What the source said, also where the derived answer wins; null where it said nothing. */
  readonly neg_risk_given: boolean | null;
  /** Negative-risk event of the market; null for a plain market or where not known. */
  readonly neg_risk_market_id: string | null;
  /** Maker rebate rate of the market's definition, a ratio; null where not known. */
  readonly rebate_rate: RateMicros | null;
  /** How fill_id was made: as given on the bus, from transaction and order hash, from the venue ids, from the content of an activity export, or from a file and its row. */
  readonly identity_recipe: 'BUS' | 'CHAIN' | 'VENUE' | 'ACTIVITY' | 'FILE_ROW';
  /** Reader that brought this fact. */
  readonly source: 'bus' | 'file' | 'venue' | 'chain' | 'commands' | 'clock';
  /** Place in the source: topic/partition/offset, file hash and row, or block and log index. */
  readonly source_position: string;
  /** Other sources that told of the same fill by now, sorted. */
  readonly joined_sources: readonly string[];
  /** Transaction on Polygon, 0x and lower case; null where not known. */
  readonly tx_hash: string | null;
  /** Block of the transaction; null where not known. */
  readonly block_number: number | null;
  /** Hash of that block, 0x and lower case; null where not known. */
  readonly block_hash: string | null;
  /** Index of the log within the block; null where not known. */
  readonly log_index: number | null;
  /** When the venue matched it; null where not known. */
  readonly matched_at: number | null;
  /** True for a simulated fill or order; it never reaches a regulatory report. */
  readonly paper: boolean;
  /** Reason codes that hold for this record, sorted. */
  readonly flags: readonly string[];
  /** What the sources did not know, as reason codes, sorted; empty when nothing is missing. */
  readonly incomplete_reasons: readonly string[];
};

export function readFillMatched(input: Input): FillMatched {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    status: readOneOf(input, STATUS),
    fill_id: readString(input),
    order_id: readPresent(input) ? readString(input) : null,
    order_hash: readPresent(input) ? readString(input) : null,
    account: readString(input),
    trading_bot_id: readString(input),
    condition_id: readPresent(input) ? readString(input) : null,
    venue_market_id: readPresent(input) ? readString(input) : null,
    token_id: readString(input),
    side: readPresent(input) ? readOneOf(input, SIDE) : null,
    order_side: readOneOf(input, ORDER_SIDE),
    quantity_shares: readDecimal(input) as ShareMicros,
    size_pusd: readDecimal(input) as PusdMicros,
    price: readDecimal(input) as PriceE18,
    fee_source: readPresent(input) ? readOneOf(input, FEE_SOURCE) : null,
    fee_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    fee_bps: readPresent(input) ? readInt(input) : null,
    fee_declared_by: readPresent(input) ? readString(input) : null,
    builder_code: readPresent(input) ? readString(input) : null,
    builder_fee_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    builder_fee_bps: readPresent(input) ? readInt(input) : null,
    strategy_slug: readPresent(input) ? readString(input) : null,
    user_id: readPresent(input) ? readString(input) : null,
    neg_risk: readPresent(input) ? readBoolean(input) : null,
    neg_risk_source: readOneOf(input, NEG_RISK_SOURCE),
    neg_risk_given: readPresent(input) ? readBoolean(input) : null,
    neg_risk_market_id: readPresent(input) ? readString(input) : null,
    rebate_rate: readPresent(input) ? readDecimal(input) as RateMicros : null,
    identity_recipe: readOneOf(input, IDENTITY_RECIPE),
    source: readOneOf(input, SOURCE),
    source_position: readString(input),
    joined_sources: readArray(input, readString),
    tx_hash: readPresent(input) ? readString(input) : null,
    block_number: readPresent(input) ? readLong(input) : null,
    block_hash: readPresent(input) ? readString(input) : null,
    log_index: readPresent(input) ? readInt(input) : null,
    matched_at: readPresent(input) ? readLong(input) : null,
    paper: readBoolean(input),
    flags: readArray(input, readString),
    incomplete_reasons: readArray(input, readString),
  };
}

export function writeFillMatched(output: Output, value: FillMatched): void {
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
  writeOneOf(output, STATUS, value.status);
  writeString(output, value.fill_id);
  if (value.order_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.order_id);
  }
  if (value.order_hash === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.order_hash);
  }
  writeString(output, value.account);
  writeString(output, value.trading_bot_id);
  if (value.condition_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.condition_id);
  }
  if (value.venue_market_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.venue_market_id);
  }
  writeString(output, value.token_id);
  if (value.side === null) writeNull(output);
  else {
    writePresent(output);
    writeOneOf(output, SIDE, value.side);
  }
  writeOneOf(output, ORDER_SIDE, value.order_side);
  writeDecimal(output, value.quantity_shares);
  writeDecimal(output, value.size_pusd);
  writeDecimal(output, value.price);
  if (value.fee_source === null) writeNull(output);
  else {
    writePresent(output);
    writeOneOf(output, FEE_SOURCE, value.fee_source);
  }
  if (value.fee_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.fee_pusd);
  }
  if (value.fee_bps === null) writeNull(output);
  else {
    writePresent(output);
    writeInt(output, value.fee_bps);
  }
  if (value.fee_declared_by === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.fee_declared_by);
  }
  if (value.builder_code === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.builder_code);
  }
  if (value.builder_fee_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.builder_fee_pusd);
  }
  if (value.builder_fee_bps === null) writeNull(output);
  else {
    writePresent(output);
    writeInt(output, value.builder_fee_bps);
  }
  if (value.strategy_slug === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.strategy_slug);
  }
  if (value.user_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.user_id);
  }
  if (value.neg_risk === null) writeNull(output);
  else {
    writePresent(output);
    writeBoolean(output, value.neg_risk);
  }
  writeOneOf(output, NEG_RISK_SOURCE, value.neg_risk_source);
  if (value.neg_risk_given === null) writeNull(output);
  else {
    writePresent(output);
    writeBoolean(output, value.neg_risk_given);
  }
  if (value.neg_risk_market_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.neg_risk_market_id);
  }
  if (value.rebate_rate === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.rebate_rate);
  }
  writeOneOf(output, IDENTITY_RECIPE, value.identity_recipe);
  writeOneOf(output, SOURCE, value.source);
  writeString(output, value.source_position);
  writeArray(output, value.joined_sources, writeString);
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
  if (value.matched_at === null) writeNull(output);
  else {
    writePresent(output);
    writeLong(output, value.matched_at);
  }
  writeBoolean(output, value.paper);
  writeArray(output, value.flags, writeString);
  writeArray(output, value.incomplete_reasons, writeString);
}
