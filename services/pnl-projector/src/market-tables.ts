/** State tables of markets, tokens and claims: rows as data. SQL types stand in ../sql. */

import { type Table, table } from '@polytraders/stream';

export type SettledTokenRow = {
  readonly account: string;
  readonly token_id: string;
  /** uint256, in decimal. */
  readonly payout_numerator: string;
  readonly payout_denominator: string;
  readonly resolved_offset: number;
};

export type MarketRow = {
  readonly partition: string;
  readonly condition_id: string;
  readonly tokens: readonly string[];
  readonly synthesised: boolean;
  readonly neg_risk_market_id: string | null;
  readonly status: string;
  /** Empty until it is resolved. */
  readonly payout_numerators: readonly string[];
  readonly resolved_at: number | null;
  readonly resolved_offset: number | null;
  readonly last_offset: number;
  readonly updated_at: number;
};

export type MarketHoldingRow = {
  readonly partition: string;
  readonly condition_id: string;
  readonly place: number;
  readonly account: string;
  readonly token_id: string;
};

export type TokenRow = {
  readonly partition: string;
  readonly token_id: string;
  readonly condition_id: string;
  readonly neg_risk_market_id: string | null;
};

export type EventQuestionRow = {
  readonly partition: string;
  readonly neg_risk_market_id: string;
  readonly question_index: number;
  readonly condition_id: string;
  readonly yes_token_id: string;
  readonly no_token_id: string;
  /** Empty until it is resolved. */
  readonly payout_numerators: readonly string[];
};

export type EventHoldingRow = {
  readonly partition: string;
  readonly neg_risk_market_id: string;
  readonly place: number;
  readonly account: string;
  readonly token_id: string;
};

export type LooseTokenRow = {
  readonly partition: string;
  readonly token_id: string;
  readonly account: string;
};

export type ClaimRow = {
  readonly account: string;
  readonly tx_hash: string;
  readonly job_id: string;
  readonly claimed_by: string;
  readonly last_offset: number;
  readonly updated_at: number;
};

export const settledTokensTable: Table<SettledTokenRow> = table<SettledTokenRow>(
  'settled_tokens',
  {
    account: 'text',
    token_id: 'text',
    payout_numerator: 'text',
    payout_denominator: 'text',
    resolved_offset: 'int',
  },
  ['account', 'token_id'],
);

export const marketsTable: Table<MarketRow> = table<MarketRow>(
  'markets',
  {
    partition: 'text',
    condition_id: 'text',
    tokens: 'texts',
    synthesised: 'bool',
    neg_risk_market_id: 'text',
    status: 'text',
    payout_numerators: 'texts',
    resolved_at: 'time',
    resolved_offset: 'int',
    last_offset: 'int',
    updated_at: 'time',
  },
  ['partition', 'condition_id'],
);

export const marketHoldingsTable: Table<MarketHoldingRow> = table<MarketHoldingRow>(
  'market_holdings',
  {
    partition: 'text',
    condition_id: 'text',
    place: 'int',
    account: 'text',
    token_id: 'text',
  },
  ['partition', 'condition_id', 'place'],
);

export const tokensTable: Table<TokenRow> = table<TokenRow>(
  'tokens',
  { partition: 'text', token_id: 'text', condition_id: 'text', neg_risk_market_id: 'text' },
  ['partition', 'token_id'],
);

export const eventQuestionsTable: Table<EventQuestionRow> = table<EventQuestionRow>(
  'event_questions',
  {
    partition: 'text',
    neg_risk_market_id: 'text',
    question_index: 'int',
    condition_id: 'text',
    yes_token_id: 'text',
    no_token_id: 'text',
    payout_numerators: 'texts',
  },
  ['partition', 'neg_risk_market_id', 'question_index'],
);

export const eventHoldingsTable: Table<EventHoldingRow> = table<EventHoldingRow>(
  'event_holdings',
  {
    partition: 'text',
    neg_risk_market_id: 'text',
    place: 'int',
    account: 'text',
    token_id: 'text',
  },
  ['partition', 'neg_risk_market_id', 'place'],
);

export const looseTokensTable: Table<LooseTokenRow> = table<LooseTokenRow>(
  'tokens_without_condition',
  { partition: 'text', token_id: 'text', account: 'text' },
  ['partition', 'token_id', 'account'],
);

export const claimsTable: Table<ClaimRow> = table<ClaimRow>(
  'claims',
  {
    account: 'text',
    tx_hash: 'text',
    job_id: 'text',
    claimed_by: 'text',
    last_offset: 'int',
    updated_at: 'time',
  },
  ['account', 'tx_hash'],
);
