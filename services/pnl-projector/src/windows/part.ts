/**
 * What live wallets, or paper ones, add to a window's report: each is computed by itself, so that
 * the mixed form is the regular one plus paper, figure by figure, and no paper changes what a live
 * number says (rule B16).
 */

import {
  type BookValuation,
  type EventValuation,
  type UsedMark,
  type Valuation,
} from '@polytraders/domain';
import { allocateLargestRemainder } from '@polytraders/money';
import { type SumLine } from './cut.ts';
import { type Position } from './positions.ts';
import { type ConditionOf, type Priced, type Resolved } from './pricing.ts';
import { bookKey, type WindowState } from './state.ts';

/** The group of what has no bot, market or builder code. */
export const NO_GROUP = 'unattributed';

/** Sums of a group, or of the window. Amounts in micros. */
export type Figures = {
  readonly fills: number;
  readonly declared: number;
  readonly volume: bigint;
  readonly realised: bigint;
  /** Null where a position of it has no mark, or no known basis. */
  readonly unrealised: bigint | null;
  readonly grossFees: bigint;
  readonly rebates: bigint;
  readonly netFees: bigint;
};

/** A mark that went into a number. */
export type ContentMark = {
  readonly price: bigint;
  readonly kind: 'MID' | 'LAST' | 'REPORTED' | 'PAYOUT';
  readonly observedAt: number;
  readonly ageMs: number;
};

export type Part = {
  readonly groups: ReadonlyMap<string, Figures>;
  readonly received: bigint;
  readonly quarantined: number;
  readonly negRiskPositions: number;
  readonly events: readonly EventValuation[];
  /** By token. */
  readonly marks: ReadonlyMap<string, ContentMark>;
  /** Tokens whose mark was too old. */
  readonly stale: readonly string[];
  /** What the valuation found. */
  readonly flags: readonly string[];
  /** Why books that moved in the window or are open at its end cannot be relied on. */
  readonly reasons: readonly string[];
};

/** What the lines of a window and the positions at its end come to. */
export function partOf(
  window: WindowState,
  end: string,
  lines: readonly SumLine[],
  positions: readonly Position[],
  { open, valuation, resolved, conditionOf }: Priced,
): Part {
  return {
    groups: groupsOf(window, lines, open, valuation, conditionOf),
    received: lines.reduce((sum, line) => sum + line.received, 0n),
    quarantined: lines.reduce((sum, line) => sum + line.quarantined, 0),
    negRiskPositions: valuation.books.filter(isNegRisk).length,
    events: valuation.events,
    marks: marksOf(window, valuation, resolved),
    stale: valuation.marks.flatMap(({ token, stale }) => (stale ? [token] : [])),
    flags: valuation.flags,
    reasons: reasonsOf(lines, positions, end),
  };
}

type Tally = { -readonly [Name in keyof Figures]: Figures[Name] };

function newTally(): Tally {
  return {
    fills: 0,
    declared: 0,
    volume: 0n,
    realised: 0n,
    unrealised: 0n,
    grossFees: 0n,
    rebates: 0n,
    netFees: 0n,
  };
}

function addTo(tally: Tally, more: Figures | SumLine): void {
  tally.fills += more.fills;
  tally.declared += more.declared;
  tally.volume += more.volume;
  tally.realised += more.realised;
  tally.grossFees += more.grossFees;
  tally.rebates += more.rebates;
  tally.netFees += more.netFees;
  if ('unrealised' in more) addUnrealised(tally, more.unrealised);
}

function addUnrealised(tally: Tally, more: bigint | null): void {
  const { unrealised } = tally;
  tally.unrealised = unrealised === null || more === null ? null : unrealised + more;
}

/** The sums of groups taken together, group by group. */
export function groupsTogether(
  all: readonly ReadonlyMap<string, Figures>[],
): ReadonlyMap<string, Figures> {
  const sums = new Map<string, Tally>();
  for (const groups of all) {
    for (const [name, figures] of groups) addTo(tallyOf(sums, name), figures);
  }
  return sums;
}

/** The sum of all groups. */
export function totalOf(groups: ReadonlyMap<string, Figures>): Figures {
  const total = newTally();
  for (const figures of groups.values()) addTo(total, figures);
  return total;
}

function tallyOf(sums: Map<string, Tally>, name: string): Tally {
  const known = sums.get(name);
  if (known !== undefined) return known;
  const tally = newTally();
  sums.set(name, tally);
  return tally;
}

function groupsOf(
  { settings }: WindowState,
  lines: readonly SumLine[],
  open: readonly Position[],
  valuation: Valuation,
  conditionOf: ConditionOf,
): ReadonlyMap<string, Figures> {
  const sums = new Map<string, Tally>();
  const { groupBy } = settings;
  const marketOf = (token: string | null): string =>
    (token === null ? undefined : conditionOf(token)) ?? NO_GROUP;
  for (const line of lines) {
    if (!hasFigures(line)) continue;
    const { bot, builder, condition, token } = line;
    const name =
      groupBy === 'bot'
        ? bot
        : groupBy === 'market'
          ? (condition ?? marketOf(token))
          : (builder ?? NO_GROUP);
    addTo(tallyOf(sums, name), line);
  }
  for (const [at, { book, unrealised }] of valuation.books.entries()) {
    const held = open[at];
    if (groupBy !== 'builder' || held === undefined) {
      addUnrealised(tallyOf(sums, groupBy === 'bot' ? book.bot : marketOf(book.token)), unrealised);
      continue;
    }
    for (const [builder, share] of byBuilder(held, unrealised))
      addUnrealised(tallyOf(sums, builder === '' ? NO_GROUP : builder), share);
  }
  return sums;
}

/** Shares a book's unrealised out to the builder codes that hold it net in its direction. */
function byBuilder(
  { book, held }: Position,
  unrealised: bigint | null,
): readonly (readonly [builder: string, share: bigint | null])[] {
  const sign = held < 0n ? -1n : 1n;
  const along = [...book.slices].filter(([, quantity]) => quantity * sign > 0n);
  if (unrealised === null) return along.map(([builder]) => [builder, null]);
  const weights = along.map(([, quantity]) => quantity * sign);
  const parts = allocateLargestRemainder(unrealised, weights);
  return along.map(([builder], at) => [builder, parts[at] ?? 0n]);
}

/** Cash, marks and what was set aside make no group of their own. */
function hasFigures({ fills, volume, realised, grossFees, rebates, netFees }: SumLine): boolean {
  return (
    fills !== 0 ||
    volume !== 0n ||
    realised !== 0n ||
    grossFees !== 0n ||
    rebates !== 0n ||
    netFees !== 0n
  );
}

const MICROS_PER_MS = 1000;

/** The marks that went into a number: those observed, and what resolved tokens pay. */
function marksOf(
  window: WindowState,
  valuation: Valuation,
  resolved: Resolved,
): ReadonlyMap<string, ContentMark> {
  const { end } = window;
  const marks = new Map<string, ContentMark>();
  const take = ({ token, price, kind, observedAt }: UsedMark): void => {
    const latest = kind === 'PAYOUT' ? resolved.get(token) : undefined;
    const at = observedAt ?? latest?.at ?? window.marks.get(token)?.observedAt ?? end;
    marks.set(token, {
      price,
      kind,
      observedAt: at,
      ageMs: Math.floor((end - at) / MICROS_PER_MS),
    });
  };
  for (const mark of valuation.marks) take(mark);
  for (const { mark } of valuation.books) if (mark?.kind === 'PAYOUT') take(mark);
  return marks;
}

function reasonsOf(
  lines: readonly SumLine[],
  positions: readonly Position[],
  end: string,
): readonly string[] {
  const doubtful = positions.filter(({ book }) => book.reasons.size > 0);
  if (doubtful.length === 0) return [];
  const inWindow = new Set(
    lines.flatMap(({ account, bot, token }) =>
      token === null ? [] : [bookKey({ account, bot, token })],
    ),
  );
  return doubtful
    .filter(({ book, held }) => held !== 0n || inWindow.has(bookKey(book)))
    .flatMap(({ book }) => [...book.reasons].flatMap(([code, since]) => (since < end ? code : [])));
}

function isNegRisk({ by, flags }: BookValuation): boolean {
  return by !== 'FLAT' && flags.includes('PNL_REPORTER_NEGRISK_DETECTED');
}
