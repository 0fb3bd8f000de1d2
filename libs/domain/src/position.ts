/**
 * One book: the lots of one account, bot and token, and what a fill does to them (rules B1–B4).
 *
 * A book is signed. One bot may sell what another bought, so its book goes short while the wallet
 * does not. A short book keeps lots too; their basis is the cash that was received.
 *
 *   flat ──open──▶ long or short ──augment / reduce──▶ … ──close──▶ flat
 *                                └──flip──▶ the other side: closes everything, then opens
 *
 * Invariant, to the micro and at all times: Σ realised − costBasis = Σ cash of the fills, where a
 * BUY's cash is −notional, a SELL's +notional, and `costBasis` is negative in a short book.
 * Fees are never in here. Shares whose cost nobody knows (settlement/) break it by what they were
 * sold for, which is realised by nobody and named: Σ realised + Σ unknown − costBasis = Σ cash.
 */

import {
  divideFloor,
  divideHalfEven,
  E18_PER_UNIT,
  invariant,
  MICROS_PER_UNIT,
  type PriceE18,
  pusd,
  type PusdMicros,
  shares,
  type ShareMicros,
} from '@polytraders/money';
import { type OrderSide } from './fill.ts';
import { addLot, type Lots, noLots, type Take, type Taken, takeFifo } from './lots.ts';
import { type TimeMicros } from './retention.ts';

export type Direction = 'FLAT' | 'LONG' | 'SHORT';

export type Position = {
  readonly direction: Direction;
  readonly lots: Lots;
  /** Σ realised since the book began, before fees. */
  readonly realised: PusdMicros;
};

/** What a fill brings to a book. */
export type PositionFill = {
  readonly orderSide: OrderSide;
  readonly quantity: ShareMicros;
  readonly notional: PusdMicros;
  readonly fillId: string;
  readonly offset: number;
  readonly at: TimeMicros;
};

export type Effect = 'open' | 'augment' | 'reduce' | 'close' | 'flip' | 'none';

export type Applied = {
  readonly position: Position;
  readonly effect: Effect;
  /** Realised by this fill, before fees. */
  readonly realised: PusdMicros;
  readonly openedQuantity: ShareMicros;
  readonly openedBasis: PusdMicros;
  readonly closedQuantity: ShareMicros;
  readonly closedBasis: PusdMicros;
  /** The part of the cash that closed shares of unknown basis: neither gain nor cost. */
  readonly unknown: PusdMicros;
  readonly takes: readonly Take[];
};

const nothing = pusd(0n);
const noShares = shares(0n);
const noTakes: readonly Take[] = [];

/** A book before its first fill. */
export function flatPosition(): Position {
  return { direction: 'FLAT', lots: noLots(), realised: nothing };
}

/** Shares held: negative in a short book. */
export function positionShares(position: Position): ShareMicros {
  return position.direction === 'SHORT' ? shares(-position.lots.quantity) : position.lots.quantity;
}

/** Σ basis of the open lots whose basis is known: negative in a short book. */
export function costBasis(position: Position): PusdMicros {
  return position.direction === 'SHORT' ? pusd(-position.lots.basis) : position.lots.basis;
}

/**
 * Applies a fill (B3): against the book it closes the oldest lots first; what it does not need to
 * close opens a lot. 100 @ 0.50 closed at 0.70 realises 20.
 * A fill across zero gives `floor(notional × closed ÷ quantity)` of its cash to the closing part,
 * the rest opens the other side (M2).
 */
export function applyFill(position: Position, fill: PositionFill): Applied {
  invariant(
    fill.quantity >= 0n && fill.notional >= 0n,
    `a fill's amounts are not negative (${fill.fillId}).`,
  );
  const side: Direction = fill.orderSide === 'BUY' ? 'LONG' : 'SHORT';
  if (fill.quantity === 0n) return applyCashOnly(position, fill, side);
  if (position.direction === 'FLAT' || position.direction === side)
    return openMore(position, fill, side);
  const held = position.lots.quantity;
  if (fill.quantity <= held) return closeSome(position, fill, side);
  return flip(position, fill, side);
}

/**
 * Σ basis ÷ Σ quantity, half-even at six decimals, for display only (B2). Null when flat, and while
 * the basis of an open lot is not known.
 */
export function avgCost(position: Position): PusdMicros | null {
  const { quantity, basis, unknown } = position.lots;
  return quantity === 0n || unknown !== 0n
    ? null
    : pusd(divideHalfEven(basis * MICROS_PER_UNIT, quantity));
}

/**
 * `floor(mark × quantity) − Σ basis` (B4). Null without a mark and while a basis is not known,
 * never 0; a flat book has nothing to mark, so its unrealised is 0. 2,000 shares that cost 1,288,
 * marked at 0.66 → +32.
 */
export function unrealisedAt(position: Position, mark: PriceE18 | null): PusdMicros | null {
  if (position.direction === 'FLAT') return nothing;
  if (mark === null || position.lots.unknown !== 0n) return null;
  return pusd(divideFloor(mark * positionShares(position), E18_PER_UNIT) - costBasis(position));
}

function openMore(position: Position, fill: PositionFill, side: Direction): Applied {
  const lots = addLot(position.lots, lotOf(fill, fill.quantity, fill.notional));
  return {
    position: { direction: side, lots, realised: position.realised },
    effect: position.direction === 'FLAT' ? 'open' : 'augment',
    realised: nothing,
    openedQuantity: fill.quantity,
    openedBasis: fill.notional,
    closedQuantity: noShares,
    closedBasis: nothing,
    unknown: nothing,
    takes: noTakes,
  };
}

function closeSome(position: Position, fill: PositionFill, side: Direction): Applied {
  const closed = takeFifo(position.lots, fill.quantity);
  const { remaining, basis, taken } = closed;
  const unknown = unknownPart(fill.notional, closed);
  const realised = realisedOn(side, pusd(fill.notional - unknown), basis);
  const flat = remaining.quantity === 0n;
  return {
    position: {
      direction: flat ? 'FLAT' : position.direction,
      lots: remaining,
      realised: pusd(position.realised + realised),
    },
    effect: flat ? 'close' : 'reduce',
    realised,
    openedQuantity: noShares,
    openedBasis: nothing,
    closedQuantity: fill.quantity,
    closedBasis: basis,
    unknown,
    takes: taken,
  };
}

function flip(position: Position, fill: PositionFill, side: Direction): Applied {
  const closed = takeFifo(position.lots, position.lots.quantity);
  const closingCash = pusd(divideFloor(fill.notional * closed.quantity, fill.quantity));
  const unknown = unknownPart(closingCash, closed);
  const realised = realisedOn(side, pusd(closingCash - unknown), closed.basis);
  const openedQuantity = shares(fill.quantity - closed.quantity);
  const openedBasis = pusd(fill.notional - closingCash);
  return {
    position: {
      direction: side,
      lots: addLot(closed.remaining, lotOf(fill, openedQuantity, openedBasis)),
      realised: pusd(position.realised + realised),
    },
    effect: 'flip',
    realised,
    openedQuantity,
    openedBasis,
    closedQuantity: closed.quantity,
    closedBasis: closed.basis,
    unknown,
    takes: closed.taken,
  };
}

/** A fill without shares (dust on the chain) moves cash only; the cash is realised. */
function applyCashOnly(position: Position, fill: PositionFill, side: Direction): Applied {
  const realised = realisedOn(side, fill.notional, nothing);
  return {
    position: { ...position, realised: pusd(position.realised + realised) },
    effect: 'none',
    realised,
    openedQuantity: noShares,
    openedBasis: nothing,
    closedQuantity: noShares,
    closedBasis: nothing,
    unknown: nothing,
    takes: noTakes,
  };
}

/** `floor(cash × unknown ÷ closed)`: what closes shares of unknown basis; the rest closes lots. */
function unknownPart(cash: PusdMicros, closed: Taken): PusdMicros {
  if (closed.unknown === 0n) return nothing;
  return pusd(divideFloor(cash * closed.unknown, closed.quantity));
}

/** A SELL closes a long: cash minus cost. A BUY closes a short: what was received minus cash. */
function realisedOn(side: Direction, cash: PusdMicros, basis: PusdMicros): PusdMicros {
  return side === 'SHORT' ? pusd(cash - basis) : pusd(basis - cash);
}

function lotOf(
  fill: PositionFill,
  quantity: ShareMicros,
  basis: PusdMicros,
): Parameters<typeof addLot>[1] {
  return { quantity, basis, fillId: fill.fillId, offset: fill.offset, openedAt: fill.at };
}
