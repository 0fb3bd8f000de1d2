/** A desk for tests: folds events one after another, and shows the fold only what it asked for. */

import { priceE18, pusd, shares } from '@polytraders/money';
import { freeOf, incompleteOf, type InventoryBalance, redeemableOf } from './balance.ts';
import {
  type ClosedOrder,
  type FillNews,
  type InventoryEvent,
  type OpenedOrder,
  type ReservationRequest,
} from './events.ts';
import { foldInventory } from './fold.ts';
import { inventoryKeys, inventoryKeysThen } from './keys.ts';
import { type Reservation, reservationOfOrder, reservationOfRequest } from './reservation.ts';
import { type InventoryEntity } from './state.ts';
import { type InventoryAlarm, type OutcomeOf } from './work.ts';

export const ACCOUNT = '0xa1';
export const YES = '101';
export const NO = '102';
export const CONDITION = '0xc0';
export const PARTITION = 3;

/** Whole units in micros: `units(0.6)` is 600,000. */
export function units(amount: number): bigint {
  return BigInt(Math.round(amount * 1e6));
}

export type Desk = {
  readonly entities: Map<string, InventoryEntity>;
  readonly alarms: InventoryAlarm[];
  /** Folds the events; answers the outcome of the last. */
  readonly fold: (...events: readonly InventoryEvent[]) => string;
  readonly balance: (account: string, token: string | null) => InventoryBalance | undefined;
  readonly reservations: () => readonly Reservation[];
};

export function createDesk(outcomeOf?: OutcomeOf): Desk {
  const entities = new Map<string, InventoryEntity>();
  const alarms: InventoryAlarm[] = [];

  function one(event: InventoryEvent): string {
    const all = { get: (key: string) => entities.get(key) };
    const asked = new Set(inventoryKeys(event, PARTITION));
    for (const key of inventoryKeysThen(event, all, PARTITION)) asked.add(key);
    const lookup = {
      get: (key: string) => {
        if (!asked.has(key)) throw new Error(`${event.type} looked up ${key} without asking.`);
        return entities.get(key);
      },
    };
    const folded = foldInventory(lookup, event, PARTITION, outcomeOf);
    if (folded.outcome !== 'applied') return folded.because;
    for (const { key, entity } of folded.puts) {
      if (entity === undefined) entities.delete(key);
      else entities.set(key, entity);
    }
    for (const change of folded.changes) if (change.kind === 'alarm') alarms.push(change.alarm);
    return 'applied';
  }

  return {
    entities,
    alarms,
    fold: (...events) => events.reduce((_, event) => one(event), ''),
    balance: (account, token) => {
      const found = entities.get(`balance|${account}|${token ?? ''}`);
      return found?.kind === 'balance' ? found : undefined;
    },
    reservations: () =>
      [...entities].flatMap(([key, entity]) => {
        const isOrder = entity.kind === 'order' && key.startsWith('order|');
        const of = isOrder
          ? reservationOfOrder(entity)
          : entity.kind === 'request'
            ? reservationOfRequest(entity)
            : null;
        return of === null ? [] : [of];
      }),
  };
}

/** A balance as people read it, in micros. */
export function shown(balance: InventoryBalance | undefined): object {
  if (balance === undefined) return {};
  return {
    free: freeOf(balance),
    reserved: balance.reserved,
    pendingOut: balance.pendingOut,
    total: balance.total,
    pendingIn: balance.pendingIn,
    redeemable: redeemableOf(balance),
    incomplete: incompleteOf(balance),
  };
}

/** SELL 800 YES at 0.70, with no fee named and no expiry. */
export function opened(said: Partial<OpenedOrder> = {}): InventoryEvent {
  return {
    type: 'OrderOpened',
    value: {
      order_id: 'o1',
      order_hash: null,
      account: ACCOUNT,
      trading_bot_id: 'mm',
      condition_id: CONDITION,
      token_id: YES,
      order_side: 'SELL',
      price: priceE18(700_000_000_000_000_000n),
      quantity_shares: shares(units(800)),
      max_fee_pusd: null,
      expires_at: null,
      reservation_id: null,
      ...said,
    },
  };
}

/** BUY 100 YES at 0.50 with a fee of at most 1 pUSD. */
export function buy(said: Partial<OpenedOrder> = {}): InventoryEvent {
  return opened({
    order_side: 'BUY',
    price: priceE18(500_000_000_000_000_000n),
    quantity_shares: shares(units(100)),
    max_fee_pusd: pusd(units(1)),
    ...said,
  });
}

export function closed(
  closing_reason: ClosedOrder['closing_reason'],
  said: Partial<ClosedOrder> = {},
): InventoryEvent {
  return {
    type: 'OrderClosed',
    value: {
      order_id: 'o1',
      order_hash: null,
      account: ACCOUNT,
      trading_bot_id: 'mm',
      closing_reason,
      ...said,
    },
  };
}

/** 40 YES bought at 0.50 by the order o1, fee 0.4. */
export function fill(
  type: 'FillMatched' | 'FillConfirmed',
  said: Partial<FillNews> = {},
): InventoryEvent {
  return {
    type,
    value: {
      fill_id: 'f1',
      order_id: 'o1',
      order_hash: null,
      account: ACCOUNT,
      trading_bot_id: 'mm',
      condition_id: CONDITION,
      token_id: YES,
      side: null,
      order_side: 'BUY',
      quantity_shares: shares(units(40)),
      size_pusd: pusd(units(20)),
      fee_pusd: pusd(units(0.4)),
      fee_bps: null,
      builder_fee_pusd: null,
      builder_fee_bps: null,
      flags: [],
      incomplete_reasons: [],
      ...said,
    },
  };
}

export function failed(fill_id = 'f1', type: 'FillFailed' | 'FillReversed' = 'FillFailed') {
  return { type, value: { fill_id, account: ACCOUNT } } as const;
}

/** pUSD in the wallet when its books begin. */
export function opening(
  balance: number,
  positions: readonly { token: string; quantity: number }[] = [],
  account = ACCOUNT,
): InventoryEvent {
  return {
    type: 'OpeningBalance',
    value: {
      account,
      balance_pusd: pusd(units(balance)),
      positions: positions.map(({ token, quantity }) => ({
        condition_id: CONDITION,
        token_id: token,
        quantity_shares: shares(units(quantity)),
      })),
    },
  };
}

/** A request for 51 pUSD: 50, and a fee of at most 1, until the instant 1,000. */
export function asked(said: Partial<ReservationRequest> = {}): InventoryEvent {
  return {
    type: 'ReservationRequested',
    value: {
      reservation_id: 'r1',
      account: ACCOUNT,
      trading_bot_id: 'mm',
      token_id: null,
      quantity_shares: null,
      amount_pusd: pusd(units(50)),
      max_fee_pusd: pusd(units(1)),
      expires_at: 1_000,
      ...said,
    },
  };
}

export function resolved(...payout_numerators: readonly string[]): InventoryEvent {
  return { type: 'MarketResolved', value: { condition_id: CONDITION, payout_numerators } };
}

export function defined(
  said: { condition_id?: string; synthesised?: boolean } = {},
): InventoryEvent {
  const tokens = [{ token_id: YES }, { token_id: NO }];
  const value = { condition_id: CONDITION, tokens, questions: [], synthesised: false, ...said };
  return { type: 'MarketDefined', value };
}

export function passed(to: number): InventoryEvent {
  return { type: 'TimeAdvanced', value: { to } };
}

/** A desk that has folded these. */
export function after(...events: readonly InventoryEvent[]): Desk {
  const desk = createDesk();
  desk.fold(...events);
  return desk;
}

/** What the account has of pUSD, and of a token. */
export const cash = (desk: Desk): object => shown(desk.balance(ACCOUNT, null));
export const token = (desk: Desk, id = YES): object => shown(desk.balance(ACCOUNT, id));

export const codes = (desk: Desk): readonly string[] => desk.alarms.map((alarm) => alarm.code);
