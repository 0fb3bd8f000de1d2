/**
 * What a reviewed command would do, before it is asked: on the book, on reports and on windows.
 * The rules are those of the books themselves (libs/domain), applied to the lines as they stand;
 * what is booked meanwhile moves the answer, and the log decides.
 */

import { fromJson } from '@polytraders/contracts';
import {
  applyFill,
  avgCost,
  type BookChange,
  bookName,
  costBasis,
  flatPosition,
  isBooking,
  makerRebate,
  minusEffect,
  type Position,
  positionShares,
  refold,
  type TokenHistory,
} from '@polytraders/domain';
import { type PusdMicros, pusd, shares } from '@polytraders/money';
import { type Database } from '../servers.ts';
import {
  type BookedRow,
  bookedRow,
  historyOf,
  modeOf,
  pusdOf,
  resolvedAt,
  type ReviewedFill,
  settledOf,
  timeOf,
  tokensOf,
} from './rows.ts';
import { type Added, NOTHING_ADDED } from './added.ts';
import { type AddedAt, type WindowEffect, windowEffects } from './windows.ts';

export type BookNumbers = {
  readonly shares: bigint;
  readonly basis: bigint;
  readonly avgCost: bigint | null;
};

export type BookEffectShown = {
  readonly token: string;
  readonly bot: string;
  readonly before: BookNumbers;
  readonly after: BookNumbers;
};

/** What a release would make of the fill. */
export type ReleasePreview = {
  readonly fee: bigint;
  readonly rebate: bigint | null;
  readonly netFee: bigint;
  readonly realised: bigint;
  readonly book: BookEffectShown;
  readonly report: ReportShown | null;
  readonly windows: readonly WindowEffect[];
};

/** A report that goes out; null where none does. */
export type ReportShown = {
  readonly id: string;
  readonly type: 'FILL_PNL_COMPUTED' | 'CORRECTION';
  readonly publication: 'RELEASED' | 'HELD';
};

export type LaterChange = {
  readonly what: string;
  readonly before: bigint;
  readonly after: bigint;
};

/** What a reversal would make of the books. */
export type ReversePreview = {
  readonly books: readonly BookEffectShown[];
  /** Realised numbers of later lines that change. */
  readonly later: readonly LaterChange[];
  readonly report: ReportShown | null;
  readonly windows: readonly WindowEffect[];
};

/** The effect of a release at this fee. */
export async function previewRelease(
  database: Database,
  fill: ReviewedFill,
  fee: PusdMicros,
): Promise<ReleasePreview> {
  const { line } = fill;
  const booked = bookedRow(line);
  const [token, bot] = [String(line.token_id), String(line.trading_bot_id)];
  const history = await tokenHistory(database, String(line.account), token);
  const before = refold([history], '').actual.get(bookName({ token, bot }))?.position;
  const told = fromJson('FillConfirmed', JSON.parse(String(line.detail)));
  const size = booked.size_pusd ?? pusd(0n);
  const applied = applyFill(before ?? flatPosition(), {
    orderSide: booked.order_side ?? 'BUY',
    quantity: booked.quantity_shares ?? shares(0n),
    notional: size,
    fillId: String(line.fill_id),
    offset: Number(line.offset),
    at: booked.confirmed_at,
  });
  const rebate = makerRebate(told.side, fee, told.rebate_rate);
  const added: Added = {
    fills: 1n,
    volume: size,
    realised: applied.realised,
    netFees: rebate.net,
    quarantined: -1n,
  };
  return {
    fee,
    rebate: rebate.rebate,
    netFee: rebate.net,
    realised: applied.realised,
    book: { token, bot, before: numbersOf(before), after: numbersOf(applied.position) },
    report: await reportOf(database, fill, 'FILL_PNL_COMPUTED'),
    windows: await windowsOf(database, fill, [{ at: booked.confirmed_at, added }]),
  };
}

/** The effect of taking the fill back. */
export async function previewReverse(
  database: Database,
  fill: ReviewedFill,
): Promise<ReversePreview> {
  const { line, booked } = fill;
  const at = timeOf(line.confirmed_at);
  if (booked === null) {
    const added = { ...NOTHING_ADDED, quarantined: -1n };
    const windows = await windowsOf(database, fill, [{ at, added }]);
    return { books: [], later: [], report: null, windows };
  }
  const fillId = String(line.fill_id);
  const histories = await family(database, String(line.account), String(line.token_id));
  const { actual, without, changes } = refold(histories, fillId);
  const names = new Map(changes.map((change) => [bookName(change), change]));
  const books = [...names].map(([name, { token, bot }]) => ({
    token,
    bot,
    before: numbersOf(actual.get(name)?.position),
    after: numbersOf(without.get(name)?.position),
  }));
  const isOwn = (change: BookChange<BookedRow>): boolean =>
    change.line !== null && isBooking(change.line) && change.line.fill_id === fillId;
  const later = changes.filter((change) => !isOwn(change));
  const own = changes.find(isOwn);
  const gone: Added = {
    fills: -1n,
    volume: -(pusdOf(booked.size_pusd) ?? 0n),
    realised: -(own?.before.realised ?? 0n),
    netFees: -(pusdOf(booked.net_fee_pusd) ?? 0n),
    quarantined: 0n,
  };
  return {
    books,
    later: later.flatMap(laterOf),
    report: await reportOf(database, fill, 'CORRECTION'),
    windows: await windowsOf(database, fill, [
      { at, added: gone },
      ...(await Promise.all(later.map((change) => restated(database, fill, change)))),
    ]),
  };
}

/**
 * What the restatement of a later line adds, at the time of that line. A resolution that found no
 * lot has no line: it stands where its condition was resolved. What is set aside is in no sum.
 */
async function restated(
  database: Database,
  { line: { account, partition } }: ReviewedFill,
  { line, token, before, after, isAside }: BookChange<BookedRow>,
): Promise<AddedAt> {
  const realised = isAside ? 0n : minusEffect(after, before).realised;
  const at = line?.confirmed_at ?? (await resolvedAt(database, partition, String(account), token));
  return { at, added: { ...NOTHING_ADDED, realised } };
}

function laterOf({ line, before, after }: BookChange<BookedRow>): readonly LaterChange[] {
  if (before.realised === after.realised) return [];
  const what =
    line === null ? 'RESOLVE' : `${line.entry_kind} ${line.fill_id ?? String(line.event_id)}`;
  return [{ what, before: before.realised, after: after.realised }];
}

async function tokenHistory(
  database: Database,
  account: string,
  token: string,
): Promise<TokenHistory<BookedRow>> {
  const lines = await historyOf(database, account, token);
  return { token, lines, settled: await settledOf(database, account, token) };
}

/** The token, and all that were converted into one another with it. */
async function family(
  database: Database,
  account: string,
  token: string,
): Promise<readonly TokenHistory<BookedRow>[]> {
  const names = new Set([token]);
  const histories: TokenHistory<BookedRow>[] = [];
  for (const name of names) {
    const history = await tokenHistory(database, account, name);
    histories.push(history);
    const conversions = history.lines.filter(({ entry }) => entry.entry_kind === 'CONVERT');
    for (const { entry, offset } of conversions) {
      const place = { partition: String(entry.row.partition), offset: String(offset) };
      for (const other of await tokensOf(database, account, place)) names.add(other);
    }
  }
  return histories;
}

function numbersOf(position: Position = flatPosition()): BookNumbers {
  return {
    shares: positionShares(position),
    basis: costBasis(position),
    avgCost: avgCost(position),
  };
}

async function reportOf(
  database: Database,
  { line, booked }: ReviewedFill,
  type: ReportShown['type'],
): Promise<ReportShown | null> {
  const mode = await modeOf(database, line.partition);
  if (line.paper === true || mode === 'shadow_only') return null;
  if (type === 'CORRECTION' && booked?.mode === 'shadow_only') return null;
  const name = `settlement_fill_${String(line.fill_id)}`;
  const publication = mode === 'general_live' ? 'RELEASED' : 'HELD';
  return { id: type === 'CORRECTION' ? `${name}_c1` : name, type, publication };
}

/** Paper is in no window's regulatory report. */
async function windowsOf(
  database: Database,
  { line }: ReviewedFill,
  added: readonly AddedAt[],
): Promise<readonly WindowEffect[]> {
  return line.paper === true ? [] : windowEffects(database, added);
}
