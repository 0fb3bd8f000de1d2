/**
 * The report of a fill, built from its ledger line and nothing else, so that recovery publishes the
 * same bytes (the ledger is the outbox).
 *
 * Exactly one FILL_PNL_COMPUTED a confirmed fill (B20); none while it is quarantined, none for
 * paper (B16), none in shadow_only. In limited_live it is HELD (B19).
 */

import { type SettlementReport, TOPICS } from '@polytraders/contracts';
import { type Emission } from '@polytraders/stream';
import { partitionOfAccount, withReason } from './entities.ts';
import { type LedgerEntry } from './entry.ts';
import { PROCESSOR_ID, PROCESSOR_VERSION } from './version.ts';

export const REPORTER = 'gov.pnl_reporter';

const COMPUTED = 'PNL_REPORTER_FILL_PNL_COMPUTED';
const MICROS_PER_MS = 1000;
const TOPIC = TOPICS.settlementReports.name;
const computedOnly: readonly string[] = [COMPUTED];
const none: readonly Emission[] = [];

/** The producer of what this version publishes. */
const PRODUCER = `${PROCESSOR_ID}/${String(PROCESSOR_VERSION)}`;

/** What every report of a fill has in common; the fields of other report kinds are null. */
const OTHER_FIELDS = {
  bot_id: REPORTER,
  event_type: 'FILL_PNL_COMPUTED',
  report_kind: 'SettlementReport',
  topic: TOPIC,
  revision: 1,
  supersedes: null,
  regulatory: true,
  mixed: false,
  window_kind: null,
  window_start: null,
  window_end: null,
  group_by: null,
  groups: null,
  total_fills: null,
  declared_fee_fills: null,
  gross_volume_pusd: null,
  gross_fees_pusd: null,
  maker_rebates_pusd: null,
  maker_rebates_received_pusd: null,
  net_fees_pusd: null,
  net_pnl_pusd: null,
  onchain_balance_pusd: null,
  onchain_reconciled: null,
  reconciliation_status: null,
  onchain_drift_pusd: null,
  unsettled_pusd: null,
  accounts: null,
  negRisk_positions: null,
  negRisk_mark_sum: null,
  marks: null,
  stale_marks: null,
  kill_switch_active: null,
  kill_switch_since: null,
  quarantined_fills: null,
  settled_shares: null,
  payout_per_share: null,
  payout_pusd: null,
  corrects: null,
  changes: null,
  reason: null,
  proposed_by: null,
  approved_by: null,
  report_date: null,
  deferred_cause: null,
  next_attempt_at: null,
  status: null,
  total_volume_pusd: null,
  total_rebate_pusd: null,
  official_volume_pusd: null,
  official_rebate_pusd: null,
  drift_pusd: null,
  drift_pct: null,
  drift_detected: null,
  per_strategy: null,
  per_user: null,
  differences: null,
  explained_ratio: null,
  official_hash: null,
  offset_cut: null,
} as const;

/** What an entry makes public. */
export function emit(
  entry: LedgerEntry,
  at: { readonly partition: number; readonly offset: number },
): readonly Emission[] {
  if (entry.quarantined || entry.paper || entry.mode === 'shadow_only') return none;
  return [
    {
      topic: TOPIC,
      partition: partitionOfAccount(entry.account),
      key: entry.account,
      record: { type: 'SettlementReport', value: reportOf(entry, at) },
    },
  ];
}

/** The report of a fill: `settlement_fill_<fill_id>`, with an event id derived from its cause. */
export function reportOf(
  entry: LedgerEntry,
  at: { readonly partition: number; readonly offset: number },
): SettlementReport {
  return {
    ...OTHER_FIELDS,
    event_id: `${entry.event_id}.settlement_fill`,
    correlation_id: entry.correlation_id,
    causation_id: entry.event_id,
    producer: PRODUCER,
    effective_at: entry.effective_at,
    recorded_at: entry.recorded_at,
    report_id: `settlement_fill_${entry.fill_id}`,
    retained_until: entry.retained_until,
    publication: entry.mode === 'general_live' ? 'RELEASED' : 'HELD',
    mode: entry.mode,
    reason_codes:
      entry.reason_codes.length === 0 ? computedOnly : withReason(entry.reason_codes, COMPUTED),
    books_complete: entry.books_complete,
    incomplete_reasons: entry.incomplete_reasons,
    fill_id: entry.fill_id,
    market_id: entry.condition_id,
    venue_market_id: entry.venue_market_id,
    condition_id: entry.condition_id,
    token_id: entry.token_id,
    account: entry.account,
    trading_bot_id: entry.trading_bot_id,
    side: entry.side,
    order_side: entry.order_side,
    quantity_shares: entry.quantity_shares,
    size_pusd: entry.size_pusd,
    price: entry.price,
    fee_bps_match_event: entry.fee_bps_match_event,
    fee_source: entry.fee_source,
    gross_fee_pusd: entry.gross_fee_pusd,
    maker_rebate_pusd: entry.maker_rebate_pusd,
    net_fee_pusd: entry.net_fee_pusd,
    builder_code: entry.builder_code,
    builder_fee_pusd: entry.builder_fee_pusd,
    realised_pnl_pusd: entry.realised_pnl_pusd,
    unrealised_pnl_pusd: entry.unrealised_pnl_pusd,
    position_shares: entry.position_shares,
    avg_cost: entry.avg_cost,
    mark_price: entry.mark_price,
    mark_age_ms: entry.mark_age_ms,
    negRisk: entry.neg_risk,
    fill_confirmed_at_ms: Math.floor(entry.confirmed_at / MICROS_PER_MS),
    ledger_partition: at.partition,
    ledger_offset: at.offset,
  };
}
