/**
 * What a resolution does to the books of one wallet and token (rule B11): each lot is realised
 * against its payout and re-based. Quantity stays, the basis becomes the payout, so that the burn
 * of a later redemption realises nothing more.
 *
 * The wallet is paid `floor(quantity × numerator ÷ Σ numerators)`, once, however its shares lie in
 * books; that sum is shared over books and lots by largest remainder. Numerators are uint256, so
 * everything is integers of any size.
 */

import {
  divideFloor,
  invariant,
  priceOfRational,
  type PriceE18,
  pusd,
  type PusdMicros,
  shares,
  type ShareMicros,
} from '@polytraders/money';
import { lotsOf, rebaseLots } from '../lots.ts';
import { costBasis, type Position } from '../position.ts';
import { type Posting } from './posting.ts';
import { type BotBook, byBot, shareExactParts, sharesOf } from './sharing.ts';

/** What a share pays: `numerator ÷ denominator` pUSD, exact. */
export type Payout = { readonly numerator: bigint; readonly denominator: bigint };

/** The payout of an outcome, or null where the numerators cannot be one: none, or all zero. */
export function payoutOf(numerators: readonly bigint[], outcomeIndex: number): Payout | null {
  const numerator = numerators[outcomeIndex];
  const denominator = numerators.reduce((sum, one) => sum + one, 0n);
  if (numerator === undefined || numerator < 0n || denominator <= 0n) return null;
  return { numerator, denominator };
}

/** `floor(quantity × numerator ÷ Σ numerators)`: 1,000,001 at a half is 500,000. */
export function payoutValue(quantity: ShareMicros, payout: Payout): PusdMicros {
  return pusd(divideFloor(quantity * payout.numerator, payout.denominator));
}

/** Pays a share at 18 decimals, half-even, as reports carry it. */
export function payoutPrice(payout: Payout): PriceE18 {
  return priceOfRational(payout);
}

/** Unrealised at the payout, exactly (B4): a resolved market needs no mark. */
export function unrealisedAtPayout(position: Position, payout: Payout): PusdMicros | null {
  const { direction, lots } = position;
  if (direction === 'FLAT') return pusd(0n);
  if (lots.unknown !== 0n) return null;
  const signed = shares(direction === 'SHORT' ? -lots.quantity : lots.quantity);
  return pusd(payoutValue(signed, payout) - costBasis(position));
}

type SignedLot = {
  readonly book: BotBook;
  readonly signed: bigint;
  readonly basis: PusdMicros | null;
};

/**
 * One posting for each book with open lots, by bot id. 2,000 YES that cost 1,288, resolved [1, 0]:
 * realised 712, basis 2,000. Lots of unknown basis realise nothing; what they pay is known.
 */
export function bookResolution(books: readonly BotBook[], payout: Payout): readonly Posting[] {
  invariant(payout.denominator > 0n, 'a payout has a positive denominator.');
  const open = books.filter(({ position }) => position.direction !== 'FLAT').sort(byBot);
  const lots = open.flatMap((book) => {
    const sign = book.position.direction === 'SHORT' ? -1n : 1n;
    return lotsOf(book.position.lots).map(({ quantity, basis }): SignedLot => ({
      book,
      signed: sign * quantity,
      basis,
    }));
  });
  const values = shareExactParts(
    payoutValue(sharesOf(open), payout),
    lots.map(({ signed }) => signed * payout.numerator),
    payout.denominator,
  );
  return open.map((book) => {
    const own = lots.flatMap((lot, index) =>
      lot.book === book ? [{ ...lot, value: values[index] ?? 0n }] : [],
    );
    return rebase(book, own);
  });
}

function rebase(book: BotBook, lots: readonly (SignedLot & { readonly value: bigint })[]): Posting {
  const before = book.position;
  const isShort = before.direction === 'SHORT';
  const rebased = rebaseLots(
    before.lots,
    lots.map(({ value }) => pusd(isShort ? -value : value)),
  );
  let realised = 0n;
  let unknown = 0n;
  for (const { value, basis } of lots) {
    if (basis === null) unknown += value;
    else realised += isShort ? value + basis : value - basis;
  }
  return {
    bot: book.bot,
    before,
    after: { ...before, lots: rebased, realised: pusd(before.realised + realised) },
    effect: 'rebase',
    quantity: shares(0n),
    cash: pusd(0n),
    carried: pusd(0n),
    realised: pusd(realised),
    rounding: pusd(0n),
    unknown: pusd(unknown),
    openedQuantity: rebased.quantity,
    openedBasis: rebased.basis,
    closedQuantity: before.lots.quantity,
    closedBasis: before.lots.basis,
    takes: [],
  };
}
