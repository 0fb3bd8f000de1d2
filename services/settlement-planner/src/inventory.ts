/** The inventory that the planner folds, as the reserver does: which events, which entities. */

import { type LedgerEvent } from '@polytraders/contracts';
import {
  type InventoryEvent,
  inventoryKeys,
  inventoryKeysThen,
  type InventoryLookup,
} from '@polytraders/domain';
import { type Lookup } from '@polytraders/stream';
import { type Entity } from './state.ts';

/** The event as one of the inventory; null where it moves and keeps nothing. */
export function inventoryEventOf(event: LedgerEvent): InventoryEvent | null {
  switch (event.type) {
    case 'ChainBalancesObserved':
    case 'SettlementJobClaimed':
    case 'SettlementJobFailed':
    case 'MarketStatusChanged':
    case 'WindowClosed':
    case 'WindowBalancesComplete':
    case 'ParametersChanged':
    case 'KillSwitchChanged':
    case 'ReportReleased':
      return null;
    default:
      return event;
  }
}

/** The entities of the inventory among all that were loaded. */
export function inventoryLookup(state: Lookup<Entity>): InventoryLookup {
  return {
    get: (key) => {
      const found = state.get(key);
      return found?.kind === 'plans' || found?.kind === 'ended' ? undefined : found;
    },
  };
}

/** Keys of the inventory's entities that the event names. */
export function inventoryKeysOf(event: LedgerEvent, partition: number): readonly string[] {
  const folded = inventoryEventOf(event);
  return folded === null ? [] : inventoryKeys(folded, partition);
}

/** And those that what stands under them tells. */
export function inventoryKeysThenOf(
  event: LedgerEvent,
  state: Lookup<Entity>,
  partition: number,
): readonly string[] {
  const folded = inventoryEventOf(event);
  return folded === null ? [] : inventoryKeysThen(folded, inventoryLookup(state), partition);
}
