/**
 * A fill that was set aside is booked with a reviewed fee (rule B18): at the place of its release
 * on the log, with its own time, so that the window of its day has it and no earlier take of FIFO
 * is made anew. Its shares have moved the wallet when it was set aside; they do not move it again.
 */

import { type FillConfirmed, type FillReleased, fromJson } from '@polytraders/contracts';
import { shares } from '@polytraders/money';
import { type Lookup, type Step } from '@polytraders/stream';
import { bookFill, movedBy, withinOf } from '../book-fill.ts';
import { checkAccount } from '../desk.ts';
import {
  type Book,
  DEFAULT_PARAMETERS,
  type Entity,
  eventKey,
  type Holding,
  holdingKey,
  type Parameters,
  parametersKey,
  type Review,
  reviewKey,
} from '../entities.ts';
import { type LedgerEntry } from '../entry.ts';
import { eventIdOf, otherKeys, othersOf, placesOf } from '../neg-risk-event.ts';
import { withBook } from '../placing.ts';
import { reviewedBy, reviewOf } from './audit.ts';
import { amountsNegated } from './negated.ts';
import { asideKey, linesOf } from './lines.ts';

type PnlStep = Step<Entity, LedgerEntry>;

const noKeys: readonly string[] = [];

/** Why a book does not say that it is complete while a fill of it is set aside. */
export const SET_ASIDE = 'GOV_FILL_QUARANTINED';

/** Keys of what a release must know. */
export function releaseKeys(event: FillReleased, partition: number): readonly string[] {
  const { account, token_id: token, fill_id: fillId } = event;
  return [
    parametersKey(partition),
    holdingKey(account, token),
    reviewKey(account, fillId),
    asideKey(fillId),
  ];
}

/** Keys that only the line of the fill tells: of a neg-risk one its event, with its other books. */
export function releaseKeysThen(
  event: FillReleased,
  state: Lookup<Entity>,
  partition: number,
): readonly string[] {
  const aside = asideLine(state, event);
  const told = aside === undefined ? null : toldBy(aside);
  const id = told === null ? null : eventIdOf(told);
  if (told === null || id === null) return noKeys;
  return [eventKey(partition, id), ...otherKeys(state, told, partition)];
}

/** Books the fill as it was told, at the reviewed fee. */
export function releaseFill(
  state: Lookup<Entity>,
  event: FillReleased,
  partition: number,
  offset: number,
): PnlStep {
  const { account, token_id: token, fill_id: fillId } = event;
  checkAccount(account, partition);
  const key = holdingKey(account, token);
  const holding = state.get(key) as Holding | undefined;
  const review = state.get(reviewKey(account, fillId)) as Review | undefined;
  const aside = asideLine(state, event);
  const book = holding?.books.find(({ bot }) => bot === aside?.trading_bot_id);
  if (aside === undefined || holding === undefined || book === undefined) return refuse();
  if (review !== undefined) return refuse();
  const told = releasedFill(aside, event);
  const parameters = (state.get(parametersKey(partition)) ?? DEFAULT_PARAMETERS) as Parameters;
  const gross = event.fee_pusd;
  const fee = { gross, builderFee: told.builder_fee_pusd, because: null };
  const before = withoutAside(book, told);
  const { fill, within, isPast } = releasedWithin(told, book, withinOf(state, told, partition));
  const booked = bookFill(before, holding, holding.shares, fill, fee, parameters, offset, within);
  const detail = reviewedBy(event, {});
  const entry: LedgerEntry = { ...booked.entry, entry_kind: 'RELEASE', detail };
  const gone: LedgerEntry = {
    ...aside,
    ...amountsNegated(aside),
    entry_kind: 'REVERSE',
    event_id: event.event_id,
    recorded_at: event.recorded_at,
    retained_until: booked.entry.retained_until,
    mode: parameters.mode,
    // Why it was set aside stands on the line that did it, and has been told.
    reason_codes: [],
    detail,
  };
  return {
    outcome: 'applied',
    puts: [
      { key, entity: withBook(holding, booked.book) },
      { key: reviewKey(account, fillId), entity: reviewOf('RELEASED', event, offset) },
      ...(within?.puts ?? []),
      // Rows of a later moment are not put back to that of the fill.
      ...(isPast ? [] : booked.others),
    ],
    // As in every reversal, the old line first; then all sums are right whatever they leave out.
    entries: [gone, entry],
  };
}

/** The line of the fill that is set aside; undefined where this wallet and token have none. */
function asideLine(state: Lookup<Entity>, event: FillReleased): LedgerEntry | undefined {
  const { account, token_id: token, fill_id: fillId } = event;
  return linesOf(state, asideKey(fillId)).find(
    ({ entry }) =>
      entry.entry_kind === 'FILL' && entry.account === account && entry.token_id === token,
  )?.entry;
}

function toldBy({ detail }: LedgerEntry): FillConfirmed {
  return fromJson('FillConfirmed', JSON.parse(detail ?? 'null'));
}

/** The fill with the reviewed fee, at the place and under the id of its release. */
function releasedFill(aside: LedgerEntry, event: FillReleased): FillConfirmed {
  return {
    ...toldBy(aside),
    event_id: event.event_id,
    recorded_at: event.recorded_at,
    fee_source: 'RELEASED',
    fee_pusd: event.fee_pusd,
    fee_bps: null,
    builder_fee_pusd: event.builder_fee_pusd ?? aside.builder_fee_pusd,
  };
}

type EventOfFill = NonNullable<ReturnType<typeof withinOf>>;

type ReleasedWithin = {
  readonly fill: FillConfirmed;
  readonly within: EventOfFill | null;
  /** Whether books of its event were valued after it. */
  readonly isPast: boolean;
};

/**
 * The fill with those of its marks that no newer one of its book, or of another book of its event,
 * stands beside: what is older is left to the past. A book that was valued with its event since
 * keeps the price that it had then.
 */
function releasedWithin(
  fill: FillConfirmed,
  book: Book,
  within: EventOfFill | null,
): ReleasedWithin {
  const newest = newestMarks(fill, book, within);
  const places = within === null ? null : placesOf(within.event.questions);
  const marks = fill.marks.filter(({ token_id: token, observed_at: observedAt }) => {
    const known = newest.get(places?.get(token)?.question ?? token);
    return known === undefined || observedAt >= known;
  });
  const isPast = marks.length < fill.marks.length;
  if (isPast && within !== null && book.negRiskPrice !== null)
    return { fill: { ...fill, marks: [] }, within: null, isPast };
  return { fill: { ...fill, marks }, within, isPast };
}

/** When what books were last valued by was observed, by question of the event, else by token. */
function newestMarks(
  fill: FillConfirmed,
  own: Book,
  within: EventOfFill | null,
): ReadonlyMap<number | string, number> {
  const newest = new Map<number | string, number>();
  const places = within === null ? null : placesOf(within.event.questions);
  const take = (token: string, book: Book | undefined): void => {
    const at = places?.get(token)?.question ?? token;
    const observedAt = book?.markObservedAt ?? null;
    if (observedAt !== null) newest.set(at, Math.max(newest.get(at) ?? observedAt, observedAt));
  };
  take(fill.token_id, own);
  for (const { account, token } of within === null
    ? []
    : othersOf(within.event, fill.account, fill.token_id)) {
    const holding = within?.state.get(holdingKey(account, token)) as Holding | undefined;
    const book = holding?.books.find(({ bot }) => bot === fill.trading_bot_id);
    if (book?.position.direction !== 'FLAT') take(token, book);
  }
  return newest;
}

/** The book with the fill no longer aside: its shares come with its booking. */
function withoutAside(book: Book, fill: FillConfirmed): Book {
  const quarantinedFills = book.quarantinedFills - 1;
  return {
    ...book,
    walletShares: shares(book.walletShares - movedBy(fill)),
    quarantinedFills,
    incomplete: withoutReason(book.incomplete, quarantinedFills),
  };
}

/** The reasons without the one of fills set aside, where none is any more. */
export function withoutReason(reasons: readonly string[], left: number): readonly string[] {
  return left > 0 ? reasons : reasons.filter((reason) => reason !== SET_ASIDE);
}

/** Nothing of it is known here, or it is booked, or the last word on it is spoken. */
function refuse(): PnlStep {
  return { outcome: 'quarantined', because: 'FILL_NOT_SET_ASIDE', puts: [], entries: [] };
}
