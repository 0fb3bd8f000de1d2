/** Which reports of windows a reviewed command makes a revision of, and what it adds to them. */

import { formatMicros } from '@polytraders/money';
import { isoTime } from '@polytraders/contracts';
import { PNL, type Row, selectRows, type View } from '../rows.ts';
import { type Database } from '../servers.ts';
import { type Added, NOTHING_ADDED, plus } from './added.ts';
import { microsOf, timeOf } from './rows.ts';
import { bookedSince } from './since.ts';

export const WINDOWS = {
  place: PNL,
  name: 'window_reports',
  order: 'window_end DESC, mixed',
  fields: {
    report_id: 'text',
    revision: 'count',
    window_id: 'text',
    window_kind: 'text',
    window_start: 'time',
    window_end: 'time',
    publication: 'text',
    mixed: 'flag',
    total_fills: 'count',
    gross_volume_pusd: 'amount',
    realised_pnl_pusd: 'amount',
    net_fees_pusd: 'amount',
    net_pnl_pusd: 'amount',
    reconciliation_status: 'text',
    onchain_drift_pusd: 'amount',
    quarantined_fills: 'count',
    reason_codes: 'list',
  },
} as const satisfies View<string>;

export type WindowRow = Row<keyof (typeof WINDOWS)['fields']>;

/** The numbers of a window's report before and after; null before it has one. */
export type WindowEffect = {
  readonly reportId: string | null;
  /** The revision that will say it. */
  readonly revision: number;
  readonly start: string;
  readonly end: string;
  readonly numbers: readonly WindowNumber[];
};

/** What is said, `since` and `by` sum to what will be said. */
export type WindowNumber = {
  readonly field: string;
  /** In the last report. */
  readonly before: string | null;
  /** By what the books have booked since. */
  readonly since: string | null;
  /** By the decision. */
  readonly by: string;
  readonly after: string | null;
};

const DAY = 86_400_000_000;

/** What is added at an instant. */
export type AddedAt = { readonly at: number; readonly added: Added };

/** More windows than a ledger will have: a century of days. */
const WINDOWS_MAX = 40_000;

/** The windows that hold these instants, each with what is added to it. */
export async function windowEffects(
  database: Database,
  added: readonly AddedAt[],
): Promise<readonly WindowEffect[]> {
  const reports = await selectRows(database, WINDOWS, { mixed: 'false' }, WINDOWS_MAX);
  const touched = reports.filter((report) => added.some(({ at }) => holds(report, at)));
  return effectsOn(reports, added, await sinceOf(database, touched));
}

/** The last revisions of these windows, each with what the books have booked since. */
export async function effectsSince(
  database: Database,
  reports: readonly WindowRow[],
): Promise<readonly WindowEffect[]> {
  const at = (report: WindowRow): AddedAt => ({
    at: timeOf(report.window_start),
    added: NOTHING_ADDED,
  });
  const since = await sinceOf(database, reports);
  return reports.flatMap((report) => effectsOn([report], [at(report)], since));
}

/** The last revisions of windows under these names. */
export function reportsNamed(
  database: Database,
  reportIds: readonly string[],
): Promise<readonly WindowRow[]> {
  return selectRows(database, WINDOWS, { mixed: 'false', report_id: reportIds }, WINDOWS_MAX);
}

function sinceOf(
  database: Database,
  reports: readonly WindowRow[],
): Promise<ReadonlyMap<string, Added>> {
  return bookedSince(
    database,
    reports.map(({ report_id: id }) => String(id)),
  );
}

/** The same of reports that are known: the last revision of each window. */
export function effectsOn(
  reports: readonly WindowRow[],
  added: readonly AddedAt[],
  since: ReadonlyMap<string, Added>,
): readonly WindowEffect[] {
  const effects = new Map<string, { readonly report: WindowRow | null; sum: Added; at: number }>();
  for (const { at, added: one } of added) {
    const report = reports.find((each) => holds(each, at)) ?? null;
    const name = report?.report_id ?? `day ${String(Math.floor(at / DAY))}`;
    const known = effects.get(String(name));
    effects.set(String(name), { report, sum: plus(known?.sum ?? NOTHING_ADDED, one), at });
  }
  return [...effects.values()].map(({ report, sum, at }) =>
    effectOf(report, since.get(String(report?.report_id)) ?? NOTHING_ADDED, sum, at),
  );
}

/** Half-open: the first instant of the next window is not in this one (B12). */
function holds({ window_start: start, window_end: end }: WindowRow, at: number): boolean {
  return timeOf(start) <= at && at < timeOf(end);
}

function effectOf(report: WindowRow | null, since: Added, by: Added, at: number): WindowEffect {
  const day = Math.floor(at / DAY) * DAY;
  const number = (
    field: 'total_fills' | 'quarantined_fills' | AmountField,
    of: (added: Added) => bigint,
  ): WindowNumber => {
    const isAmount = field.endsWith('_pusd');
    const text = (value: bigint): string => (isAmount ? formatMicros(value) : value.toString());
    if (report === null) return { field, before: null, since: null, by: text(of(by)), after: null };
    const was = isAmount ? microsOf(report[field]) : BigInt(String(report[field]));
    const after = text(was + of(since) + of(by));
    return { field, before: text(was), since: text(of(since)), by: text(of(by)), after };
  };
  return {
    reportId: report === null ? null : String(report.report_id),
    revision: Number(report?.revision ?? 0) + 1,
    start: report === null ? isoTime(day) : String(report.window_start),
    end: report === null ? isoTime(day + DAY) : String(report.window_end),
    numbers: [
      number('total_fills', ({ fills }) => fills),
      number('gross_volume_pusd', ({ volume }) => volume),
      number('realised_pnl_pusd', ({ realised }) => realised),
      number('net_fees_pusd', ({ netFees }) => netFees),
      number('net_pnl_pusd', ({ realised, netFees }) => realised - netFees),
      number('quarantined_fills', ({ quarantined }) => quarantined),
    ],
  };
}

type AmountField = 'gross_volume_pusd' | 'realised_pnl_pusd' | 'net_fees_pusd' | 'net_pnl_pusd';

/** Whether the books have booked anything of the window since its last report. */
export function isBehind({ numbers }: WindowEffect): boolean {
  return numbers.some(({ since }) => since !== null && since !== '0');
}

/** A window in a line or two. */
export function windowText({ reportId, revision, start, end, numbers }: WindowEffect): string {
  const moved = numbers.filter(({ by, since }) => by !== '0' || (since ?? '0') !== '0');
  const list = moved.map(numberText);
  const what = list.length === 0 ? 'nothing' : list.join(', ');
  const which =
    reportId === null
      ? `no report of ${start} to ${end} is out yet; its first one has`
      : `${reportId} gets revision ${String(revision)} at the next cut:`;
  return `${which} ${what}`;
}

function numberText({ field, before, since, by, after }: WindowNumber): string {
  if (before === null) return `${field} ${signed(by)}`;
  const own = by === '0' ? '' : `, ${signed(by)} by this`;
  const why = since === null || since === '0' ? '' : ` (${signed(since)} booked since${own})`;
  return `${field} ${before} → ${String(after)}${why}`;
}

function signed(by: string): string {
  return by.startsWith('-') ? by : `+${by}`;
}
