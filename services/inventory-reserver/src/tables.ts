/** The state tables of the reserver: rows as data. SQL types stand in ../sql. */

import { type PriceE18, type PusdMicros, type ShareMicros } from '@polytraders/money';
import { type Table, table } from '@polytraders/stream';
import { type Mode } from './entities.ts';

/** Where on the log the row was last touched. */
export type TouchedRow = { readonly ledger_partition: number; readonly ledger_offset: number };

type BalanceRow = TouchedRow & {
  readonly account: string;
  readonly incomplete_reasons: readonly string[];
  /** What confirmed fills brought along; part of incomplete_reasons. */
  readonly doubts: readonly string[];
};

export type TokenBalanceRow = BalanceRow & {
  readonly token_id: string;
  readonly condition_id: string | null;
  readonly outcome_index: number | null;
  readonly free_shares: ShareMicros;
  readonly reserved_shares: ShareMicros;
  readonly pending_out_shares: ShareMicros;
  readonly total_shares: ShareMicros;
  readonly pending_in_shares: ShareMicros;
  readonly redeemable_shares: ShareMicros;
  /** Numerators with a comma between, as resolved; null before. */
  readonly payout_numerators: string | null;
};

export type CashBalanceRow = BalanceRow & {
  readonly free_pusd: PusdMicros;
  readonly reserved_pusd: PusdMicros;
  readonly pending_out_pusd: PusdMicros;
  readonly total_pusd: PusdMicros;
  readonly pending_in_pusd: PusdMicros;
  readonly is_opened: boolean;
  readonly fees_missing: number;
  readonly orders_without_max_fee: number;
};

export type OrderRow = TouchedRow & {
  readonly account: string;
  readonly order_id: string;
  readonly order_hash: string | null;
  /** Null, as all terms, until the order was seen opened. */
  readonly trading_bot_id: string | null;
  readonly condition_id: string | null;
  readonly token_id: string | null;
  readonly order_side: string | null;
  readonly price: PriceE18 | null;
  readonly quantity_shares: ShareMicros | null;
  readonly max_fee_pusd: PusdMicros | null;
  readonly expires_at: number | null;
  readonly filled_shares: ShareMicros;
  /** Of those, what is pending; the pUSD that goes out with it; and what of it has no fee yet. */
  readonly pending_shares: ShareMicros;
  readonly pending_pusd: PusdMicros;
  readonly unpriced_shares: ShareMicros;
  readonly filled_token_id: string | null;
  readonly closing_reason: string | null;
  readonly swept: string | null;
  readonly reservation_id: string;
  readonly request_id: string | null;
  /** Where the reservation stands; null, as its amounts, before the order was seen opened. */
  readonly state: string | null;
  readonly requested_shares: ShareMicros | null;
  readonly requested_pusd: PusdMicros | null;
  readonly remaining_shares: ShareMicros | null;
  readonly remaining_pusd: PusdMicros | null;
  readonly reason_code: string | null;
};

export type StrayRow = {
  readonly account: string;
  readonly order_hash: string;
  readonly filled_shares: ShareMicros;
  readonly pending_shares: ShareMicros;
  readonly pending_pusd: PusdMicros;
  readonly unpriced_shares: ShareMicros;
  readonly filled_token_id: string;
};

export type FillRow = {
  readonly account: string;
  readonly fill_id: string;
  readonly stage: string;
  /** Whether the books wait for its release. */
  readonly is_aside: boolean;
  /** Null, as all that follows, where only the end of the fill was told. */
  readonly token_id: string | null;
  readonly order_side: string | null;
  readonly quantity_shares: ShareMicros | null;
  readonly size_pusd: PusdMicros | null;
  readonly fee_pusd: PusdMicros | null;
  readonly order_id: string | null;
  readonly order_hash: string | null;
};

export type RequestRow = TouchedRow & {
  readonly account: string;
  readonly reservation_id: string;
  readonly trading_bot_id: string;
  readonly token_id: string | null;
  readonly amount_shares: ShareMicros | null;
  readonly amount_pusd: PusdMicros | null;
  readonly expires_at: number | null;
  readonly state: string;
  readonly reason_code: string | null;
  readonly order_id: string | null;
};

export type MarketRow = {
  readonly partition: string;
  readonly condition_id: string;
  readonly tokens: readonly string[];
  readonly payout_numerators: string | null;
  /** `account|token`, in order of first use. */
  readonly holders: readonly string[];
};

export type TokenPlaceRow = {
  readonly partition: string;
  readonly token_id: string;
  readonly condition_id: string | null;
  readonly accounts: readonly string[];
};

export type LiveRow = {
  readonly partition: string;
  /** Key of the order or request. */
  readonly item: string;
  readonly account: string;
  readonly token_id: string | null;
  readonly keeps_token_id: string | null;
  readonly condition_id: string | null;
  readonly deadline: number | null;
};

export type ParametersRow = {
  readonly partition: string;
  readonly market_seq: number;
  readonly mode: Mode;
  readonly exchange_max_fee_bps: number;
  readonly last_offset: number;
  readonly updated_at: number;
};

export const tokenBalancesTable: Table<TokenBalanceRow> = table<TokenBalanceRow>(
  'token_balances',
  {
    account: 'text',
    token_id: 'text',
    condition_id: 'text',
    outcome_index: 'int',
    free_shares: 'micros',
    reserved_shares: 'micros',
    pending_out_shares: 'micros',
    total_shares: 'micros',
    pending_in_shares: 'micros',
    redeemable_shares: 'micros',
    payout_numerators: 'text',
    incomplete_reasons: 'texts',
    doubts: 'texts',
    ledger_partition: 'int',
    ledger_offset: 'int',
  },
  ['account', 'token_id'],
);

export const cashBalancesTable: Table<CashBalanceRow> = table<CashBalanceRow>(
  'cash_balances',
  {
    account: 'text',
    free_pusd: 'micros',
    reserved_pusd: 'micros',
    pending_out_pusd: 'micros',
    total_pusd: 'micros',
    pending_in_pusd: 'micros',
    is_opened: 'bool',
    fees_missing: 'int',
    orders_without_max_fee: 'int',
    incomplete_reasons: 'texts',
    doubts: 'texts',
    ledger_partition: 'int',
    ledger_offset: 'int',
  },
  ['account'],
);

const ORDER_COLUMNS = {
  account: 'text',
  order_id: 'text',
  order_hash: 'text',
  trading_bot_id: 'text',
  condition_id: 'text',
  token_id: 'text',
  order_side: 'text',
  price: 'price',
  quantity_shares: 'micros',
  max_fee_pusd: 'micros',
  expires_at: 'time',
  filled_shares: 'micros',
  pending_shares: 'micros',
  pending_pusd: 'micros',
  unpriced_shares: 'micros',
  filled_token_id: 'text',
  closing_reason: 'text',
  swept: 'text',
  reservation_id: 'text',
  request_id: 'text',
  state: 'text',
  requested_shares: 'micros',
  requested_pusd: 'micros',
  remaining_shares: 'micros',
  remaining_pusd: 'micros',
  reason_code: 'text',
  ledger_partition: 'int',
  ledger_offset: 'int',
} as const;

export const ordersTable: Table<OrderRow> = table<OrderRow>('orders', ORDER_COLUMNS, [
  'account',
  'order_id',
]);

/** The same rows, looked up by hash: a view, never written. */
export const orderByHashTable: Table<OrderRow> = table<OrderRow>('order_by_hash', ORDER_COLUMNS, [
  'account',
  'order_id',
]);

export const strayFillsTable: Table<StrayRow> = table<StrayRow>(
  'stray_fills',
  {
    account: 'text',
    order_hash: 'text',
    filled_shares: 'micros',
    pending_shares: 'micros',
    pending_pusd: 'micros',
    unpriced_shares: 'micros',
    filled_token_id: 'text',
  },
  ['account', 'order_hash'],
);

export const fillsTable: Table<FillRow> = table<FillRow>(
  'fills',
  {
    account: 'text',
    fill_id: 'text',
    stage: 'text',
    is_aside: 'bool',
    token_id: 'text',
    order_side: 'text',
    quantity_shares: 'micros',
    size_pusd: 'micros',
    fee_pusd: 'micros',
    order_id: 'text',
    order_hash: 'text',
  },
  ['account', 'fill_id'],
);

export const requestsTable: Table<RequestRow> = table<RequestRow>(
  'requests',
  {
    account: 'text',
    reservation_id: 'text',
    trading_bot_id: 'text',
    token_id: 'text',
    amount_shares: 'micros',
    amount_pusd: 'micros',
    expires_at: 'time',
    state: 'text',
    reason_code: 'text',
    order_id: 'text',
    ledger_partition: 'int',
    ledger_offset: 'int',
  },
  ['account', 'reservation_id'],
);

export const marketsTable: Table<MarketRow> = table<MarketRow>(
  'markets',
  {
    partition: 'text',
    condition_id: 'text',
    tokens: 'texts',
    payout_numerators: 'text',
    holders: 'texts',
  },
  ['partition', 'condition_id'],
);

export const tokenPlacesTable: Table<TokenPlaceRow> = table<TokenPlaceRow>(
  'token_places',
  { partition: 'text', token_id: 'text', condition_id: 'text', accounts: 'texts' },
  ['partition', 'token_id'],
);

export const liveTable: Table<LiveRow> = table<LiveRow>(
  'live',
  {
    partition: 'text',
    item: 'text',
    account: 'text',
    token_id: 'text',
    keeps_token_id: 'text',
    condition_id: 'text',
    deadline: 'time',
  },
  ['partition', 'item'],
);

export const parametersTable: Table<ParametersRow> = table<ParametersRow>(
  'parameters',
  {
    partition: 'text',
    market_seq: 'int',
    mode: 'text',
    exchange_max_fee_bps: 'int',
    last_offset: 'int',
    updated_at: 'time',
  },
  ['partition'],
);

export const stateTables = [
  tokenBalancesTable,
  cashBalancesTable,
  ordersTable,
  orderByHashTable,
  strayFillsTable,
  fillsTable,
  requestsTable,
  marketsTable,
  tokenPlacesTable,
  liveTable,
  parametersTable,
] as const;
