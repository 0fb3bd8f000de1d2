import { describe, expect, test } from '@jest/globals';
import { type Certificate, holdsOf, type MonthFacts } from './expiry.ts';

const facts: MonthFacts = {
  ledger: 'pnl_v1.pnl_ledger',
  month: '2026-05-01',
  lines: 3,
  regulatory: 2,
  retainedUntil: '2033-05-08',
  unreviewed: 0,
  undated: 0,
  openLots: 0,
  root: 'ab'.repeat(32),
};
const root = 'ab'.repeat(32);
const { ledger, month, lines } = facts;
const certificate: Certificate = {
  id: 'cert_1',
  signed: true,
  months: [{ ledger, month, lines, root }],
};

function kinds(
  change: Partial<MonthFacts>,
  today = '2033-05-09',
  by: Certificate | null = certificate,
) {
  return holdsOf({ ...facts, ...change }, today, by).map(({ kind }) => kind);
}

describe('a month of a ledger', () => {
  test('is dropped when all of its days are over and its root is certified', () => {
    expect(kinds({})).toEqual([]);
  });

  test('is kept on the last day of keeping, and no longer', () => {
    expect(holdsOf(facts, '2033-05-08', certificate)).toEqual([
      { kind: 'RETAINED', until: '2033-05-08' },
    ]);
    expect(kinds({}, '2033-05-09')).toEqual([]);
  });

  test('of paper alone has no day to wait for, and still needs its certificate', () => {
    const paper = { regulatory: 0, retainedUntil: null };
    expect(kinds(paper, '2026-06-01')).toEqual([]);
    expect(kinds(paper, '2026-06-01', null)).toEqual(['NO_CERTIFICATE']);
  });

  test('is kept while something in it waits for a review, has no day, or is an open lot', () => {
    expect(kinds({ unreviewed: 1 })).toEqual(['UNREVIEWED']);
    expect(kinds({ undated: 2 })).toEqual(['UNDATED']);
    expect(kinds({ openLots: 1 })).toEqual(['OPEN_LOTS']);
    expect(kinds({ openLots: 1, unreviewed: 1 }, '2026-06-01', null)).toEqual([
      'RETAINED',
      'UNREVIEWED',
      'OPEN_LOTS',
      'NO_CERTIFICATE',
    ]);
  });
});

describe('a certificate', () => {
  test.each([
    [
      'of another month',
      { ...certificate, months: [{ ledger, month: '2026-06-01', lines, root }] },
    ],
    ['of another ledger', { ...certificate, months: [{ ledger: 'x', month, lines, root }] }],
    ['of nothing', { ...certificate, months: [] }],
  ])('%s proves nothing', (_, other) => {
    expect(kinds({}, '2033-05-09', other)).toEqual(['NO_CERTIFICATE']);
  });

  test('that nobody has signed proves nothing', () => {
    expect(kinds({}, '2033-05-09', { ...certificate, signed: false })).toEqual([
      'CERTIFICATE_UNSIGNED',
    ]);
  });

  test.each([
    ['another root', { root: 'cd'.repeat(32) }],
    ['a root that nobody has computed', { root: null }],
    ['a line more', { lines: 4 }],
  ])('with %s than the ledger has stops the drop', (_, change) => {
    expect(kinds(change)).toEqual(['CERTIFICATE_DIFFERS']);
  });
});
