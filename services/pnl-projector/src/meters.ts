/**
 * What the specification counts of fills, as functions of a ledger line. The runtime counts
 * committed lines and leaves a rebuild out. The gauge `…quarantine_count` is not among them: it is
 * a level, and is read from the positions (watch.ts). Paper is in none of them.
 */

import { MICROS_PER_UNIT } from '@polytraders/money';
import { type Meter } from '@polytraders/stream';
import { type EntryKind, type LedgerEntry } from './entry.ts';

/** What moved shares or cash without a trade; what is booked again is not counted again. */
const MOVED: ReadonlySet<EntryKind> = new Set<EntryKind>([
  'SPLIT',
  'MERGE',
  'CONVERT',
  'REDEEM',
  'ROUNDING',
  'TRANSFER_IN',
  'TRANSFER_OUT',
  'OPENING',
  'CASH',
]);

type Said = ReturnType<Meter<LedgerEntry>['of']>;

export const meters: readonly Meter<LedgerEntry>[] = [
  {
    name: 'polytraders_gov_pnlreporter_fills_processed_total',
    help: 'Confirmed fills booked, by our role in the match and by kind of market.',
    kind: 'counter',
    labels: ['side', 'negRisk'],
    of: (entry) =>
      booked(entry)
        ? {
            labels: { side: sideOf(entry), negRisk: String(entry.neg_risk ?? 'unknown') },
            value: 1,
          }
        : null,
  },
  {
    name: 'polytraders_gov_pnlreporter_gross_volume_pusd_total',
    help: 'Notional of booked fills in pUSD.',
    kind: 'counter',
    labels: [],
    of: (entry) => (booked(entry) ? { labels: {}, value: shown(entry.size_pusd ?? 0n) } : null),
  },
  {
    name: 'polytraders_gov_pnlreporter_net_fees_pusd_total',
    help: 'Fees after maker rebates of booked fills in pUSD.',
    kind: 'counter',
    labels: ['side'],
    of: (entry) => amount({ side: sideOf(entry) }, booked(entry) ? entry.net_fee_pusd : null),
  },
  {
    name: 'polytraders_gov_pnlreporter_maker_rebates_pusd_total',
    help: 'Maker rebates accrued in pUSD.',
    kind: 'counter',
    labels: [],
    of: (entry) => amount({}, booked(entry) ? entry.maker_rebate_pusd : null),
  },
  {
    name: 'polytraders_gov_pnlreporter_movements_total',
    help: 'Ledger lines of movements without a trade, by what they were.',
    kind: 'counter',
    labels: ['kind'],
    of: (entry) =>
      !MOVED.has(entry.entry_kind) || entry.paper
        ? null
        : { labels: { kind: entry.entry_kind }, value: 1 },
  },
  {
    name: 'polytraders_gov_pnlreporter_movements_unbooked_total',
    help: 'Ledger lines of movements whose shares or cash no book could account for.',
    kind: 'counter',
    labels: ['kind'],
    of: (entry) =>
      entry.quarantined && MOVED.has(entry.entry_kind)
        ? { labels: { kind: entry.entry_kind }, value: 1 }
        : null,
  },
  {
    name: 'polytraders_gov_pnlreporter_books_settled_total',
    help: 'Books whose lots a resolution has realised against their payout.',
    kind: 'counter',
    labels: [],
    of: (entry) =>
      entry.entry_kind === 'RESOLVE' && !entry.paper ? { labels: {}, value: 1 } : null,
  },
  {
    name: 'polytraders_gov_pnlreporter_quarantined_total',
    help: 'Confirmed fills set aside because they cannot be paid yet.',
    kind: 'counter',
    labels: ['reason'],
    of: (entry) =>
      entry.quarantined && entry.entry_kind === 'FILL' && !entry.paper
        ? { labels: { reason: reasonOf(entry) }, value: 1 }
        : null,
  },
];

/** Paper and quarantined fills are in no total, nor is what is no fill. */
function booked(entry: LedgerEntry): boolean {
  const isFill = entry.entry_kind === 'FILL' || entry.entry_kind === 'RELEASE';
  return isFill && !entry.quarantined && !entry.paper;
}

function sideOf(entry: LedgerEntry): string {
  return entry.side ?? 'unknown';
}

/** A counter only goes up: a negative fee (the venue paid) shows in the ledger, not here. */
function amount(labels: Readonly<Record<string, string>>, micros: bigint | null): Said {
  return micros === null || micros <= 0n ? null : { labels, value: shown(micros) };
}

function reasonOf(entry: LedgerEntry): string {
  return entry.gross_fee_pusd === null
    ? 'PNL_REPORTER_FEE_MISSING'
    : 'PNL_REPORTER_FEE_CAP_EXCEEDED';
}

/** For a metric only: the one place where pUSD becomes a float. */
function shown(micros: bigint): number {
  return Number(micros) / Number(MICROS_PER_UNIT); // tidy-ok: a metric is a float by its protocol.
}
