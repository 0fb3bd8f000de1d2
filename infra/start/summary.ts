/** The end of the job for people: what came in, what became of it, what it is worth, and checks. */

import { type TableColumn, tableText } from '@polytraders/cli';
import { formatFixed } from '@polytraders/money';
import { type Expectation } from '@polytraders/testkit/generator';
import { type Check, type Facts } from './cross-check.ts';

/** Counts of one run: what the services made of it, as differences to before. */
export type RunCounts = {
  /** Messages sent; null where a file was imported, whose rows the import has counted. */
  readonly messages: number | null;
  /** By `outcome/because` of fill-ingestor. */
  readonly ingestor: Readonly<Record<string, number>>;
  /** Ledger lines that this run added. */
  readonly newLines: number;
  readonly newReports: number;
};

type Line = readonly [what: string, count: string];

const LINES: readonly TableColumn<Line>[] = [
  { title: 'what', text: ([what]) => what },
  { title: 'count', text: ([, count]) => count, right: true },
];

/** The table of the run: in, applied, duplicates, quarantined by reason, reports. */
export function runTable(run: RunCounts, facts: Facts): string {
  const { ingestor } = run;
  const sum = (start: string) =>
    Object.entries(ingestor)
      .filter(([key]) => key.startsWith(start))
      .reduce((total, [, count]) => total + count, 0);
  const refused = entriesOf(ingestor, 'quarantined/').map(([reason, count]): Line => [
    `  refused: ${reason}`,
    count,
  ]);
  const setAside = Object.entries(facts.ledger.setAside)
    .sort()
    .map(([reason, count]): Line => [`  set aside: ${reason}`, grouped(count)]);
  const ignored = entriesOf(ingestor, 'ignored/').map(([because, count]): Line => [
    because === 'duplicate' ? 'duplicates' : `told ${because}`,
    count,
  ]);
  const lines: Line[] = [
    ...(run.messages === null ? [] : [['messages in', grouped(run.messages)] as const]),
    ['inputs applied', grouped(sum('applied'))],
    ...ignored,
    ['refused inputs', grouped(sum('quarantined/'))],
    ...refused,
    ['ledger lines, all', grouped(facts.ledger.lines)],
    ['  new in this run', grouped(run.newLines)],
    ['  of them on paper', grouped(facts.ledger.paperLines)],
    ...setAside,
    ['books', grouped(facts.books.length)],
    ['  with an open position', grouped(facts.books.filter((book) => book.shares !== 0n).length)],
    ['reports on the topic', grouped(facts.reports.fillReports)],
    ['  new in this run', grouped(run.newReports)],
  ];
  return tableText(LINES, lines, '');
}

type BotLine = {
  readonly bot: string;
  readonly fills: number;
  readonly books: number;
  readonly costBasis: bigint;
  readonly realised: bigint;
  readonly fees: bigint;
};

/** PnL by bot, as the ledger has it. */
export function botTable(facts: Facts, paperBots: ReadonlySet<string>): string {
  const bots = new Map<string, BotLine>();
  for (const book of facts.books) {
    const before = bots.get(book.bot);
    bots.set(book.bot, {
      bot: book.bot,
      fills: (before?.fills ?? 0) + book.fills,
      books: (before?.books ?? 0) + 1,
      costBasis: (before?.costBasis ?? 0n) + book.costBasis,
      realised: (before?.realised ?? 0n) + book.realised,
      fees: (before?.fees ?? 0n) + book.grossFees,
    });
  }
  const rows = [...bots.values()].sort((a, b) => (a.bot < b.bot ? -1 : 1));
  const amount = (title: string, of: (row: BotLine) => bigint): TableColumn<BotLine> => ({
    title,
    text: (row) => formatFixed(of(row), 6),
    right: true,
  });
  const columns: readonly TableColumn<BotLine>[] = [
    { title: 'bot', text: ({ bot }) => (paperBots.has(bot) ? `${bot} (paper)` : bot) },
    { title: 'fills', text: ({ fills }) => grouped(fills), right: true },
    { title: 'books', text: ({ books }) => grouped(books), right: true },
    amount('open at cost, pUSD', ({ costBasis }) => costBasis),
    amount('realised pUSD', ({ realised }) => realised),
    amount('gross fees pUSD', ({ fees }) => fees),
    amount('realised less fees', ({ realised, fees }) => realised - fees),
  ];
  return tableText(columns, rows, 'No bot has traded.');
}

/** One line a claim. */
export function checkText(checks: readonly Check[]): string {
  return checks
    .map(({ claim, difference }) =>
      difference === null ? `  holds    ${claim}\n` : `  DIFFERS  ${claim}: ${difference}\n`,
    )
    .join('');
}

/** Bots of an expectation that trade on paper. */
export function paperBotsOf(expected: Expectation | null): ReadonlySet<string> {
  return new Set((expected?.bots ?? []).flatMap(({ bot, paper }) => (paper ? [bot] : [])));
}

/** 1234567 → 1,234,567; the same on every machine. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

function entriesOf(counts: Readonly<Record<string, number>>, start: string): Line[] {
  return Object.entries(counts)
    .filter(([key, count]) => key.startsWith(start) && count > 0)
    .sort()
    .map(([key, count]) => [key.slice(start.length), grouped(count)]);
}
