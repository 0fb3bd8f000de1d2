/** What is remembered by its place on the chain until it has an end. */

import { columnLiteral } from '@polytraders/runtime';
import type pg from 'pg';

/** Forgets what a table has at these places: a fill that has its end, what is told now. */
export async function forgetPlaces(
  client: Pick<pg.Pool, 'query'>,
  table: 'chain_aside' | 'chain_provisional',
  source: string,
  places: readonly string[],
): Promise<void> {
  if (places.length === 0) return;
  await client.query(`DELETE FROM ingest.${table} WHERE source = $1 AND place = ANY($2::text[])`, [
    source,
    columnLiteral('text', places),
  ]);
}
