/**
 * The past of wallets that were declared after the chain had been read on: blocks that are final
 * and that were read without them. It is taken in piece by piece beside what is new to the others:
 * what a wallet did is told in the order of the chain, so it is told nothing new before its past.
 */

import { columnLiteral } from '@polytraders/runtime';
import type pg from 'pg';
import { type ChainClaim } from './chain-position.ts';
import { type Range } from './chain-reading.ts';

type Queries = Pick<pg.Pool, 'query'>;

/** A piece of the past that some wallets lack, all of them the same. */
export type Backlog = Range & { readonly wallets: readonly string[] };

/** Notes which wallets are read from now on, and what each lacks of what was read without it. */
export async function noteBacklog(
  client: pg.ClientBase,
  source: string,
  wallets: readonly string[],
  { nextBlock }: ChainClaim,
  startBlock: number,
): Promise<void> {
  const named = columnLiteral('text', wallets);
  await client.query(
    'UPDATE ingest.chain_wallet SET is_declared = account = ANY($2::text[]) WHERE source = $1 ' +
      'AND is_declared IS DISTINCT FROM (account = ANY($2::text[]))',
    [source, named],
  );
  if (wallets.length === 0) return;
  await client.query(
    'INSERT INTO ingest.chain_backlog (source, account, next_block, until_block) ' +
      'SELECT $1, a.account, coalesce(w.covered_to, $4::bigint), $3::bigint ' +
      'FROM unnest($2::text[]) AS a (account) ' +
      'LEFT JOIN ingest.chain_wallet w ON w.source = $1 AND w.account = a.account ' +
      'WHERE coalesce(w.covered_to, $4::bigint) < $3::bigint ON CONFLICT DO NOTHING',
    [source, named, nextBlock, startBlock],
  );
  await noteCovered(client, source, wallets, nextBlock);
}

/** What is read on while wallets lack their past is a part of it, up to a block (exclusive). */
export async function growBacklog(
  client: pg.ClientBase,
  source: string,
  wallets: readonly string[],
  nextBlock: number,
): Promise<void> {
  if (wallets.length === 0) return;
  const named = columnLiteral('text', wallets);
  await client.query(
    'UPDATE ingest.chain_backlog AS b SET until_block = $3::bigint FROM ingest.chain_wallet AS w ' +
      'WHERE w.source = b.source AND w.account = b.account AND b.until_block = w.covered_to ' +
      'AND b.source = $1 AND b.account = ANY($2::text[])',
    [source, named, nextBlock],
  );
  // One that only waits for what is read again has none yet.
  await client.query(
    'INSERT INTO ingest.chain_backlog (source, account, next_block, until_block) ' +
      'SELECT source, account, covered_to, $3::bigint FROM ingest.chain_wallet ' +
      'WHERE source = $1 AND account = ANY($2::text[]) ON CONFLICT DO NOTHING',
    [source, named, nextBlock],
  );
}

/** The wallets are read up to a block (exclusive), but for their backlog. */
export async function noteCovered(
  client: pg.ClientBase,
  source: string,
  wallets: readonly string[],
  nextBlock: number,
): Promise<void> {
  if (wallets.length === 0) return;
  await client.query(
    'INSERT INTO ingest.chain_wallet (source, account, covered_to) ' +
      'SELECT $1, account, $3::bigint FROM unnest($2::text[]) AS account ' +
      'ON CONFLICT (source, account) DO UPDATE SET covered_to = EXCLUDED.covered_to',
    [source, columnLiteral('text', wallets), nextBlock],
  );
}

/**
 * Wallets that are told nothing new yet: their past is not told, or something of them was set aside
 * in blocks that are read again for a contract.
 */
export async function walletsBehind(
  client: Queries,
  source: string,
  wallets: readonly string[],
): Promise<ReadonlySet<string>> {
  const answer = await client.query<{ account: string }>(
    'SELECT account FROM ingest.chain_backlog WHERE source = $1 ' +
      'AND next_block < until_block AND account = ANY($2::text[]) UNION ' +
      'SELECT account FROM ingest.chain_contracts_backlog AS b WHERE source = $1 ' +
      `AND next_block < until_block AND account = ANY($2::text[]) AND ${IS_WAITED_FOR}`,
    [source, columnLiteral('text', wallets)],
  );
  return new Set(answer.rows.map(({ account }) => account));
}

/** Whether something was set aside in the blocks of a row `b`, and is not told yet. */
export const IS_WAITED_FOR =
  'EXISTS (SELECT 1 FROM ingest.chain_aside a WHERE a.source = b.source ' +
  'AND a.account = b.account AND a.block_number >= b.next_block ' +
  'AND a.block_number < b.until_block)';

/** Wallets that were read in a range, declared now or not. */
export type ReadThen = Range & { readonly accounts: ReadonlySet<string> };

/** Who was read in the first of the blocks, and how far from there that holds. */
export async function readThen(
  database: Queries,
  source: string,
  { from, to }: Range,
): Promise<ReadThen> {
  const answer = await database.query<{ account: string; until_block: string }>(
    'SELECT w.account, least(w.covered_to, min(b.next_block)) AS until_block ' +
      'FROM ingest.chain_wallet w LEFT JOIN ingest.chain_backlog b ON b.source = w.source ' +
      'AND b.account = w.account AND b.next_block < b.until_block AND b.until_block > $2 ' +
      'WHERE w.source = $1 AND w.covered_to > $2 GROUP BY w.account, w.covered_to ' +
      'HAVING coalesce(min(b.next_block) > $2, true)',
    [source, from],
  );
  const ends = answer.rows.map((row) => Number(row.until_block) - 1);
  const accounts = new Set(answer.rows.map(({ account }) => account));
  return { from, to: Math.min(to, ...ends), accounts };
}

/** The next piece that wallets lack, of one that lacks least first; null where none lacks any. */
export async function nextBacklog(
  database: Queries,
  source: string,
  wallets: readonly string[],
): Promise<Backlog | null> {
  const answer = await database.query<Record<string, string>>(
    'SELECT next_block, until_block, array_to_string(array_agg(account ORDER BY account), ' +
      "',') AS wallets FROM (SELECT DISTINCT ON (account) account, next_block, until_block " +
      'FROM ingest.chain_backlog WHERE source = $1 AND next_block < until_block ' +
      'AND account = ANY($2::text[]) ORDER BY account, until_block) AS b ' +
      'GROUP BY next_block, until_block ORDER BY next_block DESC LIMIT 1',
    [source, columnLiteral('text', wallets)],
  );
  const row = answer.rows[0];
  if (row === undefined) return null;
  return {
    from: Number(row['next_block']),
    to: Number(row['until_block']) - 1,
    wallets: (row['wallets'] ?? '').split(','),
  };
}

/** A piece was read up to a block (inclusive). */
export async function moveBacklog(
  client: pg.ClientBase,
  source: string,
  { wallets, to }: Backlog,
  readTo: number,
): Promise<void> {
  await client.query(
    'UPDATE ingest.chain_backlog SET next_block = $4::bigint + 1 ' +
      'WHERE source = $1 AND account = ANY($2::text[]) AND until_block = $3::bigint + 1',
    [source, columnLiteral('text', wallets), to, readTo],
  );
}
