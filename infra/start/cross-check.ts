/**
 * Does the ledger say what the messages meant? The accountant of the generator read the messages;
 * the facts were read from Postgres and Kafka. Each claim is compared by itself, and a difference
 * is a sentence with both numbers in it.
 */

import { type Expectation, type ExpectedBook } from '@polytraders/testkit/generator';
import { type BookFact, type LedgerFact, type ReportFact } from './facts.ts';

export type Check = {
  readonly claim: string;
  /** Null: it holds. Otherwise what was expected and what was found. */
  readonly difference: string | null;
};

export type Facts = {
  readonly books: readonly BookFact[];
  readonly ledger: LedgerFact;
  readonly reports: ReportFact;
  /** Books of the whole ledger that SQL finds unlike their lines, and unlike their open lots. */
  readonly unlikeLines: readonly string[];
  readonly unlikeLots: readonly string[];
};

const DIFFERENCES_SHOWN = 3;

/** What must hold of any ledger, whatever was streamed into it. */
export function checkLedger({ ledger, reports, unlikeLines, unlikeLots }: Facts): Check[] {
  const missing = [...ledger.payable].filter((fill) => !reports.fills.has(fill));
  const beyond = [...reports.fills].filter((fill) => !ledger.payable.has(fill));
  return [
    claim('each payable ledger line has a report on the topic', missing, 'has none'),
    claim('no fill has two reports', reports.repeated, 'has more than one'),
    claim('no report is without a ledger line', beyond, 'has no payable line'),
    claim('every book is the sum of its ledger lines (SQL)', unlikeLines, 'is not'),
    claim('every book is the sum of its open lots (SQL)', unlikeLots, 'is not'),
  ];
}

/** Tells books that only fills have moved from those that something else has. */
export type IsMoved = (book: Pick<BookFact, 'account' | 'token'>) => boolean;

/**
 * What must hold of the generated day, besides. Books that more than fills have moved (`isMoved`)
 * are checked by their sums (settlement-check.ts).
 */
export function checkDay(
  expected: Expectation,
  { books: all, ledger, reports }: Facts,
  isMoved: IsMoved,
): Check[] {
  const books = all.filter((book) => !isMoved(book));
  const due = expected.books.filter((book) => !isMoved(book));
  return [
    same('confirmed fills in the ledger', expected.fillsConfirmed, ledger.lines),
    same('of these on paper', expected.paperConfirmed, ledger.paperLines),
    counts('fills set aside, by reason', expected.setAside, ledger.setAside),
    same('settlement reports', expected.settlementReports, reports.fillReports),
    ...checkBooks(due, books),
    same('realised PnL of these books', sumOf(due), sumOf(books)),
    same('gross fees of all books', grossFees(expected), feesOf(all)),
  ];
}

/** Compares counts by reason, each reason by itself. */
export function counts(
  title: string,
  expected: Readonly<Record<string, number>>,
  found: Readonly<Record<string, number>>,
): Check {
  const reasons = [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort();
  const off = reasons.filter((reason) => (expected[reason] ?? 0) !== (found[reason] ?? 0));
  const told = off.map(
    (reason) => `${reason}: expected ${expected[reason] ?? 0}, found ${found[reason] ?? 0}`,
  );
  return { claim: title, difference: off.length === 0 ? null : told.join('; ') };
}

/** Compares two numbers. */
export function same<T extends number | bigint>(title: string, expected: T, found: T): Check {
  const difference = expected === found ? null : `expected ${expected}, found ${found}`;
  return { claim: title, difference };
}

function checkBooks(due: readonly ExpectedBook[], books: readonly BookFact[]): Check[] {
  const key = (book: Pick<BookFact, 'account' | 'bot' | 'token'>): string =>
    `${book.account}|${book.bot}|${book.token}`;
  // A book that holds only fills set aside has a row and nothing in it.
  const found = new Map(books.filter((book) => book.fills > 0).map((book) => [key(book), book]));
  const off: string[] = [];
  for (const book of due) {
    const at = found.get(key(book));
    found.delete(key(book));
    const wanted = `${book.shares} / ${book.costBasis} / ${book.realised}`;
    const had = at === undefined ? 'no book' : `${at.shares} / ${at.costBasis} / ${at.realised}`;
    if (wanted !== had) off.push(`${key(book)}: expected ${wanted}, found ${had}`);
  }
  for (const book of found.values()) off.push(`${key(book)}: expected no book, found one`);
  const title = `shares, cost and realised PnL of ${due.length} books, to the micro`;
  return [{ claim: title, difference: off.length === 0 ? null : shorten(off, '; ') }];
}

export function claim(title: string, offenders: readonly string[], what: string): Check {
  if (offenders.length === 0) return { claim: title, difference: null };
  return { claim: title, difference: `${shorten(offenders, ', ')} ${what}` };
}

function shorten(list: readonly string[], between: string): string {
  const shown = list.slice(0, DIFFERENCES_SHOWN).join(between);
  const rest = list.length - DIFFERENCES_SHOWN;
  return rest > 0 ? `${shown}${between}and ${rest} more` : shown;
}

function sumOf(books: readonly { readonly realised: bigint }[]): bigint {
  return books.reduce((sum, { realised }) => sum + realised, 0n);
}

function feesOf(books: readonly BookFact[]): bigint {
  return books.reduce((sum, { grossFees: fees }) => sum + fees, 0n);
}

function grossFees(expected: Expectation): bigint {
  return expected.bots.reduce((sum, { grossFees: fees }) => sum + fees, 0n);
}
