/** What a cut's lines add to the days, the books, the markets and the legs of wallets. */

import { isPaperAccount } from '@polytraders/domain';
import { type Cut, type LastLine, type Leg, type Opening, type SumLine } from './cut.ts';
import {
  bookKey,
  type BooksState,
  type BookState,
  byText,
  type DayState,
  type DeskState,
  type Doubt,
  type LegsState,
  NO_LEGS,
} from './state.ts';

/** The day with these lines in it: lines of the same book, condition and builder are one. */
export function dayWith(before: DayState | undefined, lines: readonly SumLine[]): DayState {
  const sums = new Map(before?.lines);
  for (const line of lines) {
    const key = lineKey(line);
    const was = sums.get(key);
    sums.set(key, was === undefined ? line : added(was, line));
  }
  return { kind: 'day', lines: sums };
}

/** Tells a line from the others of its day. */
export function lineKey(line: SumLine): string {
  const { account, bot, token, condition, builder } = line;
  return [account, bot, token ?? '', condition ?? '', builder ?? ''].join('|');
}

function added(a: SumLine, b: SumLine): SumLine {
  return {
    ...a,
    fills: a.fills + b.fills,
    declared: a.declared + b.declared,
    quarantined: a.quarantined + b.quarantined,
    volume: a.volume + b.volume,
    realised: a.realised + b.realised,
    grossFees: a.grossFees + b.grossFees,
    rebates: a.rebates + b.rebates,
    received: a.received + b.received,
    netFees: a.netFees + b.netFees,
    unsettled: a.unsettled + b.unsettled,
    shares: a.shares + b.shares,
    basis: a.basis + b.basis,
  };
}

/** The books with the cut's lines in them; one that is flat and without a doubt is forgotten. */
export function booksWith(before: BooksState, cut: Cut): BooksState {
  if (cut.sums.length === 0 && cut.lastLines.length === 0) return before;
  const books = new Map(before.books);
  const unsettled = new Map(before.unsettled);
  for (const line of cut.sums) {
    const { token, account, bot } = line;
    if (line.unsettled !== 0n)
      unsettled.set(account, (unsettled.get(account) ?? 0n) + line.unsettled);
    if (token === null) continue;
    const key = bookKey({ account, bot, token });
    books.set(key, moved(books.get(key) ?? newBook(account, bot, token), line));
  }
  for (const last of cut.lastLines) {
    const key = bookKey(last);
    const book = books.get(key) ?? newBook(last.account, last.bot, last.token);
    const reasons = last.reasons.map(([reason, said]): readonly [string, string] => {
      const known = book.reasons.get(reason) ?? said ?? last.since;
      return [reason, said === null || known < said ? known : said];
    });
    books.set(key, {
      ...book,
      negRisk: last.negRisk ?? book.negRisk,
      reasons: new Map([...reasons].sort(([a], [b]) => byText(a, b))),
      doubts: doubtsWith(book.doubts, last),
    });
  }
  for (const [key, book] of books) {
    if (book.slices.size === 0 && book.basis === 0n && book.reasons.size === 0) books.delete(key);
  }
  return { kind: 'books', books, unsettled };
}

/**
 * Until when a basis was not known, line by line as the log has them, so that it does not matter
 * which lines one cut brings. A line ends only what was open before it on the log; one that comes
 * late closes nothing that was closed before it: a window in which a lot was open without a basis
 * keeps its null.
 */
function doubtsWith(before: readonly Doubt[], last: LastLine): readonly Doubt[] {
  if (before.length === 0 && !last.basisUnknown && last.doubts.length === 0) return before;
  const said = last.doubts.length === 0 ? [[last.since, last.basisUnknown] as const] : last.doubts;
  const closed = before.filter(({ until }) => until !== null);
  let open = before.find(({ until }) => until === null)?.since ?? null;
  for (const [day, isUnknown] of said) {
    if (isUnknown) open = open === null || day < open ? day : open;
    else if (open !== null) {
      if (open < day) closed.push({ since: open, until: day });
      open = null;
    }
  }
  if (open !== null) closed.push({ since: open, until: null });
  return closed.sort((a, b) => byText(a.since, b.since));
}

/** A book that nothing was booked in yet. */
export function newBook(account: string, bot: string, token: string): BookState {
  return {
    account,
    bot,
    token,
    condition: null,
    negRisk: null,
    basis: 0n,
    slices: new Map(),
    reasons: new Map(),
    doubts: [],
  };
}

function moved(book: BookState, line: SumLine): BookState {
  return {
    ...book,
    condition: line.condition ?? book.condition,
    basis: book.basis + line.basis,
    slices: slicesWith(book.slices, line.builder ?? '', line.shares),
  };
}

/** Shares by builder code with more of one, sorted, without zeros. */
export function slicesWith(
  slices: ReadonlyMap<string, bigint>,
  builder: string,
  quantity: bigint,
): ReadonlyMap<string, bigint> {
  if (quantity === 0n) return slices;
  const known = slices.get(builder);
  const held = (known ?? 0n) + quantity;
  const after = new Map(slices);
  if (held === 0n) after.delete(builder);
  else after.set(builder, held);
  if (known !== undefined || after.size < 2) return after;
  return new Map([...after].sort(([a], [b]) => byText(a, b)));
}

/** The wallets with those of the cut, each with the first day on which anything moved. */
export function accountsWith(before: DeskState['accounts'], cut: Cut): DeskState['accounts'] {
  const accounts = new Map(before);
  for (const { account, day } of cut.sums) {
    const known = accounts.get(account);
    if (isPaperAccount(account) || (known !== undefined && known <= day)) continue;
    accounts.set(account, day);
  }
  return new Map([...accounts].sort(([a], [b]) => byText(a, b)));
}

type Moved = Pick<Leg, 'token' | 'amount'>;

/** A wallet's legs with more of them: summed where their block has been passed, else kept. */
export function legsWith(
  before: LegsState | undefined,
  legs: readonly Leg[],
  openings: readonly Opening[],
  passed: number | null,
): LegsState {
  const isPassed = ({ block }: Leg): boolean => passed !== null && block <= passed;
  const known = begunWith(before ?? NO_LEGS, openings);
  const state = summed(known, legs.filter(isPassed));
  const later = legs.filter((leg) => !isPassed(leg));
  if (later.length === 0) return state;
  const pending = [
    ...state.pending,
    ...later.map(({ block, token, amount }) => ({ block, token, amount })),
  ];
  pending.sort((a, b) => a.block - b.block || byText(a.token ?? '', b.token ?? ''));
  return { ...state, pending };
}

function begunWith(state: LegsState, openings: readonly Opening[]): LegsState {
  if (openings.length === 0) return state;
  const own = openings.map(({ at, token, amount }) => ({ at, token, amount }));
  const all = [...state.openings, ...own];
  all.sort((a, b) => a.at - b.at || byText(a.token ?? '', b.token ?? ''));
  return { ...state, openings: all };
}

/** The legs when the last block of a window is known: all up to it are summed. */
export function legsPassing(before: LegsState, block: number): LegsState {
  const state = summed(
    before,
    before.pending.filter((leg) => leg.block <= block),
  );
  return { ...state, pending: before.pending.filter((leg) => leg.block > block) };
}

function summed(state: LegsState, legs: readonly Moved[]): LegsState {
  const cash = legs.reduce((sum, { token, amount }) => (token === null ? sum + amount : sum), 0n);
  return { ...state, cash: state.cash + cash, tokens: tokensWith(state.tokens, legs) };
}

/** Shares by token with those of legs, sorted, without zeros. */
export function tokensWith(
  tokens: ReadonlyMap<string, bigint>,
  legs: readonly Moved[],
): ReadonlyMap<string, bigint> {
  const after = new Map(tokens);
  for (const { token, amount } of legs) {
    if (token !== null) after.set(token, (after.get(token) ?? 0n) + amount);
  }
  return new Map([...after].filter(([, held]) => held !== 0n).sort(([a], [b]) => byText(a, b)));
}
