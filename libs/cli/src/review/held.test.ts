import { expect, test } from '@jest/globals';
import { type Held, heldCount, heldIdentity, heldText, isReleased } from './held.ts';

const held = (said: Partial<Held>): Held => ({
  fills: 0,
  markets: 0,
  corrections: 0,
  windows: [],
  partitions: new Map(),
  ...said,
});
const windows = (...names: readonly string[]): Held['windows'] =>
  names.map((reportId) => ({ reportId, publication: 'HELD' }));

test('where windows alone are held there is something to release, and it is said', () => {
  const one = held({ windows: windows('settlement_pnl_20260509T000000Z') });
  expect(heldCount(one)).toBe(1);
  expect(heldText(one, 70)).toMatch(
    /below offset 70 .*, 1 of windows \(settlement_pnl_20260509T000000Z\)\.\nReleased, each /,
  );
});

test('of many windows the first dozen are named', () => {
  const many = windows(...Array.from({ length: 30 }, (_, at) => `w${at}`));
  expect(heldText(held({ windows: many }), 70)).toMatch(
    / 30 of windows \(w0, .*, w11, 18 more\)\.\n/,
  );
});

test('a release has come through when no window is held under the name that it had', () => {
  const before = held({ windows: windows('w1', 'w2') });
  expect(isReleased(before, before)).toBe(false);
  expect(isReleased(before, held({ windows: windows('w2') }))).toBe(false);
  expect(isReleased(before, held({}))).toBe(true);
  // Late lines came with the release: the next revision is held, as nobody has seen it.
  expect(isReleased(before, held({ windows: windows('w1_r2') }))).toBe(true);
});

const lines = (many: number, first: number, last = first + many - 1) => ({ many, first, last });

test('a release has come through when each partition has let its first held line go', () => {
  const of = (...partitions: readonly (readonly [number, ReturnType<typeof lines>])[]): Held =>
    held({ partitions: new Map(partitions) });
  const before = of([0, lines(5, 10)], [3, lines(4, 20)]);
  expect(isReleased(before, before)).toBe(false);
  expect(isReleased(before, of([3, lines(4, 20)]))).toBe(false);
  expect(isReleased(before, of([0, lines(2, 13)]))).toBe(true);
  // As many have come meanwhile as were let go.
  expect(isReleased(before, of([0, lines(5, 15)], [3, lines(9, 30)]))).toBe(true);
});

test('as many that are held later are another release, the same again is the same', () => {
  const one = held({ partitions: new Map([[7, lines(1, 24)]]), windows: windows('w1_r2') });
  expect(heldIdentity(one)).toEqual(['7: 1 from 24 to 24', 'w1_r2']);
  expect(heldIdentity({ ...one })).toEqual(heldIdentity(one));
  expect(heldIdentity(held({ partitions: new Map([[7, lines(1, 36)]]) }))).not.toEqual(
    heldIdentity(held({ partitions: new Map([[7, lines(1, 24)]]) })),
  );
});
