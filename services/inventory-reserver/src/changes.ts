/**
 * Which rows an entity is, and which entity rows are, as data. An order is one row, found by its id
 * or, through a view, by its hash: only the key with its id writes. What is live is a row each, so
 * that a change writes one.
 */

import {
  EMPTY_LIVE_INDEX,
  liveDifference,
  type LiveIndex,
  partsOfInventoryKey,
} from '@polytraders/domain';
import { type Change, type Table } from '@polytraders/stream';
import { type Entity, type Parameters } from './entities.ts';
import {
  cashBalanceRow,
  fillRow,
  liveRow,
  marketRow,
  orderRow,
  requestRow,
  reviveCashBalance,
  reviveFill,
  reviveLive,
  reviveMarket,
  reviveOrder,
  reviveRequest,
  reviveStray,
  reviveTokenBalance,
  reviveTokenPlace,
  strayRow,
  tokenBalanceRow,
  tokenPlaceRow,
} from './rows.ts';
import {
  cashBalancesTable,
  fillsTable,
  type LiveRow,
  liveTable,
  marketsTable,
  orderByHashTable,
  ordersTable,
  type ParametersRow,
  parametersTable,
  requestsTable,
  strayFillsTable,
  tokenBalancesTable,
  tokenPlacesTable,
} from './tables.ts';

type Where = Readonly<Record<string, string>>;
type Rows = Readonly<Record<string, readonly object[]>>;

/** Rows that turn `before` (as last stored) into `after`. */
export function changes(
  key: string,
  before: Entity | undefined,
  after: Entity | undefined,
): readonly Change[] {
  const [kind, first, rest] = partsOfInventoryKey(key);
  if (kind === 'hash') return strayChanges(first, rest, before, after);
  // An order that became part of another goes, whether or not it was loaded.
  if (kind === 'order' && after === undefined) {
    return [{ remove: ordersTable.name, row: { account: first, order_id: rest } }];
  }
  if (after === undefined || after === before) return [];
  if (after.kind === 'live') return liveChanges(first, before, after);
  return [upsertOf(first, after)];
}

function upsertOf(partition: string, entity: Exclude<Entity, LiveIndex>): Change {
  switch (entity.kind) {
    case 'balance':
      return entity.token === null
        ? { upsert: cashBalancesTable.name, row: cashBalanceRow(entity) }
        : { upsert: tokenBalancesTable.name, row: tokenBalanceRow(entity, entity.token) };
    case 'order':
      return { upsert: ordersTable.name, row: orderRow(entity) };
    case 'stray':
      return { upsert: strayFillsTable.name, row: strayRow(entity) };
    case 'fill':
      return { upsert: fillsTable.name, row: fillRow(entity) };
    case 'request':
      return { upsert: requestsTable.name, row: requestRow(entity) };
    case 'market':
      return { upsert: marketsTable.name, row: marketRow(partition, entity) };
    case 'token':
      return { upsert: tokenPlacesTable.name, row: tokenPlaceRow(partition, entity) };
    case 'parameters':
      return { upsert: parametersTable.name, row: parametersRow(partition, entity) };
  }
}

/** Under a hash only fills that wait for their order are written; the order's row is its id's. */
function strayChanges(
  account: string,
  hash: string,
  before: Entity | undefined,
  after: Entity | undefined,
): readonly Change[] {
  if (after === before) return [];
  if (after?.kind === 'stray') return [{ upsert: strayFillsTable.name, row: strayRow(after) }];
  if (before?.kind !== 'stray') return [];
  return [{ remove: strayFillsTable.name, row: { account, order_hash: hash } }];
}

function liveChanges(
  partition: string,
  before: Entity | undefined,
  after: LiveIndex,
): readonly Change[] {
  const was = before?.kind === 'live' ? before : EMPTY_LIVE_INDEX;
  const { added, removed } = liveDifference(was, after);
  return [
    ...removed.map(({ key }) => ({ remove: liveTable.name, row: { partition, item: key } })),
    ...added.map((item) => ({ upsert: liveTable.name, row: liveRow(partition, item) })),
  ];
}

/** Where the rows of a key lie: for each table the values of a prefix of its key. */
export function locate(key: string): readonly { readonly table: string; readonly where: Where }[] {
  const [kind, first, rest] = partsOfInventoryKey(key);
  switch (kind) {
    case 'balance':
      return rest === ''
        ? [{ table: cashBalancesTable.name, where: { account: first } }]
        : [{ table: tokenBalancesTable.name, where: { account: first, token_id: rest } }];
    case 'order':
      return [{ table: ordersTable.name, where: { account: first, order_id: rest } }];
    case 'hash': {
      const where = { account: first, order_hash: rest };
      return [
        { table: orderByHashTable.name, where },
        { table: strayFillsTable.name, where },
      ];
    }
    case 'fill':
      return [{ table: fillsTable.name, where: { account: first, fill_id: rest } }];
    case 'request':
      return [{ table: requestsTable.name, where: { account: first, reservation_id: rest } }];
    case 'market':
      return [{ table: marketsTable.name, where: { partition: first, condition_id: rest } }];
    case 'token':
      return [{ table: tokenPlacesTable.name, where: { partition: first, token_id: rest } }];
    case 'live':
      return [{ table: liveTable.name, where: { partition: first } }];
    default:
      return [{ table: parametersTable.name, where: { partition: first } }];
  }
}

/** The entity of a key from its rows, or undefined where there are none. */
export function revive(key: string, rows: Rows): Entity | undefined {
  const [kind] = partsOfInventoryKey(key);
  switch (kind) {
    case 'balance':
      return (
        one(rows, tokenBalancesTable, reviveTokenBalance) ??
        one(rows, cashBalancesTable, reviveCashBalance)
      );
    case 'order':
      return one(rows, ordersTable, reviveOrder);
    case 'hash':
      return one(rows, orderByHashTable, reviveOrder) ?? one(rows, strayFillsTable, reviveStray);
    case 'fill':
      return one(rows, fillsTable, reviveFill);
    case 'request':
      return one(rows, requestsTable, reviveRequest);
    case 'market':
      return one(rows, marketsTable, reviveMarket);
    case 'token':
      return one(rows, tokenPlacesTable, reviveTokenPlace);
    case 'live': {
      const items = (rows[liveTable.name] ?? []) as readonly LiveRow[];
      return items.length === 0 ? undefined : reviveLive(items);
    }
    default:
      return one(rows, parametersTable, reviveParameters);
  }
}

/** What the first row of a table says; undefined where there is none. */
function one<Row extends object, Found>(
  rows: Rows,
  { name }: Table<Row>,
  read: (row: Row) => Found,
): Found | undefined {
  const row = rows[name]?.[0];
  return row === undefined ? undefined : read(row as Row);
}

function parametersRow(partition: string, parameters: Parameters): ParametersRow {
  return {
    partition,
    market_seq: parameters.marketSeq,
    mode: parameters.mode,
    exchange_max_fee_bps: parameters.exchangeBpsMax,
    last_offset: parameters.lastOffset,
    updated_at: parameters.updatedAt,
  };
}

function reviveParameters(row: ParametersRow): Parameters {
  return {
    kind: 'parameters',
    marketSeq: row.market_seq,
    mode: row.mode,
    exchangeBpsMax: row.exchange_max_fee_bps,
    lastOffset: row.last_offset,
    updatedAt: row.updated_at,
  };
}
