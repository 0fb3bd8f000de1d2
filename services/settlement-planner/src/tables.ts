/**
 * The state tables of the planner: rows as data. SQL types stand in ../sql.
 *
 * `inventory` holds the entities of the inventory as one text each: nobody reads them but the fold,
 * and the reserver's tables show the same balances to people. `live_items` are those of its index.
 */

import {
  type Collateral,
  type PlanKind,
  type SettlementStatus,
  type ToldStatus,
} from '@polytraders/domain';
import { type PusdMicros, type ShareMicros } from '@polytraders/money';
import { table } from '@polytraders/stream';
import { type Mode } from './state.ts';

export type PartitionRow = {
  readonly partition: string;
  readonly next_offset: number;
  readonly market_seq: number;
  readonly mode: Mode;
  readonly neg_risk_fee_bips: number;
  /** By which the books judge fees; no plan follows from it. */
  readonly exchange_max_fee_bps: number;
  /** `name=address`, sorted. */
  readonly addresses: readonly string[];
};

export type MarketRow = {
  readonly partition: string;
  readonly condition_id: string;
  readonly collateral: Collateral | null;
  readonly tokens: readonly string[];
  readonly neg_risk_market_id: string | null;
  readonly question_index: number | null;
  readonly told: ToldStatus;
  /** uint256 in decimal, by outcome index. */
  readonly payout_numerators: readonly string[] | null;
};

export type EventRow = {
  readonly partition: string;
  readonly neg_risk_market_id: string;
  readonly question_count: number;
  readonly fee_bips: number | null;
};

export type PositionRow = {
  readonly partition: string;
  readonly account: string;
  readonly condition_id: string;
  readonly settlement_status: SettlementStatus;
  readonly yes_token_id: string;
  readonly yes_free_shares: ShareMicros;
  readonly yes_total_shares: ShareMicros;
  readonly yes_doubts: readonly string[];
  readonly no_token_id: string;
  readonly no_free_shares: ShareMicros;
  readonly no_total_shares: ShareMicros;
  readonly no_doubts: readonly string[];
};

export type SlotRow = {
  readonly partition: string;
  readonly account: string;
  readonly target: string;
  readonly withheld_kind: PlanKind | null;
  readonly withheld_code: string | null;
  readonly failures: number;
  readonly failed_plan: string | null;
  readonly job_id: string | null;
  readonly state: 'queued' | 'running' | null;
  readonly kind: PlanKind | null;
  readonly condition_id: string | null;
  readonly neg_risk_market_id: string | null;
  readonly contract: string | null;
  readonly calldata: string | null;
  readonly amount_shares: ShareMicros | null;
  readonly index_set: string | null;
  readonly legs: string;
  readonly gains: string;
  readonly payout_pusd: PusdMicros | null;
  readonly fee_pusd: PusdMicros | null;
  readonly fee_yes_shares: ShareMicros | null;
  readonly fee_bips: number | null;
  readonly question_count: number | null;
  readonly tx_hash: string | null;
  readonly claimed_by: string | null;
  readonly correlation_id: string | null;
  readonly planned_offset: number | null;
};

export type EndedRow = {
  readonly job_id: string;
  readonly state: 'done' | 'failed' | 'superseded';
  readonly tx_hash: string | null;
};

export type InventoryRow = { readonly key: string; readonly entity: string };
export type LiveRow = {
  readonly partition: string;
  readonly item_key: string;
  readonly item: string;
};

export const partitionsTable = table<PartitionRow>(
  'partitions',
  {
    partition: 'text',
    next_offset: 'int',
    market_seq: 'int',
    mode: 'text',
    neg_risk_fee_bips: 'int',
    exchange_max_fee_bps: 'int',
    addresses: 'texts',
  },
  ['partition'],
);

export const marketsTable = table<MarketRow>(
  'markets',
  {
    partition: 'text',
    condition_id: 'text',
    collateral: 'text',
    tokens: 'texts',
    neg_risk_market_id: 'text',
    question_index: 'int',
    told: 'text',
    payout_numerators: 'texts',
  },
  ['partition', 'condition_id'],
);

export const eventsTable = table<EventRow>(
  'neg_risk_events',
  { partition: 'text', neg_risk_market_id: 'text', question_count: 'int', fee_bips: 'int' },
  ['partition', 'neg_risk_market_id'],
);

export const positionsTable = table<PositionRow>(
  'positions',
  {
    partition: 'text',
    account: 'text',
    condition_id: 'text',
    settlement_status: 'text',
    yes_token_id: 'text',
    yes_free_shares: 'micros',
    yes_total_shares: 'micros',
    yes_doubts: 'texts',
    no_token_id: 'text',
    no_free_shares: 'micros',
    no_total_shares: 'micros',
    no_doubts: 'texts',
  },
  ['partition', 'account', 'condition_id'],
);

export const slotsTable = table<SlotRow>(
  'slots',
  {
    partition: 'text',
    account: 'text',
    target: 'text',
    withheld_kind: 'text',
    withheld_code: 'text',
    failures: 'int',
    failed_plan: 'text',
    job_id: 'text',
    state: 'text',
    kind: 'text',
    condition_id: 'text',
    neg_risk_market_id: 'text',
    contract: 'text',
    calldata: 'text',
    amount_shares: 'micros',
    index_set: 'text',
    legs: 'text',
    gains: 'text',
    payout_pusd: 'micros',
    fee_pusd: 'micros',
    fee_yes_shares: 'micros',
    fee_bips: 'int',
    question_count: 'int',
    tx_hash: 'text',
    claimed_by: 'text',
    correlation_id: 'text',
    planned_offset: 'int',
  },
  ['partition', 'account', 'target'],
);

export const endedTable = table<EndedRow>(
  'ended_jobs',
  { job_id: 'text', state: 'text', tx_hash: 'text' },
  ['job_id'],
);

export const inventoryTable = table<InventoryRow>('inventory', { key: 'text', entity: 'text' }, [
  'key',
]);

export const liveTable = table<LiveRow>(
  'live_items',
  { partition: 'text', item_key: 'text', item: 'text' },
  ['partition', 'item_key'],
);
