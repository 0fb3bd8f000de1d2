/** What a mode has held of reports, and not released: fills, markets, corrections and windows. */

import { ask, PNL, schemaOf } from '../rows.ts';
import { type Database } from '../servers.ts';

export type Held = {
  readonly fills: number;
  readonly markets: number;
  readonly corrections: number;
  /** The last revision of each window that is held: what a reviewer sees, and releases. */
  readonly windows: readonly HeldWindow[];
  /** By partition, where something but windows is held below the offset. */
  readonly partitions: ReadonlyMap<number, HeldLines>;
};

/** How many lines of a partition are held, and the log offsets of the first and the last. */
export type HeldLines = { readonly many: number; readonly first: number; readonly last: number };

export type HeldWindow = { readonly reportId: string; readonly publication: string };

/** All that is held below the offset of each partition; a window by the cut that it was made at. */
export async function heldBelow(database: Database, until: number): Promise<Held> {
  const schema = await schemaOf(database, PNL);
  const lines = await ask(
    database,
    `SELECT partition, entry_kind, count(*) AS count, min("offset") AS first, max("offset") AS last
       FROM "${schema}".held_reports
      WHERE NOT released AND "offset" < $1 GROUP BY partition, entry_kind ORDER BY partition`,
    [until],
    PNL.service,
  );
  const windows = await ask(
    database,
    `SELECT report_id, publication FROM "${schema}".held_windows
      WHERE cut_offset < $1 ORDER BY window_end, window_start`,
    [until],
    PNL.service,
  );
  const partitions = new Map<number, HeldLines>();
  const sums = { fills: 0, markets: 0, corrections: 0 };
  for (const row of lines) {
    const many = Number(row['count']);
    const partition = Number(row['partition']);
    const found = { many, first: Number(row['first']), last: Number(row['last']) };
    const { many: others, first, last } = partitions.get(partition) ?? { ...found, many: 0 };
    partitions.set(partition, {
      many: others + many,
      first: Math.min(first, found.first),
      last: Math.max(last, found.last),
    });
    const kind = row['entry_kind'];
    if (kind === 'RESOLVE') sums.markets += many;
    else if (kind === 'REVERSE') sums.corrections += many;
    else sums.fills += many;
  }
  return {
    ...sums,
    partitions,
    windows: windows.map((row) => ({
      reportId: String(row['report_id']),
      publication: String(row['publication']),
    })),
  };
}

export function heldCount({ fills, markets, corrections, windows }: Held): number {
  return fills + markets + corrections + windows.length;
}

/**
 * What makes a release of it the same when it is asked again: which lines and windows it lets go.
 * As many that are held later, below the same offset, are others.
 */
export function heldIdentity({ partitions, windows }: Held): readonly string[] {
  const lines = [...partitions].map(
    ([of, { many, first, last }]) => `${of}: ${many} from ${first} to ${last}`,
  );
  return [...lines, ...windows.map(({ reportId }) => reportId)];
}

/**
 * Whether a release has come through: in each partition the first line that was held is out,
 * whatever has come since, and no window is held under the name that it had. One that late lines
 * have changed is held anew, under the next.
 */
export function isReleased(before: Held, now: Held): boolean {
  const names = new Set(now.windows.map(({ reportId }) => reportId));
  return (
    [...before.partitions].every(
      ([of, { first }]) => (now.partitions.get(of)?.first ?? Infinity) > first,
    ) && before.windows.every(({ reportId }) => !names.has(reportId))
  );
}

/** What is held, in sentences. */
export function heldText(held: Held, until: number): string {
  const { fills, markets, corrections, windows, partitions } = held;
  const each = [...partitions].map(([of, { many }]) => `${String(of)}: ${String(many)}`);
  const where = each.length === 0 ? '' : ` (by partition ${each.join(', ')})`;
  const named = windows.slice(0, WINDOWS_NAMED).map(({ reportId }) => reportId);
  const more = windows.length - named.length;
  const list = [...named, ...(more > 0 ? [`${String(more)} more`] : [])].join(', ');
  return (
    `Held by limited_live below offset ${String(until)} of each partition of the log: ` +
    `${String(fills)} reports of fills, ${String(markets)} of markets, ` +
    `${String(corrections)} corrections${where}, ` +
    `${String(windows.length)} of windows${list === '' ? '' : ` (${list})`}.\n` +
    'Released, each goes out under its id as the next revision, those of markets, corrections ' +
    'and windows to finance too. A window that its drift holds as well waits for --window.\n'
  );
}

/** So many windows are named in a sentence; --json has all of them. */
const WINDOWS_NAMED = 12;
