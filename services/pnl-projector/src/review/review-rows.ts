/** Reviewed commands as rows and back. SQL types stand in ../../sql. */

import { type Change, type Table, table } from '@polytraders/stream';
import { type Entity, type KeyParts, type Releases, type Review } from '../entities.ts';

type FillReviewRow = {
  readonly account: string;
  readonly fill_id: string;
  readonly stage: Review['stage'];
  readonly event_id: string;
  readonly proposed_by: string;
  readonly approved_by: string;
  readonly reason: string;
  readonly last_offset: number;
  readonly updated_at: number;
};

type ReportReleaseRow = {
  readonly partition: string;
  readonly until_offset: number;
  readonly last_offset: number;
  readonly updated_at: number;
};

export const fillReviewsTable: Table<FillReviewRow> = table<FillReviewRow>(
  'fill_reviews',
  {
    account: 'text',
    fill_id: 'text',
    stage: 'text',
    event_id: 'text',
    proposed_by: 'text',
    approved_by: 'text',
    reason: 'text',
    last_offset: 'int',
    updated_at: 'time',
  },
  ['account', 'fill_id'],
);

export const reportReleasesTable: Table<ReportReleaseRow> = table<ReportReleaseRow>(
  'report_releases',
  { partition: 'text', until_offset: 'int', last_offset: 'int', updated_at: 'time' },
  ['partition'],
);

/** The row of a review, or of how far reports are released. */
export function reviewChanges(
  { first, second }: KeyParts,
  after: Review | Releases,
): readonly Change[] {
  const when = { last_offset: after.lastOffset, updated_at: after.updatedAt };
  if (after.kind === 'releases') {
    const row: ReportReleaseRow = { partition: first, until_offset: after.until, ...when };
    return [{ upsert: reportReleasesTable.name, row }];
  }
  const row: FillReviewRow = {
    account: first,
    fill_id: second,
    stage: after.stage,
    event_id: after.eventId,
    proposed_by: after.proposedBy,
    approved_by: after.approvedBy,
    reason: after.reason,
    ...when,
  };
  return [{ upsert: fillReviewsTable.name, row }];
}

/** Where it lies. */
export function locateReview({ kind, first, second }: KeyParts): {
  readonly table: string;
  readonly where: Readonly<Record<string, string>>;
} {
  return kind === 'releases'
    ? { table: reportReleasesTable.name, where: { partition: first } }
    : { table: fillReviewsTable.name, where: { account: first, fill_id: second } };
}

/** The entity from its row. */
export function reviveReview(
  { kind }: KeyParts,
  rows: Readonly<Record<string, readonly object[]>>,
): Entity | undefined {
  if (kind === 'releases') {
    const [row] = (rows[reportReleasesTable.name] ?? []) as readonly ReportReleaseRow[];
    if (row === undefined) return undefined;
    const { until_offset: until, last_offset: lastOffset, updated_at: updatedAt } = row;
    return { kind: 'releases', until, lastOffset, updatedAt };
  }
  const [row] = (rows[fillReviewsTable.name] ?? []) as readonly FillReviewRow[];
  if (row === undefined) return undefined;
  return {
    kind: 'review',
    stage: row.stage,
    eventId: row.event_id,
    proposedBy: row.proposed_by,
    approvedBy: row.approved_by,
    reason: row.reason,
    lastOffset: row.last_offset,
    updatedAt: row.updated_at,
  };
}
