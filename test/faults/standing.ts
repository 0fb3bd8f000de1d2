/** Where a projection stands, as an operator would look it up: rows, health, reports. */

import pg from 'pg';
import { type TestLog } from '../e2e/log.ts';
import { type Published, readPublished, settlementReports } from './published.ts';

/** The processor of the suites that need one of them only. */
export const projectorId = 'pnl-projector';

export type PartitionRow = {
  readonly partition: number;
  readonly next: number;
  readonly halted: string | null;
  readonly publisher: string | null;
};

export type Health = {
  readonly status: number;
  readonly halted: readonly { readonly partition: number; readonly code: string }[];
  readonly lastOutage: string;
};

/** One statement on a database, on a connection of its own. */
export async function query<Row extends object>(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

export async function partitionRows(url: string): Promise<readonly PartitionRow[]> {
  // The fold over all partitions, which runs beside the books, has a row of its own.
  const rows = await query<{ partition: number; next: string; halted: string; publisher: string }>(
    url,
    'SELECT partition, next_offset AS next, halted, publisher_id AS publisher ' +
      'FROM stream.partition LEFT JOIN stream.output USING (topic, partition) ' +
      'WHERE processor = $1 ORDER BY partition',
    [projectorId],
  ).catch(() => []);
  return rows.map((row) => ({ ...row, next: Number(row.next) }));
}

/** Ledger lines by partition. */
export async function ledgerCounts(url: string): Promise<ReadonlyMap<number, number>> {
  const rows = await query<{ partition: number; count: string }>(
    url,
    'SELECT partition, count(*) AS count FROM pnl_v1.pnl_ledger GROUP BY 1 ORDER BY 1',
  );
  return new Map(rows.map((row) => [row.partition, Number(row.count)]));
}

export async function health(port: number): Promise<Health> {
  const answer = await fetch(`http://127.0.0.1:${port}/internal/health/pnl-projector`);
  const body = (await answer.json()) as {
    readonly halted: Health['halted'];
    readonly last_outage: { readonly message: string } | null;
  };
  const lastOutage = body.last_outage?.message ?? '';
  return { status: answer.status, halted: body.halted, lastOutage };
}

export type Written = Published & { readonly ledger: ReadonlyMap<number, number> };

/** Ledger and published reports: what must not change when a partition stops. */
export async function written(log: TestLog): Promise<Written> {
  const { byGroup, records } = await readPublished(log, settlementReports);
  return { ledger: await ledgerCounts(log.databaseUrl), records, byGroup };
}
