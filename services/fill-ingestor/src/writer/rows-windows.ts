/** Rows of what windows and reviews need to know, and the way there and back. */

import { table } from '@polytraders/stream';
import { type DayState, type ReleaseState, type ReviewState } from './state.ts';

export type DayRow = {
  readonly log_partition: string;
  readonly day: string;
  readonly last_at: number;
};

export type ReviewRow = {
  readonly fill_id: string;
  readonly log_partition: string;
  readonly status: string;
  readonly event_id: string;
};

export type ReleaseRow = {
  readonly log_partition: string;
  readonly command_id: string;
  readonly content_hash: string;
  readonly event_id: string;
};

export const DAYS = table<DayRow>(
  'fill_day',
  { log_partition: 'text', day: 'text', last_at: 'time' },
  ['log_partition', 'day'],
);

export const MOVED_DAYS = table<DayRow>(
  'moved_day',
  { log_partition: 'text', day: 'text', last_at: 'time' },
  ['log_partition', 'day'],
);

/** Guarded like fills. */
export const REVIEWS = table<ReviewRow>(
  'fill_review',
  { fill_id: 'text', log_partition: 'text', status: 'text', event_id: 'text' },
  ['fill_id'],
  'log_partition',
);

export const RELEASES = table<ReleaseRow>(
  'report_release',
  { log_partition: 'text', command_id: 'text', content_hash: 'text', event_id: 'text' },
  ['log_partition', 'command_id'],
);

export function rowOfDay({ partition, day, lastAt }: DayState): DayRow {
  return { log_partition: String(partition), day, last_at: lastAt };
}

export function rowOfReview({ fillId, partition, status, eventId }: ReviewState): ReviewRow {
  return { fill_id: fillId, log_partition: String(partition), status, event_id: eventId };
}

export function rowOfRelease(state: ReleaseState): ReleaseRow {
  const { partition, commandId, content, eventId } = state;
  return {
    log_partition: String(partition),
    command_id: commandId,
    content_hash: content,
    event_id: eventId,
  };
}

/** The one of these entities whose row is there. */
export function windowsOfRows(
  rows: Readonly<Record<string, readonly object[]>>,
): DayState | ReviewState | ReleaseState | undefined {
  const day = dayOfRow('day', rows[DAYS.name]) ?? dayOfRow('moved-day', rows[MOVED_DAYS.name]);
  if (day !== undefined) return day;
  const review = rows[REVIEWS.name]?.[0] as ReviewRow | undefined;
  if (review !== undefined) {
    const { fill_id: fillId, event_id: eventId } = review;
    const status = review.status === 'RELEASED' ? 'RELEASED' : 'REVERSED';
    return { kind: 'review', partition: partitionOf(review), fillId, status, eventId };
  }
  const release = rows[RELEASES.name]?.[0] as ReleaseRow | undefined;
  if (release === undefined) return undefined;
  return {
    kind: 'release',
    partition: partitionOf(release),
    commandId: release.command_id,
    content: release.content_hash,
    eventId: release.event_id,
  };
}

function dayOfRow(
  kind: DayState['kind'],
  rows: readonly object[] | undefined,
): DayState | undefined {
  const row = rows?.[0] as DayRow | undefined;
  if (row === undefined) return undefined;
  return { kind, partition: partitionOf(row), day: row.day, lastAt: row.last_at };
}

function partitionOf(row: { readonly log_partition: string }): number {
  return Number(row.log_partition); // tidy-ok: a partition number.
}
