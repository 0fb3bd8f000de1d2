/**
 * What is everybody's of a market: that it was closed, proposed or disputed, and that it is
 * resolved. Written to every partition with one `market_seq`; whether it is written depends on what
 * every partition was told alike, so that none has a number that another lacks.
 *
 * A resolution ends the open orders of its market: the venue cancels them, and says so late or
 * never. They are closed on the log right after it, in the same step.
 */

import { type Records } from '@polytraders/contracts';
import { type Lookup, type Put, type Step } from '@polytraders/stream';
import { type Accounts } from '../accounts.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { botOf } from './enrich.ts';
import { type Entry } from './entry.ts';
import { placesOfResolved } from './keys.ts';
import { resolvedEntry } from './order-records.ts';
import { openPuts, orderPuts } from './order-state.ts';
import { quarantine } from './quarantine.ts';
import {
  type Entity,
  marketKey,
  type MarketState,
  openKey,
  orderKey,
  type OrderState,
} from './state.ts';

type Outcome = Step<Entity, Entry>;

/** A change of status, unless the market is resolved: that is final. */
export function stepStatus(
  { partition }: InboxEvent,
  record: Records['MarketStatusChanged'],
  entry: Entry,
  lookup: Lookup<Entity>,
): Outcome {
  const market = marketAt(lookup, partition, record.condition_id);
  if (market.resolution !== null) return { outcome: 'ignored', because: 'late' };
  return { outcome: 'applied', puts: [], entries: [entry] };
}

/** A resolution: once a condition. */
export function stepResolution(
  event: InboxEvent,
  record: Records['MarketResolved'],
  entry: Entry,
  lookup: Lookup<Entity>,
  accounts: Accounts,
): Outcome {
  const { partition } = event;
  const { condition_id: condition, payout_numerators: numerators } = record;
  const odd = oddNumerators(numerators);
  if (odd !== null) return quarantine(event, { reason: 'INVALID_INPUT', because: odd });
  const resolution = JSON.stringify(numerators);
  const market = marketAt(lookup, partition, condition);
  if (market.resolution === resolution) return { outcome: 'ignored', because: 'duplicate' };
  if (market.resolution !== null) {
    const because =
      `Expected ${condition} to stay resolved as ${market.resolution}; found ${resolution}. A ` +
      'condition is resolved once: one of the nodes that were asked is wrong.';
    return quarantine(event, { reason: 'GOV_RESOLUTION_CONFLICT', because });
  }
  const places = placesOfResolved(condition);
  const orders = places.flatMap((place) => openOrders(lookup, partition, place));
  const cause = { causationId: record.event_id, effectiveAt: record.effective_at };
  const closed = orders.map((order) => {
    const bot = botOf({ tradingBotId: null }, order.account, order, accounts);
    return { order, entry: resolvedEntry(event, order, bot, cause) };
  });
  return {
    outcome: 'applied',
    puts: [
      ...places.map((place): Put<Entity> => ({
        key: marketKey(partition, place),
        entity: { ...marketAt(lookup, partition, place), resolution },
      })),
      ...closed.flatMap(({ order, entry: end }) =>
        orderPuts({ ...order, status: 'MARKET_RESOLVED', eventId: end.event_id }),
      ),
      ...openPuts(
        lookup,
        partition,
        orders.map((order) => ({ order, isOpen: false })),
      ),
    ],
    entries: [entry, ...closed.map((one) => one.entry)],
  };
}

/** Whether the market of an order is resolved on this log. */
export function isResolved(lookup: Lookup<Entity>, partition: number, place: string): boolean {
  return marketAt(lookup, partition, place).resolution !== null;
}

const NUMERATOR = /^(0|[1-9]\d{0,77})$/;

function oddNumerators(numerators: readonly string[]): string | null {
  const odd = numerators.find((one) => !NUMERATOR.test(one));
  if (odd !== undefined) return `Expected payout_numerators in decimal digits; found "${odd}".`;
  const isPaid = numerators.some((one) => one !== '0');
  return isPaid ? null : 'Expected a payout numerator above 0; found none.';
}

function openOrders(
  lookup: Lookup<Entity>,
  partition: number,
  place: string,
): readonly OrderState[] {
  const open = lookup.get(openKey(partition, place));
  const ids = open?.kind === 'open' ? [...open.orders].sort() : [];
  return ids.flatMap((id) => {
    const order = lookup.get(orderKey(id));
    return order?.kind === 'order' && order.status === 'OPEN' ? [order] : [];
  });
}

function marketAt(lookup: Lookup<Entity>, partition: number, place: string): MarketState {
  const found = lookup.get(marketKey(partition, place));
  if (found?.kind === 'market') return found;
  const state = { partition, place, definitionHash: '', synthesised: false, tokens: '[]' };
  return { kind: 'market', ...state, resolution: null };
}
