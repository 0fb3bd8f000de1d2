/** A desk's lines, cuts, facts and places as the rows that its partitions' commits would leave. */

import { monthOfTime } from '@polytraders/domain';
import { type connect, migrate, textOf } from '@polytraders/runtime';
import { type Table } from '@polytraders/stream';
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
  for (const [at, { partition, offset, entry }] of desk.lines.entries()) {
    const place = { month: monthOfTime(entry.recorded_at), partition, offset, line: at };
    await insert(client, 'pnl_ledger', { ...place, ...textsOf(ledgerTable, entry) });
  }
  await insertRows(client, cutsTable, desk.cutRows);
  await insertRows(client, factsTable, desk.factRows);
  await insertRows(client, placesTable, desk.placeRows);
}

/** The reports of a desk, in a table of the search path. */
export async function writeReports(client: Client, reports: readonly ReportEntry[]): Promise<void> {
  await client.query('CREATE TABLE any_report PARTITION OF settlement_reports DEFAULT');
  for (const [offset, report] of reports.entries()) {
    const place = { month: monthOfTime(report.recorded_at), partition: 0, offset, line: 0 };
    await insert(client, reportsTable.name, { ...place, ...textsOf(reportsTable, report) });
  }
}

export async function insertRows<Row extends object>(
  client: Client,
  table: Table<Row>,
  rows: readonly Row[],
): Promise<void> {
  for (const row of rows) await insert(client, table.name, textsOf(table, row));
}

function textsOf<Row extends object>(table: Table<Row>, row: Row): Record<string, string | null> {
  return Object.fromEntries(table.columns.map(({ name, type }) => [name, textOf(type, row[name])]));
}

async function insert(
  client: Client,
  table: string,
  row: Readonly<Record<string, unknown>>,
): Promise<void> {
  const names = Object.keys(row);
  const places = names.map((_, at) => `$${String(at + 1)}`).join(', ');
  const columns = names.map((name) => `"${name}"`).join(', ');
  await client.query(`INSERT INTO ${table} (${columns}) VALUES (${places})`, Object.values(row));
}
