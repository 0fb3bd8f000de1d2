/** Which balances are due, whose and of what, and that they were told: schema `ingest`. */

import { isoTime, LEDGER_PARTITIONS } from '@polytraders/contracts';
import { type WindowKind } from '@polytraders/domain';
import { columnLiteral, timeValue } from '@polytraders/runtime';
import type pg from 'pg';
import { type TimeMicros } from '../draft.ts';
import { type JsonRecord } from '../raw.ts';
import { type Header } from './chain-answers.ts';
import { appendInputs, type NewInput } from './inbox.ts';
import { partitionOfAccount } from './inputs.ts';

type Queries = Pick<pg.Pool, 'query'>;

/** A closed window of which not all accounts have answered. */
export type Pending = {
  readonly windowId: string;
  readonly kind: WindowKind;
  readonly start: TimeMicros;
  readonly end: TimeMicros;
  /** WindowBalancesComplete records that stand on the log. */
  readonly attempts: number;
  /** Failed tries in a row. */
  readonly tries: number;
  /** The block of an earlier attempt. */
  readonly block: { readonly number: number; readonly hash: string } | null;
};

export type ToAsk = {
  readonly account: string;
  /** Whether the log has an error of it for this window. */
  readonly hasFailed: boolean;
};

/** An account that was asked: why it has not answered, or of how many tokens it has. */
export type ToldOf = {
  readonly account: string;
  readonly error: string | null;
  readonly tokens: number;
};

/** What is to be done about a window next, and why. */
export type Next = { readonly waitMs: number; readonly tries: number; readonly error: string };

export type Settled = {
  readonly window: Pending;
  /** Null where none could be read, or nobody was to be asked. */
  readonly block: Header | null;
  readonly source: string;
  readonly now: TimeMicros;
  readonly observations: readonly NewInput[];
  readonly told: readonly ToldOf[];
  readonly next: Next | null;
};

/** Tokens that are asked for of one account, and stand in one observation. */
export const TOKENS_MAX = 8_000;

/** Takes the oldest window that is due; whoever dies with it leaves it to others after a while. */
export async function claimWindow(database: Queries, leaseMs: number): Promise<Pending | null> {
  const claimed = await database.query<Record<string, string>>(
    "UPDATE ingest.report_window SET try_at = now() + $1::int * interval '1 ms' " +
      'WHERE window_id = (SELECT window_id FROM ingest.report_window WHERE try_at <= now() ' +
      'ORDER BY window_end, window_id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING *',
    [leaseMs],
  );
  const row = claimed.rows[0];
  if (row === undefined) return null;
  return {
    windowId: row['window_id'] ?? '',
    kind: row['kind'] === 'weekly' ? 'weekly' : 'daily',
    start: timeValue(row['window_start'] ?? ''),
    end: timeValue(row['window_end'] ?? ''),
    attempts: Number(row['attempts']),
    tries: Number(row['tries']),
    block:
      row['block_hash'] == null
        ? null
        : { number: Number(row['block_number']), hash: row['block_hash'] },
  };
}

/** Accounts whose books have begun, those of paper left out; found by steps through an index. */
const BOOKED =
  'SELECT account FROM (' +
  'WITH RECURSIVE step AS (' +
  '(SELECT log_partition, account FROM ingest.held_tokens ORDER BY 1, 2 LIMIT 1) UNION ALL ' +
  'SELECT n.* FROM step s CROSS JOIN LATERAL (SELECT h.log_partition, h.account ' +
  'FROM ingest.held_tokens h WHERE (h.log_partition, h.account) > (s.log_partition, s.account) ' +
  'ORDER BY 1, 2 LIMIT 1) n) SELECT account FROM step) held UNION ' +
  'SELECT account FROM (WITH RECURSIVE step AS (' +
  '(SELECT account FROM ingest.movement ORDER BY 1 LIMIT 1) UNION ALL ' +
  'SELECT n.account FROM step s CROSS JOIN LATERAL (SELECT m.account FROM ingest.movement m ' +
  'WHERE m.account > s.account ORDER BY 1 LIMIT 1) n) SELECT account FROM step) moved UNION ' +
  'SELECT account FROM ingest.opening_balance';

const ALL_PARTITIONS = Array.from({ length: LEDGER_PARTITIONS }, (_, one) => String(one));

/**
 * Accounts that have not answered for a window, or were not asked for all tokens that are known of
 * them now; sorted.
 */
export async function accountsToAsk(
  database: Queries,
  windowId: string,
): Promise<readonly ToAsk[]> {
  const answer = await database.query<{ account: string; failed: string }>(
    `SELECT b.account, (w.error IS NOT NULL)::text AS failed FROM (${BOOKED}) b ` +
      'LEFT JOIN ingest.window_account w ON w.window_id = $1 AND w.account = b.account ' +
      "WHERE b.account ~ '^0x[0-9a-f]{40}$' AND (w.account IS NULL OR w.error IS NOT NULL " +
      'OR w.tokens < (SELECT least(count(DISTINCT h.token_id), $2::int) ' +
      'FROM ingest.held_tokens h WHERE h.account = b.account ' +
      "AND h.log_partition = ANY($3::text[]) AND h.token_id ~ '^[0-9]+$')) ORDER BY 1",
    [windowId, TOKENS_MAX, columnLiteral('text', ALL_PARTITIONS)],
  );
  return answer.rows.map(({ account, failed }) => ({ account, hasFailed: failed === 'true' }));
}

/**
 * The tokens that the ledger has ever known in a wallet; a sentence where one observation could not
 * carry those that it holds. Made-up ids of files are no tokens of the chain.
 */
export async function tokensOf(
  database: Queries,
  account: string,
): Promise<readonly string[] | string> {
  const answer = await database.query<{ token_id: string; is_held: string }>(
    'SELECT token_id, (sum(quantity_shares) <> 0)::text AS is_held FROM ingest.held_tokens ' +
      "WHERE log_partition = $1 AND account = $2 AND token_id ~ '^[0-9]+$' " +
      'GROUP BY token_id ORDER BY 2 DESC, 1 LIMIT $3::int',
    [String(partitionOfAccount(account)), account, TOKENS_MAX + 1],
  );
  const tokens = answer.rows.slice(0, TOKENS_MAX).map((row) => row.token_id);
  if (answer.rows[TOKENS_MAX]?.is_held !== 'true') return tokens;
  return `Expected at most ${String(TOKENS_MAX)} tokens in one wallet; found more.`;
}

/** Why cash and shares of blocks up to this one may still be missing on the log; null: none is. */
export async function whyNotRead(
  database: Queries,
  source: string,
  block: number,
): Promise<string | null> {
  const answer = await database.query<Record<string, string | null>>(
    'SELECT next_block, halted, (SELECT count(*) FROM ingest.chain_past b ' +
      'WHERE b.source = p.source AND b.next_block <= $2) AS backlog ' +
      'FROM ingest.chain_position p WHERE source = $1',
    [source, block],
  );
  const row = answer.rows[0];
  const at = Number(row?.['next_block'] ?? 0);
  if (row?.['halted'] != null) return `${source}: its reader is halted (${row['halted']}).`;
  if (at <= block) {
    return `${source}: expected it to be read to block ${String(block)}; found ${String(at - 1)}.`;
  }
  return Number(row?.['backlog']) === 0 ? null : `${source}: blocks below are read once more.`;
}

/** Days with what came in for them last, and complete windows by the day that they end before. */
const NEWS_AND_WINDOWS =
  'SELECT day, NULL AS window_id, NULL::timestamptz AS told_at, max(last_at) AS last_at ' +
  'FROM (SELECT day, last_at FROM ingest.fill_day UNION ALL ' +
  'SELECT day, last_at FROM ingest.moved_day) d GROUP BY day UNION ALL ' +
  "SELECT to_char(window_end AT TIME ZONE 'UTC', 'YYYY-MM-DD'), window_id, told_at, NULL " +
  'FROM ingest.report_window WHERE try_at IS NULL AND attempts > 0';

/**
 * Asks again for complete windows before whose end a fill, a movement or an opening balance has
 * fallen since, once these have come to rest: of an account or a token that is new to a window
 * nothing was asked, and what a day brings is held at the end of all windows behind it. Answers
 * which.
 */
export async function reopenWindows(
  database: Queries,
  quietMs: number,
): Promise<readonly string[]> {
  const answer = await database.query<{ window_id: string }>(
    'UPDATE ingest.report_window SET try_at = now() WHERE window_id IN (' +
      // Of one day the windows come first: what is of that day came after their end.
      'SELECT window_id FROM (SELECT window_id, told_at, max(last_at) OVER (' +
      `ORDER BY day, window_id NULLS LAST) AS news_at FROM (${NEWS_AND_WINDOWS}) a) b ` +
      'WHERE window_id IS NOT NULL AND news_at > told_at ' +
      "AND news_at < now() - $1::int * interval '1 ms') RETURNING window_id",
    [quietMs],
  );
  return answer.rows.map((row) => row.window_id);
}

/** Nothing was left to ask: the window stays as complete as it was. */
export async function finish(
  database: Queries,
  { windowId, attempts }: Pending,
  now: TimeMicros,
): Promise<void> {
  await database.query(
    'UPDATE ingest.report_window SET try_at = NULL, told_at = $3, tries = 0 ' +
      'WHERE window_id = $1 AND attempts = $2',
    [windowId, attempts, isoTime(now)],
  );
}

/** Looks at a window again later. */
export async function postpone(
  database: Queries,
  { windowId, attempts }: Pending,
  { waitMs, tries, error }: Next,
): Promise<void> {
  await database.query(
    "UPDATE ingest.report_window SET try_at = now() + $3::int * interval '1 ms', tries = $4, " +
      'last_error = $5 WHERE window_id = $1 AND attempts = $2 AND try_at IS NOT NULL',
    [windowId, attempts, waitMs, tries, error],
  );
}

/**
 * Appends the observations and, behind them, the completion. Answers how many accounts were asked
 * and lack an answer; null where another one has told this attempt.
 */
export async function settle(
  client: pg.ClientBase,
  settled: Settled,
): Promise<{ readonly accounts: number; readonly errors: number } | null> {
  const { window, block, now, observations, told, next } = settled;
  const moved = await client.query(
    'UPDATE ingest.report_window SET attempts = attempts + 1, told_at = $9, tries = $3, ' +
      "last_error = $4, try_at = now() + $5::int * interval '1 ms', block_number = $6, " +
      'block_hash = $7, block_time = $8 ' +
      'WHERE window_id = $1 AND attempts = $2 AND try_at IS NOT NULL',
    [
      window.windowId,
      window.attempts,
      next?.tries ?? 0,
      next?.error ?? null,
      next?.waitMs ?? null,
      block?.number ?? null,
      block?.hash ?? null,
      block === null ? null : isoTime(timeOf(block)),
      isoTime(now),
    ],
  );
  if (moved.rowCount !== 1) return null;
  await client.query(
    'INSERT INTO ingest.window_account (window_id, account, error, tokens) SELECT $1, * FROM ' +
      'unnest($2::text[], $3::text[], $4::int[]) ON CONFLICT (window_id, account) DO UPDATE ' +
      'SET error = EXCLUDED.error, tokens = EXCLUDED.tokens',
    [
      window.windowId,
      columnLiteral(
        'text',
        told.map((one) => one.account),
      ),
      columnLiteral(
        'text',
        told.map((one) => one.error),
      ),
      columnLiteral(
        'int',
        told.map((one) => one.tokens),
      ),
    ],
  );
  const counted = await client.query<{ accounts: string; errors: string }>(
    'SELECT count(*) AS accounts, count(error) AS errors FROM ingest.window_account ' +
      'WHERE window_id = $1',
    [window.windowId],
  );
  const accounts = Number(counted.rows[0]?.accounts);
  const errors = Number(counted.rows[0]?.errors);
  const complete = completeInput(settled, { accounts, errors });
  await appendInputs(client, [...observations, complete], now);
  return { accounts, errors };
}

function timeOf({ time }: Header): TimeMicros {
  return time * 1_000_000;
}

function completeInput(
  { window, block, source, now }: Settled,
  counts: { readonly accounts: number; readonly errors: number },
): NewInput {
  const attempt = window.attempts + 1;
  const value: JsonRecord = {
    window_id: window.windowId,
    window_kind: window.kind,
    window_start: isoTime(window.start),
    window_end: isoTime(window.end),
    block_number: block?.number ?? null,
    block_hash: block?.hash ?? null,
    block_time: block === null ? null : isoTime(timeOf(block)),
    attempt,
    ...counts,
  };
  return {
    partition: 'all',
    source: 'chain',
    sourcePosition: `${source}/window/${window.windowId}/${String(attempt)}`,
    rawFormat: 'json',
    bytes: Buffer.from(JSON.stringify(value)),
    raw: {
      format: 'record',
      type: 'WindowBalancesComplete',
      value,
      effectiveAt: now,
      correlationId: window.windowId,
      marketSeq: null,
    },
  };
}
