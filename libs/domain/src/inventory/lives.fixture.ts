/**
 * Random lives of orders, from a seed: asked for or not, filled in parts that fail or do not, ended
 * in every way or, where wanted, never. Many run at once on a few accounts, and their events come
 * interleaved.
 */

import { priceE18, pusd, shares } from '@polytraders/money';
import { type ClosedOrder, type InventoryEvent } from './events.ts';

export type Random = {
  readonly below: (limit: number) => number;
  readonly chance: (of: number) => boolean;
};

/** Mulberry32: the same numbers from the same seed on every machine. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number): number => next() % limit;
  return { below, chance: (of) => next() < of * 2 ** 32 };
}

export type LifeOptions = {
  readonly account: string;
  readonly token: string;
  readonly condition: string;
  /** Every order has a granted request, and its fees stay within its max fee. */
  readonly isCareful: boolean;
  /** Part of the terminal events that are dropped, 0 to 1. */
  readonly dropped: number;
  /** The clock when it is born, in ticks. */
  readonly now: number;
};

/** The events of one life, in order. `isGranted` is asked when its order would be placed. */
export type Life = {
  readonly request: InventoryEvent | null;
  readonly requestId: string;
  readonly rest: readonly InventoryEvent[];
  /** Its terminal event was dropped. */
  readonly isDropped: boolean;
};

const CLOSINGS = ['CANCELLED', 'REJECTED', 'EXPIRED', 'FILLED'] as const;
/** Ticks that an order may live. */
export const LIFE_TICKS_MAX = 400;

export function lifeOf(random: Random, id: string, options: LifeOptions): Life {
  const { account, token, condition, isCareful, now } = options;
  const isBuy = random.chance(0.5);
  const quantity = BigInt(1 + random.below(5_000_000));
  const price = BigInt(1 + random.below(999)) * 10n ** 15n + BigInt(random.below(1_000));
  const maxFee = isCareful || random.chance(0.8) ? BigInt(random.below(200_000)) : null;
  const requestId = `r${id}`;
  const isAsked = isCareful || random.chance(0.5);
  const isDropped = random.chance(options.dropped);
  const hasDeadline = isDropped || random.chance(0.5);
  // What a careful desk does is done long before any deadline.
  const patience = isCareful ? 20 * LIFE_TICKS_MAX : 0;
  const name = { account, trading_bot_id: 'mm', token_id: token };
  const need = (price * quantity + 10n ** 18n - 1n) / 10n ** 18n;
  const request: InventoryEvent = {
    type: 'ReservationRequested',
    value: {
      ...name,
      reservation_id: requestId,
      token_id: isBuy ? null : token,
      quantity_shares: isBuy ? null : shares(quantity),
      amount_pusd: isBuy ? pusd(need) : null,
      max_fee_pusd: isBuy && maxFee !== null ? pusd(maxFee) : null,
      expires_at: now + 1 + random.below(LIFE_TICKS_MAX) + patience,
    },
  };
  const opened: InventoryEvent = {
    type: 'OrderOpened',
    value: {
      ...name,
      order_id: id,
      order_hash: null,
      condition_id: condition,
      order_side: isBuy ? 'BUY' : 'SELL',
      price: priceE18(price),
      quantity_shares: shares(quantity),
      max_fee_pusd: maxFee === null ? null : pusd(maxFee),
      expires_at: hasDeadline
        ? now + LIFE_TICKS_MAX / 2 + random.below(LIFE_TICKS_MAX) + patience
        : null,
      reservation_id: isAsked ? requestId : null,
    },
  };
  const order = { id, isBuy, quantity, price, maxFee: maxFee ?? 0n, condition, ...name };
  const fills = fillsOf(random, order, isCareful);
  const closing_reason: ClosedOrder['closing_reason'] = CLOSINGS[random.below(4)] ?? 'CANCELLED';
  const closed: InventoryEvent = {
    type: 'OrderClosed',
    value: { ...name, order_id: id, order_hash: null, closing_reason },
  };
  const body = isDropped ? [opened, ...fills] : [opened, ...fills, closed];
  // Sources are not in step: what was told second may be on the log first.
  const rest = isCareful ? body : loosened(random, body);
  return { request: isAsked ? request : null, requestId, rest, isDropped };
}

type Named = {
  readonly id: string;
  readonly isBuy: boolean;
  readonly quantity: bigint;
  readonly price: bigint;
  readonly maxFee: bigint;
  readonly condition: string;
  readonly account: string;
  readonly trading_bot_id: string;
  readonly token_id: string;
};

/** Up to three fills. A careful one costs at most the limit, and fees at most their part. */
function fillsOf(random: Random, order: Named, isCareful: boolean): InventoryEvent[] {
  const events: InventoryEvent[] = [];
  let left = order.quantity;
  let feeLeft = 0n;
  const count = random.below(4);
  for (let at = 0; at < count && left > 0n; at += 1) {
    const isLast = at === count - 1 && random.chance(0.4);
    const quantity = isLast ? left : 1n + (left * BigInt(random.below(900))) / 1_000n;
    left -= quantity;
    feeLeft += (order.maxFee * quantity) / order.quantity;
    const limit = (order.price * quantity) / 10n ** 18n;
    const better = order.isBuy ? (limit * BigInt(random.below(100))) / 1_000n : 0n;
    const fee = isCareful && order.isBuy ? feeLeft : BigInt(random.below(300_000));
    const { account, trading_bot_id, token_id } = order;
    const value = {
      fill_id: `${order.id}.${String(at)}`,
      order_id: order.id,
      order_hash: null,
      account,
      trading_bot_id,
      token_id,
      condition_id: order.condition,
      side: null,
      order_side: order.isBuy ? ('BUY' as const) : ('SELL' as const),
      quantity_shares: shares(quantity),
      size_pusd: pusd(limit - better),
      // A seller's fee is taken out of what it gets.
      fee_pusd: pusd(order.isBuy || !isCareful ? fee : (limit * BigInt(random.below(50))) / 1_000n),
      fee_bps: null,
      builder_fee_pusd: null,
      builder_fee_bps: null,
      flags: [],
      incomplete_reasons: [],
    };
    const isFailed = random.chance(0.2);
    if (!isFailed || !isCareful) feeLeft = 0n;
    // The chain tells the fee with the confirmation; a match may know nothing of it.
    const matched = random.chance(0.4) ? { ...value, fee_pusd: null } : value;
    if (isFailed || random.chance(0.8)) events.push({ type: 'FillMatched', value: matched });
    const named = { fill_id: value.fill_id, account };
    if (isFailed) {
      events.push({ type: 'FillFailed', value: named });
      left += quantity;
      if (isCareful) feeLeft = 0n;
    } else {
      events.push({ type: 'FillConfirmed', value });
      if (!isCareful && random.chance(0.05)) events.push({ type: 'FillReversed', value: named });
    }
  }
  return events;
}

/** Neighbours change places now and then; the news of one fill stay in their order. */
function loosened(random: Random, events: readonly InventoryEvent[]): InventoryEvent[] {
  const list = [...events];
  for (let at = 1; at < list.length; at += 1) {
    const [one, two] = [list[at - 1], list[at]];
    if (one === undefined || two === undefined || !random.chance(0.15)) continue;
    if (fillIdOf(one) !== null && fillIdOf(one) === fillIdOf(two)) continue;
    list[at - 1] = two;
    list[at] = one;
  }
  return list;
}

function fillIdOf({ value }: InventoryEvent): string | null {
  return 'fill_id' in value ? value.fill_id : null;
}
