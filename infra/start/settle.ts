/**
 * Waits until everything that was sent is on the log, in the books and on the topic of reports. How
 * far things are is read from the outside: from Postgres and Kafka, as any monitor would.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { ask, type Bus, type Database } from '@polytraders/cli';
import { physicalTopic, progressTopic, TOPICS } from '@polytraders/contracts';
import { endOf, type LedgerFact, ledgerOf, type ReportFact, reportsOf } from './facts.ts';
import { storedReports } from './window-facts.ts';

export type Standing = {
  /** Execution reports that are on the bus and in the inbox. */
  readonly read: number;
  /** Execution reports and commands that are on the bus and not in the inbox yet. */
  readonly unread: number;
  /** Inputs of any source in the inbox that the writers have not taken yet. */
  readonly untaken: number;
  /** Taken, and on their way to the log; null while something before it is left to do. */
  readonly unsent: number | null;
  /** Offsets on the log that some projector has not folded yet: the one that is behind most. */
  readonly unbooked: number;
  /** Offsets of the log that the projectors have folded, each counted by each. */
  readonly booked: number;
};

/** All that fold the log: the job waits for each of them. */
export const PROJECTORS = ['pnl-projector', 'inventory-reserver', 'settlement-planner'] as const;

/** Nothing may stand still for longer than this before the job gives up and says so. */
const STANDSTILL_MS_MAX = 60_000;
const POLL_MS = 250;
/** Reports follow the books within a group commit or two. */
const REPORT_MS_MAX = 30_000;

/**
 * Where everything stands now. Looked at in the order in which things move, so that a zero means
 * what it says: what was on its way when it was looked for is seen further on.
 */
export async function standingOf(database: Database, bus: Bus): Promise<Standing> {
  const read = await readOf(database, TOPICS.executionReports.name);
  const unread =
    Math.max(0, (await sentOn(bus, TOPICS.executionReports.name)) - read) +
    Math.max(
      0,
      (await sentOn(bus, TOPICS.commands.name)) - (await readOf(database, TOPICS.commands.name)),
    );
  const inbox = await numberOf(database, INBOX_END, []);
  const untaken = inbox - sumOf((await nextOffsets(database, 'fill-ingestor')).values());
  // Asked of Kafka itself, which takes a moment: only when nothing before it is left.
  const unsent = unread + untaken === 0 ? await unsentOf(database, bus) : null;
  const ends = await endOf(bus, TOPICS.ledgerEvents.name);
  let booked = 0;
  let unbooked = 0;
  for (const projector of PROJECTORS) {
    const next = await nextOffsets(database, projector);
    // The last offset of a partition is the mark of a transaction's end, which holds no record.
    const left = ends.map((end, partition) => Math.max(0, end - 1 - (next.get(partition) ?? 0)));
    booked += sumOf(next.values());
    unbooked = Math.max(unbooked, sumOf(left));
  }
  return { read, unread, untaken, unsent, unbooked, booked };
}

async function sentOn(bus: Bus, topic: string): Promise<number> {
  return sumOf(await endOf(bus, topic));
}

function readOf(database: Database, topic: string): Promise<number> {
  return numberOf(database, READ, [topic]);
}

/** Of the active version: one that is built beside it is at another place, and nobody waits. */
async function nextOffsets(database: Database, service: string): Promise<Map<number, number>> {
  const rows = await ask(database, NEXT_OFFSETS, [service], service);
  return new Map(rows.map((row) => [Number(row['partition']), Number(row['next_offset'])]));
}

/** Inputs whose records the writers have committed and not yet put on the log. */
async function unsentOf(database: Database, { kafka, config }: Bus): Promise<number> {
  const rows = await ask(database, OUTBOX_ENDS, [], 'fill-ingestor');
  const topic = physicalTopic(config.topicPrefix, progressTopic('fill-ingestor').name);
  const left = await Promise.all(
    rows.map(async (row) => {
      const record = await kafka.lastRecord({ topic, partition: Number(row['partition']) });
      const progress = JSON.parse(record?.value?.toString('utf8') ?? '{"next":0}') as {
        readonly next: number;
      };
      return Math.max(0, Number(row['after']) - progress.next);
    }),
  );
  return sumOf(left);
}

const NEXT_OFFSETS = `SELECT partition, next_offset
  FROM stream.partition JOIN stream.active_version USING (processor, version) WHERE processor = $1`;
const HALTED = `SELECT processor AS service, partition, halted
  FROM stream.partition JOIN stream.active_version USING (processor, version)
 WHERE halted IS NOT NULL ORDER BY processor, partition`;
const OUTBOX_ENDS = `SELECT partition, max("offset") + 1 AS after FROM ingest.outbox
  GROUP BY partition`;
const INBOX_END = 'SELECT coalesce(sum(next_seq), 0) AS number FROM ingest.inbox_end';
const READ =
  'SELECT coalesce(sum(next_offset), 0) AS number FROM ingest.source_position WHERE source = $1';

async function numberOf(
  database: Database,
  sql: string,
  values: readonly unknown[],
): Promise<number> {
  const [row] = await ask(database, sql, values, 'fill-ingestor');
  return Number(row?.['number'] ?? 0);
}

function sumOf(values: Iterable<number>): number {
  return [...values].reduce((total, one) => total + one, 0);
}

/**
 * Waits until everything on the bus is in the inbox, taken, on the log and booked. Throws one
 * sentence when nothing has moved for `standstillMs`, and the reason of `over` once it is aborted.
 */
export async function waitUntilBooked(
  database: Database,
  bus: Bus,
  onStanding: (standing: Standing) => void,
  over: AbortSignal,
  standstillMs = STANDSTILL_MS_MAX,
): Promise<void> {
  let movedAt = performance.now();
  let before = '';
  for (;;) {
    const now = await standingOf(database, bus);
    over.throwIfAborted();
    onStanding(now);
    if (leftOf(now) === 0) return;
    const text = JSON.stringify(now);
    if (text !== before) movedAt = performance.now();
    before = text;
    if (performance.now() - movedAt > standstillMs) {
      throw new Error(
        `Nothing has moved for ${standstillMs / 1000} s: ${now.unread} messages of the bus ` +
          `are not read, ${now.untaken} inputs not taken, ${now.unsent ?? 0} not on the log, ` +
          `${now.unbooked} offsets of the log not booked. ${await haltedText(database)}` +
          'See npm run polytraders -- status, and the logs of the services.',
      );
    }
    await sleep(POLL_MS, undefined, { signal: over });
  }
}

/**
 * Which partitions have stopped, and why. Asked only when nothing moves any more: a worker that
 * takes a partition over may still have to find that it can go on.
 */
async function haltedText(database: Database): Promise<string> {
  const rows = await ask(database, HALTED, [], 'the services');
  return rows
    .map((row) => `${row['service']} partition ${row['partition']} stands still: ${row['halted']} `)
    .join('');
}

/** How much is left to do, all places together. */
export function leftOf({ unread, untaken, unsent, unbooked }: Standing): number {
  return unread + untaken + (unsent ?? 0) + unbooked;
}

/**
 * Reads ledger and topic until each payable line and each revision of a window has its report, or
 * patience ends. Throws the reason of `over` once it is aborted.
 */
export async function waitUntilPublished(
  database: Database,
  bus: Bus,
  accounts: readonly string[] | null,
  over: AbortSignal,
): Promise<{ readonly ledger: LedgerFact; readonly reports: ReportFact }> {
  const startedAt = performance.now();
  for (;;) {
    const ledger = await ledgerOf(database, accounts);
    const stored = await storedReports(database);
    const reports = await reportsOf(bus, accounts);
    const done =
      reports.fills.size >= ledger.payable.size && reports.windows.length >= stored.length;
    if (done || performance.now() - startedAt > REPORT_MS_MAX) return { ledger, reports };
    await sleep(POLL_MS, undefined, { signal: over });
  }
}
