import { expect, test } from '@jest/globals';
import { markText } from './mark-text.ts';

test.each([
  [{ price: '0.420000', kind: 'MID', ageMs: 2_750, stale: false }, '0.42 MID, 2.750 s'],
  [{ price: '0.42', kind: 'LAST', ageMs: 90_000, stale: true }, '0.42 LAST, 90.000 s, stale'],
  [{ price: '1', kind: 'PAYOUT', ageMs: null, stale: false }, '1 PAYOUT'],
  [{ price: '0.5', kind: 'REPORTED', ageMs: null, stale: true }, '0.5 REPORTED, stale'],
  [{ price: '0.5', kind: 'MID', ageMs: -120_000, stale: true }, '0.5 MID, -120.000 s, stale'],
  [{ price: '1.000', kind: null, ageMs: null, stale: false }, '1'],
  [{ price: null, kind: null, ageMs: null, stale: false }, '–'],
])('%j reads %s', (mark, text) => {
  expect(markText(mark)).toBe(text);
});
