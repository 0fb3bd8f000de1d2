/**
 * A line of `settlement_reports`: one revision of one window's report, with everything that the
 * report says. It is the ledger of the fold over all partitions, and its outbox: what is published
 * is built from the line alone.
 */

import {
  type ReconciliationStatus,
  type WindowGrouping,
  type WindowKind,
} from '@polytraders/domain';
import { type Table, table } from '@polytraders/stream';
import { type Mode } from '../entities.ts';

export type ReportEntry = {
  readonly report_id: string;
  readonly event_id: string;
  /** The market-wide event that cut this revision. */
  readonly causation_id: string;
  readonly correlation_id: string;
  readonly market_seq: number;
  readonly effective_at: number;
  readonly recorded_at: number;
  readonly window_id: string;
  readonly window_kind: WindowKind;
  readonly window_start: number;
  readonly window_end: number;
  readonly group_by: WindowGrouping;
  readonly revision: number;
  readonly supersedes: string | null;
  readonly publication: 'RELEASED' | 'HELD';
  readonly mode: Mode;
  /** Whether the mode holds it, whatever else does: `approve --mode-held` releases it. */
  readonly held_by_mode: boolean;
  readonly regulatory: boolean;
  readonly mixed: boolean;
  /** Null of a mixed report, which is not retained (B16). */
  readonly retained_until: string | null;
  readonly reason_codes: readonly string[];
  readonly books_complete: boolean;
  readonly incomplete_reasons: readonly string[];
  readonly total_fills: number;
  readonly declared_fee_fills: number;
  readonly gross_volume_pusd: bigint;
  readonly realised_pnl_pusd: bigint;
  readonly unrealised_pnl_pusd: bigint | null;
  readonly gross_fees_pusd: bigint;
  readonly maker_rebates_pusd: bigint;
  readonly maker_rebates_received_pusd: bigint;
  readonly net_fees_pusd: bigint;
  readonly net_pnl_pusd: bigint;
  readonly onchain_balance_pusd: bigint | null;
  readonly onchain_reconciled: boolean | null;
  readonly reconciliation_status: ReconciliationStatus;
  readonly onchain_drift_pusd: bigint | null;
  readonly unsettled_pusd: bigint;
  readonly negrisk_positions: number;
  readonly negrisk_mark_sum: bigint | null;
  readonly stale_marks: number;
  readonly kill_switch_active: boolean;
  readonly kill_switch_since: number | null;
  readonly quarantined_fills: number;
  /** Lists of the report as JSON: an amount in micros, a price in 10⁻¹⁸, as `"#123"`. */
  readonly groups: string;
  readonly accounts: string;
  readonly marks: string;
  /** Alerts that this revision raises, as JSON. */
  readonly alerts: string;
};

export const reportsTable: Table<ReportEntry> = table<ReportEntry>('settlement_reports', {
  report_id: 'text',
  event_id: 'text',
  causation_id: 'text',
  correlation_id: 'text',
  market_seq: 'int',
  effective_at: 'time',
  recorded_at: 'time',
  window_id: 'text',
  window_kind: 'text',
  window_start: 'time',
  window_end: 'time',
  group_by: 'text',
  revision: 'int',
  supersedes: 'text',
  publication: 'text',
  mode: 'text',
  held_by_mode: 'bool',
  regulatory: 'bool',
  mixed: 'bool',
  retained_until: 'date',
  reason_codes: 'texts',
  books_complete: 'bool',
  incomplete_reasons: 'texts',
  total_fills: 'int',
  declared_fee_fills: 'int',
  gross_volume_pusd: 'micros',
  realised_pnl_pusd: 'micros',
  unrealised_pnl_pusd: 'micros',
  gross_fees_pusd: 'micros',
  maker_rebates_pusd: 'micros',
  maker_rebates_received_pusd: 'micros',
  net_fees_pusd: 'micros',
  net_pnl_pusd: 'micros',
  onchain_balance_pusd: 'micros',
  onchain_reconciled: 'bool',
  reconciliation_status: 'text',
  onchain_drift_pusd: 'micros',
  unsettled_pusd: 'micros',
  negrisk_positions: 'int',
  negrisk_mark_sum: 'micros',
  stale_marks: 'int',
  kill_switch_active: 'bool',
  kill_switch_since: 'time',
  quarantined_fills: 'int',
  groups: 'text',
  accounts: 'text',
  marks: 'text',
  alerts: 'text',
});

/** An alert as it stands in a line. */
export type AlertLine = {
  readonly code: string;
  readonly severity: 'WARN' | 'P2' | 'P1';
  readonly metadata: readonly (readonly [name: string, value: string])[];
};
