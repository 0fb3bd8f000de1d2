/**
 * A reservation as the outside sees it, whether it is kept by a request or by an order. One that an
 * order took over is the order's from then on, under the same id: there are never two.
 */

import {
  endReasonOf,
  keptBy,
  keptToken,
  reservationStateOf,
  type ReservationState,
} from './order.ts';
import { type InventoryOrder, type InventoryRequest } from './state.ts';

export type Reservation = {
  readonly reservationId: string;
  readonly account: string;
  readonly bot: string;
  /** What is kept: this token, or pUSD where null. */
  readonly token: string | null;
  readonly orderId: string | null;
  readonly state: ReservationState;
  readonly requested: bigint;
  /** What is still kept. */
  readonly remaining: bigint;
  readonly expiresAt: number | null;
  readonly reason: string | null;
};

/** The reservation of an order; null before the order was seen opened. */
export function reservationOfOrder(order: InventoryOrder): Reservation | null {
  const state = reservationStateOf(order);
  if (order.terms === null || state === null) return null;
  return {
    reservationId: order.reservationId,
    account: order.account,
    bot: order.terms.bot,
    token: keptToken(order.terms),
    orderId: order.orderId,
    state,
    requested: order.requested,
    remaining: keptBy(order),
    expiresAt: order.terms.expiresAt,
    reason: endReasonOf(order),
  };
}

/** The reservation of a request; null once an order has it. */
export function reservationOfRequest(request: InventoryRequest): Reservation | null {
  if (request.state === 'taken') return null;
  return {
    reservationId: request.reservationId,
    account: request.account,
    bot: request.bot,
    token: request.token,
    orderId: null,
    state: request.state,
    requested: request.amount,
    remaining: keptByRequest(request),
    expiresAt: request.expiresAt,
    reason: request.reason,
  };
}

/** What a request keeps: all of it while it is pending. */
export function keptByRequest(request: InventoryRequest): bigint {
  return request.state === 'pending' ? request.amount : 0n;
}

/** Whether two views of a reservation say the same. */
export function isSameReservation(a: Reservation | null, b: Reservation | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.reservationId === b.reservationId &&
    a.orderId === b.orderId &&
    a.state === b.state &&
    a.requested === b.requested &&
    a.remaining === b.remaining &&
    a.expiresAt === b.expiresAt &&
    a.reason === b.reason
  );
}
