/**
 * What a window's report says, computed from the days, the books and the marks (rules B4, B5, B12,
 * B13, B16). A pure function: at every cut it gives what it would give if the whole log up to that
 * cut were read anew.
 *
 * Unrealised PnL is of the positions at the window's end; in a report by builder a position belongs
 * to the builder codes that brought it in, net, by largest remainder.
 */

import {
  type BookValuation,
  dateOfTime,
  isPaperAccount,
  type UsedMark,
  type Valuation,
} from '@polytraders/domain';
import { allocateLargestRemainder } from '@polytraders/money';
import { type SumLine } from './cut.ts';
import { conditionsByToken, type OpenBook, type Resolved, valuationOf } from './pricing.ts';
import {
  bookKey,
  type BooksState,
  type BookState,
  byText,
  type DayState,
  type MarketsState,
  type WindowState,
} from './state.ts';
import { slicesWith } from './take.ts';

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

export type ContentMark = {
  readonly price: bigint;
  readonly kind: 'MID' | 'LAST' | 'REPORTED' | 'PAYOUT';
  readonly observedAt: number;
  readonly ageMs: number;
};

/** What a window is computed from. */
export type Basis = {
  readonly books: BooksState;
  readonly markets: MarketsState;
  /** All days that have lines from the window's start on. */
  readonly days: ReadonlyMap<string, DayState>;
};

const MICROS_PER_MS = 1000;
const NOTHING: Figures = {
  fills: 0,
  declared: 0,
  volume: 0n,
  realised: 0n,
  unrealised: 0n,
  grossFees: 0n,
  rebates: 0n,
  netFees: 0n,
};

/** The content of a window; `withPaper` is the mixed form (B16). */
export function contentOf(window: WindowState, basis: Basis, withPaper: boolean): Content {
  const isIn = (account: string): boolean => withPaper || !isPaperAccount(account);
  const [first, end] = [dateOfTime(window.start), dateOfTime(window.end)];
  const lines = [...basis.days]
    .filter(([day]) => day >= first && day < end)
    .flatMap(([, { lines: ofDay }]) => ofDay.filter(({ account }) => isIn(account)));
  const books = booksAt(basis, end).filter(({ account }) => isIn(account));
  const conditions = conditionsByToken(basis.markets, [...books, ...lines]);
  const { valuation, resolved } = valuationOf(window, books, basis.markets, conditions);
  const groups = groupsOf(window, lines, books, valuation, conditions);
  const marks = marksOf(window, valuation, resolved);
  const incomplete = incompleteOf(lines, books, end, valuation);
  const neg = valuation.events;
  return {
    groups,
    totals: groups.reduce((sum, [, figures]) => plus(sum, figures), NOTHING),
    received: sumOf(lines, (line) => line.received),
    unsettled: unsettledAt(basis, window),
    quarantined: lines.reduce((sum, line) => sum + line.quarantined, 0),
    negRiskPositions: valuation.books.filter(isNegRisk).length,
    negRiskMarkSum: rawSum(neg.map((one) => [one.negRiskMarketId, one.rawSum] as const)),
    marks,
    staleMarks: valuation.marks.filter(({ stale }) => stale).length,
    reasonCodes: [...new Set([...valuation.flags])].filter((flag) => REASONS.has(flag)).sort(),
    incompleteReasons: incomplete,
  };
}

/** Flags of a valuation that are reasons of the report; the others say what is missing. */
const REASONS: ReadonlySet<string> = new Set([
  'STALE_DATA',
  'PNL_REPORTER_NEGRISK_DETECTED',
  'GOV_NEGRISK_TOKEN_BY_TOKEN',
]);

/** The books at the end of a day: what they are now, less what came from that day on. */
function booksAt({ books, days }: Basis, end: string): readonly OpenBook[] {
  const then = new Map(books.books);
  for (const [day, { lines }] of days) {
    if (day < end) continue;
    for (const line of lines) takeBack(then, line);
  }
  return [...then]
    .sort(([a], [b]) => byText(a, b))
    .map(([, book]) => {
      const held = [...book.slices.values()].reduce((sum, one) => sum + one, 0n);
      return { ...book, held };
    });
}

function takeBack(books: Map<string, BookState>, line: SumLine): void {
  const { account, bot, token, builder } = line;
  if (token === null || (line.shares === 0n && line.basis === 0n)) return;
  const key = bookKey({ account, bot, token });
  const book = books.get(key) ?? {
    account,
    bot,
    token,
    condition: null,
    negRisk: null,
    basis: 0n,
    slices: new Map<string, bigint>(),
    reasons: new Map<string, string>(),
    doubts: [],
  };
  books.set(key, {
    ...book,
    basis: book.basis - line.basis,
    slices: slicesWith(book.slices, builder ?? '', -line.shares),
  });
}

function groupsOf(
  window: WindowState,
  lines: readonly SumLine[],
  books: readonly OpenBook[],
  valuation: Valuation,
  conditions: ReadonlyMap<string, string>,
): Content['groups'] {
  const groups = new Map<string, Figures>();
  const add = (name: string, figures: Figures): void => {
    groups.set(name, plus(groups.get(name) ?? NOTHING, figures));
  };
  const { groupBy } = window.settings;
  const slicesOf = new Map(books.map((book) => [bookKey(book), book.slices]));
  const marketOf = (token: string | null): string =>
    (token === null ? undefined : conditions.get(token)) ?? NO_GROUP;
  for (const line of lines) {
    const { bot, builder, condition, token } = line;
    const market = condition ?? marketOf(token);
    const name = groupBy === 'bot' ? bot : groupBy === 'market' ? market : (builder ?? NO_GROUP);
    const figures = { ...line, unrealised: 0n };
    if (hasFigures(figures)) add(name, figuresOf(line));
  }
  for (const { book, unrealised } of valuation.books) {
    if (groupBy !== 'builder') {
      add(groupBy === 'bot' ? book.bot : marketOf(book.token), { ...NOTHING, unrealised });
      continue;
    }
    const slices = slicesOf.get(bookKey(book)) ?? new Map<string, bigint>();
    for (const [builder, share] of byBuilder(slices, book.shares, unrealised)) {
      add(builder === '' ? NO_GROUP : builder, { ...NOTHING, unrealised: share });
    }
  }
  return [...groups].sort(([a], [b]) => byText(a, b));
}

/** Shares a book's unrealised out to the builder codes that hold it net in its direction. */
function byBuilder(
  slices: ReadonlyMap<string, bigint>,
  held: bigint,
  unrealised: bigint | null,
): readonly (readonly [builder: string, share: bigint | null])[] {
  const sign = held < 0n ? -1n : 1n;
  const along = [...slices].filter(([, quantity]) => quantity * sign > 0n);
  if (unrealised === null) return along.map(([builder]) => [builder, null]);
  const weights = along.map(([, quantity]) => quantity * sign);
  const parts = allocateLargestRemainder(unrealised, weights);
  return along.map(([builder], at) => [builder, parts[at] ?? 0n]);
}

function figuresOf(line: SumLine): Figures {
  const { fills, declared, volume, realised, grossFees, rebates, netFees } = line;
  return { fills, declared, volume, realised, unrealised: 0n, grossFees, rebates, netFees };
}

/** Cash, marks and what was set aside make no group of their own. */
function hasFigures({ fills, volume, realised, grossFees, rebates, netFees }: Figures): boolean {
  const amounts = [volume, realised, grossFees, rebates, netFees];
  return fills !== 0 || amounts.some((amount) => amount !== 0n);
}

function plus(a: Figures, b: Figures): Figures {
  const unrealised =
    a.unrealised === null || b.unrealised === null ? null : a.unrealised + b.unrealised;
  return {
    fills: a.fills + b.fills,
    declared: a.declared + b.declared,
    volume: a.volume + b.volume,
    realised: a.realised + b.realised,
    unrealised,
    grossFees: a.grossFees + b.grossFees,
    rebates: a.rebates + b.rebates,
    netFees: a.netFees + b.netFees,
  };
}

/** The marks that went into a number: those observed, and what resolved tokens pay. */
function marksOf(window: WindowState, valuation: Valuation, resolved: Resolved): Content['marks'] {
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
  return [...marks].sort(([a], [b]) => byText(a, b));
}

/**
 * Why numbers of the window cannot be relied on: the reasons of the books that moved in it or are
 * open at its end, and what a valuation lacks.
 */
function incompleteOf(
  lines: readonly SumLine[],
  books: readonly OpenBook[],
  end: string,
  valuation: Valuation,
): readonly string[] {
  const inWindow = new Set(
    lines.flatMap(({ account, bot, token }) =>
      token === null ? [] : [bookKey({ account, bot, token })],
    ),
  );
  const reasons = books
    .filter((book) => book.held !== 0n || inWindow.has(bookKey(book)))
    .flatMap((book) => [...book.reasons].filter(([, since]) => since < end).map(([code]) => code));
  const lacking = valuation.flags.filter((flag) => !REASONS.has(flag));
  return [...new Set([...reasons, ...lacking])].sort();
}

/** Cash legs of live wallets up to the window's end without a block; paper has no cash. */
function unsettledAt({ books, days }: Basis, { end }: WindowState): bigint {
  const last = dateOfTime(end);
  let sum = 0n;
  for (const [account, amount] of books.unsettled) if (!isPaperAccount(account)) sum += amount;
  for (const [day, { lines }] of days) {
    if (day < last) continue;
    const live = lines.filter(({ account }) => !isPaperAccount(account));
    sum -= sumOf(live, (line) => line.unsettled);
  }
  return sum;
}

function rawSum(sums: readonly (readonly [event: string, sum: bigint | null])[]): bigint | null {
  const once = new Map(sums);
  if (once.size === 0) return null;
  let total = 0n;
  for (const sum of once.values()) {
    if (sum === null) return null;
    total += sum;
  }
  return total;
}

function isNegRisk({ by, flags }: BookValuation): boolean {
  return by !== 'FLAT' && flags.includes('PNL_REPORTER_NEGRISK_DETECTED');
}

function sumOf(lines: readonly SumLine[], of: (line: SumLine) => bigint): bigint {
  return lines.reduce((sum, line) => sum + of(line), 0n);
}
