/**
 * The state tables of the projection: rows as data. SQL types stand in ../sql.
 *
 * A page of lots is one plain text, one lot a line, oldest first: `quantity basis offset opened-at
 * fill-id`, amounts in micros, a question mark for a basis that nobody knows. Five typed arrays
 * cost Postgres more than the rest of the row.
 */

import { type PriceE18, type PusdMicros, type ShareMicros } from '@polytraders/money';
import { type Table, table } from '@polytraders/stream';
import { type MarkKind, type Mode } from './entities.ts';

export type PositionRow = {
  readonly account: string;
  readonly token_id: string;
  readonly trading_bot_id: string;
  /** The same in all books of the token. */
  readonly condition_id: string | null;
  readonly neg_risk: boolean | null;
  /** Signed. */
  readonly position_shares: ShareMicros;
  /** Signed as the position. */
  readonly cost_basis_pusd: PusdMicros;
  readonly avg_cost: PusdMicros | null;
  readonly realised_pnl_pusd: PusdMicros;
  readonly unrealised_pnl_pusd: PusdMicros | null;
  readonly mark_price: PriceE18 | null;
  readonly mark_observed_at: number | null;
  readonly mark_kind: MarkKind | null;
  readonly mark_age_ms: number | null;
  readonly mark_stale: boolean;
  readonly neg_risk_price: PriceE18 | null;
  readonly volume_pusd: PusdMicros;
  readonly gross_fees_pusd: PusdMicros;
  readonly maker_rebates_pusd: PusdMicros;
  readonly net_fees_pusd: PusdMicros;
  readonly fills: number;
  readonly quarantined_fills: number;
  readonly books_complete: boolean;
  readonly incomplete_reasons: readonly string[];
  /** What its events moved in the wallet, those that were set aside included. */
  readonly wallet_shares: ShareMicros;
  /** Offset of the fill that first oversold the wallet: the same in all books of the token. */
  readonly oversold_at: number | null;
  /** Number that the next lot page of the book will get; the newest page is the one before. */
  readonly next_page: number;
  /** The newest page of lots; empty where no lot is open. */
  readonly lots: string;
  readonly last_offset: number;
  readonly updated_at: number;
};

export type LotPageRow = {
  readonly account: string;
  readonly token_id: string;
  readonly trading_bot_id: string;
  readonly page: number;
  readonly lots: string;
};

export type ParametersRow = {
  readonly partition: string;
  readonly market_seq: number;
  readonly mode: Mode;
  readonly mark_age_limit_ms: number;
  readonly exchange_max_fee_bps: number;
  readonly retain_days: number;
  readonly last_offset: number;
  readonly updated_at: number;
};

export const positionsTable: Table<PositionRow> = table<PositionRow>(
  'positions',
  {
    account: 'text',
    token_id: 'text',
    trading_bot_id: 'text',
    condition_id: 'text',
    neg_risk: 'bool',
    position_shares: 'micros',
    cost_basis_pusd: 'micros',
    avg_cost: 'micros',
    realised_pnl_pusd: 'micros',
    unrealised_pnl_pusd: 'micros',
    mark_price: 'price',
    mark_observed_at: 'time',
    mark_kind: 'text',
    mark_age_ms: 'int',
    mark_stale: 'bool',
    neg_risk_price: 'price',
    volume_pusd: 'micros',
    gross_fees_pusd: 'micros',
    maker_rebates_pusd: 'micros',
    net_fees_pusd: 'micros',
    fills: 'int',
    quarantined_fills: 'int',
    books_complete: 'bool',
    incomplete_reasons: 'texts',
    wallet_shares: 'micros',
    oversold_at: 'int',
    next_page: 'int',
    lots: 'text',
    last_offset: 'int',
    updated_at: 'time',
  },
  ['account', 'token_id', 'trading_bot_id'],
);

export const lotPagesTable: Table<LotPageRow> = table<LotPageRow>(
  'lot_pages',
  {
    account: 'text',
    token_id: 'text',
    trading_bot_id: 'text',
    page: 'int',
    lots: 'text',
  },
  ['account', 'token_id', 'trading_bot_id', 'page'],
);

export const parametersTable: Table<ParametersRow> = table<ParametersRow>(
  'parameters',
  {
    partition: 'text',
    market_seq: 'int',
    mode: 'text',
    mark_age_limit_ms: 'int',
    exchange_max_fee_bps: 'int',
    retain_days: 'int',
    last_offset: 'int',
    updated_at: 'time',
  },
  ['partition'],
);
