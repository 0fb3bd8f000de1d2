/**
 * A cut: one market-wide event that all partitions of the books have passed, with everything that
 * their ledgers gained since the cut before. It is the input of the fold over all partitions, one
 * immutable row each (`window_inputs`), so that a report of a window is a function of the log.
 *
 * Sums are over ledger lines (rule B13): every total is a sum over lines, whatever their kind, and
 * a range of offsets adds what it has. What is set aside (`quarantined`) moves cash, and no book.
 */

import { type LedgerEvent } from '@polytraders/contracts';
import { type ObservedKind } from '@polytraders/domain';

/** Events that cut, in the order of their `market_seq`. */
export const CUT_TYPES = [
  'WindowClosed',
  'WindowBalancesComplete',
  'ReportReleased',
  'ParametersChanged',
  'KillSwitchChanged',
] as const;

export type CutType = (typeof CUT_TYPES)[number];
export type CutEvent = Extract<LedgerEvent, { readonly type: CutType }>;

/** What lines of one day, book and builder code add up to. Amounts in micros. */
export type SumLine = {
  /** UTC day of confirmation. */
  readonly day: string;
  readonly account: string;
  readonly bot: string;
  /** Null where cash alone moved. */
  readonly token: string | null;
  readonly condition: string | null;
  readonly builder: string | null;
  readonly fills: number;
  /** Fills whose fee an operator declared. */
  readonly declared: number;
  /** Fills set aside, less those released since. */
  readonly quarantined: number;
  readonly volume: bigint;
  readonly realised: bigint;
  readonly grossFees: bigint;
  readonly rebates: bigint;
  /** Rebates that came in cash. */
  readonly received: bigint;
  readonly netFees: bigint;
  /** Cash legs without a block. */
  readonly unsettled: bigint;
  /** Into the book, signed. */
  readonly shares: bigint;
  readonly basis: bigint;
};

/** The last line of a book within the cut. */
export type LastLine = {
  readonly account: string;
  readonly bot: string;
  readonly token: string;
  readonly negRisk: boolean | null;
  /** The earliest day that any of its lines in the cut was confirmed on. */
  readonly since: string;
  /**
   * Why its numbers cannot be relied on, each with the earliest day of a line that says so. That a
   * fill was set aside is said by its own line; where all lines of the cut say it of one before
   * them, null: it is of no other day than it was.
   */
  readonly reasons: readonly (readonly [reason: string, since: string | null])[];
  /** Whether an open lot has no known basis after that line. */
  readonly basisUnknown: boolean;
  /**
   * The same of all its lines, in the order of the log: of those in a row that left one the
   * earliest day, of those in a row that left none the day of the first. Empty where none left one
   * and its basis was never in doubt.
   */
  readonly doubts: readonly (readonly [day: string, basisUnknown: boolean])[];
};

/** What moved in a wallet by a block: cash where `token` is null, else shares of books. */
export type Leg = {
  readonly account: string;
  readonly block: number;
  readonly token: string | null;
  readonly amount: bigint;
};

/** What a wallet had at a time, which no block is known of: pUSD where `token` is null. */
export type Opening = {
  readonly account: string;
  /** Whatever is of this time or before is in it. */
  readonly at: number;
  readonly token: string | null;
  readonly amount: bigint;
};

export type LegsBehind = {
  readonly legs: readonly Omit<Leg, 'block'>[];
  /** False where months were dropped that may have had some of them (B15). */
  readonly isWhole: boolean;
};

/** The newest mark of a token, of those that lines carried and that were observed on one day. */
export type LineMark = {
  readonly token: string;
  readonly kind: ObservedKind;
  /** False where nobody knows when it was observed: then it was by the time of its fill. */
  readonly isAged: boolean;
  readonly price: bigint;
  readonly observedAt: number;
};

export type Definition = {
  readonly conditionId: string;
  /** By outcome index as it was told. */
  readonly tokens: readonly string[];
  /** Made from the columns of a file: the order of its tokens says nothing. */
  readonly synthesised: boolean;
  readonly negRiskMarketId: string | null;
  /** When it was told. */
  readonly at: number;
  /** Of the whole event as far as it was told, by index; YES is what ids prove to be YES. */
  readonly questions: readonly Question[];
};

export type Question = {
  readonly index: number;
  readonly conditionId: string;
  readonly yes: string;
  readonly no: string;
};

export type Resolved = {
  readonly conditionId: string;
  readonly numerators: readonly bigint[];
  readonly at: number;
};

/** Balances of a wallet as the chain told them, or why it did not. */
export type Observation = {
  readonly windowId: string;
  readonly account: string;
  readonly block: number | null;
  readonly cash: bigint | null;
  readonly tokens: readonly (readonly [token: string, quantity: bigint])[];
  readonly error: string | null;
};

export type Cut = {
  readonly marketSeq: number;
  /** As partition 0 has it; of WindowClosed with the marks of all partitions, once each. */
  readonly event: CutEvent;
  /** Offset of the event in each partition. */
  readonly offsets: readonly number[];
  readonly sums: readonly SumLine[];
  readonly lastLines: readonly LastLine[];
  readonly legs: readonly Leg[];
  readonly marks: readonly LineMark[];
  readonly definitions: readonly Definition[];
  readonly resolved: readonly Resolved[];
  readonly observations: readonly Observation[];
  /** What wallets began with, of opening balances that name no block. */
  readonly openings: readonly Opening[];
  /**
   * Only where an earlier window was asked for after a later one, so that the sums so far have gone
   * past its block: the legs of blocks behind it, up to the highest one passed.
   */
  readonly legsBehind: LegsBehind | null;
};

export function isCut(event: LedgerEvent): event is CutEvent {
  return (CUT_TYPES as readonly string[]).includes(event.type);
}
