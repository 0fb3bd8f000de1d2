/**
 * Health and levels of the PnL reporter as its specification has them (`healthcheck`), read with
 * rule B21:
 *
 *   green   last fill < 300 s ago in active trading; quarantine_count does not grow
 *   amber   between the two
 *   red     no fill for more than 1 h of active trading; quarantine_count + more than 5 in 5 min
 *
 * Active trading is an open order, or an order or match on the log within 15 minutes. Without it
 * the age of the last fill is shown and not judged. An age counts from when trading became active
 * at the earliest: the first order of a morning is not an hour late.
 */

import { LEDGER_PARTITIONS, type LedgerEvent } from '@polytraders/contracts';
import { isPaperAccount } from '@polytraders/domain';
import {
  type Finding,
  type Judged,
  type Question,
  type Reading,
  type Watch,
} from '@polytraders/stream';
import { PROCESSOR_ID } from './version.ts';

const MODES = ['general_live', 'limited_live', 'shadow_only'] as const;
const MS_PER_S = 1000;
const ACTIVE_MS = 15 * 60 * MS_PER_S;
const FRESH_MS = 300 * MS_PER_S;
const SILENT_MS = 3_600 * MS_PER_S;
const GROWTH_MS = 5 * 60 * MS_PER_S;
const GROWTH_MAX = 5;
/** Last lines of a partition that are looked through for its last fill, mostly one of them. */
const LINES_MAX = 1000;

/**
 * Fills kept until somebody reviews them (B18), and when the last fill was booked. Paper is
 * neither: nobody is paged for it, and it is no sign that the feed of real fills lives.
 */
const OWN: Question = {
  processor: PROCESSOR_ID,
  schema: (version) => `pnl_v${String(version)}`,
  sql: (schema) => `
    SELECT
      (SELECT coalesce(sum(quarantined_fills), 0) FROM ${schema}.positions
       WHERE quarantined_fills > 0 AND NOT starts_with(account, 'paper:')) AS quarantined,
      (SELECT floor(extract(epoch FROM max(l.recorded_at)) * 1000)
       FROM generate_series(0, ${String(LEDGER_PARTITIONS - 1)}) AS p,
            LATERAL (SELECT recorded_at
                     FROM (SELECT entry_kind, paper, recorded_at FROM ${schema}.pnl_ledger
                           WHERE partition = p ORDER BY "offset" DESC
                           LIMIT ${String(LINES_MAX)}) AS lines
                     WHERE entry_kind = 'FILL' AND NOT paper LIMIT 1) AS l) AS last_fill_at`,
};

/** Orders that are open, as inventory-reserver declares them for readers. */
const ORDERS: Question = {
  processor: 'inventory-reserver',
  schema: (version) => `inventory_v${String(version)}`,
  sql: (schema) => `SELECT orders AS open_orders FROM ${schema}.open_orders`,
};

/**
 * The drift of the newest window that was compared with the chain (B13): Σ |books − chain| over all
 * wallets. A late revision of an older window does not take its place, and neither do the windows
 * of a year that an import brings: all reports are looked through, a few a day.
 */
const WINDOWS: Question = {
  processor: PROCESSOR_ID,
  schema: (version) => `pnl_v${String(version)}`,
  sql: (schema) => `
    SELECT onchain_drift_pusd AS drift_pusd,
           (reconciliation_status = 'RECONCILED')::int AS reconciled
    FROM ${schema}.settlement_reports
    WHERE NOT mixed AND reconciliation_status <> 'PENDING' AND onchain_drift_pusd IS NOT NULL
    ORDER BY window_end DESC, "offset" DESC LIMIT 1`,
};

/**
 * The mode in force, as the log says it (B19), by partitions: for a moment, or where one stands
 * still, they may have different ones. Before the log has said one it is the specified default.
 */
const MODE: Question = {
  processor: PROCESSOR_ID,
  schema: (version) => `pnl_v${String(version)}`,
  sql: (schema) => `
    SELECT ${MODES.map((mode) => `count(*) FILTER (WHERE mode = '${mode}') AS ${mode}`).join(', ')}
    FROM ${schema}.parameters`,
};

export const watch: Watch<LedgerEvent> = {
  questions: [OWN, WINDOWS, ORDERS, MODE],
  gauges: [
    {
      name: 'polytraders_gov_pnlreporter_quarantine_count',
      help: 'Fills that are set aside now and wait for a review: fee missing, or over its cap.',
      reading: 'quarantined',
    },
    {
      name: 'polytraders_gov_pnlreporter_onchain_reconcile_drift_pusd',
      help: 'Σ |books − chain| over all wallets at the last reconciliation, in pUSD.',
      reading: 'drift_pusd',
    },
    {
      name: 'polytraders_gov_pnlreporter_onchain_reconciled',
      help: '1 where that drift is within the tolerance in each wallet, else 0.',
      reading: 'reconciled',
    },
    {
      name: 'polytraders_gov_pnlreporter_mode_partitions',
      help: 'Partitions of the log in which this mode is in force: what reports there are.',
      label: 'mode',
      readings: Object.fromEntries(MODES.map((mode) => [mode, mode])),
    },
  ],
  activityAt,
  judging,
};

/** Orders and matches show life; the clock, windows and parameters do not, and paper does not. */
function activityAt(event: LedgerEvent): number | null {
  switch (event.type) {
    case 'FillConfirmed':
    case 'FillMatched':
    case 'FillFailed':
    case 'OrderOpened':
    case 'OrderClosed':
      return isPaperAccount(event.value.account) ? null : event.value.recorded_at;
    default:
      return null;
  }
}

function judging(): (reading: Reading) => Judged {
  let activeSince: number | null = null;
  let counts: readonly { readonly at: number; readonly quarantined: number }[] = [];
  return (reading) => {
    const { at, activityAt: inputAt, values } = reading;
    const { quarantined = null, last_fill_at: lastFillAt = null } = values;
    const openOrders = values['open_orders'] ?? null;
    const inputSince = inputAt !== null && at - inputAt <= ACTIVE_MS ? Math.min(at, inputAt) : null;
    const isActive = (openOrders ?? 0) > 0 || inputSince !== null;
    // Another worker may have had the order: what this one read last may be of yesterday.
    activeSince = isActive ? (activeSince ?? inputSince ?? at) : null;
    if (quarantined !== null) counts = kept([...counts, { at, quarantined }], at);
    const growth = growthOf(counts);
    const ageMs = lastFillAt === null ? null : Math.max(0, at - lastFillAt);
    return {
      findings: [...silence(at, activeSince, lastFillAt), ...growing(growth)],
      shown: {
        mode_on_log: modeOf(values),
        active_trading: isActive,
        open_orders: openOrders,
        last_fill_ago_s: ageMs === null ? null : Math.round(ageMs / MS_PER_S),
        quarantine_count: quarantined,
        quarantine_growth_5m: growth,
        onchain_drift_pusd: values['drift_pusd'] ?? null,
      },
    };
  };
}

/** One, mostly; where the partitions have several, all of them. Null: it was not asked yet. */
function modeOf(values: Reading['values']): string | null {
  if (!MODES.some((mode) => typeof values[mode] === 'number')) return null;
  const inForce = MODES.filter((mode) => (values[mode] ?? 0) > 0);
  return inForce.length === 0 ? 'general_live' : inForce.join(', ');
}

/** Of the last five minutes, and the one before them: growth is seen from the edge on. */
function kept<Count extends { readonly at: number }>(
  counts: readonly Count[],
  at: number,
): readonly Count[] {
  const first = counts.findLastIndex((one) => one.at <= at - GROWTH_MS);
  return counts.slice(Math.max(0, first));
}

/** From the smallest number since: a review that takes some away does not hide what came. */
function growthOf(counts: readonly { readonly quarantined: number }[]): number {
  const last = counts.at(-1)?.quarantined ?? 0;
  return last - Math.min(last, ...counts.map((one) => one.quarantined));
}

function silence(at: number, activeSince: number | null, lastFillAt: number | null): Finding[] {
  if (activeSince === null) return [];
  const silentMs = at - Math.max(activeSince, lastFillAt ?? activeSince);
  if (silentMs < FRESH_MS) return [];
  const because =
    `No fill was booked for ${String(Math.round(silentMs / MS_PER_S))} s of active trading ` +
    '(runbook-pnlreporter-no-fills).';
  return [{ color: silentMs > SILENT_MS ? 'red' : 'amber', because }];
}

function growing(growth: number): Finding[] {
  if (growth <= GROWTH_MAX) return [];
  const because =
    `quarantine_count grew by ${String(growth)} in five minutes: polytraders quarantine says why ` +
    '(runbook-pnlreporter-fee-missing, runbook-pnlreporter-fee-cap).';
  return [{ color: 'red', because }];
}
