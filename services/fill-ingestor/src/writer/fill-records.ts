/** The three records of a fill's life, out of a draft and what was added to it. */

import { type Records } from '@polytraders/contracts';
import { type OrderSide } from '@polytraders/domain';
import { type FillDraft, type TimeMicros } from '../draft.ts';
import { type InboxEvent } from '../inbox-event.ts';
import { type Enrichment } from './enrich.ts';
import { type Entry, ledgerEntry } from './entry.ts';
import { envelopeOf } from './envelope.ts';
import { type FillState } from './state.ts';

/** A draft with everything that the ledger must know of a fill. */
export type WholeFill = {
  readonly draft: FillDraft;
  /** The id on the log, which may be another source's. */
  readonly fillId: string;
  readonly account: string;
  readonly tokenId: string;
  readonly orderSide: OrderSide;
  readonly added: Enrichment;
  readonly joinedSources: readonly string[];
  readonly matchedAt: TimeMicros | null;
};

/** MATCHED or MINED: provisional, the whole fill as far as it is known. */
export function matchedEntry(
  event: InboxEvent,
  fill: WholeFill,
  status: 'MATCHED' | 'MINED',
): Entry {
  const envelope = envelopeOf(event, {
    identity: ['FillMatched', fill.fillId, status],
    correlationId: correlationOf(fill.draft),
    effectiveAt: fill.draft.effectiveAt,
  });
  const value: Records['FillMatched'] = { ...envelope, status, ...bodyOf(event, fill) };
  return ledgerEntry('FillMatched', value, placeOf(event, fill));
}

/** CONFIRMED: final and self-contained. */
export function confirmedEntry(event: InboxEvent, fill: WholeFill): Entry {
  const envelope = envelopeOf(event, {
    identity: ['FillConfirmed', fill.fillId],
    correlationId: correlationOf(fill.draft),
    effectiveAt: fill.draft.effectiveAt,
  });
  const value: Records['FillConfirmed'] = {
    ...envelope,
    ...bodyOf(event, fill),
    marks: fill.added.marks,
    confirmed_at: envelope.effective_at,
  };
  return ledgerEntry('FillConfirmed', value, placeOf(event, fill));
}

/** FAILED at the venue, or JOINED to a fill that stands under another id. */
export function failedEntry(
  event: InboxEvent,
  known: FillState,
  draft: FillDraft,
  joinedTo: string | null,
): Entry {
  const value: Records['FillFailed'] = {
    ...envelopeOf(event, {
      identity: ['FillFailed', known.fillId],
      correlationId: correlationOf(draft),
      causationId: joinedTo === null ? null : known.eventId,
      effectiveAt: draft.effectiveAt,
    }),
    fill_id: known.fillId,
    account: known.account,
    trading_bot_id: known.tradingBotId,
    token_id: known.tokenId,
    reason: joinedTo === null ? 'FAILED' : 'JOINED',
    joined_to: joinedTo,
    detail: null,
    source: event.source,
    source_position: event.sourcePosition,
    paper: known.paper,
    flags: joinedTo === null ? ['EXEC_FILL_FAILED'] : [],
  };
  const fillId = known.fillId;
  const place = {
    key: known.account,
    fillId,
    sourcePosition: event.sourcePosition,
    reasonCode: null,
  };
  return ledgerEntry('FillFailed', value, place);
}

function bodyOf(event: InboxEvent, fill: WholeFill) {
  const { draft, added } = fill;
  return {
    fill_id: fill.fillId,
    order_id: draft.orderId,
    order_hash: draft.orderHash,
    account: fill.account,
    trading_bot_id: added.tradingBotId,
    condition_id: added.conditionId,
    venue_market_id: draft.venueMarketId,
    token_id: fill.tokenId,
    side: draft.side,
    order_side: fill.orderSide,
    quantity_shares: draft.quantity,
    size_pusd: draft.notional,
    price: draft.price,
    fee_source: draft.feeSource,
    fee_pusd: draft.feePusd,
    fee_bps: draft.feeBps,
    fee_declared_by: draft.feeDeclaredBy,
    builder_code: draft.builderCode,
    builder_fee_pusd: draft.builderFeePusd,
    builder_fee_bps: null,
    strategy_slug: draft.strategySlug,
    user_id: draft.userId,
    neg_risk: added.negRisk,
    neg_risk_source: added.negRiskSource,
    neg_risk_given: draft.negRisk,
    neg_risk_market_id: added.negRiskMarketId,
    rebate_rate: added.rebateRate,
    identity_recipe: draft.recipe,
    source: event.source,
    source_position: event.sourcePosition,
    joined_sources: fill.joinedSources,
    tx_hash: draft.txHash,
    block_number: draft.blockNumber,
    block_hash: draft.blockHash,
    log_index: draft.logIndex,
    matched_at: fill.matchedAt,
    paper: draft.paper,
    flags: added.flags,
    incomplete_reasons: added.incompleteReasons,
  };
}

function correlationOf(draft: FillDraft): string {
  return draft.correlationId ?? draft.fillId;
}

function placeOf(event: InboxEvent, fill: WholeFill) {
  const { account, fillId } = fill;
  return { key: account, fillId, sourcePosition: event.sourcePosition, reasonCode: null };
}
