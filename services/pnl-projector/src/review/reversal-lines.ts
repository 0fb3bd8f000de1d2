/** The ledger lines of a reversal: what the fill did, negated, and what its absence changes. */

import { type FillReversed } from '@polytraders/contracts';
import {
  avgCost,
  type BookChange,
  type BookEffect,
  bookName,
  type BookPlace,
  costBasis,
  isBooking,
  minusEffect,
  NO_EFFECT,
  positionShares,
  type Refolded,
} from '@polytraders/domain';
import { pusd, shares } from '@polytraders/money';
import { type Lookup } from '@polytraders/stream';
import {
  type Book,
  DEFAULT_PARAMETERS,
  type Entity,
  type Holding,
  holdingKey,
  type Market,
  marketKey,
  newBook,
  type Parameters,
  parametersKey,
} from '../entities.ts';
import { type LedgerEntry } from '../entry.ts';
import { retentionOf } from '../retention.ts';
import { reviewedBy } from './audit.ts';
import { correctionOf } from './correction.ts';
import { amountsNegated } from './negated.ts';

export type Reversal = {
  readonly event: FillReversed;
  readonly partition: number;
  /** The line of the fill, and the one that booked it: itself, its release, or none. */
  readonly fill: { readonly first: LedgerEntry; readonly booked: LedgerEntry | null };
  readonly refolded: Refolded<LedgerEntry>;
  /** What changes, as it is afterwards, by token. */
  readonly holdings: ReadonlyMap<string, Holding>;
};

type Running = { shares: bigint; basis: bigint };

/** What a book had before the reversal, and has after each of its lines. */
type Sheet = {
  readonly runningOf: (place: BookPlace) => Running;
  readonly bookOf: (place: BookPlace) => Book;
  readonly parameters: Parameters;
};

/** The lines, the fill's own first. */
export function linesOfReversal(state: Lookup<Entity>, reversal: Reversal): readonly LedgerEntry[] {
  const sheet = sheetOf(state, reversal);
  const { refolded, event } = reversal;
  const isOwn = ({ line }: BookChange<LedgerEntry>): boolean =>
    line !== null && isBooking(line) && line.fill_id === event.fill_id;
  const own = refolded.changes.find(isOwn) ?? null;
  const later = refolded.changes.filter((change) => change !== own);
  const first = reverseLine(sheet, reversal, own?.before ?? NO_EFFECT, later);
  return [first, ...later.map((change) => restateLine(state, sheet, reversal, change))];
}

function sheetOf(state: Lookup<Entity>, { event, partition, holdings }: Reversal): Sheet {
  const running = new Map<string, Running>();
  const find = (holding: Holding | undefined, bot: string): Book =>
    holding?.books.find((book) => book.bot === bot) ?? newBook(bot);
  return {
    runningOf: (place) => {
      const name = bookName(place);
      const known = running.get(name);
      if (known !== undefined) return known;
      const holding = state.get(holdingKey(event.account, place.token)) as Holding | undefined;
      const { position } = find(holding, place.bot);
      const begun = { shares: positionShares(position), basis: costBasis(position) };
      running.set(name, begun);
      return begun;
    },
    bookOf: ({ token, bot }) => find(holdings.get(token), bot),
    parameters: (state.get(parametersKey(partition)) ?? DEFAULT_PARAMETERS) as Parameters,
  };
}

/** The line of the fill with its amounts negated; set aside where the fill was. */
function reverseLine(
  sheet: Sheet,
  { event, fill: { first, booked } }: Reversal,
  did: BookEffect,
  later: readonly BookChange<LedgerEntry>[],
): LedgerEntry {
  const base = booked ?? first;
  const place = { token: base.token_id ?? '', bot: base.trading_bot_id };
  const running = sheet.runningOf(place);
  const isAside = booked === null;
  const undone = minusEffect(NO_EFFECT, did);
  const before = { ...running };
  if (!isAside) advance(running, undone);
  return {
    ...base,
    ...placed(sheet, event, base, place, running, isAside),
    entry_kind: 'REVERSE',
    ...amountsNegated(base),
    ...openedAndClosed(undone),
    unknown_basis_pusd: undone.unknown === 0n ? null : pusd(undone.unknown),
    realised_pnl_pusd: isAside ? null : pusd(undone.realised),
    // Why it was set aside stands on the line that did it, and has been told. It is reviewed now,
    // so from here on it is kept as the rest (B15).
    ...(isAside ? { reason_codes: [], retained_until: keptUntil(sheet, base) } : {}),
    detail: reviewedBy(event, correctionOf({ booked, did, before, running, later })),
  };
}

/** What another line would have done without the fill, less what it did. */
function restateLine(
  state: Lookup<Entity>,
  sheet: Sheet,
  reversal: Reversal,
  change: BookChange<LedgerEntry>,
): LedgerEntry {
  const { event } = reversal;
  const base = change.line ?? unsettledLine(state, reversal, change);
  const by = minusEffect(change.after, change.before);
  const running = sheet.runningOf(change);
  const basisBefore = pusd(running.basis);
  if (!change.isAside) advance(running, by);
  return {
    ...base,
    ...placed(sheet, event, base, change, running, change.isAside),
    ...NO_TRADE,
    entry_kind: 'RESTATE',
    quantity_shares: shares(by.quantity),
    ...openedAndClosed(by),
    cash_pusd: pusd(by.cash),
    cost_basis_before_pusd: basisBefore,
    carried_basis_pusd: pusd(by.carried),
    unknown_basis_pusd: by.unknown === 0n ? null : pusd(by.unknown),
    realised_pnl_pusd: pusd(by.realised),
    detail: JSON.stringify({
      restates: base.entry_kind,
      restates_event_id: base.event_id,
      restates_offset: change.offset,
      reversed_fill_id: event.fill_id,
    }),
  };
}

/** What all lines of a reversal have in common: when, whose, and the book after the line. */
function placed(
  sheet: Sheet,
  event: FillReversed,
  base: LedgerEntry,
  place: BookPlace,
  running: Running,
  isAside: boolean,
) {
  const book = sheet.bookOf(place);
  const { mode } = sheet.parameters;
  const isUnknown = book.position.lots.unknown !== 0n;
  return {
    event_id: event.event_id,
    correlation_id: event.correlation_id,
    recorded_at: event.recorded_at,
    retained_until: isAside ? null : keptUntil(sheet, base),
    trading_bot_id: place.bot,
    token_id: place.token,
    position_shares: shares(running.shares),
    cost_basis_pusd: pusd(running.basis),
    avg_cost: avgCost(book.position),
    unrealised_pnl_pusd: book.unrealised,
    mark_price: book.markPrice,
    mark_age_ms: book.markAgeMs,
    mark_kind: book.markKind,
    mark_observed_at: book.markObservedAt,
    carried_mark: null,
    neg_risk_price: book.negRiskPrice,
    neg_risk_mark_sum: null,
    mode,
    quarantined: isAside,
    reason_codes: isAside ? base.reason_codes : isUnknown ? basisUnknown : [],
    books_complete: book.incomplete.length === 0,
    incomplete_reasons: book.incomplete,
    source: event.source,
  };
}

/** Paper is not of the regulatory tier. */
function keptUntil({ parameters }: Sheet, { paper, confirmed_at: at }: LedgerEntry): string | null {
  return paper ? null : retentionOf(at, parameters.retainDays);
}

/** A resolution that found no lot here has no line; it stands where its condition was resolved. */
function unsettledLine(
  state: Lookup<Entity>,
  { event, partition, fill }: Reversal,
  { token }: BookChange<LedgerEntry>,
): LedgerEntry {
  const holding = state.get(holdingKey(event.account, token)) as Holding | undefined;
  const condition = holding?.conditionId ?? '';
  const market = state.get(marketKey(partition, condition)) as Market | undefined;
  const at = market?.resolution?.resolvedAt ?? event.effective_at;
  const nowhere = { tx_hash: null, order_hash: null, block_number: null, log_index: null };
  const whose = { builder_code: null, strategy_slug: null, user_id: null, fill_id: null };
  const facts = { condition_id: holding?.conditionId ?? null, venue_market_id: null };
  const rest = { ...nowhere, ...whose, ...facts, effect: 'rebase' as const };
  const when = { effective_at: at, confirmed_at: at };
  return { ...fill.first, ...rest, ...when, token_id: token, entry_kind: 'RESOLVE' };
}

const basisUnknown: readonly string[] = ['GOV_BASIS_UNKNOWN'];

const NO_TRADE = {
  order_id: null,
  side: null,
  order_side: null,
  size_pusd: null,
  price: null,
  fee_source: null,
  fee_bps_match_event: null,
  gross_fee_pusd: null,
  maker_rebate_pusd: null,
  net_fee_pusd: null,
  builder_fee_pusd: null,
  identity_recipe: null,
} as const;

function openedAndClosed(effect: BookEffect) {
  return {
    opened_shares: shares(effect.openedShares),
    opened_basis_pusd: pusd(effect.openedBasis),
    closed_shares: shares(effect.closedShares),
    closed_basis_pusd: pusd(effect.closedBasis),
  };
}

/** Δ basis = carried + realised + unknown − cash, of fills and movements alike. */
function advance(running: Running, by: BookEffect): void {
  running.shares += by.quantity;
  running.basis += by.carried + by.realised + by.unknown - by.cash;
}
