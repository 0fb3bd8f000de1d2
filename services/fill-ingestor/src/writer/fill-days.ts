/**
 * Which UTC days confirmed fills fall into, and when the last of a day came in: by it the clock
 * knows which windows of the past have to be closed, and when an import of them has come to rest.
 * The same of what moved without a trade, or was there before: what comes late may bring a wallet,
 * or a token of one, that the chain was not asked for at the end of a window.
 */

import { dateOfTime } from '@polytraders/domain';
import { type Lookup, type Put } from '@polytraders/stream';
import { type FillDraft, type TimeMicros } from '../draft.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { dayKey, type DayState, type Entity } from './state.ts';

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
  return [dayKey('day', event.partition, dateOfTime(confirmedAtOf(event, draft)))];
}

/** Remembers the day of a confirmed fill. */
export function dayPuts(
  lookup: Lookup<Entity>,
  event: InboxEvent,
  confirmedAt: TimeMicros,
): readonly Put<Entity>[] {
  return putsOfDay(lookup, event, 'day', confirmedAt);
}

/** The key that `movedDayPuts` looks up. */
export function movedDayKeys(event: InboxEvent, at: TimeMicros | null): readonly string[] {
  return [dayKey('moved-day', event.partition, dateOfTime(at ?? event.receivedAt))];
}

/** Remembers the day of a movement or an opening balance. */
export function movedDayPuts(
  lookup: Lookup<Entity>,
  event: InboxEvent,
  at: TimeMicros | null,
): readonly Put<Entity>[] {
  return putsOfDay(lookup, event, 'moved-day', at ?? event.receivedAt);
}

function putsOfDay(
  lookup: Lookup<Entity>,
  { partition, receivedAt }: InboxEvent,
  kind: DayState['kind'],
  at: TimeMicros,
): readonly Put<Entity>[] {
  const day = dateOfTime(at);
  const key = dayKey(kind, partition, day);
  const known = lookup.get(key);
  if (known?.kind === kind && receivedAt < known.lastAt + EXACT_MICROS) return [];
  return [{ key, entity: { kind, partition, day, lastAt: receivedAt } }];
}
