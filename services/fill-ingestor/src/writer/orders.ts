/**
 * The life of an order: open, then closed for one reason. What arrives late (OPEN after the end) or
 * again is ignored; another content under the same id is a conflict.
 */

import { isOwnOfOrder } from '@polytraders/domain';
import { type Lookup, type Put, type Step } from '@polytraders/stream';
import { type Accounts } from '../accounts.ts';
import { type OrderDraft } from '../draft.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { botOf, factsOf } from './enrich.ts';
import { type Entry } from './entry.ts';
import { firstSourceOf, sourceIn, speaksFirst } from './first-source.ts';
import { useMarket } from './markets.ts';
import { closedEntry, openedEntry, resolvedEntry } from './order-records.ts';
import { openPuts, orderPuts } from './order-state.ts';
import { quarantine } from './quarantine.ts';
import { isResolved } from './resolutions.ts';
import {
  type Entity,
  orderHashKey,
  orderKey,
  type OrderState,
  placeOf,
  reservationKey,
} from './state.ts';

type Outcome = Step<Entity, Entry>;

/** One report of an order. */
export function stepOrder(
  event: InboxEvent,
  draft: OrderDraft,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Outcome {
  const found = lookup.get(orderKey(draft.orderId));
  const known = found?.kind === 'order' ? found : null;
  const account = draft.account ?? known?.account ?? null;
  if (account === null) {
    const because = `Expected account on the first report of order ${draft.orderId}; found none.`;
    return quarantine(event, { reason: 'INCOMPLETE_INPUT', because, orderId: draft.orderId });
  }
  if (known !== null && draft.account === null && known.partition !== event.partition) {
    const because =
      `Expected the first report of order ${draft.orderId} before this one, which names no ` +
      `account; found this one first. Send it again.`;
    return quarantine(event, { reason: 'INCOMPLETE_INPUT', because, orderId: draft.orderId });
  }
  if (known !== null && contradicts(draft, known, account, event.partition)) {
    const because =
      `Expected the content that order ${draft.orderId} was first told ` + `with; found another.`;
    return conflict(event, draft, account, known, because);
  }
  const hashed = draft.orderHash === null ? undefined : lookup.get(orderHashKey(draft.orderHash));
  if (hashed?.kind === 'order' && hashed.orderId !== draft.orderId) {
    const because =
      `Expected the hash of order ${draft.orderId} to be its own; found that of order ` +
      `${hashed.orderId}.`;
    return conflict(event, draft, account, hashed, because);
  }
  if (draft.status === 'OPEN') {
    if (known !== null) {
      if (known.status === 'OPEN') return { outcome: 'ignored', because: 'duplicate' };
      return openedLate(draft, known);
    }
    return open(event, draft, account, lookup, accounts);
  }
  if (known !== null && known.status !== 'OPEN') {
    return { outcome: 'ignored', because: known.status === draft.status ? 'duplicate' : 'late' };
  }
  return close(event, draft, account, known, lookup, accounts);
}

function conflict(
  event: InboxEvent,
  { orderId }: OrderDraft,
  account: string,
  { eventId }: OrderState,
  because: string,
): Outcome {
  const conflictsWith = { eventId, bytes: null };
  return quarantine(event, {
    reason: 'GOV_ORDER_CONFLICT',
    because,
    account,
    orderId,
    conflictsWith,
  });
}

function open(
  event: InboxEvent,
  draft: OrderDraft,
  account: string,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Outcome {
  const { tokenId, orderSide, price, quantity, orderId } = draft;
  if (tokenId === null || orderSide === null || price === null || quantity === null) {
    const because =
      `Expected token_id, order_side, price and quantity_shares on order ` +
      `${orderId}; found some missing.`;
    return quarantine(event, { reason: 'INCOMPLETE_INPUT', because, account, orderId });
  }
  const bot = botOf(draft, account, null, accounts);
  const reservation = reservationOf(event, draft, account, lookup);
  const whole = { ...draft, tokenId, orderSide, price, quantity, ...reservation.said };
  const entry = openedEntry(event, whole, account, bot, reservation.flags);
  const market = useMarket(event, lookup, draft, factsOf(lookup, draft), account);
  const first = firstSourceOf(lookup, account);
  const spoke = speaksFirst(event, draft, first);
  const named = first ?? sourceIn(spoke);
  const order = stateOf(event, draft, account, named, null, entry.event_id);
  const puts = [...spoke, ...market.puts, ...reservation.puts];
  const entries = [...market.entries, entry];
  if (!isResolved(lookup, event.partition, placeOf(order) ?? '')) {
    const opened = openPuts(lookup, event.partition, [{ order, isOpen: true }]);
    return { outcome: 'applied', puts: [...puts, ...orderPuts(order), ...opened], entries };
  }
  // Told after the end of its market: nothing else would end it.
  const cause = { causationId: null, effectiveAt: draft.effectiveAt ?? event.receivedAt };
  const end = resolvedEntry(event, order, bot, cause);
  const ended = orderPuts({ ...order, status: 'MARKET_RESOLVED', eventId: end.event_id });
  return { outcome: 'applied', puts: [...puts, ...ended], entries: [...entries, end] };
}

type Reservation = {
  readonly said: Pick<OrderDraft, 'reservationId'>;
  readonly flags: readonly string[];
  readonly puts: readonly Put<Entity>[];
};

/**
 * The reservation that an order names. An id is one account's: that of another is not the order's
 * to take over. The order is at the venue and is booked all the same, and keeps for itself.
 */
function reservationOf(
  { partition }: InboxEvent,
  { reservationId }: OrderDraft,
  account: string,
  lookup: Lookup<Entity>,
): Reservation {
  if (reservationId === null) return { said: { reservationId }, flags: [], puts: [] };
  const key = reservationKey(reservationId);
  const known = lookup.get(key);
  const isOthers = known?.kind === 'reservation' && known.account !== account;
  if (isOthers || isOwnOfOrder(reservationId))
    return { said: { reservationId: null }, flags: ['GOV_RESERVATION_FOREIGN'], puts: [] };
  if (known !== undefined) return { said: { reservationId }, flags: [], puts: [] };
  const entity: Entity = {
    kind: 'reservation',
    partition,
    reservationId,
    account,
    expiresAt: null,
  };
  return { said: { reservationId }, flags: [], puts: [{ key, entity }] };
}

function close(
  event: InboxEvent,
  draft: OrderDraft,
  account: string,
  known: OrderState | null,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Outcome {
  const bot = known?.tradingBotId ?? botOf(draft, account, null, accounts);
  const first = draft.account === null ? null : firstSourceOf(lookup, account);
  const spoke = speaksFirst(event, draft, first);
  const named = known?.first ?? first ?? sourceIn(spoke);
  const state = stateOf(event, draft, account, named, known, '');
  const entry = closedEntry(event, draft, state, bot);
  const shut =
    known === null ? [] : openPuts(lookup, event.partition, [{ order: known, isOpen: false }]);
  const puts = [...spoke, ...shut, ...orderPuts({ ...state, eventId: entry.event_id })];
  return { outcome: 'applied', puts, entries: [entry] };
}

/**
 * The first report of an order that is closed: nothing for the log, but what its end did not say is
 * remembered, for fills that leave their token to it.
 */
function openedLate(draft: OrderDraft, known: OrderState): Outcome {
  const after: OrderState = {
    ...known,
    orderHash: known.orderHash ?? draft.orderHash,
    tradingBotId: known.tradingBotId ?? draft.tradingBotId,
    conditionId: known.conditionId ?? draft.conditionId,
    venueMarketId: known.venueMarketId ?? draft.venueMarketId,
    tokenId: known.tokenId ?? draft.tokenId,
    orderSide: known.orderSide ?? draft.orderSide,
    price: known.price ?? draft.price,
    quantity: known.quantity ?? draft.quantity,
    expiresAt: known.expiresAt ?? draft.expiresAt,
  };
  const names = Object.keys(after) as (keyof OrderState)[];
  if (names.every((name) => after[name] === known[name])) {
    return { outcome: 'ignored', because: 'late' };
  }
  return { outcome: 'applied', puts: orderPuts(after), entries: [] };
}

function contradicts(
  draft: OrderDraft,
  known: OrderState,
  account: string,
  partition: number,
): boolean {
  const differs = <Value>(a: Value | null, b: Value | null): boolean =>
    a !== null && b !== null && a !== b;
  return (
    known.partition !== partition ||
    known.account !== account ||
    // A report without an account cannot say that it is real; that it is paper it can.
    (draft.paper && !known.paper) ||
    differs(known.tokenId, draft.tokenId) ||
    differs(known.orderSide, draft.orderSide) ||
    differs(known.price, draft.price) ||
    differs(known.quantity, draft.quantity) ||
    differs(known.orderHash, draft.orderHash)
  );
}

function stateOf(
  event: InboxEvent,
  draft: OrderDraft,
  account: string,
  first: OrderState['first'],
  known: OrderState | null,
  eventId: string,
): OrderState {
  return {
    kind: 'order',
    orderId: draft.orderId,
    partition: event.partition,
    orderHash: known?.orderHash ?? draft.orderHash,
    account,
    first,
    // As it was named, first by its own report; whose it is by default is no news of it.
    tradingBotId: known?.tradingBotId ?? draft.tradingBotId,
    conditionId: known?.conditionId ?? draft.conditionId,
    venueMarketId: known?.venueMarketId ?? draft.venueMarketId,
    tokenId: known?.tokenId ?? draft.tokenId,
    orderSide: known?.orderSide ?? draft.orderSide,
    price: known?.price ?? draft.price,
    quantity: known?.quantity ?? draft.quantity,
    expiresAt: known?.expiresAt ?? draft.expiresAt,
    status: draft.status,
    paper: known?.paper ?? draft.paper,
    eventId,
  };
}
