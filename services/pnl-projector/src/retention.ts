/** `retained_until` of a fill (rule B15): its date is the UTC day of its confirmation. */

import { dateOfTime, retainedUntil } from '@polytraders/domain';

const MICROS_PER_DAY = 86_400_000_000;

let remembered = { from: 0, to: 0, retainDays: 0, until: '' };

/** The day's answer is kept, as fills come by day and this runs for every fill of a rebuild. */
export function retentionOf(confirmedAt: number, retainDays: number): string {
  const { from, to } = remembered;
  if (confirmedAt < from || confirmedAt >= to || retainDays !== remembered.retainDays) {
    const day = Math.floor(confirmedAt / MICROS_PER_DAY) * MICROS_PER_DAY;
    const until = retainedUntil(dateOfTime(confirmedAt), retainDays);
    remembered = { from: day, to: day + MICROS_PER_DAY, retainDays, until };
  }
  return remembered.until;
}
