/**
 * Entities to rows and back, as data. A book's change is its positions row and those lot pages
 * that are other objects than before: pages are never changed in place, so identity is equality.
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
  type KeyParts,
  type Parameters,
  partsOfKey,
  type Wallet,
} from './entities.ts';
import {
  type LotPageRow,
  lotPagesTable,
  type ParametersRow,
  parametersTable,
  type PositionRow,
  positionsTable,
  type WalletRow,
  walletsTable,
} from './tables.ts';

type BookParts = Extract<KeyParts, { readonly kind: 'book' }>;

/** Rows that turn `before` (as last stored) into `after`. No entity of these books is removed. */
export function changes(
  key: string,
  before: Entity | undefined,
  after: Entity | undefined,
): readonly Change[] {
  if (after === undefined || after === before) return [];
  const parts = partsOfKey(key);
  if (parts.kind === 'book') return bookChanges(parts, before as Book | undefined, after as Book);
  if (parts.kind === 'wallet') {
    return [
      { upsert: walletsTable.name, row: walletRow(parts.account, parts.token, after as Wallet) },
    ];
  }
  return [
    { upsert: parametersTable.name, row: parametersRow(parts.partition, after as Parameters) },
  ];
}

/** Where the rows of a key lie: for each table the values of a prefix of its primary key. */
export function locate(
  key: string,
): readonly { readonly table: string; readonly where: Readonly<Record<string, string>> }[] {
  const parts = partsOfKey(key);
  if (parts.kind === 'parameters') {
    return [{ table: parametersTable.name, where: { partition: parts.partition } }];
  }
  if (parts.kind === 'wallet') {
    return [{ table: walletsTable.name, where: { account: parts.account, token_id: parts.token } }];
  }
  const where = { account: parts.account, trading_bot_id: parts.bot, token_id: parts.token };
  return [
    { table: positionsTable.name, where },
    { table: lotPagesTable.name, where },
  ];
}

/** The entity of a key from its rows, or undefined where there are none. */
export function revive(
  key: string,
  rows: Readonly<Record<string, readonly object[]>>,
): Entity | undefined {
  const { kind } = partsOfKey(key);
  if (kind === 'parameters') return reviveParameters(rows[parametersTable.name]?.[0]);
  if (kind === 'wallet') return reviveWallet(rows[walletsTable.name]?.[0]);
  const pages = (rows[lotPagesTable.name] ?? []) as readonly LotPageRow[];
  return reviveBook(rows[positionsTable.name]?.[0] as PositionRow | undefined, pages);
}

function bookChanges(parts: BookParts, before: Book | undefined, after: Book): readonly Change[] {
  const list: Change[] = [{ upsert: positionsTable.name, row: positionRow(parts, after) }];
  const was = before?.position.lots;
  const is = after.position.lots;
  if (was === is) return list;
  const firstKept = is.head?.no ?? is.nextNo;
  if (was !== undefined && was.head !== null && was.tail !== null) {
    for (let no = was.head.no; no <= was.tail.no && no < firstKept; no += 1) {
      list.push({ remove: lotPagesTable.name, row: pageKey(parts, no) });
    }
  }
  for (const page of changedPages(was, is)) {
    list.push({ upsert: lotPagesTable.name, row: pageRow(parts, page) });
  }
  return list;
}

/**
 * Pages of `is` that `was` has not, or has otherwise. Only three kinds can differ: the oldest (lots
 * were taken), the one that was the newest (lots were added), and those after it.
 */
function changedPages(was: Lots | undefined, is: Lots): readonly LotPage[] {
  if (is.head === null || is.tail === null) return [];
  const lastKnown = was?.tail?.no ?? is.head.no;
  const numbers = [is.head.no];
  for (let no = Math.max(lastKnown, is.head.no + 1); no <= is.tail.no; no += 1) numbers.push(no);
  return numbers.flatMap((no) => {
    const page = pageOf(is, no);
    return page === undefined || (was !== undefined && pageOf(was, no) === page) ? [] : [page];
  });
}

function positionRow(parts: BookParts, book: Book): PositionRow {
  return {
    account: parts.account,
    trading_bot_id: parts.bot,
    token_id: parts.token,
    condition_id: book.conditionId,
    neg_risk: book.negRisk,
    position_shares: positionShares(book.position),
    cost_basis_pusd: costBasis(book.position),
    avg_cost: avgCost(book.position),
    realised_pnl_pusd: book.position.realised,
    unrealised_pnl_pusd: book.unrealised,
    mark_price: book.markPrice,
    mark_observed_at: book.markObservedAt,
    volume_pusd: book.volume,
    gross_fees_pusd: book.grossFees,
    maker_rebates_pusd: book.rebates,
    net_fees_pusd: book.netFees,
    fills: book.fills,
    quarantined_fills: book.quarantinedFills,
    books_complete: book.incomplete.length === 0,
    incomplete_reasons: book.incomplete,
    next_page: book.position.lots.nextNo,
    last_offset: book.lastOffset,
    updated_at: book.updatedAt,
  };
}

function pageKey(parts: BookParts, no: number): object {
  return { account: parts.account, trading_bot_id: parts.bot, token_id: parts.token, page: no };
}

function pageRow(parts: BookParts, page: LotPage): LotPageRow {
  return {
    account: parts.account,
    trading_bot_id: parts.bot,
    token_id: parts.token,
    page: page.no,
    quantities: page.lots.map((lot) => lot.quantity),
    bases: page.lots.map((lot) => lot.basis),
    fill_ids: page.lots.map((lot) => lot.fillId),
    offsets: page.lots.map((lot) => lot.offset),
    opened_at: page.lots.map((lot) => lot.openedAt),
  };
}

function walletRow(account: string, token: string, wallet: Wallet): WalletRow {
  return {
    account,
    token_id: token,
    shares: wallet.shares,
    oversold_at: wallet.oversoldAt,
    last_offset: wallet.lastOffset,
    updated_at: wallet.updatedAt,
  };
}

function parametersRow(partition: string, parameters: Parameters): ParametersRow {
  return {
    partition,
    market_seq: parameters.marketSeq,
    mode: parameters.mode,
    mark_age_limit_ms: parameters.markAgeMsMax,
    exchange_max_fee_bps: parameters.exchangeBpsMax,
    last_offset: parameters.lastOffset,
    updated_at: parameters.updatedAt,
  };
}

function reviveBook(row: PositionRow | undefined, pages: readonly LotPageRow[]): Book | undefined {
  if (row === undefined) return undefined;
  const direction: Direction =
    row.position_shares === 0n ? 'FLAT' : row.position_shares > 0n ? 'LONG' : 'SHORT';
  const lots = lotsFromPages(pages.map(revivePage), row.next_page);
  return {
    kind: 'book',
    conditionId: row.condition_id,
    negRisk: row.neg_risk,
    position: { direction, lots, realised: row.realised_pnl_pusd },
    markPrice: row.mark_price,
    markObservedAt: row.mark_observed_at,
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

function revivePage(row: LotPageRow): LotPage {
  const lots = row.quantities.map((quantity, at): Lot => ({
    quantity: shares(quantity),
    basis: pusd(row.bases[at] ?? 0n),
    fillId: row.fill_ids[at] ?? '',
    offset: row.offsets[at] ?? 0,
    openedAt: row.opened_at[at] ?? 0,
  }));
  return { no: row.page, lots };
}

function reviveWallet(found: object | undefined): Wallet | undefined {
  if (found === undefined) return undefined;
  const row = found as WalletRow;
  return {
    kind: 'wallet',
    shares: row.shares,
    oversoldAt: row.oversold_at,
    lastOffset: row.last_offset,
    updatedAt: row.updated_at,
  };
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
    lastOffset: row.last_offset,
    updatedAt: row.updated_at,
  };
}
