/**
 * `npm run bench`: what the projector reaches, as ratios against baselines taken in the same run
 * and interleaved with it, because machines differ and drift.
 *
 *   (a) consume, decode and COPY one ledger row a fill over two connections; no rules
 *   (b) our projector: fresh rebuild from offset 0, nothing published
 *   (b+) the same, publishing a SettlementReport for each fill in Kafka transactions
 *   (c) the naive way: one message, one transaction
 *   spine: each processor over events of every kind, against a COPY of one bare row an event
 *   live: from the log to the report that a read_committed consumer sees, at a steady rate; of
 *   fills alone, and of a log with marks, negative risk, movements and windows, in turns
 */

import { parseArgs } from 'node:util';
import pg from 'pg';
import { processTerminal } from '@polytraders/cli';
import { generateLogFills } from '@polytraders/testkit/generator';
import { freshDatabase } from '@polytraders/testkit';
import { createTestLog, until, type TestLog } from '../e2e/log.ts';
import { startChild } from './child.ts';
import { measureLive } from './live.ts';
import { measured, type Measured, publishedAll } from './measure.ts';
import { report, type Figures } from './report.ts';
import { measureSpine, noSpine } from './spine.ts';

const terminal = processTerminal();
const options = optionsOrEnd();
const projector = new URL('../../services/pnl-projector/src/main.ts', import.meta.url).pathname;
const month = '2026-05-01';

if (options.help) {
  terminal.out(
    'npm run bench -- [--fills 1000000] [--books 28800] [--rounds 3] [--workers 2] ' +
      '[--live-seconds 30] [--rate 500] [--events 200000] [--json]\n',
  );
} else {
  await main();
}

async function main(): Promise<void> {
  say(
    `Writing ${options.fills.toLocaleString('en')} fills over ` +
      `${options.books.toLocaleString('en')} books to a log of 12 partitions.`,
  );
  const log = await createTestLog('bench', ['pnl-projector']);
  const figures: Figures = {
    options,
    baseline: [],
    rebuild: [],
    publish: [],
    naive: [],
    live: [],
    liveWhole: [],
    spine: noSpine(),
  };
  try {
    await log.append(
      generateLogFills({ seed: 'bench', count: options.fills, books: options.books }),
    );
    for (let round = 1; round <= options.rounds; round += 1) {
      figures.baseline.push(
        tell(`(a) round ${round}`, await measureScript(log, 'baseline.ts', options.fills)),
      );
      figures.rebuild.push(tell(`(b) round ${round}`, await measureProjector(log, false)));
      figures.publish.push(tell(`(b+) round ${round}`, await measureProjector(log, true)));
      figures.naive.push(
        tell(
          `(c) round ${round}`,
          await measureScript(log, 'naive.ts', Math.min(5_000, options.fills)),
        ),
      );
    }
    if (options.liveSeconds > 0) {
      say(
        `Live: ${options.rate} fills a second for ${options.liveSeconds} s after a warm-up, then ` +
          'the same with marks, negative risk, movements and windows among the events.',
      );
      for (let round = 1; round <= options.rounds; round += 1) {
        const fills = await measureLive(options.rate, options.liveSeconds);
        const whole = await measureLive(options.rate, options.liveSeconds, 'everything');
        say(`live round ${round}: p99 ${fills.p99.toFixed(1)} ms, ${whole.p99.toFixed(1)} ms`);
        figures.live.push(fills);
        figures.liveWhole.push(whole);
      }
    }
  } finally {
    await log.close();
  }
  if (options.events > 0) {
    say(`Each processor over ${options.events.toLocaleString('en')} events of every kind.`);
    await measureSpine(options, figures.spine, (name, one) => tell(name, one, 'events'));
  }
  terminal.out(options.json ? `${JSON.stringify(figures)}\n` : report(figures));
}

/** A script of this folder that says READY and DONE. */
async function measureScript(log: TestLog, script: string, fills: number): Promise<Measured> {
  const database = await freshDatabase('bench');
  const child = startChild(new URL(script, import.meta.url).pathname, {
    ...log.env,
    DATABASE_URL: database.url,
    BENCH_FILLS: String(fills),
    BENCH_MONTH: month,
  });
  try {
    const ready = await child.line((event) => event['event'] === 'READY');
    const done = await child.line((event) => event['event'] === 'DONE');
    return measured(fills, Number(ready['at']), Number(done['at']), [child]);
  } finally {
    child.process.kill('SIGKILL');
    await database.drop().catch(() => undefined);
  }
}

/** Our projector, from offset 0 into an empty database. */
async function measureProjector(log: TestLog, publishes: boolean): Promise<Measured> {
  const database = await freshDatabase('bench');
  if (publishes) await emptyOutputs(log);
  const children = Array.from({ length: options.workers }, (_, index) =>
    startChild(projector, {
      ...log.env,
      DATABASE_URL: database.url,
      PUBLISH: publishes ? 'yes' : 'no',
      LOG_LEVEL: 'info',
      WORKER_ID: `bench-${index}`,
      // A group of its own, so that a round does not wait for the members of the one before.
      PROJECTION_VERSION: '1',
    }),
  );
  const client = new pg.Client({ connectionString: database.url });
  try {
    await client.connect();
    const first = await Promise.race(
      children.map((child) => child.line((event) => event['event'] === 'PARTITION_ACQUIRED')),
    );
    const progress = publishes
      ? `SELECT coalesce(sum(count), 0)::bigint AS done FROM stream.outcome`
      : `SELECT coalesce(sum(next_offset), 0)::bigint AS done FROM stream.partition
          WHERE processor = 'pnl-projector'`;
    await until(
      'the whole log is folded',
      async () =>
        Number((await client.query<{ done: string }>(progress)).rows[0]?.done) >= options.fills,
      600_000,
    );
    if (publishes) await publishedAll(children);
    return measured(options.fills, Number(first['time']), Date.now(), children);
  } finally {
    await client.end();
    await Promise.all(children.map((child) => child.stop()));
    await database.drop().catch(() => undefined);
  }
}

/** The settlement and progress topics anew: each round publishes everything. */
async function emptyOutputs(log: TestLog): Promise<void> {
  const names = ['polytraders.reports.settlement', 'polytraders.stream.progress.pnl-projector'];
  await log.deleteTopics(names);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await log.createTopics(names);
}

function tell(name: string, one: Measured, what = 'fills'): Measured {
  say(
    `${name}: ${one.fillsPerSecond.toLocaleString('en')} ${what}/s, ${one.cpuSeconds.toFixed(1)} ` +
      `CPU s, peak ${one.peakMb.toFixed(0)} MB`,
  );
  return one;
}

function say(sentence: string): void {
  terminal.err(`${sentence}\n`);
}

function optionsOrEnd(): BenchOptions {
  try {
    return readOptions(process.argv.slice(2));
  } catch (cause) {
    say(`${(cause as Error).message} See npm run bench -- --help.`);
    process.exit(2);
  }
}

function readOptions(args: readonly string[]): BenchOptions {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      fills: { ...text, default: '1000000' },
      books: { ...text, default: '28800' },
      rounds: { ...text, default: '3' },
      workers: { ...text, default: '2' },
      'live-seconds': { ...text, default: '30' },
      rate: { ...text, default: '500' },
      events: { ...text, default: '200000' },
      json: flag,
      help: flag,
    },
  });
  return {
    fills: whole('fills', values.fills, 1),
    books: whole('books', values.books, 1),
    rounds: whole('rounds', values.rounds, 1),
    workers: whole('workers', values.workers, 1),
    liveSeconds: whole('live-seconds', values['live-seconds'], 0),
    rate: whole('rate', values.rate, 1),
    events: whole('events', values.events, 0),
    json: values.json,
    help: values.help,
  };
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`Expected --${name} as a whole number of ${least} or more; found "${text}".`);
}

export type BenchOptions = {
  readonly fills: number;
  readonly books: number;
  readonly rounds: number;
  readonly workers: number;
  readonly liveSeconds: number;
  readonly rate: number;
  /** Events of the log on which each processor is measured; 0 leaves that out. */
  readonly events: number;
  readonly json: boolean;
  readonly help: boolean;
};
