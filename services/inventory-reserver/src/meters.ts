/**
 * What is counted, as functions of a ledger line: the runtime counts committed lines and leaves a
 * rebuild out. An alert needs a rate, so alarms are counters (B21).
 */

import { type Meter } from '@polytraders/stream';
import { type InventoryEntry } from './entry.ts';

const PREFIX = 'polytraders_gov_inventoryreserver';

export const meters: readonly Meter<InventoryEntry>[] = [
  {
    name: `${PREFIX}_balance_changes_total`,
    help: 'Balances that changed, by asset.',
    kind: 'counter',
    labels: ['asset'],
    of: (entry) =>
      entry.kind === 'balance' ? { labels: { asset: entry.asset ?? '' }, value: 1 } : null,
  },
  {
    name: `${PREFIX}_reservation_changes_total`,
    help: 'Reservations that changed, by the state that they are in since.',
    kind: 'counter',
    labels: ['state'],
    of: (entry) =>
      entry.kind === 'reservation' ? { labels: { state: entry.state ?? '' }, value: 1 } : null,
  },
  {
    name: `${PREFIX}_requests_refused_total`,
    help: 'Requests to keep inventory that were refused, by reason.',
    kind: 'counter',
    labels: ['reason'],
    of: (entry) =>
      entry.kind === 'reservation' && entry.state === 'refused'
        ? { labels: { reason: entry.reason_code ?? '' }, value: 1 }
        : null,
  },
  {
    name: `${PREFIX}_alarms_total`,
    help: 'Alarms raised, by code.',
    kind: 'counter',
    labels: ['code'],
    of: (entry) =>
      entry.kind === 'alarm' ? { labels: { code: entry.reason_code ?? '' }, value: 1 } : null,
  },
];
