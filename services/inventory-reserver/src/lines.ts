/** What an event changed, as lines of the ledger. */

import {
  freeOf,
  incompleteOf,
  type InventoryAlarm,
  type InventoryBalance,
  type InventoryChange,
  redeemableOf,
  type Reservation,
} from '@polytraders/domain';
import { assertNever, pusd, shares } from '@polytraders/money';
import { type Mode } from './entities.ts';
import { type InventoryEntry } from './entry.ts';

/** What all lines of an event have in common. */
export type Cause = Pick<
  InventoryEntry,
  'event_id' | 'event_type' | 'correlation_id' | 'effective_at' | 'recorded_at'
> & { readonly mode: Mode };

const noReasons: readonly string[] = [];

const NOTHING_SAID = {
  account: null,
  trading_bot_id: null,
  asset: null,
  condition_id: null,
  token_id: null,
  free_shares: null,
  free_pusd: null,
  reserved_shares: null,
  reserved_pusd: null,
  pending_out_shares: null,
  pending_out_pusd: null,
  total_shares: null,
  total_pusd: null,
  pending_in_shares: null,
  pending_in_pusd: null,
  redeemable_shares: null,
  reservation_id: null,
  order_id: null,
  state: null,
  requested_shares: null,
  requested_pusd: null,
  remaining_shares: null,
  remaining_pusd: null,
  expires_at: null,
  reason_code: null,
  incomplete_reasons: noReasons,
} as const;

/** One line for each change. */
export function lineOf(cause: Cause, change: InventoryChange): InventoryEntry {
  switch (change.kind) {
    case 'balance':
      return balanceLine(cause, change.balance);
    case 'reservation':
      return reservationLine(cause, change.reservation);
    case 'alarm':
      return alarmLine(cause, change.alarm);
    default:
      return assertNever(change, 'change of inventory');
  }
}

/** The line of an event that changed no figure. */
export function seenLine(cause: Cause, account: string | null): InventoryEntry {
  return { ...cause, ...NOTHING_SAID, kind: 'seen', account };
}

function balanceLine(cause: Cause, balance: InventoryBalance): InventoryEntry {
  const { account, token, reserved, pendingOut, total, pendingIn } = balance;
  const free = freeOf(balance);
  const common = {
    ...cause,
    ...NOTHING_SAID,
    kind: 'balance',
    account,
    condition_id: balance.conditionId,
    token_id: token,
    incomplete_reasons: incompleteOf(balance),
  } as const;
  if (token === null) {
    return {
      ...common,
      asset: 'PUSD',
      free_pusd: pusd(free),
      reserved_pusd: pusd(reserved),
      pending_out_pusd: pusd(pendingOut),
      total_pusd: pusd(total),
      pending_in_pusd: pusd(pendingIn),
    };
  }
  return {
    ...common,
    asset: 'TOKEN',
    free_shares: shares(free),
    reserved_shares: shares(reserved),
    pending_out_shares: shares(pendingOut),
    total_shares: shares(total),
    pending_in_shares: shares(pendingIn),
    redeemable_shares: shares(redeemableOf(balance)),
  };
}

function reservationLine(cause: Cause, of: Reservation): InventoryEntry {
  const isCash = of.token === null;
  return {
    ...cause,
    ...NOTHING_SAID,
    kind: 'reservation',
    account: of.account,
    trading_bot_id: of.bot,
    asset: isCash ? 'PUSD' : 'TOKEN',
    token_id: of.token,
    reservation_id: of.reservationId,
    order_id: of.orderId,
    state: of.state,
    requested_shares: isCash ? null : shares(of.requested),
    requested_pusd: isCash ? pusd(of.requested) : null,
    remaining_shares: isCash ? null : shares(of.remaining),
    remaining_pusd: isCash ? pusd(of.remaining) : null,
    expires_at: of.expiresAt,
    reason_code: of.reason,
  };
}

function alarmLine(cause: Cause, alarm: InventoryAlarm): InventoryEntry {
  const { token, left, amount, code } = alarm;
  const isCash = token === null;
  const inShares = (micros: bigint | null) => (micros === null || isCash ? null : shares(micros));
  const inPusd = (micros: bigint | null) => (micros === null || !isCash ? null : pusd(micros));
  const isOversold = code === 'GOV_WALLET_OVERSOLD';
  return {
    ...cause,
    ...NOTHING_SAID,
    kind: 'alarm',
    account: alarm.account,
    trading_bot_id: alarm.bot,
    asset: isCash ? 'PUSD' : 'TOKEN',
    token_id: token,
    free_shares: isOversold ? null : inShares(left),
    free_pusd: isOversold ? null : inPusd(left),
    total_shares: isOversold ? inShares(left) : null,
    total_pusd: isOversold ? inPusd(left) : null,
    reservation_id: alarm.reservationId,
    order_id: alarm.orderId,
    requested_shares: inShares(amount),
    requested_pusd: inPusd(amount),
    reason_code: code,
  };
}
