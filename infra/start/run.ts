/**
 * What one run of the main job does once the services are there: the generated day or a file goes
 * in, everything is waited for, and the tables and checks say what became of it.
 */

import { type Bus, type Database, runCli, type Terminal } from '@polytraders/cli';
import { type SettlementReport } from '@polytraders/contracts';
import {
  accountsOfDay,
  type Accountant,
  accountantOf,
  eveningOf,
  type Expectation,
  generateDay,
  startOf,
} from '@polytraders/testkit/generator';
import { type Check, checkDay, checkLedger, counts, type Facts, same } from './cross-check.ts';
import { type DayNode } from './day-node.ts';
import {
  arrivedOf,
  booksOf,
  booksUnlikeLines,
  booksUnlikeLots,
  type IngestorFact,
  ingestorOf,
  ledgerOf,
  reportsOf,
} from './facts.ts';
import { checkInventory, checkSettled, movedBy } from './inventory-check.ts';
import { type InventoryFacts, inventoryOf } from './inventory-facts.ts';
import { balanceTable, jobTable, reservationText } from './inventory-table.ts';
import { type StartOptions } from './options.ts';
import { progressOn } from './progress.ts';
import { openBooks, type Scene, settleDay } from './scene.ts';
import {
  leftOf,
  type Standing,
  standingOf,
  waitUntilBooked,
  waitUntilPublished,
} from './settle.ts';
import { DAY_RECORDS, type Sent, sentTogether, streamDay } from './stream-day.ts';
import {
  botTable,
  checkText,
  grouped,
  judgedReports,
  othersText,
  type RunCounts,
  runTable,
  total,
} from './summary.ts';
import { checkChain, checkWindows } from './window-check.ts';
import { windowAt, type WindowFacts, windowsOf } from './window-facts.ts';
import { windowList, windowTables } from './window-table.ts';
import { waitUntilReported } from './window-wait.ts';

/**
 * Market data is a little ahead of trading, as in life: definitions are known at the first fill.
 */
const MARKET_DATA_LEAD_MS = 1_500;

const NEXT = `Where to look next
  npm run polytraders -- positions                     books with shares, cost and PnL
  npm run polytraders -- ledger --limit 20             the last lines of the ledger
  npm run polytraders -- reports --limit 5             what consumers of the topic read
  npm run polytraders -- windows                       reports of days: revisions, wallets, drift
  npm run polytraders -- inventory                     free, reserved, pending, redeemable
  npm run polytraders -- jobs                          what may be merged, converted, redeemed
  npm run polytraders -- quarantine                    what is not in the books, and why
  npm run polytraders -- status                        how far each service is
  docs/architecture.md                                 how it works, and where a new thing goes
`;

export type Job = {
  readonly env: NodeJS.ProcessEnv;
  readonly options: StartOptions;
  readonly terminal: Terminal;
  readonly database: Database;
  readonly bus: Bus;
  /** Aborted when the job ends early: a service has ended by itself, or Ctrl-C was pressed. */
  readonly over: AbortSignal;
};

/** What the ledger held before this run, so that "adds nothing twice" is a number. */
type Before = {
  readonly arrived: number;
  readonly ingestor: IngestorFact;
  readonly lines: number;
  readonly reports: number;
  readonly windows: readonly SettlementReport[];
};

/** What an interrupted run has left is finished first, so that this run's counts are its own. */
async function beforeRun(job: Job, accounts: readonly string[] | null): Promise<Before> {
  const { database, bus, options } = job;
  await follow(job);
  // First of all: what comes between two of these looks is one of others, and never overlooked.
  const arrived = await arrivedOf(database, bus);
  const reports = await reportsOf(bus, accounts);
  return {
    arrived,
    ingestor: await ingestorOf(database, options.input === null),
    lines: (await ledgerOf(database, accounts)).lines,
    reports: reports.fillReports,
    windows: reports.windows,
  };
}

/** Streams the generated day with all that surrounds it, and answers 0 if every check holds. */
export async function runDay(job: Job, node: DayNode): Promise<0 | 1> {
  const { bus, options, terminal, env, database, over } = job;
  const evening = eveningOf(options);
  const accounts = [...accountsOfDay(options), evening.treasury];
  const before = await beforeRun(job, accounts);
  if (before.lines > 0) {
    terminal.err(
      `This day is in the ledger already (${grouped(before.lines)} lines); it is delivered ` +
        'again, and nothing of it may count twice.\n',
    );
  }
  await bus.book.announce(DAY_RECORDS);
  terminal.err(
    `Streaming a trading day of ${grouped(options.fills)} fills, seed ${options.seed}.\n`,
  );
  const accountant = accountantOf();
  const scene: Scene = {
    ...{ env, database, bus, over, accounts, node, accountant },
    evening,
    settled: () => follow(job),
    say: (sentence) => terminal.err(`${sentence}\n`),
  };
  const opened = await openBooks(scene);
  const day = await stream(job, accountant);
  await follow(job);
  const settled = await settleDay(scene);
  const { expected } = settled;
  await reported(job, true);
  const sent = [opened, day, settled.sent].reduce(sentTogether);
  const facts = await settle(job, accounts);
  const windows = await windowsOf(database, facts.reports.windows);
  const ofDay = windowAt(windows.revisions, startOf(options));
  const inventory = await inventoryOf(database, accounts);
  const run = await runCounts(job, before, sent, facts);
  const checks = [
    ...checkLedger(facts),
    ...checkDay(expected, facts, movedBy(settled)),
    ...checkInventory(inventory),
    ...checkSettled(settled, inventory, facts.books),
    ...checkWindows(windows),
    checkChain(settled, ofDay.at(-1)),
    ...(run.others > 0
      ? []
      : [...checkRun(expected, before, run, revisionsAgain(before, ofDay)), checkSent(sent, run)]),
  ];
  return report(job, { ...facts, inventory, windows, ofDay: ofDay.at(-1) }, checks, run);
}

/**
 * What this delivery did by itself: the first one of a day is refused and repeated exactly where
 * the messages are; a further one adds nothing. After half a delivery neither can be said.
 */
function checkRun(
  expected: Expectation,
  before: Before,
  run: RunCounts,
  revisions: number,
): Check[] {
  const { applied, ignored, refused } = judgedReports(run.ingestor);
  if (before.lines === 0) {
    return [
      counts('refused inputs, by reason', expected.refused, refused),
      same('messages that repeat what is known', expected.duplicates, total(ignored)),
    ];
  }
  if (before.lines < expected.fillsConfirmed) return [];
  return [
    same('reports of a further delivery that are applied', 0, applied),
    same('ledger lines that it adds', 0, run.newLines),
    same('reports that it adds', 0, run.newReports),
    same("revisions of the day's report that it adds", 0, revisions),
  ];
}

/** New revisions of the day's report; none where no earlier run got as far as its wallets. */
function revisionsAgain(before: Before, after: readonly SettlementReport[]): number {
  const known = new Set(before.windows.map(({ event_id: id }) => id));
  const last = after.filter(({ event_id: id }) => known.has(id)).at(-1);
  const isDone = (last?.reconciliation_status ?? 'PENDING') !== 'PENDING';
  return isDone ? after.filter(({ event_id: id }) => !known.has(id)).length : 0;
}

/** Nothing is dropped in silence: whatever was sent was applied, known already or refused. */
function checkSent({ executionReports }: Sent, run: RunCounts): Check {
  const { applied, ignored, refused } = judgedReports(run.ingestor);
  const judged = applied + total(ignored) + total(refused);
  return same('execution reports sent, and what became of them', executionReports, judged);
}

/** Imports the file that the options name, and answers 0 if what must hold of any ledger holds. */
export async function runFile(job: Job): Promise<0 | 1> {
  const { env, options, terminal } = job;
  const before = await beforeRun(job, null);
  const { file, args } = options.input ?? { file: '', args: [] };
  const code = await runCli(['import', file, ...args], env, terminal, job.over);
  job.over.throwIfAborted();
  if (code !== 0) throw new Error(`The import of ${file} did not end well; see above.`);
  await follow(job);
  await reported(job, false);
  const facts = await settle(job, null);
  const inventory = await inventoryOf(job.database, null);
  const windows = await windowsOf(job.database, facts.reports.windows);
  const run = await runCounts(job, before, null, facts);
  const checks = [...checkLedger(facts), ...checkInventory(inventory), ...checkWindows(windows)];
  return report(job, { ...facts, inventory, windows, ofDay: undefined }, checks, run);
}

/** Windows that are over get their reports, and, where the day has its chain, its answer. */
async function reported(job: Job, hasChain: boolean): Promise<void> {
  const { database, over, terminal } = job;
  let lack = await waitUntilReported(database, hasChain, over);
  await follow(job);
  // What the chain has answered last is a cut of the books only now, and is folded after that.
  if (lack === null) lack = await waitUntilReported(database, hasChain, over);
  if (lack !== null) terminal.err(`Not waited for any longer: ${lack}.\n`);
}

async function stream(job: Job, accountant: Accountant): Promise<Sent> {
  const { bus, database, options, over } = job;
  const progress = progressOn(process.stderr);
  const startedAt = performance.now();
  const streaming = {
    kafka: bus.kafka,
    book: bus.book,
    topicPrefix: bus.config.topicPrefix,
    over,
    onSent: async (messages: number): Promise<void> => {
      const standing = await standingOf(database, bus);
      over.throwIfAborted();
      const rate = Math.round((messages * 1000) / (performance.now() - startedAt));
      progress.show(`sent ${grouped(messages)} (${grouped(rate)}/s)  ${standingText(standing)}`);
    },
  };
  try {
    return await streamDay(generateDay(options), accountant, streaming, MARKET_DATA_LEAD_MS);
  } finally {
    progress.end();
  }
}

/** Short enough for a terminal of 80 columns beside what was sent. */
function standingText({ unread, untaken, unbooked }: Standing): string {
  return (
    `waiting: ${grouped(unread)} to read, ${grouped(untaken)} to identify, ` +
    `${grouped(unbooked)} to book`
  );
}

/** Shows how things move until nothing is left to do. */
async function follow({ database, bus, over }: Job): Promise<void> {
  const progress = progressOn(process.stderr);
  try {
    const show = (standing: Standing): void => {
      if (leftOf(standing) > 0) progress.show(standingText(standing));
    };
    await waitUntilBooked(database, bus, show, over);
  } finally {
    progress.end();
  }
}

async function settle(job: Job, accounts: readonly string[] | null): Promise<Facts> {
  await follow(job);
  const { database, bus, over } = job;
  const { ledger, reports } = await waitUntilPublished(database, bus, accounts, over);
  return {
    books: await booksOf(database, accounts),
    ledger,
    reports,
    unlikeLines: await booksUnlikeLines(database),
    unlikeLots: await booksUnlikeLots(database),
  };
}

async function runCounts(
  { database, bus, options }: Job,
  before: Before,
  sent: Sent | null,
  facts: Facts,
): Promise<RunCounts> {
  const after = await ingestorOf(database, options.input === null);
  const changed = Object.entries(after.outcomes).map(
    ([what, count]) => [what, count - (before.ingestor.outcomes[what] ?? 0)] as const,
  );
  const arrived = await arrivedOf(database, bus);
  return {
    sent,
    ingestor: {
      outcomes: Object.fromEntries(changed),
      besides: after.besides - before.ingestor.besides,
    },
    newLines: facts.ledger.lines - before.lines,
    newReports: facts.reports.fillReports - before.reports,
    others: sent === null ? 0 : arrived - before.arrived - sent.executionReports,
  };
}

type Found = Facts & {
  readonly inventory: InventoryFacts;
  readonly windows: WindowFacts;
  /** Last revision of the report of the generated day. */
  readonly ofDay: SettlementReport | undefined;
};

function report({ terminal }: Job, facts: Found, checks: readonly Check[], run: RunCounts): 0 | 1 {
  const differing = checks.filter(({ difference }) => difference !== null).length;
  const verdict =
    differing === 0
      ? `All ${checks.length} checks hold.`
      : `${differing} of ${checks.length} checks do not hold.`;
  const { inventory } = facts;
  if (run.others > 0) terminal.err(othersText(run.others));
  terminal.out(
    `\n${runTable(run, facts)}\n${botTable(facts)}\n${windowText(facts)}\n` +
      `${balanceTable(inventory)}\n${jobTable(inventory)}\n${reservationText(inventory)}\n` +
      `Cross-check, computed by another way\n${checkText(checks)}${verdict}\n\n${NEXT}`,
  );
  return differing === 0 ? 0 : 1;
}

/** The report of the day in full; of a file, what there is of each window. */
function windowText({ windows, ofDay }: Found): string {
  const { linesAfter, last } = windows;
  const after =
    linesAfter === 0
      ? ''
      : `${grouped(linesAfter)} lines of closed windows came late; the next cut reports them.\n`;
  return `${ofDay === undefined ? windowList(last) : windowTables(ofDay)}${after}`;
}
