/** What a list of contracts has more, or less, than the one by which blocks were read. */

import { expect, test } from '@jest/globals';
import { bookOfText, bookToReread, changesOf, shownSpan, textOfBook } from './book-changes.ts';
import { type ContractEntry, POLYGON } from './contracts.ts';

const [READ_FROM, READ_TO] = [100, 200];

function adapter(fromBlock: number, untilBlock: number | null): ContractEntry {
  return { role: 'collateral_adapter', address: `0x${'a'.repeat(40)}`, fromBlock, untilBlock };
}

function changes(before: readonly ContractEntry[], now: readonly ContractEntry[]) {
  const { added, removed } = changesOf(before, now, READ_FROM, READ_TO);
  const blocks = (spans: typeof added) => spans.map(({ from, until }) => [from, until]);
  return { added: blocks(added), removed: blocks(removed) };
}

test('what is new counts from its first block, or from the first that was read', () => {
  expect(changes([], [adapter(150, null)])).toEqual({ added: [[150, 200]], removed: [] });
  expect(changes([], [adapter(0, 120)])).toEqual({ added: [[100, 120]], removed: [] });
});

test('what lies ahead, or before all that was read, changes nothing', () => {
  const none = { added: [], removed: [] };
  expect(changes([], [adapter(200, null)])).toEqual(none);
  expect(changes([], [adapter(0, 100)])).toEqual(none);
  expect(changes([adapter(0, null)], [adapter(0, 500)])).toEqual(none);
});

test('an end that is set in what was read takes away; one that is moved up adds', () => {
  expect(changes([adapter(0, null)], [adapter(0, 150)])).toEqual({
    added: [],
    removed: [[100, 200]],
  });
  expect(changes([adapter(0, 150)], [adapter(0, null)])).toEqual({
    added: [[100, 200]],
    removed: [],
  });
});

test('another role of an address is both', () => {
  const payer: ContractEntry = { ...adapter(0, null), role: 'payer_yield' };
  expect(changes([adapter(0, null)], [payer])).toEqual({
    added: [[100, 200]],
    removed: [[100, 200]],
  });
  expect(bookToReread([adapter(0, null)], [payer])).toEqual([payer]);
});

test('the list is kept as the file has it, and is read again with what was removed since', () => {
  expect(bookOfText(textOfBook(POLYGON))).toEqual(POLYGON);
  expect(bookToReread([adapter(0, null)], POLYGON)).toEqual([...POLYGON, adapter(0, null)]);
  const [span] = changesOf([], [adapter(150, null)], READ_FROM, READ_TO).added;
  if (span === undefined) throw new Error('Expected a span.');
  expect(shownSpan(span)).toBe(`collateral_adapter 0x${'a'.repeat(40)} in blocks 150 to 199`);
});
