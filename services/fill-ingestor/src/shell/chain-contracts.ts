/**
 * The list of contracts beside the place of the reader. A contract that is new counts for blocks
 * that were read already, too: these are read again for it, wallet by wallet. Of a wallet that is
 * left out meanwhile they are read once it is declared again; one of which something was set aside
 * in them waits for it, so that it is told in the order of the chain.
 */

import { columnLiteral } from '@polytraders/runtime';
import type pg from 'pg';
import {
  type BookChanges,
  bookOfText,
  changesOf,
  shownSpan,
  type Span,
  textOfBook,
} from '../sources/chain/book-changes.ts';
import { type ContractBook } from '../sources/chain/contracts.ts';
import { IS_WAITED_FOR } from './chain-backlog.ts';
import { type ChainClaim } from './chain-position.ts';
import { type Range } from './chain-reading.ts';

/** Blocks that were read by a list which lacked something, with that list. */
export type ContractsBacklog = Range & {
  readonly ids: readonly string[];
  readonly before: ContractBook;
  /** Whose transactions are read again. */
  readonly wallets: readonly string[];
  /** Whether resolutions are, too. */
  readonly isOfMarkets: boolean;
  /** Whether a wallet is told nothing new before. */
  readonly isWaitedFor: boolean;
};

/** Stands for what belongs to no wallet. */
const MARKETS = '';

type Queries = Pick<pg.Pool, 'query'>;

/**
 * Notes the list of now, and of each wallet what was read by that of before, as far as it was told.
 * Comes before the wallets of now are noted. Answers what has changed.
 */
export async function noteContracts(
  client: Queries,
  source: string,
  book: ContractBook,
  { nextBlock }: ChainClaim,
  startBlock: number,
): Promise<BookChanges> {
  const text = textOfBook(book);
  const answer = await client.query<{ contracts: string | null }>(
    'SELECT contracts FROM ingest.chain_position WHERE source = $1',
    [source],
  );
  const known = answer.rows[0]?.contracts ?? null;
  if (known === text) return { added: [], removed: [] };
  await client.query('UPDATE ingest.chain_position SET contracts = $2 WHERE source = $1', [
    source,
    text,
  ]);
  if (known === null) return { added: [], removed: [] };
  const changes = changesOf(bookOfText(known), book, startBlock, nextBlock);
  if (changes.added.length > 0) {
    const from = Math.min(...changes.added.map((one) => one.from));
    await client.query(
      'INSERT INTO ingest.chain_contracts_backlog ' +
        '(source, account, contracts, next_block, until_block) ' +
        'SELECT $1, account, $2, $3::bigint, until_block FROM (' +
        'SELECT $5 AS account, $4::bigint AS until_block UNION ALL ' +
        'SELECT w.account, least(w.covered_to, min(b.next_block)) FROM ingest.chain_wallet w ' +
        'LEFT JOIN ingest.chain_backlog b ON b.source = w.source AND b.account = w.account ' +
        'AND b.next_block < b.until_block WHERE w.source = $1 GROUP BY w.account, w.covered_to' +
        ') AS told WHERE until_block > $3::bigint ORDER BY account',
      [source, known, from, nextBlock, MARKETS],
    );
  }
  return changes;
}

/** What the log says of the changes, a line for those that are new and one for those removed. */
export function linesOf({ added, removed }: BookChanges) {
  const shown = (spans: readonly Span[]): string => spans.map(shownSpan).join('; ');
  return [
    ...(added.length === 0
      ? []
      : [
          {
            level: 'info',
            event: 'CHAIN_CONTRACTS_ADDED',
            message: `Read again, beside what is new, for ${shown(added)}.`,
          } as const,
        ]),
    ...(removed.length === 0
      ? []
      : [
          {
            level: 'warn',
            event: 'CHAIN_CONTRACTS_REMOVED',
            message: `What was told with ${shown(removed)} stands; from now on it does not count.`,
          } as const,
        ]),
  ];
}

/**
 * The next blocks that were read without a contract of now; null where there are none. Those come
 * first that a wallet waits for; of a wallet, what an earlier change of the list asks for.
 */
export async function nextContractsBacklog(
  database: Queries,
  source: string,
  wallets: readonly string[],
): Promise<ContractsBacklog | null> {
  const answer = await database.query<Record<string, string>>(
    'WITH lacking AS (SELECT DISTINCT ON (account) id, account, contracts, next_block, ' +
      `until_block, bool_or(${IS_WAITED_FOR}) OVER (PARTITION BY account) AS is_first ` +
      'FROM ingest.chain_contracts_backlog AS b WHERE source = $1 AND next_block < until_block ' +
      'AND account = ANY($2::text[]) ORDER BY account, id) ' +
      'SELECT contracts, next_block, until_block, bool_or(is_first)::text AS is_first, ' +
      "array_to_string(array_agg(id), ',') AS ids, " +
      "array_to_string(array_agg(account ORDER BY account), ',') AS accounts " +
      'FROM lacking GROUP BY contracts, next_block, until_block ' +
      'ORDER BY bool_or(is_first) DESC, min(id) LIMIT 1',
    [source, columnLiteral('text', [...wallets, MARKETS])],
  );
  const row = answer.rows[0];
  if (row === undefined) return null;
  const accounts = (row['accounts'] ?? '').split(',');
  return {
    ids: (row['ids'] ?? '').split(','),
    before: bookOfText(row['contracts'] ?? ''),
    from: Number(row['next_block']),
    to: Number(row['until_block']) - 1,
    wallets: accounts.filter((account) => account !== MARKETS),
    isOfMarkets: accounts.includes(MARKETS),
    isWaitedFor: row['is_first'] === 'true',
  };
}

/** The blocks were read again up to one (inclusive). */
export async function moveContractsBacklog(
  client: Queries,
  { ids }: ContractsBacklog,
  readTo: number,
): Promise<void> {
  await client.query(
    'UPDATE ingest.chain_contracts_backlog SET next_block = $2::bigint + 1 ' +
      'WHERE id = ANY($1::bigint[])',
    [columnLiteral('int', ids.map(Number)), readTo],
  );
}
