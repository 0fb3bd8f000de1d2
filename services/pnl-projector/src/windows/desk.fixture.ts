/**
 * The books and the fold over all partitions in memory: a log goes through the books partition by
 * partition, in whatever interleaving a test likes, a plain gatherer makes the cuts that all
 * partitions have passed, and the fold makes reports of them. No SQL: what the real gatherer sums
 * in Postgres is summed here line by line.
 */

import { type LedgerEvent } from '@polytraders/contracts';
import { dateOfTime, isPaperAccount } from '@polytraders/domain';
import { createDriver, type Driver, type Emission, type Recorded } from '@polytraders/stream';
import {
  type CutNote,
  type CutRow,
  type Fact,
  type FactNote,
  type FactRow,
  type PlaceRow,
  placesTable,
} from '../cuts.ts';
import { type LedgerEntry } from '../entry.ts';
import { processor } from '../processor.ts';
import { SET_ASIDE } from '../review/release.ts';
import { type Cut, type CutEvent, type Leg, type SumLine } from './cut.ts';
import { type ReportEntry } from './entry.ts';
import { exactValue } from './exact-json.ts';
import { windowsProcessor } from './processor.ts';
import { type WindowEntity } from './state.ts';

export type Line = {
  readonly partition: number;
  readonly offset: number;
  readonly entry: LedgerEntry;
};

type Noted = CutNote | FactNote | { readonly kind: 'other' };

type Placed<Note> = { readonly partition: number; readonly note: Note };

export type Desk = {
  /** Takes the next event of a partition into the books. */
  readonly take: (partition: number, event: LedgerEvent) => void;
  /** Makes all cuts that all partitions have passed; answers the reports of them. */
  readonly gather: () => readonly ReportEntry[];
  readonly lines: readonly Line[];
  readonly reports: readonly ReportEntry[];
  readonly emitted: readonly Emission[];
  readonly cuts: readonly Cut[];
  /** Rows that the books leave for windows. */
  readonly cutRows: readonly CutRow[];
  readonly factRows: readonly FactRow[];
  readonly placeRows: readonly PlaceRow[];
};

/** A desk whose log has so many partitions; `fold` is what its cuts go through. */
export function createDesk(
  partitions = 12,
  fold: Pick<Driver<Cut, WindowEntity, ReportEntry>, 'drive'> = createDriver(windowsProcessor),
): Desk {
  const books = createDriver(processor);
  const offsets = Array.from({ length: partitions }, () => 0);
  const lines: Line[] = [];
  const cutNotes: Placed<CutNote>[] = [];
  const facts: Placed<FactNote>[] = [];
  const cuts: Cut[] = [];
  const cutRows: CutRow[] = [];
  const factRows: FactRow[] = [];
  const placeRows: PlaceRow[] = [];
  const reports: ReportEntry[] = [];
  const emitted: Emission[] = [];
  const seen = new Set<string>();

  function take(partition: number, event: LedgerEvent): void {
    const offset = offsets[partition] ?? 0;
    offsets[partition] = offset + 1;
    const input: Recorded<LedgerEvent> = { event, topic: 'log', partition, offset };
    const driven = books.drive([input]);
    const { entries } = driven;
    const entities = driven.entities as unknown as ReadonlyMap<string, Noted>;
    for (const entry of entries) lines.push({ partition, offset, entry });
    for (const [key, entity] of entities) {
      if (seen.has(key) || (entity.kind !== 'cut' && entity.kind !== 'fact')) continue;
      seen.add(key);
      for (const change of processor.storage.changes(key, undefined, entity as never)) {
        if (!('upsert' in change)) continue;
        if (entity.kind === 'cut') cutRows.push(change.row as CutRow);
        else if (change.upsert === placesTable.name) placeRows.push(change.row as PlaceRow);
        else factRows.push(change.row as FactRow);
      }
      if (entity.kind === 'cut') cutNotes.push({ partition, note: entity });
      else facts.push({ partition, note: entity });
    }
  }

  function nextCut(): Cut | null {
    const last = cuts[cuts.length - 1]?.marketSeq ?? -1;
    const bySeq = new Map<number, Placed<CutNote>[]>();
    for (const one of cutNotes) {
      const { market_seq: seq } = eventOf(one.note).value;
      if (seq > last) bySeq.set(seq, [...(bySeq.get(seq) ?? []), one]);
    }
    const passed = [...bySeq].filter(([, notes]) => notes.length === partitions);
    const [seq, notes] = passed.sort(([a], [b]) => a - b)[0] ?? [];
    if (seq === undefined || notes === undefined) return null;
    const at = [...notes].sort((a, b) => a.partition - b.partition);
    const to = at.map(({ note }) => note.offset);
    const from = cuts[cuts.length - 1]?.offsets ?? to.map(() => -1);
    const isIn = ({ partition, offset }: { partition: number; offset: number }): boolean =>
      offset > (from[partition] ?? -1) && offset <= (to[partition] ?? -1);
    const own = lines.filter((line) => isIn(line) && line.entry.entry_kind !== 'REISSUE');
    const until = lines.filter((line) => line.offset <= (to[line.partition] ?? -1));
    const told = facts
      .filter(({ partition, note }) => isIn({ partition, offset: note.offset }))
      .map(({ note }) => exactValue(note.payload) as Fact);
    return cutOf({
      seq,
      events: at.map(({ note }) => eventOf(note)),
      offsets: to,
      own,
      told,
      placed: placedIn(until, placeRows, isIn),
      all: until,
      places: placeRows.filter((one) => one.offset <= (to[Number(one.partition)] ?? -1)),
      before: cuts,
    });
  }

  function gather(): readonly ReportEntry[] {
    const made: ReportEntry[] = [];
    for (let cut = nextCut(); cut !== null; cut = nextCut()) {
      const driven = fold.drive([
        { event: cut, topic: 'inputs', partition: 0, offset: cuts.length },
      ]);
      cuts.push(cut);
      reports.push(...driven.entries);
      emitted.push(...driven.emitted);
      made.push(...driven.entries);
    }
    return made;
  }

  return { take, gather, lines, reports, emitted, cuts, cutRows, factRows, placeRows };
}

function eventOf(note: CutNote): CutEvent {
  return exactValue(note.payload) as CutEvent;
}

type Range = {
  readonly seq: number;
  readonly events: readonly CutEvent[];
  readonly offsets: readonly number[];
  readonly own: readonly Line[];
  readonly told: readonly Fact[];
  /** Lines that are placed by now, and were not before. */
  readonly placed: readonly PlacedLine[];
  readonly all: readonly Line[];
  readonly places: readonly PlaceRow[];
  readonly before: readonly Cut[];
};

function cutOf({ seq, events, offsets, own, told, placed, ...range }: Range): Cut {
  const [event] = events;
  if (event === undefined) throw new Error('no partition');
  const sorted = [...own].sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  return {
    marketSeq: seq,
    event: merged(event, events),
    offsets,
    sums: [
      ...sorted.map(({ entry }) => sumOf(entry)),
      ...placed.map(({ entry }) => settledBy(entry)),
    ],
    lastLines: lastLinesOf(sorted),
    legs: [
      ...sorted.flatMap(({ entry }) => legsOf(entry)),
      ...placed.flatMap(({ entry, block }) => legsOf(entry, block)),
    ],
    marks: sorted.flatMap(({ entry }) => markOf(entry)),
    definitions: told.flatMap((one) => (one.fact === 'DEFINED' ? [one] : [])),
    resolved: told.flatMap((one) => (one.fact === 'RESOLVED' ? [one] : [])),
    observations: told.flatMap((one) => (one.fact === 'OBSERVED' ? [one] : [])),
    openings: sorted.flatMap(({ entry }) => openingsOf(entry)),
    legsBehind: legsBehind(event, range),
  };
}

function merged(event: CutEvent, events: readonly CutEvent[]): CutEvent {
  if (event.type !== 'WindowClosed') return event;
  const marks = new Map(
    events.flatMap((one) =>
      one.type === 'WindowClosed' ? one.value.marks.map((mark) => [mark.token_id, mark]) : [],
    ) as [string, (typeof event.value.marks)[number]][],
  );
  return { ...event, value: { ...event.value, marks: [...marks.values()] } };
}

function legsBehind(
  event: CutEvent,
  { all, places, before }: Pick<Range, 'all' | 'places' | 'before'>,
): Cut['legsBehind'] {
  if (event.type !== 'WindowBalancesComplete') return null;
  const { block_number: block } = event.value;
  const blocks = before.flatMap(({ event: one }) =>
    one.type === 'WindowBalancesComplete' ? [one.value.block_number ?? -1] : [],
  );
  const passed = Math.max(-1, ...blocks);
  if (block === null || block >= passed) return null;
  const placed = placedIn(all, places, () => true);
  const legs = [
    ...all.flatMap(({ entry }) => legsOf(entry)),
    ...placed.flatMap((line) => legsOf(line.entry, line.block)),
  ];
  const isBehind = (leg: Leg): boolean => leg.block > block && leg.block <= passed;
  return { legs: legs.filter(isBehind), isWhole: true };
}

type PlacedLine = Line & { readonly block: number };

/** Lines without a block that have one by a place, where the later of the two is in a range. */
function placedIn(
  lines: readonly Line[],
  places: readonly PlaceRow[],
  isIn: (at: { readonly partition: number; readonly offset: number }) => boolean,
): readonly PlacedLine[] {
  return lines.flatMap((line) => {
    const { partition, offset, entry } = line;
    if (entry.block_number !== null || entry.entry_kind === 'REISSUE') return [];
    const place = places.find(
      (one) => one.account === entry.account && one.tx_hash === entry.tx_hash,
    );
    if (place === undefined) return [];
    const known = Math.max(offset, place.offset);
    return isIn({ partition, offset: known }) ? [{ ...line, block: place.block_number }] : [];
  });
}

/** What was said to be without a block, and has one. */
function settledBy(line: LedgerEntry): SumLine {
  const { day, account, bot, token, condition, builder, unsettled } = sumOf(line);
  const none = { volume: 0n, realised: 0n, grossFees: 0n, rebates: 0n, received: 0n, netFees: 0n };
  return {
    ...{ day, account, bot, token, condition, builder, ...none, shares: 0n, basis: 0n },
    ...{ fills: 0, declared: 0, quarantined: 0, unsettled: -unsettled },
  };
}

const FILLS = new Set(['FILL', 'RELEASE', 'REVERSE']);

/** What one line adds; rule B13 says why nothing but sums are needed. */
export function sumOf(line: LedgerEntry): SumLine {
  const isIn = !line.quarantined;
  const isFill = FILLS.has(line.entry_kind);
  const one = isFill ? (line.entry_kind === 'REVERSE' ? -1 : 1) : 0;
  const counted = isIn ? one : 0;
  const amount = (value: bigint | null): bigint => (isIn ? (value ?? 0n) : 0n);
  const isRebate = line.entry_kind === 'CASH' && line.detail === 'MAKER_REBATE';
  const aside = line.quarantined ? one : 0;
  return {
    day: dateOfTime(line.confirmed_at),
    account: line.account,
    bot: line.trading_bot_id,
    token: line.token_id,
    condition: line.condition_id,
    builder: line.builder_code,
    fills: counted,
    declared: line.fee_source === 'DECLARED' ? counted : 0,
    quarantined: aside,
    volume: isFill ? amount(line.size_pusd) : 0n,
    realised: amount(line.realised_pnl_pusd),
    grossFees: amount(line.gross_fee_pusd),
    rebates: amount(line.maker_rebate_pusd),
    received: isRebate ? amount(line.cash_pusd) : 0n,
    netFees: amount(line.net_fee_pusd),
    unsettled: line.block_number === null ? (line.cash_pusd ?? 0n) : 0n,
    shares: isIn ? sharesOf(line) : 0n,
    basis: isIn ? basisOf(line) : 0n,
  };
}

function sharesOf(line: LedgerEntry): bigint {
  const quantity = line.quantity_shares ?? 0n;
  return line.order_side === 'SELL' ? -quantity : quantity;
}

function basisOf(line: LedgerEntry): bigint {
  if (line.cost_basis_before_pusd !== null)
    return line.cost_basis_pusd - line.cost_basis_before_pusd;
  const size = line.size_pusd ?? 0n;
  const paid = line.order_side === 'BUY' ? size : line.order_side === 'SELL' ? -size : 0n;
  return paid + (line.realised_pnl_pusd ?? 0n) + (line.unknown_basis_pusd ?? 0n);
}

export function legsOf(line: LedgerEntry, at = line.block_number): readonly Leg[] {
  const { account } = line;
  if (isPaperAccount(account)) return [];
  if (at === null) return [];
  return movedBy(line).map(([name, amount]) => ({ account, block: at, token: name, amount }));
}

/** What a wallet begins with, where no block says when. */
function openingsOf(line: LedgerEntry): Cut['openings'] {
  const { account, entry_kind: kind, block_number: block, confirmed_at: at } = line;
  if (kind !== 'OPENING' || block !== null || isPaperAccount(account)) return [];
  return movedBy(line).map(([token, amount]) => ({ account, at, token, amount }));
}

function movedBy(line: LedgerEntry): readonly (readonly [string | null, bigint])[] {
  const { token_id: token } = line;
  const isBalance = line.entry_kind === 'OPENING' && token === null;
  const cash = isBalance ? (line.size_pusd ?? 0n) : (line.cash_pusd ?? 0n);
  const moved = token === null || line.quarantined ? 0n : sharesOf(line);
  const list: (readonly [string | null, bigint])[] = [];
  if (cash !== 0n) list.push([null, cash]);
  if (moved !== 0n) list.push([token, moved]);
  return list;
}

function markOf(line: LedgerEntry): Cut['marks'] {
  const { entry_kind: entry, token_id: token, confirmed_at: at } = line;
  if (entry !== 'FILL' || token === null) return [];
  const said = line.mark_kind === 'PAYOUT' ? carriedBy(line) : ownOf(line);
  if (said === null) return [];
  const { kind, price, observedAt } = said;
  return [{ token, kind, isAged: observedAt !== null, price, observedAt: observedAt ?? at }];
}

type Said = Pick<Cut['marks'][number], 'kind' | 'price'> & { readonly observedAt: number | null };

function ownOf(line: LedgerEntry): Said | null {
  const { mark_kind: kind, mark_price: price, mark_observed_at: observedAt } = line;
  if (price === null || kind === 'PAYOUT') return null;
  return { kind: kind ?? 'REPORTED', price, observedAt };
}

function carriedBy({ carried_mark: text }: LedgerEntry): Said | null {
  const [kind, price = '', at] = (text ?? '').split(' ');
  if (kind !== 'MID' && kind !== 'LAST' && kind !== 'REPORTED') return null;
  const [whole = '0', rest = ''] = price.split('.');
  const e18 = BigInt(`${whole}${rest.padEnd(18, '0')}`);
  return { kind, price: e18, observedAt: at === undefined ? null : Number(at) };
}

function lastLinesOf(lines: readonly Line[]): Cut['lastLines'] {
  const last = new Map<string, Cut['lastLines'][number]>();
  const runs = new Map<string, [day: string, isUnknown: boolean][]>();
  const earliest = new Map<string, Map<string, string>>();
  const doubted = new Set<string>();
  for (const { entry } of lines) {
    const { account, trading_bot_id: bot, token_id: token } = entry;
    if (token === null) continue;
    const key = `${account}|${bot}|${token}`;
    const day = dateOfTime(entry.confirmed_at);
    const before = last.get(key)?.since ?? day;
    const isUnknown = entry.position_shares !== 0n && entry.avg_cost === null;
    const own = runs.get(key) ?? [];
    const run = own.at(-1);
    if (run?.[1] !== isUnknown) own.push([day, isUnknown]);
    else if (isUnknown && day < run[0]) run[0] = day;
    runs.set(key, own);
    const said = earliest.get(key) ?? new Map<string, string>();
    earliest.set(key, said);
    const reasons = entry.incomplete_reasons.map((reason): readonly [string, string | null] => {
      const known = said.get(reason) ?? null;
      const isOwn = reason !== SET_ASIDE || (entry.entry_kind === 'FILL' && entry.quarantined);
      if (isOwn) said.set(reason, known !== null && known < day ? known : day);
      return [reason, said.get(reason) ?? null];
    });
    if (isUnknown) doubted.add(key);
    last.set(key, {
      account,
      bot,
      token,
      negRisk: entry.neg_risk,
      since: before < day ? before : day,
      reasons,
      basisUnknown: isUnknown,
      doubts: [],
    });
  }
  return [...last].map(([key, line]) => {
    const isDoubted = line.reasons.some(([reason]) => reason === 'GOV_BASIS_UNKNOWN');
    return isDoubted || doubted.has(key) ? { ...line, doubts: runs.get(key) ?? [] } : line;
  });
}
