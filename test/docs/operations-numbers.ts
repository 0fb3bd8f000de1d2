/** Words of ```numbers lines about what people run: health (B21), expiry (B15), queues (B17). */

import { type Certificate, holdsOf, type MonthFacts } from '@polytraders/domain';
import { configFromEnv } from '@polytraders/runtime';
import { createPending } from '../../libs/runtime/src/partition/pending.ts';
import { newSession } from '../../libs/runtime/src/partition/session.ts';
import { createSignal } from '../../libs/runtime/src/partition/signal.ts';
import { watch } from '../../services/pnl-projector/src/watch.ts';

type Words = { readonly pattern: RegExp; readonly answer: (...values: string[]) => string };

const MS_PER_S = 1000;
const START = 1_800_000_000_000;
const MINUTE = 60 * MS_PER_S;

type Values = Readonly<Record<string, number | null>>;

/** Green, or the colour of the worst finding, after these readings by their minute. */
function colorOf(readings: readonly (readonly [atMs: number, values: Values])[]): string {
  const judge = watch.judging();
  const judged = readings.map(([at, values]) =>
    judge({ at: START + at, activityAt: null, values }),
  );
  const colors = judged.at(-1)?.findings.map(({ color }) => color) ?? [];
  return colors.includes('red') ? 'red' : (colors[0] ?? 'green');
}

function afterFill(seconds: string, openOrders: number): string {
  const values = { last_fill_at: START, open_orders: openOrders };
  return colorOf([
    [0, values],
    [Number(seconds) * MS_PER_S, values],
  ]);
}

function afterGrowth(more: string, minutes: string): string {
  const steps = Math.max(1, Number(minutes));
  return colorOf(
    Array.from({ length: steps + 1 }, (_, at) => [
      at * MINUTE,
      { quarantined: Math.floor((Number(more) * at) / steps) },
    ]),
  );
}

const proven = {
  ledger: 'pnl_ledger',
  month: '2026-05-01',
  lines: 1,
  regulatory: 1,
  retainedUntil: null,
  unreviewed: 0,
  undated: 0,
  openLots: 0,
  root: 'root',
};
const month: MonthFacts = proven;
const certificate: Certificate = { id: 'certificate', signed: true, months: [proven] };

function expiry(until: string, today: string, rest: string): string {
  const facts = {
    ...month,
    retainedUntil: until,
    openLots: rest.includes('an open lot') ? 1 : 0,
    unreviewed: rest.includes('a fill to review') ? 1 : 0,
  };
  const holds = holdsOf(facts, today, rest.includes('no certificate') ? null : certificate);
  return holds.map(({ kind }) => kind).join(' ') || 'may be dropped';
}

const needed = {
  KAFKA_BROKERS: '127.0.0.1:9092',
  SCHEMA_REGISTRY_URL: 'http://127.0.0.1:8080',
  DATABASE_URL: 'postgres://polytraders@127.0.0.1/polytraders',
};

/** What becomes of a batch that comes when so many, of a record each, are folded. */
function behind(batches: string, isTaken: boolean, env: Readonly<Record<string, string>>): string {
  const { maxInFlight } = configFromEnv({ ...needed, ...env });
  const limits = { groupRecords: 1, groupWaitMs: 1, maxInFlight, maxPendingRecords: 1_000_000 };
  const bytes = Buffer.alloc(32);
  const start = { epoch: 1, nextOffset: 0, lastOffset: null, lastHash: null, chainHash: bytes };
  const session = newSession<object>({ partition: 0, ...start });
  const pending = createPending<object>(limits, () => session, createSignal());
  const part = pending.partOf(session);
  part.batches = Number(batches);
  part.records = Number(batches);
  pending.recount();
  if (isTaken) pending.take();
  return pending.isFull() ? 'waits' : 'is folded';
}

export const operationsWords: readonly Words[] = [
  {
    pattern: /^next batch behind (\d+) batches(, which Postgres takes)?$/,
    answer: (batches = '', taken = '') => behind(batches, taken !== '', {}),
  },
  {
    pattern: /^next batch behind (\d+) batches, MAX_IN_FLIGHT (\d+)$/,
    answer: (batches = '', most = '') => behind(batches, false, { MAX_IN_FLIGHT: most }),
  },
  {
    pattern: /^health (\d+) s after the last fill, an order open$/,
    answer: (seconds = '') => afterFill(seconds, 1),
  },
  {
    pattern: /^health (\d+) s after the last fill, nothing going on$/,
    answer: (seconds = '') => afterFill(seconds, 0),
  },
  {
    pattern: /^health after (\d+) fills more in quarantine in (\d+) min$/,
    answer: (more = '', minutes = '') => afterGrowth(more, minutes),
  },
  {
    pattern: /^month kept until (\S+), on (\S+)((?:, [a-z ]+)*)$/,
    answer: (until = '', today = '', rest = '') => expiry(until, today, rest),
  },
];
