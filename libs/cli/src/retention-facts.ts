/**
 * Months of the ledgers whose lines have a last day of keeping, as they stand in Postgres, and the
 * drop of one. A ledger is whatever table of the books is divided by month and has the column
 * `retained_until`: lines of the books, and reports of windows.
 */

import { createHash } from 'node:crypto';
import { type MonthFacts } from '@polytraders/domain';
import type pg from 'pg';
import { ask, PNL, schemaOf } from './rows.ts';
import { type Database } from './servers.ts';

const OWNER = 'pnl-projector';
const LINES_A_FETCH = 5_000;

type Leaf = { readonly ledger: string; readonly leaf: string; readonly month: string };

/** Every month, by ledger and time. */
export async function monthsOf(database: Database): Promise<readonly MonthFacts[]> {
  const schema = await schemaOf(database, PNL);
  const leaves = await leavesOf(database, schema);
  const found: MonthFacts[] = [];
  for (const leaf of leaves) found.push(await factsOf(database, schema, leaf));
  return found;
}

/** Drops the month, with its root kept. The month must be the one that was looked at. */
export async function dropMonth(
  database: Database,
  facts: MonthFacts,
  certificate: string,
  by: string,
): Promise<void> {
  const leaf = `${facts.ledger}_${facts.month.slice(0, 7).replace('-', '_')}`;
  await database.query(
    'SELECT stream.drop_month($1::text::regclass, $2::text::regclass, $3::date, $4::bigint, $5, ' +
      '$6, $7)',
    [facts.ledger, leaf, facts.month, String(facts.lines), facts.root, certificate, by],
  );
}

/** The months' names end with the month: pnl_ledger_2026_05. */
async function leavesOf(database: Database, schema: string): Promise<readonly Leaf[]> {
  const sql = `
    SELECT p.oid::regclass::text AS ledger, c.oid::regclass::text AS leaf,
           replace(right(c.relname, 7), '_', '-') || '-01' AS month
    FROM pg_class p
    JOIN pg_attribute a ON a.attrelid = p.oid AND a.attname = 'retained_until'
    JOIN pg_inherits i ON i.inhparent = p.oid
    JOIN pg_class c ON c.oid = i.inhrelid
    WHERE p.relnamespace = $1::text::regnamespace AND p.relkind = 'p'
      AND c.relname ~ '_[0-9]{4}_[0-9]{2}$'
    ORDER BY 1, 3`;
  const rows = await ask(database, sql, [schema], OWNER);
  return rows.map(({ ledger, leaf, month }) => ({
    ledger: ledger ?? '',
    leaf: leaf ?? '',
    month: month ?? '',
  }));
}

async function factsOf(database: Database, schema: string, leaf: Leaf): Promise<MonthFacts> {
  const isBooks = leaf.ledger.endsWith('.pnl_ledger');
  const sql = isBooks ? booksSql(schema, leaf.leaf) : reportsSql(leaf);
  const [row = {}] = await ask(database, sql, [], OWNER);
  const count = (name: string): number => Number(row[name] ?? 0);
  return {
    ledger: leaf.ledger,
    month: leaf.month,
    lines: count('lines'),
    regulatory: count('regulatory'),
    retainedUntil: row['retained_until'] ?? null,
    unreviewed: count('unreviewed'),
    undated: count('undated'),
    openLots: count('open_lots'),
    root: await rootOf(database, leaf.leaf),
  };
}

/**
 * A fill that was reviewed is kept as long as the line that released or reversed it. A movement
 * that no book could account for is reviewed by nobody yet, and holds its month; so does a line
 * whose report limited_live has held: it is published from the line, once somebody has approved it.
 */
function booksSql(schema: string, leaf: string): string {
  return `
    WITH reviewed AS (
      SELECT fill_id, max(retained_until) AS until FROM ${schema}.pnl_ledger
      WHERE entry_kind IN ('RELEASE', 'REVERSE') GROUP BY fill_id)
    SELECT count(*) AS lines, count(l.retained_until) AS regulatory,
           max(greatest(l.retained_until, r.until)) FILTER (WHERE NOT l.paper) AS retained_until,
           count(*) FILTER (WHERE l.quarantined AND NOT l.paper AND r.fill_id IS NULL)
             + CASE WHEN NOT bool_or(l.mode = 'limited_live') THEN 0 ELSE (
                 SELECT count(*) FROM ${schema}.held_reports h
                 JOIN ${leaf} e USING (partition, "offset", line) WHERE NOT h.released) END
             AS unreviewed,
           count(*) FILTER (WHERE l.retained_until IS NULL AND NOT l.paper AND NOT l.quarantined)
             AS undated,
           (SELECT count(*) FROM ${schema}.lots o
            WHERE EXISTS (SELECT FROM ${leaf} e
                          WHERE e.account = o.account AND e.token_id = o.token_id
                            AND e."offset" = o.opened_at_offset)) AS open_lots
    FROM ${leaf} l LEFT JOIN reviewed r ON l.quarantined AND r.fill_id = l.fill_id`;
}

/** A report is reviewed when a later revision of it is released. */
function reportsSql({ ledger, leaf }: Leaf): string {
  return `
    SELECT count(*) AS lines, count(l.retained_until) AS regulatory,
           max(l.retained_until) AS retained_until,
           count(*) FILTER (WHERE l.regulatory AND l.publication = 'HELD' AND NOT EXISTS (
             SELECT FROM ${ledger} later
             WHERE later.window_id = l.window_id AND later.mixed = l.mixed
               AND later.revision > l.revision)) AS unreviewed,
           count(*) FILTER (WHERE l.regulatory AND l.retained_until IS NULL) AS undated
    FROM ${leaf} l`;
}

/**
 * SHA-256 over the lines of a month as Postgres writes rows, each ended by a newline, in the order
 * of the log: anyone can compute it again with SQL and a hash.
 */
async function rootOf(database: Database, leaf: string): Promise<string> {
  const hash = createHash('sha256');
  const client: pg.PoolClient = await database.connect();
  try {
    await client.query('BEGIN READ ONLY');
    await client.query(
      `DECLARE root NO SCROLL CURSOR FOR SELECT l::text AS line FROM ${leaf} l ` +
        'ORDER BY l.partition, l."offset", l.line',
    );
    for (;;) {
      const { rows } = await client.query<{ line: string }>(`FETCH ${LINES_A_FETCH} FROM root`);
      if (rows.length === 0) break;
      for (const { line } of rows) hash.update(`${line}\n`);
    }
    await client.query('COMMIT');
  } finally {
    client.release();
  }
  return hash.digest('hex');
}
