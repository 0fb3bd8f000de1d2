/**
 * The past of wallets that were declared after the chain had been read on: blocks that are final
 * and that were read without them. It is taken in piece by piece beside what is new.
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

/** The next piece that wallets lack; null where nothing is lacking. */
export async function nextBacklog(
  database: Pick<pg.Pool, 'query'>,
  source: string,
  wallets: readonly string[],
): Promise<Backlog | null> {
  const answer = await database.query<Record<string, string>>(
    'SELECT next_block, until_block, array_to_string(array_agg(account ORDER BY account), ' +
      "',') AS wallets FROM ingest.chain_backlog WHERE source = $1 AND next_block < until_block " +
      'AND account = ANY($2::text[]) GROUP BY next_block, until_block ' +
      'ORDER BY until_block, next_block LIMIT 1',
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
