import { expect, test } from '@jest/globals';
import { type Held, heldCount, heldText, isReleased } from './held.ts';

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

test('a release has come through when each partition has let some of its reports go', () => {
  const of = (fills: number, more: number): Held =>
    held({ fills: fills + more, partitions: new Map([[0, fills], [3, more]]) }); // prettier-ignore
  expect(isReleased(of(5, 4), of(2, 4))).toBe(false);
  expect(isReleased(of(5, 4), of(2, 0))).toBe(true);
});
