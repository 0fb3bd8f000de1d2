// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import { type Input } from '../avro/input.ts';
import { type Output } from '../avro/output.ts';
import { readAlert, type Alert, writeAlert } from './alert.ts';
import { readBalanceChanged, type BalanceChanged, writeBalanceChanged } from './balance-changed.ts';
import { readCashMoved, type CashMoved, writeCashMoved } from './cash-moved.ts';
import { readChainBalancesObserved, type ChainBalancesObserved, writeChainBalancesObserved } from './chain-balances-observed.ts';
import { readExecutionReport, type ExecutionReport, writeExecutionReport } from './execution-report.ts';
import { readFillConfirmed, type FillConfirmed, writeFillConfirmed } from './fill-confirmed.ts';
import { readFillFailed, type FillFailed, writeFillFailed } from './fill-failed.ts';
import { readFillMatched, type FillMatched, writeFillMatched } from './fill-matched.ts';
import { readFillReleased, type FillReleased, writeFillReleased } from './fill-released.ts';
import { readFillReversed, type FillReversed, writeFillReversed } from './fill-reversed.ts';
import { readKillSwitchChanged, type KillSwitchChanged, writeKillSwitchChanged } from './kill-switch-changed.ts';
import { readLedgerCommand, type LedgerCommand, writeLedgerCommand } from './ledger-command.ts';
import { readMarkObserved, type MarkObserved, writeMarkObserved } from './mark-observed.ts';
import { readMarketDefined, type MarketDefined, writeMarketDefined } from './market-defined.ts';
import { readMarketDefinition, type MarketDefinition, writeMarketDefinition } from './market-definition.ts';
import { readMarketResolved, type MarketResolved, writeMarketResolved } from './market-resolved.ts';
import { readMarketStatusChanged, type MarketStatusChanged, writeMarketStatusChanged } from './market-status-changed.ts';
import { readOpeningBalance, type OpeningBalance, writeOpeningBalance } from './opening-balance.ts';
import { readOperationsReport, type OperationsReport, writeOperationsReport } from './operations-report.ts';
import { readOrderClosed, type OrderClosed, writeOrderClosed } from './order-closed.ts';
import { readOrderOpened, type OrderOpened, writeOrderOpened } from './order-opened.ts';
import { readParametersChanged, type ParametersChanged, writeParametersChanged } from './parameters-changed.ts';
import { readPositionsConverted, type PositionsConverted, writePositionsConverted } from './positions-converted.ts';
import { readPositionsMerged, type PositionsMerged, writePositionsMerged } from './positions-merged.ts';
import { readPositionsRedeemed, type PositionsRedeemed, writePositionsRedeemed } from './positions-redeemed.ts';
import { readPositionsSplit, type PositionsSplit, writePositionsSplit } from './positions-split.ts';
import { readQuarantinedInput, type QuarantinedInput, writeQuarantinedInput } from './quarantined-input.ts';
import { readReportReleased, type ReportReleased, writeReportReleased } from './report-released.ts';
import { readReservationChanged, type ReservationChanged, writeReservationChanged } from './reservation-changed.ts';
import { readReservationRequested, type ReservationRequested, writeReservationRequested } from './reservation-requested.ts';
import { readSettlementJob, type SettlementJob, writeSettlementJob } from './settlement-job.ts';
import { readSettlementJobClaimed, type SettlementJobClaimed, writeSettlementJobClaimed } from './settlement-job-claimed.ts';
import { readSettlementJobFailed, type SettlementJobFailed, writeSettlementJobFailed } from './settlement-job-failed.ts';
import { readSettlementReport, type SettlementReport, writeSettlementReport } from './settlement-report.ts';
import { readTimeAdvanced, type TimeAdvanced, writeTimeAdvanced } from './time-advanced.ts';
import { readTokensTransferred, type TokensTransferred, writeTokensTransferred } from './tokens-transferred.ts';
import { readWindowBalancesComplete, type WindowBalancesComplete, writeWindowBalancesComplete } from './window-balances-complete.ts';
import { readWindowClosed, type WindowClosed, writeWindowClosed } from './window-closed.ts';

/** Every record that travels alone, by its name. */
export type Records = {
  readonly Alert: Alert;
  readonly BalanceChanged: BalanceChanged;
  readonly CashMoved: CashMoved;
  readonly ChainBalancesObserved: ChainBalancesObserved;
  readonly ExecutionReport: ExecutionReport;
  readonly FillConfirmed: FillConfirmed;
  readonly FillFailed: FillFailed;
  readonly FillMatched: FillMatched;
  readonly FillReleased: FillReleased;
  readonly FillReversed: FillReversed;
  readonly KillSwitchChanged: KillSwitchChanged;
  readonly LedgerCommand: LedgerCommand;
  readonly MarkObserved: MarkObserved;
  readonly MarketDefined: MarketDefined;
  readonly MarketDefinition: MarketDefinition;
  readonly MarketResolved: MarketResolved;
  readonly MarketStatusChanged: MarketStatusChanged;
  readonly OpeningBalance: OpeningBalance;
  readonly OperationsReport: OperationsReport;
  readonly OrderClosed: OrderClosed;
  readonly OrderOpened: OrderOpened;
  readonly ParametersChanged: ParametersChanged;
  readonly PositionsConverted: PositionsConverted;
  readonly PositionsMerged: PositionsMerged;
  readonly PositionsRedeemed: PositionsRedeemed;
  readonly PositionsSplit: PositionsSplit;
  readonly QuarantinedInput: QuarantinedInput;
  readonly ReportReleased: ReportReleased;
  readonly ReservationChanged: ReservationChanged;
  readonly ReservationRequested: ReservationRequested;
  readonly SettlementJob: SettlementJob;
  readonly SettlementJobClaimed: SettlementJobClaimed;
  readonly SettlementJobFailed: SettlementJobFailed;
  readonly SettlementReport: SettlementReport;
  readonly TimeAdvanced: TimeAdvanced;
  readonly TokensTransferred: TokensTransferred;
  readonly WindowBalancesComplete: WindowBalancesComplete;
  readonly WindowClosed: WindowClosed;
};

export type RecordType = keyof Records;

type Readers = { readonly [Type in RecordType]: (input: Input) => Records[Type] };
type Write<Type extends RecordType> = (output: Output, value: Records[Type]) => void;
type Writers = { readonly [Type in RecordType]: Write<Type> };

export const READERS: Readers = {
  Alert: readAlert,
  BalanceChanged: readBalanceChanged,
  CashMoved: readCashMoved,
  ChainBalancesObserved: readChainBalancesObserved,
  ExecutionReport: readExecutionReport,
  FillConfirmed: readFillConfirmed,
  FillFailed: readFillFailed,
  FillMatched: readFillMatched,
  FillReleased: readFillReleased,
  FillReversed: readFillReversed,
  KillSwitchChanged: readKillSwitchChanged,
  LedgerCommand: readLedgerCommand,
  MarkObserved: readMarkObserved,
  MarketDefined: readMarketDefined,
  MarketDefinition: readMarketDefinition,
  MarketResolved: readMarketResolved,
  MarketStatusChanged: readMarketStatusChanged,
  OpeningBalance: readOpeningBalance,
  OperationsReport: readOperationsReport,
  OrderClosed: readOrderClosed,
  OrderOpened: readOrderOpened,
  ParametersChanged: readParametersChanged,
  PositionsConverted: readPositionsConverted,
  PositionsMerged: readPositionsMerged,
  PositionsRedeemed: readPositionsRedeemed,
  PositionsSplit: readPositionsSplit,
  QuarantinedInput: readQuarantinedInput,
  ReportReleased: readReportReleased,
  ReservationChanged: readReservationChanged,
  ReservationRequested: readReservationRequested,
  SettlementJob: readSettlementJob,
  SettlementJobClaimed: readSettlementJobClaimed,
  SettlementJobFailed: readSettlementJobFailed,
  SettlementReport: readSettlementReport,
  TimeAdvanced: readTimeAdvanced,
  TokensTransferred: readTokensTransferred,
  WindowBalancesComplete: readWindowBalancesComplete,
  WindowClosed: readWindowClosed,
};

export const WRITERS: Writers = {
  Alert: writeAlert,
  BalanceChanged: writeBalanceChanged,
  CashMoved: writeCashMoved,
  ChainBalancesObserved: writeChainBalancesObserved,
  ExecutionReport: writeExecutionReport,
  FillConfirmed: writeFillConfirmed,
  FillFailed: writeFillFailed,
  FillMatched: writeFillMatched,
  FillReleased: writeFillReleased,
  FillReversed: writeFillReversed,
  KillSwitchChanged: writeKillSwitchChanged,
  LedgerCommand: writeLedgerCommand,
  MarkObserved: writeMarkObserved,
  MarketDefined: writeMarketDefined,
  MarketDefinition: writeMarketDefinition,
  MarketResolved: writeMarketResolved,
  MarketStatusChanged: writeMarketStatusChanged,
  OpeningBalance: writeOpeningBalance,
  OperationsReport: writeOperationsReport,
  OrderClosed: writeOrderClosed,
  OrderOpened: writeOrderOpened,
  ParametersChanged: writeParametersChanged,
  PositionsConverted: writePositionsConverted,
  PositionsMerged: writePositionsMerged,
  PositionsRedeemed: writePositionsRedeemed,
  PositionsSplit: writePositionsSplit,
  QuarantinedInput: writeQuarantinedInput,
  ReportReleased: writeReportReleased,
  ReservationChanged: writeReservationChanged,
  ReservationRequested: writeReservationRequested,
  SettlementJob: writeSettlementJob,
  SettlementJobClaimed: writeSettlementJobClaimed,
  SettlementJobFailed: writeSettlementJobFailed,
  SettlementReport: writeSettlementReport,
  TimeAdvanced: writeTimeAdvanced,
  TokensTransferred: writeTokensTransferred,
  WindowBalancesComplete: writeWindowBalancesComplete,
  WindowClosed: writeWindowClosed,
};
