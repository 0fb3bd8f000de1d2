/**
 * The report of a window from its line, and who gets it.
 *
 *   record (settlement)      every report that is no paper
 *   governance_audit         the same
 *   post_trade_archive       the same, but not what the mode holds: in limited_live that goes to
 *                            the record and to governance_audit only (B19)
 *   finance_team             RELEASED only
 *   dashboard                mixed reports (B16), and nothing else gets those
 *   alerts                   what the revision raises
 *
 * All of it in one Kafka transaction with the progress. In shadow_only nothing goes out.
 */

import {
  type Alert,
  partitionOf,
  type SettlementReport,
  type Topic,
  TOPICS,
} from '@polytraders/contracts';
import { priceE18, pusd } from '@polytraders/money';
import { type Emission } from '@polytraders/stream';
import { type Content } from './content.ts';
import { type Verdict } from './chain-check.ts';
import { type AlertLine, type ReportEntry } from './entry.ts';
import { exactValue } from './exact-json.ts';
import { NO_FIELDS } from '../report-fields.ts';
import { REPORTER } from '../report.ts';
import { WINDOWS_ID, WINDOWS_VERSION } from './version.ts';

const PRODUCER = `${WINDOWS_ID}/${String(WINDOWS_VERSION)}`;

export const WINDOW_TOPICS: readonly string[] = [
  TOPICS.settlementReports,
  TOPICS.financeTeam,
  TOPICS.governanceAudit,
  TOPICS.postTradeArchive,
  TOPICS.dashboard,
  TOPICS.alerts,
].map(({ name }) => name);

/** What a line makes public. */
export function emit(entry: ReportEntry): readonly Emission[] {
  if (entry.mode === 'shadow_only') return [];
  const record = { type: 'SettlementReport', value: windowReportOf(entry) };
  return [
    ...recipientsOf(entry).map((topic) => to(topic, record)),
    ...alertsOf(entry).map((value) => to(TOPICS.alerts, { type: 'Alert', value })),
  ];
}

function to({ name, partitions }: Topic, record: Emission['record']): Emission {
  return { topic: name, partition: partitionOf(REPORTER, partitions), key: REPORTER, record };
}

function recipientsOf({ mixed, mode, publication }: ReportEntry): readonly Topic[] {
  const isReleased = publication === 'RELEASED';
  if (mixed) return mode === 'limited_live' && !isReleased ? [] : [TOPICS.dashboard];
  const isOpen = mode === 'general_live' || isReleased;
  return [
    TOPICS.settlementReports,
    ...(isReleased ? [TOPICS.financeTeam] : []),
    TOPICS.governanceAudit,
    ...(isOpen ? [TOPICS.postTradeArchive] : []),
  ];
}

/** The report as it goes out. */
export function windowReportOf(entry: ReportEntry): SettlementReport {
  const groups = exactValue(entry.groups) as Content['groups'];
  const accounts = exactValue(entry.accounts) as Verdict['accounts'];
  const marks = exactValue(entry.marks) as Content['marks'];
  return {
    ...NO_FIELDS,
    event_id: entry.event_id,
    correlation_id: entry.correlation_id,
    causation_id: entry.causation_id,
    producer: PRODUCER,
    effective_at: entry.effective_at,
    recorded_at: entry.recorded_at,
    report_id: entry.report_id,
    bot_id: REPORTER,
    event_type: 'SETTLEMENT_REPORT',
    report_kind: 'SettlementReport',
    topic: entry.mixed ? TOPICS.dashboard.name : TOPICS.settlementReports.name,
    retained_until: entry.retained_until,
    revision: entry.revision,
    supersedes: entry.supersedes,
    publication: entry.publication,
    mode: entry.mode,
    regulatory: entry.regulatory,
    mixed: entry.mixed,
    reason_codes: entry.reason_codes,
    books_complete: entry.books_complete,
    incomplete_reasons: entry.incomplete_reasons,
    window_kind: entry.window_kind,
    window_start: entry.window_start,
    window_end: entry.window_end,
    group_by: entry.group_by,
    groups: groups.map(groupOf),
    total_fills: entry.total_fills,
    declared_fee_fills: entry.declared_fee_fills,
    gross_volume_pusd: pusd(entry.gross_volume_pusd),
    realised_pnl_pusd: pusd(entry.realised_pnl_pusd),
    unrealised_pnl_pusd: pusdOrNull(entry.unrealised_pnl_pusd),
    gross_fees_pusd: pusd(entry.gross_fees_pusd),
    maker_rebates_pusd: pusd(entry.maker_rebates_pusd),
    maker_rebates_received_pusd: pusd(entry.maker_rebates_received_pusd),
    net_fees_pusd: pusd(entry.net_fees_pusd),
    net_pnl_pusd: pusd(entry.net_pnl_pusd),
    onchain_balance_pusd: pusdOrNull(entry.onchain_balance_pusd),
    onchain_reconciled: entry.onchain_reconciled,
    reconciliation_status: entry.reconciliation_status,
    onchain_drift_pusd: pusdOrNull(entry.onchain_drift_pusd),
    unsettled_pusd: pusd(entry.unsettled_pusd),
    accounts: accounts.map(accountOf),
    negRisk_positions: entry.negrisk_positions,
    negRisk_mark_sum: pusdOrNull(entry.negrisk_mark_sum),
    marks: marks.map(markOf),
    stale_marks: entry.stale_marks,
    kill_switch_active: entry.kill_switch_active,
    kill_switch_since: entry.kill_switch_since,
    quarantined_fills: entry.quarantined_fills,
  };
}

function groupOf([group, figures]: Content['groups'][number]) {
  return {
    group,
    total_fills: figures.fills,
    declared_fee_fills: figures.declared,
    gross_volume_pusd: pusd(figures.volume),
    realised_pnl_pusd: pusd(figures.realised),
    unrealised_pnl_pusd: pusdOrNull(figures.unrealised),
    gross_fees_pusd: pusd(figures.grossFees),
    maker_rebates_pusd: pusd(figures.rebates),
    net_fees_pusd: pusd(figures.netFees),
    net_pnl_pusd: pusd(figures.realised - figures.netFees),
  };
}

function accountOf({ account, balance, drift, status }: Verdict['accounts'][number]) {
  return {
    account,
    balance_pusd: pusdOrNull(balance),
    drift_pusd: pusdOrNull(drift),
    status,
  };
}

function markOf([token, { price, kind, observedAt, ageMs }]: Content['marks'][number]) {
  return { token_id: token, price: priceE18(price), kind, observed_at: observedAt, age_ms: ageMs };
}

/** Alerts of a line; their ids derive from the report's, so that a replay raises the same ones. */
function alertsOf(entry: ReportEntry): readonly Alert[] {
  const alerts = exactValue(entry.alerts) as readonly AlertLine[];
  return alerts.map(({ code, severity, metadata }) => ({
    event_id: `${entry.event_id}.${code}`,
    correlation_id: entry.correlation_id,
    causation_id: entry.causation_id,
    producer: PRODUCER,
    effective_at: entry.effective_at,
    recorded_at: entry.recorded_at,
    code,
    severity,
    bot_id: REPORTER,
    subject: entry.report_id,
    metadata: metadata.map(([name, value]) => ({ name, value })),
  }));
}

function pusdOrNull(micros: bigint | null): ReturnType<typeof pusd> | null {
  return micros === null ? null : pusd(micros);
}
