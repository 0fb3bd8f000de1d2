/**
 * Transactions of which the log says no block: which are to be asked for, what came of it, and
 * which were told. Schema `ingest`.
 */

import { isoTime } from '@polytraders/contracts';
import { columnLiteral } from '@polytraders/runtime';
import type pg from 'pg';
import { type Pending } from './window-balances-store.ts';

type Queries = Pick<pg.Pool, 'query'>;

/**
 * What a receipt says: in a block up to that of the window; in one above it; nothing, for there is
 * none; or that the transaction moved nothing.
 */
export type PlaceOutcome = 'PLACED' | 'LATER' | 'UNKNOWN' | 'REVERTED';

export type Placed = {
  readonly txHash: string;
  readonly outcome: PlaceOutcome;
  /** Null without a receipt. */
  readonly block: number | null;
};

/** Looks for a receipt after which nobody looks any more: some days, at one an hour. */
export const LOOKS_MAX = 100;

/**
 * A venue confirms a fill soon after its block, so that one of the window may be confirmed behind
 * its end. Later ones are asked for by the next window.
 */
const CONFIRMED_WITHIN_MICROS = 3_600_000_000;

/** Fills and movements of an account from `$2` to `$3` that nobody has asked for. */
function loose(account: string): string {
  const of = (table: string): string =>
    `SELECT tx_hash FROM ingest.${table} WHERE account = ${account} ` +
    'AND unplaced_at >= $2 AND unplaced_at < $3';
  return (
    `SELECT tx_hash FROM (${of('fill_identity')} UNION ${of('movement')}) t ` +
    "WHERE tx_hash ~ '^0x[0-9a-f]{64}$' AND NOT EXISTS (SELECT 1 FROM ingest.transaction_place p " +
    `WHERE p.account = ${account} AND p.tx_hash = t.tx_hash)`
  );
}

/** Rows of transactions that are asked for again: of the window `$4`, up to its block `$5`. */
const AGAIN =
  "NOT told AND (outcome = 'UNKNOWN' AND window_id = $4 AND tries < $6::int " +
  "OR outcome = 'LATER' AND block_number <= $5::bigint)";

/** Accounts of a table by steps through its index, as few as there are. */
function accountsIn(table: string, where: string): string {
  return (
    'SELECT account FROM (WITH RECURSIVE step AS (' +
    `(SELECT account FROM ingest.${table} WHERE ${where} ORDER BY 1 LIMIT 1) UNION ALL ` +
    `SELECT n.account FROM step s CROSS JOIN LATERAL (SELECT t.account FROM ingest.${table} t ` +
    `WHERE t.account > s.account AND ${where} ORDER BY 1 LIMIT 1) n) SELECT account FROM step) ` +
    `AS ${table}_accounts`
  );
}

const ACCOUNTS = [
  accountsIn('fill_identity', 'unplaced_at IS NOT NULL'),
  accountsIn('movement', 'unplaced_at IS NOT NULL'),
  accountsIn('transaction_place', "NOT told AND outcome <> 'REVERTED'"),
].join(' UNION ');

function valuesOf({ windowId, start, end }: Pending, block: number, first: string) {
  const until = isoTime(end + CONFIRMED_WITHIN_MICROS);
  return [first, isoTime(start), until, windowId, block, LOOKS_MAX];
}

/** Accounts that have a transaction to ask for, or one whose block is not told yet; sorted. */
export async function accountsToPlace(
  database: Queries,
  window: Pending,
): Promise<readonly string[]> {
  // A window without a block has asked nobody: all accounts are due.
  const block = window.block?.number ?? -1;
  const answer = await database.query<{ account: string }>(
    `SELECT a.account FROM (${ACCOUNTS}) a WHERE a.account ~ $1 ` +
      `AND (EXISTS (${loose('a.account')}) OR EXISTS (` +
      'SELECT 1 FROM ingest.transaction_place p WHERE p.account = a.account ' +
      `AND (${AGAIN} OR NOT told AND outcome = 'PLACED' ` +
      'AND block_number <= $5::bigint))) ORDER BY 1',
    valuesOf(window, block, '^0x[0-9a-f]{40}$'),
  );
  return answer.rows.map(({ account }) => account);
}

/** The next transactions of an account to ask for, behind one, sorted. */
export async function transactionsToPlace(
  database: Queries,
  window: Pending,
  block: number,
  { account, after, limit }: { account: string; after: string; limit: number },
): Promise<readonly string[]> {
  const answer = await database.query<{ tx_hash: string }>(
    `SELECT tx_hash FROM (${loose('$1')} UNION SELECT tx_hash FROM ingest.transaction_place ` +
      `WHERE account = $1 AND ${AGAIN}) t WHERE tx_hash > $7 ORDER BY 1 LIMIT $8::int`,
    [...valuesOf(window, block, account), after, limit],
  );
  return answer.rows.map((row) => row.tx_hash);
}

/** Notes what came of some: a turn that dies asks for them no second time. */
export async function notePlaces(
  database: Queries,
  windowId: string,
  account: string,
  places: readonly Placed[],
): Promise<void> {
  await database.query(
    'INSERT INTO ingest.transaction_place ' +
      '(account, tx_hash, window_id, outcome, block_number, tries) ' +
      "SELECT $1, n.tx_hash, $2, n.outcome, n.block, (n.outcome = 'UNKNOWN')::int " +
      'FROM unnest($3::text[], $4::text[], $5::bigint[]) AS n (tx_hash, outcome, block) ' +
      'ON CONFLICT (account, tx_hash) DO UPDATE SET window_id = EXCLUDED.window_id, ' +
      'outcome = EXCLUDED.outcome, block_number = EXCLUDED.block_number, tries = CASE ' +
      "WHEN EXCLUDED.outcome = 'UNKNOWN' THEN transaction_place.tries + 1 ELSE 0 END " +
      // Another one may have told it meanwhile, or have found it.
      "WHERE transaction_place.outcome IN ('UNKNOWN', 'LATER')",
    [
      account,
      windowId,
      columnLiteral(
        'text',
        places.map((one) => one.txHash),
      ),
      columnLiteral(
        'text',
        places.map((one) => one.outcome),
      ),
      columnLiteral(
        'int',
        places.map((one) => one.block),
      ),
    ],
  );
}

/** Longest wait between two looks for a receipt, in milliseconds. */
const LOOK_MS_MAX = 3_600_000;

/** When the window looks again for receipts that were not there, if there are such. */
export async function noteUnknown(
  client: Queries,
  windowId: string,
  isUnknown: boolean,
  retryMs: number,
): Promise<void> {
  await client.query(
    'UPDATE ingest.report_window SET place_tries = CASE WHEN $2::bool THEN place_tries + 1 ' +
      'ELSE 0 END, place_at = CASE WHEN $2::bool THEN now() + ' +
      "least($3::float8 * 2 ^ least(place_tries, 20), $4::float8) * interval '1 ms' END " +
      'WHERE window_id = $1',
    [windowId, isUnknown, retryMs, LOOK_MS_MAX],
  );
}

/** Complete windows look once more for receipts that were not there, when it is time. */
export async function lookAgain(database: Queries): Promise<void> {
  await database.query(
    'UPDATE ingest.report_window SET try_at = now() ' +
      'WHERE place_at <= now() AND try_at IS NULL AND attempts > 0',
  );
}

/** A transaction with its block, as it goes on the log. */
export type ToTell = { readonly txHash: string; readonly block: number };

/** Transactions of an account in blocks up to one that are not told, sorted. */
export async function untoldPlaces(
  database: Queries,
  account: string,
  block: number,
): Promise<readonly ToTell[]> {
  const answer = await database.query<{ tx_hash: string; block_number: string }>(
    'SELECT tx_hash, block_number FROM ingest.transaction_place WHERE account = $1 AND NOT told ' +
      "AND outcome = 'PLACED' AND block_number <= $2::bigint ORDER BY tx_hash",
    [account, block],
  );
  return answer.rows.map((row) => ({ txHash: row.tx_hash, block: Number(row.block_number) }));
}

/** They stand on the log from now on. */
export async function markTold(
  client: Queries,
  account: string,
  places: readonly ToTell[],
): Promise<void> {
  await client.query(
    'UPDATE ingest.transaction_place SET told = true WHERE account = $1 ' +
      'AND tx_hash = ANY($2::text[])',
    [
      account,
      columnLiteral(
        'text',
        places.map(({ txHash }) => txHash),
      ),
    ],
  );
}
