/**
 * Execution reports to drafts, in the JSON names of the contracts, and in the specification's bare
 * form (`size_usd`, `fee_bps`, `timestamp` in milliseconds; no account, token or BUY/SELL), whose
 * order must be known to the ledger.
 */

import { type FillStatus, isPaperAccount, paperAccount } from '@polytraders/domain';
import { E18_PER_UNIT, formatMicros, formatPrice } from '@polytraders/money';
import {
  amountsOf,
  isRefusal,
  notPositive,
  outOfRange,
  PRICE_CONTRADICTED,
  pusdIn,
  sharesIn,
} from './amounts.ts';
import {
  type Draft,
  type FillDraft,
  type OrderDraft,
  type OrderStatus,
  type Refusal,
  refuse,
  type SourceOfRecord,
  type TimeMicros,
  unknownFill,
} from './draft.ts';
import {
  conditionAt,
  flagAt,
  hashAt,
  lower,
  priceAt,
  said,
  timeAt,
  together,
  tokenAt,
  wholeAt,
} from './fields.ts';
import { TIME_MAX } from './door.ts';
import { quoted } from './quoted.ts';
import { type Fields, type ImportTerms } from './raw.ts';
import { timeOfIso, timeOfMilliseconds } from './times.ts';

/** All of the notional. More, or less than nothing, is no fee rate but a broken message. */
const BPS_MAX = 10_000;

const FILL_STATUSES: readonly string[] = ['MATCHED', 'MINED', 'CONFIRMED', 'FAILED'];
const ORDER_STATUSES: readonly string[] = ['OPEN', 'FILLED', 'CANCELLED', 'REJECTED', 'EXPIRED'];
const ACCOUNT = /^(paper:)?0x[0-9a-f]{40}$/;

/** What an execution report says. `terms` are those of a file import, null on the bus. */
export function draftOfExecution(fields: Fields, terms: ImportTerms | null): Draft {
  const kind = fields['kind'] ?? (said(fields['fill_id']) === null ? 'ORDER' : 'MATCH');
  if (kind !== 'ORDER' && kind !== 'MATCH') {
    return refuse('INVALID_INPUT', `Expected kind ORDER or MATCH; found ${quoted(kind)}.`);
  }
  const common = commonOf(fields, terms);
  if (isRefusal(common)) return common;
  return kind === 'ORDER' ? orderOf(fields, common) : fillOf(fields, common, terms);
}

type Common = {
  readonly source: SourceOfRecord;
  readonly orderId: string;
  readonly account: string | null;
  readonly tradingBotId: string | null;
  readonly conditionId: string | null;
  readonly venueMarketId: string | null;
  readonly tokenId: string | null;
  readonly orderSide: 'BUY' | 'SELL' | null;
  readonly effectiveAt: TimeMicros;
  readonly correlationId: string | null;
  readonly paper: boolean;
};

function commonOf(fields: Fields, terms: ImportTerms | null): Common | Refusal {
  const orderId = said(fields['order_id']);
  if (orderId === null) return refuse('INCOMPLETE_INPUT', 'Expected order_id; found none.');
  const effectiveAt = timeIn(fields);
  if (effectiveAt === null) {
    const found = quoted(fields['effective_at'] ?? fields['timestamp'] ?? '');
    return refuse('INCOMPLETE_INPUT', `Expected effective_at as ISO-8601 UTC; found ${found}.`);
  }
  const orderSide = said(fields['order_side']);
  if (orderSide !== null && orderSide !== 'BUY' && orderSide !== 'SELL') {
    return refuse('INVALID_INPUT', `Expected order_side BUY or SELL; found ${quoted(orderSide)}.`);
  }
  const told = flagAt(fields, 'paper');
  if (isRefusal(told)) return told;
  const wallet = lower(fields['account']) ?? terms?.account ?? null;
  if (wallet !== null && !ACCOUNT.test(wallet)) {
    return refuse(
      'INVALID_INPUT',
      `Expected account as 0x and 40 hex digits; found ${quoted(wallet)}.`,
    );
  }
  const isNamedSo = wallet !== null && isPaperAccount(wallet);
  if (isNamedSo && told === false) {
    return refuse('INVALID_INPUT', `Expected paper true for ${wallet}; found false.`);
  }
  const paper = told ?? isNamedSo;
  const isFile = terms !== null;
  const ids = together({
    conditionId: conditionAt(fields, isFile),
    tokenId: tokenAt(fields, isFile),
  });
  if (isRefusal(ids)) return ids;
  return {
    ...ids,
    source: isFile ? 'file' : 'bus',
    orderId,
    orderSide,
    effectiveAt,
    paper,
    account: wallet !== null && paper ? paperAccount(wallet) : wallet,
    tradingBotId: said(fields['trading_bot_id']) ?? terms?.bot ?? null,
    venueMarketId: said(fields['venue_market_id']) ?? said(fields['market_id']),
    correlationId: said(fields['correlation_id']),
  };
}

function orderOf(fields: Fields, common: Common): OrderDraft | Refusal {
  const status = fields['status'] ?? '';
  if (!isOrderStatus(status)) {
    return refuse('INVALID_INPUT', `Expected a status of an order; found ${quoted(status)}.`);
  }
  const given = together({
    price: priceAt(fields, 'price'),
    quantity: sharesIn('quantity', said(fields['quantity_shares'])),
    maxFeePusd: pusdIn('max_fee_pusd', said(fields['max_fee_pusd'])),
    expiresAt: deadlineIn(fields),
    orderHash: hashAt(fields, 'order_hash'),
  });
  if (isRefusal(given)) return given;
  const { price, quantity } = given;
  if (price !== null && (price <= 0n || price > E18_PER_UNIT))
    return outOfRange(formatPrice(price));
  if (quantity !== null && quantity <= 0n) return notPositive(formatMicros(quantity));
  const reservationId = said(fields['reservation_id']);
  return { kind: 'order', ...common, ...given, status, reservationId };
}

/**
 * When an order ends by itself; null where it never does. Senders have two words for never: the
 * venue's own expiration of 0, and a year that none of us will see (2100 to 9999).
 */
function deadlineIn(fields: Fields): TimeMicros | null | Refusal {
  const time = timeAt(fields, 'expires_at');
  return time === 0 || (typeof time === 'number' && time >= TIME_MAX) ? null : time;
}

function fillOf(fields: Fields, common: Common, terms: ImportTerms | null): FillDraft | Refusal {
  const fillId = said(fields['fill_id']);
  if (fillId === null) return refuse('INCOMPLETE_INPUT', 'Expected fill_id; found none.');
  // The bare form carries no status: it is the specification's confirmed match event.
  const status = fields['status'] ?? (said(fields['timestamp']) === null ? '' : 'CONFIRMED');
  if (!isFillStatus(status)) {
    return refuse('INVALID_INPUT', `Expected a status of a fill; found ${quoted(status)}.`);
  }
  const side = said(fields['side']);
  if (side !== null && side !== 'maker' && side !== 'taker') {
    return refuse('INVALID_INPUT', `Expected side maker or taker; found ${quoted(side)}.`);
  }
  const amounts = amountsOf({
    quantity: said(fields['quantity_shares']),
    size: said(fields['size_pusd']) ?? said(fields['size_usd']),
    price: said(fields['price']),
  });
  if (isRefusal(amounts)) return amounts;
  const fee = feeOf(fields, terms, status);
  if (isRefusal(fee)) return fee;
  const given = together({
    negRisk: flagAt(fields, 'negRisk'),
    txHash: hashAt(fields, 'tx_hash'),
    orderHash: hashAt(fields, 'order_hash'),
    logIndex: wholeAt(fields, 'log_index'),
    blockNumber: wholeAt(fields, 'block_number'),
    markPrice: priceAt(fields, 'mark_price'),
    markObservedAt: timeAt(fields, 'mark_observed_at'),
  });
  if (isRefusal(given)) return given;
  return {
    ...unknownFill(),
    ...common,
    ...fee,
    ...given,
    recipe: 'BUS',
    fillId,
    status,
    side,
    quantity: amounts.quantity,
    notional: amounts.notional,
    price: amounts.priceE18,
    fallbackBot: terms === null ? null : 'imported',
    builderCode: said(fields['builder_code']),
    strategySlug: said(fields['strategy_slug']),
    userId: said(fields['user_id']),
    flags: amounts.disagree ? [PRICE_CONTRADICTED] : [],
  };
}

/** An absolute fee wins over basis points (B6); a declared zero only where there is neither. */
function feeOf(
  fields: Fields,
  terms: ImportTerms | null,
  status: FillStatus,
):
  | Pick<FillDraft, 'feePusd' | 'feeBps' | 'feeSource' | 'feeDeclaredBy' | 'builderFeePusd'>
  | Refusal {
  const feePusd = pusdIn('fee_pusd', said(fields['fee_pusd']));
  if (isRefusal(feePusd)) return feePusd;
  const builderFeePusd = pusdIn('builder_fee_pusd', said(fields['builder_fee_pusd']));
  if (isRefusal(builderFeePusd)) return builderFeePusd;
  const bps = wholeAt(fields, 'fee_bps');
  if (isRefusal(bps) || (bps !== null && bps > BPS_MAX)) {
    const expected = `a whole number from 0 to ${String(BPS_MAX)}`;
    const found = quoted(fields['fee_bps'] ?? '');
    return refuse('INVALID_INPUT', `Expected fee_bps as ${expected}; found ${found}.`);
  }
  const feeBps = feePusd === null ? bps : null;
  if (feePusd !== null || feeBps !== null) {
    return { feePusd, feeBps, feeSource: 'MATCH_EVENT', feeDeclaredBy: null, builderFeePusd };
  }
  // What is provisional may be told its fee later; nobody has to answer for it yet.
  const by = status === 'CONFIRMED' ? (terms?.zeroFeeDeclaredBy ?? null) : null;
  if (by === null) return { feePusd, feeBps, feeSource: null, feeDeclaredBy: null, builderFeePusd };
  const zero = pusdIn('fee', '0');
  if (isRefusal(zero)) return zero;
  return { feePusd: zero, feeBps: null, feeSource: 'DECLARED', feeDeclaredBy: by, builderFeePusd };
}

function timeIn(fields: Fields): TimeMicros | null {
  const iso = said(fields['effective_at']);
  if (iso !== null) return timeOfIso(iso);
  return timeOfMilliseconds(fields['timestamp'] ?? '');
}

function isFillStatus(text: string): text is FillStatus {
  return FILL_STATUSES.includes(text);
}

function isOrderStatus(text: string): text is OrderStatus {
  return ORDER_STATUSES.includes(text);
}
