/** Events for tests: real token ids, believable envelopes; a test says only what it is about. */

import {
  type LedgerEvent,
  partitionOf,
  type Records,
  type SettlementJob,
} from '@polytraders/contracts';
import { tokenIds, USDC_E, WRAPPED_COLLATERAL } from '@polytraders/domain';
import { priceE18, pusd, shares } from '@polytraders/money';
import { type Emission, type Recorded } from '@polytraders/stream';
import { getBytes, keccak256 } from 'ethers';

export const ACCOUNT = '0x5f0c2d1e3b4a59687786a5b4c3d2e1f00f1e2d3c';
export const PARTITION = partitionOf(ACCOUNT, 12);
/** 2026-05-08T12:00:00Z. */
export const NOON = 1_778_241_600_000_000;
export const MARKET = `0x${'ce'.repeat(31)}00`;

export type TestMarket = {
  readonly condition: string;
  readonly yes: string;
  readonly no: string;
};

const keccak = (bytes: Uint8Array): Uint8Array => getBytes(keccak256(bytes));

function market(digits: string, collateral: string): TestMarket {
  const condition = `0x${digits.repeat(32)}`;
  const [yes, no] = tokenIds(keccak, collateral, condition);
  return { condition, yes, no };
}

/** A plain market, and the three questions of an event. */
export const PLAIN = market('a1', USDC_E);
export const OTHER = market('a2', USDC_E);
export const QUESTIONS: readonly [TestMarket, TestMarket, TestMarket] = [
  market('b0', WRAPPED_COLLATERAL),
  market('b1', WRAPPED_COLLATERAL),
  market('b2', WRAPPED_COLLATERAL),
];

export const units = (whole: number): bigint => BigInt(Math.round(whole * 1_000_000));
export const txHash = (digits: string): string => `0x${digits.repeat(32)}`;

type Said<Type extends LedgerEvent['type']> = Omit<
  Records[Type],
  'event_id' | 'correlation_id' | 'causation_id' | 'producer' | 'effective_at' | 'recorded_at'
>;

let counted = 0;

/** The event with an envelope of its own. */
export function event<Type extends LedgerEvent['type']>(type: Type, said: Said<Type>): LedgerEvent {
  counted += 1;
  const value = {
    event_id: `evt_${String(counted)}`,
    correlation_id: `cor_${String(counted)}`,
    causation_id: null,
    producer: 'fill-ingestor/1',
    effective_at: NOON + counted * 1_000_000,
    recorded_at: NOON + counted * 1_000_000 + 250_000,
    ...said,
  };
  return { type, value } as unknown as LedgerEvent;
}

const told = { source: 'bus', source_position: 'test' } as const;
const onChain = { ...told, block_number: 90_000_000, block_hash: null, log_index: 1 } as const;
const facts = { paper: false, flags: [], incomplete_reasons: [] } as const;

/** Shares that come into the wallet, or leave it. */
export function moved(
  token: string,
  whole: number,
  said: Partial<Said<'TokensTransferred'>> = {},
): LedgerEvent {
  const of = [...QUESTIONS, PLAIN, OTHER].find(({ yes, no }) => yes === token || no === token);
  return event('TokensTransferred', {
    ...onChain,
    account: ACCOUNT,
    kind: 'TRANSFER',
    direction: whole < 0 ? 'OUT' : 'IN',
    counterparty: `0x${'12'.repeat(20)}`,
    condition_id: of?.condition ?? null,
    token_id: token,
    quantity_shares: shares(units(Math.abs(whole))),
    basis_pusd: null,
    basis_declared_by: null,
    job_id: null,
    tx_hash: txHash('01'),
    ...said,
  });
}

/** A SELL order, which keeps its shares. */
export function sellOrder(token: string, whole: number, orderId = 'o1'): LedgerEvent {
  const of = [...QUESTIONS, PLAIN, OTHER].find(({ yes, no }) => yes === token || no === token);
  return event('OrderOpened', {
    ...told,
    ...facts,
    order_id: orderId,
    order_hash: null,
    account: ACCOUNT,
    trading_bot_id: 'mm',
    condition_id: of?.condition ?? null,
    venue_market_id: null,
    token_id: token,
    order_side: 'SELL',
    price: priceE18(500_000_000_000_000_000n),
    quantity_shares: shares(units(whole)),
    max_fee_pusd: pusd(0n),
    expires_at: null,
    reservation_id: null,
  });
}

export function orderClosed(orderId = 'o1', account = ACCOUNT): LedgerEvent {
  return event('OrderClosed', {
    ...told,
    ...facts,
    order_id: orderId,
    order_hash: null,
    account,
    trading_bot_id: 'mm',
    condition_id: null,
    token_id: null,
    order_side: null,
    closing_reason: 'CANCELLED',
    detail: null,
  });
}

export type FillSaid = {
  readonly id: string;
  readonly token: string;
  readonly side: 'BUY' | 'SELL';
  readonly whole: number;
  readonly account?: string;
  readonly doubt?: string;
};

/** A fill, matched or confirmed, at 0.50 without a fee. */
export function fill(type: 'FillMatched' | 'FillConfirmed', said: FillSaid): LedgerEvent {
  const { id, token, side, whole, account = ACCOUNT } = said;
  const of = [...QUESTIONS, PLAIN, OTHER].find(({ yes, no }) => yes === token || no === token);
  const value = {
    ...told,
    ...facts,
    status: 'MATCHED',
    fill_id: id,
    order_id: null,
    order_hash: null,
    account,
    trading_bot_id: 'mm',
    condition_id: of?.condition ?? null,
    venue_market_id: null,
    token_id: token,
    side: 'taker',
    order_side: side,
    quantity_shares: shares(units(whole)),
    size_pusd: pusd(units(whole) / 2n),
    price: priceE18(500_000_000_000_000_000n),
    fee_source: 'MATCH_EVENT',
    fee_pusd: pusd(0n),
    fee_bps: null,
    fee_declared_by: null,
    builder_code: null,
    builder_fee_pusd: null,
    builder_fee_bps: null,
    strategy_slug: null,
    user_id: null,
    neg_risk: null,
    neg_risk_source: 'NONE',
    neg_risk_given: null,
    neg_risk_market_id: null,
    rebate_rate: null,
    marks: [],
    identity_recipe: 'BUS',
    joined_sources: [],
    tx_hash: null,
    block_number: null,
    block_hash: null,
    log_index: null,
    matched_at: null,
    confirmed_at: NOON,
    paper: account.startsWith('paper:'),
    incomplete_reasons: said.doubt === undefined ? [] : [said.doubt],
  } as const;
  return event(type, value as never);
}

export function fillFailed(id: string): LedgerEvent {
  return event('FillFailed', {
    ...told,
    fill_id: id,
    account: ACCOUNT,
    trading_bot_id: 'mm',
    token_id: null,
    reason: 'FAILED',
    joined_to: null,
    detail: null,
    paper: false,
    flags: [],
  });
}

/** A definition; a question of the event where `at` says which. */
export function defined(
  { condition, yes, no }: TestMarket,
  at: number | null = null,
  said: Partial<Said<'MarketDefined'>> = {},
): LedgerEvent {
  return event('MarketDefined', {
    ...told,
    condition_id: condition,
    venue_market_id: null,
    tokens: [
      { token_id: yes, outcome: 'Yes' },
      { token_id: no, outcome: 'No' },
    ],
    neg_risk_market_id: at === null ? null : MARKET,
    questions:
      at === null
        ? []
        : QUESTIONS.map((question, index) => ({
            question_index: index,
            condition_id: question.condition,
            yes_token_id: question.yes,
            no_token_id: question.no,
          })),
    maker_rebate_rate: null,
    fee_schedule: null,
    status: 'OPEN',
    end_date: null,
    synthesised: false,
    ...said,
  });
}

export function statusChanged(
  { condition }: TestMarket,
  status: Said<'MarketStatusChanged'>['status'],
): LedgerEvent {
  const place = { tx_hash: null, block_number: null, block_hash: null, log_index: null };
  return event('MarketStatusChanged', {
    ...told,
    ...place,
    market_seq: 1,
    condition_id: condition,
    status,
  });
}

export function resolved({ condition }: TestMarket, ...numerators: readonly string[]): LedgerEvent {
  return event('MarketResolved', {
    ...onChain,
    market_seq: 1,
    condition_id: condition,
    payout_numerators: numerators,
    block_time: NOON,
    tx_hash: txHash('02'),
  });
}

type Doing = { readonly txHash?: string; readonly jobId?: string | null };

/** What the chain says after a job was executed, or after somebody did the same by hand. */
export function executed(job: SettlementJob, doing: Doing = {}): LedgerEvent {
  const common = {
    ...onChain,
    account: job.account,
    neg_risk_market_id: job.neg_risk_market_id,
    job_id: doing.jobId ?? null,
    tx_hash: doing.txHash ?? txHash('0e'),
  };
  const condition_id = job.condition_id ?? '';
  if (job.kind === 'MERGE')
    return event('PositionsMerged', {
      ...common,
      condition_id,
      amount_pusd: job.payout_pusd,
      legs: job.legs,
    });
  if (job.kind === 'REDEEM')
    return event('PositionsRedeemed', {
      ...common,
      condition_id,
      payout_pusd: job.payout_pusd,
      legs: job.legs.map((leg) => ({ ...leg, payout_pusd: null })),
    });
  return event('PositionsConverted', {
    ...common,
    neg_risk_market_id: job.neg_risk_market_id ?? '',
    index_set: job.index_set ?? '0',
    amount_shares: job.amount_shares,
    fee_bips: job.fee_bips ?? 0,
    question_count: QUESTIONS.length,
    payout_pusd: job.payout_pusd,
    legs_out: job.legs,
    legs_in: job.gains,
  });
}

export function claimed(jobId: string, tx = txHash('0e'), by = 'executor-1'): LedgerEvent {
  return event('SettlementJobClaimed', {
    ...told,
    job_id: jobId,
    account: ACCOUNT,
    tx_hash: tx,
    claimed_by: by,
  });
}

export function jobFailed(jobId: string, tx: string | null = null): LedgerEvent {
  return event('SettlementJobFailed', {
    ...told,
    job_id: jobId,
    account: ACCOUNT,
    tx_hash: tx,
    failed_by: 'executor-1',
    reason: 'reverted: adapter is paused',
  });
}

export function parametersChanged(
  mode: Said<'ParametersChanged'>['mode'],
  settings: Readonly<Record<string, string>> = {},
  processor = 'settlement-planner',
): LedgerEvent {
  return event('ParametersChanged', {
    market_seq: 1,
    processor,
    mode,
    parameters: Object.entries(settings).map(([name, value]) => ({ name, value })),
    changed_by: 'deploy',
  });
}

/** Events at their places in the account's partition, from an offset on. */
export function logOf(events: readonly LedgerEvent[], from = 0): readonly Recorded<LedgerEvent>[] {
  return events.map((one, at) => ({
    event: one,
    topic: 'polytraders.ledger.events',
    partition: PARTITION,
    offset: from + at,
  }));
}

/** The jobs that were published. */
export function jobsIn(emitted: readonly Emission[]): readonly SettlementJob[] {
  return emitted.map(({ record }) => record.value as SettlementJob);
}

/** Jobs in a few words: what happened to them, in order. */
export function shown(emitted: readonly Emission[]): readonly string[] {
  return jobsIn(emitted).map(
    ({ kind, state, payout_pusd: payout }) => `${kind} ${String(payout / 1_000_000n)} ${state}`,
  );
}
