/** A ledger row of a fill with nothing computed: what the baseline and the naive way copy. */

import { type FillConfirmed } from '@polytraders/contracts';
import { pusd, shares } from '@polytraders/money';
import { type LedgerEntry } from '../../services/pnl-projector/src/entry.ts';

const noPusd = pusd(0n);
const noShares = shares(0n);

/** As wide as the projector's row: the same columns, the fill's own values, zero for the rest. */
export function bareRow(fill: FillConfirmed): LedgerEntry {
  return {
    entry_kind: 'FILL',
    fill_id: fill.fill_id,
    event_id: fill.event_id,
    correlation_id: fill.correlation_id,
    effective_at: fill.effective_at,
    recorded_at: fill.recorded_at,
    confirmed_at: fill.confirmed_at,
    retained_until: '2033-05-08',
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
    fee_bps_match_event: fill.fee_bps,
    gross_fee_pusd: fill.fee_pusd ?? noPusd,
    maker_rebate_pusd: noPusd,
    net_fee_pusd: noPusd,
    builder_code: fill.builder_code,
    builder_fee_pusd: fill.builder_fee_pusd,
    strategy_slug: fill.strategy_slug,
    user_id: fill.user_id,
    effect: 'none',
    opened_shares: noShares,
    opened_basis_pusd: noPusd,
    closed_shares: noShares,
    closed_basis_pusd: noPusd,
    cash_pusd: fill.size_pusd,
    cost_basis_before_pusd: null,
    carried_basis_pusd: null,
    unknown_basis_pusd: null,
    realised_pnl_pusd: noPusd,
    unrealised_pnl_pusd: noPusd,
    position_shares: noShares,
    cost_basis_pusd: noPusd,
    avg_cost: null,
    mark_price: fill.marks[0]?.price ?? null,
    mark_age_ms: 0,
    neg_risk: fill.neg_risk,
    paper: fill.paper,
    mode: 'general_live',
    quarantined: false,
    reason_codes: fill.flags,
    books_complete: true,
    incomplete_reasons: fill.incomplete_reasons,
    identity_recipe: fill.identity_recipe,
    detail: null,
    source: fill.source,
    tx_hash: fill.tx_hash,
    order_hash: fill.order_hash,
    block_number: fill.block_number,
    log_index: fill.log_index,
  };
}
