/** The front door: records, codec, topics, reason codes. */

export { ContractError, type ContractErrorCode } from './avro/error.ts';
export { codec, decoderOfOwn, encode, isRecordType, schemaOf, subjectOf } from './codec.ts';
export {
  type Event,
  EVERY_PARTITION_TYPES,
  type InputRecord,
  LEDGER_EVENT_TYPES,
  type LedgerEvent,
  type LedgerEventType,
} from './events.ts';
export { type Records, type RecordType } from './generated/records.ts';
export { type AlertMetadata } from './generated/alert-metadata.ts';
export { type Alert } from './generated/alert.ts';
export { type BalanceChanged } from './generated/balance-changed.ts';
export { type CashMoved } from './generated/cash-moved.ts';
export { type ChainBalancesObserved } from './generated/chain-balances-observed.ts';
export { type ExecutionReport } from './generated/execution-report.ts';
export { type FeeSchedule } from './generated/fee-schedule.ts';
export { type FillConfirmed } from './generated/fill-confirmed.ts';
export { type FillFailed } from './generated/fill-failed.ts';
export { type FillMatched } from './generated/fill-matched.ts';
export { type FillReleased } from './generated/fill-released.ts';
export { type FillReversed } from './generated/fill-reversed.ts';
export { type KillSwitchChanged } from './generated/kill-switch-changed.ts';
export { type LedgerCommand } from './generated/ledger-command.ts';
export { type MarkObserved } from './generated/mark-observed.ts';
export { type Mark } from './generated/mark.ts';
export { type MarketDefined } from './generated/market-defined.ts';
export { type MarketDefinition } from './generated/market-definition.ts';
export { type MarketResolved } from './generated/market-resolved.ts';
export { type MarketStatusChanged } from './generated/market-status-changed.ts';
export { type OpeningBalance } from './generated/opening-balance.ts';
export { type OpeningPosition } from './generated/opening-position.ts';
export { type OperationsReport } from './generated/operations-report.ts';
export { type OrderClosed } from './generated/order-closed.ts';
export { type OrderOpened } from './generated/order-opened.ts';
export { type OutcomeToken } from './generated/outcome-token.ts';
export { type Parameter } from './generated/parameter.ts';
export { type ParametersChanged } from './generated/parameters-changed.ts';
export { type PositionsConverted } from './generated/positions-converted.ts';
export { type PositionsMerged } from './generated/positions-merged.ts';
export { type PositionsRedeemed } from './generated/positions-redeemed.ts';
export { type PositionsSplit } from './generated/positions-split.ts';
export { type QuarantinedInput } from './generated/quarantined-input.ts';
export { type Question } from './generated/question.ts';
export { type RedeemedLeg } from './generated/redeemed-leg.ts';
export { type ReportAccount } from './generated/report-account.ts';
export { type ReportChange } from './generated/report-change.ts';
export { type ReportGroup } from './generated/report-group.ts';
export { type ReportMark } from './generated/report-mark.ts';
export { type ReportReleased } from './generated/report-released.ts';
export { type ReservationChanged } from './generated/reservation-changed.ts';
export { type ReservationRequested } from './generated/reservation-requested.ts';
export { type RevenueDifference } from './generated/revenue-difference.ts';
export { type SettlementJobClaimed } from './generated/settlement-job-claimed.ts';
export { type SettlementJobFailed } from './generated/settlement-job-failed.ts';
export { type SettlementJob } from './generated/settlement-job.ts';
export { type SettlementReport } from './generated/settlement-report.ts';
export { type StrategySlice } from './generated/strategy-slice.ts';
export { type TimeAdvanced } from './generated/time-advanced.ts';
export { type TokenBalance } from './generated/token-balance.ts';
export { type TokenLeg } from './generated/token-leg.ts';
export { type TokensTransferred } from './generated/tokens-transferred.ts';
export { type UserSlice } from './generated/user-slice.ts';
export { type WindowBalancesComplete } from './generated/window-balances-complete.ts';
export { type WindowClosed } from './generated/window-closed.ts';
export { fromJson, isoTime, type JsonValue, timeOfIso, toJson } from './json-form.ts';
export { murmur2, partitionOf } from './partition-of.ts';
export { type ReasonCode, type Severity } from './reasons/reason.ts';
export { type Reason, REASON_CODES, reasonOf } from './reasons/registry.ts';
export { fieldsOfReport } from './report-matrix.ts';
export { USER_EXPLANATIONS } from './reasons/specified.ts';
export { toldOf } from './reasons/told.ts';
export {
  allTopics,
  LEDGER_PARTITIONS,
  physicalTopic,
  progressTopic,
  type Topic,
  TOPICS,
  topicSettings,
  WINDOWS_PROCESSOR,
} from './topics.ts';
