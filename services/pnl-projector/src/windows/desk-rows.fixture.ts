/** A desk's lines, cuts, facts and places as the rows that its partitions' commits would leave. */

import { monthOfTime } from '@polytraders/domain';
import { type connect, migrate } from '@polytraders/runtime';
import { type Table } from '@polytraders/stream';
import { rowWriter } from '@polytraders/testkit';
import { cutsTable, factsTable, placesTable } from '../cuts.ts';
import { ledgerTable } from '../entry.ts';
import { processor } from '../processor.ts';
import { type Desk } from './desk.fixture.ts';
import { type ReportEntry, reportsTable } from './entry.ts';

type Client = Awaited<ReturnType<typeof connect>>;

const STREAM_SQL = `${import.meta.dirname}/../../../../libs/runtime/sql`;

/** The tables of the runtime; once a database. */
export async function installStream(client: Client): Promise<void> {
  await migrate(client, 'stream', STREAM_SQL);
}

/** A version's tables; whoever wants a month of its own makes it before `writeDesk`. */
export async function installBooks(client: Client, schema: string): Promise<void> {
  await migrate(client, schema, processor.storage.migrations);
  await client.query(`SET search_path = "${schema}"`);
}

/** Fills the tables of the search path; lines of no month that was made go into one for all. */
export async function writeDesk(client: Client, desk: Desk): Promise<void> {
  await client.query('CREATE TABLE any_month PARTITION OF pnl_ledger DEFAULT');
  const rows = rowWriter(client, null);
  for (const [at, { partition, offset, entry }] of desk.lines.entries()) {
    const place = { month: monthOfTime(entry.recorded_at), partition, offset, line: at };
    await rows.insert(ledgerTable, entry, place);
  }
  await insertRows(client, cutsTable, desk.cutRows);
  await insertRows(client, factsTable, desk.factRows);
  await insertRows(client, placesTable, desk.placeRows);
}

/** The reports of a desk, in a table of the search path. */
export async function writeReports(client: Client, reports: readonly ReportEntry[]): Promise<void> {
  await client.query('CREATE TABLE any_report PARTITION OF settlement_reports DEFAULT');
  const rows = rowWriter(client, null);
  for (const [offset, report] of reports.entries()) {
    const place = { month: monthOfTime(report.recorded_at), partition: 0, offset, line: 0 };
    await rows.insert(reportsTable, report, place);
  }
}

export async function insertRows<Row extends object>(
  client: Client,
  table: Table<Row>,
  rows: readonly Row[],
): Promise<void> {
  const writer = rowWriter(client, null);
  for (const row of rows) await writer.insert(table, row);
}
