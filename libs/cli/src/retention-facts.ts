/**
 * Months of the ledgers whose lines have a last day of keeping, as they stand in Postgres, and the
 * drop of one. A ledger is whatever table of the books is divided by month and has the column
 * `retained_until`: lines of the books, and reports of windows.
 *
 * A line may be reviewed by a line of any later month. So each month is read for the reviews that
 * it has, then for what waits for one; no statement reads more than a month, and the whole takes as
 * long as there are lines.
 */

import { createHash } from 'node:crypto';
import { type IsoDate, type MonthFacts } from '@polytraders/domain';
import type pg from 'pg';
import { lotsOf, openedIn } from './retention-lots.ts';
import { ask, PNL, schemaOf } from './rows.ts';
import { type Database } from './servers.ts';

const OWNER = 'pnl-projector';
const LINES_A_FETCH = 5_000;

export type Leaf = { readonly ledger: string; readonly leaf: string; readonly month: string };

export type Wanted = {
  /** Reads every line of a month, so only where it is shown or compared. */
  readonly roots: boolean;
  /** One month of one ledger; else all. */
  readonly only?: { readonly ledger: string; readonly month: string };
};

/** Every month that is wanted, by ledger and time. */
export async function monthsOf(
  database: Database,
  { roots, only }: Wanted,
): Promise<readonly MonthFacts[]> {
  const schema = await schemaOf(database, PNL);
  const leaves = await leavesOf(database, schema);
  const isWanted = ({ ledger, month }: Leaf): boolean =>
    only === undefined || (ledger.endsWith(`.${only.ledger}`) && month === `${only.month}-01`);
  const wanted = leaves.filter(isWanted);
  const books = wanted.some(isOfBooks) ? leaves.filter(isOfBooks) : [];
  const reports = wanted.every(isOfBooks) ? [] : leaves.filter((leaf) => !isOfBooks(leaf));
  const reviews = await reviewsOf(database, books);
  const lots = books.length === 0 ? [] : await lotsOf(database, schema);
  const last = await lastRevisionsOf(database, reports);
  const found: MonthFacts[] = [];
  for (const leaf of wanted) {
    const facts = isOfBooks(leaf)
      ? await booksFacts(database, schema, leaf, reviews)
      : await reportsFacts(database, leaf, last);
    const openLots = isOfBooks(leaf) ? await openedIn(database, leaf, lots) : 0;
    const root = roots ? await rootOf(database, leaf.leaf) : null;
    found.push({ ledger: leaf.ledger, month: leaf.month, ...facts, openLots, root });
  }
  return found;
}

function isOfBooks({ ledger }: Leaf): boolean {
  return ledger.endsWith('.pnl_ledger');
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

/** The last day of keeping of the lines that released or reversed a fill; null where none has. */
type Reviews = ReadonlyMap<string, IsoDate | null>;

async function reviewsOf(database: Database, leaves: readonly Leaf[]): Promise<Reviews> {
  const reviews = new Map<string, IsoDate | null>();
  for (const { leaf } of leaves) {
    const sql = `SELECT fill_id, max(retained_until) AS until FROM ${leaf}
      WHERE entry_kind IN ('RELEASE', 'REVERSE') AND fill_id IS NOT NULL GROUP BY fill_id`;
    for (const { fill_id: fill, until } of await ask(database, sql, [], OWNER))
      reviews.set(fill ?? '', later(reviews.get(fill ?? '') ?? null, until ?? null));
  }
  return reviews;
}

/** Of two days, written as Postgres does. */
function later(one: IsoDate | null, other: IsoDate | null): IsoDate | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? other : one;
}

type Facts = Omit<MonthFacts, 'ledger' | 'month' | 'openLots' | 'root'>;

/**
 * A fill that was reviewed is kept as long as the line that released or reversed it. A movement
 * that no book could account for is reviewed by nobody yet, and holds its month; so does a line
 * whose report limited_live has held: it is published from the line, once somebody has approved it.
 */
async function booksFacts(
  database: Database,
  schema: string,
  { leaf }: Leaf,
  reviews: Reviews,
): Promise<Facts> {
  const sql = `
    SELECT count(*) AS lines, count(retained_until) AS regulatory,
           max(retained_until) FILTER (WHERE NOT paper) AS retained_until,
           count(*) FILTER (WHERE retained_until IS NULL AND NOT paper AND NOT quarantined)
             AS undated,
           bool_or(mode = 'limited_live') AS is_held
    FROM ${leaf}`;
  const [row = {}] = await ask(database, sql, [], OWNER);
  const aside = await ask(
    database,
    `SELECT fill_id, count(*) AS lines FROM ${leaf} WHERE quarantined AND NOT paper GROUP BY 1`,
    [],
    OWNER,
  );
  let unreviewed = row['is_held'] === 't' ? await heldIn(database, schema, leaf) : 0;
  let until = row['retained_until'] ?? null;
  for (const { fill_id: fill, lines } of aside) {
    const review = fill === null || fill === undefined ? undefined : reviews.get(fill);
    if (review === undefined) unreviewed += Number(lines);
    else until = later(until, review);
  }
  return { ...countsOf(row), retainedUntil: until, unreviewed };
}

function countsOf(row: Readonly<Record<string, string | null>>) {
  const count = (name: string): number => Number(row[name] ?? 0);
  return { lines: count('lines'), regulatory: count('regulatory'), undated: count('undated') };
}

/** Lines of a month that a mode holds: found along the key, by what the month has of offsets. */
async function heldIn(database: Database, schema: string, leaf: string): Promise<number> {
  const sql = `
    SELECT count(*) AS lines
    FROM (SELECT partition, min("offset") AS lo, max("offset") AS hi FROM ${leaf} GROUP BY 1) r
    CROSS JOIN LATERAL (
      SELECT h."offset", h.line FROM ${schema}.held_reports h
      WHERE h.partition = r.partition AND h."offset" BETWEEN r.lo AND r.hi AND NOT h.released
      OFFSET 0) o
    JOIN ${leaf} e ON e.partition = r.partition AND e."offset" = o."offset" AND e.line = o.line`;
  const [row = {}] = await ask(database, sql, [], OWNER);
  return Number(row['lines'] ?? 0);
}

/** The last revision of each window, by its id and form. */
type LastRevisions = ReadonlyMap<string, number>;

async function lastRevisionsOf(
  database: Database,
  leaves: readonly Leaf[],
): Promise<LastRevisions> {
  const last = new Map<string, number>();
  for (const { leaf } of leaves) {
    const sql = `SELECT window_id, mixed, max(revision) AS revision FROM ${leaf} GROUP BY 1, 2`;
    for (const row of await ask(database, sql, [], OWNER)) {
      const form = formOf(row);
      last.set(form, Math.max(last.get(form) ?? 0, Number(row['revision'])));
    }
  }
  return last;
}

function formOf(row: Readonly<Record<string, string | null>>): string {
  return `${String(row['mixed'])} ${String(row['window_id'])}`;
}

/** A report is reviewed when a later revision of it is released. */
async function reportsFacts(
  database: Database,
  { leaf }: Leaf,
  last: LastRevisions,
): Promise<Facts> {
  const sql = `
    SELECT count(*) AS lines, count(retained_until) AS regulatory,
           max(retained_until) AS retained_until,
           count(*) FILTER (WHERE regulatory AND retained_until IS NULL) AS undated
    FROM ${leaf}`;
  const [row = {}] = await ask(database, sql, [], OWNER);
  const held = await ask(
    database,
    `SELECT window_id, mixed, revision FROM ${leaf} WHERE regulatory AND publication = 'HELD'`,
    [],
    OWNER,
  );
  const open = held.filter((one) => last.get(formOf(one)) === Number(one['revision']));
  return {
    ...countsOf(row),
    retainedUntil: row['retained_until'] ?? null,
    unreviewed: open.length,
  };
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
