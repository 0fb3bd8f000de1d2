/**
 * A confirmed fill and its books: applied (lots, realised, fees), or set aside where it cannot be
 * paid yet (B18: no lot, no report, the book marked incomplete). Its shares move the wallet in
 * both cases, because on the venue they have moved.
 *
 * This runs for every fill of a rebuild: one pass, no intermediate copies of the entry.
 */

import { type FillConfirmed, toJson } from '@polytraders/contracts';
import {
  type Applied,
  applyFill,
  isPaperAccount,
  type JudgedFee,
  judgeFee,
  makerRebate,
  platformFee,
  type Rebate,
} from '@polytraders/domain';
import { invariant, pusd, shares, type ShareMicros } from '@polytraders/money';
import { type Lookup, type Put, type Step } from '@polytraders/stream';
import {
  type Book,
  DEFAULT_PARAMETERS,
  type Entity,
  eventKey,
  type Holding,
  holdingKey,
  type NegRiskEvent,
  NEW_HOLDING,
  newBook,
  type Parameters,
  parametersKey,
  partitionOfAccount,
  withMarks,
  withReason,
} from './entities.ts';
import { type LedgerEntry } from './entry.ts';
import { entryOf } from './fill-entry.ts';
import { markOf, valueFill, type Within } from './fill-value.ts';
import { eventIdOf, joined } from './neg-risk-event.ts';
import { isPlaced, markOversold, place, withBook } from './placing.ts';
import { retentionOf } from './retention.ts';

const noCodes: readonly string[] = [];
const nothing = pusd(0n);
const noTakes: Applied['takes'] = [];
const noShares = shares(0n);
const noPuts: readonly Put<Entity>[] = [];

/** Books one fill, or sets it aside. */
export function foldFill(
  state: Lookup<Entity>,
  fill: FillConfirmed,
  partition: number,
  offset: number,
): Step<Entity, LedgerEntry> {
  checkPlace(fill, partition);
  const key = holdingKey(fill.account, fill.token_id);
  const found = state.get(key) as Holding | undefined;
  const told = fill.condition_id;
  const placed = isPlaced(found, told)
    ? null
    : place(state, found, { partition, account: fill.account, token: fill.token_id, told });
  const before = placed?.holding ?? found ?? NEW_HOLDING;
  const parameters = (state.get(parametersKey(partition)) ?? DEFAULT_PARAMETERS) as Parameters;
  const after = shares(before.shares + movedBy(fill));
  const isOversold = before.oversoldAt === null && after < 0n;
  const holding = isOversold ? oversell(before, offset) : before;
  const book = bookOf(holding, fill.trading_bot_id);
  const fee = judgeFee(fill, parameters.exchangeBpsMax);
  const within = withinOf(state, fill, partition);
  const folded =
    fee.because === null
      ? bookFill(book, holding, after, fill, fee, parameters, offset, within)
      : setAside(book, holding, after, fill, fee, parameters, offset);
  const put = { key, entity: withBook(holding, folded.book, after) };
  const puts = placed === null ? [put] : [put, ...placed.puts];
  if (within !== null) puts.push(...folded.others, ...within.puts);
  const entries = [folded.entry];
  if (fee.because === null) return { outcome: 'applied', puts, entries };
  return { outcome: 'quarantined', because: fee.because, puts, entries };
}

/** The event of a neg-risk fill, which its holding joins; null of a plain one, and undefined. */
export function withinOf(
  state: Lookup<Entity>,
  fill: FillConfirmed,
  partition: number,
): (Within & { readonly puts: readonly Put<Entity>[] }) | null {
  const negRiskMarketId = eventIdOf(fill);
  if (negRiskMarketId === null) return null;
  const key = eventKey(partition, negRiskMarketId);
  const before = state.get(key) as NegRiskEvent | undefined;
  if (before === undefined) return null;
  const event = joined(before, fill.account, fill.token_id);
  const puts = event === before ? noPuts : [{ key, entity: event }];
  return { state, event, negRiskMarketId, puts };
}

/** The account is the key of the log: its events lie in one partition, and paper in paper books. */
function checkPlace(fill: FillConfirmed, partition: number): void {
  if (partitionOfAccount(fill.account) !== partition) {
    const expected = `partition ${String(partitionOfAccount(fill.account))}`;
    invariant(false, `${fill.account} belongs to ${expected}; found in ${String(partition)}.`);
  }
  if (fill.paper !== isPaperAccount(fill.account)) {
    invariant(false, `paper fills are in paper accounts only; found ${fill.account}.`);
  }
}

/** The shares that a fill brings into the wallet, or takes out of it (negative). */
export function movedBy(fill: Pick<FillConfirmed, 'order_side' | 'quantity_shares'>): bigint {
  return fill.order_side === 'BUY' ? fill.quantity_shares : -fill.quantity_shares;
}

/** Selling more than there was makes all books of the wallet doubtful (B1). */
function oversell(holding: Holding, offset: number): Holding {
  return { ...holding, oversoldAt: offset, books: holding.books.map(markOversold) };
}

function bookOf(holding: Holding, bot: string): Book {
  for (const book of holding.books) if (book.bot === bot) return book;
  return newBook(bot);
}

/** A builder part above the whole fee: flagged, not refused, as the cash has moved (B6). */
function isPlatformFeeNegative({ gross, builderFee }: JudgedFee): boolean {
  return gross !== null && platformFee(gross, builderFee) < 0n;
}

type Folded = {
  readonly book: Book;
  readonly entry: LedgerEntry;
  /** Other books of its event, valued at the fill's marks. */
  readonly others: readonly Put<Entity>[];
};

/** The fill is final and its fee is known: it goes into the lots. */
export function bookFill(
  book: Book,
  holding: Holding,
  wallet: ShareMicros,
  fill: FillConfirmed,
  fee: JudgedFee,
  parameters: Parameters,
  offset: number,
  within: Within | null = null,
): Folded {
  const gross = fee.gross ?? nothing;
  const rebate = makerRebate(fill.side, gross, fill.rebate_rate);
  const applied = applyFill(book.position, {
    orderSide: fill.order_side,
    quantity: fill.quantity_shares,
    notional: fill.size_pusd,
    fillId: fill.fill_id,
    offset,
    at: fill.confirmed_at,
  });
  const filled = { before: book, position: applied.position, settled: holding.settled };
  const value = valueFill(fill, filled, parameters, within);
  const { mark, unrealised } = value;
  let codes = codesOf(fill, fee, mark.stale, rebate.flag, wallet);
  for (const code of value.codes) codes = withReason(codes, code);
  const isDoubtful = book.position.lots.unknown !== 0n;
  if (isDoubtful) codes = withReason(codes, 'GOV_BASIS_UNKNOWN');
  const incomplete = incompleteOf(book.incomplete, fill, rebate.flag, holding);
  const after: Book = {
    bot: book.bot,
    negRisk: fill.neg_risk ?? book.negRisk,
    position: applied.position,
    walletShares: shares(book.walletShares + movedBy(fill)),
    markPrice: mark.price ?? book.markPrice,
    markObservedAt: mark.price === null ? book.markObservedAt : mark.observedAt,
    markKind: mark.price === null ? book.markKind : mark.kind,
    markAgeMs: mark.price === null ? book.markAgeMs : mark.ageMs,
    markStale: mark.price === null ? book.markStale : mark.stale,
    negRiskPrice: mark.negRiskPrice,
    unrealised,
    volume: pusd(book.volume + fill.size_pusd),
    grossFees: pusd(book.grossFees + gross),
    rebates: pusd(book.rebates + (rebate.rebate ?? 0n)),
    netFees: pusd(book.netFees + rebate.net),
    fills: book.fills + 1,
    quarantinedFills: book.quarantinedFills,
    incomplete,
    lastOffset: offset,
    updatedAt: fill.recorded_at,
  };
  const fees = { gross, rebate: rebate.rebate, net: rebate.net, builder: fee.builderFee };
  const retainedUntil = retentionOf(fill.confirmed_at, parameters.retainDays);
  const { mode } = parameters;
  const realised = isDoubtful && closedNothingKnown(applied) ? null : applied.realised;
  const verdict = { quarantined: false, realised, codes, incomplete, mode, retainedUntil };
  const entry = entryOf(fill, { fees, applied, mark, unrealised, verdict });
  return { book: after, entry, others: value.others };
}

/** Usable but not payable (B18): kept with its reason, in no lot, no total and no report. */
function setAside(
  book: Book,
  holding: Holding,
  wallet: ShareMicros,
  fill: FillConfirmed,
  fee: JudgedFee,
  parameters: Parameters,
  offset: number,
): Folded {
  const mark = markOf(fill, null, parameters);
  const given = codesOf(fill, fee, mark.stale, null, wallet);
  const codes = fee.because === null ? given : withReason(given, fee.because);
  const missing = incompleteOf(book.incomplete, fill, null, holding);
  const incomplete = withReason(missing, 'GOV_FILL_QUARANTINED');
  const after: Book = {
    ...book,
    negRisk: fill.neg_risk ?? book.negRisk,
    walletShares: shares(book.walletShares + movedBy(fill)),
    quarantinedFills: book.quarantinedFills + 1,
    incomplete,
    lastOffset: offset,
    updatedAt: fill.recorded_at,
  };
  const untouched: Applied = {
    position: book.position,
    effect: 'none',
    realised: nothing,
    openedQuantity: noShares,
    openedBasis: nothing,
    closedQuantity: noShares,
    closedBasis: nothing,
    unknown: nothing,
    takes: noTakes,
  };
  const fees = { gross: fee.gross, rebate: null, net: null, builder: fee.builderFee };
  const { mode } = parameters;
  const verdict = {
    quarantined: true,
    realised: null,
    codes,
    incomplete,
    mode,
    retainedUntil: null,
  };
  const entry = entryOf(fill, { fees, applied: untouched, mark, unrealised: null, verdict });
  // Its release books it as it was told, of which a line has not everything (review/release.ts).
  const detail = JSON.stringify(toJson('FillConfirmed', fill));
  return { book: after, entry: { ...entry, detail }, others: noPuts };
}

function closedNothingKnown({ takes }: Applied): boolean {
  return takes.length > 0 && takes.every(({ basis }) => basis === null);
}

type RebateFlag = Rebate['flag'];

const REBATE_CODES = {
  REBATE_RATE_MISSING: 'GOV_REBATE_RATE_MISSING',
  REBATE_RATE_OUT_OF_RANGE: 'GOV_REBATE_RATE_OUT_OF_RANGE',
  SIDE_UNKNOWN: 'GOV_SIDE_UNKNOWN',
} as const;

function codesOf(
  fill: FillConfirmed,
  fee: JudgedFee,
  stale: boolean,
  flag: RebateFlag,
  wallet: ShareMicros,
): readonly string[] {
  let codes = fill.flags.length === 0 ? noCodes : fill.flags;
  if (stale) codes = withReason(codes, 'STALE_DATA');
  if (isPlatformFeeNegative(fee)) codes = withReason(codes, 'GOV_PLATFORM_FEE_NEGATIVE');
  if (flag !== null) codes = withReason(codes, REBATE_CODES[flag]);
  if (wallet < 0n) codes = withReason(codes, 'GOV_WALLET_OVERSOLD');
  return codes;
}

/** What is missing under the book's numbers after this fill; what was missing before stays. */
function incompleteOf(
  before: readonly string[],
  fill: FillConfirmed,
  flag: RebateFlag,
  holding: Holding,
): readonly string[] {
  let reasons = before;
  for (const reason of fill.incomplete_reasons) reasons = withReason(reasons, reason);
  if (flag !== null) reasons = withReason(reasons, REBATE_CODES[flag]);
  if (holding.oversoldAt !== null) reasons = withReason(reasons, 'GOV_WALLET_OVERSOLD');
  return withMarks(reasons, holding);
}
