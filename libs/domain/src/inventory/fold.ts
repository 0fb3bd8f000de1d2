/**
 * Inventory as a fold over the log (rules B8, B10, B11): one event, a few entities, and what has
 * changed for the outside. Pure and total; shared by the reserver, which publishes the changes, and
 * the planner, which reads the balances.
 */

import { assertNever } from '@polytraders/money';
import { EXCHANGE_BPS_MAX } from '../fee.ts';
import { type InventoryEvent } from './events.ts';
import {
  confirmFill,
  failFill,
  type FillVerdict,
  matchFill,
  releaseFill,
  reverseFill,
} from './fills.ts';
import { advanceTime, defineMarket, resolveMarket } from './markets.ts';
import { applyMovement, openBalance } from './movements.ts';
import { closeOrder, openOrder } from './orders.ts';
import { decideRequest, type RequestVerdict } from './requests.ts';
import {
  createWork,
  type InventoryChange,
  type InventoryLookup,
  type InventoryPut,
  type OutcomeOf,
  type Work,
} from './work.ts';

export const INVENTORY_IGNORED = [
  'order known',
  'order closed before',
  'nothing new of a fill',
  'late news of a fill',
  'request known',
  'market known',
  'nothing was due',
] as const;

export const INVENTORY_QUARANTINED = [
  'GOV_FILL_STATUS_CONFLICT',
  'FILL_UNKNOWN',
  'FILL_NOT_SET_ASIDE',
  'OPENING_BALANCE_TWICE',
  'REQUEST_INCOMPLETE',
] as const;

type Ignored = (typeof INVENTORY_IGNORED)[number];
type Quarantined = (typeof INVENTORY_QUARANTINED)[number];

export type InventoryFold =
  | {
      readonly outcome: 'applied';
      readonly puts: readonly InventoryPut[];
      readonly changes: readonly InventoryChange[];
    }
  | { readonly outcome: 'ignored'; readonly because: Ignored }
  | { readonly outcome: 'quarantined'; readonly because: Quarantined };

type Verdict = 'applied' | { readonly ignored: Ignored } | { readonly quarantined: Quarantined };

const nobodyKnows: OutcomeOf = () => null;

/**
 * Folds one event of a partition. `lookup` must hold what `inventoryKeys` and `inventoryKeysThen`
 * ask for. `outcomeOf` reads the outcome from a token's id, where no source has told it.
 * `exchangeBpsMax` is the cap by which the books judge a whole fee at this place of the log.
 */
export function foldInventory(
  lookup: InventoryLookup,
  event: InventoryEvent,
  partition: number,
  outcomeOf: OutcomeOf = nobodyKnows,
  exchangeBpsMax: number = EXCHANGE_BPS_MAX,
): InventoryFold {
  const work = createWork(lookup, partition, outcomeOf, exchangeBpsMax);
  const verdict = judge(work, event);
  if (verdict === 'applied') {
    return { outcome: 'applied', puts: work.puts(), changes: work.changes() };
  }
  if ('ignored' in verdict) return { outcome: 'ignored', because: verdict.ignored };
  return { outcome: 'quarantined', because: verdict.quarantined };
}

function judge(work: Work, event: InventoryEvent): Verdict {
  switch (event.type) {
    case 'OrderOpened':
      return openOrder(work, event.value) ? 'applied' : { ignored: 'order known' };
    case 'OrderClosed':
      return closeOrder(work, event.value) ? 'applied' : { ignored: 'order closed before' };
    case 'FillMatched':
      return ofFill(matchFill(work, event.value));
    case 'FillConfirmed':
      return ofFill(confirmFill(work, event.value));
    case 'FillFailed':
      return ofFill(failFill(work, event.value));
    case 'FillReversed':
      return ofFill(reverseFill(work, event.value));
    case 'FillReleased':
      return ofFill(releaseFill(work, event.value));
    case 'PositionsSplit':
    case 'PositionsMerged':
    case 'PositionsConverted':
    case 'PositionsRedeemed':
    case 'TokensTransferred':
    case 'CashMoved':
      applyMovement(work, event);
      return 'applied';
    case 'OpeningBalance':
      if (openBalance(work, event.value)) return 'applied';
      return { quarantined: 'OPENING_BALANCE_TWICE' };
    case 'ReservationRequested':
      return ofRequest(decideRequest(work, event.value));
    case 'MarketDefined':
      return defineMarket(work, event.value) ? 'applied' : { ignored: 'market known' };
    case 'MarketResolved':
      return resolveMarket(work, event.value) ? 'applied' : { ignored: 'market known' };
    case 'TimeAdvanced':
      return advanceTime(work, event.value.to) ? 'applied' : { ignored: 'nothing was due' };
    default:
      return assertNever(event, 'event of inventory');
  }
}

function ofFill(verdict: FillVerdict): Verdict {
  switch (verdict) {
    case 'booked':
      return 'applied';
    case 'nothing new':
      return { ignored: 'nothing new of a fill' };
    case 'late':
      return { ignored: 'late news of a fill' };
    case 'conflict':
      return { quarantined: 'GOV_FILL_STATUS_CONFLICT' };
    case 'unknown':
      return { quarantined: 'FILL_UNKNOWN' };
    case 'not set aside':
      return { quarantined: 'FILL_NOT_SET_ASIDE' };
  }
}

function ofRequest(verdict: RequestVerdict): Verdict {
  switch (verdict) {
    case 'granted':
    case 'refused':
    case 'taken':
      return 'applied';
    case 'known':
      return { ignored: 'request known' };
    case 'incomplete':
      return { quarantined: 'REQUEST_INCOMPLETE' };
  }
}
