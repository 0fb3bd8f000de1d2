/**
 * The settlement planner as a value: folds the log into inventory, markets and jobs, and publishes
 * each state of a job. No clock, no I/O, no key, no RPC; ../README.md says the rest.
 */

import { codec, type LedgerEvent, TOPICS } from '@polytraders/contracts';
import { type Processor } from '@polytraders/stream';
import { changes, locate, revive } from './changes.ts';
import { type LedgerEntry, ledgerTable } from './entry.ts';
import { CAUSES, step } from './fold.ts';
import { identify } from './identity.ts';
import { inventoryKeysOf, inventoryKeysThenOf } from './inventory.ts';
import { emit } from './job-record.ts';
import { meters } from './meters.ts';
import { endedKey, type Entity, plansKey } from './state.ts';
import {
  endedTable,
  eventsTable,
  inventoryTable,
  liveTable,
  marketsTable,
  partitionsTable,
  positionsTable,
  slotsTable,
} from './tables.ts';
import { PROCESSOR_ID, PROCESSOR_VERSION } from './version.ts';
import { watch } from './watch.ts';

export const processor: Processor<LedgerEvent, Entity, LedgerEntry> = {
  id: PROCESSOR_ID,
  version: PROCESSOR_VERSION,
  consumes: [TOPICS.ledgerEvents.name],
  produces: [TOPICS.settlementJobs.name],
  emits: ['SettlementJob'],
  healthSlugs: [],
  codec,
  causes: CAUSES,
  keys,
  keysThen: (event, lookup, partition) => inventoryKeysThenOf(event, lookup, partition),
  identify,
  step,
  emit,
  storage: {
    schema: (version) => `settlement_v${String(version)}`,
    migrations: `${import.meta.dirname}/../sql`,
    ledger: ledgerTable,
    monthOf: (entry) => entry.recorded_at,
    state: [
      partitionsTable,
      marketsTable,
      eventsTable,
      positionsTable,
      slotsTable,
      endedTable,
      inventoryTable,
      liveTable,
    ],
    changes,
    locate,
    revive,
  },
  meters,
  watch,
};

/** The plans of the partition, what the event moves, and of a claimed or failed job its end. */
function keys(event: LedgerEvent, partition: number): readonly string[] {
  const own = [plansKey(partition), ...inventoryKeysOf(event, partition)];
  const isOfJob = event.type === 'SettlementJobClaimed' || event.type === 'SettlementJobFailed';
  return isOfJob ? [...own, endedKey(event.value.job_id)] : own;
}
