/** Messages of the day, from orders, fills, marks and markets. Every report is told in full. */

import {
  type ExecutionReport,
  type MarkObserved,
  type MarketDefinition,
} from '@polytraders/contracts';
import { priceE18, pusd, rate, shares } from '@polytraders/money';
import { type Fill } from './fills.ts';
import { type Order } from './orders.ts';
import { type Market } from './universe.ts';

const MILL_E18 = 10n ** 15n;

const BLANK = {
  venue_market_id: null,
  correlation_id: null,
  max_fee_pusd: null,
  expires_at: null,
  reservation_id: null,
  order_hash: null,
  fill_id: null,
  side: null,
  quantity_shares: null,
  size_pusd: null,
  fee_pusd: null,
  fee_bps: null,
  builder_code: null,
  builder_fee_pusd: null,
  strategy_slug: null,
  user_id: null,
  negRisk: null,
  tx_hash: null,
  log_index: null,
  block_number: null,
  mark_price: null,
  mark_observed_at: null,
} as const;

/** An ORDER report: OPEN, or how it ended. */
export function orderReport(
  order: Order,
  status: ExecutionReport['status'],
  at: number,
): ExecutionReport {
  return {
    ...BLANK,
    ...subjectOf(order),
    kind: 'ORDER',
    status,
    effective_at: at,
    price: millsPrice(order.priceMills),
    quantity_shares: shares(order.quantity),
    max_fee_pusd: pusd((order.quantity * BigInt(order.priceMills)) / 20_000n),
    expires_at: order.expiresAt,
  };
}

/** A MATCH report of a fill at a rung of the ladder; the chain's coordinates come with MINED. */
export function matchReport(
  fill: Fill,
  status: ExecutionReport['status'],
  at: number,
): ExecutionReport {
  const { order } = fill;
  const onChain = status === 'MINED' || status === 'CONFIRMED';
  const marked = order.bot.sendsMarks;
  return {
    ...BLANK,
    ...subjectOf(order),
    ...amountsOf(fill),
    kind: 'MATCH',
    status,
    effective_at: at,
    fill_id: fill.fillId,
    side: order.maker ? 'maker' : 'taker',
    builder_code: order.bot.builderCode,
    builder_fee_pusd: fill.builderFee === null ? null : pusd(fill.builderFee),
    strategy_slug: order.bot.strategy,
    user_id: order.bot.userId,
    negRisk: order.market.event !== null,
    tx_hash: onChain ? fill.txHash : null,
    block_number: onChain ? fill.blockNumber : null,
    log_index: onChain ? fill.logIndex : null,
    mark_price: marked ? millsPrice(order.markMills) : null,
    mark_observed_at: marked ? order.openedAt : null,
  };
}

/** The specification's wire example: neither account nor token nor BUY/SELL. */
export function bareReport(fill: Fill, at: number): ExecutionReport {
  return {
    ...BLANK,
    ...amountsOf(fill),
    kind: 'MATCH',
    status: 'CONFIRMED',
    order_id: fill.order.orderId,
    account: null,
    trading_bot_id: null,
    token_id: null,
    order_side: null,
    condition_id: fill.order.market.conditionId,
    effective_at: at,
    paper: false,
    fill_id: fill.fillId,
    side: fill.order.maker ? 'maker' : 'taker',
    negRisk: fill.order.market.event !== null,
  };
}

/** What market data says of a market before trading starts. */
export function marketDefinition(market: Market, endDate: string): MarketDefinition {
  return {
    condition_id: market.conditionId,
    tokens: [
      { token_id: market.tokens[0], outcome: 'Yes' },
      { token_id: market.tokens[1], outcome: 'No' },
    ],
    neg_risk_market_id: market.event?.negRiskMarketId ?? null,
    questions: market.event?.questions ?? [],
    maker_rebate_rate:
      market.rebatePercent === null ? null : rate(BigInt(market.rebatePercent) * 10_000n),
    fee_schedule: { rate: rate(BigInt(market.feeRateE4) * 100n), exponent: 1, taker_only: true },
    status: 'OPEN',
    end_date: endDate,
  };
}

/** The mid of a token. */
export function markObserved(tokenId: string, mills: number, at: number): MarkObserved {
  return {
    token_id: tokenId,
    price: millsPrice(mills),
    kind: 'MID',
    observed_at: at,
    source: 'generator',
  };
}

function subjectOf(order: Order) {
  return {
    order_id: order.orderId,
    account: order.account,
    trading_bot_id: order.bot.id,
    condition_id: order.market.conditionId,
    token_id: order.token,
    order_side: order.side,
    paper: order.bot.paper,
    // The venue's order id is the hash of the signed order.
    order_hash: order.bot.feeStyle === 'absolute' ? order.orderId : null,
  };
}

function amountsOf(fill: Fill) {
  return {
    price: priceE18(fill.priceE18),
    quantity_shares: fill.quantity === null ? null : shares(fill.quantity),
    size_pusd: fill.size === null ? null : pusd(fill.size),
    fee_pusd: fill.fee === null ? null : pusd(fill.fee),
    fee_bps: fill.feeBps,
  };
}

function millsPrice(mills: number) {
  return priceE18(BigInt(mills) * MILL_E18);
}
