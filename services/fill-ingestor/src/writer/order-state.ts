/** Where an order is found: under its id and hash, and while it is open under its market. */

import { type Lookup, type Put } from '@polytraders/stream';
import { type Entity, openKey, orderHashKey, orderKey, type OrderState, placeOf } from './state.ts';

/** The keys under which an order is found. */
export function orderPuts(state: OrderState): readonly Put<Entity>[] {
  const own = { key: orderKey(state.orderId), entity: state };
  return state.orderHash === null
    ? [own]
    : [own, { key: orderHashKey(state.orderHash), entity: state }];
}

/** The open orders of their markets, once some have opened or closed. */
export function openPuts(
  lookup: Lookup<Entity>,
  partition: number,
  changes: readonly { readonly order: OrderState; readonly isOpen: boolean }[],
): readonly Put<Entity>[] {
  const byPlace = new Map<string, Set<string>>();
  for (const { order, isOpen } of changes) {
    const place = placeOf(order);
    if (place === null) continue;
    const orders = byPlace.get(place) ?? new Set(openAt(lookup, partition, place));
    if (isOpen) orders.add(order.orderId);
    else orders.delete(order.orderId);
    byPlace.set(place, orders);
  }
  return [...byPlace].map(([place, orders]) => ({
    key: openKey(partition, place),
    entity: { kind: 'open', orders },
  }));
}

function openAt(lookup: Lookup<Entity>, partition: number, place: string): ReadonlySet<string> {
  const found = lookup.get(openKey(partition, place));
  return found?.kind === 'open' ? found.orders : new Set();
}
