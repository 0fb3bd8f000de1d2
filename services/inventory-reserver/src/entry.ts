/**
 * A line of `inventory_ledger`: one balance or one reservation as an event left it, or an alarm, so
 * that what is published can be built from the line alone (the ledger is the outbox). `seen` is the
 * line of an event that changed no figure: it makes its repetition known.
 *
 * Amounts stand in the columns of their unit; the other half is null. Of an alarm `free` (or
 * `total`, for an oversold wallet) is what was left and `requested` what was asked for or still
 * kept. The runtime adds month, partition, offset, line and the hashes of identity.
 */

import { type ReservationState } from '@polytraders/domain';
import { type PusdMicros, type ShareMicros } from '@polytraders/money';
import { type Table, table } from '@polytraders/stream';
import { type Mode } from './entities.ts';

export type LineKind = 'balance' | 'reservation' | 'alarm' | 'seen';
export type AssetKind = 'TOKEN' | 'PUSD';

export type InventoryEntry = {
  readonly kind: LineKind;
  /** event_id of the log event, the cause of what is published. */
  readonly event_id: string;
  readonly event_type: string;
  readonly correlation_id: string;
  readonly effective_at: number;
  readonly recorded_at: number;
  readonly account: string | null;
  readonly trading_bot_id: string | null;
  readonly asset: AssetKind | null;
  readonly condition_id: string | null;
  readonly token_id: string | null;
  readonly free_shares: ShareMicros | null;
  readonly free_pusd: PusdMicros | null;
  readonly reserved_shares: ShareMicros | null;
  readonly reserved_pusd: PusdMicros | null;
  readonly pending_out_shares: ShareMicros | null;
  readonly pending_out_pusd: PusdMicros | null;
  readonly total_shares: ShareMicros | null;
  readonly total_pusd: PusdMicros | null;
  readonly pending_in_shares: ShareMicros | null;
  readonly pending_in_pusd: PusdMicros | null;
  readonly redeemable_shares: ShareMicros | null;
  readonly reservation_id: string | null;
  readonly order_id: string | null;
  readonly state: ReservationState | null;
  readonly requested_shares: ShareMicros | null;
  readonly requested_pusd: PusdMicros | null;
  readonly remaining_shares: ShareMicros | null;
  readonly remaining_pusd: PusdMicros | null;
  readonly expires_at: number | null;
  /** Why a reservation ended or was refused; the code of an alarm. */
  readonly reason_code: string | null;
  readonly incomplete_reasons: readonly string[];
  readonly mode: Mode;
};

export const ledgerTable: Table<InventoryEntry> = table<InventoryEntry>('inventory_ledger', {
  kind: 'text',
  event_id: 'text',
  event_type: 'text',
  correlation_id: 'text',
  effective_at: 'time',
  recorded_at: 'time',
  account: 'text',
  trading_bot_id: 'text',
  asset: 'text',
  condition_id: 'text',
  token_id: 'text',
  free_shares: 'micros',
  free_pusd: 'micros',
  reserved_shares: 'micros',
  reserved_pusd: 'micros',
  pending_out_shares: 'micros',
  pending_out_pusd: 'micros',
  total_shares: 'micros',
  total_pusd: 'micros',
  pending_in_shares: 'micros',
  pending_in_pusd: 'micros',
  redeemable_shares: 'micros',
  reservation_id: 'text',
  order_id: 'text',
  state: 'text',
  requested_shares: 'micros',
  requested_pusd: 'micros',
  remaining_shares: 'micros',
  remaining_pusd: 'micros',
  expires_at: 'time',
  reason_code: 'text',
  incomplete_reasons: 'texts',
  mode: 'text',
});
