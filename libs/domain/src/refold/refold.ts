/**
 * The books of some tokens of a wallet folded again from their ledger lines, twice at once: as they
 * were booked, and as they would have been without one fill. What the two differ by, line by line,
 * is what a reversal has to book.
 *
 * A line says what its event brought (a fill its side, quantity and notional; a movement what left
 * the wallet in all and for what cash), so the rules of libs/domain can be applied to it anew. What
 * another event than a fill does to one book depends on all books of the token, and a conversion
 * on those of several: so whole wallets of tokens are folded, and tokens that were converted into
 * one another together. Lines of earlier reversals are not folded: a fill that they took back is
 * left out in both.
 */

import { invariant, pusd, shares } from '@polytraders/money';
import { applyFill, flatPosition, type Position } from '../position.ts';
import { bookConversion } from '../settlement/conversion.ts';
import { type Posting, receive } from '../settlement/posting.ts';
import { bookRedemption, type Moved } from '../settlement/redemption.ts';
import { bookResolution, type Payout, payoutValue } from '../settlement/resolution.ts';
import { type BotBook } from '../settlement/sharing.ts';
import { bookMerge } from '../settlement/split-merge.ts';
import { bookOpening, bookTransferIn, bookTransferOut } from '../settlement/transfer.ts';
import {
  ASIDE_WHOLE,
  type BookedLine,
  isBooking,
  openedLots,
  originOf,
  type PlacedLine,
  tokenOf,
} from './booked-line.ts';
import { type BookEffect, isSameEffect, NO_EFFECT, plusEffect } from './effect.ts';

/** The bot of what no book can account for. */
const UNATTRIBUTED = 'unattributed';

/** A book by token and bot. */
export type BookPlace = { readonly token: string; readonly bot: string };

/** What one event did to a book, and what it would have done. */
export type BookChange<Line extends BookedLine = BookedLine> = BookPlace & {
  readonly offset: number;
  /** Of shares or cash that no book could account for. */
  readonly isAside: boolean;
  /** The line that says what it did; null where it did nothing to this book. */
  readonly line: Line | null;
  readonly before: BookEffect;
  readonly after: BookEffect;
};

/** One token of the wallet. */
export type TokenHistory<Line extends BookedLine = BookedLine> = {
  readonly token: string;
  readonly lines: readonly PlacedLine<Line>[];
  /** Its payout, once its condition is resolved, and where on the log. */
  readonly settled: SettledAt | null;
};

export type SettledAt = { readonly payout: Payout; readonly offset: number };

export type Refolded<Line extends BookedLine = BookedLine> = {
  readonly actual: RefoldedBooks;
  readonly without: RefoldedBooks;
  /** Where the two differ, in the log's order; of the fill itself everything that it did. */
  readonly changes: readonly BookChange<Line>[];
};

export type RefoldedBooks = ReadonlyMap<string, BookPlace & { readonly position: Position }>;

type World = Map<string, BookPlace & { readonly position: Position }>;
type Done = BookPlace & { readonly isAside: boolean; readonly effect: BookEffect };
type Group<Line extends BookedLine> = {
  readonly offset: number;
  readonly lines: readonly Line[];
};

const FLAT = flatPosition();

/** Kinds that are not folded: they say what was booked again, or published again. */
const AGAIN: ReadonlySet<string> = new Set(['REVERSE', 'RESTATE', 'REISSUE']);

/** Folds the tokens' histories, with and without the fill. */
export function refold<Line extends BookedLine>(
  histories: readonly TokenHistory<Line>[],
  fillId: string,
): Refolded<Line> {
  const reversed = new Set(
    histories.flatMap(({ lines }) =>
      lines.flatMap(({ entry }) =>
        entry.entry_kind === 'REVERSE' && !entry.quarantined ? [entry.fill_id] : [],
      ),
    ),
  );
  const settledAt = new Map(histories.map(({ token, settled }) => [token, settled]));
  const actual: World = new Map();
  let without = actual;
  const changes: BookChange<Line>[] = [];
  for (const group of groupsOf(histories)) {
    const isIt = group.lines.some((line) => isBooking(line) && line.fill_id === fillId);
    if (isIt && without === actual) without = new Map(actual);
    const isResolvedAt = ({ offset }: Group<Line>, token: string): SettledAt | null => {
      const settled = settledAt.get(token) ?? null;
      return settled?.offset === offset && isSettledHere(group, token, actual) ? settled : null;
    };
    const resolved = [...settledAt.keys()].flatMap((token) => {
      const settled = isResolvedAt(group, token);
      return settled === null ? [] : [{ token, settled }];
    });
    const own = (left: ReadonlySet<string | null>, world: World): readonly Done[] =>
      foldGroup(world, group, left, resolved, settledAt);
    const isTwo = without !== actual;
    const other = isTwo ? own(new Set([...reversed, fillId]), without) : [];
    const did = own(reversed, actual);
    if (isTwo) changes.push(...differences(group, did, other));
  }
  return { actual, without, changes };
}

/** Name of a book. */
export function bookName({ token, bot }: BookPlace): string {
  return `${token}|${bot}`;
}

/** Events in the log's order, resolutions that found no lot to settle among them. */
function groupsOf<Line extends BookedLine>(
  histories: readonly TokenHistory<Line>[],
): readonly Group<Line>[] {
  const byOffset = new Map<number, { readonly line: number; readonly entry: Line }[]>();
  for (const { lines, settled } of histories) {
    if (settled !== null && !byOffset.has(settled.offset)) byOffset.set(settled.offset, []);
    for (const { offset, line, entry } of lines) {
      const list = byOffset.get(offset);
      if (list === undefined) byOffset.set(offset, [{ line, entry }]);
      else list.push({ line, entry });
    }
  }
  return [...byOffset]
    .sort(([a], [b]) => a - b)
    .map(([offset, list]) => ({
      offset,
      lines: list.sort((a, b) => a.line - b.line).map(({ entry }) => entry),
    }));
}

/** A resolution settles what it finds; where it left open lots alone it came by another way. */
function isSettledHere({ lines }: Group<BookedLine>, token: string, actual: World): boolean {
  if (lines.some((line) => line.entry_kind === 'RESOLVE' && line.token_id === token)) return true;
  return booksOf(actual, token).every(({ position }) => position.direction === 'FLAT');
}

function foldGroup(
  world: World,
  group: Group<BookedLine>,
  left: ReadonlySet<string | null>,
  resolved: readonly { readonly token: string; readonly settled: SettledAt }[],
  settledAt: ReadonlyMap<string, SettledAt | null>,
): readonly Done[] {
  const lines = group.lines.filter(
    ({ entry_kind: kind, detail }) =>
      !AGAIN.has(kind) && kind !== 'RESOLVE' && detail !== ASIDE_WHOLE,
  );
  const kind = lines[0]?.entry_kind;
  const done = resolved.flatMap(({ token, settled }) =>
    bookResolution(booksOf(world, token), settled.payout).map((one) => put(world, token, one)),
  );
  if (kind === undefined) return done;
  if (kind === 'FILL' || kind === 'RELEASE')
    return [...done, ...lines.flatMap((line) => foldFill(world, line, group.offset, left))];
  if (kind === 'CONVERT') return [...done, ...foldConversion(world, lines, group.offset)];
  if (kind === 'SPLIT' || kind === 'TRANSFER_IN' || kind === 'OPENING')
    return [...done, ...lines.flatMap((line) => foldInflow(world, line, group.offset))];
  const tokens = new Set(lines.map((line) => tokenOf(line)));
  const outflows = [...tokens].flatMap((token) => {
    const own = lines.filter((line) => line.token_id === token);
    return foldOutflow(world, token, own, group.offset, settledAt.get(token) ?? null);
  });
  return [...done, ...outflows];
}

function foldFill(
  world: World,
  line: BookedLine,
  offset: number,
  left: ReadonlySet<string | null>,
): readonly Done[] {
  if (!isBooking(line) || left.has(line.fill_id) || line.order_side === null) return [];
  const token = tokenOf(line);
  const bot = line.trading_bot_id;
  const quantity = line.quantity_shares ?? shares(0n);
  const notional = line.size_pusd ?? pusd(0n);
  const before = positionOf(world, { token, bot });
  const applied = applyFill(before, {
    orderSide: line.order_side,
    quantity,
    notional,
    fillId: line.fill_id ?? '',
    offset,
    at: line.confirmed_at,
  });
  world.set(bookName({ token, bot }), { token, bot, position: applied.position });
  const isBuy = line.order_side === 'BUY';
  const effect = {
    quantity: isBuy ? quantity : -quantity,
    cash: isBuy ? -notional : notional,
    carried: 0n,
    realised: applied.realised,
    unknown: applied.unknown,
    doubted: doubtedBy(before, applied.position),
    openedShares: applied.openedQuantity,
    openedBasis: applied.openedBasis,
    closedShares: applied.closedQuantity,
    closedBasis: applied.closedBasis,
  };
  return [{ token, bot, isAside: false, effect }];
}

function foldInflow(world: World, line: BookedLine, offset: number): readonly Done[] {
  const token = tokenOf(line);
  const bot = line.trading_bot_id;
  const book = { bot, position: positionOf(world, { token, bot }) };
  const origin = originOf(line, offset);
  const quantity = line.quantity_shares ?? shares(0n);
  if (line.entry_kind === 'OPENING') {
    const opening = bookOpening(book, openedLots(line.detail ?? '', origin));
    return opening === null ? [] : [put(world, token, opening)];
  }
  if (line.entry_kind === 'TRANSFER_IN')
    return [put(world, token, bookTransferIn(book, quantity, line.carried_basis_pusd, origin))];
  const paid = pusd(-(line.cash_pusd ?? 0n));
  return [put(world, token, receive(book, { quantity, basis: paid, paid, origin }))];
}

/** A merge, a redemption or a transfer out of one token: what left it in all, for all its cash. */
function foldOutflow(
  world: World,
  token: string,
  lines: readonly BookedLine[],
  offset: number,
  settled: SettledAt | null,
): readonly Done[] {
  const [first] = lines;
  if (first === undefined) return [];
  const quantity = shares(-sumOf(lines, 'quantity_shares'));
  const cash = pusd(sumOf(lines, 'cash_pusd'));
  const books = booksOf(world, token);
  const kind = lines.find((line) => line.entry_kind !== 'ROUNDING')?.entry_kind;
  if (kind === 'MERGE') return putAll(world, token, bookMerge(books, quantity, cash));
  if (kind === 'TRANSFER_OUT') return putAll(world, token, bookTransferOut(books, quantity));
  invariant(kind === 'REDEEM', `expected a movement out, found ${String(kind)}.`);
  const isSettled = settled !== null && settled.offset < offset;
  const gap = isSettled ? cash - payoutValue(quantity, settled.payout) : 0n;
  const rebasedTo = isSettled && gap >= -1n && gap <= 1n ? settled.offset : null;
  return putAll(world, token, bookRedemption(books, { quantity, cash, rebasedTo }));
}

function foldConversion(
  world: World,
  lines: readonly BookedLine[],
  offset: number,
): readonly Done[] {
  const [first] = lines;
  if (first === undefined) return [];
  const isGiven = (line: BookedLine): boolean => (line.quantity_shares ?? 0n) < 0n;
  const out = [...new Set(lines.filter(isGiven).map(tokenOf))];
  const gains = lines.filter((line) => !isGiven(line));
  const given = out.map((token) => {
    const own = lines.filter((line) => line.token_id === token && isGiven(line));
    return { books: booksOf(world, token), quantity: shares(-sumOf(own, 'quantity_shares')) };
  });
  const gained = gains.map((line) => {
    const place = { token: tokenOf(line), bot: line.trading_bot_id };
    const book = { bot: place.bot, position: positionOf(world, place) };
    return { book, quantity: line.quantity_shares ?? shares(0n) };
  });
  const cash = pusd(sumOf(lines, 'cash_pusd'));
  const converted = bookConversion(given, cash, gained, originOf(first, offset));
  return [
    ...out.flatMap((token, index) => {
      const { quantity: shortfall = shares(0n), cash: shortfallCash = pusd(0n) } =
        converted.shortfalls[index] ?? {};
      const postings = converted.given[index] ?? [];
      return putAll(world, token, { postings, shortfall, shortfallCash });
    }),
    ...gains.flatMap((line, index) => {
      const posting = converted.gained[index];
      return posting === undefined ? [] : [put(world, tokenOf(line), posting)];
    }),
  ];
}

function put(world: World, token: string, posting: Posting): Done {
  const { bot, before, after: position } = posting;
  world.set(bookName({ token, bot }), { token, bot, position });
  const effect = {
    quantity: posting.quantity,
    cash: posting.cash,
    carried: posting.carried,
    realised: posting.realised + posting.rounding,
    unknown: posting.unknown,
    doubted: doubtedBy(before, position),
    openedShares: posting.openedQuantity,
    openedBasis: posting.openedBasis,
    closedShares: posting.closedQuantity,
    closedBasis: posting.closedBasis,
  };
  return { token, bot, isAside: false, effect };
}

function putAll(world: World, token: string, moved: Moved): readonly Done[] {
  const done = moved.postings.map((posting) => put(world, token, posting));
  if (moved.shortfall === 0n && moved.shortfallCash === 0n) return done;
  const effect = {
    ...NO_EFFECT,
    quantity: -moved.shortfall,
    cash: moved.shortfallCash,
    unknown: moved.shortfallCash,
  };
  return [...done, { token, bot: UNATTRIBUTED, isAside: true, effect }];
}

/** A basis of nothing is not one that nobody knows, though both add nothing up. */
function doubtedBy(before: Position, after: Position): bigint {
  return after.lots.unknown - before.lots.unknown;
}

/** What an event did to its books against what it would have done. */
function differences<Line extends BookedLine>(
  { offset, lines }: Group<Line>,
  did: readonly Done[],
  other: readonly Done[],
): readonly BookChange<Line>[] {
  const names = new Map([...did, ...other].map((one) => [doneName(one), one]));
  return [...names].flatMap(([name, { token, bot, isAside }]): readonly BookChange<Line>[] => {
    const before = totalOf(did, name);
    const after = totalOf(other, name);
    if (isSameEffect(before, after)) return [];
    const line =
      lines.find(
        (one) =>
          one.token_id === token && one.trading_bot_id === bot && one.quarantined === isAside,
      ) ??
      lines.find((one) => one.token_id === token) ??
      null;
    return [{ offset, token, bot, isAside, line, before, after }];
  });
}

function doneName(done: Done): string {
  return `${bookName(done)}|${String(done.isAside)}`;
}

function totalOf(list: readonly Done[], name: string): BookEffect {
  return list.reduce(
    (sum, one) => (doneName(one) === name ? plusEffect(sum, one.effect) : sum),
    NO_EFFECT,
  );
}

function booksOf(world: World, token: string): readonly BotBook[] {
  return [...world.values()].filter((one) => one.token === token);
}

function positionOf(world: World, place: BookPlace): Position {
  return world.get(bookName(place))?.position ?? FLAT;
}

function sumOf(lines: readonly BookedLine[], column: 'quantity_shares' | 'cash_pusd'): bigint {
  return lines.reduce((sum, line) => sum + (line[column] ?? 0n), 0n);
}
