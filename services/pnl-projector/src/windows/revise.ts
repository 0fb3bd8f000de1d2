/**
 * One revision of a window's report where what it says has changed (rule B12): the first at its
 * WindowClosed, then one at each cut that changed a number, a status or what is held back. The same
 * content is no revision, and a change of mode alone is none.
 */

import {
  dateOfTime,
  haltedSince,
  retainedUntil,
  windowReportId,
  type WindowReportName,
} from '@polytraders/domain';
import { divideHalfEven, formatMicros } from '@polytraders/money';
import { type Mode } from '../entities.ts';
import { isAnswered, type Verdict, verdictHash, verdictOf } from './chain-check.ts';
import { type Content, type Contents } from './content.ts';
import { type Cut } from './cut.ts';
import { type AlertLine, type ReportEntry } from './entry.ts';
import { exactHash, exactText } from './exact-json.ts';
import { type DeskState, type Published, type WindowState } from './state.ts';

export const RECONCILE_FAIL = 'PNL_REPORTER_ONCHAIN_RECONCILE_FAIL';
export const PAPER_IN_REGULATORY = 'PNL_REPORTER_PAPER_IN_REGULATORY';
/** The wallets' balances are not known yet. */
export const RECONCILE_PENDING = 'GOV_ONCHAIN_PENDING';
/** The lines that say what the books had then are not kept any more. */
export const NOT_KEPT = 'GOV_ONCHAIN_HISTORY_NOT_KEPT';

const E18_PER_MICRO = 1_000_000_000_000n;

/** Where a revision is made. */
export type Place = {
  readonly cut: Cut;
  readonly desk: DeskState;
  /** In force when the revision is cut, whatever it was when the window began. */
  readonly mode: Mode;
};

export type Revised = {
  readonly window: WindowState;
  readonly entries: readonly ReportEntry[];
  /** Null where no revision was made: what was held is held. */
  readonly heldByMode: boolean | null;
};

/** The window with the revisions that this cut makes of its contents: none, or one of each form. */
export function revise(before: WindowState, contents: Contents, place: Place): Revised {
  const verdict = verdictOf(before, place.desk.accounts);
  const isGrave = verdict.status === 'UNRECONCILED';
  const isHeld = isGrave && before.approved !== verdictHash(verdict);
  const entries: ReportEntry[] = [];
  const regular = formOf(before, place, contents.regular, verdict, isHeld, false);
  if (regular.entry !== null) entries.push(regular.entry);
  let { mixed } = before;
  if (contents.mixed !== null) {
    const form = formOf(before, place, contents.mixed, verdict, isHeld, true);
    if (form.entry !== null) entries.push(form.entry);
    mixed = form.published;
  }
  // One that says nothing new stays what it was, so that nothing of it is written.
  if (entries.length === 0) return { window: before, entries, heldByMode: regular.heldByMode };
  const lastCut = place.cut.offsets;
  const window: WindowState = { ...before, regular: regular.published, mixed, lastCut };
  return { window, entries, heldByMode: regular.heldByMode };
}

type Held = {
  /** By its drift, which nobody has approved. */
  readonly byDrift: boolean;
  readonly byMode: boolean;
};

type Form = {
  readonly published: Published;
  readonly entry: ReportEntry | null;
  readonly heldByMode: boolean | null;
};

function formOf(
  window: WindowState,
  place: Place,
  content: Content,
  verdict: Verdict,
  byDrift: boolean,
  isMixed: boolean,
): Form {
  const before = isMixed ? window.mixed : window.regular;
  const since = haltedSince(place.desk.halts, window);
  const said = exactHash([content, verdict, since]);
  const isReleased = before?.released === said;
  // The mode is not in it: another mode alone is nothing new about the window.
  const whole = exactHash([said, byDrift, isReleased]);
  if (before?.content === whole) return { published: before, entry: null, heldByMode: null };
  const byMode = place.mode === 'limited_live' && !isReleased;
  const revision = (before?.revision ?? 0) + 1;
  const { windowKind: kind, end, settings } = window;
  const name: WindowReportName = { kind, groupBy: settings.groupBy, end, mixed: isMixed, revision };
  const reportId = windowReportId(name);
  const eventId = `${place.cut.event.value.event_id}.${reportId}`;
  const alerts = isMixed ? paperAlert() : alertsOf(window, verdict);
  const published: Published = {
    revision,
    said,
    content: whole,
    released: before?.released ?? null,
    eventId,
    verdicts: [...(before?.verdicts ?? []), verdictHash(verdict)],
    isAnswered: isAnswered(verdict),
    alerts: exactText(alerts),
  };
  const names = { reportId, eventId, revision, supersedes: before?.eventId ?? null };
  const raised = published.alerts === before?.alerts ? [] : alerts;
  const held = { byDrift, byMode };
  const about: Said = { ...names, isMixed, held, since, alerts: raised };
  const entry = entryOf(window, place, content, verdict, about);
  return { published, entry, heldByMode: byMode };
}

type Said = {
  readonly reportId: string;
  readonly eventId: string;
  readonly revision: number;
  readonly supersedes: string | null;
  readonly isMixed: boolean;
  readonly held: Held;
  readonly since: number | null;
  readonly alerts: readonly AlertLine[];
};

function entryOf(
  window: WindowState,
  { cut, mode }: Place,
  content: Content,
  verdict: Verdict,
  said: Said,
): ReportEntry {
  const { value } = cut.event;
  const { totals } = content;
  const { settings, end } = window;
  const { isMixed, held } = said;
  return {
    report_id: said.reportId,
    event_id: said.eventId,
    causation_id: value.event_id,
    correlation_id: value.correlation_id,
    market_seq: cut.marketSeq,
    effective_at: end,
    recorded_at: value.recorded_at,
    window_id: window.id,
    window_kind: window.windowKind,
    window_start: window.start,
    window_end: end,
    group_by: settings.groupBy,
    revision: said.revision,
    supersedes: said.supersedes,
    publication: held.byDrift || held.byMode ? 'HELD' : 'RELEASED',
    mode,
    held_by_mode: held.byMode,
    regulatory: !isMixed,
    mixed: isMixed,
    retained_until: isMixed ? null : retainedUntil(dateOfTime(end), settings.retainDays),
    reason_codes: codesOf(window, content, verdict, isMixed),
    books_complete: content.incompleteReasons.length === 0,
    incomplete_reasons: content.incompleteReasons,
    total_fills: totals.fills,
    declared_fee_fills: totals.declared,
    gross_volume_pusd: totals.volume,
    realised_pnl_pusd: totals.realised,
    unrealised_pnl_pusd: totals.unrealised,
    gross_fees_pusd: totals.grossFees,
    maker_rebates_pusd: totals.rebates,
    maker_rebates_received_pusd: content.received,
    net_fees_pusd: totals.netFees,
    net_pnl_pusd: totals.realised - totals.netFees,
    onchain_balance_pusd: verdict.balance,
    onchain_reconciled: verdict.reconciled,
    reconciliation_status: verdict.status,
    onchain_drift_pusd: verdict.drift,
    unsettled_pusd: content.unsettled,
    negrisk_positions: content.negRiskPositions,
    negrisk_mark_sum:
      content.negRiskMarkSum === null
        ? null
        : divideHalfEven(content.negRiskMarkSum, E18_PER_MICRO),
    stale_marks: content.staleMarks,
    kill_switch_active: said.since !== null,
    kill_switch_since: said.since,
    quarantined_fills: content.quarantined,
    groups: exactText(content.groups),
    accounts: exactText(verdict.accounts),
    marks: exactText(content.marks),
    alerts: exactText(said.alerts),
  };
}

function codesOf(
  { isForgotten }: WindowState,
  { reasonCodes }: Content,
  { status, reconciled }: Verdict,
  isMixed: boolean,
): readonly string[] {
  const codes = new Set(reasonCodes);
  if (status === 'PENDING') codes.add(RECONCILE_PENDING);
  if (reconciled === false) codes.add(RECONCILE_FAIL);
  if (isForgotten) codes.add(NOT_KEPT);
  if (isMixed) codes.add(PAPER_IN_REGULATORY);
  return [...codes].sort();
}

const SEVERITIES = { WARN: 'WARN', PAGE: 'P2', HOLD: 'P1' } as const;

/** What somebody must hear of: a drift by its size, and a chain that was asked in vain. */
function alertsOf(window: WindowState, verdict: Verdict): readonly AlertLine[] {
  const { severity, status, drift, reconciled } = verdict;
  const metadata: (readonly [string, string])[] = [
    ['errors', String(window.errors)],
    ['status', status],
    ['tolerance_pusd', formatMicros(window.settings.tolerance)],
    ['window_id', window.id],
  ];
  if (drift !== null) metadata.unshift(['drift_pusd', formatMicros(drift)]);
  if (severity !== 'NONE')
    return [{ code: RECONCILE_FAIL, severity: SEVERITIES[severity], metadata }];
  if (reconciled === false) return [{ code: RECONCILE_FAIL, severity: 'WARN', metadata }];
  return [];
}

/** Paper is beside live fills in a report: said once a window, not at every revision of it. */
function paperAlert(): readonly AlertLine[] {
  return [{ code: PAPER_IN_REGULATORY, severity: 'WARN', metadata: [] }];
}
