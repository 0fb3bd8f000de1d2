import { describe, expect, test } from '@jest/globals';
import { getPage, PAGE_NUMBER_MAX, type PageTree, setPage } from './page-tree.ts';

const empty: PageTree<string> = [];

/** Numbers that differ in one bit of one level, at both ends of each. */
const numbers = [
  0x000000, 0x000001, 0x000080, 0x0000ff, 0x000100, 0x008000, 0x00ff00, 0x010000, 0x800000,
  0xff0000, 0xffffff,
];

function treeOf(pages: readonly number[]): PageTree<string> {
  return pages.reduce((tree, no) => setPage(tree, no, `page ${String(no)}`), empty);
}

describe('pages by number', () => {
  test('each number has a place of its own, also beyond 32,768 pages', () => {
    const tree = treeOf(numbers);
    expect(numbers.map((no) => getPage(tree, no))).toEqual(
      numbers.map((no) => `page ${String(no)}`),
    );
    for (const no of numbers)
      expect(getPage(treeOf(numbers.filter((other) => other !== no)), no)).toBeUndefined();
  });

  test('an old tree stays what it was', () => {
    const before = treeOf([7]);
    const after = setPage(setPage(before, 7, 'other'), 8, 'more');
    expect([getPage(before, 7), getPage(before, 8)]).toEqual(['page 7', undefined]);
    expect([getPage(after, 7), getPage(after, 8)]).toEqual(['other', 'more']);
  });

  test('the last page gone frees its nodes', () => {
    const tree = setPage(treeOf([0x8001]), 0x8001, undefined);
    expect(tree.every((node) => node === undefined)).toBe(true);
  });

  test('numbers end at 16,777,215, and below 0 there are none', () => {
    expect(PAGE_NUMBER_MAX).toBe(16_777_215);
    expect(getPage(setPage(empty, 16_777_215, 'last'), 16_777_215)).toBe('last');
    expect(() => setPage(empty, 16_777_216, 'x')).toThrow('fits in 24 bits; found 16777216');
    expect(() => setPage(empty, -1, 'x')).toThrow('fits in 24 bits; found -1');
  });
});
