/**
 * The state of the books: one book per (account, bot, token), one wallet per (account, token), and
 * the parameters in force in a log partition.
 *
 * Keys name them: `book|account|bot|token`, `wallet|account|token`, `parameters|partition`. An
 * account and a token hold no `|`, so a key is read from both ends whatever a bot is called.
 */

import { LEDGER_PARTITIONS, partitionOf } from '@polytraders/contracts';
import {
  EXCHANGE_BPS_MAX,
  flatPosition,
  MARK_AGE_MS_MAX,
  type Position,
} from '@polytraders/domain';
import { type PriceE18, pusd, type PusdMicros, shares, type ShareMicros } from '@polytraders/money';

export type Mode = 'shadow_only' | 'limited_live' | 'general_live';

export type Book = {
  readonly kind: 'book';
  readonly conditionId: string | null;
  readonly negRisk: boolean | null;
  readonly position: Position;
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

/** The shares of one account and token over all bots: the venue knows no short wallet (B1). */
export type Wallet = {
  readonly kind: 'wallet';
  readonly shares: ShareMicros;
  /** Offset of the fill that first sold more than there was; null while that has not happened. */
  readonly oversoldAt: number | null;
  readonly lastOffset: number;
  readonly updatedAt: number;
};

export type Parameters = {
  readonly kind: 'parameters';
  readonly marketSeq: number;
  readonly mode: Mode;
  readonly markAgeMsMax: number;
  readonly exchangeBpsMax: number;
  readonly lastOffset: number;
  readonly updatedAt: number;
};

export type Entity = Book | Wallet | Parameters;

const noReasons: readonly string[] = [];

/** What holds until the log says otherwise: the specified defaults (B19). */
export const DEFAULT_PARAMETERS: Parameters = {
  kind: 'parameters',
  marketSeq: 0,
  mode: 'general_live',
  markAgeMsMax: MARK_AGE_MS_MAX,
  exchangeBpsMax: EXCHANGE_BPS_MAX,
  lastOffset: 0,
  updatedAt: 0,
};

/** A book before its first fill. */
export const NEW_BOOK: Book = {
  kind: 'book',
  conditionId: null,
  negRisk: null,
  position: flatPosition(),
  markPrice: null,
  markObservedAt: null,
  unrealised: null,
  volume: pusd(0n),
  grossFees: pusd(0n),
  rebates: pusd(0n),
  netFees: pusd(0n),
  fills: 0,
  quarantinedFills: 0,
  incomplete: noReasons,
  lastOffset: 0,
  updatedAt: 0,
};

/** A wallet before its first fill. */
export const NEW_WALLET: Wallet = {
  kind: 'wallet',
  shares: shares(0n),
  oversoldAt: null,
  lastOffset: 0,
  updatedAt: 0,
};

export function bookKey(account: string, bot: string, token: string): string {
  return `book|${account}|${bot}|${token}`;
}

export function walletKey(account: string, token: string): string {
  return `wallet|${account}|${token}`;
}

const parameterKeys = Array.from(
  { length: LEDGER_PARTITIONS },
  (_, at) => `parameters|${String(at)}`,
);

export function parametersKey(partition: number): string {
  return parameterKeys[partition] ?? `parameters|${String(partition)}`;
}

/** A key taken apart again. */
export type KeyParts =
  | {
      readonly kind: 'book';
      readonly account: string;
      readonly bot: string;
      readonly token: string;
    }
  | { readonly kind: 'wallet'; readonly account: string; readonly token: string }
  | { readonly kind: 'parameters'; readonly partition: string };

export function partsOfKey(key: string): KeyParts {
  const first = key.indexOf('|');
  const second = key.indexOf('|', first + 1);
  const last = key.lastIndexOf('|');
  if (key.startsWith('parameters|')) return { kind: 'parameters', partition: key.slice(first + 1) };
  const account = key.slice(first + 1, second);
  const token = key.slice(last + 1);
  if (key.startsWith('wallet|')) return { kind: 'wallet', account, token };
  return { kind: 'book', account, bot: key.slice(second + 1, last), token };
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

/** The reasons with one more, sorted and without repetition; the same list where it is there. */
export function withReason(reasons: readonly string[], reason: string): readonly string[] {
  return reasons.includes(reason) ? reasons : [...reasons, reason].sort();
}
