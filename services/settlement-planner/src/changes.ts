/**
 * Entities to rows and back, as data. What changed is found by identity, bucket by bucket: nothing
 * is changed in place. The indexes of the plans are built anew when they are revived.
 */

import {
  EMPTY_LIVE_INDEX,
  type InventoryEntity,
  liveDifference,
  type LiveIndex,
  type LiveItem,
  withLive,
} from '@polytraders/domain';
import { type Change, type Table } from '@polytraders/stream';
import { fromExactJson, toExactJson } from './exact-json.ts';
import { revivePlans } from './revive-plans.ts';
import { eventRow, marketRow, partitionRow, positionRow, slotRow } from './rows.ts';
import { differences, type Shelf } from './shelf.ts';
import { type EndedJob, type Entity, NO_PLANS, type Plans } from './state.ts';
import {
  type EndedRow,
  endedTable,
  eventsTable,
  type InventoryRow,
  inventoryTable,
  type LiveRow,
  liveTable,
  marketsTable,
  partitionsTable,
  positionsTable,
  slotsTable,
} from './tables.ts';

type Rows = Readonly<Record<string, readonly object[]>>;
type Place = { readonly table: string; readonly where: Readonly<Record<string, string>> };

const PLANS = 'plans|';
const ENDED = 'ended|';
const LIVE = 'live|';

/** Rows that turn `before` (as last stored) into `after`. */
export function changes(
  key: string,
  before: Entity | undefined,
  after: Entity | undefined,
): readonly Change[] {
  if (before === after) return [];
  const rest = key.slice(key.indexOf('|') + 1);
  if (key.startsWith(PLANS)) return plansChanges(rest, before as Plans | undefined, after as Plans);
  if (key.startsWith(ENDED)) return endedChanges(after as EndedJob);
  if (key.startsWith(LIVE))
    return liveChanges(rest, before as LiveIndex | undefined, after as LiveIndex);
  if (after === undefined) return [{ remove: inventoryTable.name, row: { key } }];
  return [{ upsert: inventoryTable.name, row: { key, entity: toExactJson(after) } }];
}

/** Where the rows of a key lie: for each table the values of a prefix of its primary key. */
export function locate(key: string): readonly Place[] {
  const rest = key.slice(key.indexOf('|') + 1);
  if (key.startsWith(PLANS)) {
    const tables = [partitionsTable, marketsTable, eventsTable, positionsTable, slotsTable];
    return tables.map(({ name }) => ({ table: name, where: { partition: rest } }));
  }
  if (key.startsWith(ENDED)) return [{ table: endedTable.name, where: { job_id: rest } }];
  if (key.startsWith(LIVE)) return [{ table: liveTable.name, where: { partition: rest } }];
  return [{ table: inventoryTable.name, where: { key } }];
}

/** The entity of a key from its rows, or undefined where there are none. */
export function revive(key: string, rows: Rows): Entity | undefined {
  if (key.startsWith(PLANS)) return revivePlans(rows);
  if (key.startsWith(ENDED)) return reviveEnded(rows[endedTable.name]?.[0]);
  if (key.startsWith(LIVE)) return reviveLive(rows[liveTable.name] ?? []);
  const row = rows[inventoryTable.name]?.[0] as InventoryRow | undefined;
  return row === undefined ? undefined : (fromExactJson(row.entity) as InventoryEntity);
}

function plansChanges(partition: string, was: Plans | undefined, is: Plans): readonly Change[] {
  const before = was ?? NO_PLANS;
  return [
    { upsert: partitionsTable.name, row: partitionRow(partition, is) },
    ...shelfChanges(marketsTable, before.markets, is.markets, (one) => marketRow(partition, one)),
    ...shelfChanges(eventsTable, before.events, is.events, (one) => eventRow(partition, one)),
    ...shelfChanges(positionsTable, before.positions, is.positions, (one) =>
      positionRow(partition, one),
    ),
    ...shelfChanges(slotsTable, before.slots, is.slots, (one) => slotRow(partition, one)),
  ];
}

function shelfChanges<Value, Row extends object>(
  { name }: Table<Row>,
  before: Shelf<Value>,
  after: Shelf<Value>,
  rowOf: (value: Value) => Row,
): readonly Change[] {
  return differences(before, after).flatMap((one): readonly Change[] => {
    if (one.after !== undefined) return [{ upsert: name, row: rowOf(one.after) }];
    return one.before === undefined ? [] : [{ remove: name, row: rowOf(one.before) }];
  });
}

function endedChanges({ jobId, state, txHash }: EndedJob): readonly Change[] {
  return [{ upsert: endedTable.name, row: { job_id: jobId, state, tx_hash: txHash } }];
}

function liveChanges(partition: string, was: LiveIndex | undefined, is: LiveIndex) {
  const { added, removed } = liveDifference(was ?? EMPTY_LIVE_INDEX, is);
  const row = (item: LiveItem): LiveRow => ({
    partition,
    item_key: item.key,
    item: toExactJson(item),
  });
  return [
    ...removed.map((item): Change => ({ remove: liveTable.name, row: row(item) })),
    ...added.map((item): Change => ({ upsert: liveTable.name, row: row(item) })),
  ];
}

function reviveEnded(found: object | undefined): EndedJob | undefined {
  if (found === undefined) return undefined;
  const { job_id: jobId, state, tx_hash: txHash } = found as EndedRow;
  return { kind: 'ended', jobId, state, txHash };
}

function reviveLive(rows: readonly object[]): LiveIndex | undefined {
  if (rows.length === 0) return undefined;
  const items = (rows as readonly LiveRow[]).map(({ item }) => fromExactJson(item) as LiveItem);
  return items.reduce(withLive, EMPTY_LIVE_INDEX);
}
