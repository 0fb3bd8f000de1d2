/**
 * What a line of the ledger makes public, built from the line alone, so that recovery publishes the
 * same bytes. Ids derive from the cause.
 *
 * Modes (B19): general_live publishes everything; limited_live alarms only, because a balance on
 * these topics has no way to say that it is held; shadow_only nothing.
 */

import {
  type Alert,
  type BalanceChanged,
  partitionOf,
  reasonOf,
  type ReservationChanged,
  TOPICS,
} from '@polytraders/contracts';
import { formatMicros } from '@polytraders/money';
import { type Emission } from '@polytraders/stream';
import { type InventoryEntry } from './entry.ts';
import { PROCESSOR_ID, PROCESSOR_VERSION } from './version.ts';

export const RESERVER = 'gov.inventory_reserver';

const PRODUCER = `${PROCESSOR_ID}/${String(PROCESSOR_VERSION)}`;
const none: readonly Emission[] = [];

type Place = { readonly partition: number; readonly offset: number };

/** What an entry makes public. */
export function emit(entry: InventoryEntry, at: Place): readonly Emission[] {
  if (entry.mode === 'shadow_only' || entry.kind === 'seen') return none;
  if (entry.kind === 'alarm') return [alertOf(entry)];
  if (entry.mode === 'limited_live') return none;
  return [entry.kind === 'balance' ? balanceOf(entry, at) : reservationOf(entry, at)];
}

function balanceOf(entry: InventoryEntry, at: Place): Emission {
  const key = assetKey(entry);
  const value: BalanceChanged = {
    ...envelopeOf(entry, `balance.${key}`),
    account: entry.account ?? '',
    asset: entry.asset ?? 'PUSD',
    condition_id: entry.condition_id,
    token_id: entry.token_id,
    free_shares: entry.free_shares,
    free_pusd: entry.free_pusd,
    reserved_shares: entry.reserved_shares,
    reserved_pusd: entry.reserved_pusd,
    pending_out_shares: entry.pending_out_shares,
    pending_out_pusd: entry.pending_out_pusd,
    total_shares: entry.total_shares,
    total_pusd: entry.total_pusd,
    pending_in_shares: entry.pending_in_shares,
    pending_in_pusd: entry.pending_in_pusd,
    redeemable_shares: entry.redeemable_shares,
    incomplete_reasons: entry.incomplete_reasons,
    ledger_partition: at.partition,
    ledger_offset: at.offset,
  };
  return emission(TOPICS.balances, key, 'BalanceChanged', value);
}

function reservationOf(entry: InventoryEntry, at: Place): Emission {
  const key = entry.reservation_id ?? '';
  const value: ReservationChanged = {
    ...envelopeOf(entry, `reservation.${key}`),
    reservation_id: key,
    account: entry.account ?? '',
    trading_bot_id: entry.trading_bot_id ?? '',
    asset: entry.asset ?? 'PUSD',
    token_id: entry.token_id,
    order_id: entry.order_id,
    state: entry.state ?? 'pending',
    requested_shares: entry.requested_shares,
    requested_pusd: entry.requested_pusd,
    remaining_shares: entry.remaining_shares,
    remaining_pusd: entry.remaining_pusd,
    expires_at: entry.expires_at,
    reason_code: entry.reason_code,
    ledger_partition: at.partition,
    ledger_offset: at.offset,
  };
  return emission(TOPICS.reservations, key, 'ReservationChanged', value);
}

function alertOf(entry: InventoryEntry): Emission {
  const code = entry.reason_code ?? '';
  const subject = entry.reservation_id ?? assetKey(entry);
  const value: Alert = {
    ...envelopeOf(entry, `alert.${code}.${subject}`),
    code,
    severity: reasonOf(code)?.severity ?? 'WARN',
    bot_id: RESERVER,
    subject,
    metadata: metadataOf(entry),
  };
  return emission(TOPICS.alerts, RESERVER, 'Alert', value);
}

/** Named values, sorted by name; amounts as decimal strings. */
function metadataOf(entry: InventoryEntry): Alert['metadata'] {
  const amounts = [
    ['free_pusd', entry.free_pusd],
    ['free_shares', entry.free_shares],
    ['requested_pusd', entry.requested_pusd],
    ['requested_shares', entry.requested_shares],
    ['total_pusd', entry.total_pusd],
    ['total_shares', entry.total_shares],
  ] as const;
  const texts = [
    ['account', entry.account],
    ['cause', entry.event_type],
    ['order_id', entry.order_id],
    ['token_id', entry.token_id],
    ['trading_bot_id', entry.trading_bot_id],
  ] as const;
  return [
    ...amounts.flatMap(([name, micros]) =>
      micros === null ? [] : [{ name, value: formatMicros(micros) }],
    ),
    ...texts.flatMap(([name, value]) => (value === null ? [] : [{ name, value }])),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Key of a balance: account/token_id, or account/pUSD. */
function assetKey({ account, token_id: token }: InventoryEntry): string {
  return `${account ?? ''}/${token ?? 'pUSD'}`;
}

function envelopeOf(entry: InventoryEntry, what: string) {
  return {
    event_id: `${entry.event_id}.${what}`,
    correlation_id: entry.correlation_id,
    causation_id: entry.event_id,
    producer: PRODUCER,
    effective_at: entry.effective_at,
    recorded_at: entry.recorded_at,
  };
}

function emission(
  topic: { readonly name: string; readonly partitions: number },
  key: string,
  type: 'BalanceChanged' | 'ReservationChanged' | 'Alert',
  value: object,
): Emission {
  const partition = partitionOf(key, topic.partitions);
  return { topic: topic.name, partition, key, record: { type, value } };
}
