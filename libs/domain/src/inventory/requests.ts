/**
 * Requests to keep inventory for an order that is not placed yet (rule B10). Requests are refused,
 * facts are booked: this is the only place that says no.
 *
 *   1. incomplete: names no amount of what it asks for
 *   2. GOV_REQUEST_WITHOUT_MAX_FEE: pUSD, and its fee is not bounded
 *   3. GOV_MARKET_RESOLVED: no order can live there
 *   4. GOV_INVENTORY_INSUFFICIENT: more than is free. Free is without what goes out with fills that
 *      may still fail, and what comes in with them is not counted
 *
 * in that order; else it is granted, and kept until an order takes it over or its time is up.
 */

import { freeOf } from './balance.ts';
import { type ReservationRequest } from './events.ts';
import { withLive, withoutLive } from './live-index.ts';
import { keptByRequest } from './reservation.ts';
import {
  hashKey,
  type InventoryOrder,
  type InventoryRequest,
  orderKey,
  requestKey,
} from './state.ts';
import { keep, moveToken, type Work } from './work.ts';

export type RequestVerdict = 'granted' | 'refused' | 'incomplete' | 'taken' | 'known';

type Refusal = 'GOV_REQUEST_WITHOUT_MAX_FEE' | 'GOV_MARKET_RESOLVED' | 'GOV_INVENTORY_INSUFFICIENT';

/** Judges a request and keeps what it asks for, or says why not. */
export function decideRequest(work: Work, asked: ReservationRequest): RequestVerdict {
  const { account, reservation_id: reservationId, token_id: token } = asked;
  const amount = token === null ? asked.amount_pusd : asked.quantity_shares;
  if (amount === null || amount <= 0n) return 'incomplete';
  const needed = token === null ? amount + (asked.max_fee_pusd ?? 0n) : amount;
  const key = requestKey(account, reservationId);
  const known = work.get(key);
  if (known?.kind === 'request') return askedLate(work, known, needed);
  const reason = refusalOf(work, asked, needed);
  const request: InventoryRequest = {
    kind: 'request',
    account,
    reservationId,
    bot: asked.trading_bot_id,
    token,
    amount: needed,
    expiresAt: asked.expires_at,
    state: reason === null ? 'pending' : 'refused',
    reason,
    orderId: null,
  };
  work.put(key, request);
  if (reason === null) {
    if (token !== null) moveToken(work, account, token, { conditionId: null }, {});
    keep(work, account, token, needed);
    work.putLive(withLive(work.live(), itemOf(work, key, request)));
    return 'granted';
  }
  if (reason === 'GOV_INVENTORY_INSUFFICIENT') {
    const { bot } = request;
    const left = freeOf(work.balance(account, token));
    const about = { account, bot, token, orderId: null, reservationId, left, amount: needed };
    work.alarm({ code: reason, ...about });
  }
  return 'refused';
}

/** Ends a request that no order took over. Answers what it had kept. */
export function endRequest(
  work: Work,
  request: InventoryRequest,
  state: 'expired' | 'voided',
  reason: string,
): bigint {
  const key = requestKey(request.account, request.reservationId);
  const kept = keptByRequest(request);
  work.put(key, { ...request, state, reason });
  work.putLive(withoutLive(work.live(), key));
  keep(work, request.account, request.token, -kept);
  return kept;
}

function refusalOf(work: Work, asked: ReservationRequest, needed: bigint): Refusal | null {
  const { account, token_id: token, max_fee_pusd: maxFee } = asked;
  if (token === null && maxFee === null) return 'GOV_REQUEST_WITHOUT_MAX_FEE';
  const balance = work.balance(account, token);
  if (balance.payouts !== null) return 'GOV_MARKET_RESOLVED';
  return needed > freeOf(balance) ? 'GOV_INVENTORY_INSUFFICIENT' : null;
}

/** Its order was quicker and keeps for itself: the request only says what was asked for. */
function askedLate(work: Work, known: InventoryRequest, amount: bigint): RequestVerdict {
  if (known.state !== 'taken' || known.amount !== 0n || known.orderId === null) return 'known';
  work.put(requestKey(known.account, known.reservationId), { ...known, amount });
  const key = orderKey(known.account, known.orderId);
  const order = work.get(key);
  if (order?.kind === 'order') renamed(work, key, order, amount);
  return 'taken';
}

function renamed(work: Work, key: string, was: InventoryOrder, requested: bigint): void {
  const order = { ...was, requested };
  work.put(key, order, was);
  if (order.orderHash !== null) work.put(hashKey(order.account, order.orderHash), order);
}

function itemOf(work: Work, key: string, request: InventoryRequest) {
  const { account, token, expiresAt: deadline } = request;
  const conditionId = work.balance(account, token).conditionId;
  return { key, account, token, keeps: token, conditionId, deadline };
}
