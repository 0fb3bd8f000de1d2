/** Accounts of which the sources said two things (B8, B9): what is booked later says so. */

import { type Lookup, type Put } from '@polytraders/stream';
import { type InboxEvent } from '../inbox-event.ts';
import { type Doubt, doubtsKey, type DoubtsState, type Entity } from './state.ts';

/** The accounts of a partition that are in doubt; null where there is none. */
export function doubtsOf(lookup: Lookup<Entity>, partition: number): DoubtsState | null {
  const found = lookup.get(doubtsKey(partition));
  return found?.kind === 'doubts' ? found : null;
}

/** Remembers that the account is in doubt, and the first input that brought it there. */
export function doubtPuts(
  { partition, source, sourcePosition }: InboxEvent,
  account: string,
  doubts: DoubtsState | null,
  reason: string,
): readonly Put<Entity>[] {
  const known = doubts?.accounts ?? new Map<string, Doubt>();
  if (known.has(account)) return [];
  const accounts = new Map([...known, [account, { reason, source, sourcePosition }]]);
  return [{ key: doubtsKey(partition), entity: { kind: 'doubts', partition, accounts } }];
}
