/**
 * Entities to rows and back, as data. What changed is found by object identity (nothing is changed
 * in place): of a holding the books that are other objects, of a book the lot pages.
 */

import {
  avgCost,
  costBasis,
  type Direction,
  type Lot,
  type LotPage,
  type Lots,
  lotsFromPages,
  pageOf,
  positionShares,
} from '@polytraders/domain';
import { pusd, shares } from '@polytraders/money';
import { type Change } from '@polytraders/stream';
import {
  type Book,
  type Entity,
  type Holding,
  type KeyParts,
  OUTCOME_MARKS,
  type Parameters,
  partsOfKey,
  withReason,
} from './entities.ts';
import {
  locateMarket,
  marketChanges,
  reviveMarket,
  settledFrom,
  settledRow,
} from './market-rows.ts';
import { type SettledTokenRow, settledTokensTable } from './market-tables.ts';
import { locateReview, reviewChanges, reviveReview } from './review/review-rows.ts';
import {
  type LotPageRow,
  lotPagesTable,
  type ParametersRow,
  parametersTable,
  type PositionRow,
  positionsTable,
} from './tables.ts';

/** What stands for the basis of a lot where nobody knows it. */
const UNKNOWN_BASIS = '?';

type BookName = { readonly account: string; readonly bot: string; readonly token: string };

/** Rows that turn `before` (as last stored) into `after`. No entity of these books is removed. */
export function changes(
  key: string,
  before: Entity | undefined,
  after: Entity | undefined,
): readonly Change[] {
  if (after === undefined || after === before) return [];
  const parts = partsOfKey(key);
  if (after.kind === 'holding')
    return holdingChanges(parts.first, parts.second, before as Holding | undefined, after);
  if (after.kind === 'parameters')
    return [{ upsert: parametersTable.name, row: parametersRow(parts.first, after) }];
  if (after.kind === 'review' || after.kind === 'releases') return reviewChanges(parts, after);
  if (after.kind === 'lines') return [];
  return marketChanges(parts, before, after);
}

/** Where the rows of a key lie: for each table the values of a prefix of its primary key. */
export function locate(
  key: string,
): readonly { readonly table: string; readonly where: Readonly<Record<string, string>> }[] {
  const parts = partsOfKey(key);
  if (parts.kind === 'parameters')
    return [{ table: parametersTable.name, where: { partition: parts.first } }];
  if (isReview(parts)) return [locateReview(parts)];
  if (parts.kind !== 'holding') return locateMarket(parts);
  const where = { account: parts.first, token_id: parts.second };
  return [
    { table: positionsTable.name, where },
    { table: lotPagesTable.name, where },
    { table: settledTokensTable.name, where },
  ];
}

/** The entity of a key from its rows, or undefined where there are none. */
export function revive(
  key: string,
  rows: Readonly<Record<string, readonly object[]>>,
): Entity | undefined {
  const parts = partsOfKey(key);
  if (parts.kind === 'parameters') return reviveParameters(rows[parametersTable.name]?.[0]);
  if (isReview(parts)) return reviveReview(parts, rows);
  if (parts.kind !== 'holding') return reviveMarket(parts, rows);
  const positions = (rows[positionsTable.name] ?? []) as readonly PositionRow[];
  const pages = (rows[lotPagesTable.name] ?? []) as readonly LotPageRow[];
  const [settled] = (rows[settledTokensTable.name] ?? []) as readonly SettledTokenRow[];
  return reviveHolding(positions, pages, settled);
}

function isReview({ kind }: KeyParts): boolean {
  return kind === 'review' || kind === 'releases';
}

function holdingChanges(
  account: string,
  token: string,
  before: Holding | undefined,
  after: Holding,
): readonly Change[] {
  const list: Change[] = [];
  if (after.settled !== null && after.settled !== before?.settled)
    list.push({
      upsert: settledTokensTable.name,
      row: settledRow(account, token, after.settled),
    });
  const isPlaced = before?.conditionId === after.conditionId;
  // Books keep their places and new ones come last.
  after.books.forEach((book, at) => {
    const was = before?.books[at];
    if (was === book && isPlaced) return;
    const name = { account, bot: book.bot, token };
    list.push({ upsert: positionsTable.name, row: positionRow(name, book, after) });
    if (was?.position.lots !== book.position.lots) pageChanges(list, name, was, book);
  });
  return list;
}

/** The newest page lies in the position's row; what is said here is of the pages before it. */
function pageChanges(list: Change[], name: BookName, before: Book | undefined, after: Book): void {
  const was = before?.position.lots;
  const is = after.position.lots;
  const firstKept = is.head?.no ?? is.nextNo;
  if (was !== undefined && was.head !== null && was.tail !== null) {
    for (let no = was.head.no; no < was.tail.no && no < firstKept; no += 1) {
      list.push({ remove: lotPagesTable.name, row: pageKey(name, no) });
    }
  }
  for (const page of changedPages(was, is)) {
    list.push({ upsert: lotPagesTable.name, row: { ...pageKey(name, page.no), lots: text(page) } });
  }
}

/**
 * Pages before the newest that were not stored, or otherwise. Only two kinds can differ: the oldest
 * (lots were taken), and from the one that was the newest on (it has been filled).
 */
function changedPages(was: Lots | undefined, is: Lots): readonly LotPage[] {
  if (is.head === null || is.tail === null || is.head === is.tail) return [];
  const stored = was?.tail?.no ?? is.head.no;
  const numbers = [is.head.no];
  for (let no = Math.max(stored, is.head.no + 1); no < is.tail.no; no += 1) numbers.push(no);
  return numbers.flatMap((no) => {
    const page = pageOf(is, no);
    const isStored = was !== undefined && no < stored && pageOf(was, no) === page;
    return page === undefined || isStored ? [] : [page];
  });
}

function positionRow(name: BookName, book: Book, holding: Holding): PositionRow {
  const { lots } = book.position;
  return {
    account: name.account,
    token_id: name.token,
    trading_bot_id: name.bot,
    condition_id: holding.conditionId,
    neg_risk: book.negRisk,
    position_shares: positionShares(book.position),
    cost_basis_pusd: costBasis(book.position),
    avg_cost: avgCost(book.position),
    realised_pnl_pusd: book.position.realised,
    unrealised_pnl_pusd: book.unrealised,
    mark_price: book.markPrice,
    mark_observed_at: book.markObservedAt,
    mark_kind: book.markKind,
    mark_age_ms: book.markAgeMs,
    mark_stale: book.markStale,
    neg_risk_price: book.negRiskPrice,
    volume_pusd: book.volume,
    gross_fees_pusd: book.grossFees,
    maker_rebates_pusd: book.rebates,
    net_fees_pusd: book.netFees,
    fills: book.fills,
    quarantined_fills: book.quarantinedFills,
    books_complete: book.incomplete.length === 0,
    incomplete_reasons: book.incomplete,
    wallet_shares: book.walletShares,
    oversold_at: holding.oversoldAt,
    next_page: lots.nextNo,
    lots: lots.tail === null ? '' : text(lots.tail),
    last_offset: book.lastOffset,
    updated_at: book.updatedAt,
  };
}

function pageKey(name: BookName, no: number): object {
  return { account: name.account, token_id: name.token, trading_bot_id: name.bot, page: no };
}

function text(page: LotPage): string {
  let lots = '';
  for (const { quantity, basis, offset, openedAt, fillId } of page.lots) {
    const id = /[%\n]/.test(fillId) ? escaped(fillId) : fillId;
    const cost = basis ?? UNKNOWN_BASIS;
    lots += `${lots === '' ? '' : '\n'}${quantity} ${cost} ${offset} ${openedAt} ${id}`;
  }
  return lots;
}

function parametersRow(partition: string, parameters: Parameters): ParametersRow {
  return {
    partition,
    market_seq: parameters.marketSeq,
    mode: parameters.mode,
    mark_age_limit_ms: parameters.markAgeMsMax,
    exchange_max_fee_bps: parameters.exchangeBpsMax,
    retain_days: parameters.retainDays,
    last_offset: parameters.lastOffset,
    updated_at: parameters.updatedAt,
  };
}

/** Books come back in the order of the bots' names; their places are not stored. */
function reviveHolding(
  positions: readonly PositionRow[],
  pages: readonly LotPageRow[],
  settled: SettledTokenRow | undefined,
): Holding | undefined {
  if (positions.length === 0) return undefined;
  return {
    kind: 'holding',
    shares: shares(positions.reduce((sum, position) => sum + position.wallet_shares, 0n)),
    oversoldAt: positions[0]?.oversold_at ?? null,
    conditionId: positions[0]?.condition_id ?? null,
    settled: settledFrom(settled),
    marks: marksIn(positions, settled !== undefined),
    books: positions.map((position) =>
      reviveBook(
        position,
        pages.filter((page) => page.trading_bot_id === position.trading_bot_id),
      ),
    ),
  };
}

/** Every book of a holding has its marks. Its outcome is unknown until it is settled. */
function marksIn(positions: readonly PositionRow[], isSettled: boolean): readonly string[] {
  let marks: readonly string[] = [];
  for (const mark of OUTCOME_MARKS) {
    if (isSettled && mark === 'GOV_OUTCOME_UNKNOWN') continue;
    const isThere = positions.some((one) => one.incomplete_reasons.includes(mark));
    if (isThere) marks = withReason(marks, mark);
  }
  return marks;
}

function reviveBook(row: PositionRow, pages: readonly LotPageRow[]): Book {
  const direction: Direction =
    row.position_shares === 0n ? 'FLAT' : row.position_shares > 0n ? 'LONG' : 'SHORT';
  const open = pages.map((page) => revivePage(page.page, page.lots));
  if (row.lots !== '') open.push(revivePage(row.next_page - 1, row.lots));
  const lots = lotsFromPages(open, row.next_page);
  return {
    bot: row.trading_bot_id,
    negRisk: row.neg_risk,
    position: { direction, lots, realised: row.realised_pnl_pusd },
    walletShares: row.wallet_shares,
    markPrice: row.mark_price,
    markObservedAt: row.mark_observed_at,
    markKind: row.mark_kind,
    markAgeMs: row.mark_age_ms,
    markStale: row.mark_stale,
    negRiskPrice: row.neg_risk_price,
    unrealised: row.unrealised_pnl_pusd,
    volume: row.volume_pusd,
    grossFees: row.gross_fees_pusd,
    rebates: row.maker_rebates_pusd,
    netFees: row.net_fees_pusd,
    fills: row.fills,
    quarantinedFills: row.quarantined_fills,
    incomplete: row.incomplete_reasons,
    lastOffset: row.last_offset,
    updatedAt: row.updated_at,
  };
}

function revivePage(no: number, lines: string): LotPage {
  const lots = lines.split('\n').map((line): Lot => {
    const [quantity = '', basis = '', offset, openedAt, ...id] = line.split(' ');
    return {
      quantity: shares(BigInt(quantity)),
      basis: basis === UNKNOWN_BASIS ? null : pusd(BigInt(basis)),
      fillId: id.join(' ').replaceAll('%0A', '\n').replaceAll('%25', '%'),
      offset: Number(offset),
      openedAt: Number(openedAt),
    };
  });
  return { no, lots };
}

/** A lot ends with its line: a line end in an id would be two lots, so it is written as %0A. */
function escaped(fillId: string): string {
  return fillId.replaceAll('%', '%25').replaceAll('\n', '%0A');
}

function reviveParameters(found: object | undefined): Parameters | undefined {
  if (found === undefined) return undefined;
  const row = found as ParametersRow;
  return {
    kind: 'parameters',
    marketSeq: row.market_seq,
    mode: row.mode,
    markAgeMsMax: row.mark_age_limit_ms,
    exchangeBpsMax: row.exchange_max_fee_bps,
    retainDays: row.retain_days,
    lastOffset: row.last_offset,
    updatedAt: row.updated_at,
  };
}
