/**
 * The state of the books: a holding per (account, token), which is the wallet's total with the book
 * of each bot in it, and, per log partition, the parameters in force, what is known of markets and
 * tokens, and the claims of settlement jobs.
 *
 * The books of one wallet and token lie together because a fill of one bot may make the numbers of
 * all of them doubtful (B1: the venue knows no short wallet), and because one look-up a fill is
 * what a rebuild of a million fills can afford. What an event of a whole market needs besides
 * (which holdings are of this condition) is written when a holding is new, never by the fills
 * after.
 *
 * Keys: `holding|account|token`, and `market|partition|condition`, `event|partition|market`,
 * `token|partition|token`,
 * `claim|account|transaction`, `parameters|partition`: what stands on every partition of the log
 * (MarketResolved) must not meet the rows of another one; `review|account|fill` and
 * `releases|partition` of reviewed commands. No part but the last holds a `|`. Keys of `lines|…`
 * are of the ledger itself (review/lines.ts).
 */

import { LEDGER_PARTITIONS, partitionOf } from '@polytraders/contracts';
import {
  EXCHANGE_BPS_MAX,
  flatPosition,
  MARK_AGE_MS_MAX,
  type ObservedKind,
  type EventQuestion,
  type Payout,
  type Position,
  RETAIN_DAYS_MIN,
} from '@polytraders/domain';
import { type LedgerLine } from '@polytraders/stream';
import { type LedgerEntry } from './entry.ts';
import { type PriceE18, pusd, type PusdMicros, shares, type ShareMicros } from '@polytraders/money';

export type Mode = 'shadow_only' | 'limited_live' | 'general_live';

/** Where a mark comes from. */
export type MarkKind = ObservedKind | 'PAYOUT';

/** One bot's book of a token, signed. */
export type Book = {
  readonly bot: string;
  readonly negRisk: boolean | null;
  readonly position: Position;
  /** What its events moved in the wallet, those that were set aside included. Signed. */
  readonly walletShares: ShareMicros;
  /** The mark of its token as observed; of a NO in an event what its question's YES says of it. */
  readonly markPrice: PriceE18 | null;
  readonly markObservedAt: number | null;
  readonly markKind: MarkKind | null;
  /** When it was last valued: age of that mark, and whether any mark behind the value was stale. */
  readonly markAgeMs: number | null;
  readonly markStale: boolean;
  /** The mark normalised within its event; null where it is valued by its own (B5). */
  readonly negRiskPrice: PriceE18 | null;
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
  /** Null while nobody has said which condition the token is of. */
  readonly conditionId: string | null;
  /** Once the condition is resolved and the token's outcome known. */
  readonly settled: Settled | null;
  /** What is wrong with its outcome, sorted: reasons of every book of it, later ones too. */
  readonly marks: readonly string[];
  readonly books: readonly Book[];
};

/** The payout of a token. Lots up to the offset have it as their basis (B11). */
export type Settled = { readonly payout: Payout; readonly offset: number };

/** A condition as this partition knows it, with the holdings of its tokens. */
export type Market = {
  readonly kind: 'market';
  /** By outcome index; empty while it is not defined. */
  readonly tokens: readonly string[];
  /** Made from the columns of a file: a real definition may say otherwise. */
  readonly synthesised: boolean;
  readonly negRiskMarketId: string | null;
  /** OPEN until something else was said. */
  readonly status: string;
  readonly resolution: Resolution | null;
  /** In the order in which they came; none is ever taken out. */
  readonly members: readonly Member[];
  readonly lastOffset: number;
  readonly updatedAt: number;
};

export type Resolution = {
  /** uint256, by outcome index. */
  readonly numerators: readonly bigint[];
  readonly resolvedAt: number;
  readonly offset: number;
};

export type Member = { readonly account: string; readonly token: string };

/** A question of an event, by its number on the chain. */
export type QuestionState = EventQuestion & {
  readonly index: number;
  /** uint256, by outcome index; empty until it is resolved. */
  readonly numerators: readonly bigint[];
};

/** A negative-risk event, with the holdings of its tokens (B5). */
export type NegRiskEvent = {
  readonly kind: 'event';
  /** By index; those that somebody has defined. */
  readonly questions: readonly QuestionState[];
  /** In the order in which they came; none is ever taken out. */
  readonly members: readonly Member[];
};

/** What is known of a token, and who holds it while its condition is not known. */
export type Token = {
  readonly kind: 'token';
  readonly conditionId: string | null;
  /** The negative-risk event that lists it, once that is defined. */
  readonly negRiskMarketId: string | null;
  readonly accounts: readonly string[];
};

/** A settlement job that somebody carries out with this transaction. */
export type Claim = {
  readonly kind: 'claim';
  readonly jobId: string;
  readonly claimedBy: string;
  readonly lastOffset: number;
  readonly updatedAt: number;
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

/** What a reviewed command has made of a fill: the last word on it. */
export type Review = {
  readonly kind: 'review';
  readonly stage: 'RELEASED' | 'REVERSED';
  /** The event that says so. */
  readonly eventId: string;
  readonly proposedBy: string;
  readonly approvedBy: string;
  readonly reason: string;
  readonly lastOffset: number;
  readonly updatedAt: number;
};

/** How far the reports of a partition are released that a mode has held. */
export type Releases = {
  readonly kind: 'releases';
  /** Held reports of log offsets below this one are out. */
  readonly until: number;
  readonly lastOffset: number;
  readonly updatedAt: number;
};

/** Lines of the ledger, in order, as an event reads them that must know what was booked before. */
export type Lines = {
  readonly kind: 'lines';
  readonly lines: readonly LedgerLine<LedgerEntry>[];
};

export type Entity =
  Holding | Parameters | Market | NegRiskEvent | Token | Claim | Review | Releases | Lines;

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
  conditionId: null,
  settled: null,
  marks: noReasons,
  books: [],
};

/** A market of which only its name is known. */
export const NEW_MARKET: Market = {
  kind: 'market',
  tokens: [],
  synthesised: false,
  negRiskMarketId: null,
  status: 'OPEN',
  resolution: null,
  members: [],
  lastOffset: 0,
  updatedAt: 0,
};

export const NEW_TOKEN: Token = {
  kind: 'token',
  conditionId: null,
  negRiskMarketId: null,
  accounts: [],
};

/** The bot of what comes in without a claim (B11), and of a wallet's cash. */
export const TREASURY = 'treasury';
/** The bot of what no book can account for. */
export const UNATTRIBUTED = 'unattributed';

/** The book of a bot before its first fill. */
export function newBook(bot: string): Book {
  return {
    bot,
    negRisk: null,
    position: FLAT,
    walletShares: shares(0n),
    markPrice: null,
    markObservedAt: null,
    markKind: null,
    markAgeMs: null,
    markStale: false,
    negRiskPrice: null,
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

export function marketKey(partition: number, condition: string): string {
  return `market|${String(partition)}|${condition}`;
}

export function eventKey(partition: number, negRiskMarketId: string): string {
  return `event|${String(partition)}|${negRiskMarketId}`;
}

export function tokenKey(partition: number, token: string): string {
  return `token|${String(partition)}|${token}`;
}

export function claimKey(account: string, txHash: string): string {
  return `claim|${account}|${txHash}`;
}

export function reviewKey(account: string, fillId: string): string {
  return `review|${account}|${fillId}`;
}

export function releasesKey(partition: number): string {
  return `releases|${String(partition)}`;
}

const parametersKeys: readonly string[] = Array.from(
  { length: LEDGER_PARTITIONS },
  (_, at) => `parameters|${String(at)}`,
);

export function parametersKey(partition: number): string {
  return parametersKeys[partition] ?? `parameters|${String(partition)}`;
}

/** A key taken apart again: the kind of its entity, and one or two names. */
export type KeyParts = {
  readonly kind: Entity['kind'];
  /** The account of a holding or a claim; the partition of everything else. */
  readonly first: string;
  /** Token, condition or transaction; empty for parameters. */
  readonly second: string;
};

export function partsOfKey(key: string): KeyParts {
  const first = key.indexOf('|');
  const kind = key.slice(0, first) as Entity['kind'];
  const second = key.indexOf('|', first + 1);
  if (second === -1) return { kind, first: key.slice(first + 1), second: '' };
  return { kind, first: key.slice(first + 1, second), second: key.slice(second + 1) };
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

/** Reasons that a holding has as a whole. */
export const OUTCOME_MARKS = ['GOV_OUTCOME_UNKNOWN', 'GOV_OUTCOME_MISMATCH'] as const;
export type OutcomeMark = (typeof OUTCOME_MARKS)[number];

/** The reasons with those of the holding. */
export function withMarks(reasons: readonly string[], { marks }: Holding): readonly string[] {
  let all = reasons;
  for (const mark of marks) all = withReason(all, mark);
  return all;
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
