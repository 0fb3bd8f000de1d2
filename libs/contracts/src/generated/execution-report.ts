// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PriceE18,
  type PusdMicros,
  type ShareMicros,
} from '@polytraders/money';
import {
  closedSet,
  type Input,
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
  writeBoolean,
  writeDecimal,
  writeInt,
  writeLong,
  writeNull,
  writeOneOf,
  writePresent,
  writeString,
} from '../avro/output.ts';

const KIND = closedSet('kind', [
  'ORDER',
  'MATCH',
]);

const ORDER_SIDE = closedSet('order_side', [
  'BUY',
  'SELL',
]);

const STATUS = closedSet('status', [
  'OPEN',
  'FILLED',
  'CANCELLED',
  'REJECTED',
  'EXPIRED',
  'MATCHED',
  'MINED',
  'CONFIRMED',
  'FAILED',
]);

const SIDE = closedSet('side', [
  'maker',
  'taker',
]);

/** What a trading system says about an order (ORDER) or a fill (MATCH). What one kind needs and does not find is refused at ingestion as INCOMPLETE_INPUT, not by this schema. */
export type ExecutionReport = {
  /** ORDER: the life of an order. MATCH: the life of a fill. */
  readonly kind: 'ORDER' | 'MATCH';
  /** The order, by the id that the trading system uses. */
  readonly order_id: string;
  /** Wallet of the order, 0x…; null is filled from the OrderOpened of order_id. */
  readonly account: string | null;
  /** Bot that placed the order; null is filled from the OrderOpened of order_id. */
  readonly trading_bot_id: string | null;
  /** Condition (the market), bytes32 as 0x…; null is filled from the market of the token. */
  readonly condition_id: string | null;
  /** The venue's own market id where it differs from the condition. */
  readonly venue_market_id: string | null;
  /** Outcome token (ERC-1155 id), uint256 in decimal; null is filled from the OrderOpened of order_id. */
  readonly token_id: string | null;
  /** Side of the order; null is filled from the OrderOpened of order_id. */
  readonly order_side: 'BUY' | 'SELL' | null;
  /** ORDER: OPEN, FILLED, CANCELLED, REJECTED or EXPIRED. MATCH: MATCHED, MINED, CONFIRMED or FAILED. */
  readonly status: 'OPEN' | 'FILLED' | 'CANCELLED' | 'REJECTED' | 'EXPIRED' | 'MATCHED' | 'MINED' | 'CONFIRMED' | 'FAILED';
  /** When it happened, UTC, microseconds since 1970. */
  readonly effective_at: number;
  /** Trace id of the trading system; null lets the ingestor derive one. */
  readonly correlation_id: string | null;
  /** True for a simulated order or fill. */
  readonly paper: boolean;
  /** pUSD a share: limit of an order, price of a fill. */
  readonly price: PriceE18 | null;
  /** Shares: size of an order, size of a fill. Of a fill either this or size_pusd is given. */
  readonly quantity_shares: ShareMicros | null;
  /** ORDER: the largest fee that the whole order may cost. */
  readonly max_fee_pusd: PusdMicros | null;
  /** ORDER: when a good-till-date order expires. */
  readonly expires_at: number | null;
  /** ORDER: the granted reservation that this order takes over. */
  readonly reservation_id: string | null;
  /** Hash of the signed order, bytes32 as 0x…. */
  readonly order_hash: string | null;
  /** MATCH: identity of the fill. */
  readonly fill_id: string | null;
  /** MATCH: our role in the match. */
  readonly side: 'maker' | 'taker' | null;
  /** MATCH: notional of the fill. */
  readonly size_pusd: PusdMicros | null;
  /** MATCH: absolute fee of the match event. Wins over fee_bps. */
  readonly fee_pusd: PusdMicros | null;
  /** MATCH: fee of the match event in basis points of size_pusd; never that of the order. */
  readonly fee_bps: number | null;
  /** MATCH: builder code of the order, bytes32 as 0x… or a slug. */
  readonly builder_code: string | null;
  /** MATCH: the part of the fee that goes to the builder. */
  readonly builder_fee_pusd: PusdMicros | null;
  /** MATCH: strategy to attribute the fill to. */
  readonly strategy_slug: string | null;
  /** MATCH: user to attribute the fill to. */
  readonly user_id: string | null;
  /** MATCH: whether the market is a negative-risk one, as the trading system believes. */
  readonly negRisk: boolean | null;
  /** MATCH: transaction on Polygon, 0x…. */
  readonly tx_hash: string | null;
  /** MATCH: index of the OrderFilled log within its block. */
  readonly log_index: number | null;
  /** MATCH: block of the transaction. */
  readonly block_number: number | null;
  /** MATCH: pUSD a share, the mark of the token as the trading system saw it. */
  readonly mark_price: PriceE18 | null;
  /** MATCH: when that mark was observed. */
  readonly mark_observed_at: number | null;
};

export function readExecutionReport(input: Input): ExecutionReport {
  return {
    kind: readOneOf(input, KIND),
    order_id: readString(input),
    account: readPresent(input) ? readString(input) : null,
    trading_bot_id: readPresent(input) ? readString(input) : null,
    condition_id: readPresent(input) ? readString(input) : null,
    venue_market_id: readPresent(input) ? readString(input) : null,
    token_id: readPresent(input) ? readString(input) : null,
    order_side: readPresent(input) ? readOneOf(input, ORDER_SIDE) : null,
    status: readOneOf(input, STATUS),
    effective_at: readLong(input),
    correlation_id: readPresent(input) ? readString(input) : null,
    paper: readBoolean(input),
    price: readPresent(input) ? readDecimal(input) as PriceE18 : null,
    quantity_shares: readPresent(input) ? readDecimal(input) as ShareMicros : null,
    max_fee_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    expires_at: readPresent(input) ? readLong(input) : null,
    reservation_id: readPresent(input) ? readString(input) : null,
    order_hash: readPresent(input) ? readString(input) : null,
    fill_id: readPresent(input) ? readString(input) : null,
    side: readPresent(input) ? readOneOf(input, SIDE) : null,
    size_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    fee_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    fee_bps: readPresent(input) ? readInt(input) : null,
    builder_code: readPresent(input) ? readString(input) : null,
    builder_fee_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    strategy_slug: readPresent(input) ? readString(input) : null,
    user_id: readPresent(input) ? readString(input) : null,
    negRisk: readPresent(input) ? readBoolean(input) : null,
    tx_hash: readPresent(input) ? readString(input) : null,
    log_index: readPresent(input) ? readInt(input) : null,
    block_number: readPresent(input) ? readLong(input) : null,
    mark_price: readPresent(input) ? readDecimal(input) as PriceE18 : null,
    mark_observed_at: readPresent(input) ? readLong(input) : null,
  };
}

export function writeExecutionReport(output: Output, value: ExecutionReport): void {
  writeOneOf(output, KIND, value.kind);
  writeString(output, value.order_id);
  if (value.account === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.account);
  }
  if (value.trading_bot_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.trading_bot_id);
  }
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
  if (value.token_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.token_id);
  }
  if (value.order_side === null) writeNull(output);
  else {
    writePresent(output);
    writeOneOf(output, ORDER_SIDE, value.order_side);
  }
  writeOneOf(output, STATUS, value.status);
  writeLong(output, value.effective_at);
  if (value.correlation_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.correlation_id);
  }
  writeBoolean(output, value.paper);
  if (value.price === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.price);
  }
  if (value.quantity_shares === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.quantity_shares);
  }
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
  if (value.order_hash === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.order_hash);
  }
  if (value.fill_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.fill_id);
  }
  if (value.side === null) writeNull(output);
  else {
    writePresent(output);
    writeOneOf(output, SIDE, value.side);
  }
  if (value.size_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.size_pusd);
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
  if (value.negRisk === null) writeNull(output);
  else {
    writePresent(output);
    writeBoolean(output, value.negRisk);
  }
  if (value.tx_hash === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.tx_hash);
  }
  if (value.log_index === null) writeNull(output);
  else {
    writePresent(output);
    writeInt(output, value.log_index);
  }
  if (value.block_number === null) writeNull(output);
  else {
    writePresent(output);
    writeLong(output, value.block_number);
  }
  if (value.mark_price === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.mark_price);
  }
  if (value.mark_observed_at === null) writeNull(output);
  else {
    writePresent(output);
    writeLong(output, value.mark_observed_at);
  }
}
