/** The end of the job for people: what came in, what became of it, what it is worth, and checks. */

import { type TableColumn, tableText } from '@polytraders/cli';
import { formatFixed } from '@polytraders/money';
import { type Check, type Facts } from './cross-check.ts';
import { type IngestorFact } from './facts.ts';
import { type Sent } from './stream-day.ts';

/** Counts of one run: what the services made of it, as differences to before. */
export type RunCounts = {
  /** What was sent; null where a file was imported, whose rows the import has counted. */
  readonly sent: Sent | null;
  readonly ingestor: IngestorFact;
  /** Ledger lines that this run added. */
  readonly newLines: number;
  readonly newReports: number;
  /**
   * Execution reports of others that came while a day was sent: they are in the ingestor's counts,
   * too. Zero for a file, whose rows nothing tells from those of another import.
   */
  readonly others: number;
};

/** Why the table counts more than was sent, and some checks are left out. */
export function othersText(others: number): string {
  return (
    `${grouped(others)} execution reports of others came meanwhile. They are among what was ` +
    "applied, known already and refused, so what became of this run's own is not checked apart.\n"
  );
}

type Line = readonly [what: string, count: string];

const LINES: readonly TableColumn<Line>[] = [
  { title: 'what', text: ([what]) => what },
  { title: 'count', text: ([, count]) => count, right: true },
];

/** Inputs that report an execution, by what became of them; these are all of them. */
export type JudgedReports = {
  readonly applied: number;
  /** Known already: by cause. */
  readonly ignored: Readonly<Record<string, number>>;
  /** By reason. */
  readonly refused: Readonly<Record<string, number>>;
};

/** The reports alone: the inputs besides them are taken out of those that were applied. */
export function judgedReports({ outcomes, besides }: IngestorFact): JudgedReports {
  return {
    applied: (outcomes['applied/'] ?? 0) - besides,
    ignored: startingWith(outcomes, 'ignored/'),
    refused: startingWith(outcomes, 'quarantined/'),
  };
}

/** Σ of a table of counts. */
export function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** The table of the run: what came in, what became of it, lines, books, reports. */
export function runTable(run: RunCounts, facts: Facts): string {
  const { sent } = run;
  const judged = judgedReports(run.ingestor);
  const reports = judged.applied + total(judged.ignored) + total(judged.refused);
  const setAside = linesOf(facts.ledger.setAside, (reason) => `  set aside: ${reason}`);
  const messages: Line[] =
    sent === null
      ? [['rows of the file in', grouped(reports)]]
      : [
          ['messages in', grouped(sent.messages)],
          ['  market data', grouped(sent.messages - sent.executionReports - sent.commands)],
          ['  commands', grouped(sent.commands)],
          ['  execution reports', grouped(sent.executionReports)],
        ];
  const lines: Line[] = [
    ...messages,
    ['    applied', grouped(judged.applied)],
    ...linesOf(judged.ignored, (because) =>
      because === 'duplicate' ? '    duplicates' : `    told ${because}`,
    ),
    ['    refused', grouped(total(judged.refused))],
    ...linesOf(judged.refused, (reason) => `      ${reason}`),
    ['commands, the chain, the clock, parameters', grouped(run.ingestor.besides)],
    ['ledger lines, all', grouped(facts.ledger.lines)],
    ['  new in this run', grouped(run.newLines)],
    ['  of them on paper', grouped(facts.ledger.paperLines)],
    ...setAside,
    ['books', grouped(facts.books.length)],
    ['  with an open position', grouped(facts.books.filter((book) => book.shares !== 0n).length)],
    ['reports on fills on the topic', grouped(facts.reports.fillReports)],
    ['  new in this run', grouped(run.newReports)],
    ['reports on books of resolved markets', grouped(facts.reports.marketReports)],
    ['reports of windows, with revisions', grouped(facts.reports.windows.length)],
  ];
  return tableText(LINES, lines, '');
}

type BotLine = {
  readonly bot: string;
  readonly fills: number;
  readonly costBasis: bigint;
  readonly realised: bigint;
  readonly fees: bigint;
};

/** PnL by bot in pUSD, cut to cents; what a bot does on paper stands on a line of its own. */
export function botTable(facts: Pick<Facts, 'books'>): string {
  const bots = new Map<string, BotLine>();
  for (const book of facts.books) {
    const bot = book.account.startsWith('paper:') ? `${book.bot} (paper)` : book.bot;
    const before = bots.get(bot);
    bots.set(bot, {
      bot,
      fills: (before?.fills ?? 0) + book.fills,
      costBasis: (before?.costBasis ?? 0n) + book.costBasis,
      realised: (before?.realised ?? 0n) + book.realised,
      fees: (before?.fees ?? 0n) + book.grossFees,
    });
  }
  const rows = [...bots.values()].sort((a, b) => (a.bot < b.bot ? -1 : 1));
  const amount = (title: string, of: (row: BotLine) => bigint): TableColumn<BotLine> => ({
    title,
    text: (row) => cents(of(row)),
    right: true,
  });
  const columns: readonly TableColumn<BotLine>[] = [
    { title: 'bot', text: ({ bot }) => bot },
    { title: 'fills', text: ({ fills }) => grouped(fills), right: true },
    amount('open at cost', ({ costBasis }) => costBasis),
    amount('realised', ({ realised }) => realised),
    amount('gross fees', ({ fees }) => fees),
    amount('less fees', ({ realised, fees }) => realised - fees),
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

const CENT = 10_000n;

/** Micros as whole cents, cut downward: 1234567890n is 1,234.56. `polytraders` has every micro. */
export function cents(amount: bigint): string {
  const down = amount < 0n && amount % CENT !== 0n ? amount / CENT - 1n : amount / CENT;
  return formatFixed(down, 2).replace(/\B(?=(\d{3})+\.)/g, ',');
}

/** 1234567 → 1,234,567; the same on every machine. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

function linesOf(
  counts: Readonly<Record<string, number>>,
  title: (what: string) => string,
): Line[] {
  return Object.entries(counts)
    .sort()
    .map(([what, count]) => [title(what), grouped(count)]);
}

/** The counts of one outcome by its cause, without those that are zero. */
function startingWith(
  counts: Readonly<Record<string, number>>,
  start: string,
): Record<string, number> {
  const own = Object.entries(counts).filter(([key, count]) => key.startsWith(start) && count !== 0);
  return Object.fromEntries(own.map(([key, count]) => [key.slice(start.length), count]));
}
