/** What a reviewed command leaves for whoever asks later: who wanted it, who approved, and why. */

import { type FillReleased, type FillReversed } from '@polytraders/contracts';
import { type Review } from '../entities.ts';

type Reviewed = Pick<
  FillReleased & FillReversed,
  'event_id' | 'recorded_at' | 'proposed_by' | 'approved_by' | 'reason'
>;

/** The audit part of a line's `detail`, with what else it is to say. */
export function reviewedBy(event: Reviewed, more: Readonly<Record<string, unknown>>): string {
  const { proposed_by, approved_by, reason } = event;
  return JSON.stringify({ proposed_by, approved_by, reason, ...more });
}

/** The last word on a fill. */
export function reviewOf(stage: Review['stage'], event: Reviewed, offset: number): Review {
  return {
    kind: 'review',
    stage,
    eventId: event.event_id,
    proposedBy: event.proposed_by,
    approvedBy: event.approved_by,
    reason: event.reason,
    lastOffset: offset,
    updatedAt: event.recorded_at,
  };
}
