/**
 * A line of `pnl_ledger`: what one event did to one book (account, bot, token), or to the cash of a
 * wallet, with everything that its report says, so that the report can be built again from the line
 * alone (the ledger is the outbox). The runtime adds month, partition, offset, line and the hashes
 * of identity.
 *
 * A confirmed fill is one line of kind FILL, whatever becomes of it. Of all other kinds the columns
 * of fills are null (order, side, fee, price), and the line keeps an equation of its own:
 * cost_basis − cost_basis_before = carried_basis + realised + unknown_basis − cash.
 */

import {
  type FeeSource,
  type IdentityRecipe,
  type Effect,
  type Liquidity,
  type OrderSide,
} from '@polytraders/domain';
import { type PriceE18, type PusdMicros, type ShareMicros } from '@polytraders/money';
import { type Table, table } from '@polytraders/stream';
import { type MarkKind, type Mode } from './entities.ts';

/**
 * SPLIT, MERGE, CONVERT, REDEEM, TRANSFER_IN, TRANSFER_OUT, OPENING: a movement. RESOLVE: lots take
 * their payout as basis. ROUNDING: the dust of a redemption in parts. CASH: pUSD without shares.
 * RELEASE: a fill that was set aside, booked by a reviewed command. REVERSE: a fill taken back, or
 * taken out of what is set aside, with its amounts negated. RESTATE: what a reversal changes of
 * another line. REISSUE: a report that was held goes out; it moves nothing. So sums over all lines
 * are the totals, of those that are set aside and of the others; FILL and RELEASE count one fill,
 * REVERSE takes one away.
 */
export type EntryKind =
  | 'FILL'
  | 'SPLIT'
  | 'MERGE'
  | 'CONVERT'
  | 'REDEEM'
  | 'ROUNDING'
  | 'RESOLVE'
  | 'TRANSFER_IN'
  | 'TRANSFER_OUT'
  | 'OPENING'
  | 'CASH'
  | 'RELEASE'
  | 'REVERSE'
  | 'RESTATE'
  | 'REISSUE';

export type LedgerEntry = {
  readonly entry_kind: EntryKind;
  /** Of a fill, and of what is booked again because of one. */
  readonly fill_id: string | null;
  /** event_id of the log event, the cause of the report. */
  readonly event_id: string;
  readonly correlation_id: string;
  readonly effective_at: number;
  readonly recorded_at: number;
  /** When it became final: of a fill its confirmation, of a resolution the time of its block. */
  readonly confirmed_at: number;
  /**
   * By the parameters in force at the fill (B15). Null while it is quarantined (until reviewed),
   * and for paper, which is in no regulatory tier.
   */
  readonly retained_until: string | null;
  readonly account: string;
  readonly trading_bot_id: string;
  readonly condition_id: string | null;
  readonly venue_market_id: string | null;
  /** Null where cash alone moved. */
  readonly token_id: string | null;
  readonly order_id: string | null;
  readonly side: Liquidity | null;
  readonly order_side: OrderSide | null;
  /** Of a fill what changed hands; else what came into the book, negative where it left. */
  readonly quantity_shares: ShareMicros | null;
  /** Of a fill its notional; of an opening balance the wallet's pUSD. */
  readonly size_pusd: PusdMicros | null;
  readonly price: PriceE18 | null;
  readonly fee_source: FeeSource | null;
  readonly fee_bps_match_event: number | null;
  readonly gross_fee_pusd: PusdMicros | null;
  readonly maker_rebate_pusd: PusdMicros | null;
  readonly net_fee_pusd: PusdMicros | null;
  readonly builder_code: string | null;
  readonly builder_fee_pusd: PusdMicros | null;
  readonly strategy_slug: string | null;
  readonly user_id: string | null;
  /** What it did to its book; `none` while it is quarantined. */
  readonly effect: Effect | 'rebase';
  readonly opened_shares: ShareMicros;
  readonly opened_basis_pusd: PusdMicros;
  readonly closed_shares: ShareMicros;
  readonly closed_basis_pusd: PusdMicros;
  /**
   * What it moved in the wallet, fee included: positive came in. Null where the fee of a fill is
   * not known. Cash moved also where the books could not account for it.
   */
  readonly cash_pusd: PusdMicros | null;
  /** Basis of the book before it; null of a fill. */
  readonly cost_basis_before_pusd: PusdMicros | null;
  /**
   * Basis that came from another book or from outside without cash; negative went. Null of a fill,
   * and of shares that came in at a cost nobody knows.
   */
  readonly carried_basis_pusd: PusdMicros | null;
  /** Cash that belongs to shares whose cost nobody knows; null where there are none. */
  readonly unknown_basis_pusd: PusdMicros | null;
  /** Before fees; null while it is quarantined. */
  readonly realised_pnl_pusd: PusdMicros | null;
  readonly unrealised_pnl_pusd: PusdMicros | null;
  /** The book after the fill: signed shares, signed basis, average cost. */
  readonly position_shares: ShareMicros;
  readonly cost_basis_pusd: PusdMicros;
  readonly avg_cost: PusdMicros | null;
  readonly mark_price: PriceE18 | null;
  readonly mark_age_ms: number | null;
  readonly mark_kind: MarkKind | null;
  /** When the mark was observed; null where nobody knows, and of a payout. */
  readonly mark_observed_at: number | null;
  /**
   * Of a fill at the payout the mark that it brought all the same, which windows before the
   * resolution value by: kind, price and, where it is known, when it was observed in microseconds.
   */
  readonly carried_mark: string | null;
  /** The mark normalised within its event, where the book was valued with it (B5). */
  readonly neg_risk_price: PriceE18 | null;
  /** Σ of the event's YES marks as observed, in 10⁻⁶: 1 where it is at one with itself. */
  readonly neg_risk_mark_sum: bigint | null;
  readonly neg_risk: boolean | null;
  readonly paper: boolean;
  readonly mode: Mode;
  readonly quarantined: boolean;
  readonly reason_codes: readonly string[];
  readonly books_complete: boolean;
  readonly incomplete_reasons: readonly string[];
  readonly identity_recipe: IdentityRecipe | null;
  /**
   * What it was: the kind of cash or transfer, the policy of a conversion and its event, the lots
   * of an opening balance; of a fill that was set aside the whole event, and of reviewed commands
   * who asked, who approved and what they changed (review/).
   */
  readonly detail: string | null;
  readonly source: string;
  readonly tx_hash: string | null;
  readonly order_hash: string | null;
  readonly block_number: number | null;
  readonly log_index: number | null;
};

export const ledgerTable: Table<LedgerEntry> = table<LedgerEntry>('pnl_ledger', {
  entry_kind: 'text',
  fill_id: 'text',
  event_id: 'text',
  correlation_id: 'text',
  effective_at: 'time',
  recorded_at: 'time',
  confirmed_at: 'time',
  retained_until: 'date',
  account: 'text',
  trading_bot_id: 'text',
  condition_id: 'text',
  venue_market_id: 'text',
  token_id: 'text',
  order_id: 'text',
  side: 'text',
  order_side: 'text',
  quantity_shares: 'micros',
  size_pusd: 'micros',
  price: 'price',
  fee_source: 'text',
  fee_bps_match_event: 'int',
  gross_fee_pusd: 'micros',
  maker_rebate_pusd: 'micros',
  net_fee_pusd: 'micros',
  builder_code: 'text',
  builder_fee_pusd: 'micros',
  strategy_slug: 'text',
  user_id: 'text',
  effect: 'text',
  opened_shares: 'micros',
  opened_basis_pusd: 'micros',
  closed_shares: 'micros',
  closed_basis_pusd: 'micros',
  cash_pusd: 'micros',
  cost_basis_before_pusd: 'micros',
  carried_basis_pusd: 'micros',
  unknown_basis_pusd: 'micros',
  realised_pnl_pusd: 'micros',
  unrealised_pnl_pusd: 'micros',
  position_shares: 'micros',
  cost_basis_pusd: 'micros',
  avg_cost: 'micros',
  mark_price: 'price',
  mark_age_ms: 'int',
  mark_kind: 'text',
  mark_observed_at: 'time',
  carried_mark: 'text',
  neg_risk_price: 'price',
  neg_risk_mark_sum: 'micros',
  neg_risk: 'bool',
  paper: 'bool',
  mode: 'text',
  quarantined: 'bool',
  reason_codes: 'texts',
  books_complete: 'bool',
  incomplete_reasons: 'texts',
  identity_recipe: 'text',
  detail: 'text',
  source: 'text',
  tx_hash: 'text',
  order_hash: 'text',
  block_number: 'int',
  log_index: 'int',
});
