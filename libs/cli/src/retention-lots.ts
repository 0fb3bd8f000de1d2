/** Open lots that lines of a month have opened (rule B15). Lots are read once for all months. */

import { ask, PNL } from './rows.ts';
import { type Database } from './servers.ts';

/** Lots of one token that one event has opened. */
export type OpenLots = {
  readonly account: string;
  readonly token: string;
  readonly offset: number;
  readonly count: number;
};

export async function lotsOf(database: Database, schema: string): Promise<readonly OpenLots[]> {
  const sql = `
    SELECT account, token_id, opened_at_offset, count(*) AS lots FROM ${schema}.lots
    GROUP BY 1, 2, 3`;
  const rows = await ask(database, sql, [], PNL.service);
  return rows.map((row) => ({
    account: String(row['account']),
    token: String(row['token_id']),
    offset: Number(row['opened_at_offset']),
    count: Number(row['lots']),
  }));
}

/** How many of them a line of the month has opened. */
export async function openedIn(
  database: Database,
  { leaf }: { readonly leaf: string },
  lots: readonly OpenLots[],
): Promise<number> {
  // A month without a line has no offsets, and no lot.
  const range = `SELECT min("offset") AS lo, max("offset") AS hi FROM ${leaf}`;
  const [{ lo, hi } = {}] = await ask(database, range, [], PNL.service);
  if (lo === null || lo === undefined) return 0;
  const near = lots.filter(({ offset }) => offset >= Number(lo) && offset <= Number(hi));
  if (near.length === 0) return 0;
  const sql = `
    SELECT coalesce(sum(o.lots), 0) AS lots
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::int[]) AS o (account, token_id, at, lots)
    WHERE EXISTS (SELECT FROM ${leaf} e
                  WHERE e.account = o.account AND e.token_id = o.token_id AND e."offset" = o.at)`;
  const columns = [
    near.map(({ account }) => account),
    near.map(({ token }) => token),
    near.map(({ offset }) => offset),
    near.map(({ count }) => count),
  ];
  const [row = {}] = await ask(database, sql, columns, PNL.service);
  return Number(row['lots'] ?? 0);
}
