/** Events for tests: a believable one of each kind, of which a test says only what it is about. */

import {
  type Event,
  type FillMatched,
  LEDGER_PARTITIONS,
  type LedgerEvent,
  partitionOf,
  type Records,
} from '@polytraders/contracts';
import { priceE18, pusd, shares } from '@polytraders/money';
import { type Recorded } from '@polytraders/stream';

export const ACCOUNT = '0x5f0c2d1e3b4a59687786a5b4c3d2e1f00f1e2d3c';
export const YES = '101';
export const NO = '102';
export const CONDITION = '0xfc690d5069b296bb9278af0cba42c02666e0999e4a4009ed97ea4a885f045457';
/** 2026-05-08T12:00:00Z. */
export const NOON = 1_778_241_600_000_000;

/** 1.5 units are 1,500,000 micros. */
export const units = (amount: number): bigint => BigInt(Math.round(amount * 1e6));

function envelope(id: string) {
  return {
    event_id: `evt_${id}`,
    correlation_id: `cor_${id}`,
    causation_id: null,
    producer: 'fill-ingestor/1',
    effective_at: NOON,
    recorded_at: NOON + 500_000,
  };
}

const source = { source: 'bus' as const, source_position: 'polytraders.reports.execution/0/1' };
const said = { ...source, flags: [], incomplete_reasons: [] };

/** BUY 100 YES at 0.50 with a fee of at most 1. */
export function opened(over: Partial<Records['OrderOpened']> = {}): Event<'OrderOpened'> {
  const id = over.order_id ?? 'o1';
  const account = over.account ?? ACCOUNT;
  return {
    type: 'OrderOpened',
    value: {
      ...envelope(`opened_${id}`),
      ...said,
      order_id: id,
      order_hash: null,
      account,
      trading_bot_id: 'mm',
      condition_id: CONDITION,
      venue_market_id: null,
      token_id: YES,
      order_side: 'BUY',
      price: priceE18(500_000_000_000_000_000n),
      quantity_shares: shares(units(100)),
      max_fee_pusd: pusd(units(1)),
      expires_at: null,
      reservation_id: null,
      paper: account.startsWith('paper:'),
      ...over,
    },
  };
}

export function closed(over: Partial<Records['OrderClosed']> = {}): Event<'OrderClosed'> {
  const id = over.order_id ?? 'o1';
  const account = over.account ?? ACCOUNT;
  return {
    type: 'OrderClosed',
    value: {
      ...envelope(`closed_${id}`),
      ...said,
      order_id: id,
      order_hash: null,
      account,
      trading_bot_id: 'mm',
      condition_id: CONDITION,
      token_id: YES,
      order_side: 'BUY',
      closing_reason: 'CANCELLED',
      detail: null,
      paper: account.startsWith('paper:'),
      ...over,
    },
  };
}

function fillOf(type: string, over: Partial<FillMatched>): Omit<FillMatched, 'status'> {
  const id = over.fill_id ?? 'f1';
  const account = over.account ?? ACCOUNT;
  return {
    ...envelope(`${type}_${id}`),
    ...said,
    fill_id: id,
    order_id: 'o1',
    order_hash: null,
    account,
    trading_bot_id: 'mm',
    condition_id: CONDITION,
    venue_market_id: null,
    token_id: YES,
    side: 'taker',
    order_side: 'BUY',
    quantity_shares: shares(units(40)),
    size_pusd: pusd(units(20)),
    price: priceE18(500_000_000_000_000_000n),
    fee_source: 'MATCH_EVENT',
    fee_pusd: pusd(units(0.4)),
    fee_bps: null,
    fee_declared_by: null,
    builder_code: null,
    builder_fee_pusd: null,
    builder_fee_bps: null,
    strategy_slug: null,
    user_id: null,
    neg_risk: false,
    neg_risk_source: 'GIVEN',
    neg_risk_given: false,
    neg_risk_market_id: null,
    rebate_rate: null,
    identity_recipe: 'BUS',
    joined_sources: [],
    tx_hash: null,
    block_number: null,
    block_hash: null,
    log_index: null,
    matched_at: null,
    paper: account.startsWith('paper:'),
    ...over,
  };
}

/** 40 YES bought at 0.50 with a fee of 0.4, matched. */
export function matched(over: Partial<FillMatched> = {}): Event<'FillMatched'> {
  return { type: 'FillMatched', value: { status: 'MATCHED', ...fillOf('matched', over) } };
}

/** The same, confirmed. */
export function confirmed(over: Partial<Records['FillConfirmed']> = {}): Event<'FillConfirmed'> {
  const value = { ...fillOf('confirmed', over), marks: [], confirmed_at: NOON, ...over };
  return { type: 'FillConfirmed', value };
}

export function failed(fill_id = 'f1', account = ACCOUNT): Event<'FillFailed'> {
  return {
    type: 'FillFailed',
    value: {
      ...envelope(`failed_${fill_id}`),
      ...source,
      fill_id,
      account,
      trading_bot_id: 'mm',
      token_id: YES,
      reason: 'FAILED',
      joined_to: null,
      detail: null,
      paper: account.startsWith('paper:'),
      flags: [],
    },
  };
}

/** 1,000 pUSD and 500 YES in the wallet when its books begin. */
export function opening(account = ACCOUNT): Event<'OpeningBalance'> {
  const position = {
    trading_bot_id: 'mm',
    condition_id: CONDITION,
    token_id: YES,
    quantity_shares: shares(units(500)),
    basis_pusd: null,
    acquired_at: null,
  };
  return {
    type: 'OpeningBalance',
    value: {
      ...envelope(`opening_${account}`),
      ...source,
      account,
      balance_pusd: pusd(units(1_000)),
      positions: [position],
      block_number: null,
      block_hash: null,
      proposed_by: 'ann',
      approved_by: 'bob',
      reason: 'the books begin',
    },
  };
}

/** A request for 50 pUSD and a fee of at most 1. */
export function asked(
  over: Partial<Records['ReservationRequested']> = {},
): Event<'ReservationRequested'> {
  const id = over.reservation_id ?? 'r1';
  return {
    type: 'ReservationRequested',
    value: {
      ...envelope(`asked_${id}`),
      ...source,
      reservation_id: id,
      account: ACCOUNT,
      trading_bot_id: 'mm',
      token_id: null,
      quantity_shares: null,
      amount_pusd: pusd(units(50)),
      max_fee_pusd: pusd(units(1)),
      expires_at: NOON + 60_000_000,
      ttl_ms: 60_000,
      proposed_by: 'mm',
      ...over,
    },
  };
}

export function passed(to: number): Event<'TimeAdvanced'> {
  return { type: 'TimeAdvanced', value: { ...envelope(`time_${String(to)}`), to } };
}

export function resolved(...payout_numerators: readonly string[]): Event<'MarketResolved'> {
  return {
    type: 'MarketResolved',
    value: {
      ...envelope('resolved'),
      ...source,
      source: 'chain',
      market_seq: 7,
      condition_id: CONDITION,
      payout_numerators,
      block_time: NOON,
      tx_hash: '0xaa',
      block_number: 1,
      block_hash: null,
      log_index: 0,
    },
  };
}

export function defined(): Event<'MarketDefined'> {
  return {
    type: 'MarketDefined',
    value: {
      ...envelope('defined'),
      ...source,
      condition_id: CONDITION,
      venue_market_id: null,
      tokens: [
        { token_id: YES, outcome: 'Yes' },
        { token_id: NO, outcome: 'No' },
      ],
      neg_risk_market_id: null,
      questions: [],
      maker_rebate_rate: null,
      fee_schedule: null,
      status: 'OPEN',
      end_date: null,
      synthesised: false,
    },
  };
}

export function cashMoved(amount: number, id = 'c1'): Event<'CashMoved'> {
  return {
    type: 'CashMoved',
    value: {
      ...envelope(`cash_${id}`),
      ...source,
      account: ACCOUNT,
      kind: 'DEPOSIT',
      amount_pusd: pusd(units(amount)),
      counterparty: null,
      condition_id: null,
      tx_hash: null,
      block_number: null,
      block_hash: null,
      log_index: null,
    },
  };
}

/** A redemption of nothing for nothing, as activity exports have them. */
export function redeemedNothing(): Event<'PositionsRedeemed'> {
  return {
    type: 'PositionsRedeemed',
    value: {
      ...envelope('redeemed'),
      ...source,
      account: ACCOUNT,
      condition_id: CONDITION,
      neg_risk_market_id: null,
      payout_pusd: pusd(0n),
      legs: [],
      job_id: null,
      tx_hash: '0xbb',
      block_number: null,
      block_hash: null,
      log_index: null,
    },
  };
}

export function parameters(
  mode: Records['ParametersChanged']['mode'],
  processor = 'inventory-reserver',
): Event<'ParametersChanged'> {
  return {
    type: 'ParametersChanged',
    value: {
      ...envelope(`parameters_${mode}`),
      market_seq: 1,
      processor,
      mode,
      parameters: [],
      changed_by: 'deploy',
    },
  };
}

/** The events as a log, each in the partition of its account; those without one in ACCOUNT's. */
export function logOf(events: readonly LedgerEvent[], from = 0): readonly Recorded<LedgerEvent>[] {
  return events.map((event, index) => {
    const account = 'account' in event.value ? event.value.account : ACCOUNT;
    return {
      event,
      topic: 'polytraders.ledger.events',
      partition: partitionOf(account, LEDGER_PARTITIONS),
      offset: from + index,
    };
  });
}
