/**
 * What events do to orders: opened, closed, filled in part, swept. Each makes a new order out of
 * the one before, and what it keeps follows (order.ts), so that the order of the events is nothing
 * to the result.
 *
 * An order is found by its hash before its id: sources may call it by ids of their own, the hash is
 * of what was signed.
 */

import { type ClosedOrder, type OpenedOrder } from './events.ts';
import { liveItem, type LiveIndex, type LiveItem, withLive, withoutLive } from './live-index.ts';
import {
  isAwaited,
  isLive,
  keptBy,
  keptToken,
  needOf,
  NOTHING_PENDING,
  owedBy,
  ownReservationId,
  sweptAt,
  unknownOrder,
} from './order.ts';
import {
  hashKey,
  type InventoryOrder,
  type InventoryRequest,
  marketKey,
  orderKey,
  type OrderTerms,
  type PendingFills,
  requestKey,
  type Swept,
} from './state.ts';
import { conditionOf, keep, moveCash, moveToken, type Work } from './work.ts';

export type OrderName = {
  readonly account: string;
  readonly orderId: string | null;
  readonly orderHash: string | null;
};

const NO_FILLS = { filled: 0n, pending: NOTHING_PENDING, filledToken: null } as const;

/** The order is at the venue. False where it was seen opened before. */
export function openOrder(work: Work, opened: OpenedOrder): boolean {
  const { account, order_id: orderId, order_hash: orderHash } = opened;
  const { stored, order: known } = found(work, { account, orderId, orderHash }, orderId);
  if (known.terms !== null) return false;
  const terms = termsOf(opened);
  const isOfIt = known.filledToken === null || known.filledToken === terms.token;
  const before = isOfIt ? known : { ...known, ...NO_FILLS };
  if (terms.side === 'SELL') moveToken(work, account, terms.token, terms, {});
  const taken = takeOver(work, opened, terms);
  const condition = conditionOf(work, terms.token, terms.conditionId);
  const market = condition === null ? undefined : work.get(marketKey(work.partition, condition));
  const isResolved = market?.kind === 'market' && market.payouts !== null;
  const after: InventoryOrder = {
    ...before,
    terms,
    swept: isResolved ? 'RESOLVED' : before.swept,
    reservationId: taken?.reservationId ?? ownReservationId(account, orderId),
    requested: taken === null || taken.amount === 0n ? needOf(terms, terms.quantity) : taken.amount,
    requestId: taken?.reservationId ?? null,
  };
  putOrder(work, stored, after);
  return true;
}

/** The order's end, for whatever reason. False where it had ended before. */
export function closeOrder(work: Work, closed: ClosedOrder): boolean {
  const { account, order_id: orderId, order_hash: orderHash } = closed;
  const byHash = orderHash === null ? undefined : work.get(hashKey(account, orderHash));
  const isOpened = byHash?.kind === 'order' && byHash.terms !== null;
  const id = isOpened ? byHash.orderId : orderId;
  const { stored, order } = found(work, { account, orderId, orderHash }, id);
  if (stored.closed !== null) return false;
  putOrder(work, stored, { ...order, closed: order.closed ?? closed.closing_reason });
  return true;
}

export type OrderFill = OrderName & {
  readonly token: string;
  readonly quantity: bigint;
  /** The part of it that may still fail. */
  readonly pending: PendingFills;
};

/**
 * Adds to what was filled of an order; negative where a fill failed or was taken back. A fill of
 * another token than the order's is none of its fills, whatever it says.
 */
export function fillOrder(work: Work, fill: OrderFill): void {
  const { account, orderId, orderHash, token, quantity } = fill;
  if (quantity === 0n) return;
  const byHash = orderHash === null ? undefined : work.get(hashKey(account, orderHash));
  const id = byHash?.kind === 'order' ? byHash.orderId : orderId;
  if (id !== null) {
    const { stored, order } = found(work, fill, id);
    const expected = order.terms?.token ?? order.filledToken ?? token;
    if (expected !== token) return;
    const filled = order.filled + quantity;
    const filledToken = filled === 0n ? null : token;
    const pending = together(order.pending, fill.pending);
    const after = { ...order, filled, pending, filledToken };
    if (isNothing(after)) forgetOrder(work, after);
    else putOrder(work, stored, after);
    return;
  }
  if (orderHash === null) return;
  const stray = byHash?.kind === 'stray' ? byHash : null;
  if (stray !== null && stray.filledToken !== token) return;
  const filled = (stray?.filled ?? 0n) + quantity;
  const pending = together(stray?.pending ?? NOTHING_PENDING, fill.pending);
  const after = {
    kind: 'stray',
    account,
    orderHash,
    filled,
    pending,
    filledToken: token,
  } as const;
  work.put(hashKey(account, orderHash), filled === 0n ? undefined : after);
}

/** Ends an order that can no longer live. Answers what it had kept. */
export function sweepOrder(work: Work, before: InventoryOrder, swept: Swept): bigint {
  const kept = keptBy(before);
  putOrder(work, before, { ...before, swept });
  return kept;
}

/** An order as it is stored, and as it is with what else was told of it. */
type Found = { readonly stored: InventoryOrder; readonly order: InventoryOrder };

/**
 * The order of a name, under this id: what is known under the id, with what waited under its hash
 * or was told under another id of the same hash.
 */
function found(work: Work, name: OrderName, id: string): Found {
  const { account, orderHash } = name;
  const byHash = orderHash === null ? undefined : work.get(hashKey(account, orderHash));
  if (byHash?.kind === 'order' && byHash.orderId === id) return { stored: byHash, order: byHash };
  const byId = work.get(orderKey(account, id));
  const stored = byId?.kind === 'order' ? byId : unknownOrder(account, id);
  // Two orders that were both seen opened are two, whatever their hash.
  const isOther = byHash?.kind === 'order' && byHash.terms !== null;
  if (orderHash === null || stored.orderHash !== null || isOther) return { stored, order: stored };
  const named = { ...stored, orderHash };
  if (byHash?.kind === 'stray') return { stored, order: withFills(named, byHash) };
  if (byHash?.kind !== 'order') return { stored, order: named };
  work.put(orderKey(account, byHash.orderId), undefined);
  const closed = stored.closed ?? byHash.closed;
  return { stored, order: { ...withFills(named, byHash), closed } };
}

/** The order with the fills that waited elsewhere, where they are of its token. */
function withFills(
  order: InventoryOrder,
  { filled, pending, filledToken }: Pick<InventoryOrder, keyof typeof NO_FILLS>,
): InventoryOrder {
  const token = order.terms?.token ?? order.filledToken ?? filledToken;
  if (filledToken === null || filledToken !== token) return order;
  return {
    ...order,
    filled: order.filled + filled,
    pending: together(order.pending, pending),
    filledToken,
  };
}

function together(a: PendingFills, b: PendingFills): PendingFills {
  return { shares: a.shares + b.shares, cash: a.cash + b.cash, unpriced: a.unpriced + b.unpriced };
}

/** Whether all that was ever told of the order were fills that failed. */
function isNothing({ terms, closed, filled }: InventoryOrder): boolean {
  return terms === null && closed === null && filled === 0n;
}

function forgetOrder(work: Work, { account, orderId, orderHash }: InventoryOrder): void {
  work.put(orderKey(account, orderId), undefined);
  if (orderHash !== null) work.put(hashKey(account, orderHash), undefined);
}

/** Stores the order under its names; what it keeps and whether it is live follow. */
function putOrder(work: Work, before: InventoryOrder, after: InventoryOrder): void {
  const { account, orderId, orderHash, terms } = after;
  const key = orderKey(account, orderId);
  work.put(key, after, before);
  if (orderHash !== null) work.put(hashKey(account, orderHash), after);
  if (terms === null) return;
  const token = keptToken(terms);
  const flags = withoutMaxFee(after) - withoutMaxFee(before);
  keep(work, account, token, keptBy(after) - keptBy(before), flags);
  const owed = owedBy(after) - owedBy(before);
  if (owed !== 0n) moveCash(work, account, { pendingOut: owed });
  if (isAwaited(before) === isAwaited(after) && sweptAt(before) === sweptAt(after)) return;
  const index = work.live();
  work.putLive(
    isAwaited(after) ? withLive(index, itemOf(work, index, after, terms)) : withoutLive(index, key),
  );
}

function withoutMaxFee(order: InventoryOrder): number {
  const { terms } = order;
  return isLive(order) && terms?.side === 'BUY' && terms.maxFee === null ? 1 : 0;
}

/** An order that is live already has the condition that it was opened with. */
function itemOf(work: Work, index: LiveIndex, order: InventoryOrder, terms: OrderTerms): LiveItem {
  const key = orderKey(order.account, order.orderId);
  const known = liveItem(index, key);
  return {
    key,
    account: order.account,
    token: terms.token,
    keeps: keptToken(terms),
    conditionId:
      known === undefined ? conditionOf(work, terms.token, terms.conditionId) : known.conditionId,
    deadline: sweptAt(order),
  };
}

/**
 * The request that the order takes over, no longer keeping anything itself. An id that nobody has
 * asked for yet is the order's, too: the request then comes too late to keep a second time. Null
 * where the order names none, or one that has ended, is another order's or keeps another asset.
 */
function takeOver(work: Work, opened: OpenedOrder, terms: OrderTerms): InventoryRequest | null {
  const { account, reservation_id: reservationId, order_id: orderId } = opened;
  if (reservationId === null) return null;
  const key = requestKey(account, reservationId);
  const request = work.get(key);
  const token = keptToken(terms);
  if (request?.kind === 'request') {
    if (request.state !== 'pending' || request.token !== token) return null;
    work.putLive(withoutLive(work.live(), key));
    keep(work, account, token, -request.amount);
    const taken: InventoryRequest = { ...request, state: 'taken', orderId };
    work.put(key, taken);
    return taken;
  }
  const unasked: InventoryRequest = {
    kind: 'request',
    account,
    reservationId,
    bot: terms.bot,
    token,
    amount: 0n,
    expiresAt: null,
    state: 'taken',
    reason: null,
    orderId,
  };
  work.put(key, unasked);
  return unasked;
}

function termsOf(opened: OpenedOrder): OrderTerms {
  return {
    bot: opened.trading_bot_id,
    conditionId: opened.condition_id,
    token: opened.token_id,
    side: opened.order_side,
    price: opened.price,
    quantity: opened.quantity_shares,
    maxFee: opened.max_fee_pusd,
    expiresAt: opened.expires_at,
  };
}
