/**
 * The reservation of an order, as a function of what is known of the order (rule B10): one while it
 * lives, none after, whatever was told first.
 *
 *   pending ──▶ posted    filled, or said to be
 *           ├─▶ voided    cancelled, rejected, its market resolved
 *           └─▶ expired   its deadline passed, or it was said to
 *
 * A fill that fails is no end of an order: what it had taken is kept again while the order lives.
 */

import { divideCeil, E18_PER_UNIT } from '@polytraders/money';
import { type InventoryOrder, type OrderTerms, type PendingFills } from './state.ts';

export type ReservationState = 'pending' | 'posted' | 'voided' | 'expired' | 'refused';

export const NOTHING_PENDING: PendingFills = { shares: 0n, cash: 0n, unpriced: 0n };

/** The reservation that an order takes where it names no granted request. */
export function ownReservationId(account: string, orderId: string): string {
  return `${OWN}${account}/${orderId}`;
}

const OWN = 'order/';

/** Whether an id is of the form that orders have of their own: nobody else may ask under it. */
export function isOwnOfOrder(reservationId: string): boolean {
  return reservationId.startsWith(OWN);
}

/** An order of which nothing is known yet but its id. */
export function unknownOrder(account: string, orderId: string): InventoryOrder {
  return {
    kind: 'order',
    account,
    orderId,
    orderHash: null,
    terms: null,
    filled: 0n,
    pending: NOTHING_PENDING,
    filledToken: null,
    closed: null,
    swept: null,
    reservationId: ownReservationId(account, orderId),
    requested: 0n,
    requestId: null,
  };
}

/** The token that its reservation keeps; null is pUSD. */
export function keptToken(terms: OrderTerms): string | null {
  return terms.side === 'SELL' ? terms.token : null;
}

/**
 * What the order needs for `remaining` of its shares: SELL the shares; BUY
 * `ceil(price × remaining) + ceil(max_fee × remaining ÷ quantity)`, the first only where there
 * is no max fee.
 * BUY 100 @ 0.50 with a fee of at most 1: 51; 60 of them left: 30 + 0.6.
 */
export function needOf(terms: OrderTerms, remaining: bigint): bigint {
  if (remaining === 0n) return 0n;
  if (terms.side === 'SELL') return remaining;
  return divideCeil(terms.price * remaining, E18_PER_UNIT) + feeFor(terms, remaining);
}

/** The largest fee of a part of an order; 0 where it states none. */
function feeFor({ maxFee, quantity }: OrderTerms, part: bigint): bigint {
  return maxFee === null ? 0n : divideCeil(maxFee * part, quantity);
}

/** Shares of the order that no fill has taken. One filled beyond its size has none left. */
export function remainingOf({ terms, filled }: InventoryOrder): bigint {
  if (terms === null || filled >= terms.quantity) return 0n;
  return terms.quantity - filled;
}

/** Whether the order may still be filled: seen opened, and nothing has ended it. */
export function isLive(order: InventoryOrder): boolean {
  return order.terms !== null && order.closed === null && order.swept === null;
}

/** Whether its end is still to be told: it lives, or its market's resolution is its end. */
export function isAwaited(order: InventoryOrder): boolean {
  const { terms, closed, swept } = order;
  return terms !== null && closed === null && (swept === null || swept === 'RESOLVED');
}

/**
 * When the sweep looks at it: at its deadline; where its market is resolved, at the next occasion.
 */
export function sweptAt({ terms, swept }: InventoryOrder): number | null {
  return swept === 'RESOLVED' ? 0 : (terms?.expiresAt ?? null);
}

/** What the order keeps now. */
export function keptBy(order: InventoryOrder): bigint {
  if (order.terms === null || !isLive(order)) return 0n;
  return needOf(order.terms, remainingOf(order));
}

/**
 * pUSD that is held for its pending fills beyond what they say goes out, so that free never turns
 * negative by what becomes of them:
 *
 *   a fee that only the confirmation tells     with what remains, up to
 *                                              `ceil(max_fee × (remaining + unpriced) ÷ quantity)`;
 *                                              also after the order's own end
 *   a fill that fails                          while the order lives it needs those shares again,
 *                                              at its limit, however well they were bought
 *
 * BUY 100 @ 0.50 with a fee of at most 1, all of it matched for 45 without a fee: 45 go out, and 6
 * are held, until the order has ended; then 1, until the fee is told.
 */
export function owedBy(order: InventoryOrder): bigint {
  const { terms, pending } = order;
  if (terms?.side !== 'BUY' || pending.shares === 0n) return 0n;
  const kept = isLive(order) ? remainingOf(order) : 0n;
  // Filled beyond its size it still has no larger fee than its largest.
  const upTo = (part: bigint): bigint => (part > terms.quantity ? terms.quantity : part);
  const fee = feeFor(terms, upTo(kept + pending.unpriced)) - feeFor(terms, kept);
  if (!isLive(order)) return fee;
  const again = needOf(terms, upTo(kept + pending.shares)) - needOf(terms, kept) - pending.cash;
  return again > fee ? again : fee;
}

/** Where its reservation stands; null before the order was seen opened: then it has none. */
export function reservationStateOf(order: InventoryOrder): ReservationState | null {
  if (order.terms === null) return null;
  if (order.closed !== null) return endOf(order.closed);
  if (remainingOf(order) === 0n) return 'posted';
  if (order.swept === 'EXPIRED') return 'expired';
  return order.swept === null ? 'pending' : 'voided';
}

/** Why its reservation ended; null while it stands. The venue's word comes before the sweep. */
export function endReasonOf(order: InventoryOrder): string | null {
  const state = reservationStateOf(order);
  if (state === null || state === 'pending') return null;
  if (order.closed !== null || state === 'posted') return 'EXEC_ORDER_CLOSED';
  return order.swept === 'RESOLVED' ? 'GOV_MARKET_RESOLVED' : 'GOV_RESERVATION_LEAK';
}

function endOf(reason: NonNullable<InventoryOrder['closed']>): ReservationState {
  if (reason === 'FILLED') return 'posted';
  return reason === 'EXPIRED' ? 'expired' : 'voided';
}
