/**
 * What the reserver keeps: the entities of inventory (`@polytraders/domain`), and the mode in force
 * in a log partition under `parameters|partition`.
 */

import {
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
  lastOffset: 0,
  updatedAt: 0,
};

export function parametersKey(partition: number): string {
  return `parameters|${String(partition)}`;
}
