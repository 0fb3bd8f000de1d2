import { describe, expect, test } from '@jest/globals';
import { expectationOf, generateDay } from '@polytraders/testkit/generator';
import { checkDay, checkLedger, counts, type Facts } from './cross-check.ts';

const expected = expectationOf(generateDay({ seed: 'check', fills: 300 }));

/** Facts as a ledger would hold them that understood every message. */
function faithful(): Facts {
  const payable = new Set(
    Array.from({ length: expected.settlementReports }, (_, at) => `fill_${at}`),
  );
  const fees = expected.bots.reduce((sum, bot) => sum + bot.grossFees, 0n);
  return {
    books: expected.books.map((book, at) => ({ ...book, grossFees: at === 0 ? fees : 0n })),
    ledger: {
      lines: expected.fillsConfirmed,
      paperLines: expected.paperConfirmed,
      setAside: expected.setAside,
      payable,
    },
    reports: {
      fillReports: expected.settlementReports,
      fills: payable,
      marketReports: 0,
      windows: [],
      repeated: [],
      records: expected.settlementReports,
    },
    unlikeLines: [],
    unlikeLots: [],
  };
}

const differences = (facts: Facts) =>
  [...checkLedger(facts), ...checkDay(expected, facts, () => false)].flatMap((check) =>
    check.difference === null ? [] : [`${check.claim}: ${check.difference}`],
  );

describe('the cross-check of the main job', () => {
  test('holds for a ledger that understood every message', () => {
    expect(differences(faithful())).toEqual([]);
  });

  test('sees a single micro in a single book', () => {
    const facts = faithful();
    const books = facts.books.map((book, at) =>
      at === 5 ? { ...book, realised: book.realised + 1n } : book,
    );
    const found = differences({ ...facts, books });
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(/to the micro: 0x.*expected .* found/);
  });

  test('leaves books that more than fills have moved to the checks of their sums', () => {
    const facts = faithful();
    const moved = facts.books[5];
    const books = facts.books.map((book) =>
      book === moved ? { ...book, realised: book.realised + 1n } : book,
    );
    const checks = checkDay(
      expected,
      { ...facts, books },
      ({ account, token }) => account === moved?.account && token === moved.token,
    );
    expect(checks.filter(({ difference }) => difference !== null)).toEqual([]);
  });

  test('sees a book that is missing and one that should not be', () => {
    const facts = faithful();
    const [first, ...rest] = facts.books;
    const stray = first === undefined ? [] : [{ ...first, bot: 'nobody' }];
    const [difference] = differences({ ...facts, books: [...rest, ...stray] });
    expect(difference).toMatch(/found no book.*expected no book, found one/);
  });

  test('sees a lost report, a second one, one without a line, and what SQL finds', () => {
    const { reports, ...rest } = faithful();
    const fills = new Set([...reports.fills].filter((fill) => fill !== 'fill_7').concat('fill_x'));
    const facts = { ...rest, reports: { ...reports, fills, repeated: ['fill_9'] } };
    const checks = checkLedger({ ...facts, unlikeLines: ['a|b|1'], unlikeLots: ['a|b|2'] });
    expect(checks.map((check) => check.difference)).toEqual([
      'fill_7 has none',
      'fill_9 has more than one',
      'fill_x has no payable line',
      'a|b|1 is not',
      'a|b|2 is not',
    ]);
  });

  test('compares counts reason by reason, also reasons that only one side has', () => {
    expect(counts('refused', { a: 1, b: 2 }, { b: 3, c: 1 }).difference).toBe(
      'a: expected 1, found 0; b: expected 2, found 3; c: expected 0, found 1',
    );
  });
});
