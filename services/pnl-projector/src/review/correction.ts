/**
 * The CORRECTION of a fill's report (rules B18, B20): what it said and what holds now, and which
 * numbers of later reports changed with it. It is made from the REVERSE line alone, which carries
 * the changes in its `detail`.
 */

import { type ReportChange, type SettlementReport } from '@polytraders/contracts';
import { type BookChange, type BookEffect, isBooking } from '@polytraders/domain';
import { formatMicros } from '@polytraders/money';
import { type LedgerEntry } from '../entry.ts';

/** Later reports whose change is told one by one; of more only their number and their sum. */
export const LATER_CHANGES_MAX = 500;

type Corrected = {
  /** The line that booked the fill; null while it was set aside. */
  readonly booked: LedgerEntry | null;
  readonly did: BookEffect;
  readonly before: Numbers;
  readonly running: Numbers;
  readonly later: readonly BookChange<LedgerEntry>[];
};
type Numbers = { readonly shares: bigint; readonly basis: bigint };

/** What a REVERSE line says in its `detail`, besides who wanted it. */
export type CorrectionDetail = {
  /** Null where no report was published. */
  readonly corrects: string | null;
  readonly changes: readonly ReportChange[];
};

type ReviewedDetail = Pick<SettlementReport, 'proposed_by' | 'approved_by' | 'reason'>;

export function correctionOf({ booked, did, before, running, later }: Corrected): CorrectionDetail {
  if (booked === null || booked.paper || booked.mode === 'shadow_only')
    return { corrects: null, changes: [] };
  const gone = (field: keyof LedgerEntry & keyof SettlementReport): readonly ReportChange[] => {
    const amount = booked[field];
    return typeof amount === 'bigint' ? [change(field, amount, 0n)] : [];
  };
  const known = booked.realised_pnl_pusd !== null;
  return {
    corrects: fillReportId(booked),
    changes: [
      ...gone('quantity_shares'),
      ...gone('size_pusd'),
      ...gone('gross_fee_pusd'),
      ...gone('maker_rebate_pusd'),
      ...gone('net_fee_pusd'),
      ...gone('builder_fee_pusd'),
      ...(known ? [change('realised_pnl_pusd', did.realised, 0n)] : []),
      change('position_shares', before.shares, running.shares),
      ...laterChanges(later),
    ],
  };
}

/** The numbers of later reports: the sum first, then each, as far as they are not too many. */
function laterChanges(later: readonly BookChange<LedgerEntry>[]): readonly ReportChange[] {
  const realised = later.filter(({ before, after }) => before.realised !== after.realised);
  if (realised.length === 0) return [];
  const total = (of: 'before' | 'after'): bigint =>
    realised.reduce((sum, one) => sum + one[of].realised, 0n);
  const named = realised.flatMap(({ line, before, after }): readonly ReportChange[] => {
    const id = line === null ? null : reportIdOf(line);
    return id === null ? [] : [change(`${id}.realised_pnl_pusd`, before.realised, after.realised)];
  });
  const left = named.length - LATER_CHANGES_MAX;
  const more = left > 0 ? [{ field: 'further_reports', before: null, after: String(left) }] : [];
  return [
    change('later_realised_pnl_pusd', total('before'), total('after')),
    ...named.slice(0, LATER_CHANGES_MAX),
    ...more,
  ];
}

/** The report that a line has published; null where it has none of its own. */
function reportIdOf(line: LedgerEntry): string | null {
  if (isBooking(line)) return fillReportId(line);
  return line.entry_kind === 'RESOLVE' ? marketReportId(line) : null;
}

export function fillReportId({ fill_id: fillId }: LedgerEntry): string {
  return `settlement_fill_${fillId ?? ''}`;
}

export function marketReportId(line: LedgerEntry): string {
  const { condition_id: condition, account, trading_bot_id: bot, token_id: token } = line;
  return `settlement_market_${condition ?? ''}_${account}_${bot}_${token ?? ''}`;
}

/** The fields of a correction, from its line. Null where there is nothing to correct. */
export function correctionFields(
  entry: LedgerEntry,
): (CorrectionDetail & ReviewedDetail & { readonly report_id: string }) | null {
  const said = JSON.parse(entry.detail ?? '{}') as CorrectionDetail & ReviewedDetail;
  if (said.corrects === null) return null;
  const { corrects, changes, reason, proposed_by, approved_by } = said;
  return { report_id: `${corrects}_c1`, corrects, changes, reason, proposed_by, approved_by };
}

function change(field: string, before: bigint, after: bigint): ReportChange {
  return { field, before: formatMicros(before), after: formatMicros(after) };
}
