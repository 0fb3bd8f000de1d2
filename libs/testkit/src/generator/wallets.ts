/**
 * What wallets hold, by the plainest way there is: one number for each account and asset, moved by
 * what happened. No lots, no bots, no reservations; whoever books inventory must come to the same
 * totals.
 */

/** Stands for pUSD among the assets; the others are token ids. */
export const PUSD = 'pUSD';

export type Holding = {
  readonly account: string;
  readonly asset: string;
  /** Micros: shares or pUSD. */
  readonly amount: bigint;
};

export type Wallets = {
  readonly move: (account: string, asset: string, amount: bigint) => void;
  readonly held: (account: string, asset: string) => bigint;
  /** Every asset that was ever moved, by account and asset. */
  readonly all: () => readonly Holding[];
};

/** Wallets that are empty, or hold what is given. */
export function walletsOf(holdings: readonly Holding[] = []): Wallets {
  const held = new Map(holdings.map((one) => [keyOf(one.account, one.asset), one]));
  return {
    move: (account, asset, amount) => {
      const before = held.get(keyOf(account, asset))?.amount ?? 0n;
      held.set(keyOf(account, asset), { account, asset, amount: before + amount });
    },
    held: (account, asset) => held.get(keyOf(account, asset))?.amount ?? 0n,
    all: () => [...held].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, one]) => one),
  };
}

function keyOf(account: string, asset: string): string {
  return `${account}|${asset}`;
}
