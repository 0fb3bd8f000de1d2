/**
 * What the reports of windows say, computed from the days, the books and the marks (rules B4, B5,
 * B12, B13, B16). A pure function: at every cut it gives what it would give if the whole log up to
 * that cut were read anew.
 *
 * Unrealised PnL is of the positions at the window's end; in a report by builder a position belongs
 * to the builder codes that brought it in, net, by largest remainder.
 */

import { dateOfTime, type EventValuation, isPaperAccount } from '@polytraders/domain';
import { type SumLine } from './cut.ts';
import {
  type ContentMark,
  type Figures,
  groupsTogether,
  type Part,
  partOf,
  totalOf,
} from './part.ts';
import { atEnds, type Positions } from './positions.ts';
import { conditionsDefined, marksIn, type Prices, valuationOf } from './pricing.ts';
import {
  type BooksState,
  byText,
  type DayState,
  type MarketsState,
  type WindowState,
} from './state.ts';

export type Content = {
  /** Sorted by name; they sum to `totals` exactly. */
  readonly groups: readonly (readonly [name: string, figures: Figures])[];
  readonly totals: Figures;
  readonly received: bigint;
  readonly unsettled: bigint;
  readonly quarantined: number;
  readonly negRiskPositions: number;
  /** In 10⁻¹⁸, summed over the events held; null where none is held, or one has no marks. */
  readonly negRiskMarkSum: bigint | null;
  readonly marks: readonly (readonly [token: string, mark: ContentMark])[];
  readonly staleMarks: number;
  readonly reasonCodes: readonly string[];
  readonly incompleteReasons: readonly string[];
};

/** A window's content in its two forms; the mixed one only where paper is asked for (B16). */
export type Contents = { readonly regular: Content; readonly mixed: Content | null };

/** What windows are computed from. */
export type Basis = {
  readonly books: BooksState;
  readonly markets: MarketsState;
  /** All days that have lines from the start of the first of the windows on. */
  readonly days: ReadonlyMap<string, DayState>;
};

/** The contents of windows, by their ids. */
export function contentsOf(
  windows: readonly WindowState[],
  basis: Basis,
): ReadonlyMap<string, Contents> {
  const days = [...basis.days].map(([day, { lines }]) => dayOf(day, [...lines.values()]));
  const defined = conditionsDefined(basis.markets);
  const byEnd = new Map<string, WindowState[]>();
  for (const window of windows) {
    const end = dateOfTime(window.end);
    byEnd.set(end, [...(byEnd.get(end) ?? []), window]);
  }
  const found = new Map<string, Contents>();
  atEnds(basis, new Set(byEnd.keys()), (end, positions) => {
    const unsettled = unsettledAt(basis, days, end);
    for (const window of byEnd.get(end) ?? []) {
      const own = days.filter(({ day }) => day >= dateOfTime(window.start) && day < end);
      const prices: Prices = { markets: basis.markets, defined, marks: marksIn(window) };
      found.set(window.id, contentsIn(window, end, own, positions, prices, unsettled));
    }
  });
  return found;
}

/** The lines of a day, those of live and of paper wallets apart. */
type Day = {
  readonly day: string;
  readonly live: readonly SumLine[];
  readonly paper: readonly SumLine[];
  /** Cash legs of live wallets without a block; paper has no cash. */
  readonly unsettled: bigint;
};

function dayOf(day: string, lines: readonly SumLine[]): Day {
  const live = lines.filter(({ account }) => !isPaperAccount(account));
  const paper = lines.filter(({ account }) => isPaperAccount(account));
  const unsettled = live.reduce((sum, line) => sum + line.unsettled, 0n);
  return { day, live, paper, unsettled };
}

function contentsIn(
  window: WindowState,
  end: string,
  days: readonly Day[],
  { live, paper }: Positions,
  prices: Prices,
  unsettled: bigint,
): Contents {
  const partIn = (lines: readonly SumLine[], positions: Positions['live']): Part =>
    partOf(window, end, lines, positions, valuationOf(window, end, lines, positions, prices));
  const ofLive = partIn(
    days.flatMap((one) => one.live),
    live,
  );
  const regular = contentOf([ofLive], unsettled);
  if (!window.settings.includePaper) return { regular, mixed: null };
  const ofPaper = partIn(
    days.flatMap((one) => one.paper),
    paper,
  );
  return { regular, mixed: contentOf([ofLive, ofPaper], unsettled) };
}

/** Flags of a valuation that are reasons of the report; the others say what is missing. */
const REASONS: ReadonlySet<string> = new Set([
  'STALE_DATA',
  'PNL_REPORTER_NEGRISK_DETECTED',
  'GOV_NEGRISK_TOKEN_BY_TOKEN',
]);

function contentOf(parts: readonly Part[], unsettled: bigint): Content {
  const groups = groupsTogether(parts.map((part) => part.groups));
  const flags = parts.flatMap((part) => part.flags);
  const lacking = flags.filter((flag) => !REASONS.has(flag));
  const marks = new Map(parts.flatMap((part) => [...part.marks]));
  return {
    groups: [...groups].sort(([a], [b]) => byText(a, b)),
    totals: totalOf(groups),
    received: parts.reduce((sum, { received }) => sum + received, 0n),
    unsettled,
    quarantined: parts.reduce((sum, { quarantined }) => sum + quarantined, 0),
    negRiskPositions: parts.reduce((sum, { negRiskPositions }) => sum + negRiskPositions, 0),
    negRiskMarkSum: rawSum(parts.flatMap(({ events }) => events)),
    marks: [...marks].sort(([a], [b]) => byText(a, b)),
    staleMarks: new Set(parts.flatMap(({ stale }) => stale)).size,
    reasonCodes: sortedOnce(flags.filter((flag) => REASONS.has(flag))),
    incompleteReasons: sortedOnce([...parts.flatMap(({ reasons }) => reasons), ...lacking]),
  };
}

function sortedOnce(codes: readonly string[]): readonly string[] {
  return [...new Set(codes)].sort();
}

/** Cash legs of live wallets up to a window's end without a block. */
function unsettledAt({ books }: Basis, days: readonly Day[], end: string): bigint {
  let sum = 0n;
  for (const [account, amount] of books.unsettled) if (!isPaperAccount(account)) sum += amount;
  for (const { day, unsettled } of days) if (day >= end) sum -= unsettled;
  return sum;
}

/** Over events, each once: whoever holds it, its marks are the same. */
function rawSum(events: readonly EventValuation[]): bigint | null {
  const once = new Map(events.map((one) => [one.negRiskMarketId, one.rawSum] as const));
  if (once.size === 0) return null;
  let total = 0n;
  for (const sum of once.values()) {
    if (sum === null) return null;
    total += sum;
  }
  return total;
}
