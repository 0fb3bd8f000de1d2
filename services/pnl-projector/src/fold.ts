/**
 * What an event of the log does to the books: the step of pnl-projector.
 *
 * FillConfirmed → one ledger entry, whatever becomes of it (book-fill.ts).
 * Movements of shares and cash → an entry for each book that they touch, one at least
 * (book-movement.ts, book-settlement.ts).
 * MarketDefined, MarketStatusChanged, MarketResolved, SettlementJobClaimed → what is known of
 * markets and jobs; a resolution leaves an entry for each book of its condition (book-market.ts).
 * ParametersChanged of this processor → the parameters of the partition; quarantined, so that it is
 * counted, where a number in it cannot be read, which then stays as it was.
 * FillReleased, FillReversed, ReportReleased → what a reviewed command changes (review/).
 * Everything else is ignored with a cause: never folded as no change.
 */

import { type LedgerEvent, type ParametersChanged } from '@polytraders/contracts';
import { assertNever } from '@polytraders/money';
import { type Lookup, type Recorded, type Step } from '@polytraders/stream';
import { foldFill } from './book-fill.ts';
import { changeStatus, claimJob, defineMarket, resolveMarket } from './book-market.ts';
import {
  factsOf,
  leaveALine,
  mergePositions,
  moveCash,
  openBalance,
  splitPositions,
  transferTokens,
} from './book-movement.ts';
import { convertPositions, redeemPositions } from './book-settlement.ts';
import { checkAccount, type Desk, type Facts, openDesk } from './desk.ts';
import { DEFAULT_PARAMETERS, type Entity, type Parameters, parametersKey } from './entities.ts';
import { type EntryKind, type LedgerEntry } from './entry.ts';
import { type MOVEMENT_TYPES } from './keys.ts';
import { changeParameters } from './parameters.ts';
import { reissueReports } from './review/reissue.ts';
import { releaseFill } from './review/release.ts';
import { reverseFill } from './review/reverse.ts';
import { PROCESSOR_ID } from './version.ts';

export type PnlStep = Step<Entity, LedgerEntry>;

/** Why an event was ignored or quarantined. */
export const CAUSES = [
  'PNL_REPORTER_FEE_MISSING',
  'PNL_REPORTER_FEE_CAP_EXCEEDED',
  'PARAMETERS_UNREADABLE',
  'MORE_THAN_THE_BOOKS_HOLD',
  'LEGS_MISSING',
  'AMOUNTS_DISAGREE',
  'PAYOUT_DISAGREES',
  'OUTCOME_UNKNOWN',
  'RESOLUTION_UNREADABLE',
  'RESOLUTION_CONFLICT',
  'MARKET_DEFINITION_DIFFERS',
  'FILL_NOT_SET_ASIDE',
  'FILL_UNKNOWN',
  'HISTORY_NOT_KEPT',
  'provisional fill',
  'fill that never became final',
  'order',
  'market that is known',
  'market of nobody here',
  'resolution that is known',
  'claim that is known',
  'window or balances',
  'parameters of another processor',
  'reservation or job',
  'kill switch',
  'time',
  'release of a report',
  'reports that are released',
  'a mode that publishes nothing',
] as const;

type Cause = (typeof CAUSES)[number];

const none: readonly never[] = [];

/** Folds one event. Total over the events of the log; an event it does not know stops it. */
export function step(state: Lookup<Entity>, input: Recorded<LedgerEvent>): PnlStep {
  const { event, partition, offset } = input;
  switch (event.type) {
    case 'FillConfirmed':
      return foldFill(state, event.value, partition, offset);
    case 'ParametersChanged':
      return foldParameters(state, event.value, partition, offset);
    case 'FillMatched':
      return ignored('provisional fill');
    case 'FillFailed':
      return ignored('fill that never became final');
    case 'OrderOpened':
    case 'OrderClosed':
      return ignored('order');
    case 'MarketDefined':
      return defineMarket(state, event.value, partition, offset);
    case 'MarketStatusChanged':
      return changeStatus(state, event.value, partition, offset);
    case 'MarketResolved':
      return resolveMarket(state, event.value, partition, offset);
    case 'SettlementJobClaimed':
      return claimJob(state, event.value, partition, offset);
    case 'PositionsSplit':
    case 'PositionsMerged':
    case 'PositionsConverted':
    case 'PositionsRedeemed':
    case 'TokensTransferred':
    case 'CashMoved':
    case 'OpeningBalance':
      return foldMovement(state, event, partition, offset);
    case 'ChainBalancesObserved':
    case 'WindowClosed':
    case 'WindowBalancesComplete':
      return ignored('window or balances');
    case 'ReservationRequested':
    case 'SettlementJobFailed':
      return ignored('reservation or job');
    case 'KillSwitchChanged':
      return ignored('kill switch');
    case 'TimeAdvanced':
      return ignored('time');
    case 'ReportReleased':
      return event.value.release_kind === 'MODE_HELD'
        ? reissueReports(state, event.value, partition, offset)
        : ignored('release of a report');
    case 'FillReleased':
      return releaseFill(state, event.value, partition, offset);
    case 'FillReversed':
      return reverseFill(state, event.value, partition, offset);
    default:
      return assertNever(event, 'event of the log');
  }
}

type Movement = Extract<LedgerEvent, { readonly type: MovementType }>;
type MovementType = (typeof MOVEMENT_TYPES)[number];

function foldMovement(
  state: Lookup<Entity>,
  event: Movement,
  partition: number,
  offset: number,
): PnlStep {
  checkAccount(event.value.account, partition);
  const desk = openDesk(state, partition, offset, movementFacts(event));
  bookMovement(desk, event);
  leaveALine(desk, kindOf(event), event.value.account);
  return desk.outcome();
}

function bookMovement(desk: Desk, event: Movement): void {
  switch (event.type) {
    case 'PositionsSplit':
      splitPositions(desk, event.value);
      return;
    case 'PositionsMerged':
      mergePositions(desk, event.value);
      return;
    case 'PositionsConverted':
      convertPositions(desk, event.value);
      return;
    case 'PositionsRedeemed':
      redeemPositions(desk, event.value);
      return;
    case 'TokensTransferred':
      transferTokens(desk, event.value);
      return;
    case 'CashMoved':
      moveCash(desk, event.value);
      return;
    case 'OpeningBalance':
      openBalance(desk, event.value);
      return;
    default:
      assertNever(event, 'movement of the log');
  }
}

/** What its lines have in common; `detail` says what the kind of line does not. */
function movementFacts(event: Movement): Facts {
  switch (event.type) {
    case 'PositionsConverted':
      return factsOf(event.value, `carry ${event.value.neg_risk_market_id}`);
    case 'TokensTransferred':
    case 'CashMoved':
      return factsOf(event.value, event.value.kind);
    default:
      return factsOf(event.value, null);
  }
}

/** The kind of line of a movement that moved nothing. */
function kindOf(event: Movement): EntryKind {
  switch (event.type) {
    case 'PositionsSplit':
      return 'SPLIT';
    case 'PositionsMerged':
      return 'MERGE';
    case 'PositionsConverted':
      return 'CONVERT';
    case 'PositionsRedeemed':
      return 'REDEEM';
    case 'TokensTransferred':
      return event.value.direction === 'IN' ? 'TRANSFER_IN' : 'TRANSFER_OUT';
    case 'CashMoved':
      return 'CASH';
    default:
      return 'OPENING';
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
