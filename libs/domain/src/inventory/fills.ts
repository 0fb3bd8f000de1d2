/**
 * What a fill moves (rules B8, B10): matched, into pending; confirmed, for good; failed or
 * reversed, back as if it had never been seen. Each step takes out what the fill had moved before
 * and puts in what it moves now, so that a fee that is heard later, or a step that is left out,
 * comes to the same. What a confirmation does not state is missing, as in the books.
 *
 *   nothing ─▶ pending ─▶ confirmed ─▶ reversed
 *      │          └─▶ failed ◀┄┄ of one not seen before: what comes after it is late
 *      └─▶ confirmed
 *
 * A fill that is usable but not payable (its fee missing, or over a cap) moves what it moved at the
 * venue (B18); that the fee is missing stands on the pUSD balance. It is released once; what the
 * books have booked already a release does not move here either.
 */

import { pusd } from '@polytraders/money';
import { grossFee, judgeFee } from '../fee.ts';
import { type FillNamed, type FillNews, type ReleasedFill } from './events.ts';
import { NOTHING_PENDING } from './order.ts';
import { fillOrder } from './orders.ts';
import { fillKey, type FillMoves, type FillStage, type InventoryFill } from './state.ts';
import { moveCash, moveToken, type Work } from './work.ts';

/** What became of news of a fill: booked, nothing new, or against what was told before. */
export type FillVerdict =
  'booked' | 'nothing new' | 'late' | 'conflict' | 'unknown' | 'not set aside';

/** MATCHED or MINED: out of free, not yet gone. */
export function matchFill(work: Work, news: FillNews): FillVerdict {
  const known = fillOf(work, news);
  if (known !== null && known.stage !== 'pending') return 'late';
  const moves = movesOf(news, known);
  if (known?.moves != null && isSame(known.moves, moves)) return 'nothing new';
  place(work, known, news, 'pending', moves, news);
  return 'booked';
}

/** CONFIRMED: it counts. */
export function confirmFill(work: Work, news: FillNews): FillVerdict {
  const known = fillOf(work, news);
  if (known?.stage === 'confirmed' || known?.stage === 'reversed') return 'late';
  if (known?.stage === 'failed') return 'conflict';
  // A confirmation is self-contained: it states its fee, or the fee is missing (B6).
  const moves = { ...movesOf(news, known), fee: feeIn(news) };
  place(work, known, news, 'confirmed', moves, news);
  return 'booked';
}

/** FAILED: it never happened. */
export function failFill(work: Work, named: FillNamed): FillVerdict {
  const known = fillOf(work, named);
  if (known?.stage === 'failed') return 'nothing new';
  if (known?.stage === 'confirmed' || known?.stage === 'reversed') return 'conflict';
  place(work, known, named, 'failed', null, null);
  return 'booked';
}

/** Taken back by a reviewed command. */
export function reverseFill(work: Work, named: FillNamed): FillVerdict {
  const known = fillOf(work, named);
  if (known?.stage === 'reversed') return 'nothing new';
  if (known?.stage !== 'confirmed') return 'unknown';
  place(work, known, named, 'reversed', known.moves, null);
  return 'booked';
}

/** The reviewed fee of a fill: it moves pUSD, and the fee is no longer missing. */
export function releaseFill(work: Work, released: ReleasedFill): FillVerdict {
  const known = fillOf(work, released);
  if (known === null) return 'unknown';
  const { stage, isAside, moves } = known;
  const isOf = stage === 'confirmed' && isAside && moves?.token === released.token_id;
  if (!isOf) return 'not set aside';
  place(work, known, released, 'confirmed', { ...moves, fee: released.fee_pusd }, null);
  return 'booked';
}

function fillOf(work: Work, { account, fill_id: fillId }: FillNamed): InventoryFill | null {
  const found = work.get(fillKey(account, fillId));
  return found?.kind === 'fill' ? found : null;
}

/** The fill as it now stands, in place of how it stood. */
function place(
  work: Work,
  known: InventoryFill | null,
  { account, fill_id: fillId }: FillNamed,
  stage: FillStage,
  moves: FillMoves | null,
  news: FillNews | null,
): void {
  if (known?.moves != null) book(work, account, known.moves, known.stage, -1n, null);
  if (moves !== null) book(work, account, moves, stage, 1n, news);
  const isAside =
    stage === 'confirmed' && news !== null && judgeFee(news, work.exchangeBpsMax).because !== null;
  work.put(fillKey(account, fillId), { kind: 'fill', account, fillId, stage, isAside, moves });
}

/** Puts in (`sign` 1) or takes out (−1) what a fill moves at a stage. */
function book(
  work: Work,
  account: string,
  moves: FillMoves,
  stage: FillStage,
  sign: 1n | -1n,
  news: FillNews | null,
): void {
  if (stage === 'failed' || stage === 'reversed') return;
  const { token, orderId, orderHash, fee } = moves;
  const quantity = sign * moves.quantity;
  const cash = sign * cashOf(moves);
  const isIn = moves.side === 'BUY';
  const facts = news === null ? null : { conditionId: news.condition_id };
  const doubts = news === null || stage === 'pending' ? [] : doubtsOf(news);
  const feesMissing = fee === null ? (sign === 1n ? 1 : -1) : 0;
  if (stage === 'confirmed') {
    moveToken(work, account, token, facts, { total: isIn ? quantity : -quantity, doubts });
    moveCash(work, account, { total: cash, feesMissing, doubts: cashDoubts(doubts, news) });
  } else {
    const isOut = cashOf(moves) < 0n;
    moveToken(
      work,
      account,
      token,
      facts,
      isIn ? { pendingIn: quantity } : { pendingOut: quantity },
    );
    moveCash(
      work,
      account,
      isOut ? { pendingOut: -cash, feesMissing } : { pendingIn: cash, feesMissing },
    );
  }
  const pending =
    stage === 'pending'
      ? { shares: quantity, cash: -cash, unpriced: fee === null ? quantity : 0n }
      : NOTHING_PENDING;
  fillOrder(work, { account, orderId, orderHash, token, quantity, pending });
}

/** pUSD that the fill brings (positive) or takes. BUY 40 @ 0.50 with a fee of 0.4: −20.4. */
export function cashOf({ side, notional, fee }: FillMoves): bigint {
  return side === 'BUY' ? -notional - (fee ?? 0n) : notional - (fee ?? 0n);
}

function doubtsOf(news: FillNews): readonly string[] {
  return news.incomplete_reasons.includes('GOV_ACCOUNT_INCOMPLETE')
    ? ['GOV_ACCOUNT_INCOMPLETE']
    : [];
}

function cashDoubts(doubts: readonly string[], news: FillNews | null): readonly string[] {
  return news?.flags.includes('GOV_CASH_UNVERIFIED') === true
    ? [...doubts, 'GOV_CASH_UNVERIFIED']
    : doubts;
}

function movesOf(news: FillNews, known: InventoryFill | null): FillMoves {
  return {
    token: news.token_id,
    side: news.order_side,
    quantity: news.quantity_shares,
    notional: news.size_pusd,
    fee: feeIn(news) ?? known?.moves?.fee ?? null,
    orderId: news.order_id ?? known?.moves?.orderId ?? null,
    orderHash: news.order_hash ?? known?.moves?.orderHash ?? null,
  };
}

/** The fee that is stated; null where none is. */
function feeIn(news: FillNews): bigint | null {
  return grossFee({
    side: null,
    notional: pusd(news.size_pusd),
    feePusd: news.fee_pusd,
    feeBps: news.fee_bps,
    builderFee: null,
  });
}

function isSame(a: FillMoves, b: FillMoves): boolean {
  const names = Object.keys(a) as (keyof FillMoves)[];
  return names.every((name) => a[name] === b[name]);
}
