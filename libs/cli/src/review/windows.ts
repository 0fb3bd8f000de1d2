/** Which reports of windows a reviewed command makes a revision of, and what it adds to them. */

import { formatMicros } from '@polytraders/money';
import { isoTime } from '@polytraders/contracts';
import { type Cell, PNL, type Row, selectRows, type View } from '../rows.ts';
import { type Database } from '../servers.ts';
import { pusdOf, timeOf } from './rows.ts';

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

/** What is added to the sums of a window; all of it may be negative. */
export type Added = {
  readonly fills: bigint;
  readonly volume: bigint;
  readonly realised: bigint;
  readonly netFees: bigint;
  readonly quarantined: bigint;
};

export const NOTHING_ADDED: Added = {
  fills: 0n,
  volume: 0n,
  realised: 0n,
  netFees: 0n,
  quarantined: 0n,
};

/** The numbers of a window's report before and after; null before it has one. */
export type WindowEffect = {
  readonly reportId: string | null;
  /** The revision that will say it. */
  readonly revision: number;
  readonly start: string;
  readonly end: string;
  readonly numbers: readonly {
    readonly field: string;
    readonly before: string | null;
    readonly by: string;
    readonly after: string | null;
  }[];
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
  return effectsOn(reports, added);
}

/** The same of reports that are known: the last revision of each window. */
export function effectsOn(
  reports: readonly WindowRow[],
  added: readonly AddedAt[],
): readonly WindowEffect[] {
  const effects = new Map<string, { readonly report: WindowRow | null; sum: Added; at: number }>();
  for (const { at, added: one } of added) {
    const report = reports.find((each) => holds(each, at)) ?? null;
    const name = report?.report_id ?? `day ${String(Math.floor(at / DAY))}`;
    const known = effects.get(String(name));
    effects.set(String(name), { report, sum: plus(known?.sum ?? NOTHING_ADDED, one), at });
  }
  return [...effects.values()].map(({ report, sum, at }) => effectOf(report, sum, at));
}

/** Half-open: the first instant of the next window is not in this one (B12). */
function holds({ window_start: start, window_end: end }: WindowRow, at: number): boolean {
  return timeOf(start) <= at && at < timeOf(end);
}

function effectOf(report: WindowRow | null, sum: Added, at: number): WindowEffect {
  const day = Math.floor(at / DAY) * DAY;
  const amount = (
    field: string,
    before: Cell | undefined,
    by: bigint,
  ): WindowEffect['numbers'][number] => {
    const was = before === undefined ? null : pusdOf(before);
    return {
      field,
      before: was === null ? null : formatMicros(was),
      by: formatMicros(by),
      after: was === null ? null : formatMicros(was + by),
    };
  };
  const count = (
    field: string,
    before: Cell | undefined,
    by: bigint,
  ): WindowEffect['numbers'][number] => ({
    field,
    before: before === undefined ? null : String(before),
    by: by.toString(),
    after: before === undefined ? null : (BigInt(String(before)) + by).toString(),
  });
  return {
    reportId: report === null ? null : String(report.report_id),
    revision: Number(report?.revision ?? 0) + 1,
    start: report === null ? isoTime(day) : String(report.window_start),
    end: report === null ? isoTime(day + DAY) : String(report.window_end),
    numbers: [
      count('total_fills', report?.total_fills, sum.fills),
      amount('gross_volume_pusd', report?.gross_volume_pusd, sum.volume),
      amount('realised_pnl_pusd', report?.realised_pnl_pusd, sum.realised),
      amount('net_fees_pusd', report?.net_fees_pusd, sum.netFees),
      amount('net_pnl_pusd', report?.net_pnl_pusd, sum.realised - sum.netFees),
      count('quarantined_fills', report?.quarantined_fills, sum.quarantined),
    ],
  };
}

function plus(a: Added, b: Added): Added {
  return {
    fills: a.fills + b.fills,
    volume: a.volume + b.volume,
    realised: a.realised + b.realised,
    netFees: a.netFees + b.netFees,
    quarantined: a.quarantined + b.quarantined,
  };
}

/** A window in a line or two. */
export function windowText({ reportId, revision, start, end, numbers }: WindowEffect): string {
  const moved = numbers.filter(({ by }) => by !== '0');
  const list = moved.map(({ field, before, by, after }) =>
    before === null ? `${field} ${signed(by)}` : `${field} ${before} → ${String(after)}`,
  );
  const what = list.length === 0 ? 'nothing' : list.join(', ');
  const which =
    reportId === null
      ? `no report of ${start} to ${end} is out yet; its first one has`
      : `${reportId} gets revision ${String(revision)} at the next cut, beside what else came:`;
  return `${which} ${what}`;
}

function signed(by: string): string {
  return by.startsWith('-') ? by : `+${by}`;
}
