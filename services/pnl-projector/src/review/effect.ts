/** What a ledger line does to a book, as numbers that add up: the unit of a reversal. */

import { pusd, shares } from '@polytraders/money';
import { type LedgerEntry } from '../entry.ts';

/** What a line does to its book and to its wallet; a difference of two is one, too. */
export type Effect = {
  /** Signed into the book. */
  readonly quantity: bigint;
  /** Signed into the wallet; of a fill without its fee. */
  readonly cash: bigint;
  readonly carried: bigint;
  readonly realised: bigint;
  readonly unknown: bigint;
  readonly openedShares: bigint;
  readonly openedBasis: bigint;
  readonly closedShares: bigint;
  readonly closedBasis: bigint;
};

export const NO_EFFECT: Effect = {
  quantity: 0n,
  cash: 0n,
  carried: 0n,
  realised: 0n,
  unknown: 0n,
  openedShares: 0n,
  openedBasis: 0n,
  closedShares: 0n,
  closedBasis: 0n,
};

/** The sum of two effects. */
export function plus(a: Effect, b: Effect): Effect {
  return combined(a, b, 1n);
}

/** What b does more than a. */
export function minus(b: Effect, a: Effect): Effect {
  return combined(b, a, -1n);
}

function combined(a: Effect, b: Effect, sign: 1n | -1n): Effect {
  const entries = Object.entries(a).map(([name, value]): [string, bigint] => [
    name,
    value + sign * b[name as keyof Effect],
  ]);
  return Object.fromEntries(entries) as Effect;
}

/** Whether two events did the same. */
export function isSame(a: Effect, b: Effect): boolean {
  return Object.entries(a).every(([name, value]) => value === b[name as keyof Effect]);
}

/** The amounts that a fill's line says of itself, each with the other sign. */
export function amountsNegated(line: LedgerEntry) {
  return {
    quantity_shares: negated(line.quantity_shares, shares),
    size_pusd: negated(line.size_pusd, pusd),
    gross_fee_pusd: negated(line.gross_fee_pusd, pusd),
    maker_rebate_pusd: negated(line.maker_rebate_pusd, pusd),
    net_fee_pusd: negated(line.net_fee_pusd, pusd),
    builder_fee_pusd: negated(line.builder_fee_pusd, pusd),
    cash_pusd: negated(line.cash_pusd, pusd),
  };
}

function negated<Amount extends bigint>(
  amount: Amount | null,
  brand: (value: bigint) => Amount,
): Amount | null {
  return amount === null ? null : brand(0n - amount);
}
