/**
 * The accountant's inventory: what wallets hold, what open orders keep and what unconfirmed fills
 * are about to move, from the rules B8, B10 and B18 as they are written. Like the rest of the
 * accountant it knows nothing of how the services come to it.
 */

import { type Holding, PUSD, type Wallets, walletsOf } from './wallets.ts';

/** An order as its reports tell it, and how it stands. */
export type ToldOrder = {
  readonly orderId: string;
  readonly account: string;
  readonly conditionId: string;
  readonly token: string;
  readonly side: 'BUY' | 'SELL';
  readonly priceE18: bigint;
  readonly quantity: bigint;
  readonly maxFee: bigint | null;
  readonly open: boolean;
};

/** A fill as it was first told, and its last rung. */
export type ToldFill = {
  readonly orderId: string;
  readonly account: string;
  readonly token: string;
  readonly side: 'BUY' | 'SELL';
  readonly shares: bigint;
  readonly cash: bigint;
  /** Null: nobody said it. The shares have moved all the same. */
  readonly fee: bigint | null;
  readonly status: string;
  /** Whether any of its reports named the block that it is in, or the transaction. */
  readonly isPlaced: boolean;
  /** Whether the ledger keeps it without a lot. */
  readonly isAside: boolean;
};

/** What an open order keeps, of its token or of pUSD. */
export type Kept = Holding & { readonly orderId: string; readonly conditionId: string };

/**
 * What may still be needed of pUSD for fills that are not final, beside what they say: `amount`
 * while the order is open, `afterEnd` once its market has ended it.
 */
export type Held = Kept & { readonly afterEnd: bigint };

export type ExpectedInventory = {
  readonly wallets: readonly Holding[];
  /**
   * What of it books can compare with the chain (rule B13): cash and shares that somebody named the
   * block or the transaction of; shares of fills that were set aside are in no book.
   */
  readonly placed: readonly Holding[];
  /** By open orders; those of a market that resolves keep nothing from then on. */
  readonly kept: readonly Kept[];
  readonly pendingOut: readonly Holding[];
  readonly held: readonly Held[];
  readonly pendingIn: readonly Holding[];
};

const E18 = 10n ** 18n;

/** Inventory after all that was told; `opened` is what the books began with. */
export function inventoryOf(
  opened: readonly Holding[],
  orders: readonly ToldOrder[],
  fills: readonly ToldFill[],
): ExpectedInventory {
  const wallets = walletsOf();
  const placed = walletsOf();
  const out = walletsOf();
  const coming = walletsOf();
  for (const { account, asset, amount } of opened) {
    wallets.move(account, asset, amount);
    placed.move(account, asset, amount);
  }
  const filled = new Map<string, bigint>();
  const waiting = new Map<string, ToldFill[]>();
  for (const fill of fills) {
    if (fill.status === 'FAILED') continue;
    filled.set(fill.orderId, (filled.get(fill.orderId) ?? 0n) + fill.shares);
    const { account, gives, gets } = legsOf(fill);
    if (fill.status === 'CONFIRMED') {
      wallets.move(account, gives.asset, -gives.amount);
      wallets.move(account, gets.asset, gets.amount);
      place(placed, fill);
    } else {
      out.move(account, gives.asset, gives.amount);
      coming.move(account, gets.asset, gets.amount);
      waiting.set(fill.orderId, [...(waiting.get(fill.orderId) ?? []), fill]);
    }
  }
  const leftOf = ({ orderId, quantity }: ToldOrder) => quantity - (filled.get(orderId) ?? 0n);
  const kept = orders.filter(({ open }) => open).map((order) => keptBy(order, leftOf(order)));
  const held = orders
    .filter(({ side, orderId }) => side === 'BUY' && waiting.has(orderId))
    .map((order) => heldFor(order, leftOf(order), waiting.get(order.orderId) ?? []));
  return {
    wallets: wallets.all(),
    placed: placed.all(),
    kept: kept.filter(({ amount }) => amount > 0n),
    pendingOut: out.all(),
    held,
    pendingIn: coming.all(),
  };
}

function place(placed: Wallets, fill: ToldFill): void {
  if (!fill.isPlaced) return;
  const { account, gives, gets } = legsOf(fill);
  const isBooked = (asset: string) => asset === PUSD || !fill.isAside;
  if (isBooked(gives.asset)) placed.move(account, gives.asset, -gives.amount);
  if (isBooked(gets.asset)) placed.move(account, gets.asset, gets.amount);
}

function legsOf({ account, token, side, shares, cash, fee }: ToldFill) {
  const inShares = { asset: token, amount: shares };
  const charged = fee ?? 0n;
  if (side === 'BUY') {
    return { account, gives: { asset: PUSD, amount: cash + charged }, gets: inShares };
  }
  return { account, gives: inShares, gets: { asset: PUSD, amount: cash - charged } };
}

/** SELL keeps shares; BUY its price and its part of the largest fee, each rounded up. */
function keptBy(order: ToldOrder, remaining: bigint): Kept {
  const { orderId, account, conditionId, token, side, priceE18, quantity, maxFee } = order;
  const names = { orderId, account, conditionId };
  if (side === 'SELL') return { ...names, asset: token, amount: remaining };
  const cost = upward(priceE18 * remaining, E18);
  const fee = maxFee === null ? 0n : upward(maxFee * remaining, quantity);
  return { ...names, asset: PUSD, amount: remaining <= 0n ? 0n : cost + fee };
}

/**
 * A fee that nobody has said yet goes out at its largest. And a fill that fails gives its shares
 * back to an open order, which then needs its whole price for them.
 */
function heldFor(order: ToldOrder, left: bigint, fills: readonly ToldFill[]): Held {
  const { orderId, account, conditionId, open, quantity } = order;
  const sum = (list: readonly ToldFill[]) => list.reduce((all, { shares }) => all + shares, 0n);
  const upTo = (shares: bigint) => (shares > quantity ? quantity : shares);
  const cost = (shares: bigint) => keptBy(order, upTo(shares)).amount;
  const fee = (shares: bigint) =>
    cost(shares) - keptBy({ ...order, maxFee: null }, upTo(shares)).amount;
  const unsaid = sum(fills.filter((one) => one.fee === null));
  const rest = left > 0n ? left : 0n;
  const told = fills.reduce((all, one) => all + one.cash + (one.fee ?? 0n), 0n);
  const fees = fee(rest + unsaid) - fee(rest);
  const again = cost(rest + sum(fills)) - cost(rest) - told;
  const afterEnd = fee(unsaid);
  const amount = !open ? afterEnd : again > fees ? again : fees;
  return { orderId, account, conditionId, asset: PUSD, amount, afterEnd };
}

function upward(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}
