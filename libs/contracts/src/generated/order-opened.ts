// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PriceE18,
  type PusdMicros,
  type ShareMicros,
} from '@polytraders/money';
import {
  closedSet,
  type Input,
  readArray,
  readBoolean,
  readDecimal,
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
  writeLong,
  writeNull,
  writeOneOf,
  writePresent,
  writeString,
} from '../avro/output.ts';

const ORDER_SIDE = closedSet('order_side', [
  'BUY',
  'SELL',
]);

const SOURCE = closedSet('source', [
  'bus',
  'file',
  'venue',
  'chain',
  'commands',
  'clock',
]);

/** An order is live at the venue. */
export type OrderOpened = {
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
  /** The order, by the id that the trading system uses. */
  readonly order_id: string;
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
  /** Side of the order. */
  readonly order_side: 'BUY' | 'SELL';
  /** Limit, pUSD a share. */
  readonly price: PriceE18;
  /** Size of the order, shares. */
  readonly quantity_shares: ShareMicros;
  /** Largest fee that the whole order may cost; null where not known, and then none is reserved. */
  readonly max_fee_pusd: PusdMicros | null;
  /** When the order expires; null for good till cancelled. */
  readonly expires_at: number | null;
  /** The granted reservation that this order takes over. */
  readonly reservation_id: string | null;
  /** Reader that brought this fact. */
  readonly source: 'bus' | 'file' | 'venue' | 'chain' | 'commands' | 'clock';
  /** Place in the source: topic/partition/offset, file hash and row, or block and log index. */
  readonly source_position: string;
  /** True for a simulated fill or order; it never reaches a regulatory report. */
  readonly paper: boolean;
  /** Reason codes that hold for this record, sorted. */
  readonly flags: readonly string[];
  /** What the sources did not know, as reason codes, sorted; empty when nothing is missing. */
  readonly incomplete_reasons: readonly string[];
};

export function readOrderOpened(input: Input): OrderOpened {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    order_id: readString(input),
    order_hash: readPresent(input) ? readString(input) : null,
    account: readString(input),
    trading_bot_id: readString(input),
    condition_id: readPresent(input) ? readString(input) : null,
    venue_market_id: readPresent(input) ? readString(input) : null,
    token_id: readString(input),
    order_side: readOneOf(input, ORDER_SIDE),
    price: readDecimal(input) as PriceE18,
    quantity_shares: readDecimal(input) as ShareMicros,
    max_fee_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    expires_at: readPresent(input) ? readLong(input) : null,
    reservation_id: readPresent(input) ? readString(input) : null,
    source: readOneOf(input, SOURCE),
    source_position: readString(input),
    paper: readBoolean(input),
    flags: readArray(input, readString),
    incomplete_reasons: readArray(input, readString),
  };
}

export function writeOrderOpened(output: Output, value: OrderOpened): void {
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
  writeString(output, value.order_id);
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
  writeOneOf(output, ORDER_SIDE, value.order_side);
  writeDecimal(output, value.price);
  writeDecimal(output, value.quantity_shares);
  if (value.max_fee_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.max_fee_pusd);
  }
  if (value.expires_at === null) writeNull(output);
  else {
    writePresent(output);
    writeLong(output, value.expires_at);
  }
  if (value.reservation_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.reservation_id);
  }
  writeOneOf(output, SOURCE, value.source);
  writeString(output, value.source_position);
  writeBoolean(output, value.paper);
  writeArray(output, value.flags, writeString);
  writeArray(output, value.incomplete_reasons, writeString);
}
