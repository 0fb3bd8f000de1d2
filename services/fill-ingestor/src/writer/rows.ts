/** Rows of the writer's state tables, there and back. The partition is a text, as keys are. */

import { type FillStatus, type IdentityRecipe, type OrderSide } from '@polytraders/domain';
import { priceE18, pusd, shares } from '@polytraders/money';
import { table } from '@polytraders/stream';
import { type FeeSource, type SourceOfRecord } from '../draft.ts';
import {
  type DoubtsState,
  type FillState,
  type MarketState,
  type OrderState,
  type SourceState,
} from './state.ts';

export type FillRow = {
  readonly fill_id: string;
  readonly log_partition: string;
  readonly account: string;
  readonly source: string;
  readonly recipe: string;
  readonly status: string;
  readonly joined_to: string | null;
  readonly joined_sources: readonly string[];
  readonly order_id: string | null;
  readonly trading_bot_id: string;
  readonly token_id: string;
  readonly order_side: string;
  readonly quantity_shares: bigint;
  readonly size_pusd: bigint;
  readonly fee_pusd: bigint | null;
  readonly fee_bps: number | null;
  readonly fee_source: string | null;
  readonly fee_declared_by: string | null;
  readonly tx_hash: string | null;
  readonly order_hash: string | null;
  readonly log_index: number | null;
  readonly block_number: number | null;
  readonly matched_at: number | null;
  readonly confirmed_at: number | null;
  readonly condition_id: string | null;
  readonly unplaced_at: number | null;
  readonly told_end: string | null;
  readonly paper: boolean;
  readonly event_id: string | null;
  readonly has_place: boolean;
  readonly bytes: Buffer;
};

export type PlaceRow = {
  readonly tx_hash: string;
  readonly order_hash: string;
  readonly log_partition: string;
  readonly fill_id: string;
};

export type OrderRow = {
  readonly order_id: string;
  readonly log_partition: string;
  readonly order_hash: string | null;
  readonly account: string;
  readonly trading_bot_id: string | null;
  readonly condition_id: string | null;
  readonly venue_market_id: string | null;
  readonly token_id: string | null;
  readonly order_side: string | null;
  readonly price: bigint | null;
  readonly quantity_shares: bigint | null;
  readonly expires_at: number | null;
  readonly status: string;
  readonly paper: boolean;
  readonly first_source: string | null;
  readonly event_id: string;
};

export type SourceRow = {
  readonly log_partition: string;
  readonly account: string;
  readonly source: string;
};

export type DoubtRow = {
  readonly log_partition: string;
  readonly account: string;
  readonly reason_code: string;
  readonly source: string;
  readonly source_position: string;
};

export type MarketRow = {
  readonly log_partition: string;
  readonly place: string;
  readonly definition_hash: string;
  readonly synthesised: boolean;
  readonly tokens: string;
  readonly resolution: string | null;
};

const FILL_COLUMNS = {
  fill_id: 'text',
  log_partition: 'text',
  account: 'text',
  source: 'text',
  recipe: 'text',
  status: 'text',
  joined_to: 'text',
  joined_sources: 'texts',
  order_id: 'text',
  trading_bot_id: 'text',
  token_id: 'text',
  order_side: 'text',
  quantity_shares: 'micros',
  size_pusd: 'micros',
  fee_pusd: 'micros',
  fee_bps: 'int',
  fee_source: 'text',
  fee_declared_by: 'text',
  tx_hash: 'text',
  order_hash: 'text',
  log_index: 'int',
  block_number: 'int',
  matched_at: 'time',
  confirmed_at: 'time',
  condition_id: 'text',
  unplaced_at: 'time',
  told_end: 'text',
  paper: 'bool',
  event_id: 'text',
  has_place: 'bool',
  bytes: 'bytes',
} as const;

const ORDER_COLUMNS = {
  order_id: 'text',
  log_partition: 'text',
  order_hash: 'text',
  account: 'text',
  trading_bot_id: 'text',
  condition_id: 'text',
  venue_market_id: 'text',
  token_id: 'text',
  order_side: 'text',
  price: 'price',
  quantity_shares: 'micros',
  expires_at: 'time',
  status: 'text',
  paper: 'bool',
  first_source: 'text',
  event_id: 'text',
} as const;

/** Guarded by the partition: two partitions that meet in one id do not overwrite each other. */
export const FILL_IDENTITY = table<FillRow>(
  'fill_identity',
  FILL_COLUMNS,
  ['fill_id'],
  'log_partition',
);

/**
 * Whose a place on the chain is. Guarded like the ids: two accounts that are told with one place at
 * the same time are folded one after the other, and the second finds the first.
 */
export const FILL_PLACE = table<PlaceRow>(
  'fill_place',
  { tx_hash: 'text', order_hash: 'text', log_partition: 'text', fill_id: 'text' },
  ['tx_hash', 'order_hash'],
  'log_partition',
);

/** The same rows, found by transaction and order hash. */
export const FILL_BY_PLACE = table<FillRow>('fill_by_place', FILL_COLUMNS, ['fill_id']);

export const ORDERS = table<OrderRow>('orders', ORDER_COLUMNS, ['order_id'], 'log_partition');

/** The same rows, found by the order's hash. */
export const ORDER_BY_HASH = table<OrderRow>('order_by_hash', ORDER_COLUMNS, ['order_id']);

/** One row an account that is not declared. */
export const SOURCES = table<SourceRow>(
  'account_source',
  { log_partition: 'text', account: 'text', source: 'text' },
  ['account'],
);

/** One row an account; those of a partition are one entity. */
export const DOUBTS = table<DoubtRow>(
  'account_in_doubt',
  {
    log_partition: 'text',
    account: 'text',
    reason_code: 'text',
    source: 'text',
    source_position: 'text',
  },
  ['log_partition', 'account'],
);

export const MARKETS = table<MarketRow>(
  'market_on_log',
  {
    log_partition: 'text',
    place: 'text',
    definition_hash: 'text',
    synthesised: 'bool',
    tokens: 'text',
    resolution: 'text',
  },
  ['log_partition', 'place'],
);

export function rowOfFill(state: FillState): FillRow {
  return {
    fill_id: state.fillId,
    log_partition: String(state.partition),
    account: state.account,
    source: state.source,
    recipe: state.recipe,
    status: state.status,
    joined_to: state.joinedTo,
    joined_sources: state.joinedSources,
    order_id: state.orderId,
    trading_bot_id: state.tradingBotId,
    token_id: state.tokenId,
    order_side: state.orderSide,
    quantity_shares: state.quantity,
    size_pusd: state.notional,
    fee_pusd: state.fee,
    fee_bps: state.feeBps,
    fee_source: state.feeSource,
    fee_declared_by: state.feeDeclaredBy,
    tx_hash: state.txHash,
    order_hash: state.orderHash,
    log_index: state.logIndex,
    block_number: state.blockNumber,
    matched_at: state.matchedAt,
    confirmed_at: state.confirmedAt,
    condition_id: state.conditionId,
    unplaced_at: state.unplacedAt,
    told_end: state.toldEnd,
    paper: state.paper,
    event_id: state.eventId,
    has_place: state.hasPlace,
    bytes: state.bytes,
  };
}

/** The row of the place that a fill holds; null where it holds none. */
export function rowOfPlace(state: FillState | undefined): PlaceRow | null {
  if (state === undefined || !state.hasPlace) return null;
  if (state.txHash === null || state.orderHash === null) return null;
  return {
    tx_hash: state.txHash,
    order_hash: state.orderHash,
    log_partition: String(state.partition),
    fill_id: state.fillId,
  };
}

export function fillOfRow(row: FillRow): FillState {
  return {
    kind: 'fill',
    fillId: row.fill_id,
    partition: partitionOf(row),
    account: row.account,
    source: row.source as SourceOfRecord,
    recipe: row.recipe as IdentityRecipe,
    status: row.status as FillStatus,
    joinedTo: row.joined_to,
    joinedSources: row.joined_sources as readonly SourceOfRecord[],
    orderId: row.order_id,
    tradingBotId: row.trading_bot_id,
    tokenId: row.token_id,
    orderSide: row.order_side as OrderSide,
    quantity: shares(row.quantity_shares),
    notional: pusd(row.size_pusd),
    fee: row.fee_pusd === null ? null : pusd(row.fee_pusd),
    feeBps: row.fee_bps,
    feeSource: row.fee_source as FeeSource | null,
    feeDeclaredBy: row.fee_declared_by,
    txHash: row.tx_hash,
    orderHash: row.order_hash,
    logIndex: row.log_index,
    blockNumber: row.block_number,
    matchedAt: row.matched_at,
    confirmedAt: row.confirmed_at,
    conditionId: row.condition_id,
    unplacedAt: row.unplaced_at,
    toldEnd: row.told_end as FillStatus | null,
    paper: row.paper,
    eventId: row.event_id,
    hasPlace: row.has_place,
    bytes: row.bytes,
  };
}

export function rowOfOrder(state: OrderState): OrderRow {
  return {
    order_id: state.orderId,
    log_partition: String(state.partition),
    order_hash: state.orderHash,
    account: state.account,
    trading_bot_id: state.tradingBotId,
    condition_id: state.conditionId,
    venue_market_id: state.venueMarketId,
    token_id: state.tokenId,
    order_side: state.orderSide,
    price: state.price,
    quantity_shares: state.quantity,
    expires_at: state.expiresAt,
    status: state.status,
    paper: state.paper,
    first_source: state.first,
    event_id: state.eventId,
  };
}

export function orderOfRow(row: OrderRow): OrderState {
  return {
    kind: 'order',
    orderId: row.order_id,
    partition: partitionOf(row),
    orderHash: row.order_hash,
    account: row.account,
    tradingBotId: row.trading_bot_id,
    conditionId: row.condition_id,
    venueMarketId: row.venue_market_id,
    tokenId: row.token_id,
    orderSide: row.order_side as OrderSide | null,
    price: row.price === null ? null : priceE18(row.price),
    quantity: row.quantity_shares === null ? null : shares(row.quantity_shares),
    expiresAt: row.expires_at,
    status: row.status as OrderState['status'],
    paper: row.paper,
    first: row.first_source as SourceOfRecord | null,
    eventId: row.event_id,
  };
}

export function rowOfSource({ partition, account, source }: SourceState): SourceRow {
  return { log_partition: String(partition), account, source };
}

export function sourceOfRow(row: SourceRow): SourceState {
  const source = row.source as SourceOfRecord;
  return { kind: 'source', partition: partitionOf(row), account: row.account, source };
}

/** Rows of the accounts that are in doubt now and were not before. */
export function rowsOfDoubts(
  before: DoubtsState | undefined,
  after: DoubtsState,
): readonly DoubtRow[] {
  const fresh = [...after.accounts].filter(([account]) => before?.accounts.has(account) !== true);
  return fresh.map(([account, { reason, source, sourcePosition }]) => ({
    log_partition: String(after.partition),
    account,
    reason_code: reason,
    source,
    source_position: sourcePosition,
  }));
}

export function doubtsOfRows(rows: readonly DoubtRow[]): DoubtsState | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const accounts = rows.map(
    ({ account, reason_code: reason, source, source_position: sourcePosition }) =>
      [account, { reason, source, sourcePosition }] as const,
  );
  return { kind: 'doubts', partition: partitionOf(first), accounts: new Map(accounts) };
}

export function rowOfMarket(state: MarketState): MarketRow {
  return {
    log_partition: String(state.partition),
    place: state.place,
    definition_hash: state.definitionHash,
    synthesised: state.synthesised,
    tokens: state.tokens,
    resolution: state.resolution,
  };
}

export function marketOfRow(row: MarketRow): MarketState {
  return {
    kind: 'market',
    partition: partitionOf(row),
    place: row.place,
    definitionHash: row.definition_hash,
    synthesised: row.synthesised,
    tokens: row.tokens,
    resolution: row.resolution,
  };
}

function partitionOf(row: { readonly log_partition: string }): number {
  return Number(row.log_partition); // tidy-ok: a partition number.
}
