/**
 * The open lots of one book: a persistent first-in-first-out queue, in pages of at most 32 lots.
 *
 * Why pages: a fill touches the oldest page (takes) or the newest (opens), so writing the change
 * down is writing one or two rows, found by comparing page objects; and no operation costs more
 * than the pages it touches, however many lots are open.
 *
 * Invariants: quantities are positive and bases are not negative, in a long book and in a short
 * one alike (there the basis is the cash received); `quantity` and `basis` are the sums over all
 * lots; a page is never empty; page numbers grow and are never used twice.
 *
 * The basis of shares that came in from elsewhere may be unknown (rule B11). It is null then, never
 * 0; `basis` sums the known ones, and `unknown` says how many shares it says nothing about.
 *
 * Not here: what a shortfall means (rule B1), and which way a book lies (position.ts).
 */

import {
  divideFloor,
  invariant,
  pusd,
  type PusdMicros,
  shares,
  type ShareMicros,
} from '@polytraders/money';
import { getPage, type PageTree, setPage } from './page-tree.ts';
import { type TimeMicros } from './retention.ts';

export const LOTS_PER_PAGE = 32;

export type Lot = {
  readonly quantity: ShareMicros;
  /** Cash paid for the lot (long) or received for it (short), without fees; null: not known. */
  readonly basis: PusdMicros | null;
  /** The fill that opened it, and where and when, so that any number can be explained. */
  readonly fillId: string;
  readonly offset: number;
  readonly openedAt: TimeMicros;
};

export type LotPage = { readonly no: number; readonly lots: readonly Lot[] };

export type Lots = {
  readonly quantity: ShareMicros;
  /** Σ basis of the lots whose basis is known. */
  readonly basis: PusdMicros;
  /** Σ quantity of the lots whose basis is not. */
  readonly unknown: ShareMicros;
  /** Oldest page, null when there are no lots. */
  readonly head: LotPage | null;
  /** Newest page; the same object as `head` while there is only one. */
  readonly tail: LotPage | null;
  /** The pages between the two. */
  readonly between: PageTree<LotPage>;
  /** The number that the next new page will get. */
  readonly nextNo: number;
};

/** A slice taken from one lot. */
export type Take = {
  readonly lot: Lot;
  readonly quantity: ShareMicros;
  /** Null where that of the lot is. */
  readonly basis: PusdMicros | null;
};

export type Taken = {
  readonly taken: readonly Take[];
  /** What was asked for and not there. */
  readonly shortfall: ShareMicros;
  /** Σ over `taken`. */
  readonly quantity: ShareMicros;
  /** Σ over those of `taken` whose basis is known. */
  readonly basis: PusdMicros;
  /** Σ quantity over those whose basis is not. */
  readonly unknown: ShareMicros;
  readonly remaining: Lots;
};

const noPages: PageTree<LotPage> = [];
const noShares = shares(0n);

/** No lots. `nextNo` goes on from where the book's numbering stood. */
export function noLots(nextNo = 0): Lots {
  return {
    quantity: noShares,
    basis: pusd(0n),
    unknown: noShares,
    head: null,
    tail: null,
    between: noPages,
    nextNo,
  };
}

/** The queue with one more lot at its end. */
export function addLot(lots: Lots, lot: Lot): Lots {
  invariant(
    lot.quantity > 0n && (lot.basis === null || lot.basis >= 0n),
    `a lot has shares and no negative basis (${lot.fillId}).`,
  );
  const quantity = shares(lots.quantity + lot.quantity);
  const isKnown = lot.basis !== null;
  const basis = isKnown ? pusd(lots.basis + lot.basis) : lots.basis;
  const unknown = isKnown ? lots.unknown : shares(lots.unknown + lot.quantity);
  const { head, tail, between, nextNo } = lots;
  if (head === null || tail === null) {
    const page = { no: nextNo, lots: [lot] };
    return { quantity, basis, unknown, head: page, tail: page, between, nextNo: nextNo + 1 };
  }
  if (tail.lots.length < LOTS_PER_PAGE) {
    const page = { no: tail.no, lots: [...tail.lots, lot] };
    const first = head === tail ? page : head;
    return { quantity, basis, unknown, head: first, tail: page, between, nextNo };
  }
  const sealed = head === tail ? between : setPage(between, tail.no, tail);
  return {
    quantity,
    basis,
    unknown,
    head,
    tail: { no: nextNo, lots: [lot] },
    between: sealed,
    nextNo: nextNo + 1,
  };
}

/**
 * Takes `quantity` shares from the oldest lots. From each lot `floor(basis × taken ÷ quantity)`,
 * the rest stays on it; the last take of a lot takes what is left (M2).
 * 3 shares for 10 micros: taking 1 takes basis 3 and leaves 7 on 2 shares.
 * Asking for more than is there takes everything and answers the rest as `shortfall`.
 */
export function takeFifo(lots: Lots, quantity: ShareMicros): Taken {
  invariant(quantity >= 0n, 'a quantity to take is not negative.');
  const taken: Take[] = [];
  let wanted: bigint = quantity;
  let basis = 0n;
  let unknown = 0n;
  let queue = lots;
  while (wanted > 0n && queue.head !== null) {
    const page = queue.head;
    let at = 0;
    let rest: Lot | null = null;
    for (const lot of page.lots) {
      if (wanted === 0n) break;
      const take = takeFrom(lot, wanted);
      taken.push(take);
      wanted -= take.quantity;
      if (take.basis === null) unknown += take.quantity;
      else basis += take.basis;
      if (take.quantity < lot.quantity) rest = restOf(lot, take);
      else at += 1;
    }
    const left = page.lots.slice(at);
    if (rest !== null) left[0] = rest;
    queue = replaceHead(queue, page, left);
  }
  const got = shares(quantity - wanted);
  const remaining = {
    ...queue,
    quantity: shares(lots.quantity - got),
    basis: pusd(lots.basis - basis),
    unknown: unknown === 0n ? lots.unknown : shares(lots.unknown - unknown),
  };
  return {
    taken,
    shortfall: shares(wanted),
    quantity: got,
    basis: pusd(basis),
    unknown: shares(unknown),
    remaining,
  };
}

/**
 * The same lots with other bases, given oldest first: on a resolution quantity stays and the basis
 * becomes the payout (B11). The pages are new ones, so that all of them are seen to have changed.
 */
export function rebaseLots(lots: Lots, bases: readonly PusdMicros[]): Lots {
  const open = lotsOf(lots);
  invariant(open.length === bases.length, 'a resolution gives each lot a basis.');
  return open.reduce(
    (queue, lot, index) => addLot(queue, { ...lot, basis: bases[index] ?? null }),
    noLots(lots.nextNo),
  );
}

/** The open pages, oldest first. */
export function pagesOf(lots: Lots): readonly LotPage[] {
  const { head, tail } = lots;
  if (head === null || tail === null) return [];
  if (head === tail) return [head];
  const pages = [head];
  for (let no = head.no + 1; no < tail.no; no += 1) pages.push(pageBetween(lots, no));
  pages.push(tail);
  return pages;
}

/** The open lots, oldest first. */
export function lotsOf(lots: Lots): readonly Lot[] {
  return pagesOf(lots).flatMap((page) => page.lots);
}

/** The open page of this number. */
export function pageOf(lots: Lots, no: number): LotPage | undefined {
  if (lots.head?.no === no) return lots.head;
  if (lots.tail?.no === no) return lots.tail;
  if (lots.head === null || lots.tail === null || no < lots.head.no || no > lots.tail.no)
    return undefined;
  return getPage(lots.between, no);
}

/** Builds the queue from stored pages, ascending by number without a gap. */
export function lotsFromPages(pages: readonly LotPage[], nextNo: number): Lots {
  const head = pages[0];
  const tail = pages[pages.length - 1];
  if (head === undefined || tail === undefined) return noLots(nextNo);
  let between = noPages;
  let quantity = 0n;
  let basis = 0n;
  let unknown = 0n;
  pages.forEach((page, index) => {
    invariant(
      page.no === head.no + index,
      `page ${String(head.no + index)} follows; found ${String(page.no)}.`,
    );
    if (index > 0 && index < pages.length - 1) between = setPage(between, page.no, page);
    for (const lot of page.lots) {
      quantity += lot.quantity;
      if (lot.basis === null) unknown += lot.quantity;
      else basis += lot.basis;
    }
  });
  const sums = { quantity: shares(quantity), basis: pusd(basis), unknown: shares(unknown) };
  return { ...sums, head, tail, between, nextNo };
}

function takeFrom(lot: Lot, wanted: bigint): Take {
  if (wanted >= lot.quantity) return { lot, quantity: lot.quantity, basis: lot.basis };
  if (lot.basis === null) return { lot, quantity: shares(wanted), basis: null };
  const basis = divideFloor(lot.basis * wanted, lot.quantity);
  return { lot, quantity: shares(wanted), basis: pusd(basis) };
}

function restOf(lot: Lot, take: Take): Lot {
  return {
    quantity: shares(lot.quantity - take.quantity),
    basis: lot.basis === null ? null : pusd(lot.basis - (take.basis ?? 0n)),
    fillId: lot.fillId,
    offset: lot.offset,
    openedAt: lot.openedAt,
  };
}

/** Puts what is left of the oldest page in its place, or moves on to the next page. */
function replaceHead(lots: Lots, page: LotPage, left: readonly Lot[]): Lots {
  const only = lots.head === lots.tail;
  if (left.length > 0) {
    const head = { no: page.no, lots: left };
    return { ...lots, head, tail: only ? head : lots.tail };
  }
  if (only || lots.tail === null) return { ...lots, head: null, tail: null, between: noPages };
  const no = page.no + 1;
  if (no === lots.tail.no) return { ...lots, head: lots.tail, between: noPages };
  return { ...lots, head: pageBetween(lots, no), between: setPage(lots.between, no, undefined) };
}

function pageBetween(lots: Lots, no: number): LotPage {
  const page = getPage(lots.between, no);
  invariant(page !== undefined, `page ${String(no)} lies between the oldest and the newest.`);
  return page;
}
