/**
 * The state of inventory: entities by key, each in one partition of the log. One event touches few
 * of them: a fill its own entry, its order, a token and pUSD.
 *
 *   balance|account|token        what the account has of a token; an empty token is pUSD
 *   order|account|order id       an order, its fills as a sum, and the reservation that it has
 *   hash|account|order hash      the same order, found by its hash; or fills that wait for it
 *   fill|account|fill id         what a fill moved, so that it can be settled or undone
 *   request|account|id           a reservation that was asked for
 *   market|partition|condition   tokens, who holds them, the resolution
 *   token|partition|token        the condition of a token, or who holds it while that is unknown
 *   live|partition               everything that still keeps something, with its deadline
 *
 * Neither accounts, tokens nor conditions hold a `|`; the last part of a key may.
 */

import { type PriceE18 } from '@polytraders/money';
import { type OrderSide } from '../fill.ts';
import { type InventoryBalance } from './balance.ts';
import { type ClosingReason } from './events.ts';
import { type LiveIndex } from './live-index.ts';

export type OrderTerms = {
  readonly bot: string;
  readonly conditionId: string | null;
  readonly token: string;
  readonly side: OrderSide;
  readonly price: PriceE18;
  readonly quantity: bigint;
  readonly maxFee: bigint | null;
  readonly expiresAt: number | null;
};

/**
 * What ended an order where no terminal event has: its market is resolved, and the terminal event
 * that follows is waited for (`RESOLVED`) until time passes (`LOST`); or its deadline passed.
 */
export type Swept = 'RESOLVED' | 'LOST' | 'EXPIRED';

/**
 * An order as the sum of what was told of it, in whatever order: its reservation is a function of
 * this (order.ts), which is why it does not matter what came first.
 */
export type InventoryOrder = {
  readonly kind: 'order';
  readonly account: string;
  readonly orderId: string;
  readonly orderHash: string | null;
  /** Null until it was seen opened. */
  readonly terms: OrderTerms | null;
  /** Σ of its fills that were matched or confirmed and did not fail. */
  readonly filled: bigint;
  /** What of those is pending. */
  readonly pending: PendingFills;
  /** Token of those fills: one of another token is no fill of this order. Null before the first. */
  readonly filledToken: string | null;
  readonly closed: ClosingReason | null;
  readonly swept: Swept | null;
  readonly reservationId: string;
  /** What was asked for: by the request that it took over, else by the order itself. */
  readonly requested: bigint;
  /** The granted request that it took over, by its id; null where it keeps for itself. */
  readonly requestId: string | null;
};

/** Sums over the fills of an order that may still fail. */
export type PendingFills = {
  readonly shares: bigint;
  /** pUSD that goes out with them, as far as it is told. */
  readonly cash: bigint;
  /** Shares of those whose fee nobody has stated yet. */
  readonly unpriced: bigint;
};

/** Fills that name an order by its hash alone, before anything else does. */
export type StrayFills = {
  readonly kind: 'stray';
  readonly account: string;
  readonly orderHash: string;
  readonly filled: bigint;
  readonly pending: PendingFills;
  readonly filledToken: string;
};

export type FillStage = 'pending' | 'confirmed' | 'failed' | 'reversed';

/** What was told of a fill. `moves` is null where only its end was, which moved nothing. */
export type InventoryFill = {
  readonly kind: 'fill';
  readonly account: string;
  readonly fillId: string;
  readonly stage: FillStage;
  /** Confirmed, and its fee is missing or over a cap: the books wait for its release (B18). */
  readonly isAside: boolean;
  readonly moves: FillMoves | null;
};

export type FillMoves = {
  readonly token: string;
  readonly side: OrderSide;
  readonly quantity: bigint;
  readonly notional: bigint;
  /** Null where no source states one; the shares have moved all the same (B18). */
  readonly fee: bigint | null;
  readonly orderId: string | null;
  readonly orderHash: string | null;
};

/** `taken`: an order has it; what it keeps stands on the order from then on. */
export type RequestState = 'pending' | 'taken' | 'refused' | 'voided' | 'expired';

export type InventoryRequest = {
  readonly kind: 'request';
  readonly account: string;
  readonly reservationId: string;
  readonly bot: string;
  readonly token: string | null;
  /** What is kept while it is pending: shares, or pUSD with the largest fee. */
  readonly amount: bigint;
  readonly expiresAt: number | null;
  readonly state: RequestState;
  readonly reason: string | null;
  readonly orderId: string | null;
};

export type InventoryMarket = {
  readonly kind: 'market';
  readonly conditionId: string;
  /** Tokens by outcome index, from its definition; empty before. */
  readonly tokens: readonly string[];
  readonly payouts: readonly bigint[] | null;
  /** Assets of this partition in its tokens, in order of first use. */
  readonly holders: readonly Asset[];
};

type Asset = { readonly account: string; readonly token: string };

/** A token whose condition an event did not name. */
export type TokenPlace = {
  readonly kind: 'token';
  readonly token: string;
  readonly conditionId: string | null;
  readonly accounts: readonly string[];
};

export type InventoryEntity =
  | InventoryBalance
  | InventoryOrder
  | StrayFills
  | InventoryFill
  | InventoryRequest
  | InventoryMarket
  | TokenPlace
  | LiveIndex;

export const balanceKey = (account: string, token: string | null): string =>
  `balance|${account}|${token ?? ''}`;
export const orderKey = (account: string, id: string): string => `order|${account}|${id}`;
export const hashKey = (account: string, hash: string): string => `hash|${account}|${hash}`;
export const fillKey = (account: string, id: string): string => `fill|${account}|${id}`;
export const requestKey = (account: string, id: string): string => `request|${account}|${id}`;
export const marketKey = (partition: number, condition: string): string =>
  `market|${String(partition)}|${condition}`;
export const tokenKey = (partition: number, token: string): string =>
  `token|${String(partition)}|${token}`;
export const liveKey = (partition: number): string => `live|${String(partition)}`;

/** A key taken apart again: its kind, what comes next, and the rest. */
export function partsOfInventoryKey(key: string): readonly [string, string, string] {
  const first = key.indexOf('|');
  const second = key.indexOf('|', first + 1);
  if (second === -1) return [key.slice(0, first), key.slice(first + 1), ''];
  return [key.slice(0, first), key.slice(first + 1, second), key.slice(second + 1)];
}
