/**
 * Which source is of record for an account that nobody declared: the one that spoke of it first
 * (B9). Remembered from the first order or fill that was taken, never changed.
 */

import { type Lookup, type Put } from '@polytraders/stream';
import { type Accounts } from '../accounts.ts';
import { type SourceOfRecord } from '../draft.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { type Entity, sourceKey } from './state.ts';

/** Null where none has spoken. Only of an account that the report itself names. */
export function firstSourceOf(lookup: Lookup<Entity>, account: string): SourceOfRecord | null {
  const found = lookup.get(sourceKey(account));
  return found?.kind === 'source' ? found.source : null;
}

/** What to remember once a report is taken: nothing of a declared account, or one that is known. */
export function speaksFirst(
  { partition }: InboxEvent,
  draft: { readonly account: string | null; readonly source: SourceOfRecord },
  first: SourceOfRecord | null,
  accounts: Accounts,
): readonly Put<Entity>[] {
  const { account, source } = draft;
  if (account === null || first !== null || accounts.has(account)) return [];
  return [{ key: sourceKey(account), entity: { kind: 'source', partition, account, source } }];
}
