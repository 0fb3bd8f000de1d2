// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PriceE18,
  type PusdMicros,
  type RateMicros,
  type ShareMicros,
} from '@polytraders/money';
import {
  closedSet,
  type Input,
  readArray,
  readBoolean,
  readDate,
  readDecimal,
  readInt,
  readLong,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeArray,
  writeBoolean,
  writeDate,
  writeDecimal,
  writeInt,
  writeLong,
  writeNull,
  writeOneOf,
  writePresent,
  writeString,
} from '../avro/output.ts';
import {
  readReportGroup,
  type ReportGroup,
  writeReportGroup,
} from './report-group.ts';
import {
  readReportAccount,
  type ReportAccount,
  writeReportAccount,
} from './report-account.ts';
import {
  readReportMark,
  type ReportMark,
  writeReportMark,
} from './report-mark.ts';
import {
  readReportChange,
  type ReportChange,
  writeReportChange,
} from './report-change.ts';
import {
  readStrategySlice,
  type StrategySlice,
  writeStrategySlice,
} from './strategy-slice.ts';
import {
  readUserSlice,
  type UserSlice,
  writeUserSlice,
} from './user-slice.ts';
import {
  readRevenueDifference,
  type RevenueDifference,
  writeRevenueDifference,
} from './revenue-difference.ts';

const EVENT_TYPE = closedSet('event_type', [
  'FILL_PNL_COMPUTED',
  'SETTLEMENT_REPORT',
  'MARKET_SETTLED',
  'CORRECTION',
  'REVENUE_REPORT',
  'REPORT_DEFERRED',
]);

const REPORT_KIND = closedSet('report_kind', [
  'SettlementReport',
]);

const PUBLICATION = closedSet('publication', [
  'RELEASED',
  'HELD',
]);

const MODE = closedSet('mode', [
  'shadow_only',
  'limited_live',
  'general_live',
]);

const SIDE = closedSet('side', [
  'maker',
  'taker',
]);

const ORDER_SIDE = closedSet('order_side', [
  'BUY',
  'SELL',
]);

const FEE_SOURCE = closedSet('fee_source', [
  'CHAIN',
  'MATCH_EVENT',
  'DECLARED',
  'RELEASED',
]);

const MARK_KIND = closedSet('mark_kind', [
  'MID',
  'LAST',
  'REPORTED',
  'PAYOUT',
]);

const WINDOW_KIND = closedSet('window_kind', [
  'daily',
  'weekly',
]);

const GROUP_BY = closedSet('group_by', [
  'bot',
  'market',
  'builder',
]);

const RECONCILIATION_STATUS = closedSet('reconciliation_status', [
  'RECONCILED',
  'PENDING',
  'FAILED',
  'UNRECONCILED',
]);

const STATUS = closedSet('status', [
  'COMPLETE',
  'DEFERRED',
  'QUARANTINED',
]);

/** The regulatory record: one flat report a fill, window, resolved book, correction or revenue day. Which fields an event_type carries stands in schemas/README.md; the others are null. */
export type SettlementReport = {
  /** Identity of this record. Derived from its cause, so that a replay yields the same id. */
  readonly event_id: string;
  /** Follows one business fact through every record that it causes. */
  readonly correlation_id: string;
  /** event_id of the record that caused this one; null where the cause came from outside. */
  readonly causation_id: string | null;
  /** Processor that wrote this record, as id and version: fill-ingestor/1. */
  readonly producer: string;
  /** When it happened, UTC, microseconds since 1970. */
  readonly effective_at: number;
  /** When it was written, UTC, microseconds since 1970. Of an emitted record: recorded_at of the log event that caused it. */
  readonly recorded_at: number;
  /** Identity of the report; a revision keeps it. */
  readonly report_id: string;
  /** Who reports: gov.pnl_reporter or gov.attributionrevenuereporter. */
  readonly bot_id: string;
  /** What is reported. */
  readonly event_type: 'FILL_PNL_COMPUTED' | 'SETTLEMENT_REPORT' | 'MARKET_SETTLED' | 'CORRECTION' | 'REVENUE_REPORT' | 'REPORT_DEFERRED';
  /** Always SettlementReport. */
  readonly report_kind: 'SettlementReport';
  /** Logical topic that keeps the report. */
  readonly topic: string;
  /** First day on which the report may be deleted; null for a mixed report, which is not retained. */
  readonly retained_until: string | null;
  /** 1 for the first; a later one replaces it and the earlier stays as it was. */
  readonly revision: number;
  /** event_id of the revision that this one replaces; null for the first. */
  readonly supersedes: string | null;
  /** HELD reports wait for a reviewed release. */
  readonly publication: 'RELEASED' | 'HELD';
  /** Mode of the reporter when this was computed. */
  readonly mode: 'shadow_only' | 'limited_live' | 'general_live';
  /** False only for a report that contains paper fills. */
  readonly regulatory: boolean;
  /** True when the report contains paper fills beside live ones. */
  readonly mixed: boolean;
  /** Codes of the registry that hold for this report, sorted. */
  readonly reason_codes: readonly string[];
  /** False when something is missing under one of the numbers. */
  readonly books_complete: boolean;
  /** What is missing, as codes, sorted. */
  readonly incomplete_reasons: readonly string[];
  /** Fill: its identity. */
  readonly fill_id: string | null;
  /** Fill: the venue's market, which is the condition id. */
  readonly market_id: string | null;
  /** Fill: the venue's own market id where it differs from the condition. */
  readonly venue_market_id: string | null;
  /** Fill, market: the condition. */
  readonly condition_id: string | null;
  /** Fill, market: the outcome token. */
  readonly token_id: string | null;
  /** Fill, market: the wallet. */
  readonly account: string | null;
  /** Fill, market: the bot whose book it is. */
  readonly trading_bot_id: string | null;
  /** Fill: our role in the match. */
  readonly side: 'maker' | 'taker' | null;
  /** Fill: side of the order. */
  readonly order_side: 'BUY' | 'SELL' | null;
  /** Fill: shares. */
  readonly quantity_shares: ShareMicros | null;
  /** Fill: notional before fees. */
  readonly size_pusd: PusdMicros | null;
  /** Fill: pUSD a share. */
  readonly price: PriceE18 | null;
  /** Fill: basis points of the match event; null when the fee is absolute. */
  readonly fee_bps_match_event: number | null;
  /** Fill: where the fee comes from. */
  readonly fee_source: 'CHAIN' | 'MATCH_EVENT' | 'DECLARED' | 'RELEASED' | null;
  /** Fill: fee before the rebate, the builder part included. */
  readonly gross_fee_pusd: PusdMicros | null;
  /** Fill: accrued maker rebate; null when the rate is missing or out of range. */
  readonly maker_rebate_pusd: PusdMicros | null;
  /** Fill: fee after the rebate. */
  readonly net_fee_pusd: PusdMicros | null;
  /** Fill: builder code. */
  readonly builder_code: string | null;
  /** Fill: builder part of the fee. */
  readonly builder_fee_pusd: PusdMicros | null;
  /** Fill, window, market: realised before fees. */
  readonly realised_pnl_pusd: PusdMicros | null;
  /** Fill, window: unrealised; null when a mark is missing, never 0. */
  readonly unrealised_pnl_pusd: PusdMicros | null;
  /** Fill: shares of the book after it, signed. */
  readonly position_shares: ShareMicros | null;
  /** Fill: open cost basis divided by open shares, pUSD a share, half-even at 6 decimals; null when flat. */
  readonly avg_cost: bigint | null;
  /** Fill: mark of the position's token as it was observed, pUSD a share; null when there is none. */
  readonly mark_price: PriceE18 | null;
  /** Fill: age of that mark when the fill was confirmed, milliseconds. */
  readonly mark_age_ms: number | null;
  /** Fill: where that mark comes from: MID of the book, LAST trade, REPORTED by a trading system, or PAYOUT of a resolved market. One that is stale is flagged STALE_DATA. */
  readonly mark_kind: 'MID' | 'LAST' | 'REPORTED' | 'PAYOUT' | null;
  /** Fill: pUSD a share that a position of a negative-risk event was valued at: its mark, normalised so that the YES marks of the event sum to 1; null where the mark itself is used. */
  readonly negRisk_price: PriceE18 | null;
  /** Fill: whether the market is a negative-risk one; null where not known. */
  readonly negRisk: boolean | null;
  /** Fill: when it became final, milliseconds since 1970. */
  readonly fill_confirmed_at_ms: number | null;
  /** Fill: partition of its event on the log. */
  readonly ledger_partition: number | null;
  /** Fill: offset of its event on the log. */
  readonly ledger_offset: number | null;
  /** Window: its length. */
  readonly window_kind: 'daily' | 'weekly' | null;
  /** Window: first instant. */
  readonly window_start: number | null;
  /** Window: first instant after it. */
  readonly window_end: number | null;
  /** Window: what the groups are. */
  readonly group_by: 'bot' | 'market' | 'builder' | null;
  /** Window: sums by group, sorted by group. */
  readonly groups: readonly ReportGroup[] | null;
  /** Window: fills confirmed in it. */
  readonly total_fills: number | null;
  /** Window: fills whose fee an operator declared. */
  readonly declared_fee_fills: number | null;
  /** Window: sum of notionals. */
  readonly gross_volume_pusd: PusdMicros | null;
  /** Window: fees before rebates. */
  readonly gross_fees_pusd: PusdMicros | null;
  /** Window: rebates accrued. */
  readonly maker_rebates_pusd: PusdMicros | null;
  /** Window: rebates received in cash. */
  readonly maker_rebates_received_pusd: PusdMicros | null;
  /** Window: fees after rebates. */
  readonly net_fees_pusd: PusdMicros | null;
  /** Window: realised less net fees. */
  readonly net_pnl_pusd: PusdMicros | null;
  /** Window: pUSD of all accounts at its last block; null while pending. */
  readonly onchain_balance_pusd: PusdMicros | null;
  /** Window: whether books and chain agree within the tolerance; null while pending. */
  readonly onchain_reconciled: boolean | null;
  /** Window: the worst status of its accounts. */
  readonly reconciliation_status: 'RECONCILED' | 'PENDING' | 'FAILED' | 'UNRECONCILED' | null;
  /** Window: sum of the absolute drifts of its accounts; null while pending. */
  readonly onchain_drift_pusd: PusdMicros | null;
  /** Window: cash legs that have no block yet. */
  readonly unsettled_pusd: PusdMicros | null;
  /** Window: on-chain check by account, sorted by account. */
  readonly accounts: readonly ReportAccount[] | null;
  /** Window: open positions in negative-risk events. */
  readonly negRisk_positions: number | null;
  /** Fill, window: raw YES marks, summed, before they are normalised to 1 an event: of a fill those of its event, of a window those of the negative-risk events held; null where one is missing. */
  readonly negRisk_mark_sum: bigint | null;
  /** Window: marks it was valued at, sorted by token. */
  readonly marks: readonly ReportMark[] | null;
  /** Window: marks older than the age limit. */
  readonly stale_marks: number | null;
  /** Window, revenue: whether trading was halted at any time in it. */
  readonly kill_switch_active: boolean | null;
  /** Window, revenue: since when; null when it was not. */
  readonly kill_switch_since: number | null;
  /** Window: fills kept out of the numbers because they cannot be paid yet. */
  readonly quarantined_fills: number | null;
  /** Market: shares of the book at the resolution, signed. */
  readonly settled_shares: ShareMicros | null;
  /** Market: pUSD that one share pays. */
  readonly payout_per_share: PriceE18 | null;
  /** Market: what the book is worth. */
  readonly payout_pusd: PusdMicros | null;
  /** Correction: report_id of the report that was wrong. */
  readonly corrects: string | null;
  /** Correction: what changes, sorted by field. */
  readonly changes: readonly ReportChange[] | null;
  /** Correction: why, in words. */
  readonly reason: string | null;
  /** Correction: who asked. */
  readonly proposed_by: string | null;
  /** Correction: who reviewed. */
  readonly approved_by: string | null;
  /** Revenue, deferred: the day that is reported, UTC. */
  readonly report_date: string | null;
  /** Deferred: why the day cannot be reported yet, as a code. */
  readonly deferred_cause: string | null;
  /** Deferred: when it is tried again. */
  readonly next_attempt_at: number | null;
  /** Revenue: how the day came out. */
  readonly status: 'COMPLETE' | 'DEFERRED' | 'QUARANTINED' | null;
  /** Revenue: attributed notional of the day. */
  readonly total_volume_pusd: PusdMicros | null;
  /** Revenue: builder fees of the day by our books. */
  readonly total_rebate_pusd: PusdMicros | null;
  /** Revenue: notional by the venue. */
  readonly official_volume_pusd: PusdMicros | null;
  /** Revenue: builder fees by the venue. */
  readonly official_rebate_pusd: PusdMicros | null;
  /** Revenue: internal less official, signed. */
  readonly drift_pusd: PusdMicros | null;
  /** Revenue: drift_pusd in per cent of official, four decimals half-even; null when official is 0. */
  readonly drift_pct: bigint | null;
  /** Revenue: whether the drift exceeds the alert limit. */
  readonly drift_detected: boolean | null;
  /** Revenue: slices by strategy, sorted; they add up to the totals. */
  readonly per_strategy: readonly StrategySlice[] | null;
  /** Revenue: slices by user, sorted; they add up to the totals. */
  readonly per_user: readonly UserSlice[] | null;
  /** Revenue: differences by cause, sorted. */
  readonly differences: readonly RevenueDifference[] | null;
  /** Revenue: explained part of the absolute differences, a ratio; null when there are none. */
  readonly explained_ratio: RateMicros | null;
  /** Revenue: SHA-256 of the raw official answer. */
  readonly official_hash: string | null;
  /** Revenue: log offsets up to which our side was counted, as JSON list by partition. */
  readonly offset_cut: string | null;
};

export function readSettlementReport(input: Input): SettlementReport {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    report_id: readString(input),
    bot_id: readString(input),
    event_type: readOneOf(input, EVENT_TYPE),
    report_kind: readOneOf(input, REPORT_KIND),
    topic: readString(input),
    retained_until: readPresent(input) ? readDate(input) : null,
    revision: readInt(input),
    supersedes: readPresent(input) ? readString(input) : null,
    publication: readOneOf(input, PUBLICATION),
    mode: readOneOf(input, MODE),
    regulatory: readBoolean(input),
    mixed: readBoolean(input),
    reason_codes: readArray(input, readString),
    books_complete: readBoolean(input),
    incomplete_reasons: readArray(input, readString),
    fill_id: readPresent(input) ? readString(input) : null,
    market_id: readPresent(input) ? readString(input) : null,
    venue_market_id: readPresent(input) ? readString(input) : null,
    condition_id: readPresent(input) ? readString(input) : null,
    token_id: readPresent(input) ? readString(input) : null,
    account: readPresent(input) ? readString(input) : null,
    trading_bot_id: readPresent(input) ? readString(input) : null,
    side: readPresent(input) ? readOneOf(input, SIDE) : null,
    order_side: readPresent(input) ? readOneOf(input, ORDER_SIDE) : null,
    quantity_shares: readPresent(input) ? readDecimal(input) as ShareMicros : null,
    size_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    price: readPresent(input) ? readDecimal(input) as PriceE18 : null,
    fee_bps_match_event: readPresent(input) ? readInt(input) : null,
    fee_source: readPresent(input) ? readOneOf(input, FEE_SOURCE) : null,
    gross_fee_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    maker_rebate_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    net_fee_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    builder_code: readPresent(input) ? readString(input) : null,
    builder_fee_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    realised_pnl_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    unrealised_pnl_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    position_shares: readPresent(input) ? readDecimal(input) as ShareMicros : null,
    avg_cost: readPresent(input) ? readDecimal(input) as bigint : null,
    mark_price: readPresent(input) ? readDecimal(input) as PriceE18 : null,
    mark_age_ms: readPresent(input) ? readLong(input) : null,
    mark_kind: readPresent(input) ? readOneOf(input, MARK_KIND) : null,
    negRisk_price: readPresent(input) ? readDecimal(input) as PriceE18 : null,
    negRisk: readPresent(input) ? readBoolean(input) : null,
    fill_confirmed_at_ms: readPresent(input) ? readLong(input) : null,
    ledger_partition: readPresent(input) ? readInt(input) : null,
    ledger_offset: readPresent(input) ? readLong(input) : null,
    window_kind: readPresent(input) ? readOneOf(input, WINDOW_KIND) : null,
    window_start: readPresent(input) ? readLong(input) : null,
    window_end: readPresent(input) ? readLong(input) : null,
    group_by: readPresent(input) ? readOneOf(input, GROUP_BY) : null,
    groups: readPresent(input) ? readArray(input, readReportGroup) : null,
    total_fills: readPresent(input) ? readInt(input) : null,
    declared_fee_fills: readPresent(input) ? readInt(input) : null,
    gross_volume_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    gross_fees_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    maker_rebates_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    maker_rebates_received_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    net_fees_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    net_pnl_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    onchain_balance_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    onchain_reconciled: readPresent(input) ? readBoolean(input) : null,
    reconciliation_status: readPresent(input) ? readOneOf(input, RECONCILIATION_STATUS) : null,
    onchain_drift_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    unsettled_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    accounts: readPresent(input) ? readArray(input, readReportAccount) : null,
    negRisk_positions: readPresent(input) ? readInt(input) : null,
    negRisk_mark_sum: readPresent(input) ? readDecimal(input) as bigint : null,
    marks: readPresent(input) ? readArray(input, readReportMark) : null,
    stale_marks: readPresent(input) ? readInt(input) : null,
    kill_switch_active: readPresent(input) ? readBoolean(input) : null,
    kill_switch_since: readPresent(input) ? readLong(input) : null,
    quarantined_fills: readPresent(input) ? readInt(input) : null,
    settled_shares: readPresent(input) ? readDecimal(input) as ShareMicros : null,
    payout_per_share: readPresent(input) ? readDecimal(input) as PriceE18 : null,
    payout_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    corrects: readPresent(input) ? readString(input) : null,
    changes: readPresent(input) ? readArray(input, readReportChange) : null,
    reason: readPresent(input) ? readString(input) : null,
    proposed_by: readPresent(input) ? readString(input) : null,
    approved_by: readPresent(input) ? readString(input) : null,
    report_date: readPresent(input) ? readDate(input) : null,
    deferred_cause: readPresent(input) ? readString(input) : null,
    next_attempt_at: readPresent(input) ? readLong(input) : null,
    status: readPresent(input) ? readOneOf(input, STATUS) : null,
    total_volume_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    total_rebate_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    official_volume_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    official_rebate_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    drift_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    drift_pct: readPresent(input) ? readDecimal(input) as bigint : null,
    drift_detected: readPresent(input) ? readBoolean(input) : null,
    per_strategy: readPresent(input) ? readArray(input, readStrategySlice) : null,
    per_user: readPresent(input) ? readArray(input, readUserSlice) : null,
    differences: readPresent(input) ? readArray(input, readRevenueDifference) : null,
    explained_ratio: readPresent(input) ? readDecimal(input) as RateMicros : null,
    official_hash: readPresent(input) ? readString(input) : null,
    offset_cut: readPresent(input) ? readString(input) : null,
  };
}

export function writeSettlementReport(output: Output, value: SettlementReport): void {
  writeString(output, value.event_id);
  writeString(output, value.correlation_id);
  if (value.causation_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.causation_id);
  }
  writeString(output, value.producer);
  writeLong(output, value.effective_at);
  writeLong(output, value.recorded_at);
  writeString(output, value.report_id);
  writeString(output, value.bot_id);
  writeOneOf(output, EVENT_TYPE, value.event_type);
  writeOneOf(output, REPORT_KIND, value.report_kind);
  writeString(output, value.topic);
  if (value.retained_until === null) writeNull(output);
  else {
    writePresent(output);
    writeDate(output, value.retained_until);
  }
  writeInt(output, value.revision);
  if (value.supersedes === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.supersedes);
  }
  writeOneOf(output, PUBLICATION, value.publication);
  writeOneOf(output, MODE, value.mode);
  writeBoolean(output, value.regulatory);
  writeBoolean(output, value.mixed);
  writeArray(output, value.reason_codes, writeString);
  writeBoolean(output, value.books_complete);
  writeArray(output, value.incomplete_reasons, writeString);
  if (value.fill_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.fill_id);
  }
  if (value.market_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.market_id);
  }
  if (value.venue_market_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.venue_market_id);
  }
  if (value.condition_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.condition_id);
  }
  if (value.token_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.token_id);
  }
  if (value.account === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.account);
  }
  if (value.trading_bot_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.trading_bot_id);
  }
  if (value.side === null) writeNull(output);
  else {
    writePresent(output);
    writeOneOf(output, SIDE, value.side);
  }
  if (value.order_side === null) writeNull(output);
  else {
    writePresent(output);
    writeOneOf(output, ORDER_SIDE, value.order_side);
  }
  if (value.quantity_shares === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.quantity_shares);
  }
  if (value.size_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.size_pusd);
  }
  if (value.price === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.price);
  }
  if (value.fee_bps_match_event === null) writeNull(output);
  else {
    writePresent(output);
    writeInt(output, value.fee_bps_match_event);
  }
  if (value.fee_source === null) writeNull(output);
  else {
    writePresent(output);
    writeOneOf(output, FEE_SOURCE, value.fee_source);
  }
  if (value.gross_fee_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.gross_fee_pusd);
  }
  if (value.maker_rebate_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.maker_rebate_pusd);
  }
  if (value.net_fee_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.net_fee_pusd);
  }
  if (value.builder_code === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.builder_code);
  }
  if (value.builder_fee_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.builder_fee_pusd);
  }
  if (value.realised_pnl_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.realised_pnl_pusd);
  }
  if (value.unrealised_pnl_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.unrealised_pnl_pusd);
  }
  if (value.position_shares === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.position_shares);
  }
  if (value.avg_cost === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.avg_cost);
  }
  if (value.mark_price === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.mark_price);
  }
  if (value.mark_age_ms === null) writeNull(output);
  else {
    writePresent(output);
    writeLong(output, value.mark_age_ms);
  }
  if (value.mark_kind === null) writeNull(output);
  else {
    writePresent(output);
    writeOneOf(output, MARK_KIND, value.mark_kind);
  }
  if (value.negRisk_price === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.negRisk_price);
  }
  if (value.negRisk === null) writeNull(output);
  else {
    writePresent(output);
    writeBoolean(output, value.negRisk);
  }
  if (value.fill_confirmed_at_ms === null) writeNull(output);
  else {
    writePresent(output);
    writeLong(output, value.fill_confirmed_at_ms);
  }
  if (value.ledger_partition === null) writeNull(output);
  else {
    writePresent(output);
    writeInt(output, value.ledger_partition);
  }
  if (value.ledger_offset === null) writeNull(output);
  else {
    writePresent(output);
    writeLong(output, value.ledger_offset);
  }
  if (value.window_kind === null) writeNull(output);
  else {
    writePresent(output);
    writeOneOf(output, WINDOW_KIND, value.window_kind);
  }
  if (value.window_start === null) writeNull(output);
  else {
    writePresent(output);
    writeLong(output, value.window_start);
  }
  if (value.window_end === null) writeNull(output);
  else {
    writePresent(output);
    writeLong(output, value.window_end);
  }
  if (value.group_by === null) writeNull(output);
  else {
    writePresent(output);
    writeOneOf(output, GROUP_BY, value.group_by);
  }
  if (value.groups === null) writeNull(output);
  else {
    writePresent(output);
    writeArray(output, value.groups, writeReportGroup);
  }
  if (value.total_fills === null) writeNull(output);
  else {
    writePresent(output);
    writeInt(output, value.total_fills);
  }
  if (value.declared_fee_fills === null) writeNull(output);
  else {
    writePresent(output);
    writeInt(output, value.declared_fee_fills);
  }
  if (value.gross_volume_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.gross_volume_pusd);
  }
  if (value.gross_fees_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.gross_fees_pusd);
  }
  if (value.maker_rebates_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.maker_rebates_pusd);
  }
  if (value.maker_rebates_received_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.maker_rebates_received_pusd);
  }
  if (value.net_fees_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.net_fees_pusd);
  }
  if (value.net_pnl_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.net_pnl_pusd);
  }
  if (value.onchain_balance_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.onchain_balance_pusd);
  }
  if (value.onchain_reconciled === null) writeNull(output);
  else {
    writePresent(output);
    writeBoolean(output, value.onchain_reconciled);
  }
  if (value.reconciliation_status === null) writeNull(output);
  else {
    writePresent(output);
    writeOneOf(output, RECONCILIATION_STATUS, value.reconciliation_status);
  }
  if (value.onchain_drift_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.onchain_drift_pusd);
  }
  if (value.unsettled_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.unsettled_pusd);
  }
  if (value.accounts === null) writeNull(output);
  else {
    writePresent(output);
    writeArray(output, value.accounts, writeReportAccount);
  }
  if (value.negRisk_positions === null) writeNull(output);
  else {
    writePresent(output);
    writeInt(output, value.negRisk_positions);
  }
  if (value.negRisk_mark_sum === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.negRisk_mark_sum);
  }
  if (value.marks === null) writeNull(output);
  else {
    writePresent(output);
    writeArray(output, value.marks, writeReportMark);
  }
  if (value.stale_marks === null) writeNull(output);
  else {
    writePresent(output);
    writeInt(output, value.stale_marks);
  }
  if (value.kill_switch_active === null) writeNull(output);
  else {
    writePresent(output);
    writeBoolean(output, value.kill_switch_active);
  }
  if (value.kill_switch_since === null) writeNull(output);
  else {
    writePresent(output);
    writeLong(output, value.kill_switch_since);
  }
  if (value.quarantined_fills === null) writeNull(output);
  else {
    writePresent(output);
    writeInt(output, value.quarantined_fills);
  }
  if (value.settled_shares === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.settled_shares);
  }
  if (value.payout_per_share === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.payout_per_share);
  }
  if (value.payout_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.payout_pusd);
  }
  if (value.corrects === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.corrects);
  }
  if (value.changes === null) writeNull(output);
  else {
    writePresent(output);
    writeArray(output, value.changes, writeReportChange);
  }
  if (value.reason === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.reason);
  }
  if (value.proposed_by === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.proposed_by);
  }
  if (value.approved_by === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.approved_by);
  }
  if (value.report_date === null) writeNull(output);
  else {
    writePresent(output);
    writeDate(output, value.report_date);
  }
  if (value.deferred_cause === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.deferred_cause);
  }
  if (value.next_attempt_at === null) writeNull(output);
  else {
    writePresent(output);
    writeLong(output, value.next_attempt_at);
  }
  if (value.status === null) writeNull(output);
  else {
    writePresent(output);
    writeOneOf(output, STATUS, value.status);
  }
  if (value.total_volume_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.total_volume_pusd);
  }
  if (value.total_rebate_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.total_rebate_pusd);
  }
  if (value.official_volume_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.official_volume_pusd);
  }
  if (value.official_rebate_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.official_rebate_pusd);
  }
  if (value.drift_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.drift_pusd);
  }
  if (value.drift_pct === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.drift_pct);
  }
  if (value.drift_detected === null) writeNull(output);
  else {
    writePresent(output);
    writeBoolean(output, value.drift_detected);
  }
  if (value.per_strategy === null) writeNull(output);
  else {
    writePresent(output);
    writeArray(output, value.per_strategy, writeStrategySlice);
  }
  if (value.per_user === null) writeNull(output);
  else {
    writePresent(output);
    writeArray(output, value.per_user, writeUserSlice);
  }
  if (value.differences === null) writeNull(output);
  else {
    writePresent(output);
    writeArray(output, value.differences, writeRevenueDifference);
  }
  if (value.explained_ratio === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.explained_ratio);
  }
  if (value.official_hash === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.official_hash);
  }
  if (value.offset_cut === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.offset_cut);
  }
}
