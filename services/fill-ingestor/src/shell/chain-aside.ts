/**
 * Transactions of which something was set aside: while such a one is still to be read again for a
 * contract that is new in the list, its wallet waits (chain-contracts.ts).
 */

import { columnLiteral } from '@polytraders/runtime';
import type pg from 'pg';
import { type WalletInput } from '../sources/chain/transaction-inputs.ts';

type Queries = Pick<pg.Pool, 'query'>;

/** Remembers those of the inputs that are set aside because they fit nothing. */
export async function noteAside(
  client: Queries,
  source: string,
  inputs: readonly WalletInput[],
): Promise<void> {
  const aside = inputs.flatMap(({ account, position, raw }) => {
    if (raw.format !== 'unusable' || raw.reason !== 'GOV_MOVEMENT_UNCLASSIFIED') return [];
    const { blockNumber: block = null } = raw;
    return block === null ? [] : [{ account, position, block }];
  });
  if (aside.length === 0) return;
  await client.query(
    'INSERT INTO ingest.chain_aside (source, place, account, block_number) SELECT $1, * ' +
      'FROM unnest($2::text[], $3::text[], $4::bigint[]) ON CONFLICT DO NOTHING',
    [
      source,
      columnLiteral(
        'text',
        aside.map(({ position }) => position),
      ),
      columnLiteral(
        'text',
        aside.map(({ account }) => account),
      ),
      columnLiteral(
        'int',
        aside.map(({ block }) => block),
      ),
    ],
  );
}
