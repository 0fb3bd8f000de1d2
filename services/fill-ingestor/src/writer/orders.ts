/**
 * The life of an order: open, then closed for one reason. What arrives late (OPEN after the end) or
 * again is ignored; another content under the same id is a conflict.
 */

import { type Records } from '@polytraders/contracts';
import { type Lookup, type Put, type Step } from '@polytraders/stream';
import { type Accounts } from '../accounts.ts';
import { type OrderDraft } from '../draft.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { botOf, factsOf, UNATTRIBUTED } from './enrich.ts';
import { type Entry, ledgerEntry } from './entry.ts';
import { envelopeOf } from './envelope.ts';
import { firstSourceOf, sourceIn, speaksFirst } from './first-source.ts';
import { useMarket } from './markets.ts';
import { quarantine } from './quarantine.ts';
import { type Entity, orderHashKey, orderKey, type OrderState } from './state.ts';

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
      return openedLate(draft, known, botOf(draft, account, null, accounts));
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
  const { tokenId, orderSide, price, quantity } = draft;
  if (tokenId === null || orderSide === null || price === null || quantity === null) {
    const because =
      `Expected token_id, order_side, price and quantity_shares on order ` +
      `${draft.orderId}; found some missing.`;
    return quarantine(event, {
      reason: 'INCOMPLETE_INPUT',
      because,
      account,
      orderId: draft.orderId,
    });
  }
  const bot = botOf(draft, account, null, accounts);
  const value: Records['OrderOpened'] = {
    ...envelopeOf(event, happening('OrderOpened', draft)),
    order_id: draft.orderId,
    order_hash: draft.orderHash,
    account,
    trading_bot_id: bot,
    condition_id: draft.conditionId,
    venue_market_id: draft.venueMarketId,
    token_id: tokenId,
    order_side: orderSide,
    price,
    quantity_shares: quantity,
    max_fee_pusd: draft.maxFeePusd,
    expires_at: draft.expiresAt,
    reservation_id: draft.reservationId,
    source: event.source,
    source_position: event.sourcePosition,
    paper: draft.paper,
    flags: draft.maxFeePusd === null ? ['GOV_ORDER_WITHOUT_MAX_FEE'] : [],
    incomplete_reasons: missingOf(draft, bot),
  };
  const entry = ledgerEntry('OrderOpened', value, placeOf(event, account));
  const market = useMarket(event, lookup, draft, factsOf(lookup, draft), account);
  const first = firstSourceOf(lookup, account);
  const spoke = speaksFirst(event, draft, first);
  const names = { account, bot, first: first ?? sourceIn(spoke) };
  const puts = putsOf(stateOf(event, draft, names, null, entry.event_id));
  return {
    outcome: 'applied',
    puts: [...spoke, ...market.puts, ...puts],
    entries: [...market.entries, entry],
  };
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
  const reason = draft.status === 'OPEN' ? 'CANCELLED' : draft.status;
  const value: Records['OrderClosed'] = {
    ...envelopeOf(event, happening('OrderClosed', draft)),
    order_id: draft.orderId,
    order_hash: known?.orderHash ?? draft.orderHash,
    account,
    trading_bot_id: bot,
    condition_id: known?.conditionId ?? draft.conditionId,
    token_id: known?.tokenId ?? draft.tokenId,
    order_side: known?.orderSide ?? draft.orderSide,
    closing_reason: reason,
    detail: null,
    source: event.source,
    source_position: event.sourcePosition,
    paper: known?.paper ?? draft.paper,
    flags: ['EXEC_ORDER_CLOSED'],
    incomplete_reasons: missingOf(draft, bot),
  };
  const entry = ledgerEntry('OrderClosed', value, placeOf(event, account));
  const first = draft.account === null ? null : firstSourceOf(lookup, account);
  const spoke = speaksFirst(event, draft, first);
  const names = { account, bot, first: known?.first ?? first ?? sourceIn(spoke) };
  const puts = putsOf(stateOf(event, draft, names, known, entry.event_id));
  return { outcome: 'applied', puts: [...spoke, ...puts], entries: [entry] };
}

/**
 * The first report of an order that is closed: nothing for the log, but what its end did not say is
 * remembered, for fills that leave their token to it.
 */
function openedLate(draft: OrderDraft, known: OrderState, bot: string): Outcome {
  const after: OrderState = {
    ...known,
    orderHash: known.orderHash ?? draft.orderHash,
    tradingBotId: known.tradingBotId === UNATTRIBUTED ? bot : known.tradingBotId,
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
  return { outcome: 'applied', puts: putsOf(after), entries: [] };
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

type Names = {
  readonly account: string;
  readonly bot: string;
  readonly first: OrderState['first'];
};

function stateOf(
  event: InboxEvent,
  draft: OrderDraft,
  { account, bot, first }: Names,
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
    tradingBotId: bot,
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

function putsOf(state: OrderState): readonly Put<Entity>[] {
  const own = { key: orderKey(state.orderId), entity: state };
  return state.orderHash === null
    ? [own]
    : [own, { key: orderHashKey(state.orderHash), entity: state }];
}

function happening(type: 'OrderOpened' | 'OrderClosed', draft: OrderDraft) {
  return {
    identity: [type, draft.orderId] as const,
    correlationId: draft.correlationId ?? draft.orderId,
    effectiveAt: draft.effectiveAt,
  };
}

function missingOf(draft: OrderDraft, bot: string): readonly string[] {
  return [
    ...(bot === UNATTRIBUTED ? ['GOV_BOT_UNATTRIBUTED'] : []),
    ...(draft.conditionId === null ? ['GOV_CONDITION_UNKNOWN'] : []),
  ];
}

function placeOf(event: InboxEvent, account: string) {
  return { key: account, fillId: null, sourcePosition: event.sourcePosition, reasonCode: null };
}
