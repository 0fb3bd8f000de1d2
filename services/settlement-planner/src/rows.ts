/** What the planner keeps, as rows. Their way back is revive-plans.ts. */

import { legsText } from './jobs.ts';
import {
  type Market,
  type NegRiskEvent,
  type Plans,
  type Position,
  type SlotState,
} from './state.ts';
import {
  type EventRow,
  type MarketRow,
  type PartitionRow,
  type PositionRow,
  type SlotRow,
} from './tables.ts';

export function partitionRow(partition: string, { nextOffset, parameters }: Plans): PartitionRow {
  return {
    partition,
    next_offset: nextOffset,
    market_seq: parameters.marketSeq,
    mode: parameters.mode,
    neg_risk_fee_bips: parameters.negRiskFeeBips,
    exchange_max_fee_bps: parameters.exchangeBpsMax,
    addresses: Object.entries(parameters.addresses)
      .map(([name, address]) => `${name}=${address}`)
      .sort(),
  };
}

export function marketRow(partition: string, market: Market): MarketRow {
  return {
    partition,
    condition_id: market.conditionId,
    collateral: market.collateral,
    tokens: market.tokens,
    neg_risk_market_id: market.negRiskMarketId,
    question_index: market.questionIndex,
    told: market.told,
    payout_numerators: market.numerators?.map(String) ?? null,
  };
}

export function eventRow(partition: string, event: NegRiskEvent): EventRow {
  return {
    partition,
    neg_risk_market_id: event.marketId,
    question_count: event.questionCount,
    fee_bips: event.feeBips,
  };
}

export function positionRow(partition: string, position: Position): PositionRow {
  const [yes, no] = position.held;
  return {
    partition,
    account: position.account,
    condition_id: position.conditionId,
    settlement_status: position.status,
    yes_token_id: yes.tokenId,
    yes_free_shares: yes.free,
    yes_total_shares: yes.total,
    yes_doubts: yes.doubts,
    no_token_id: no.tokenId,
    no_free_shares: no.free,
    no_total_shares: no.total,
    no_doubts: no.doubts,
  };
}

export function slotRow(partition: string, slot: SlotState): SlotRow {
  const { job, failures, withheld } = slot;
  const plan = job?.plan;
  return {
    partition,
    account: slot.account,
    target: slot.target,
    withheld_kind: withheld?.kind ?? null,
    withheld_code: withheld?.code ?? null,
    failures: failures?.count ?? 0,
    failed_plan: failures?.fingerprint ?? null,
    job_id: job?.jobId ?? null,
    state: job?.state ?? null,
    kind: plan?.kind ?? null,
    condition_id: plan?.conditionId ?? null,
    neg_risk_market_id: plan?.negRiskMarketId ?? null,
    contract: plan?.contract ?? null,
    calldata: job?.calldata ?? null,
    amount_shares: plan?.amount ?? null,
    index_set: plan === undefined ? null : String(plan.indexSet),
    legs: legsText(plan?.legs ?? []),
    gains: legsText(plan?.gains ?? []),
    payout_pusd: plan?.cash ?? null,
    fee_pusd: plan?.fee ?? null,
    fee_yes_shares: plan?.feeYes ?? null,
    fee_bips: plan?.feeBips ?? null,
    question_count: plan?.questionCount ?? null,
    tx_hash: job?.txHash ?? null,
    claimed_by: job?.claimedBy ?? null,
    correlation_id: job?.correlationId ?? null,
    planned_offset: job?.plannedOffset ?? null,
  };
}
