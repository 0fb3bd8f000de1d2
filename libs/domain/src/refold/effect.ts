/** What a ledger line does to a book, as numbers that add up: the unit of a reversal. */

/** What a line does to its book and to its wallet; a difference of two is one, too. */
export type BookEffect = {
  /** Signed into the book. */
  readonly quantity: bigint;
  /** Signed into the wallet; of a fill without its fee. */
  readonly cash: bigint;
  readonly carried: bigint;
  readonly realised: bigint;
  readonly unknown: bigint;
  /** By how much the shares whose basis nobody knows become more. */
  readonly doubted: bigint;
  readonly openedShares: bigint;
  readonly openedBasis: bigint;
  readonly closedShares: bigint;
  readonly closedBasis: bigint;
};

export const NO_EFFECT: BookEffect = {
  quantity: 0n,
  cash: 0n,
  carried: 0n,
  realised: 0n,
  unknown: 0n,
  doubted: 0n,
  openedShares: 0n,
  openedBasis: 0n,
  closedShares: 0n,
  closedBasis: 0n,
};

/** The sum of two effects. */
export function plusEffect(a: BookEffect, b: BookEffect): BookEffect {
  return combined(a, b, 1n);
}

/** What b does more than a. */
export function minusEffect(b: BookEffect, a: BookEffect): BookEffect {
  return combined(b, a, -1n);
}

function combined(a: BookEffect, b: BookEffect, sign: 1n | -1n): BookEffect {
  const entries = Object.entries(a).map(([name, value]): [string, bigint] => [
    name,
    value + sign * b[name as keyof BookEffect],
  ]);
  return Object.fromEntries(entries) as BookEffect;
}

/** Whether two events did the same. */
export function isSameEffect(a: BookEffect, b: BookEffect): boolean {
  return Object.entries(a).every(([name, value]) => value === b[name as keyof BookEffect]);
}
