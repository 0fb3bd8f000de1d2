/**
 * The main job, start to end: servers, topics, services, the day (or a file), the wait, the tables,
 * the checks. Whatever happens, the services that it started are stopped; the stack stays up.
 */

import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Bus,
  type Database,
  expectImportArguments,
  runCli,
  type Terminal,
  withBus,
  withDatabase,
} from '@polytraders/cli';
import { configFromEnv } from '@polytraders/runtime';
import {
  accountsOfDay,
  type Accountant,
  accountantOf,
  type Expectation,
  generateDay,
} from '@polytraders/testkit/generator';
import { expectSettings, mainStackDir, resolveServers } from '../stack/index.ts';
import { applyTopics } from '../topics/index.ts';
import { type Check, checkDay, checkLedger, counts, type Facts, same } from './cross-check.ts';
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
import { Interrupted, interruption } from './interruption.ts';
import { type OneJob, oneJob } from './one-job.ts';
import { type StartOptions } from './options.ts';
import { progressOn } from './progress.ts';
import { expectLogs, type Service, startService } from './services.ts';
import {
  leftOf,
  type Standing,
  standingOf,
  waitUntilBooked,
  waitUntilPublished,
} from './settle.ts';
import { DAY_RECORDS, type Sent, streamDay } from './stream-day.ts';
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

const SERVICES = ['fill-ingestor', 'pnl-projector'] as const;

/**
 * Market data is a little ahead of trading, as in life: definitions are known at the first fill.
 */
const MARKET_DATA_LEAD_MS = 1_500;

/** What was under way when the job ended early has so long to see it, before its servers close. */
const LEAVE_MS_MAX = 2_000;

const NEXT = `Where to look next
  npm run polytraders -- positions                     books with shares, cost and PnL
  npm run polytraders -- ledger --limit 20             the last lines of the ledger
  npm run polytraders -- reports --limit 5             what consumers of the topic read
  npm run polytraders -- quarantine                    what is not in the books, and why
  npm run polytraders -- status                        how far each service is
  docs/architecture.md                                 how it works, and where a new thing goes
`;

type Job = {
  readonly env: NodeJS.ProcessEnv;
  readonly options: StartOptions;
  readonly terminal: Terminal;
  readonly database: Database;
  readonly bus: Bus;
  /** Aborted when the job ends early: a service has ended by itself, or Ctrl-C was pressed. */
  readonly over: AbortSignal;
};

/** Runs the job and answers its exit code: 0 all checks hold, 1 one does not. */
export async function runJob(options: StartOptions, terminal: Terminal): Promise<0 | 1> {
  const say = (sentence: string) => terminal.err(`${sentence}\n`);
  const { input } = options;
  if (input !== null) expectImportArguments([input.file, ...input.args]);
  expectSettings(process.env);
  expectLogs(SERVICES, options.logs);
  const interrupted = interruption();
  const unlessInterrupted = <T>(work: Promise<T>) => Promise.race([work, interrupted]);
  const servers = await unlessInterrupted(resolveServers(process.env, { dir: mainStackDir, say }));
  const env = { ...process.env, ...servers };
  const config = configFromEnv(env);
  const alone = await unlessInterrupted(oneJob(config.databaseUrl));
  try {
    await unlessInterrupted(
      applyTopics({
        brokers: config.kafka,
        registryUrl: config.registryUrl,
        prefix: config.topicPrefix,
      }),
    );
    return await runAlone(options, terminal, env, alone, interrupted);
  } finally {
    await alone.release();
  }
}

async function runAlone(
  options: StartOptions,
  terminal: Terminal,
  env: NodeJS.ProcessEnv,
  alone: OneJob,
  interrupted: Promise<never>,
): Promise<0 | 1> {
  const say = (sentence: string) => terminal.err(`${sentence}\n`);
  const services = SERVICES.map((name) => startOne(name, env, options.logs));
  try {
    await Promise.race([Promise.all(services.map(({ started }) => started)), interrupted]);
    say(
      `${SERVICES.join(' and ')} run; their logs are in ${relative(process.cwd(), options.logs)}.`,
    );
    const died = Promise.race([...services.map((service) => service.died), interrupted]);
    const early = new AbortController();
    died.catch((error: unknown) => early.abort(error));
    const code = await withDatabase(env, (database) =>
      withBus(env, database, (bus) => {
        const job = { env, options, terminal, database, bus, over: early.signal };
        return unlessOver(options.input === null ? runDay(job) : runFile(job), died);
      }),
    );
    await alone.release();
    if (options.stay) await stayUp(say, died, interrupted);
    return code;
  } finally {
    await Promise.all(services.map((service) => service.stop()));
  }
}

/**
 * The result of the work, or the early end, whichever comes first. Work that is told of its end
 * may still wait for an answer of a server: it is left alone only when that takes too long.
 */
async function unlessOver<T>(work: Promise<T>, died: Promise<never>): Promise<T> {
  try {
    return await Promise.race([work, died]);
  } catch (error) {
    const left = work.then(ignore, ignore);
    await Promise.race([left, sleep(LEAVE_MS_MAX, undefined, { ref: false })]);
    throw error;
  }
}

function ignore(): void {}

/** Until Ctrl-C, which is the good end of a stay, or until a service dies, which is not. */
async function stayUp(
  say: (sentence: string) => void,
  died: Promise<never>,
  interrupted: Promise<never>,
): Promise<void> {
  say('The services go on; Ctrl-C stops them.');
  const stopped = interrupted.catch(() => undefined);
  await Promise.race([stopped, died.catch((error: unknown) => stoppedOr(error))]);
}

/** An interruption ends both promises; anything else is thrown on. */
function stoppedOr(error: unknown): void {
  if (!(error instanceof Interrupted)) throw error;
}

function startOne(name: string, env: NodeJS.ProcessEnv, logs: string): Service {
  // A port of its own choice: two jobs on one machine do not meet.
  return startService(name, { ...env, HTTP_PORT: '0' }, logs);
}

/** What the ledger held before this run, so that "adds nothing twice" is a number. */
type Before = {
  readonly arrived: number;
  readonly ingestor: IngestorFact;
  readonly lines: number;
  readonly reports: number;
};

/** What an interrupted run has left is finished first, so that this run's counts are its own. */
async function beforeRun(job: Job, accounts: readonly string[] | null): Promise<Before> {
  const { database, bus } = job;
  await follow(job);
  return {
    // First of all: what comes between two of these looks is one of others, and never overlooked.
    arrived: await arrivedOf(database, bus),
    ingestor: await ingestorOf(database),
    lines: (await ledgerOf(database, accounts)).lines,
    reports: (await reportsOf(bus, accounts)).fillReports,
  };
}

async function runDay(job: Job): Promise<0 | 1> {
  const { bus, options, terminal } = job;
  const accounts = accountsOfDay(options);
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
  const sent = await stream(job, accountant);
  const expected = accountant.expectation();
  const facts = await settle(job, accounts);
  const run = await runCounts(job, before, sent, facts);
  const checks = [
    ...checkLedger(facts),
    ...checkDay(expected, facts),
    ...(run.others > 0 ? [] : [...checkRun(expected, before, run), checkSent(sent, run)]),
  ];
  return report(job, facts, checks, run);
}

/**
 * What this delivery did by itself: the first one of a day is refused and repeated exactly where
 * the messages are; a further one adds nothing. After half a delivery neither can be said.
 */
function checkRun(expected: Expectation, before: Before, run: RunCounts): Check[] {
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
  ];
}

/** Nothing is dropped in silence: whatever was sent was applied, known already or refused. */
function checkSent({ executionReports }: Sent, run: RunCounts): Check {
  const { applied, ignored, refused } = judgedReports(run.ingestor);
  const judged = applied + total(ignored) + total(refused);
  return same('execution reports sent, and what became of them', executionReports, judged);
}

async function runFile(job: Job): Promise<0 | 1> {
  const { env, options, terminal } = job;
  const before = await beforeRun(job, null);
  const { file, args } = options.input ?? { file: '', args: [] };
  const code = await runCli(['import', file, ...args], env, terminal, job.over);
  job.over.throwIfAborted();
  if (code !== 0) throw new Error(`The import of ${file} did not end well; see above.`);
  const facts = await settle(job, null);
  const run = await runCounts(job, before, null, facts);
  return report(job, facts, checkLedger(facts), run);
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
  { database, bus }: Job,
  before: Before,
  sent: Sent | null,
  facts: Facts,
): Promise<RunCounts> {
  const after = await ingestorOf(database);
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

function report({ terminal }: Job, facts: Facts, checks: readonly Check[], run: RunCounts): 0 | 1 {
  const differing = checks.filter(({ difference }) => difference !== null).length;
  const verdict =
    differing === 0
      ? `All ${checks.length} checks hold.`
      : `${differing} of ${checks.length} checks do not hold.`;
  if (run.others > 0) terminal.err(othersText(run.others));
  terminal.out(
    `\n${runTable(run, facts)}\n${botTable(facts)}\n` +
      `Cross-check, computed by another way\n${checkText(checks)}${verdict}\n\n${NEXT}`,
  );
  return differing === 0 ? 0 : 1;
}
