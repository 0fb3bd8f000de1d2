/**
 * A fill is taken out of the books by new entries, as if it had never been (rule B18).
 *
 *   REVERSE   what the fill did, negated; its report is corrected by it (correction.ts)
 *   RESTATE   what the fill's absence changes of a later line: a sale that had taken its lot takes
 *             another one, and realises otherwise
 *
 * Both have the time of the line that they change, so every window has what it would have had. The
 * books are folded again from their lines (libs/domain, refold); where that does not give the books
 * as they stand, a part of the history is not kept any more, and nothing is changed.
 */

import { type FillReversed } from '@polytraders/contracts';
import {
  addLot,
  type BookChange,
  bookName,
  type BookPlace,
  isBooking,
  isSamePosition,
  minusEffect,
  refold,
  type Refolded,
  type TokenHistory,
  flatPosition,
  type Lots,
  lotsOf,
  noLots,
  type Position,
  unrealisedAt,
  unrealisedAtPayout,
} from '@polytraders/domain';
import { pusd, shares } from '@polytraders/money';
import { type Lookup, type Put, type Step } from '@polytraders/stream';
import { movedBy } from '../book-fill.ts';
import { checkAccount } from '../desk.ts';
import {
  type Book,
  type Entity,
  type Holding,
  holdingKey,
  newBook,
  parametersKey,
  type Review,
  reviewKey,
  withReason,
} from '../entities.ts';
import { type LedgerEntry } from '../entry.ts';
import { markOversold, withBook } from '../placing.ts';
import { reviewOf } from './audit.ts';
import { familyOf, linesOf, reversalKeys, tokenLinesKey } from './lines.ts';
import { withoutReason } from './release.ts';
import { linesOfReversal } from './reversal-lines.ts';

type PnlStep = Step<Entity, LedgerEntry>;
type Cause = 'FILL_UNKNOWN' | 'HISTORY_NOT_KEPT';

/** Keys of what a reversal is sure to need. */
export function reverseKeys(event: FillReversed, partition: number): readonly string[] {
  const { account, token_id: token, fill_id: fillId } = event;
  return [
    parametersKey(partition),
    holdingKey(account, token),
    reviewKey(account, fillId),
    tokenLinesKey(account, token),
  ];
}

/** Keys that only the lines of the token tell. */
export function reverseKeysThen(
  event: FillReversed,
  state: Lookup<Entity>,
  partition: number,
): readonly string[] {
  return reversalKeys(state, partition, event.account, event.token_id);
}

/** Books the reversal. */
export function reverseFill(
  state: Lookup<Entity>,
  event: FillReversed,
  partition: number,
  offset: number,
): PnlStep {
  const { account, token_id: token, fill_id: fillId } = event;
  checkAccount(account, partition);
  const review = state.get(reviewKey(account, fillId)) as Review | undefined;
  if (review?.stage === 'REVERSED') return refuse('FILL_UNKNOWN');
  const own = linesOf(state, tokenLinesKey(account, token))
    .map(({ entry }) => entry)
    .filter((entry) => entry.fill_id === fillId);
  const first = own.find((entry) => entry.entry_kind === 'FILL');
  if (first === undefined) return refuse('FILL_UNKNOWN');
  const booked = own.find(isBooking) ?? null;
  const histories = familyOf(state, account, token).map((one) => historyOf(state, account, one));
  const refolded = booked === null ? NOTHING_BOOKED : refold(histories, fillId);
  if (booked !== null && !agrees(state, account, histories, refolded))
    return refuse('HISTORY_NOT_KEPT');
  const holdings = rewritten(state, event, refolded, { first, booked }, offset);
  const fill = { first, booked };
  const entries = linesOfReversal(state, { event, partition, fill, refolded, holdings });
  const puts = [...holdings].map(([one, holding]): Put<Entity> => ({
    key: holdingKey(account, one),
    entity: holding,
  }));
  const key = reviewKey(account, fillId);
  const spoken: Put<Entity> = { key, entity: reviewOf('REVERSED', event, offset) };
  return { outcome: 'applied', puts: [...puts, spoken], entries };
}

const NOTHING_BOOKED: Refolded<LedgerEntry> = {
  actual: new Map(),
  without: new Map(),
  changes: [],
};

function historyOf(
  state: Lookup<Entity>,
  account: string,
  token: string,
): TokenHistory<LedgerEntry> {
  const holding = state.get(holdingKey(account, token)) as Holding | undefined;
  const lines = linesOf(state, tokenLinesKey(account, token));
  return { token, lines, settled: holding?.settled ?? null };
}

/** Whether the lines give the books as they stand. */
function agrees(
  state: Lookup<Entity>,
  account: string,
  histories: readonly TokenHistory<LedgerEntry>[],
  { actual }: Refolded<LedgerEntry>,
): boolean {
  const known = new Set<string>();
  for (const { token } of histories) {
    const holding = state.get(holdingKey(account, token)) as Holding | undefined;
    for (const { bot, position } of holding?.books ?? []) {
      const name = bookName({ token, bot });
      known.add(name);
      if (!isSamePosition(position, actual.get(name)?.position ?? flatPosition())) return false;
    }
  }
  return [...actual].every(([name, { position }]) => {
    return known.has(name) || position.direction === 'FLAT';
  });
}

type Fill = { readonly first: LedgerEntry; readonly booked: LedgerEntry | null };

/** The holdings whose books change, as they are afterwards. */
function rewritten(
  state: Lookup<Entity>,
  event: FillReversed,
  refolded: Refolded<LedgerEntry>,
  fill: Fill,
  offset: number,
): ReadonlyMap<string, Holding> {
  const { account, token_id: token, recorded_at: updatedAt } = event;
  const holdings = new Map<string, Holding>();
  const holdingOf = (one: string): Holding | undefined =>
    holdings.get(one) ?? (state.get(holdingKey(account, one)) as Holding | undefined);
  const own = holdingOf(token);
  if (own === undefined) return holdings;
  holdings.set(token, withoutFill(own, fill));
  for (const [name, place] of changedBooks(refolded)) {
    const holding = holdingOf(place.token);
    if (holding === undefined) continue;
    const book = holding.books.find(({ bot }) => bot === place.bot) ?? newBook(place.bot);
    const changes = refolded.changes.filter((change) => bookName(change) === name);
    const next = rebooked(book, holding, refolded, name, changes);
    holdings.set(place.token, withBook(holding, next));
  }
  for (const [one, holding] of holdings) {
    const isShort = holding.oversoldAt === null && holding.shares < 0n;
    const books = holding.books.map((book) => {
      const was = (state.get(holdingKey(account, one)) as Holding | undefined)?.books;
      if (was?.includes(book) === true && !isShort) return book;
      const marked = isShort ? markOversold(book) : book;
      return { ...marked, lastOffset: offset, updatedAt };
    });
    const oversoldAt = isShort ? offset : holding.oversoldAt;
    holdings.set(one, { ...holding, oversoldAt, books });
  }
  return holdings;
}

/**
 * Books with other numbers, or with other lots though all their numbers are the same: a basis of
 * nothing is not one that nobody knows.
 */
function changedBooks({
  actual,
  without,
  changes,
}: Refolded<LedgerEntry>): ReadonlyMap<string, BookPlace> {
  const places = new Map<string, BookPlace>(changes.map((change) => [bookName(change), change]));
  for (const [name, place] of [...actual, ...without]) {
    const was = actual.get(name)?.position ?? flatPosition();
    const is = without.get(name)?.position ?? flatPosition();
    if (was !== is && !isSamePosition(was, is)) places.set(name, place);
  }
  return places;
}

/** The holding of the fill without its shares, and its book without its sums. */
function withoutFill(holding: Holding, { first, booked }: Fill): Holding {
  const moved =
    first.order_side === null
      ? 0n
      : movedBy({
          order_side: first.order_side,
          quantity_shares: first.quantity_shares ?? shares(0n),
        });
  const book = holding.books.find(({ bot }) => bot === first.trading_bot_id);
  const total = shares(holding.shares - moved);
  if (book === undefined) return { ...holding, shares: total };
  if (booked === null) {
    const quarantinedFills = book.quarantinedFills - 1;
    const incomplete = withoutReason(book.incomplete, quarantinedFills);
    const walletShares = shares(book.walletShares - moved);
    return withBook(holding, { ...book, walletShares, quarantinedFills, incomplete }, total);
  }
  const next: Book = {
    ...book,
    volume: pusd(book.volume - (booked.size_pusd ?? 0n)),
    grossFees: pusd(book.grossFees - (booked.gross_fee_pusd ?? 0n)),
    rebates: pusd(book.rebates - (booked.maker_rebate_pusd ?? 0n)),
    netFees: pusd(book.netFees - (booked.net_fee_pusd ?? 0n)),
    fills: book.fills - 1,
  };
  return withBook(holding, next, total);
}

function rebooked(
  book: Book,
  holding: Holding,
  { actual, without }: Refolded<LedgerEntry>,
  name: string,
  changes: readonly BookChange<LedgerEntry>[],
): Book {
  const was = actual.get(name)?.position ?? flatPosition();
  const is = without.get(name)?.position ?? flatPosition();
  const position: Position = {
    direction: is.direction,
    lots: renumbered(is.lots, book.position.lots.nextNo),
    realised: pusd(book.position.realised + is.realised - was.realised),
  };
  const { settled } = holding;
  const moved = changes.reduce((sum, of) => sum + minusEffect(of.after, of.before).quantity, 0n);
  let { incomplete } = book;
  if (position.lots.unknown !== 0n) incomplete = withReason(incomplete, 'GOV_BASIS_UNKNOWN');
  if (changes.some(({ isAside }) => isAside))
    incomplete = withReason(incomplete, 'GOV_MOVEMENT_UNBOOKED');
  return {
    ...book,
    position,
    walletShares: shares(book.walletShares + moved),
    unrealised:
      settled === null
        ? unrealisedAt(position, book.negRiskPrice ?? book.markPrice)
        : unrealisedAtPayout(position, settled.payout),
    incomplete,
  };
}

/** The same lots on pages that are not stored yet: their numbers are never used twice. */
function renumbered(lots: Lots, nextNo: number): Lots {
  return lotsOf(lots).reduce(addLot, noLots(nextNo));
}

function refuse(because: Cause): PnlStep {
  return { outcome: 'quarantined', because, puts: [], entries: [] };
}
