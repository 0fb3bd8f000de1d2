/** Entities to rows and rows to entities, one pair a table. */

import {
  EMPTY_LIVE_INDEX,
  freeOf,
  incompleteOf,
  type InventoryBalance,
  type InventoryFill,
  type InventoryMarket,
  type InventoryOrder,
  type InventoryRequest,
  type LiveIndex,
  type LiveItem,
  keptToken,
  type PendingFills,
  redeemableOf,
  reservationOfOrder,
  type StrayFills,
  type TokenPlace,
  withLive,
} from '@polytraders/domain';
import { pusd, shares } from '@polytraders/money';
import { type Touched } from './entities.ts';
import {
  type CashBalanceRow,
  type FillRow,
  type LiveRow,
  type MarketRow,
  type OrderRow,
  type RequestRow,
  type StrayRow,
  type TokenBalanceRow,
  type TokenPlaceRow,
  type TouchedRow,
} from './tables.ts';

const placeRow = ({ ledgerPartition, ledgerOffset }: Touched): TouchedRow => ({
  ledger_partition: ledgerPartition,
  ledger_offset: ledgerOffset,
});
const placeOf = (row: TouchedRow): Touched => ({
  ledgerPartition: row.ledger_partition,
  ledgerOffset: row.ledger_offset,
});
const numeratorsText = (payouts: readonly bigint[] | null): string | null =>
  payouts === null ? null : payouts.join();
const numeratorsOf = (text: string | null): readonly bigint[] | null =>
  text === null ? null : text.split(',').map(BigInt);

export function tokenBalanceRow(
  balance: InventoryBalance & Touched,
  token: string,
): TokenBalanceRow {
  return {
    account: balance.account,
    token_id: token,
    condition_id: balance.conditionId,
    outcome_index: balance.outcomeIndex,
    free_shares: shares(freeOf(balance)),
    reserved_shares: shares(balance.reserved),
    pending_out_shares: shares(balance.pendingOut),
    total_shares: shares(balance.total),
    pending_in_shares: shares(balance.pendingIn),
    redeemable_shares: shares(redeemableOf(balance)),
    payout_numerators: numeratorsText(balance.payouts),
    incomplete_reasons: incompleteOf(balance),
    doubts: balance.doubts,
    ...placeRow(balance),
  };
}

export function cashBalanceRow(balance: InventoryBalance & Touched): CashBalanceRow {
  return {
    account: balance.account,
    free_pusd: pusd(freeOf(balance)),
    reserved_pusd: pusd(balance.reserved),
    pending_out_pusd: pusd(balance.pendingOut),
    total_pusd: pusd(balance.total),
    pending_in_pusd: pusd(balance.pendingIn),
    is_opened: balance.isOpened,
    fees_missing: balance.feesMissing,
    orders_without_max_fee: balance.ordersWithoutMaxFee,
    incomplete_reasons: incompleteOf(balance),
    doubts: balance.doubts,
    ...placeRow(balance),
  };
}

export function reviveTokenBalance(row: TokenBalanceRow): InventoryBalance & Touched {
  return {
    kind: 'balance',
    account: row.account,
    token: row.token_id,
    conditionId: row.condition_id,
    outcomeIndex: row.outcome_index,
    total: row.total_shares,
    reserved: row.reserved_shares,
    pendingOut: row.pending_out_shares,
    pendingIn: row.pending_in_shares,
    payouts: numeratorsOf(row.payout_numerators),
    isOpened: false,
    feesMissing: 0,
    ordersWithoutMaxFee: 0,
    doubts: row.doubts,
    ...placeOf(row),
  };
}

export function reviveCashBalance(row: CashBalanceRow): InventoryBalance & Touched {
  return {
    kind: 'balance',
    account: row.account,
    token: null,
    conditionId: null,
    outcomeIndex: null,
    total: row.total_pusd,
    reserved: row.reserved_pusd,
    pendingOut: row.pending_out_pusd,
    pendingIn: row.pending_in_pusd,
    payouts: null,
    isOpened: row.is_opened,
    feesMissing: row.fees_missing,
    ordersWithoutMaxFee: row.orders_without_max_fee,
    doubts: row.doubts,
    ...placeOf(row),
  };
}

export function orderRow(order: InventoryOrder & Touched): OrderRow {
  const { terms, requested } = order;
  const view = reservationOfOrder(order);
  const isCash = terms !== null && keptToken(terms) === null;
  const inShares = (micros: bigint | undefined) =>
    micros === undefined || isCash ? null : shares(micros);
  const inPusd = (micros: bigint | undefined) =>
    micros === undefined || !isCash ? null : pusd(micros);
  return {
    account: order.account,
    order_id: order.orderId,
    order_hash: order.orderHash,
    trading_bot_id: terms?.bot ?? null,
    condition_id: terms?.conditionId ?? null,
    token_id: terms?.token ?? null,
    order_side: terms?.side ?? null,
    price: terms?.price ?? null,
    quantity_shares: terms === null ? null : shares(terms.quantity),
    max_fee_pusd: terms?.maxFee == null ? null : pusd(terms.maxFee),
    expires_at: terms?.expiresAt ?? null,
    filled_shares: shares(order.filled),
    ...pendingRow(order.pending),
    filled_token_id: order.filledToken,
    closing_reason: order.closed,
    swept: order.swept,
    reservation_id: order.reservationId,
    request_id: order.requestId,
    state: view?.state ?? null,
    requested_shares: terms === null ? null : inShares(requested),
    requested_pusd: terms === null ? null : inPusd(requested),
    remaining_shares: inShares(view?.remaining),
    remaining_pusd: inPusd(view?.remaining),
    reason_code: view?.reason ?? null,
    ...placeRow(order),
  };
}

export function reviveOrder(row: OrderRow): InventoryOrder & Touched {
  return {
    kind: 'order',
    account: row.account,
    orderId: row.order_id,
    orderHash: row.order_hash,
    terms: termsOf(row),
    filled: row.filled_shares,
    pending: revivePending(row),
    filledToken: row.filled_token_id,
    closed: row.closing_reason as InventoryOrder['closed'],
    swept: row.swept as InventoryOrder['swept'],
    reservationId: row.reservation_id,
    requested: row.requested_shares ?? row.requested_pusd ?? 0n,
    requestId: row.request_id,
    ...placeOf(row),
  };
}

function pendingRow({ shares: quantity, cash, unpriced }: PendingFills) {
  return {
    pending_shares: shares(quantity),
    pending_pusd: pusd(cash),
    unpriced_shares: shares(unpriced),
  };
}

function revivePending(row: ReturnType<typeof pendingRow>): PendingFills {
  return { shares: row.pending_shares, cash: row.pending_pusd, unpriced: row.unpriced_shares };
}

function termsOf(row: OrderRow): InventoryOrder['terms'] {
  const { token_id: token, order_side: side, price, quantity_shares: quantity } = row;
  if (token === null || side === null || price === null || quantity === null) return null;
  return {
    bot: row.trading_bot_id ?? '',
    conditionId: row.condition_id,
    token,
    side: side as 'BUY' | 'SELL',
    price,
    quantity,
    maxFee: row.max_fee_pusd,
    expiresAt: row.expires_at,
  };
}

export function strayRow(stray: StrayFills): StrayRow {
  return {
    account: stray.account,
    order_hash: stray.orderHash,
    filled_shares: shares(stray.filled),
    ...pendingRow(stray.pending),
    filled_token_id: stray.filledToken,
  };
}

export function reviveStray(row: StrayRow): StrayFills {
  return {
    kind: 'stray',
    account: row.account,
    orderHash: row.order_hash,
    filled: row.filled_shares,
    pending: revivePending(row),
    filledToken: row.filled_token_id,
  };
}

export function fillRow({ account, fillId, stage, isAside, moves }: InventoryFill): FillRow {
  return {
    account,
    fill_id: fillId,
    stage,
    is_aside: isAside,
    token_id: moves?.token ?? null,
    order_side: moves?.side ?? null,
    quantity_shares: moves === null ? null : shares(moves.quantity),
    size_pusd: moves === null ? null : pusd(moves.notional),
    fee_pusd: moves?.fee == null ? null : pusd(moves.fee),
    order_id: moves?.orderId ?? null,
    order_hash: moves?.orderHash ?? null,
  };
}

export function reviveFill(row: FillRow): InventoryFill {
  const { token_id: token, order_side: side, quantity_shares: quantity, size_pusd: notional } = row;
  const isWhole = token !== null && side !== null && quantity !== null && notional !== null;
  return {
    kind: 'fill',
    account: row.account,
    fillId: row.fill_id,
    stage: row.stage as InventoryFill['stage'],
    isAside: row.is_aside,
    moves: isWhole
      ? {
          token,
          side: side as 'BUY' | 'SELL',
          quantity,
          notional,
          fee: row.fee_pusd,
          orderId: row.order_id,
          orderHash: row.order_hash,
        }
      : null,
  };
}

export function requestRow(request: InventoryRequest & Touched): RequestRow {
  const { token, amount } = request;
  return {
    account: request.account,
    reservation_id: request.reservationId,
    trading_bot_id: request.bot,
    token_id: token,
    amount_shares: token === null ? null : shares(amount),
    amount_pusd: token === null ? pusd(amount) : null,
    expires_at: request.expiresAt,
    state: request.state,
    reason_code: request.reason,
    order_id: request.orderId,
    ...placeRow(request),
  };
}

export function reviveRequest(row: RequestRow): InventoryRequest & Touched {
  return {
    kind: 'request',
    account: row.account,
    reservationId: row.reservation_id,
    bot: row.trading_bot_id,
    token: row.token_id,
    amount: row.amount_shares ?? row.amount_pusd ?? 0n,
    expiresAt: row.expires_at,
    state: row.state as InventoryRequest['state'],
    reason: row.reason_code,
    orderId: row.order_id,
    ...placeOf(row),
  };
}

export function marketRow(partition: string, market: InventoryMarket): MarketRow {
  return {
    partition,
    condition_id: market.conditionId,
    tokens: market.tokens,
    payout_numerators: numeratorsText(market.payouts),
    holders: market.holders.map(({ account, token }) => `${account}|${token}`),
  };
}

export function reviveMarket(row: MarketRow): InventoryMarket {
  return {
    kind: 'market',
    conditionId: row.condition_id,
    tokens: row.tokens,
    payouts: numeratorsOf(row.payout_numerators),
    holders: row.holders.map((holder) => {
      const at = holder.indexOf('|');
      return { account: holder.slice(0, at), token: holder.slice(at + 1) };
    }),
  };
}

export function tokenPlaceRow(partition: string, place: TokenPlace): TokenPlaceRow {
  const { token, conditionId, accounts } = place;
  return { partition, token_id: token, condition_id: conditionId, accounts };
}

export function reviveTokenPlace(row: TokenPlaceRow): TokenPlace {
  return {
    kind: 'token',
    token: row.token_id,
    conditionId: row.condition_id,
    accounts: row.accounts,
  };
}

export function liveRow(partition: string, item: LiveItem): LiveRow {
  return {
    partition,
    item: item.key,
    account: item.account,
    token_id: item.token,
    keeps_token_id: item.keeps,
    condition_id: item.conditionId,
    deadline: item.deadline,
  };
}

export function reviveLive(rows: readonly LiveRow[]): LiveIndex {
  return rows.reduce(
    (index, row) =>
      withLive(index, {
        key: row.item,
        account: row.account,
        token: row.token_id,
        keeps: row.keeps_token_id,
        conditionId: row.condition_id,
        deadline: row.deadline,
      }),
    EMPTY_LIVE_INDEX,
  );
}
