/**
 * Waits until everything that was sent is on the log, in the books and on the topic of reports. How
 * far things are is read from the outside: from Postgres and Kafka, as any monitor would.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { ask, type Bus, type Database } from '@polytraders/cli';
import { TOPICS } from '@polytraders/contracts';
import { endOf, type LedgerFact, ledgerOf, type ReportFact, reportsOf } from './facts.ts';

export type Standing = {
  /** Inputs that source readers have put into the inbox. */
  readonly inbox: number;
  /** Of these, what the writers have taken. */
  readonly taken: number;
  /** Offsets on the log that are not in the books yet. */
  readonly unbooked: number;
  /** Offsets of the log that are in the books. */
  readonly booked: number;
};

/** Nothing may stand still for longer than this before the job gives up and says so. */
const STANDSTILL_MS_MAX = 60_000;
const POLL_MS = 250;
/** Reports follow the books within a group commit or two. */
const REPORT_MS_MAX = 30_000;

/** Where everything stands now. */
export async function standingOf(database: Database, bus: Bus): Promise<Standing> {
  const ends = await endOf(bus, TOPICS.ledgerEvents.name);
  const rows = await ask(
    database,
    `SELECT processor, partition, next_offset FROM stream.partition
      WHERE processor IN ('fill-ingestor', 'pnl-projector')`,
    [],
    'fill-ingestor',
  );
  const next = (processor: string) =>
    new Map(
      rows
        .filter((row) => row['processor'] === processor)
        .map((row) => [Number(row['partition']), Number(row['next_offset'])]),
    );
  const [taken, booked] = [next('fill-ingestor'), next('pnl-projector')];
  const sum = (values: Iterable<number>) => [...values].reduce((total, one) => total + one, 0);
  // The last offset of a partition is the mark of a transaction's end, which holds no record.
  const left = ends.map((end, partition) => Math.max(0, end - 1 - (booked.get(partition) ?? 0)));
  return {
    inbox: await inboxEnd(database),
    taken: sum(taken.values()),
    unbooked: sum(left),
    booked: sum(booked.values()),
  };
}

async function inboxEnd(database: Database): Promise<number> {
  const [row] = await ask(database, INBOX_END, [], 'fill-ingestor');
  return Number(row?.['inbox'] ?? 0);
}

const INBOX_END = `SELECT coalesce(sum(next_seq), 0) AS inbox FROM ingest.inbox_end`;

/**
 * Waits until at least `inbox` inputs are in the inbox, all of them are taken and the whole log is
 * booked. Throws one sentence when nothing has moved for a minute.
 */
export async function waitUntilBooked(
  database: Database,
  bus: Bus,
  inbox: number,
  onStanding: (standing: Standing) => void,
): Promise<void> {
  let movedAt = performance.now();
  let before = '';
  for (;;) {
    const now = await standingOf(database, bus);
    onStanding(now);
    if (now.inbox >= inbox && now.taken >= now.inbox && now.unbooked === 0) return;
    const text = JSON.stringify(now);
    if (text !== before) movedAt = performance.now();
    before = text;
    if (performance.now() - movedAt > STANDSTILL_MS_MAX) {
      throw new Error(
        `Nothing has moved for ${STANDSTILL_MS_MAX / 1000} s: ${now.inbox} of ${inbox} inputs in ` +
          `the inbox, ${now.taken} taken, ${now.unbooked} offsets of the log not booked. See ` +
          'npm run polytraders -- status, and the logs under .local/logs.',
      );
    }
    await sleep(POLL_MS);
  }
}

/** Reads ledger and topic until each payable line has its report, or patience ends. */
export async function waitUntilPublished(
  database: Database,
  bus: Bus,
  accounts: readonly string[] | null,
): Promise<{ readonly ledger: LedgerFact; readonly reports: ReportFact }> {
  const startedAt = performance.now();
  for (;;) {
    const ledger = await ledgerOf(database, accounts);
    const reports = await reportsOf(bus, accounts);
    const done = reports.fills.size >= ledger.payable.size;
    if (done || performance.now() - startedAt > REPORT_MS_MAX) return { ledger, reports };
    await sleep(POLL_MS);
  }
}
