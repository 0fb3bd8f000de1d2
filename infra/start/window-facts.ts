/**
 * What reports of windows should say, by SQL over the ledger of the books: by day of confirmation,
 * up to the last cut at which reports were made. Neither the fold nor its input is asked.
 */

import { ask, type Database, PNL, schemaOf } from '@polytraders/cli';
import { isoTime, type SettlementReport } from '@polytraders/contracts';
import { microsOf } from './facts.ts';

/** Sums of a window. Amounts in micros. */
export type WindowSums = {
  readonly fills: number;
  readonly quarantined: number;
  readonly volume: bigint;
  readonly realised: bigint;
  readonly grossFees: bigint;
  readonly rebates: bigint;
  readonly netFees: bigint;
};

export type WindowFacts = {
  /** The last revision of each window, by end. */
  readonly last: readonly SettlementReport[];
  /** All revisions, as they stand on the topic. */
  readonly revisions: readonly SettlementReport[];
  /** Ids of the revisions that the table holds and that are for the topic. */
  readonly stored: readonly string[];
  /** By id of the last revision: what the lines of the window's days sum to. */
  readonly sums: ReadonlyMap<string, WindowSums>;
  /** Lines of reported windows that came after the last cut: they are in the next revision. */
  readonly linesAfter: number;
};

/** A cut at which reports are made, where all partitions have passed it. */
const LAST_CUT = `SELECT partition::int AS partition, "offset" FROM window_cuts
  WHERE market_seq = (SELECT market_seq FROM window_cuts
                       WHERE kind IN ('WindowClosed', 'WindowBalancesComplete', 'ReportReleased')
                       GROUP BY market_seq HAVING count(*) = 12
                       ORDER BY market_seq::bigint DESC LIMIT 1)`;

/** What was set aside is in no sum but its own; what is reported again moves nothing. */
const SUMS = `
  SELECT l."offset" > cut."offset" AS after,
         sum(sign) FILTER (WHERE is_fill AND NOT quarantined) AS fills,
         sum(CASE entry_kind WHEN 'RELEASE' THEN -1 ELSE sign END)
           FILTER (WHERE entry_kind = 'RELEASE' OR is_fill AND quarantined) AS quarantined,
         sum(size_pusd) FILTER (WHERE is_fill AND NOT quarantined) AS volume,
         sum(realised_pnl_pusd) FILTER (WHERE NOT quarantined) AS realised,
         sum(gross_fee_pusd) FILTER (WHERE NOT quarantined) AS gross_fees,
         sum(maker_rebate_pusd) FILTER (WHERE NOT quarantined) AS rebates,
         sum(net_fee_pusd) FILTER (WHERE NOT quarantined) AS net_fees,
         count(*) AS lines
    FROM pnl_ledger l JOIN cut USING (partition),
         LATERAL (SELECT entry_kind IN ('FILL', 'RELEASE', 'REVERSE') AS is_fill,
                         CASE entry_kind WHEN 'REVERSE' THEN -1 ELSE 1 END AS sign) AS kind
   WHERE confirmed_at >= $1 AND confirmed_at < $2 AND NOT paper AND entry_kind <> 'REISSUE'
   GROUP BY 1`;

/** The reports on the topic, and what they should say. */
export async function windowsOf(
  database: Database,
  revisions: readonly SettlementReport[],
): Promise<WindowFacts> {
  const schema = await schemaOf(database, PNL);
  const inSchema = (sql: string): string =>
    sql.replace(/\b(window_cuts|pnl_ledger)\b/g, `"${schema}".$1`);
  const byWindow = new Map<string, SettlementReport>();
  for (const report of revisions) byWindow.set(windowOf(report), report);
  const last = [...byWindow.values()].sort(
    (a, b) => (a.window_end ?? 0) - (b.window_end ?? 0) || (a.event_id < b.event_id ? -1 : 1),
  );
  const sums = new Map<string, WindowSums>();
  let linesAfter = 0;
  for (const { report_id: id, window_start: start, window_end: end } of last) {
    const sql = `WITH cut AS (${LAST_CUT}) ${SUMS}`;
    const values = [isoTime(start ?? 0), isoTime(end ?? 0)];
    const found = await ask(database, inSchema(sql), values, PNL.service);
    sums.set(id, sumsOf(found.find((row) => row['after'] === 'f') ?? {}));
    linesAfter += Number(found.find((row) => row['after'] === 't')?.['lines'] ?? 0);
  }
  return { last, revisions, stored: await storedReports(database), sums, linesAfter };
}

/** Ids of the revisions in the table that are for the topic. */
export async function storedReports(database: Database): Promise<readonly string[]> {
  const schema = await schemaOf(database, PNL);
  const rows = await ask(
    database,
    `SELECT report_id AS id FROM "${schema}".settlement_reports
      WHERE NOT mixed AND mode <> 'shadow_only' ORDER BY "offset", line`,
    [],
    PNL.service,
  );
  return rows.map((row) => row['id'] ?? '');
}

/** Names the window: its report has other ids in each revision. */
export function windowOf({ window_kind: kind, window_end: end }: SettlementReport): string {
  return `${kind ?? ''} ${String(end)}`;
}

function sumsOf(row: Readonly<Record<string, string | null | undefined>>): WindowSums {
  const amount = (name: string): bigint => microsOf(row[name]);
  return {
    fills: Number(row['fills'] ?? 0),
    quarantined: Number(row['quarantined'] ?? 0),
    volume: amount('volume'),
    realised: amount('realised'),
    grossFees: amount('gross_fees'),
    rebates: amount('rebates'),
    netFees: amount('net_fees'),
  };
}

/** Revisions of the report of the window that a moment lies in. */
export function windowAt(
  revisions: readonly SettlementReport[],
  at: number,
): readonly SettlementReport[] {
  return revisions.filter(
    ({ window_start: start, window_end: end }) =>
      start !== null && end !== null && start <= at && at < end,
  );
}
