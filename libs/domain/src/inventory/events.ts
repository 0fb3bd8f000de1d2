/**
 * What inventory reads of the log: the events that move or keep something, each with the fields
 * that matter here. They are the wire records' own names, so that an event of the log is one of
 * these as it stands and nothing is translated between the two.
 */

import { type PriceE18, type PusdMicros, type ShareMicros } from '@polytraders/money';
import { type Liquidity, type OrderSide } from '../fill.ts';

export type ClosingReason = 'FILLED' | 'CANCELLED' | 'REJECTED' | 'EXPIRED' | 'MARKET_RESOLVED';

export type OpenedOrder = {
  readonly order_id: string;
  readonly order_hash: string | null;
  readonly account: string;
  readonly trading_bot_id: string;
  readonly condition_id: string | null;
  readonly token_id: string;
  readonly order_side: OrderSide;
  readonly price: PriceE18;
  readonly quantity_shares: ShareMicros;
  readonly max_fee_pusd: PusdMicros | null;
  /** Microseconds since 1970. */
  readonly expires_at: number | null;
  readonly reservation_id: string | null;
};

export type ClosedOrder = {
  readonly order_id: string;
  readonly order_hash: string | null;
  readonly account: string;
  readonly trading_bot_id: string;
  readonly closing_reason: ClosingReason;
};

/** A fill as it is matched and as it is confirmed. */
export type FillNews = {
  readonly fill_id: string;
  readonly order_id: string | null;
  readonly order_hash: string | null;
  readonly account: string;
  readonly trading_bot_id: string;
  readonly condition_id: string | null;
  readonly token_id: string;
  readonly side: Liquidity | null;
  readonly order_side: OrderSide;
  readonly quantity_shares: ShareMicros;
  readonly size_pusd: PusdMicros;
  readonly fee_pusd: PusdMicros | null;
  readonly fee_bps: number | null;
  readonly builder_fee_pusd: PusdMicros | null;
  readonly builder_fee_bps: number | null;
  readonly flags: readonly string[];
  readonly incomplete_reasons: readonly string[];
};

export type FillNamed = { readonly fill_id: string; readonly account: string };

export type Leg = {
  readonly token_id: string;
  readonly outcome_index: number | null;
  readonly quantity_shares: ShareMicros;
};

type OfAccount = { readonly account: string };
type OfCondition = OfAccount & { readonly condition_id: string; readonly legs: readonly Leg[] };

export type ReleasedFill = FillNamed & {
  readonly token_id: string;
  readonly fee_pusd: PusdMicros;
};

export type OpeningNews = OfAccount & {
  readonly balance_pusd: PusdMicros;
  readonly positions: readonly {
    readonly condition_id: string | null;
    readonly token_id: string;
    readonly quantity_shares: ShareMicros;
  }[];
};

export type ReservationRequest = OfAccount & {
  readonly reservation_id: string;
  readonly trading_bot_id: string;
  /** Null asks for pUSD. */
  readonly token_id: string | null;
  readonly quantity_shares: ShareMicros | null;
  readonly amount_pusd: PusdMicros | null;
  readonly max_fee_pusd: PusdMicros | null;
  readonly expires_at: number;
};

export type MarketNews = {
  readonly condition_id: string;
  readonly tokens: readonly { readonly token_id: string }[];
  /** All questions of its negative-risk event, itself among them; empty where it is none. */
  readonly questions: readonly {
    readonly condition_id: string;
    readonly yes_token_id: string;
    readonly no_token_id: string;
  }[];
  /** From the columns of a file: its tokens stand in the order in which rows came. */
  readonly synthesised: boolean;
};

export type Resolution = {
  readonly condition_id: string;
  readonly payout_numerators: readonly string[];
};

export type InventoryEvent =
  | { readonly type: 'OrderOpened'; readonly value: OpenedOrder }
  | { readonly type: 'OrderClosed'; readonly value: ClosedOrder }
  | { readonly type: 'FillMatched'; readonly value: FillNews }
  | { readonly type: 'FillConfirmed'; readonly value: FillNews }
  | { readonly type: 'FillFailed'; readonly value: FillNamed }
  | { readonly type: 'FillReversed'; readonly value: FillNamed }
  | { readonly type: 'FillReleased'; readonly value: ReleasedFill }
  | {
      readonly type: 'PositionsSplit' | 'PositionsMerged';
      readonly value: OfCondition & { readonly amount_pusd: PusdMicros };
    }
  | {
      readonly type: 'PositionsRedeemed';
      readonly value: OfCondition & { readonly payout_pusd: PusdMicros };
    }
  | {
      readonly type: 'PositionsConverted';
      readonly value: OfAccount & {
        readonly payout_pusd: PusdMicros;
        readonly legs_out: readonly Leg[];
        readonly legs_in: readonly Leg[];
      };
    }
  | {
      readonly type: 'TokensTransferred';
      readonly value: OfAccount & {
        readonly direction: 'IN' | 'OUT';
        readonly condition_id: string | null;
        readonly token_id: string;
        readonly quantity_shares: ShareMicros;
      };
    }
  | {
      readonly type: 'CashMoved';
      readonly value: OfAccount & { readonly amount_pusd: PusdMicros };
    }
  | { readonly type: 'OpeningBalance'; readonly value: OpeningNews }
  | { readonly type: 'ReservationRequested'; readonly value: ReservationRequest }
  | { readonly type: 'MarketDefined'; readonly value: MarketNews }
  | { readonly type: 'MarketResolved'; readonly value: Resolution }
  | { readonly type: 'TimeAdvanced'; readonly value: { readonly to: number } };
