/**
 * The desk on which one movement or resolution is booked: the holdings, markets and tokens that it
 * changes, and the lines that it leaves, gathered until the step is done. Nothing outlives the
 * step.
 */

import {
  avgCost,
  costBasis,
  isPaperAccount,
  type Posting,
  positionShares,
} from '@polytraders/domain';
import { invariant, pusd, type PusdMicros, shares, type ShareMicros } from '@polytraders/money';
import { type Lookup, type Put, type Step } from '@polytraders/stream';
import { valueMoved } from './book-value.ts';
import {
  type Book,
  DEFAULT_PARAMETERS,
  type Entity,
  type Holding,
  holdingKey,
  NEW_HOLDING,
  newBook,
  type Parameters,
  parametersKey,
  partitionOfAccount,
  UNATTRIBUTED,
  withMarks,
  withReason,
} from './entities.ts';
import { type EntryKind, type LedgerEntry } from './entry.ts';
import { joinEvent } from './neg-risk-event.ts';
import { isPlaced, markOversold, place, withBook } from './placing.ts';
import { provenNegRisk } from './proofs.ts';
import { retentionOf } from './retention.ts';

/** Why a movement or a market could not be booked as the rule says; the books hold what could. */
export type Doubt =
  | 'MORE_THAN_THE_BOOKS_HOLD'
  | 'LEGS_MISSING'
  | 'AMOUNTS_DISAGREE'
  | 'PAYOUT_DISAGREES'
  | 'OUTCOME_UNKNOWN'
  | 'RESOLUTION_UNREADABLE'
  | 'RESOLUTION_CONFLICT'
  | 'MARKET_DEFINITION_DIFFERS';

/** What all lines of an event have in common. */
export type Facts = {
  readonly eventId: string;
  readonly correlationId: string;
  readonly effectiveAt: number;
  readonly recordedAt: number;
  /** When it became final. */
  readonly finalAt: number;
  readonly conditionId: string | null;
  /** Whether its market is a negative-risk one, as far as the event says. */
  readonly negRisk: boolean | null;
  readonly detail: string | null;
  readonly source: string;
  readonly txHash: string | null;
  readonly blockNumber: number | null;
  readonly logIndex: number | null;
};

export type Desk = {
  readonly get: (key: string) => Entity | undefined;
  readonly put: (key: string, entity: Entity) => void;
  readonly parameters: Parameters;
  readonly partition: number;
  readonly offset: number;
  readonly facts: Facts;
  readonly entries: LedgerEntry[];
  /** Remembers why the event is not booked as it stands; the first reason names the outcome. */
  readonly doubt: (because: Doubt) => void;
  readonly outcome: () => Step<Entity, LedgerEntry>;
};

const nothing = pusd(0n);
const noShares = shares(0n);
const noCodes: readonly string[] = [];

export function openDesk(
  state: Lookup<Entity>,
  partition: number,
  offset: number,
  facts: Facts,
): Desk {
  const changed = new Map<string, Entity>();
  const entries: LedgerEntry[] = [];
  let first: Doubt | null = null;
  const get = (key: string): Entity | undefined => changed.get(key) ?? state.get(key);
  return {
    get,
    put: (key, entity) => {
      changed.set(key, entity);
    },
    parameters: (state.get(parametersKey(partition)) ?? DEFAULT_PARAMETERS) as Parameters,
    partition,
    offset,
    facts,
    entries,
    doubt: (because) => {
      first ??= because;
    },
    outcome: () => {
      const puts = [...changed].map(([key, entity]): Put<Entity> => ({ key, entity }));
      if (first === null) return { outcome: 'applied', puts, entries };
      return { outcome: 'quarantined', because: first, puts, entries };
    },
  };
}

/** The account is the key of the log: its events lie in one partition. */
export function checkAccount(account: string, partition: number): void {
  const expected = partitionOfAccount(account);
  invariant(
    expected === partition,
    `${account} belongs to partition ${String(expected)}; found in ${String(partition)}.`,
  );
}

/** The holding, with its place among the markets put beside it where it is new. */
export function holdingOf(
  desk: Desk,
  account: string,
  token: string,
  told: string | null,
): Holding {
  const key = holdingKey(account, token);
  const found = desk.get(key) as Holding | undefined;
  if (isPlaced(found, told)) return found ?? NEW_HOLDING;
  const name = { partition: desk.partition, account, token, told };
  const placed = place(desk, found, name);
  for (const put of placed.puts) if (put.entity !== undefined) desk.put(put.key, put.entity);
  desk.put(key, placed.holding);
  joinEvent(desk, account, token);
  return placed.holding;
}

/** One bot's book of a holding, or a new one. */
export function bookOf(holding: Holding, bot: string): Book {
  return holding.books.find((book) => book.bot === bot) ?? newBook(bot);
}

/** The wallet's shares after a movement; below zero all its books are doubtful (B1). */
export function moveWallet(desk: Desk, account: string, token: string, moved: bigint): void {
  const key = holdingKey(account, token);
  const holding = desk.get(key) as Holding;
  const after = holding.shares + moved;
  const isOversold = holding.oversoldAt === null && after < 0n;
  desk.put(key, {
    ...holding,
    shares: shares(after),
    oversoldAt: isOversold ? desk.offset : holding.oversoldAt,
    books: isOversold ? holding.books.map(markOversold) : holding.books,
  });
}

/** Marks every book of a holding: a number in it may be wrong, and this is why. */
export function markBooks(desk: Desk, account: string, token: string, reason: string): void {
  const key = holdingKey(account, token);
  const holding = desk.get(key) as Holding | undefined;
  if (holding === undefined) return;
  const books = holding.books.map((book) => {
    const incomplete = withReason(book.incomplete, reason);
    return incomplete === book.incomplete ? book : { ...book, incomplete };
  });
  desk.put(key, { ...holding, books });
}

/** Puts a posting into its book and writes its line, and that of its rounding where it has one. */
export function post(
  desk: Desk,
  kind: EntryKind,
  account: string,
  token: string,
  posting: Posting,
): void {
  const key = holdingKey(account, token);
  const holding = desk.get(key) as Holding;
  const book = bookOf(holding, posting.bot);
  const { after } = posting;
  let incomplete = book.incomplete;
  if (after.lots.unknown !== 0n || posting.unknown !== 0n)
    incomplete = withReason(incomplete, 'GOV_BASIS_UNKNOWN');
  if (holding.oversoldAt !== null) incomplete = withReason(incomplete, 'GOV_WALLET_OVERSOLD');
  incomplete = withMarks(incomplete, holding);
  const next: Book = {
    ...book,
    // What the id proves goes before what the event says (B5).
    negRisk: book.negRisk ?? provenNegRisk(holding.conditionId, token) ?? desk.facts.negRisk,
    position: after,
    walletShares: shares(book.walletShares + posting.quantity),
    ...valueMoved(book, after, holding.settled, desk.facts.finalAt, desk.parameters),
    incomplete,
    lastOffset: desk.offset,
    updatedAt: desk.facts.recordedAt,
  };
  desk.put(key, withBook(holding, next));
  const line = lineOf(desk, account, token, next, holding);
  const cash = pusd(posting.cash - posting.rounding);
  desk.entries.push({
    ...line,
    entry_kind: kind,
    effect: posting.effect,
    quantity_shares: posting.quantity,
    opened_shares: posting.openedQuantity,
    opened_basis_pusd: posting.openedBasis,
    closed_shares: posting.closedQuantity,
    closed_basis_pusd: posting.closedBasis,
    cash_pusd: cash,
    cost_basis_before_pusd: costBasis(posting.before),
    carried_basis_pusd: posting.carried,
    unknown_basis_pusd: posting.unknown === 0n ? null : posting.unknown,
    realised_pnl_pusd: posting.realised,
    reason_codes: codesOf(posting, holding),
  });
  if (posting.rounding === 0n) return;
  const { rounding } = posting;
  desk.entries.push({
    ...line,
    entry_kind: 'ROUNDING',
    cash_pusd: rounding,
    cost_basis_before_pusd: costBasis(after),
    realised_pnl_pusd: rounding,
  });
}

/** Says more of the line that was written last, of which nothing is known but by the event. */
export function amendLast(
  desk: Desk,
  said: Partial<Pick<LedgerEntry, 'detail' | 'carried_basis_pusd'>>,
): void {
  const last = desk.entries.pop();
  if (last !== undefined) desk.entries.push({ ...last, ...said });
}

/**
 * A movement, or a part of one, that no book can account for: its shares and its cash have moved,
 * and this line keeps both. Where it has a token, its wallet's books are marked.
 */
export function setAside(
  desk: Desk,
  kind: EntryKind,
  account: string,
  token: string | null,
  moved: { readonly quantity: ShareMicros; readonly cash: PusdMicros },
  reason: 'GOV_MOVEMENT_UNBOOKED' | 'GOV_REDEMPTION_UNMATCHED' = 'GOV_MOVEMENT_UNBOOKED',
): void {
  const book = token === null ? newBook(UNATTRIBUTED) : unattributed(desk, account, token, moved);
  const holding = token === null ? null : (desk.get(holdingKey(account, token)) as Holding);
  const line = lineOf(desk, account, token, book, holding);
  desk.entries.push({
    ...line,
    entry_kind: kind,
    quantity_shares: token === null ? null : moved.quantity,
    cash_pusd: moved.cash,
    cost_basis_before_pusd: costBasis(book.position),
    carried_basis_pusd: nothing,
    unknown_basis_pusd: moved.cash,
    quarantined: true,
    retained_until: null,
    reason_codes: [reason],
    books_complete: false,
    incomplete_reasons: withReason(book.incomplete, reason),
  });
}

/** A line of the wallet's pUSD: no token, no book. */
export function postCash(
  desk: Desk,
  kind: EntryKind,
  account: string,
  bot: string,
  amounts: { readonly cash: PusdMicros; readonly balance: PusdMicros | null },
): void {
  const line = lineOf(desk, account, null, newBook(bot), null);
  const { cash, balance } = amounts;
  desk.entries.push({ ...line, entry_kind: kind, cash_pusd: cash, size_pusd: balance });
}

/** The book that takes what no bot's book can: its wallet shares, and no lot. */
function unattributed(
  desk: Desk,
  account: string,
  token: string,
  { quantity }: { readonly quantity: ShareMicros },
): Book {
  markBooks(desk, account, token, 'GOV_MOVEMENT_UNBOOKED');
  const key = holdingKey(account, token);
  const holding = desk.get(key) as Holding;
  const book = bookOf(holding, UNATTRIBUTED);
  let incomplete = withReason(book.incomplete, 'GOV_MOVEMENT_UNBOOKED');
  if (holding.oversoldAt !== null) incomplete = withReason(incomplete, 'GOV_WALLET_OVERSOLD');
  const next: Book = {
    ...book,
    walletShares: shares(book.walletShares + quantity),
    incomplete: withMarks(incomplete, holding),
    lastOffset: desk.offset,
    updatedAt: desk.facts.recordedAt,
  };
  desk.put(key, withBook(holding, next));
  return next;
}

function codesOf(posting: Posting, holding: Holding): readonly string[] {
  let codes = noCodes;
  const isUnknown = posting.unknown !== 0n || posting.after.lots.unknown !== 0n;
  if (isUnknown) codes = withReason(codes, 'GOV_BASIS_UNKNOWN');
  if (holding.shares < 0n) codes = withReason(codes, 'GOV_WALLET_OVERSOLD');
  return codes;
}

/**
 * A line with everything that does not depend on what was posted; the columns of fills are null.
 */
function lineOf(
  desk: Desk,
  account: string,
  token: string | null,
  book: Book,
  holding: Holding | null,
): LedgerEntry {
  const { facts, parameters } = desk;
  const paper = isPaperAccount(account);
  return {
    ...NO_FILL,
    entry_kind: 'CASH',
    event_id: facts.eventId,
    correlation_id: facts.correlationId,
    effective_at: facts.effectiveAt,
    recorded_at: facts.recordedAt,
    confirmed_at: facts.finalAt,
    retained_until: paper ? null : retentionOf(facts.finalAt, parameters.retainDays),
    account,
    trading_bot_id: book.bot,
    condition_id: holding?.conditionId ?? facts.conditionId,
    token_id: token,
    unrealised_pnl_pusd: token === null ? null : book.unrealised,
    position_shares: positionShares(book.position),
    cost_basis_pusd: costBasis(book.position),
    avg_cost: avgCost(book.position),
    mark_price: token === null ? null : book.markPrice,
    mark_age_ms: book.markAgeMs,
    mark_kind: book.markKind,
    mark_observed_at: book.markObservedAt,
    neg_risk_price: book.negRiskPrice,
    neg_risk: book.negRisk,
    paper,
    mode: parameters.mode,
    books_complete: book.incomplete.length === 0,
    incomplete_reasons: book.incomplete,
    detail: facts.detail,
    source: facts.source,
    tx_hash: facts.txHash,
    block_number: facts.blockNumber,
    log_index: facts.logIndex,
  };
}

const NO_FILL = {
  fill_id: null,
  venue_market_id: null,
  order_id: null,
  side: null,
  order_side: null,
  quantity_shares: null,
  size_pusd: null,
  price: null,
  fee_source: null,
  fee_bps_match_event: null,
  gross_fee_pusd: null,
  maker_rebate_pusd: null,
  net_fee_pusd: null,
  builder_code: null,
  builder_fee_pusd: null,
  strategy_slug: null,
  user_id: null,
  effect: 'none',
  opened_shares: noShares,
  opened_basis_pusd: nothing,
  closed_shares: noShares,
  closed_basis_pusd: nothing,
  cash_pusd: nothing,
  cost_basis_before_pusd: null,
  carried_basis_pusd: null,
  unknown_basis_pusd: null,
  realised_pnl_pusd: null,
  carried_mark: null,
  neg_risk_mark_sum: null,
  quarantined: false,
  reason_codes: noCodes,
  identity_recipe: null,
  order_hash: null,
} as const;
