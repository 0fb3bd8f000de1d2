/**
 * A redemption that somebody made for a wallet (the venue's AutoRedeemer, or anybody): the wallet
 * handed its shares over, they were burned, and what they paid came to the wallet.
 *
 *   C wallet→R · C R→A · burns · PayoutRedemption(A) · P 0→R · P R→wallet     through an adapter
 *   C wallet→R · burns of R · PayoutRedemption(R) · cash R→wallet             at ConditionalTokens
 *
 * It is the wallet's only where the transaction proves it to the unit: what was burned is what the
 * wallet handed over, token by token, and the wallet was paid exactly what was paid out. Whoever
 * keeps a part, or redeems for several at a time, leaves something that nobody can tell apart. What
 * an exchange moved was sold: a buyer that is a contract may redeem it before it pays.
 */

import { type Claimed } from './actions.ts';
import { type Contracts } from './contracts.ts';
import { type CashTransfer, type PositionEvent, type Seen, type TokenTransfer } from './events.ts';
import { type TokenPair } from './token-sets.ts';

export type RedeemedFor = {
  readonly wallet: string;
  /** What it handed over. */
  readonly tokens: readonly TokenTransfer[];
  readonly cash: CashTransfer | null;
};

type Scene = {
  readonly seen: readonly Seen[];
  readonly contracts: Contracts;
  readonly claimed: Claimed;
};

/** For whom `redeemer` redeemed, by shares burned at `burner`; null where nothing proves it. */
export function redeemedFor(
  event: PositionEvent,
  pair: TokenPair,
  redeemer: string,
  burner: string,
  { seen, contracts, claimed }: Scene,
  own: ReadonlySet<string>,
): RedeemedFor | null {
  const since = lastBefore(event, seen);
  const moved = seen.filter(
    (one): one is TokenTransfer =>
      one.kind === 'tokens' &&
      one.place > since &&
      one.place < event.place &&
      one.entries.length > 0 &&
      one.entries.every(({ tokenId }) => pair.includes(tokenId)),
  );
  const burned = moved.filter((one) => one.from === redeemer && one.to === burner);
  const isSold = (one: TokenTransfer): boolean => contracts.roleOf(one.operator) === 'exchange';
  const given = moved.filter((one) => one.to === redeemer && own.has(one.from) && !isSold(one));
  const [wallet, ...others] = new Set(given.map((one) => one.from));
  if (wallet === undefined || others.length > 0 || given.some((one) => claimed.has(one))) {
    return null;
  }
  const isAll = pair.every((tokenId) => sumOf(burned, tokenId) === sumOf(given, tokenId));
  if (!isAll || pair.every((tokenId) => sumOf(given, tokenId) === 0n)) return null;
  if (event.amount === 0n) return { wallet, tokens: given, cash: null };
  const cash = seen.find(
    (one): one is CashTransfer =>
      one.kind === 'cash' &&
      one.place > event.place &&
      one.from === redeemer &&
      one.to === wallet &&
      one.amount === event.amount &&
      !claimed.has(one),
  );
  return cash === undefined ? null : { wallet, tokens: given, cash };
}

/** Place of the like redemption before it: what that burned is not burned again. */
function lastBefore({ place, conditionId, holder }: PositionEvent, seen: readonly Seen[]): number {
  const earlier = seen.filter(
    (one) =>
      one.kind === 'redeem' &&
      one.conditionId === conditionId &&
      one.holder === holder &&
      one.place < place,
  );
  return earlier.at(-1)?.place ?? -1;
}

function sumOf(transfers: readonly TokenTransfer[], tokenId: string): bigint {
  return transfers
    .flatMap(({ entries }) => entries)
    .reduce((sum, entry) => sum + (entry.tokenId === tokenId ? entry.quantity : 0n), 0n);
}
