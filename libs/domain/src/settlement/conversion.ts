/**
 * What a conversion does to the books of one wallet (rule B11, policy "carry"): m NO slices with
 * basis B leave, cash R comes, and n − m YES come with what is left of the basis.
 *
 *   R ≤ B        realises 0; B − R is spread equally over the YES, the rest to the lowest index
 *   R > B        realises R − B; the YES have basis 0
 *   m = n        no YES come; realises R − B
 *
 * The fee of the event is shares and cash that stay in its vault: it is in no basis. Basis is
 * carried, never invented: where that of a slice is not known, that of the YES is not either.
 * What a conversion moves (R, and how many YES) is neg-risk.ts's.
 *
 * NO of three of five questions bought at 0.75, one of each: B 2.25, R 2, two YES at 0.125.
 */

import { divideFloor, pusd, type PusdMicros, type ShareMicros } from '@polytraders/money';
import { takeFifo } from '../lots.ts';
import { depart, type Departure, type Origin, type Posting, receive } from './posting.ts';
import { type BotBook, type Part, partPositive, shareCash } from './sharing.ts';

/** The NO of one converted question: the wallet's books of it and how many shares are given. */
export type Given = { readonly books: readonly BotBook[]; readonly quantity: ShareMicros };

/** The YES of one other question, in the book that takes them; by question index. */
export type Gained = { readonly book: BotBook; readonly quantity: ShareMicros };

export type Converted = {
  /** By given token. */
  readonly given: readonly (readonly Posting[])[];
  /** Shares of each given token that no book holds, with their part of the cash. */
  readonly shortfalls: readonly {
    readonly quantity: ShareMicros;
    readonly cash: PusdMicros;
  }[];
  /** By gained token. */
  readonly gained: readonly Posting[];
};

type Slice = Part & { readonly basis: PusdMicros; readonly unknown: ShareMicros };

/** Books a conversion that paid `cash`. */
export function bookConversion(
  given: readonly Given[],
  cash: PusdMicros,
  gained: readonly Gained[],
  origin: Origin,
): Converted {
  const parted = given.map(({ books, quantity }) => partPositive(books, quantity));
  const slices = parted.map(({ parts }) => parts.map(sliceOf));
  const all = slices.flat();
  const shortfalls = parted.map(({ shortfall }) => shortfall);
  const isKnown =
    all.every(({ unknown }) => unknown === 0n) && shortfalls.every((missing) => missing === 0n);
  const basis = pusd(all.reduce((sum, slice) => sum + slice.basis, 0n));
  const isCarried = isKnown && gained.length > 0 && cash <= basis;
  const cashes = cashOf(all, shortfalls, cash, isKnown ? basis : null);
  let at = 0;
  return {
    given: slices.map((own) =>
      own.map((slice) => {
        const account = accountOf(slice, cashes[at] ?? pusd(0n), isKnown, isCarried);
        at += 1;
        return depart(slice.book, slice.quantity, () => account);
      }),
    ),
    shortfalls: shortfalls.map((quantity, index) => ({
      quantity,
      cash: cashes[all.length + index] ?? pusd(0n),
    })),
    gained: spread(isCarried ? pusd(basis - cash) : pusd(0n), gained.length).map((part, index) =>
      receiveYes(gained, index, isKnown ? part : null, origin),
    ),
  };
}

function sliceOf(part: Part): Slice {
  const { basis, unknown } = takeFifo(part.book.position.lots, part.quantity);
  return { ...part, basis, unknown };
}

/**
 * The cash of each slice, then of each shortfall. Up to B it goes by basis, so that a slice whose
 * basis is carried realises nothing; what is above B goes by shares. Without a known B: by shares.
 */
function cashOf(
  slices: readonly Slice[],
  shortfalls: readonly ShareMicros[],
  cash: PusdMicros,
  basis: PusdMicros | null,
): readonly PusdMicros[] {
  const byShares = [...slices.map(({ quantity }) => quantity), ...shortfalls];
  if (byShares.length === 0) return [];
  if (basis === null) return shareCash(cash, byShares);
  const byBasis = [...slices.map((slice) => slice.basis), ...shortfalls.map(() => 0n)];
  const returned = cash < basis ? cash : basis;
  const above = shareCash(cash - returned, byShares);
  return shareCash(returned, byBasis).map((part, index) => pusd(part + (above[index] ?? 0n)));
}

function accountOf(
  { basis }: Slice,
  cash: PusdMicros,
  isKnown: boolean,
  isCarried: boolean,
): Departure {
  const none = pusd(0n);
  const gap = pusd(cash - basis);
  if (!isKnown) return { cash, carried: none, realised: none, unknown: gap };
  if (isCarried) return { cash, carried: gap, realised: none, unknown: none };
  return { cash, carried: none, realised: gap, unknown: none };
}

/** Equal parts, what the division leaves to the lowest index: 10 over 3 is 4, 3, 3. */
function spread(basis: PusdMicros, count: number): readonly PusdMicros[] {
  if (count === 0) return [];
  const each = divideFloor(basis, BigInt(count));
  const rest = basis - each * BigInt(count);
  return Array.from({ length: count }, (_, index) => pusd(index === 0 ? each + rest : each));
}

function receiveYes(
  gained: readonly Gained[],
  index: number,
  basis: PusdMicros | null,
  origin: Origin,
): Posting {
  const one = gained[index];
  if (one === undefined) throw new Error('Invariant: each part of the basis has its YES.');
  return receive(one.book, { quantity: one.quantity, basis, paid: pusd(0n), origin });
}
