/**
 * What an event of the log does to the books: the step of pnl-projector.
 *
 * FillConfirmed → one ledger entry, whatever becomes of it (book-fill.ts).
 * ParametersChanged of this processor → the parameters of the partition; quarantined, so that it is
 * counted, where a number in it cannot be read, which then stays as it was.
 * Everything else is ignored with a cause, or quarantined where this version would have to book it
 * and cannot: never folded as no change.
 */

import { type LedgerEvent, type ParametersChanged } from '@polytraders/contracts';
import { assertNever } from '@polytraders/money';
import { type Lookup, type Recorded, type Step } from '@polytraders/stream';
import { foldFill } from './book-fill.ts';
import { DEFAULT_PARAMETERS, type Entity, type Parameters, parametersKey } from './entities.ts';
import { type LedgerEntry } from './entry.ts';
import { changeParameters } from './parameters.ts';
import { PROCESSOR_ID } from './version.ts';

export type PnlStep = Step<Entity, LedgerEntry>;

/** Why an event was ignored or quarantined. */
export const CAUSES = [
  'PNL_REPORTER_FEE_MISSING',
  'PNL_REPORTER_FEE_CAP_EXCEEDED',
  'PARAMETERS_UNREADABLE',
  'NOT_BOOKED_BY_THIS_VERSION',
  'provisional fill',
  'fill that never became final',
  'order',
  'market definition or status',
  'window or balances',
  'parameters of another processor',
  'reservation or job',
  'kill switch',
  'time',
  'release of a report',
] as const;

type Cause = (typeof CAUSES)[number];

const none: readonly never[] = [];

/** Folds one event. Total over the events of the log; an event it does not know stops it. */
export function step(state: Lookup<Entity>, input: Recorded<LedgerEvent>): PnlStep {
  const { event } = input;
  switch (event.type) {
    case 'FillConfirmed':
      return foldFill(state, event.value, input.partition, input.offset);
    case 'ParametersChanged':
      return foldParameters(state, event.value, input.partition, input.offset);
    case 'FillMatched':
      return ignored('provisional fill');
    case 'FillFailed':
      return ignored('fill that never became final');
    case 'OrderOpened':
    case 'OrderClosed':
      return ignored('order');
    case 'MarketDefined':
    case 'MarketStatusChanged':
      return ignored('market definition or status');
    case 'ChainBalancesObserved':
    case 'WindowClosed':
    case 'WindowBalancesComplete':
      return ignored('window or balances');
    case 'ReservationRequested':
    case 'SettlementJobClaimed':
    case 'SettlementJobFailed':
      return ignored('reservation or job');
    case 'KillSwitchChanged':
      return ignored('kill switch');
    case 'TimeAdvanced':
      return ignored('time');
    case 'ReportReleased':
      return ignored('release of a report');
    case 'FillReleased':
    case 'FillReversed':
    case 'PositionsSplit':
    case 'PositionsMerged':
    case 'PositionsConverted':
    case 'PositionsRedeemed':
    case 'TokensTransferred':
    case 'CashMoved':
    case 'OpeningBalance':
    case 'MarketResolved':
      return quarantined('NOT_BOOKED_BY_THIS_VERSION');
    default:
      return assertNever(event, 'event of the log');
  }
}

function foldParameters(
  state: Lookup<Entity>,
  event: ParametersChanged,
  partition: number,
  offset: number,
): PnlStep {
  if (event.processor !== PROCESSOR_ID) return ignored('parameters of another processor');
  const key = parametersKey(partition);
  const before = (state.get(key) ?? DEFAULT_PARAMETERS) as Parameters;
  const { parameters, unreadable } = changeParameters(before, event, offset);
  const puts = [{ key, entity: parameters }];
  if (unreadable.length === 0) return { outcome: 'applied', puts, entries: none };
  return { outcome: 'quarantined', because: 'PARAMETERS_UNREADABLE', puts, entries: none };
}

function ignored(because: Cause): PnlStep {
  return { outcome: 'ignored', because };
}

/** Set aside without a trace in the books; the outcome and its cause are counted and alarmed. */
function quarantined(because: Cause): PnlStep {
  return { outcome: 'quarantined', because, puts: none, entries: none };
}
