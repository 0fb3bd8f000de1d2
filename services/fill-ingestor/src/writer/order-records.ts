/** The two records of an order's life, out of a report and what is known of the order. */

import { type Records } from '@polytraders/contracts';
import { type OrderDraft, type TimeMicros } from '../draft.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { UNATTRIBUTED } from './enrich.ts';
import { type Entry, ledgerEntry } from './entry.ts';
import { envelopeOf } from './envelope.ts';
import { type OrderState } from './state.ts';

/** What every open order must say. */
export type OpenDraft = OrderDraft & {
  readonly [Name in 'tokenId' | 'orderSide' | 'price' | 'quantity']: NonNullable<OrderDraft[Name]>;
};

/** An order is live. */
export function openedEntry(
  event: InboxEvent,
  draft: OpenDraft,
  account: string,
  bot: string,
  flags: readonly string[],
): Entry {
  const value: Records['OrderOpened'] = {
    ...envelopeOf(event, happening('OrderOpened', draft)),
    order_id: draft.orderId,
    order_hash: draft.orderHash,
    account,
    trading_bot_id: bot,
    condition_id: draft.conditionId,
    venue_market_id: draft.venueMarketId,
    token_id: draft.tokenId,
    order_side: draft.orderSide,
    price: draft.price,
    quantity_shares: draft.quantity,
    max_fee_pusd: draft.maxFeePusd,
    expires_at: draft.expiresAt,
    reservation_id: draft.reservationId,
    source: event.source,
    source_position: event.sourcePosition,
    paper: draft.paper,
    flags: [...(draft.maxFeePusd === null ? ['GOV_ORDER_WITHOUT_MAX_FEE'] : []), ...flags],
    incomplete_reasons: missingOf(draft, bot),
  };
  return ledgerEntry('OrderOpened', value, placed(event, account));
}

/** An order is no longer live, as its report says. */
export function closedEntry(
  event: InboxEvent,
  draft: OrderDraft,
  order: OrderState,
  bot: string,
): Entry {
  const value: Records['OrderClosed'] = {
    ...envelopeOf(event, happening('OrderClosed', draft)),
    ...closedBody(event, order, bot),
    closing_reason: draft.status === 'OPEN' ? 'CANCELLED' : draft.status,
    incomplete_reasons: missingOf(draft, bot),
  };
  return ledgerEntry('OrderClosed', value, placed(event, order.account));
}

/**
 * An open order ends with its market. `causationId` is the resolution on this partition's log; null
 * where the order was told only after it.
 */
export function resolvedEntry(
  event: InboxEvent,
  order: OrderState,
  bot: string,
  cause: { readonly causationId: string | null; readonly effectiveAt: TimeMicros },
): Entry {
  const { orderId, account } = order;
  const value: Records['OrderClosed'] = {
    ...envelopeOf(event, { identity: ['OrderClosed', orderId], correlationId: orderId, ...cause }),
    ...closedBody(event, order, bot),
    closing_reason: 'MARKET_RESOLVED',
    incomplete_reasons: missingOf(order, bot),
  };
  return ledgerEntry('OrderClosed', value, placed(event, account));
}

function closedBody(event: InboxEvent, order: OrderState, bot: string) {
  return {
    order_id: order.orderId,
    order_hash: order.orderHash,
    account: order.account,
    trading_bot_id: bot,
    condition_id: order.conditionId,
    token_id: order.tokenId,
    order_side: order.orderSide,
    detail: null,
    source: event.source,
    source_position: event.sourcePosition,
    paper: order.paper,
    flags: ['EXEC_ORDER_CLOSED'],
  };
}

function happening(type: 'OrderOpened' | 'OrderClosed', draft: OrderDraft) {
  return {
    identity: [type, draft.orderId] as const,
    correlationId: draft.correlationId ?? draft.orderId,
    effectiveAt: draft.effectiveAt,
  };
}

function missingOf({ conditionId }: Pick<OrderDraft, 'conditionId'>, bot: string) {
  return [
    ...(bot === UNATTRIBUTED ? ['GOV_BOT_UNATTRIBUTED'] : []),
    ...(conditionId === null ? ['GOV_CONDITION_UNKNOWN'] : []),
  ];
}

function placed(event: InboxEvent, account: string) {
  return { key: account, fillId: null, sourcePosition: event.sourcePosition, reasonCode: null };
}
