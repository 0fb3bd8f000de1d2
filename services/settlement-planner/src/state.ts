/**
 * What the planner keeps besides the inventory: for each log partition one `Plans`, with the
 * markets that were heard of, what each wallet holds of them, and one slot for each target of a
 * job.
 *
 * Keys: `plans|partition`, and `ended|job id` for a job that is over. The keys of the inventory are
 * those of `@polytraders/domain` (balance, order, hash, fill, request, market, token, live).
 * An index (`units`, `jobs`, `tokens`) says nothing that the rest does not; it is not stored.
 */

import {
  type Collateral,
  EXCHANGE_BPS_MAX,
  type Failures,
  type HeldToken,
  type InventoryEntity,
  type OpenJob,
  type PlanKind,
  type SettlementStatus,
  type ToldStatus,
} from '@polytraders/domain';
import { type Addresses } from './call-targets.ts';
import { emptyShelf, type Shelf } from './shelf.ts';

export type Mode = 'shadow_only' | 'limited_live' | 'general_live';

export type Market = {
  readonly conditionId: string;
  /** What its tokens' ids prove; null where they are none of this condition's. */
  readonly collateral: Collateral | null;
  /** YES and NO; where the collateral is null, as far as they were named, in that order. */
  readonly tokens: readonly string[];
  readonly negRiskMarketId: string | null;
  readonly questionIndex: number | null;
  readonly told: ToldStatus;
  readonly numerators: readonly bigint[] | null;
};

/** What is known of a negative-risk event besides its questions. */
export type NegRiskEvent = {
  readonly marketId: string;
  readonly questionCount: number;
  /** As the last conversion on the chain said it; null until there was one. */
  readonly feeBips: number | null;
};

/** A condition in a wallet. */
export type Position = {
  readonly account: string;
  readonly conditionId: string;
  readonly held: readonly [HeldToken, HeldToken];
  readonly status: SettlementStatus;
};

export type Job = OpenJob & {
  readonly account: string;
  readonly target: string;
  readonly calldata: string;
  readonly txHash: string | null;
  readonly claimedBy: string | null;
  readonly correlationId: string;
  readonly plannedOffset: number;
};

export type SlotState = {
  readonly account: string;
  readonly target: string;
  readonly job: Job | null;
  readonly failures: Failures | null;
  /** Why nothing is planned where there is something to gain. */
  readonly withheld: { readonly kind: PlanKind; readonly code: string } | null;
};

/** What is planned together, and the wallets that have something in it. */
export type Unit = {
  readonly unitId: string;
  /** The event, or null where the unit is one condition. */
  readonly marketId: string | null;
  /** Conditions, by question index. */
  readonly conditions: readonly string[];
  readonly accounts: readonly string[];
};

export type Parameters = {
  readonly marketSeq: number;
  readonly mode: Mode;
  /** Fee of an event of which no conversion was seen, in basis points. */
  readonly negRiskFeeBips: number;
  /** The exchange's cap on a whole fee, as pnl-projector is told it; 0 caps nothing. */
  readonly exchangeBpsMax: number;
  readonly addresses: Addresses;
};

export type Plans = {
  readonly kind: 'plans';
  /** The first offset that has not been folded: what stands before it is a repetition. */
  readonly nextOffset: number;
  readonly parameters: Parameters;
  /** By condition id. */
  readonly markets: Shelf<Market>;
  /** By negative-risk market id. */
  readonly events: Shelf<NegRiskEvent>;
  /** By account and condition. */
  readonly positions: Shelf<Position>;
  /** By account and target. */
  readonly slots: Shelf<SlotState>;
  /** By unit id. */
  readonly units: Shelf<Unit>;
  /** Slot keys of open jobs, by job id. */
  readonly jobs: Shelf<string>;
  /** Condition ids, by token. */
  readonly tokens: Shelf<string>;
};

/** How a job ended. Written once and never changed. */
export type EndedJob = {
  readonly kind: 'ended';
  readonly jobId: string;
  readonly state: 'done' | 'failed' | 'superseded';
  readonly txHash: string | null;
};

export type Entity = InventoryEntity | Plans | EndedJob;

/** What holds until the log says otherwise. */
export const DEFAULT_PARAMETERS: Parameters = {
  marketSeq: 0,
  mode: 'general_live',
  negRiskFeeBips: 0,
  exchangeBpsMax: EXCHANGE_BPS_MAX,
  addresses: {},
};

export const NO_PLANS: Plans = {
  kind: 'plans',
  nextOffset: 0,
  parameters: DEFAULT_PARAMETERS,
  markets: emptyShelf(),
  events: emptyShelf(),
  positions: emptyShelf(),
  slots: emptyShelf(),
  units: emptyShelf(),
  jobs: emptyShelf(),
  tokens: emptyShelf(),
};

export const plansKey = (partition: number): string => `plans|${String(partition)}`;
export const endedKey = (jobId: string): string => `ended|${jobId}`;
export const pairKey = (account: string, other: string): string => `${account}|${other}`;

/** The unit of a condition: its event where it is known to be a question of one, else itself. */
export function unitIdOf(market: Market): string {
  return marketIdOf(market) ?? market.conditionId;
}

/** The event that the condition is planned in; null where it is planned by itself. */
export function marketIdOf({ collateral, negRiskMarketId, questionIndex }: Market): string | null {
  return collateral === 'WRAPPED' && questionIndex !== null ? negRiskMarketId : null;
}
