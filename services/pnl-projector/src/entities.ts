/**
 * The state of the books: a holding per (account, token), which is the wallet's total with the book
 * of each bot in it, and the parameters in force in a log partition.
 *
 * The books of one wallet and token lie together because a fill of one bot may make the numbers of
 * all of them doubtful (B1: the venue knows no short wallet), and because one look-up a fill is
 * what a rebuild of a million fills can afford.
 *
 * Keys: `holding|account|token`, `parameters|partition`; neither accounts nor tokens hold a `|`.
 */

import { LEDGER_PARTITIONS, partitionOf } from '@polytraders/contracts';
import {
  EXCHANGE_BPS_MAX,
  flatPosition,
  MARK_AGE_MS_MAX,
  type Position,
  RETAIN_DAYS_MIN,
} from '@polytraders/domain';
import { type PriceE18, pusd, type PusdMicros, shares, type ShareMicros } from '@polytraders/money';

export type Mode = 'shadow_only' | 'limited_live' | 'general_live';

/** One bot's book of a token, signed. */
export type Book = {
  readonly bot: string;
  readonly conditionId: string | null;
  readonly negRisk: boolean | null;
  readonly position: Position;
  /** What its fills moved in the wallet, those that were set aside included. Signed. */
  readonly walletShares: ShareMicros;
  readonly markPrice: PriceE18 | null;
  readonly markObservedAt: number | null;
  readonly unrealised: PusdMicros | null;
  readonly volume: PusdMicros;
  readonly grossFees: PusdMicros;
  readonly rebates: PusdMicros;
  readonly netFees: PusdMicros;
  readonly fills: number;
  readonly quarantinedFills: number;
  /** Why its numbers cannot be relied on, as sorted codes. A reason stays until it is reviewed. */
  readonly incomplete: readonly string[];
  readonly lastOffset: number;
  readonly updatedAt: number;
};

/** A token in a wallet: the shares over all bots, and their books, in order of first use. */
export type Holding = {
  readonly kind: 'holding';
  readonly shares: ShareMicros;
  /** Offset of the fill that first sold more than there was; null while that has not happened. */
  readonly oversoldAt: number | null;
  readonly books: readonly Book[];
};

export type Parameters = {
  readonly kind: 'parameters';
  readonly marketSeq: number;
  readonly mode: Mode;
  readonly markAgeMsMax: number;
  readonly exchangeBpsMax: number;
  readonly retainDays: number;
  readonly lastOffset: number;
  readonly updatedAt: number;
};

export type Entity = Holding | Parameters;

const noReasons: readonly string[] = [];
const nothing = pusd(0n);
const FLAT = flatPosition();

/** What holds until the log says otherwise: the specified defaults (B19). */
export const DEFAULT_PARAMETERS: Parameters = {
  kind: 'parameters',
  marketSeq: 0,
  mode: 'general_live',
  markAgeMsMax: MARK_AGE_MS_MAX,
  exchangeBpsMax: EXCHANGE_BPS_MAX,
  retainDays: RETAIN_DAYS_MIN,
  lastOffset: 0,
  updatedAt: 0,
};

/** A holding before its first fill. */
export const NEW_HOLDING: Holding = {
  kind: 'holding',
  shares: shares(0n),
  oversoldAt: null,
  books: [],
};

/** The book of a bot before its first fill. */
export function newBook(bot: string): Book {
  return {
    bot,
    conditionId: null,
    negRisk: null,
    position: FLAT,
    walletShares: shares(0n),
    markPrice: null,
    markObservedAt: null,
    unrealised: null,
    volume: nothing,
    grossFees: nothing,
    rebates: nothing,
    netFees: nothing,
    fills: 0,
    quarantinedFills: 0,
    incomplete: noReasons,
    lastOffset: 0,
    updatedAt: 0,
  };
}

export function holdingKey(account: string, token: string): string {
  return `holding|${account}|${token}`;
}

const parametersKeys: readonly string[] = Array.from(
  { length: LEDGER_PARTITIONS },
  (_, at) => `parameters|${String(at)}`,
);

export function parametersKey(partition: number): string {
  return parametersKeys[partition] ?? `parameters|${String(partition)}`;
}

/** A key taken apart again. */
export type KeyParts =
  | { readonly kind: 'holding'; readonly account: string; readonly token: string }
  | { readonly kind: 'parameters'; readonly partition: string };

export function partsOfKey(key: string): KeyParts {
  const first = key.indexOf('|');
  if (key.startsWith('parameters|')) return { kind: 'parameters', partition: key.slice(first + 1) };
  const second = key.indexOf('|', first + 1);
  return {
    kind: 'holding',
    account: key.slice(first + 1, second),
    token: key.slice(second + 1),
  };
}

const ACCOUNTS_REMEMBERED_MAX = 10_000;
const partitionsByAccount = new Map<string, number>();

/** The partition of an account's key, remembered: a desk has few accounts and many fills. */
export function partitionOfAccount(account: string): number {
  const known = partitionsByAccount.get(account);
  if (known !== undefined) return known;
  if (partitionsByAccount.size >= ACCOUNTS_REMEMBERED_MAX) partitionsByAccount.clear();
  const partition = partitionOf(account, LEDGER_PARTITIONS);
  partitionsByAccount.set(account, partition);
  return partition;
}

const SINGLES_MAX = 1_000;
const singles = new Map<string, readonly string[]>();

/** The reasons with one more, sorted and without repetition; the same list where it is there. */
export function withReason(reasons: readonly string[], reason: string): readonly string[] {
  if (reasons.length === 0) return single(reason);
  return reasons.includes(reason) ? reasons : [...reasons, reason].sort();
}

/** One list for each single reason: most fills have none or one, and the codes are few. */
function single(reason: string): readonly string[] {
  const known = singles.get(reason);
  if (known !== undefined) return known;
  const list = [reason];
  if (singles.size < SINGLES_MAX) singles.set(reason, list);
  return list;
}
