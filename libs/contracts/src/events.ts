/**
 * Which records travel together. The type of an event is the name of its record, so that a `switch`
 * on it is exhaustive and a new event is a compile error wherever it is not thought of.
 */

import { type Records, type RecordType } from './generated/records.ts';

/** A record with its name: what the codec yields and takes. */
export type Event<Type extends RecordType = RecordType> = {
  readonly [Name in Type]: { readonly type: Name; readonly value: Records[Name] };
}[Type];

/** The records of `polytraders.ledger.events`, in the order of contracts.md. */
export const LEDGER_EVENT_TYPES = [
  'OrderOpened',
  'OrderClosed',
  'FillMatched',
  'FillConfirmed',
  'FillFailed',
  'FillReleased',
  'FillReversed',
  'PositionsSplit',
  'PositionsMerged',
  'PositionsConverted',
  'PositionsRedeemed',
  'TokensTransferred',
  'CashMoved',
  'OpeningBalance',
  'ChainBalancesObserved',
  'ReservationRequested',
  'SettlementJobClaimed',
  'SettlementJobFailed',
  'MarketDefined',
  'MarketStatusChanged',
  'MarketResolved',
  'WindowClosed',
  'WindowBalancesComplete',
  'ParametersChanged',
  'KillSwitchChanged',
  'TimeAdvanced',
  'ReportReleased',
] as const satisfies readonly RecordType[];

export type LedgerEventType = (typeof LEDGER_EVENT_TYPES)[number];

/** Everything that may stand on the log. */
export type LedgerEvent = Event<LedgerEventType>;

/** Events that are written to every partition with one `market_seq`. */
export const EVERY_PARTITION_TYPES = [
  'MarketStatusChanged',
  'MarketResolved',
  'WindowClosed',
  'WindowBalancesComplete',
  'ParametersChanged',
  'KillSwitchChanged',
  'ReportReleased',
] as const satisfies readonly LedgerEventType[];

/** What others write and fill-ingestor reads. */
export type InputRecord = Event<
  'ExecutionReport' | 'OperationsReport' | 'MarkObserved' | 'MarketDefinition' | 'LedgerCommand'
>;
