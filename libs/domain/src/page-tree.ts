/**
 * A persistent array of pages by number: setting one copies three small nodes and shares the rest,
 * so that an old value stays what it was and a book with a million open lots costs no more a fill
 * than one with forty. Three levels of 256: page numbers below 16,777,216, which a book that opens
 * a lot a second reaches after seventeen years.
 */

import { invariant } from '@polytraders/money';

type Level0<Page> = readonly (Page | undefined)[];
type Level1<Page> = readonly (Level0<Page> | undefined)[];
export type PageTree<Page> = readonly (Level1<Page> | undefined)[];

export const PAGE_NUMBER_MAX = 0xffffff;

/** The page of this number, if it is there. */
export function getPage<Page>(tree: PageTree<Page>, no: number): Page | undefined {
  return tree[no >>> 16]?.[(no >>> 8) & 0xff]?.[no & 0xff];
}

/** The tree with this page set, or removed where `page` is undefined. */
export function setPage<Page>(
  tree: PageTree<Page>,
  no: number,
  page: Page | undefined,
): PageTree<Page> {
  invariant(
    no >= 0 && no <= PAGE_NUMBER_MAX,
    `a page number fits in 24 bits; found ${String(no)}.`,
  );
  const high = no >>> 16;
  const middle = (no >>> 8) & 0xff;
  const level1 = tree[high];
  const level0 = level1?.[middle];
  return put(tree, high, put(level1 ?? [], middle, put(level0 ?? [], no & 0xff, page)));
}

/** A copy with one slot set. An empty node is dropped, so that consumed pages free their memory. */
function put<Item>(
  items: readonly (Item | undefined)[],
  slot: number,
  item: Item | undefined,
): readonly (Item | undefined)[] {
  const copy = items.slice();
  while (copy.length < slot) copy.push(undefined);
  copy[slot] = Array.isArray(item) && item.every((child) => child === undefined) ? undefined : item;
  return copy;
}
