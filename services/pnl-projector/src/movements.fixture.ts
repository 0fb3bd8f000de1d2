/**
 * Movements and markets for tests: a believable event, of which a test says only what it is about.
 */

import {
  type CashMoved,
  type LedgerEvent,
  type MarketDefined,
  type MarketResolved,
  type OpeningBalance,
  type PositionsConverted,
  type PositionsMerged,
  type PositionsRedeemed,
  type PositionsSplit,
  type SettlementJobClaimed,
  type TokenLeg,
  type TokensTransferred,
} from '@polytraders/contracts';
import { pusd, shares } from '@polytraders/money';
import { type Recorded } from '@polytraders/stream';
import { partitionOfAccount } from './entities.ts';
import { ACCOUNT, at, CONDITION, NOON, TOKEN } from './events.fixture.ts';

/** NO of the condition whose YES is TOKEN. */
export const NO_TOKEN =
  '2890213445014127424511466931609154310536269586265875141655148162320150952197';
export const MARKET = '0xcc4727a6394620b9c8ae82db3db50a34d5ca9828675547bcc4cddf5e86b63000';

function envelope(name: string): {
  readonly event_id: string;
  readonly correlation_id: string;
  readonly causation_id: null;
  readonly producer: string;
  readonly effective_at: number;
  readonly recorded_at: number;
} {
  return {
    event_id: `evt_${name}`,
    correlation_id: `cor_${name}`,
    causation_id: null,
    producer: 'fill-ingestor/1',
    effective_at: NOON,
    recorded_at: NOON + 500_000,
  };
}

function coordinates(name: string): {
  readonly source: 'chain';
  readonly source_position: string;
  readonly tx_hash: string;
  readonly block_number: number;
  readonly block_hash: null;
  readonly log_index: number;
} {
  const [source, tx_hash] = ['chain', `0x${name}`] as const;
  const place = { block_number: 71_000_000, block_hash: null, log_index: 7 };
  return { source, source_position: `71000000/${name}`, tx_hash, ...place };
}

export function leg(token: string, micros: bigint, index: number | null = null): TokenLeg {
  return { token_id: token, outcome_index: index, quantity_shares: shares(micros) };
}

/** 100 pUSD split into 100 YES and 100 NO. */
export function split(name: string, said: Partial<PositionsSplit> = {}): PositionsSplit {
  const amount = said.amount_pusd ?? pusd(100_000_000n);
  return {
    ...envelope(name),
    account: ACCOUNT,
    condition_id: CONDITION,
    neg_risk_market_id: null,
    amount_pusd: amount,
    legs: [leg(TOKEN, amount, 0), leg(NO_TOKEN, amount, 1)],
    job_id: null,
    ...coordinates(name),
    ...said,
  };
}

/** 100 YES and 100 NO merged into 100 pUSD. */
export function merge(name: string, said: Partial<PositionsMerged> = {}): PositionsMerged {
  return split(name, said);
}

/** 100 YES burned for 100 pUSD. */
export function redeem(name: string, said: Partial<PositionsRedeemed> = {}): PositionsRedeemed {
  return {
    ...envelope(name),
    account: ACCOUNT,
    condition_id: CONDITION,
    neg_risk_market_id: null,
    payout_pusd: pusd(100_000_000n),
    legs: [{ ...leg(TOKEN, 100_000_000n, 0), payout_pusd: null }],
    job_id: null,
    ...coordinates(name),
    ...said,
  };
}

/** 100 NO of A and of B, of three questions, converted without a fee. */
export function conversion(
  name: string,
  said: Partial<PositionsConverted> = {},
): PositionsConverted {
  return {
    ...envelope(name),
    account: ACCOUNT,
    neg_risk_market_id: MARKET,
    index_set: '3',
    amount_shares: shares(100_000_000n),
    fee_bips: 0,
    question_count: 3,
    payout_pusd: pusd(100_000_000n),
    legs_out: [leg('NO_A', 100_000_000n, 1), leg('NO_B', 100_000_000n, 1)],
    legs_in: [leg('YES_C', 100_000_000n, 0)],
    job_id: null,
    ...coordinates(name),
    ...said,
  };
}

/** 100 YES come in at an unknown basis. */
export function transfer(name: string, said: Partial<TokensTransferred> = {}): TokensTransferred {
  return {
    ...envelope(name),
    account: ACCOUNT,
    kind: 'TRANSFER',
    direction: 'IN',
    counterparty: '0x00000000000000000000000000000000000000aa',
    condition_id: CONDITION,
    token_id: TOKEN,
    quantity_shares: shares(100_000_000n),
    basis_pusd: null,
    basis_declared_by: null,
    job_id: null,
    ...coordinates(name),
    ...said,
  };
}

/** 1,000 pUSD come in. */
export function cashMoved(name: string, said: Partial<CashMoved> = {}): CashMoved {
  return {
    ...envelope(name),
    account: ACCOUNT,
    kind: 'DEPOSIT',
    amount_pusd: pusd(1_000_000_000n),
    counterparty: null,
    condition_id: null,
    ...coordinates(name),
    ...said,
  };
}

/** A wallet that begins with 500 pUSD and nothing else. */
export function opening(name: string, said: Partial<OpeningBalance> = {}): OpeningBalance {
  return {
    ...envelope(name),
    account: ACCOUNT,
    balance_pusd: pusd(500_000_000n),
    positions: [],
    block_number: 70_000_000,
    block_hash: null,
    proposed_by: 'ops',
    approved_by: 'finance',
    reason: 'books begin',
    source: 'commands',
    source_position: `polytraders.ledger.commands/0/${name}`,
    ...said,
  };
}

/** The condition whose tokens are TOKEN and NO_TOKEN. */
export function marketDefined(said: Partial<MarketDefined> = {}): MarketDefined {
  return {
    ...envelope(`defined_${said.condition_id ?? 'c'}`),
    condition_id: CONDITION,
    venue_market_id: null,
    tokens: [
      { token_id: TOKEN, outcome: 'Yes' },
      { token_id: NO_TOKEN, outcome: 'No' },
    ],
    neg_risk_market_id: null,
    questions: [],
    maker_rebate_rate: null,
    fee_schedule: null,
    status: 'OPEN',
    end_date: null,
    synthesised: false,
    source: 'bus',
    source_position: 'polytraders.market.definitions/0/1',
    ...said,
  };
}

/** YES has won. */
export function marketResolved(said: Partial<MarketResolved> = {}): MarketResolved {
  const name = `resolved_${said.condition_id ?? 'c'}`;
  return {
    ...envelope(name),
    market_seq: 9,
    condition_id: CONDITION,
    payout_numerators: ['1', '0'],
    block_time: NOON,
    ...coordinates(name),
    ...said,
  };
}

export function claimed(txName: string, by: string, account = ACCOUNT): SettlementJobClaimed {
  return {
    ...envelope(`claimed_${txName}`),
    job_id: `job_${txName}`,
    account,
    tx_hash: `0x${txName}`,
    claimed_by: by,
    source: 'commands',
    source_position: `polytraders.ledger.commands/0/${txName}`,
  };
}

/** Events as the log of one account's partition. */
export function eventsOf(
  events: readonly LedgerEvent[],
  from = 0,
  account = ACCOUNT,
): readonly Recorded<LedgerEvent>[] {
  return events.map((event, index) => at(event, from + index, account));
}

/** A number of the partition of an account's events. */
export const PARTITION = partitionOfAccount(ACCOUNT);
