/**
 * The list of contracts beside the place of the reader. A contract that is new counts for blocks
 * that were read already, too: these are read again for it.
 */

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
import { type ChainClaim } from './chain-position.ts';
import { type Range } from './chain-reading.ts';

/** Blocks that were read by a list which lacked something, with that list. */
export type ContractsBacklog = Range & { readonly id: string; readonly before: ContractBook };

type Queries = Pick<pg.Pool, 'query'>;

/** Notes the list of now, and what was read by that of before. Answers what has changed. */
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
    await client.query(
      'INSERT INTO ingest.chain_contracts_backlog (source, contracts, next_block, until_block) ' +
        'VALUES ($1, $2, $3, $4)',
      [source, known, Math.min(...changes.added.map(({ from }) => from)), nextBlock],
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

/** The next blocks that were read without a contract of now; null where there are none. */
export async function nextContractsBacklog(
  database: Queries,
  source: string,
): Promise<ContractsBacklog | null> {
  const answer = await database.query<Record<string, string>>(
    'SELECT id, contracts, next_block, until_block FROM ingest.chain_contracts_backlog ' +
      'WHERE source = $1 AND next_block < until_block ORDER BY id LIMIT 1',
    [source],
  );
  const row = answer.rows[0];
  if (row === undefined) return null;
  return {
    id: row['id'] ?? '',
    before: bookOfText(row['contracts'] ?? ''),
    from: Number(row['next_block']),
    to: Number(row['until_block']) - 1,
  };
}

/** The blocks were read again up to one (inclusive). */
export async function moveContractsBacklog(
  client: Queries,
  { id }: ContractsBacklog,
  readTo: number,
): Promise<void> {
  await client.query(
    'UPDATE ingest.chain_contracts_backlog SET next_block = $2::bigint + 1 WHERE id = $1',
    [id, readTo],
  );
}
