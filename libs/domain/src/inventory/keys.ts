/**
 * Which entities an event may look up or change: what its own words name, and then what stands
 * under those. Nothing else may be looked up while it is folded: after a restart nothing else is
 * loaded.
 */

import { type InventoryEvent, type Leg } from './events.ts';
import { dueItems, EMPTY_LIVE_INDEX, type LiveIndex, type LiveItem } from './live-index.ts';
import { itemsOfDefined, itemsOfMarket } from './markets.ts';
import {
  balanceKey,
  fillKey,
  hashKey,
  type InventoryEntity,
  type InventoryOrder,
  liveKey,
  marketKey,
  orderKey,
  requestKey,
  tokenKey,
} from './state.ts';
import { type InventoryLookup } from './work.ts';

/** Keys that the event itself names. */
export function inventoryKeys(event: InventoryEvent, partition: number): readonly string[] {
  switch (event.type) {
    case 'OrderOpened': {
      const { account, token_id: token, order_side: side, reservation_id: id } = event.value;
      return [
        ...orderKeys(event.value),
        ...tokenKeys(account, token, event.value.condition_id, partition),
        ...(side === 'BUY' ? [balanceKey(account, null)] : []),
        ...(id === null ? [] : [requestKey(account, id)]),
        liveKey(partition),
      ];
    }
    case 'OrderClosed':
      return [...orderKeys(event.value), liveKey(partition)];
    case 'FillMatched':
    case 'FillConfirmed': {
      const { account, token_id: token, condition_id: condition } = event.value;
      return [
        fillKey(account, event.value.fill_id),
        ...orderKeys(event.value),
        ...tokenKeys(account, token, condition, partition),
        balanceKey(account, null),
      ];
    }
    case 'FillFailed':
    case 'FillReversed':
    case 'FillReleased':
      return [
        fillKey(event.value.account, event.value.fill_id),
        balanceKey(event.value.account, null),
      ];
    case 'ReservationRequested': {
      const { account, token_id: token, reservation_id: id } = event.value;
      const own = [requestKey(account, id), liveKey(partition)];
      if (token === null) return [...own, balanceKey(account, null)];
      return [...own, ...tokenKeys(account, token, null, partition)];
    }
    case 'MarketDefined': {
      const { condition_id: condition, tokens } = event.value;
      const places = tokens.map((token) => tokenKey(partition, token.token_id));
      const others = event.value.questions.flatMap((question) => [
        marketKey(partition, question.condition_id),
        tokenKey(partition, question.yes_token_id),
        tokenKey(partition, question.no_token_id),
      ]);
      return [marketKey(partition, condition), ...places, ...others, liveKey(partition)];
    }
    case 'MarketResolved':
      return [marketKey(partition, event.value.condition_id), liveKey(partition)];
    case 'TimeAdvanced':
      return [liveKey(partition)];
    default:
      return movementKeys(event, partition);
  }
}

/** Further keys, that only what stands under the first ones tells. */
export function inventoryKeysThen(
  event: InventoryEvent,
  lookup: InventoryLookup,
  partition: number,
): readonly string[] {
  switch (event.type) {
    case 'OrderClosed':
      return orderKeys(event.value).flatMap((key) => keptKeys(lookup.get(key)));
    case 'FillMatched':
    case 'FillConfirmed':
    case 'FillFailed':
    case 'FillReversed':
    case 'FillReleased': {
      const fill = lookup.get(fillKey(event.value.account, event.value.fill_id));
      const placed = marketsOf(inventoryKeys(event, partition), lookup, partition);
      if (fill?.kind !== 'fill' || fill.moves === null) return placed;
      const { token, orderId, orderHash } = fill.moves;
      const { account } = fill;
      const orders = orderKeys({ account, order_id: orderId, order_hash: orderHash });
      return [...placed, balanceKey(account, token), ...orders];
    }
    case 'ReservationRequested': {
      const { account, reservation_id: id } = event.value;
      const request = lookup.get(requestKey(account, id));
      const orderId = request?.kind === 'request' ? request.orderId : null;
      const order = orderId === null ? [] : [orderKey(account, orderId)];
      return [...order, ...marketsOf(inventoryKeys(event, partition), lookup, partition)];
    }
    case 'MarketDefined':
      return definedKeys(event.value, lookup, partition);
    case 'MarketResolved': {
      const market = lookup.get(marketKey(partition, event.value.condition_id));
      const live = liveOf(lookup, partition);
      const known =
        market?.kind === 'market'
          ? market
          : ({
              kind: 'market',
              conditionId: event.value.condition_id,
              tokens: [],
              payouts: null,
              holders: [],
            } as const);
      const balances = known.holders.map(({ account, token }) => balanceKey(account, token));
      return [...balances, ...itemKeys(itemsOfMarket({ live: () => live }, known))];
    }
    case 'TimeAdvanced':
      return itemKeys(dueItems(liveOf(lookup, partition), event.value.to));
    default:
      return marketsOf(inventoryKeys(event, partition), lookup, partition);
  }
}

type NamedOrder = {
  readonly account: string;
  readonly order_id: string | null;
  readonly order_hash: string | null;
};

function orderKeys({ account, order_id: id, order_hash: hash }: NamedOrder): string[] {
  return [
    ...(id === null ? [] : [orderKey(account, id)]),
    ...(hash === null ? [] : [hashKey(account, hash)]),
  ];
}

/** A token of an account, and where its condition stands: named, or asked of the token. */
function tokenKeys(
  account: string,
  token: string,
  condition: string | null,
  partition: number,
): string[] {
  const place = condition === null ? tokenKey(partition, token) : marketKey(partition, condition);
  return [balanceKey(account, token), place];
}

type MovementEvent = Exclude<
  InventoryEvent,
  {
    readonly type:
      | 'OrderOpened'
      | 'OrderClosed'
      | 'FillMatched'
      | 'FillConfirmed'
      | 'FillFailed'
      | 'FillReversed'
      | 'FillReleased'
      | 'ReservationRequested'
      | 'MarketDefined'
      | 'MarketResolved'
      | 'TimeAdvanced';
  }
>;

function movementKeys(event: MovementEvent, partition: number): readonly string[] {
  const { account } = event.value;
  const cash = balanceKey(account, null);
  const ofLegs = (legs: readonly Leg[], condition: string | null): readonly string[] =>
    legs.flatMap((leg) => tokenKeys(account, leg.token_id, condition, partition));
  switch (event.type) {
    case 'PositionsSplit':
    case 'PositionsMerged':
    case 'PositionsRedeemed':
      return [cash, ...ofLegs(event.value.legs, event.value.condition_id)];
    case 'PositionsConverted':
      return [cash, ...ofLegs(event.value.legs_out, null), ...ofLegs(event.value.legs_in, null)];
    case 'TokensTransferred':
      return tokenKeys(account, event.value.token_id, event.value.condition_id, partition);
    case 'CashMoved':
      return [cash];
    case 'OpeningBalance': {
      const keys = event.value.positions.flatMap((position) =>
        tokenKeys(account, position.token_id, position.condition_id, partition),
      );
      return [cash, ...keys];
    }
  }
}

/** Markets of the tokens whose condition was asked of the token itself. */
function marketsOf(
  keys: readonly string[],
  lookup: InventoryLookup,
  partition: number,
): readonly string[] {
  return keys.flatMap((key) => {
    if (!key.startsWith('token|')) return [];
    const place = lookup.get(key);
    if (place?.kind !== 'token' || place.conditionId === null) return [];
    return [marketKey(partition, place.conditionId)];
  });
}

function definedKeys(
  news: Extract<InventoryEvent, { readonly type: 'MarketDefined' }>['value'],
  lookup: InventoryLookup,
  partition: number,
): readonly string[] {
  const market = lookup.get(marketKey(partition, news.condition_id));
  const holders = market?.kind === 'market' ? market.holders : [];
  const named = news.tokens.map((token) => token.token_id);
  const others = news.questions.flatMap((one) => [one.yes_token_id, one.no_token_id]);
  const waiting = [...named, ...others].flatMap((token) => {
    const place = lookup.get(tokenKey(partition, token));
    return place?.kind === 'token' ? place.accounts.map((account) => ({ account, token })) : [];
  });
  const balances = [...holders, ...waiting].map(({ account, token }) => balanceKey(account, token));
  const live = liveOf(lookup, partition);
  const own = { condition: news.condition_id, tokens: named };
  const pairs = news.questions.map((one) => {
    return { condition: one.condition_id, tokens: [one.yes_token_id, one.no_token_id] };
  });
  const items = [own, ...pairs].flatMap(({ condition, tokens }) => {
    const found = lookup.get(marketKey(partition, condition));
    return found?.kind === 'market' ? itemsOfDefined({ live: () => live }, found, tokens) : [];
  });
  return [...balances, ...itemKeys(items)];
}

function liveOf(lookup: InventoryLookup, partition: number): LiveIndex {
  const found = lookup.get(liveKey(partition));
  return found?.kind === 'live' ? found : EMPTY_LIVE_INDEX;
}

/** What lives, and the balance that it keeps. */
function itemKeys(items: readonly LiveItem[]): readonly string[] {
  return items.flatMap(({ key, account, keeps }) => [key, balanceKey(account, keeps)]);
}

/** The balance that an order keeps something of. */
function keptKeys(entity: InventoryEntity | undefined): readonly string[] {
  if (entity?.kind !== 'order' || entity.terms === null) return [];
  const { account, terms }: InventoryOrder = entity;
  return [balanceKey(account, terms.side === 'SELL' ? terms.token : null)];
}
