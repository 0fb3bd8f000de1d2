/**
 * Which UTC days confirmed fills fall into, and when the last of a day came in: by it the clock
 * knows which windows of the past have to be closed, and when an import of them has come to rest.
 */

import { dateOfTime } from '@polytraders/domain';
import { type Lookup, type Put } from '@polytraders/stream';
import { type FillDraft, type TimeMicros } from '../draft.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { dayKey, type Entity } from './state.ts';

/** How exact the time of the last fill is: one row a day and five seconds, not one a fill. */
const EXACT_MICROS = 5_000_000;

/** `confirmed_at` of a fill that is confirmed by an input: its window follows from it (B12). */
export function confirmedAtOf(
  { receivedAt }: InboxEvent,
  { effectiveAt }: Pick<FillDraft, 'effectiveAt'>,
): TimeMicros {
  return effectiveAt ?? receivedAt;
}

/** The key that `dayPuts` looks up; none for what is no confirmed fill. */
export function dayKeys(event: InboxEvent, draft: FillDraft): readonly string[] {
  if (draft.status !== 'CONFIRMED') return [];
  return [dayKey(event.partition, dateOfTime(confirmedAtOf(event, draft)))];
}

/** Remembers the day of a confirmed fill. */
export function dayPuts(
  lookup: Lookup<Entity>,
  { partition, receivedAt }: InboxEvent,
  confirmedAt: TimeMicros,
): readonly Put<Entity>[] {
  const day = dateOfTime(confirmedAt);
  const key = dayKey(partition, day);
  const known = lookup.get(key);
  if (known?.kind === 'day' && receivedAt < known.lastAt + EXACT_MICROS) return [];
  return [{ key, entity: { kind: 'day', partition, day, lastAt: receivedAt } }];
}
