/**
 * The fold over all partitions: (what is known of windows, a cut) → the reports of windows. Pure;
 * the same cuts give the same reports, however many lines each of them brought at once.
 *
 * WindowClosed → a window, its first revision, and one of each earlier window that late lines have
 * changed. WindowBalancesComplete → what the chain says of it. ReportReleased → what was held is
 * released. ParametersChanged, KillSwitchChanged → what is in force from here on; the lines that
 * they bring are in the reports of the next cut (B12: only three events cut revisions).
 */

import {
  dateOfTime,
  inForceAt,
  isPaperAccount,
  windowAt,
  windowReportId,
} from '@polytraders/domain';
import { assertNever, invariant } from '@polytraders/money';
import { type Lookup, type Put, type Step } from '@polytraders/stream';
import { revisionReleased, windowsTouched } from './affected.ts';
import { isAnswered, verdictOf, withBlock, withLateLegs, withObservations } from './chain-check.ts';
import { contentsOf } from './content.ts';
import { type Cut } from './cut.ts';
import { type ReportEntry } from './entry.ts';
import { marketsWith } from './markets.ts';
import { marksAt, marksSince, withLateMarks } from './marks.ts';
import { revise } from './revise.ts';
import { DEFAULT_TOLD, haltsAfter, toldBy } from './settings.ts';
import {
  BOOKS,
  type BooksState,
  byText,
  type DayState,
  DESK,
  type DeskState,
  dayKey,
  type LegsState,
  legsKey,
  MARKETS,
  type MarketsState,
  NEW_DESK,
  newWindow,
  NO_BOOKS,
  NO_LEGS,
  NO_MARKETS,
  type Told,
  type WindowEntity,
  windowKey,
  type WindowName,
  type WindowState,
} from './state.ts';
import { accountsWith, booksWith, dayWith, legsPassing, legsWith } from './take.ts';

/** Why a cut was ignored. */
export const WINDOW_CAUSES = ['cut that is known'] as const;

export function keys(): readonly string[] {
  return [DESK, BOOKS, MARKETS];
}

/** The windows that the cut touches, the days from the first of them on, and all wallets' legs. */
export function keysThen(cut: Cut, lookup: Lookup<WindowEntity>): readonly string[] {
  const desk = (lookup.get(DESK) ?? NEW_DESK) as DeskState;
  const books = (lookup.get(BOOKS) ?? NO_BOOKS) as BooksState;
  const markets = (lookup.get(MARKETS) ?? NO_MARKETS) as MarketsState;
  const touched = windowsTouched(desk, books, markets, cut);
  return [
    ...touched.map(windowKey),
    ...daysNeeded(desk, cut, touched).map(dayKey),
    ...walletsOf(desk, cut).map(legsKey),
    ...(cut.event.type === 'WindowClosed' ? [windowKey(cut.event.value.window_id)] : []),
  ];
}

/** From the start of the first window that is looked at on, and every day that gets a line. */
function daysNeeded(desk: DeskState, cut: Cut, touched: readonly string[]): readonly string[] {
  const { event } = cut;
  const starts = desk.windows.filter(({ id }) => touched.includes(id)).map(({ start }) => start);
  if (event.type === 'WindowClosed') starts.push(event.value.window_start);
  const first = starts.reduce<number | null>(
    (least, start) => (least === null || start < least ? start : least),
    null,
  );
  const days = new Set(cut.sums.map(({ day }) => day));
  for (const day of desk.days) if (first !== null && day >= dateOfTime(first)) days.add(day);
  return [...days].sort(byText);
}

function walletsOf(desk: DeskState, cut: Cut): readonly string[] {
  const wallets = new Set(desk.accounts.keys());
  for (const { account } of [...cut.sums, ...cut.legs, ...cut.observations]) {
    if (!isPaperAccount(account)) wallets.add(account);
  }
  return [...wallets].sort(byText);
}

type WindowStep = Step<WindowEntity, ReportEntry>;

export function step(state: Lookup<WindowEntity>, cut: Cut): WindowStep {
  const before = (state.get(DESK) ?? NEW_DESK) as DeskState;
  if (cut.marketSeq <= before.marketSeq)
    return { outcome: 'ignored', because: 'cut that is known' };
  const booksBefore = (state.get(BOOKS) ?? NO_BOOKS) as BooksState;
  const marketsBefore = (state.get(MARKETS) ?? NO_MARKETS) as MarketsState;
  const touched = windowsTouched(before, booksBefore, marketsBefore, cut);
  const work = takeCut(state, cut, before, booksBefore, touched);
  const isRevising =
    cut.event.type !== 'ParametersChanged' && cut.event.type !== 'KillSwitchChanged';
  const entries = isRevising ? reviseAll(work) : [];
  if (!isRevising) work.desk = { ...work.desk, ...dirtyOf(before, cut, touched) };
  work.puts.set(DESK, work.desk);
  for (const window of work.windows.values()) work.puts.set(windowKey(window.id), window);
  const puts = [...work.puts].map(([key, entity]): Put<WindowEntity> => ({ key, entity }));
  return { outcome: 'applied', puts, entries };
}

/** What a step has in hand. Filled in place by the functions below, and by nobody else. */
type Work = {
  readonly cut: Cut;
  desk: DeskState;
  readonly books: BooksState;
  readonly markets: MarketsState;
  readonly days: ReadonlyMap<string, DayState>;
  readonly legs: ReadonlyMap<string, LegsState>;
  /** The windows that are looked at, by id, in the order of their ends. */
  readonly windows: Map<string, WindowState>;
  readonly puts: Map<string, WindowEntity>;
};

function takeCut(
  state: Lookup<WindowEntity>,
  cut: Cut,
  before: DeskState,
  booksBefore: BooksState,
  touched: readonly string[],
): Work {
  const puts = new Map<string, WindowEntity>();
  const markets = marketsWith((state.get(MARKETS) ?? NO_MARKETS) as MarketsState, cut);
  const books = booksWith(booksBefore, cut);
  puts.set(MARKETS, markets);
  puts.set(BOOKS, books);
  const days = new Map<string, DayState>();
  for (const day of daysNeeded(before, cut, touched)) {
    const lines = cut.sums.filter((line) => line.day === day);
    const known = state.get(dayKey(day)) as DayState | undefined;
    const after = lines.length === 0 && known !== undefined ? known : dayWith(known, lines);
    days.set(day, after);
    if (after !== known) puts.set(dayKey(day), after);
  }
  const legs = new Map<string, LegsState>();
  for (const account of walletsOf(before, cut)) {
    const known = state.get(legsKey(account)) as LegsState | undefined;
    const own = cut.legs.filter((leg) => leg.account === account);
    const begun = cut.openings.filter((one) => one.account === account);
    const isNews = own.length + begun.length > 0;
    const after = isNews ? legsWith(known, own, begun, before.block) : (known ?? NO_LEGS);
    legs.set(account, after);
    if (isNews) puts.set(legsKey(account), after);
  }
  const desk: DeskState = {
    ...before,
    marketSeq: cut.marketSeq,
    days: [...new Set([...before.days, ...cut.sums.map(({ day }) => day)])].sort(byText),
    accounts: accountsWith(before.accounts, cut),
  };
  const windows = new Map<string, WindowState>();
  for (const id of touched) {
    const window = state.get(windowKey(id)) as WindowState;
    const marks = withLateMarks(window.marks, window.end, cut);
    const seen = withObservations(
      marks === window.marks ? window : { ...window, marks },
      cut.observations.filter(({ windowId }) => windowId === id),
    );
    windows.set(id, withLateLegs(seen, cut.legs, cut.openings));
  }
  const work: Work = { cut, desk, books, markets, days, legs, windows, puts };
  takeEvent(work);
  return work;
}

function takeEvent(work: Work): void {
  const { event } = work.cut;
  switch (event.type) {
    case 'WindowClosed':
      closeWindow(work, event.value);
      return;
    case 'WindowBalancesComplete':
      completeBalances(work, event.value);
      return;
    case 'ReportReleased':
      release(work, event.value);
      return;
    case 'ParametersChanged': {
      const { told } = work.desk;
      const last = told[told.length - 1] ?? DEFAULT_TOLD;
      work.desk = { ...work.desk, told: [...told, toldBy(event.value, last)] };
      return;
    }
    case 'KillSwitchChanged':
      work.desk = { ...work.desk, halts: haltsAfter(work.desk.halts, event.value) };
      return;
    default:
      assertNever(event, 'cut');
  }
}

type EventOf<Type extends Cut['event']['type']> = Extract<
  Cut['event'],
  { readonly type: Type }
>['value'];

function closeWindow(work: Work, event: EventOf<'WindowClosed'>): void {
  const { window_id: id, window_kind: windowKind, window_start: start, window_end: end } = event;
  if (work.desk.windows.some((one) => one.id === id)) return;
  const settings: Told = inForceAt(work.desk.told, start) ?? DEFAULT_TOLD;
  const groupBy = settings.groupBy;
  const name = windowReportId({ kind: windowKind, groupBy, end, mixed: false, revision: 1 });
  const named: WindowName = { id, start, end, name, block: null, heldByMode: false };
  const windows = [...work.desk.windows, named].sort((a, b) => a.end - b.end || a.start - b.start);
  work.desk = { ...work.desk, windows };
  const marks = marksAt(work.markets.marks, event);
  const window = newWindow({ id, windowKind, start, end, settings, marks });
  const seen = work.cut.observations.filter(({ windowId }) => windowId === id);
  work.windows.set(id, withObservations(window, seen));
  if (!event.backfilled) forgetMarks(work, end);
}

/** Marks that no window will ask for are kept no longer. */
function forgetMarks({ markets, desk, puts }: Work, end: number): void {
  const [first] = desk.told;
  const from = first === undefined ? end : windowAt('daily', first.since).start;
  const marks = marksSince(markets.marks, end, from);
  if (marks !== markets.marks) puts.set(MARKETS, { ...markets, marks });
}

function completeBalances(work: Work, event: EventOf<'WindowBalancesComplete'>): void {
  const { window_id: id, block_number: block, errors } = event;
  const window = work.windows.get(id);
  if (window === undefined) return;
  const asked = window.errors === errors ? window : { ...window, errors };
  if (block === null || block === window.block) {
    work.windows.set(id, asked);
    return;
  }
  const passed = work.desk.block;
  if (passed === null || block > passed) {
    const legs = work.legs as Map<string, LegsState>;
    for (const [account, known] of legs) {
      const after = legsPassing(known, block);
      if (after === known) continue;
      legs.set(account, after);
      work.puts.set(legsKey(account), after);
    }
    work.desk = { ...work.desk, block };
  }
  const after = withBlock(asked, work.cut, block, work.legs);
  work.windows.set(id, after);
  work.desk = {
    ...work.desk,
    windows: work.desk.windows.map((one) => (one.id === id ? { ...one, block: after.block } : one)),
  };
}

function release(work: Work, event: EventOf<'ReportReleased'>): void {
  for (const [id, window] of work.windows) {
    const name = work.desk.windows.find((one) => one.id === id);
    if (name === undefined) continue;
    const until = event.until_offset;
    if (event.release_kind === 'MODE_HELD') {
      const isBefore = until === null || window.lastCut.every((offset) => offset < until);
      if (name.heldByMode && isBefore) work.windows.set(id, released(window));
      continue;
    }
    for (const report of event.report_ids) {
      const revision = revisionReleased(name, report);
      const approved = revision === null ? undefined : window.regular?.verdicts[revision - 1];
      if (approved === undefined) continue;
      const isLast = revision === window.regular?.revision;
      // A reviewer has seen what that revision said: what comes to another drift is held again.
      const seen = name.heldByMode && isLast ? released(window) : window;
      work.windows.set(id, { ...seen, approved });
    }
  }
}

/** What the mode holds of it goes out as it was said; what it says later is held again. */
function released(window: WindowState): WindowState {
  const { regular, mixed } = window;
  return {
    ...window,
    regular: regular && { ...regular, released: regular.said },
    mixed: mixed && { ...mixed, released: mixed.said },
  };
}

/** The revisions of all windows that are looked at, in the order of their ends. */
function reviseAll(work: Work): readonly ReportEntry[] {
  const { told } = work.desk;
  const mode = (told[told.length - 1] ?? DEFAULT_TOLD).mode;
  const entries: ReportEntry[] = [];
  const held = new Map<string, boolean>();
  const waiting: string[] = [];
  const due: WindowState[] = [];
  for (const { id } of work.desk.windows) {
    const window = work.windows.get(id);
    if (window === undefined) continue;
    if (isAnswerDue(work, window)) {
      const waitsSince = window.waitsSince ?? work.cut.event.value.recorded_at;
      work.windows.set(id, { ...window, waitsSince });
      waiting.push(id);
    } else {
      due.push(window.waitsSince === null ? window : { ...window, waitsSince: null });
    }
  }
  const contents = contentsOf(due, work);
  for (const window of due) {
    const content = contents.get(window.id);
    invariant(content !== undefined, `a window has its content; ${window.id} had none.`);
    const revised = revise(window, content, { cut: work.cut, desk: work.desk, mode });
    work.windows.set(window.id, revised.window);
    if (revised.heldByMode !== null) held.set(window.id, revised.heldByMode);
    entries.push(...revised.entries);
  }
  work.desk = {
    ...work.desk,
    dirtyDay: null,
    dirtyWindows: waiting.sort(byText),
    windows: work.desk.windows.map((one) => ({
      ...one,
      heldByMode: held.get(one.id) ?? one.heldByMode,
    })),
  };
  return entries;
}

/** A window waits so long for its own answer, in microseconds between the recording of cuts. */
const ANSWER_WAIT_MAX = 3_600_000_000;

/**
 * Whether a window's own answer is on its way, so that its revision comes with it. A late fact that
 * is new to the chain (a token, an account) has every complete window behind it asked again, one
 * after the other: what cuts meanwhile is no occasion to say PENDING of one that had its answer.
 * What closes an hour later is, so that nothing waits for an answer that never comes.
 */
function isAnswerDue({ cut, desk }: Work, window: WindowState): boolean {
  const { event } = cut;
  const { block, regular, waitsSince } = window;
  if (block === null || event.type === 'ReportReleased') return false;
  if (event.type === 'WindowBalancesComplete' && event.value.window_id === window.id) return false;
  const waited = waitsSince === null ? 0 : event.value.recorded_at - waitsSince;
  if (event.type === 'WindowClosed' && waited >= ANSWER_WAIT_MAX) return false;
  if (regular?.isAnswered !== true) return false;
  return !isAnswered(verdictOf(window, desk.accounts));
}

/** What the next cut that makes reports has to look at besides its own. */
function dirtyOf(
  before: DeskState,
  cut: Cut,
  touched: readonly string[],
): Pick<DeskState, 'dirtyDay' | 'dirtyWindows'> {
  const { event } = cut;
  const days = cut.sums.map(({ day }) => day);
  if (before.dirtyDay !== null) days.push(before.dirtyDay);
  if (event.type === 'KillSwitchChanged') days.push(dateOfTime(event.value.since));
  const first = days.sort(byText)[0] ?? null;
  const windows = new Set([...before.dirtyWindows, ...touched]);
  return { dirtyDay: first, dirtyWindows: [...windows].sort(byText) };
}
