/**
 * Which source is of record for an account that nobody declared: the one that spoke of it first
 * (B9). Remembered from the first order or fill that was taken, never changed.
 */

import { type Lookup, type Put } from '@polytraders/stream';
import { type SourceOfRecord } from '../draft.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { type Entity, sourceKey } from './state.ts';

/** Null where none has spoken. Only of an account that the report itself names. */
export function firstSourceOf(lookup: Lookup<Entity>, account: string): SourceOfRecord | null {
  const found = lookup.get(sourceKey(account));
  return found?.kind === 'source' ? found.source : null;
}

/** The source that these say has spoken first; null where they say nothing. */
export function sourceIn(puts: readonly Put<Entity>[]): SourceOfRecord | null {
  const [put] = puts;
  return put?.entity?.kind === 'source' ? put.entity.source : null;
}

/**
 * What to remember once a report is taken: nothing of an account that is known. Of a declared one,
 * too, for the day on which it is declared no more.
 */
export function speaksFirst(
  { partition }: InboxEvent,
  draft: { readonly account: string | null; readonly source: SourceOfRecord },
  first: SourceOfRecord | null,
): readonly Put<Entity>[] {
  const { account, source } = draft;
  if (account === null || first !== null) return [];
  return [{ key: sourceKey(account), entity: { kind: 'source', partition, account, source } }];
}
