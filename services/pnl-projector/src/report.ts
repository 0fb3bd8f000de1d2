/**
 * The report of a fill or of a settled book, built from its ledger line and nothing else, so that
 * recovery publishes the same bytes (the ledger is the outbox).
 *
 * Exactly one FILL_PNL_COMPUTED a confirmed fill, exactly one MARKET_SETTLED a book that a
 * resolution found shares in, none for other movements (B20); while it is quarantined an alert.
 * None for paper (B16), none in shadow_only. In limited_live it is HELD (B19).
 *
 * Reports of fills go to the record alone. Those of markets go to the recipients' topics too, in
 * the same transaction: the finance team and the archive get what is released only.
 */

import { partitionOf, type SettlementReport, type Topic, TOPICS } from '@polytraders/contracts';
import { type Emission } from '@polytraders/stream';
import { alertsOf } from './alert.ts';
import { partitionOfAccount, withReason } from './entities.ts';
import { type LedgerEntry } from './entry.ts';
import { NO_FIELDS } from './report-fields.ts';
import { correctionFields } from './review/correction.ts';
import { heldLineOf } from './review/reissue.ts';
import { PROCESSOR_ID, PROCESSOR_VERSION } from './version.ts';

export const REPORTER = 'gov.pnl_reporter';

const REVERSED = 'GOV_FILL_REVERSED';
const COMPUTED = 'PNL_REPORTER_FILL_PNL_COMPUTED';
const MARKET_CLOSED = 'MARKET_CLOSED';
const MICROS_PER_MS = 1000;
const TOPIC = TOPICS.settlementReports.name;
const computedOnly: readonly string[] = [COMPUTED];
const none: readonly Emission[] = [];

/** The producer of what this version publishes. */
const PRODUCER = `${PROCESSOR_ID}/${String(PROCESSOR_VERSION)}`;

/** What every report of a book has in common; the fields of other kinds are null. */
const OF_BOOKS = {
  ...NO_FIELDS,
  bot_id: REPORTER,
  event_type: 'FILL_PNL_COMPUTED',
  report_kind: 'SettlementReport',
  topic: TOPIC,
  revision: 1,
  supersedes: null,
  regulatory: true,
  mixed: false,
} as const;

/** The topics that reports go to. */
export const REPORT_TOPICS: readonly string[] = [
  TOPIC,
  TOPICS.financeTeam.name,
  TOPICS.governanceAudit.name,
  TOPICS.postTradeArchive.name,
];

/** What an entry makes public. */
export function emit(
  entry: LedgerEntry,
  at: { readonly partition: number; readonly offset: number },
): readonly Emission[] {
  if (entry.paper || entry.mode === 'shadow_only') return none;
  if (entry.quarantined) return entry.entry_kind === 'FILL' ? alertsOf(entry) : none;
  switch (entry.entry_kind) {
    case 'FILL':
    case 'RELEASE':
      return emitFill(entry, reportOf(entry, at));
    case 'RESOLVE':
      return emitToAll(entry, marketReportOf(entry));
    case 'REVERSE': {
      const correction = correctionReportOf(entry);
      return correction === null ? none : emitToAll(entry, correction);
    }
    case 'REISSUE':
      return emitReleased(entry, at.partition);
    default:
      return none;
  }
}

/** The same report again, a revision later, for whoever it was held from (B19). */
function emitReleased(reissue: LedgerEntry, partition: number): readonly Emission[] {
  const { offset, entry } = heldLineOf(reissue);
  const place = { partition, offset };
  const held =
    entry.entry_kind === 'REVERSE'
      ? correctionReportOf(entry)
      : entry.entry_kind === 'RESOLVE'
        ? marketReportOf(entry)
        : reportOf(entry, place);
  if (held === null) return none;
  const report: SettlementReport = {
    ...held,
    event_id: `${reissue.event_id}.${held.report_id}`,
    causation_id: reissue.event_id,
    recorded_at: reissue.recorded_at,
    revision: held.revision + 1,
    supersedes: held.event_id,
    publication: 'RELEASED',
    mode: reissue.mode,
  };
  const isFill = held.event_type === 'FILL_PNL_COMPUTED';
  return isFill ? emitFill(entry, report) : emitToAll(entry, report);
}

function emitFill(entry: LedgerEntry, value: SettlementReport): readonly Emission[] {
  return [
    {
      topic: TOPIC,
      partition: partitionOfAccount(entry.account),
      key: entry.account,
      record: { type: 'SettlementReport', value },
    },
  ];
}

/** Reports of settled books and corrections go to everybody who has to do with them. */
function emitToAll(entry: LedgerEntry, value: SettlementReport): readonly Emission[] {
  const record = { type: 'SettlementReport', value };
  const { account } = entry;
  // What the mode holds goes to the record and to governance_audit only (B19).
  const copies: readonly Topic[] =
    value.publication === 'RELEASED'
      ? [TOPICS.financeTeam, TOPICS.governanceAudit, TOPICS.postTradeArchive]
      : [TOPICS.governanceAudit];
  return [
    { topic: TOPIC, partition: partitionOfAccount(account), key: account, record },
    ...copies.map(({ name, partitions }) => ({
      topic: name,
      partition: partitionOf(account, partitions),
      key: account,
      record,
    })),
  ];
}

/**
 * The report of a book that was settled: what its shares pay, and what that realised. Its line has
 * the position after, whose basis is the payout, and the payout a share as its mark.
 */
export function marketReportOf(entry: LedgerEntry): SettlementReport {
  const { account, trading_bot_id: bot, condition_id: condition, token_id: token } = entry;
  const name = `${account}_${bot}_${token ?? ''}`;
  return {
    ...OF_BOOKS,
    event_id: `${entry.event_id}.settlement_market.${name}`,
    correlation_id: entry.correlation_id,
    causation_id: entry.event_id,
    producer: PRODUCER,
    effective_at: entry.effective_at,
    recorded_at: entry.recorded_at,
    report_id: `settlement_market_${condition ?? ''}_${name}`,
    event_type: 'MARKET_SETTLED',
    retained_until: entry.retained_until,
    publication: entry.mode === 'general_live' ? 'RELEASED' : 'HELD',
    mode: entry.mode,
    reason_codes: withReason(entry.reason_codes, MARKET_CLOSED),
    books_complete: entry.books_complete,
    incomplete_reasons: entry.incomplete_reasons,
    condition_id: condition,
    token_id: token,
    account,
    trading_bot_id: bot,
    settled_shares: entry.position_shares,
    payout_per_share: entry.mark_price,
    payout_pusd: entry.cost_basis_pusd,
    realised_pnl_pusd: entry.realised_pnl_pusd,
  };
}

/** What replaces the report of a fill that was taken back; null where none was published. */
export function correctionReportOf(entry: LedgerEntry): SettlementReport | null {
  const fields = correctionFields(entry);
  if (fields === null) return null;
  return {
    ...OF_BOOKS,
    event_id: `${entry.event_id}.settlement_correction`,
    correlation_id: entry.correlation_id,
    causation_id: entry.event_id,
    producer: PRODUCER,
    effective_at: entry.effective_at,
    recorded_at: entry.recorded_at,
    event_type: 'CORRECTION',
    retained_until: entry.retained_until,
    publication: entry.mode === 'general_live' ? 'RELEASED' : 'HELD',
    mode: entry.mode,
    reason_codes: [REVERSED],
    books_complete: entry.books_complete,
    incomplete_reasons: entry.incomplete_reasons,
    ...fields,
  };
}

/** The report of a fill: `settlement_fill_<fill_id>`, with an event id derived from its cause. */
export function reportOf(
  entry: LedgerEntry,
  at: { readonly partition: number; readonly offset: number },
): SettlementReport {
  return {
    ...OF_BOOKS,
    event_id: `${entry.event_id}.settlement_fill`,
    correlation_id: entry.correlation_id,
    causation_id: entry.event_id,
    producer: PRODUCER,
    effective_at: entry.effective_at,
    recorded_at: entry.recorded_at,
    report_id: `settlement_fill_${entry.fill_id ?? ''}`,
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
    mark_kind: entry.mark_kind,
    negRisk_price: entry.neg_risk_price,
    negRisk_mark_sum: entry.neg_risk_mark_sum,
    negRisk: entry.neg_risk,
    fill_confirmed_at_ms: Math.floor(entry.confirmed_at / MICROS_PER_MS),
    ledger_partition: at.partition,
    ledger_offset: at.offset,
  };
}
