/**
 * Reports that a mode has held go out by a reviewed command (rule B19): the same id, a revision
 * more. Each leaves a line of kind REISSUE that moves nothing and carries the whole line of the
 * report that it releases, so that recovery publishes the same bytes from it.
 */

import { type ReportReleased } from '@polytraders/contracts';
import { pusd, shares } from '@polytraders/money';
import { type Lookup, type Step } from '@polytraders/stream';
import { DEFAULT_PARAMETERS, type Entity, type Parameters } from '../entities.ts';
import { parametersKey, type Releases, releasesKey } from '../entities.ts';
import { type LedgerEntry, ledgerTable } from '../entry.ts';
import { heldLinesKey, linesOf } from './lines.ts';

type PnlStep = Step<Entity, LedgerEntry>;

/** Offsets of a partition that one command releases at most; the next one goes on from there. */
export const RELEASED_OFFSETS_MAX = 50_000;

/** Kinds of line that have a report of their own. */
const REPORTED: ReadonlySet<string> = new Set(['FILL', 'RELEASE', 'RESOLVE', 'REVERSE']);

/** Keys that only how far reports are released tells. */
export function reissueKeysThen(
  event: ReportReleased,
  state: Lookup<Entity>,
  partition: number,
): readonly string[] {
  const { from, to } = rangeOf(event, state, partition);
  return from < to ? [heldLinesKey(from, to)] : [];
}

/** Releases what was held below the offset that the command names. */
export function reissueReports(
  state: Lookup<Entity>,
  event: ReportReleased,
  partition: number,
  offset: number,
): PnlStep {
  const range = rangeOf(event, state, partition);
  const { from } = range;
  // What is held behind the command has been seen by nobody, whatever offset it names.
  const to = Math.min(range.to, offset);
  if (from >= to) return { outcome: 'ignored', because: 'reports that are released' };
  const parameters = (state.get(parametersKey(partition)) ?? DEFAULT_PARAMETERS) as Parameters;
  if (parameters.mode === 'shadow_only')
    return { outcome: 'ignored', because: 'a mode that publishes nothing' };
  const entries = linesOf(state, heldLinesKey(from, range.to))
    .filter(({ entry }) => REPORTED.has(entry.entry_kind) && !entry.quarantined && !entry.paper)
    .map((line) => reissued(event, parameters, line.offset, line.entry));
  const updatedAt = event.recorded_at;
  const entity: Releases = { kind: 'releases', until: to, lastOffset: offset, updatedAt };
  return { outcome: 'applied', puts: [{ key: releasesKey(partition), entity }], entries };
}

function rangeOf(
  event: ReportReleased,
  state: Lookup<Entity>,
  partition: number,
): { readonly from: number; readonly to: number } {
  const from = (state.get(releasesKey(partition)) as Releases | undefined)?.until ?? 0;
  return { from, to: Math.min(event.until_offset ?? 0, from + RELEASED_OFFSETS_MAX) };
}

/** What of a line names it, without an amount: amounts of a REISSUE would be counted twice. */
function reissued(
  event: ReportReleased,
  { mode }: Parameters,
  offset: number,
  entry: LedgerEntry,
): LedgerEntry {
  return {
    ...entry,
    ...NO_AMOUNTS,
    entry_kind: 'REISSUE',
    event_id: event.event_id,
    recorded_at: event.recorded_at,
    mode,
    detail: JSON.stringify({
      proposed_by: event.proposed_by,
      approved_by: event.approved_by,
      reason: event.reason,
      held: { offset, line: toText(entry) },
    }),
  };
}

const NO_AMOUNTS = {
  quantity_shares: null,
  size_pusd: null,
  gross_fee_pusd: null,
  maker_rebate_pusd: null,
  net_fee_pusd: null,
  builder_fee_pusd: null,
  effect: 'none',
  opened_shares: shares(0n),
  opened_basis_pusd: pusd(0n),
  closed_shares: shares(0n),
  closed_basis_pusd: pusd(0n),
  cash_pusd: pusd(0n),
  cost_basis_before_pusd: null,
  carried_basis_pusd: null,
  unknown_basis_pusd: null,
  realised_pnl_pusd: null,
} as const;

/** The line whose report is released, and where it stands. */
export type HeldLine = { readonly offset: number; readonly entry: LedgerEntry };

/** The held line of a REISSUE. */
export function heldLineOf(reissue: LedgerEntry): HeldLine {
  const { held } = JSON.parse(reissue.detail ?? '{}') as {
    readonly held: { readonly offset: number; readonly line: Readonly<Record<string, unknown>> };
  };
  return { offset: held.offset, entry: fromText(held.line) };
}

type Text = Readonly<Record<string, unknown>>;

/** The columns that have a value; amounts as texts of their micros. */
function toText(entry: LedgerEntry): Text {
  const cells = ledgerTable.columns.flatMap(({ name }) => {
    const value = entry[name];
    if (value === null) return [];
    return [[name, typeof value === 'bigint' ? value.toString() : value] as const];
  });
  return Object.fromEntries(cells);
}

function fromText(line: Text): LedgerEntry {
  const cells = ledgerTable.columns.map(({ name, type }) => {
    const value = line[name] ?? null;
    const isAmount = value !== null && (type === 'micros' || type === 'price');
    return [name, isAmount ? BigInt(value as string) : value] as const;
  });
  return Object.fromEntries(cells) as LedgerEntry;
}
