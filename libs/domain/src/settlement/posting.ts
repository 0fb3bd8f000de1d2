/**
 * What a movement does to one book. Every posting keeps one equation, to the micro, which is how
 * any history can be audited row by row:
 *
 *   Δ cost basis = carried + realised + rounding + unknown − cash
 *
 * `cash` is signed into the wallet, `carried` is basis that came from (or went to) another book or
 * the outside without cash, `unknown` is what closed shares whose cost nobody knows, and `rounding`
 * is the named posting of the dust that a redemption in parts leaves.
 */

import { pusd, type PusdMicros, shares, type ShareMicros } from '@polytraders/money';
import { addLot, type Take, type Taken, takeFifo } from '../lots.ts';
import {
  type Applied,
  applyFill,
  costBasis,
  type Effect,
  type Position,
  positionShares,
} from '../position.ts';
import { type TimeMicros } from '../retention.ts';
import { type BotBook } from './sharing.ts';

/** Where a lot comes from: the event that opened it, as a fill has its fill id. */
export type Origin = {
  readonly id: string;
  readonly offset: number;
  readonly at: TimeMicros;
};

export type Posting = {
  readonly bot: string;
  readonly before: Position;
  readonly after: Position;
  readonly effect: Effect | 'rebase';
  /** Signed into the book. */
  readonly quantity: ShareMicros;
  /** Signed into the wallet. */
  readonly cash: PusdMicros;
  readonly carried: PusdMicros;
  readonly realised: PusdMicros;
  readonly rounding: PusdMicros;
  readonly unknown: PusdMicros;
  readonly openedQuantity: ShareMicros;
  readonly openedBasis: PusdMicros;
  readonly closedQuantity: ShareMicros;
  readonly closedBasis: PusdMicros;
  readonly takes: readonly Take[];
};

const nothing = pusd(0n);
const noShares = shares(0n);

/** What came in: shares, what they cost if that is known, and the part of it that was paid now. */
export type Inflow = {
  readonly quantity: ShareMicros;
  readonly basis: PusdMicros | null;
  readonly paid: PusdMicros;
  readonly origin: Origin;
};

/**
 * Shares come into a book. What was not paid now is carried: a conversion gives 100 YES a basis of
 * 20 that 100 NO had. A short book is bought back first, as by a fill of that cost.
 */
export function receive(book: BotBook, inflow: Inflow): Posting {
  const { quantity, basis, paid } = inflow;
  if (basis === null) return receiveUnknown(book, inflow);
  const applied = applyFill(book.position, fillOf('BUY', quantity, basis, inflow.origin));
  return { ...posted(book, applied), cash: pusd(-paid), carried: pusd(basis - paid), quantity };
}

/** A book gives shares for cash: a merge, or a redemption. */
export function giveForCash(book: BotBook, quantity: ShareMicros, cash: PusdMicros): Posting {
  const applied = applyFill(book.position, fillOf('SELL', quantity, cash, NO_ORIGIN));
  return { ...posted(book, applied), cash, quantity: shares(-quantity) };
}

/** A short book is bought back for cash: its part of a redemption, where others hold the shares. */
export function buyBack(book: BotBook, quantity: ShareMicros, cash: PusdMicros): Posting {
  const applied = applyFill(book.position, fillOf('BUY', quantity, cash, NO_ORIGIN));
  return { ...posted(book, applied), cash: pusd(-cash), quantity };
}

/** How the basis of what leaves is accounted for; Δ basis is −(that of the lots taken). */
export type Departure = {
  readonly cash: PusdMicros;
  readonly carried: PusdMicros;
  readonly realised: PusdMicros;
  readonly unknown: PusdMicros;
};

/**
 * Shares leave a long book, oldest first, with an account of their basis by the movement's rule.
 */
export function depart(
  book: BotBook,
  quantity: ShareMicros,
  accountFor: (taken: Taken) => Departure,
): Posting {
  const before = book.position;
  const taken = takeFifo(before.lots, quantity);
  const said = accountFor(taken);
  const isFlat = taken.remaining.quantity === 0n;
  return {
    bot: book.bot,
    before,
    after: {
      direction: isFlat ? 'FLAT' : before.direction,
      lots: taken.remaining,
      realised: pusd(before.realised + said.realised),
    },
    effect: isFlat ? 'close' : 'reduce',
    quantity: shares(-taken.quantity),
    ...said,
    rounding: nothing,
    openedQuantity: noShares,
    openedBasis: nothing,
    closedQuantity: taken.quantity,
    closedBasis: taken.basis,
    takes: taken.taken,
  };
}

/** Postings of one book after one another as one: an opening balance has several lots. */
export function combine(first: Posting, next: Posting): Posting {
  const sum = (name: 'cash' | 'carried' | 'realised' | 'rounding' | 'unknown'): PusdMicros =>
    pusd(first[name] + next[name]);
  return {
    bot: first.bot,
    before: first.before,
    after: next.after,
    effect: first.effect,
    quantity: shares(first.quantity + next.quantity),
    cash: sum('cash'),
    carried: sum('carried'),
    realised: sum('realised'),
    rounding: sum('rounding'),
    unknown: sum('unknown'),
    openedQuantity: shares(first.openedQuantity + next.openedQuantity),
    openedBasis: pusd(first.openedBasis + next.openedBasis),
    closedQuantity: shares(first.closedQuantity + next.closedQuantity),
    closedBasis: pusd(first.closedBasis + next.closedBasis),
    takes: [...first.takes, ...next.takes],
  };
}

/** What the equation above leaves over: 0 of every posting. */
export function imbalanceOf(of: Posting): bigint {
  const change = costBasis(of.after) - costBasis(of.before);
  return change - (of.carried + of.realised + of.rounding + of.unknown - of.cash);
}

/**
 * Shares of unknown cost open a lot without a basis. Those that buy a short book back end it at a
 * cost nobody knows: what the short had received is unknown then, not gained.
 */
function receiveUnknown(book: BotBook, { quantity, paid, origin }: Inflow): Posting {
  const before = book.position;
  const held = before.direction === 'SHORT' ? before.lots.quantity : noShares;
  const closed = takeFifo(before.lots, held < quantity ? held : quantity);
  const opened = shares(quantity - closed.quantity);
  const kept = before.direction === 'SHORT' ? closed.remaining : before.lots;
  const { id, offset, at } = origin;
  const lot = { quantity: opened, basis: null, fillId: id, offset, openedAt: at };
  const lots = opened === 0n ? kept : addLot(kept, lot);
  const direction = opened > 0n ? 'LONG' : lots.quantity === 0n ? 'FLAT' : 'SHORT';
  return {
    bot: book.bot,
    before,
    after: { direction, lots, realised: before.realised },
    effect: effectOf(before, closed.quantity, opened, direction === 'FLAT'),
    quantity,
    cash: pusd(-paid),
    carried: pusd(-paid),
    realised: nothing,
    rounding: nothing,
    unknown: closed.basis,
    openedQuantity: opened,
    openedBasis: nothing,
    closedQuantity: closed.quantity,
    closedBasis: closed.basis,
    takes: closed.taken,
  };
}

function effectOf(before: Position, closed: bigint, opened: bigint, isFlat: boolean): Effect {
  if (closed > 0n) return opened > 0n ? 'flip' : isFlat ? 'close' : 'reduce';
  return before.direction === 'FLAT' ? 'open' : 'augment';
}

/** A closing posting opens nothing, so its origin is never seen. */
const NO_ORIGIN: Origin = { id: '', offset: 0, at: 0 };

function fillOf(
  orderSide: 'BUY' | 'SELL',
  quantity: ShareMicros,
  notional: PusdMicros,
  origin: Origin,
): Parameters<typeof applyFill>[1] {
  const { id: fillId, offset, at } = origin;
  return { orderSide, quantity, notional, fillId, offset, at };
}

function posted(book: BotBook, applied: Applied): Posting {
  return {
    bot: book.bot,
    before: book.position,
    after: applied.position,
    effect: applied.effect,
    quantity: shares(positionShares(applied.position) - positionShares(book.position)),
    cash: nothing,
    carried: nothing,
    realised: applied.realised,
    rounding: nothing,
    unknown: applied.unknown,
    openedQuantity: applied.openedQuantity,
    openedBasis: applied.openedBasis,
    closedQuantity: applied.closedQuantity,
    closedBasis: applied.closedBasis,
    takes: applied.takes,
  };
}
