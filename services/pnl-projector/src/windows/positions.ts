/**
 * What the books held at the ends of windows: what they hold now, taken back line by line, the
 * latest end first. One walk back serves all windows of a cut. Live and paper books are apart from
 * here on (B16).
 */

import { isPaperAccount } from '@polytraders/domain';
import { type SumLine } from './cut.ts';
import {
  bookKey,
  type BooksState,
  type BookState,
  byText,
  type DayState,
  type MarketsState,
} from './state.ts';
import { newBook, slicesWith } from './take.ts';

/** A book as it was, and the shares that it held, signed. */
export type Position = { readonly book: BookState; readonly held: bigint };

/** Those of live and of paper wallets, each in no order that means anything. */
export type Positions = { readonly live: readonly Position[]; readonly paper: readonly Position[] };

type From = {
  readonly books: BooksState;
  readonly markets: Pick<MarketsState, 'waiting'>;
  /** All days with lines from the earliest end on. */
  readonly days: ReadonlyMap<string, DayState>;
};

/**
 * Shows `look` the positions at each end, the latest first. It keeps nothing of the lists: the walk
 * goes on in them.
 */
export function atEnds(
  { books: { books }, markets, days }: From,
  ends: ReadonlySet<string>,
  look: (end: string, positions: Positions) => void,
): void {
  const latestFirst = [...ends].sort((a, b) => byText(b, a));
  const earliest = latestFirst.at(-1);
  const since = [...days]
    .filter(([day]) => earliest !== undefined && day >= earliest)
    .map(([day, { lines }]) => ({ day, moves: movesOf(lines.values()) }))
    .sort((a, b) => byText(b.day, a.day));
  const { walk, placeOf } = walkFrom(
    books,
    since.flatMap(({ moves }) => moves),
    markets,
  );
  let at = 0;
  for (const end of latestFirst) {
    for (let next = since[at]; next !== undefined && next.day >= end; next = since[++at]) {
      for (const move of next.moves) takeBack(placeOf, move);
    }
    look(end, walk);
  }
}

/** What a line moved in its book. */
type Move = { readonly key: string; readonly token: string; readonly line: SumLine };

function movesOf(lines: Iterable<SumLine>): readonly Move[] {
  const moves: Move[] = [];
  for (const line of lines) {
    const { account, bot, token, shares, basis } = line;
    if (token === null || (shares === 0n && basis === 0n)) continue;
    moves.push({ key: bookKey({ account, bot, token }), token, line });
  }
  return moves;
}

type Walk = { readonly live: Position[]; readonly paper: Position[] };
type Place = { readonly list: Position[]; readonly at: number };

/** The books of today, and flat ones for what moved since and is forgotten by now. */
function walkFrom(
  books: BooksState['books'],
  moves: readonly Move[],
  markets: From['markets'],
): { readonly walk: Walk; readonly placeOf: ReadonlyMap<string, Place> } {
  const walk: Walk = { live: [], paper: [] };
  const moved = new Set(moves.map(({ key }) => key));
  const placeOf = new Map<string, Place>();
  const add = (key: string, book: BookState): void => {
    const list = isPaperAccount(book.account) ? walk.paper : walk.live;
    if (moved.has(key)) placeOf.set(key, { list, at: list.length });
    list.push({ book, held: heldBy(book) });
  };
  for (const [key, book] of books) add(key, book);
  const forgotten = new Map<string, BookState>();
  for (const { key, token, line } of moves) {
    if (placeOf.has(key)) continue;
    const book = forgotten.get(key) ?? bookForgotten(line, token, markets);
    const known = book.condition ?? '';
    const said = line.condition ?? '';
    forgotten.set(key, said > known ? { ...book, condition: said } : book);
  }
  for (const [key, book] of forgotten) add(key, book);
  return { walk, placeOf };
}

/**
 * A flat book that is not kept any more, as far as it is told by what is: its lines say its market,
 * and a token that its lines said to be of an event is waited for until that event lists it.
 */
function bookForgotten(
  { account, bot }: SumLine,
  token: string,
  { waiting }: From['markets'],
): BookState {
  const isOfEvent = waiting.get(token)?.isOfEvent === true;
  return { ...newBook(account, bot, token), negRisk: isOfEvent ? true : null };
}

function heldBy({ slices }: BookState): bigint {
  let held = 0n;
  for (const quantity of slices.values()) held += quantity;
  return held;
}

function takeBack(placeOf: ReadonlyMap<string, Place>, { key, line }: Move): void {
  const place = placeOf.get(key);
  const position = place?.list[place.at];
  if (place === undefined || position === undefined) return;
  const { book, held } = position;
  const { builder, shares, basis } = line;
  place.list[place.at] = {
    book: {
      ...book,
      basis: book.basis - basis,
      slices: slicesWith(book.slices, builder ?? '', -shares),
    },
    held: held - shares,
  };
}
