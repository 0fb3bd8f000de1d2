/**
 * The inventory reserver as a value: folds the log into what is free, reserved, pending and
 * redeemable, judges requests, sweeps what has outlived its order, and publishes what changed.
 * No clock, no I/O; ../README.md says the rest.
 */

import { codec, type LedgerEvent, TOPICS } from '@polytraders/contracts';
import { FEE_JUDGE, inventoryKeys, inventoryKeysThen } from '@polytraders/domain';
import { type Lookup, type Processor } from '@polytraders/stream';
import { changes, locate, revive } from './changes.ts';
import { type Entity, parametersKey } from './entities.ts';
import { type InventoryEntry, ledgerTable } from './entry.ts';
import { emit } from './emit.ts';
import { identify } from './identity.ts';
import { meters } from './meters.ts';
import { CAUSES, inventoryEventOf, step } from './step.ts';
import { stateTables } from './tables.ts';
import { PROCESSOR_ID, PROCESSOR_VERSION } from './version.ts';

const noKeys: readonly string[] = [];
/** Processors whose parameters count here. */
const TOLD: ReadonlySet<string> = new Set([PROCESSOR_ID, FEE_JUDGE]);

export const processor: Processor<LedgerEvent, Entity, InventoryEntry> = {
  id: PROCESSOR_ID,
  version: PROCESSOR_VERSION,
  consumes: [TOPICS.ledgerEvents.name],
  produces: [TOPICS.balances.name, TOPICS.reservations.name, TOPICS.alerts.name],
  emits: ['BalanceChanged', 'ReservationChanged', 'Alert'],
  healthSlugs: [],
  codec,
  causes: CAUSES,
  keys,
  keysThen,
  identify,
  step,
  emit,
  storage: {
    schema: (version) => `inventory_v${String(version)}`,
    migrations: `${import.meta.dirname}/../sql`,
    ledger: ledgerTable,
    monthOf: (entry) => entry.recorded_at,
    state: stateTables,
    changes,
    locate,
    revive,
  },
  meters,
};

function keys(event: LedgerEvent, partition: number): readonly string[] {
  const read = inventoryEventOf(event);
  if (read !== null) return [...inventoryKeys(read, partition), parametersKey(partition)];
  return event.type === 'ParametersChanged' && TOLD.has(event.value.processor)
    ? [parametersKey(partition)]
    : noKeys;
}

function keysThen(
  event: LedgerEvent,
  lookup: Lookup<Entity>,
  partition: number,
): readonly string[] {
  const read = inventoryEventOf(event);
  if (read === null) return noKeys;
  const get = (key: string) => {
    const found = lookup.get(key);
    return found?.kind === 'parameters' ? undefined : found;
  };
  return inventoryKeysThen(read, { get }, partition);
}
