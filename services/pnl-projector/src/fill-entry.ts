/** The ledger line of a confirmed fill. One pass: this runs for every fill of a rebuild. */

import { type FillConfirmed } from '@polytraders/contracts';
import {
  type Applied,
  avgCost,
  cashOfFill,
  costBasis,
  type MarkReading,
  positionShares,
} from '@polytraders/domain';
import { type PriceE18, type PusdMicros } from '@polytraders/money';
import { type MarkKind, type Parameters } from './entities.ts';
import { type LedgerEntry } from './entry.ts';

/** The mark that a book is valued at, and when it was observed. */
export type CarriedMark = MarkReading & {
  readonly observedAt: number | null;
  readonly kind: MarkKind | null;
  /** Normalised within its event; null where the book is valued by the mark itself. */
  readonly negRiskPrice: PriceE18 | null;
  /** Σ of the event's YES marks as observed, in 10⁻⁶; null where one is missing. */
  readonly markSum: bigint | null;
  /** The mark that the fill brought, as text, where its payout goes before it; else null. */
  readonly beside: string | null;
};

export type EntryFees = {
  readonly gross: PusdMicros | null;
  readonly rebate: PusdMicros | null;
  readonly net: PusdMicros | null;
  readonly builder: PusdMicros | null;
};

export type Verdict = {
  readonly quarantined: boolean;
  /** Null while it is quarantined, and where all that it closed is of unknown basis. */
  readonly realised: PusdMicros | null;
  readonly codes: readonly string[];
  readonly incomplete: readonly string[];
  readonly mode: Parameters['mode'];
  readonly retainedUntil: string | null;
};

/** What a line says besides its fill. */
export type EntryParts = {
  readonly fees: EntryFees;
  readonly applied: Applied;
  readonly mark: CarriedMark;
  readonly unrealised: PusdMicros | null;
  readonly verdict: Verdict;
};

/** The line of a fill. */
export function entryOf(fill: FillConfirmed, parts: EntryParts): LedgerEntry {
  const { fees, applied, mark, unrealised, verdict } = parts;
  const { gross } = fees;
  return {
    entry_kind: 'FILL',
    fill_id: fill.fill_id,
    event_id: fill.event_id,
    correlation_id: fill.correlation_id,
    effective_at: fill.effective_at,
    recorded_at: fill.recorded_at,
    confirmed_at: fill.confirmed_at,
    // Paper is in no regulatory tier (B15, B16).
    retained_until: fill.paper ? null : verdict.retainedUntil,
    account: fill.account,
    trading_bot_id: fill.trading_bot_id,
    condition_id: fill.condition_id,
    venue_market_id: fill.venue_market_id,
    token_id: fill.token_id,
    order_id: fill.order_id,
    side: fill.side,
    order_side: fill.order_side,
    quantity_shares: fill.quantity_shares,
    size_pusd: fill.size_pusd,
    price: fill.price,
    fee_source: fill.fee_source,
    fee_bps_match_event: fill.fee_pusd === null ? fill.fee_bps : null,
    gross_fee_pusd: fees.gross,
    maker_rebate_pusd: fees.rebate,
    net_fee_pusd: fees.net,
    builder_code: fill.builder_code,
    builder_fee_pusd: fees.builder,
    strategy_slug: fill.strategy_slug,
    user_id: fill.user_id,
    effect: applied.effect,
    opened_shares: applied.openedQuantity,
    opened_basis_pusd: applied.openedBasis,
    closed_shares: applied.closedQuantity,
    closed_basis_pusd: applied.closedBasis,
    cash_pusd: gross === null ? null : cashOfFill(fill.order_side, fill.size_pusd, gross),
    cost_basis_before_pusd: null,
    carried_basis_pusd: null,
    unknown_basis_pusd: applied.unknown === 0n ? null : applied.unknown,
    realised_pnl_pusd: verdict.realised,
    unrealised_pnl_pusd: unrealised,
    position_shares: positionShares(applied.position),
    cost_basis_pusd: costBasis(applied.position),
    avg_cost: avgCost(applied.position),
    mark_price: mark.price,
    mark_age_ms: mark.ageMs,
    mark_kind: mark.kind,
    mark_observed_at: mark.observedAt,
    carried_mark: mark.beside,
    neg_risk_price: mark.negRiskPrice,
    neg_risk_mark_sum: mark.markSum,
    neg_risk: fill.neg_risk,
    paper: fill.paper,
    mode: verdict.mode,
    quarantined: verdict.quarantined,
    reason_codes: verdict.codes,
    books_complete: verdict.incomplete.length === 0,
    incomplete_reasons: verdict.incomplete,
    identity_recipe: fill.identity_recipe,
    detail: null,
    source: fill.source,
    tx_hash: fill.tx_hash,
    order_hash: fill.order_hash,
    block_number: fill.block_number,
    log_index: fill.log_index,
  };
}
