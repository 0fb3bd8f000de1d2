/** Reviewed commands in ledger texts: `release f2, fee 0.25` and `reverse f1`. */

import {
  type FillConfirmed,
  type LedgerEvent,
  type ReportChange,
  type SettlementReport,
} from '@polytraders/contracts';
import { parseMicros, pusd } from '@polytraders/money';
import { type LedgerLine } from '@polytraders/testkit';
import { fillReleased, fillReversed } from './reviewed.fixture.ts';

export const REVIEWS = { release: ['fee', 'builder fee'], reverse: [] } as const;

/** What a correction says: what it cites, and how a field of it changes. */
export const CORRECTION_TAGS = [
  'of', 'size', 'realised', 'position', 'later', 'publication',
] as const; // prettier-ignore

/** The event of a line whose verb is one of REVIEWS. */
export function reviewOf({ verb, clauses, at }: LedgerLine, fill: FillConfirmed): LedgerEvent {
  if (verb === 'reverse') return { type: 'FillReversed', value: fillReversed(fill) };
  const amount = (tag: string): bigint | null => {
    const said = clauses.get(tag);
    if (said === undefined) return null;
    const micros = parseMicros(said.replace(' pUSD', ''));
    if (typeof micros === 'bigint') return micros;
    throw new Error(`Line ${String(at)}: ${said} is ${micros}`);
  };
  const [fee, builder] = [amount('fee'), amount('builder fee')];
  const builder_fee_pusd = builder === null ? null : pusd(builder);
  const value = fillReleased(fill, { fee_pusd: pusd(fee ?? 0n), builder_fee_pusd });
  return { type: 'FillReleased', value };
}

/** A correction, each field as `before → after`. */
export function correctionWords(report: SettlementReport): {
  readonly verb: string;
  readonly subject: string;
  readonly says: Readonly<Record<string, string>>;
} {
  const changes = new Map((report.changes ?? []).map((one) => [one.field, one]));
  const said = (one: ReportChange | undefined): string =>
    one === undefined ? 'none' : `${one.before ?? 'none'} → ${one.after ?? 'none'}`;
  return {
    verb: 'correction',
    subject: report.report_id,
    says: {
      of: report.corrects ?? 'none',
      size: said(changes.get('size_pusd')),
      realised: said(changes.get('realised_pnl_pusd')),
      position: said(changes.get('position_shares')),
      later: said(changes.get('later_realised_pnl_pusd')),
      publication: report.publication,
    },
  };
}
