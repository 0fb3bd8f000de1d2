/**
 * What an event of the log does to inventory: the step of inventory-reserver. Orders, fills,
 * movements, requests, markets and time are folded (`foldInventory`); parameters of this processor
 * take effect, and the reporter's cap on fees; everything else is ignored with a cause.
 */

import {
  type LedgerEvent,
  LEDGER_PARTITIONS,
  type ParametersChanged,
  partitionOf,
} from '@polytraders/contracts';
import {
  exchangeCapIn,
  FEE_JUDGE,
  foldInventory,
  INVENTORY_IGNORED,
  INVENTORY_QUARANTINED,
  type InventoryEvent,
  isPaperAccount,
} from '@polytraders/domain';
import { invariant } from '@polytraders/money';
import { type Lookup, type Recorded, type Step } from '@polytraders/stream';
import {
  DEFAULT_PARAMETERS,
  type Entity,
  type Parameters,
  parametersKey,
  touched,
} from './entities.ts';
import { type InventoryEntry } from './entry.ts';
import { identify } from './identity.ts';
import { type Cause, lineOf, seenLine } from './lines.ts';
import { outcomeOf } from './outcome-of.ts';
import { PROCESSOR_ID } from './version.ts';

/** Why an event was ignored or quarantined. */
export const CAUSES = [
  ...INVENTORY_QUARANTINED,
  ...INVENTORY_IGNORED,
  'status of a market',
  'window or balances',
  'parameters of another processor',
  'settlement job',
  'kill switch',
  'release of a report',
] as const;

type ReserverStep = Step<Entity, InventoryEntry>;

/** What the events have that inventory does not read; null where it is one that it reads. */
function besideInventory(type: LedgerEvent['type']): (typeof CAUSES)[number] | null {
  switch (type) {
    case 'MarketStatusChanged':
      return 'status of a market';
    case 'ChainBalancesObserved':
    case 'WindowClosed':
    case 'WindowBalancesComplete':
      return 'window or balances';
    case 'ParametersChanged':
      return 'parameters of another processor';
    case 'SettlementJobClaimed':
    case 'SettlementJobFailed':
      return 'settlement job';
    case 'KillSwitchChanged':
      return 'kill switch';
    case 'ReportReleased':
      return 'release of a report';
    default:
      return null;
  }
}

/** The event as inventory reads it, or null: an event it does not know is a compile error. */
export function inventoryEventOf(event: LedgerEvent): InventoryEvent | null {
  switch (event.type) {
    case 'MarketStatusChanged':
    case 'ChainBalancesObserved':
    case 'WindowClosed':
    case 'WindowBalancesComplete':
    case 'ParametersChanged':
    case 'SettlementJobClaimed':
    case 'SettlementJobFailed':
    case 'KillSwitchChanged':
    case 'ReportReleased':
      return null;
    default:
      return event;
  }
}

/** Folds one event. Total over the events of the log. */
export function step(state: Lookup<Entity>, input: Recorded<LedgerEvent>): ReserverStep {
  const { event, partition, offset } = input;
  if (event.type === 'ParametersChanged') {
    const changed = changeParameters(parametersIn(state, partition), event.value, offset);
    if (changed !== null) {
      const puts = [{ key: parametersKey(partition), entity: changed }];
      return { outcome: 'applied', puts, entries: [] };
    }
  }
  const read = inventoryEventOf(event);
  if (read === null) return { outcome: 'ignored', because: besideInventory(event.type) ?? '' };
  checkPlace(read, event, partition);
  const lookup = {
    get: (key: string) => {
      const found = state.get(key);
      return found?.kind === 'parameters' ? undefined : found;
    },
  };
  const { mode, exchangeBpsMax } = parametersIn(state, partition);
  const folded = foldInventory(lookup, read, partition, outcomeOf, exchangeBpsMax);
  if (folded.outcome === 'ignored') return folded;
  if (folded.outcome === 'quarantined') return { ...folded, puts: [], entries: [] };
  const cause = causeOf(event, mode);
  const entries = folded.changes.map((change) => lineOf(cause, change));
  const isKnownByEntries = identify(event) !== null;
  if (entries.length === 0 && isKnownByEntries) entries.push(seenLine(cause, accountOf(read)));
  const puts = folded.puts.map((put) => ({
    key: put.key,
    entity: touched(put.entity, partition, offset),
  }));
  return { outcome: 'applied', puts, entries };
}

function causeOf({ type, value }: LedgerEvent, mode: Parameters['mode']): Cause {
  return {
    event_id: value.event_id,
    event_type: type,
    correlation_id: value.correlation_id,
    effective_at: value.effective_at,
    recorded_at: value.recorded_at,
    mode,
  };
}

function parametersIn(state: Lookup<Entity>, partition: number): Parameters {
  const found = state.get(parametersKey(partition));
  return found?.kind === 'parameters' ? found : DEFAULT_PARAMETERS;
}

function accountOf(event: InventoryEvent): string | null {
  return 'account' in event.value ? event.value.account : null;
}

const ACCOUNTS_REMEMBERED_MAX = 10_000;
const partitions = new Map<string, number>();

/** The account is the key of the log: its events lie in one partition, and paper in paper books. */
function checkPlace(read: InventoryEvent, event: LedgerEvent, partition: number): void {
  const account = accountOf(read);
  if (account === null) return;
  let expected = partitions.get(account);
  if (expected === undefined) {
    if (partitions.size >= ACCOUNTS_REMEMBERED_MAX) partitions.clear();
    expected = partitionOf(account, LEDGER_PARTITIONS);
    partitions.set(account, expected);
  }
  if (expected !== partition) {
    const words = `${account} belongs to partition ${String(expected)}`;
    invariant(false, `Invariant: ${words}; found in ${String(partition)}.`);
  }
  if ('paper' in event.value && event.value.paper !== isPaperAccount(account)) {
    invariant(false, `Invariant: paper orders and fills are in paper accounts only: ${account}.`);
  }
}

/**
 * What is in force from here on: the mode, as the reserver is told it, and the cap by which the
 * books judge fees. Null where the event changes neither.
 */
function changeParameters(
  before: Parameters,
  event: ParametersChanged,
  offset: number,
): Parameters | null {
  const at = { lastOffset: offset, updatedAt: event.recorded_at };
  if (event.processor === PROCESSOR_ID) {
    return { ...before, ...at, marketSeq: event.market_seq, mode: event.mode };
  }
  if (event.processor !== FEE_JUDGE) return null;
  const exchangeBpsMax = exchangeCapIn(event.parameters, before.exchangeBpsMax);
  return exchangeBpsMax === before.exchangeBpsMax ? null : { ...before, ...at, exchangeBpsMax };
}
