/**
 * The transfers of a wallet that belong to matches. An exchange moves shares as operator, and cash
 * goes between the wallet, the exchange, the other traders of the match and the receiver of fees:
 * a taker who buys from a maker pays that maker directly, and all fees of the match afterwards
 * (chain reference 5).
 *
 * 40 at 0.55 with fees of 0.40 and 0.10: the taker pays 21.90 to the maker and 0.50 in fees, which
 * is 22.00 of the fill and 0.40 of its own fee.
 */

import { formatMicros } from '@polytraders/money';
import { type TransactionReading } from '../chain-logs.ts';
import { type Claimed } from './actions.ts';
import { type Contracts } from './contracts.ts';
import { type CashTransfer, type Seen, type TokenTransfer } from './events.ts';
import { addToken, noLegs, sameLegs } from './movement-legs.ts';
import { type Legs, sum } from './movement-values.ts';

/** Sums of cash that are tried: more than anybody pays in one match for being nice. */
const SUMS_MAX = 4_096;

export type ReadFill = TransactionReading['fills'][number];

/** What fills say that a wallet gave and got, fees included. */
export function legsOfFills(fills: readonly ReadFill[]): Legs {
  const legs = noLegs();
  for (const { event, refund } of fills) {
    const isBuy = event.side === 'BUY';
    const shares = isBuy ? event.takerAmount : -event.makerAmount;
    const paid = isBuy ? BigInt(refund ?? '0') - event.makerAmount : event.takerAmount;
    addToken(legs, event.tokenId, shares);
    legs.pusd += paid - event.fee;
  }
  return legs;
}

/** Whoever may stand at the other end of a match's cash. */
export function tradersOf(
  all: readonly ReadFill[],
  seen: readonly Seen[],
  contracts: Contracts,
): ReadonlySet<string> {
  const receivers = seen.flatMap((one) => (one.kind === 'fee' ? [one.receiver] : []));
  const makers = all.map((fill) => fill.event.maker);
  return new Set([...contracts.withRole('exchange'), ...receivers, ...makers]);
}

/**
 * Claims the wallet's transfers that belong to matches. Answers null where its fills say the same
 * as they do, else a sentence.
 */
export function claimMatches(
  wallet: string,
  fills: readonly ReadFill[],
  traders: ReadonlySet<string>,
  seen: readonly Seen[],
  contracts: Contracts,
  claimed: Claimed,
): string | null {
  const isExchange = (address: string): boolean => contracts.roleOf(address) === 'exchange';
  const isOurs = (one: TokenTransfer | CashTransfer): boolean =>
    !claimed.has(one) && (one.from === wallet) !== (one.to === wallet);
  const tokens = seen.filter(
    (one): one is TokenTransfer => one.kind === 'tokens' && isOurs(one) && isExchange(one.operator),
  );
  if (fills.length === 0 && tokens.length === 0) return null;
  const cash = seen.filter(
    (one): one is CashTransfer =>
      one.kind === 'cash' &&
      one.asset === 'pusd' &&
      isOurs(one) &&
      traders.has(one.from === wallet ? one.to : one.from),
  );
  const moved = legsOfTransfers(wallet, [...tokens, ...cash]);
  const told = legsOfFills(fills);
  const given = cash.filter((one) => one.to === wallet && !isExchange(one.from));
  const gifts = giftsIn(given, fills, moved, told);
  if (gifts === null) {
    return (
      `Expected the transfers of the matches to be ${shown(told)}, as its fills say; found ` +
      `${shown(moved)}.`
    );
  }
  for (const one of [...tokens, ...cash]) if (!gifts.has(one)) claimed.add(one);
  return null;
}

/**
 * Cash that traders of the match sent to the wallet beside it: a wallet that is a contract may run
 * code of its own when it is given shares. None where the fills say what was moved; null where the
 * rest would not be what they say.
 */
function giftsIn(
  given: readonly CashTransfer[],
  fills: readonly ReadFill[],
  moved: Legs,
  told: Legs,
): ReadonlySet<Seen> | null {
  const more = moved.pusd - told.pusd;
  if (!sameLegs({ ...moved, pusd: told.pusd }, told)) return null;
  const beside = besidePayments(given, fills);
  if (sum(beside.map((one) => one.amount)) === more) return new Set(beside);
  const some = given.filter((one) => one.amount <= more);
  const found = sumsOf(some, more).get(more);
  return found === undefined ? null : new Set(found);
}

/** Without what a buyer pays a maker for its shares: their price less the maker's fee, at once. */
function besidePayments(
  given: readonly CashTransfer[],
  fills: readonly ReadFill[],
): readonly CashTransfer[] {
  const rest = [...given];
  for (const { event } of fills) {
    const at = rest.findIndex((one) => one.amount === event.takerAmount - event.fee);
    if (event.side === 'SELL' && at >= 0) rest.splice(at, 1);
  }
  return rest;
}

/**
 * Ways to come to sums of some of the transfers: of all the smallest ones, however many these are,
 * and of others as far as they can be counted.
 */
function sumsOf(
  transfers: readonly CashTransfer[],
  most: bigint,
): ReadonlyMap<bigint, readonly CashTransfer[]> {
  const sums = new Map<bigint, readonly CashTransfer[]>([[0n, []]]);
  const sorted = [...transfers].sort((a, b) => (a.amount < b.amount ? -1 : 1));
  let smallest = 0n;
  for (const [at, one] of sorted.entries()) {
    for (const [sum, some] of [...sums]) {
      const next = sum + one.amount;
      if (next > most || sums.has(next) || sums.size >= SUMS_MAX) continue;
      sums.set(next, [...some, one]);
    }
    smallest += one.amount;
    if (smallest === most) sums.set(smallest, sorted.slice(0, at + 1));
  }
  return sums;
}

/** What transfers moved for a wallet: shares and pUSD. */
export function legsOfTransfers(wallet: string, seen: readonly Seen[]): Legs {
  const legs = noLegs();
  for (const one of seen) {
    if (one.kind !== 'tokens' && one.kind !== 'cash') continue;
    const sign = (one.to === wallet ? 1n : 0n) - (one.from === wallet ? 1n : 0n);
    if (sign === 0n) continue;
    if (one.kind === 'cash') legs.pusd += one.asset === 'pusd' ? sign * one.amount : 0n;
    else for (const { tokenId, quantity } of one.entries) addToken(legs, tokenId, sign * quantity);
  }
  return legs;
}

/** Legs for people: pUSD, then the tokens that changed. */
export function shown({ tokens, pusd }: Legs): string {
  const shares = [...tokens].map(([id, quantity]) => `${formatMicros(quantity)} of ${id}`);
  return [`${formatMicros(pusd)} pUSD`, ...shares].join(', ');
}
