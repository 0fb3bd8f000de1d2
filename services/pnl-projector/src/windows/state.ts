/**
 * What the fold over all partitions remembers between cuts. Nothing in here is changed in place.
 *
 * A position at the end of a window is the position now less what the days since have added: no
 * snapshot is kept, and a late line is in all of them at once.
 *
 * Keys: `desk`, `books`, `markets` (one each), `day|2026-05-08`, `window|id`, `legs|account`.
 */

import { type Halt, type WindowGrouping, type WindowKind } from '@polytraders/domain';
import { type Mode } from '../entities.ts';
import {
  type Definition,
  type LineMark,
  type Opening,
  type Question,
  type SumLine,
} from './cut.ts';

/** Settings of the reporter as they were told. */
export type Told = {
  /** From when on they hold. */
  readonly since: number;
  readonly mode: Mode;
  readonly groupBy: WindowGrouping;
  readonly includePaper: boolean;
  readonly tolerance: bigint;
  readonly markAgeMsMax: number;
  readonly retainDays: number;
};

/** A halt and whom it halted; null is everybody. */
export type HaltOf = Halt & { readonly bot: string | null };

/** A closed window, as far as one must know it to find out whether a cut touches it. */
export type WindowName = {
  readonly id: string;
  readonly start: number;
  readonly end: number;
  /** report_id of its first revision. */
  readonly name: string;
  /** Last block before its end, once that was told. */
  readonly block: number | null;
  /** Whether its last revision was HELD by the mode alone. */
  readonly heldByMode: boolean;
};

export type DeskState = {
  readonly kind: 'desk';
  /** Of the last cut. */
  readonly marketSeq: number;
  readonly told: readonly Told[];
  readonly halts: readonly HaltOf[];
  /** By end, then start. */
  readonly windows: readonly WindowName[];
  /** Days that have lines, sorted. */
  readonly days: readonly string[];
  /** Wallets that are no paper, with the first day on which anything moved in them. */
  readonly accounts: ReadonlyMap<string, string>;
  /** Up to this block the legs of all wallets are summed. */
  readonly block: number | null;
  /** What changed at cuts that make no report: windows that end after this day are looked at. */
  readonly dirtyDay: string | null;
  readonly dirtyWindows: readonly string[];
};

/** Lines by what tells them apart (`lineKey`), in no order that means anything. */
export type DayState = { readonly kind: 'day'; readonly lines: ReadonlyMap<string, SumLine> };

/** From the first day on, up to the last one, which is not in it; null while it lasts. */
export type Doubt = { readonly since: string; readonly until: string | null };

/** A book over all its lines so far. */
export type BookState = {
  readonly account: string;
  readonly bot: string;
  readonly token: string;
  /** Of its market, as its lines said it last; null while none did. */
  readonly condition: string | null;
  readonly negRisk: boolean | null;
  readonly basis: bigint;
  /** Shares by builder code, sorted; '' is none. */
  readonly slices: ReadonlyMap<string, bigint>;
  /** Why its numbers cannot be relied on, each with the first day that it concerns. Sorted. */
  readonly reasons: ReadonlyMap<string, string>;
  /** When a lot without a known basis was open, by days of confirmation. Sorted. */
  readonly doubts: readonly Doubt[];
};

export type BooksState = {
  readonly kind: 'books';
  readonly books: ReadonlyMap<string, BookState>;
  /** Cash without a block, by wallet. */
  readonly unsettled: ReadonlyMap<string, bigint>;
};

export type LastMark = Omit<LineMark, 'token'>;

/** A question of an event, and since when it has it; 0 where it was among the first ones told. */
export type QuestionSince = Question & { readonly since: number };

/** A token of which a window may learn more. */
export type Waiting = {
  /** First day of a line of it. */
  readonly since: string;
  /** By its lines: known once its event lists it. */
  readonly isOfEvent: boolean;
};

export type MarketsState = {
  readonly kind: 'markets';
  readonly conditions: ReadonlyMap<string, Pick<Definition, 'tokens' | 'synthesised'>>;
  /** Questions are only added: what was told first of an index stays. */
  readonly events: ReadonlyMap<string, readonly QuestionSince[]>;
  readonly payouts: ReadonlyMap<
    string,
    { readonly numerators: readonly bigint[]; readonly at: number }
  >;
  /** Tokens that nobody has defined, or listed in their event. */
  readonly waiting: ReadonlyMap<string, Waiting>;
  /** By token the newest mark of each day that lines carried, as far as a window may ask for it. */
  readonly marks: ReadonlyMap<string, readonly LastMark[]>;
};

export type WindowMark = LastMark & {
  /** Captured by the event that closed the window: nothing replaces it. */
  readonly captured: boolean;
};

/** One wallet at the last block of a window. */
export type AccountState = {
  readonly booksCash: bigint;
  readonly booksTokens: ReadonlyMap<string, bigint>;
  /** What the chain said at this block; null until then. */
  readonly block: number | null;
  readonly chainCash: bigint | null;
  readonly chainTokens: ReadonlyMap<string, bigint>;
  readonly error: string | null;
};

/** What was published of a window in one form. */
export type Published = {
  readonly revision: number;
  /** Hash of what the last revision said about the window. */
  readonly said: string;
  /** The same and whether it was held, the mode apart: another one is another revision. */
  readonly content: string;
  /** What a reviewer has released of what the mode held: `said` as it was then. */
  readonly released: string | null;
  readonly eventId: string;
  /** By revision, the hash of what the chain check came to: what a reviewer approves. */
  readonly verdicts: readonly string[];
  /** Whether every wallet had its answer in the last one. */
  readonly isAnswered: boolean;
  /** The alerts that its last state calls for: the same ones are not raised again. */
  readonly alerts: string;
};

export type WindowState = {
  readonly kind: 'window';
  readonly id: string;
  readonly windowKind: WindowKind;
  readonly start: number;
  readonly end: number;
  readonly settings: Told;
  readonly marks: ReadonlyMap<string, WindowMark>;
  readonly block: number | null;
  /** Its block was told when the lines were dropped that say what the books had then. */
  readonly isForgotten: boolean;
  /** Accounts that were asked and did not answer. */
  readonly errors: number;
  readonly accounts: ReadonlyMap<string, AccountState>;
  /** The verdict that a reviewer has released. */
  readonly approved: string | null;
  /** When the cut was recorded since which it waits for its own answer; null: it does not. */
  readonly waitsSince: number | null;
  /** Offsets of the cut that made the last revision, by partition. */
  readonly lastCut: readonly number[];
  readonly regular: Published | null;
  readonly mixed: Published | null;
};

/** What moved in a wallet: summed up to the desk's block, one by one after it. */
export type LegsState = {
  readonly kind: 'legs';
  readonly cash: bigint;
  readonly tokens: ReadonlyMap<string, bigint>;
  readonly pending: readonly {
    readonly block: number;
    readonly token: string | null;
    readonly amount: bigint;
  }[];
  /** What it began with, where no block says when: counted by its time. */
  readonly openings: readonly Omit<Opening, 'account'>[];
};

export type WindowEntity =
  DeskState | DayState | BooksState | MarketsState | WindowState | LegsState;

/** A window as it is closed: nobody was asked, and nothing said. */
export function newWindow(
  named: Pick<WindowState, 'id' | 'windowKind' | 'start' | 'end' | 'settings' | 'marks'>,
): WindowState {
  return {
    kind: 'window',
    ...named,
    block: null,
    isForgotten: false,
    errors: 0,
    accounts: new Map(),
    approved: null,
    waitsSince: null,
    lastCut: [],
    regular: null,
    mixed: null,
  };
}

export const DESK = 'desk';
export const BOOKS = 'books';
export const MARKETS = 'markets';

export const NEW_DESK: DeskState = {
  kind: 'desk',
  marketSeq: -1,
  told: [],
  halts: [],
  windows: [],
  days: [],
  accounts: new Map(),
  block: null,
  dirtyDay: null,
  dirtyWindows: [],
};

export const NO_BOOKS: BooksState = { kind: 'books', books: new Map(), unsettled: new Map() };
export const NO_LEGS: LegsState = {
  kind: 'legs',
  cash: 0n,
  tokens: new Map(),
  pending: [],
  openings: [],
};
export const NO_MARKETS: MarketsState = {
  kind: 'markets',
  conditions: new Map(),
  events: new Map(),
  payouts: new Map(),
  waiting: new Map(),
  marks: new Map(),
};

export function dayKey(day: string): string {
  return `day|${day}`;
}

export function windowKey(id: string): string {
  return `window|${id}`;
}

export function legsKey(account: string): string {
  return `legs|${account}`;
}

export function bookKey(of: {
  readonly account: string;
  readonly bot: string;
  readonly token: string;
}): string {
  return `${of.account}|${of.bot}|${of.token}`;
}

/** Code unit by code unit: the same order on every machine. */
export function byText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
