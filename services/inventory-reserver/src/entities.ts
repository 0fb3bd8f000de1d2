/**
 * What the reserver keeps: the entities of inventory (`@polytraders/domain`), and under
 * `parameters|partition` the mode that is in force in a log partition, with the cap by which the
 * books judge fees there.
 */

import {
  EXCHANGE_BPS_MAX,
  type InventoryBalance,
  type InventoryEntity,
  type InventoryOrder,
  type InventoryRequest,
} from '@polytraders/domain';

export type Mode = 'shadow_only' | 'limited_live' | 'general_live';

export type Parameters = {
  readonly kind: 'parameters';
  readonly marketSeq: number;
  readonly mode: Mode;
  /** The exchange's cap on a whole fee, as pnl-projector is told it; 0 caps nothing. */
  readonly exchangeBpsMax: number;
  readonly lastOffset: number;
  readonly updatedAt: number;
};

/** Where on the log an entity was last touched. */
export type Touched = { readonly ledgerPartition: number; readonly ledgerOffset: number };

/** Those that are shown outside say where they were last touched. */
type Shown = InventoryBalance | InventoryOrder | InventoryRequest;

export type Entity = (Shown & Touched) | Exclude<InventoryEntity, Shown> | Parameters;

/** The entity as touched at this place. */
export function touched(
  entity: InventoryEntity | undefined,
  partition: number,
  offset: number,
): Entity | undefined {
  switch (entity?.kind) {
    case 'balance':
    case 'order':
    case 'request':
      return { ...entity, ledgerPartition: partition, ledgerOffset: offset };
    default:
      return entity;
  }
}

/** What holds until the log says otherwise. */
export const DEFAULT_PARAMETERS: Parameters = {
  kind: 'parameters',
  marketSeq: 0,
  mode: 'general_live',
  exchangeBpsMax: EXCHANGE_BPS_MAX,
  lastOffset: 0,
  updatedAt: 0,
};

export function parametersKey(partition: number): string {
  return `parameters|${String(partition)}`;
}
