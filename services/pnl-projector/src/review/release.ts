/**
 * A fill that was set aside is booked with a reviewed fee (rule B18): at the place of its release
 * on the log, with its own time, so that the window of its day has it and no earlier take of FIFO
 * is made anew. Its shares have moved the wallet when it was set aside; they do not move it again.
 */

import { type FillConfirmed, type FillReleased, fromJson } from '@polytraders/contracts';
import { shares } from '@polytraders/money';
import { type Lookup, type Step } from '@polytraders/stream';
import { bookFill, movedBy } from '../book-fill.ts';
import { checkAccount } from '../desk.ts';
import {
  type Book,
  DEFAULT_PARAMETERS,
  type Entity,
  type Holding,
  holdingKey,
  type Parameters,
  parametersKey,
  type Review,
  reviewKey,
} from '../entities.ts';
import { type LedgerEntry } from '../entry.ts';
import { withBook } from '../placing.ts';
import { reviewedBy, reviewOf } from './audit.ts';
import { amountsNegated } from './negated.ts';
import { asideKey, linesOf } from './lines.ts';

type PnlStep = Step<Entity, LedgerEntry>;

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
  const aside = linesOf(state, asideKey(fillId)).find(({ entry }) => isAside(entry, event))?.entry;
  const book = holding?.books.find(({ bot }) => bot === aside?.trading_bot_id);
  if (aside === undefined || holding === undefined || book === undefined) return refuse();
  if (review !== undefined) return refuse();
  const fill = releasedFill(aside, event, book);
  const parameters = (state.get(parametersKey(partition)) ?? DEFAULT_PARAMETERS) as Parameters;
  const gross = event.fee_pusd;
  const fee = { gross, builderFee: fill.builder_fee_pusd, because: null };
  const before = withoutAside(book, fill);
  const booked = bookFill(before, holding, holding.shares, fill, fee, parameters, offset);
  const detail = reviewedBy(event, {});
  const entry: LedgerEntry = { ...booked.entry, entry_kind: 'RELEASE', detail };
  const gone: LedgerEntry = {
    ...aside,
    ...amountsNegated(aside),
    entry_kind: 'REVERSE',
    event_id: event.event_id,
    recorded_at: event.recorded_at,
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
    ],
    // As in every reversal, the old line first; then all sums are right whatever they leave out.
    entries: [gone, entry],
  };
}

function isAside(entry: LedgerEntry, { account, token_id: token }: FillReleased): boolean {
  return entry.entry_kind === 'FILL' && entry.account === account && entry.token_id === token;
}

/**
 * The fill with the reviewed fee, at the place and under the id of its release. A mark that is
 * older than the book's is left to the past.
 */
function releasedFill(aside: LedgerEntry, event: FillReleased, book: Book): FillConfirmed {
  const told = fromJson('FillConfirmed', JSON.parse(aside.detail ?? 'null'));
  const known = book.markObservedAt;
  return {
    ...told,
    event_id: event.event_id,
    recorded_at: event.recorded_at,
    fee_source: 'RELEASED',
    fee_pusd: event.fee_pusd,
    fee_bps: null,
    builder_fee_pusd: event.builder_fee_pusd ?? aside.builder_fee_pusd,
    marks: told.marks.filter(
      (mark) => mark.token_id !== told.token_id || known === null || mark.observed_at >= known,
    ),
  };
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
