/**
 * The past of wallets that were declared after the chain had been read on: blocks that are final
 * and that were read without them. It is taken in piece by piece beside what is new to the others:
 * what a wallet did is told in the order of the chain, so it is told nothing new before its past.
 */

import { columnLiteral } from '@polytraders/runtime';
import type pg from 'pg';
import { type ChainClaim } from './chain-position.ts';
import { type Range } from './chain-reading.ts';

/** A piece of the past that some wallets lack, all of them the same. */
export type Backlog = Range & { readonly wallets: readonly string[] };

/** Notes for each wallet what it lacks of what was read without it. */
export async function noteBacklog(
  client: pg.ClientBase,
  source: string,
  wallets: readonly string[],
  { nextBlock }: ChainClaim,
  startBlock: number,
): Promise<void> {
  if (wallets.length === 0) return;
  const named = columnLiteral('text', wallets);
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
  await client.query(
    'UPDATE ingest.chain_backlog AS b SET until_block = $3::bigint FROM ingest.chain_wallet AS w ' +
      'WHERE w.source = b.source AND w.account = b.account AND b.until_block = w.covered_to ' +
      'AND b.source = $1 AND b.account = ANY($2::text[])',
    [source, columnLiteral('text', wallets), nextBlock],
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

/** Wallets whose past is not told yet. */
export async function walletsBehind(
  client: Pick<pg.Pool, 'query'>,
  source: string,
  wallets: readonly string[],
): Promise<ReadonlySet<string>> {
  const answer = await client.query<{ account: string }>(
    'SELECT DISTINCT account FROM ingest.chain_backlog WHERE source = $1 ' +
      'AND next_block < until_block AND account = ANY($2::text[])',
    [source, columnLiteral('text', wallets)],
  );
  return new Set(answer.rows.map(({ account }) => account));
}

/** The next piece that wallets lack, of one that lacks least first; null where none lacks any. */
export async function nextBacklog(
  database: Pick<pg.Pool, 'query'>,
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
