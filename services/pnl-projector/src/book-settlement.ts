/** Redemptions and conversions on the books of one wallet (rule B11). */

import { type PositionsConverted, type PositionsRedeemed } from '@polytraders/contracts';
import {
  ASIDE_WHOLE,
  bookConversion,
  bookRedemption,
  cashByToken,
  cashExplained,
  convert,
  type Gained,
  type Given,
  payoutValue,
  QUESTIONS_MAX,
  questionsOf,
} from '@polytraders/domain';
import { pusd, type PusdMicros, shares } from '@polytraders/money';
import { botBooks, inflowBot, originOf, postOutflow } from './book-movement.ts';
import {
  amendLast,
  type Desk,
  bookOf,
  holdingOf,
  markBooks,
  moveWallet,
  post,
  setAside,
} from './desk.ts';
import { type Holding } from './entities.ts';

/**
 * Tokens were burned for their payout. Re-based lots close at their basis; what the resolution does
 * not explain by a micro is no rounding, is realised, and makes the tokens doubtful.
 */
export function redeemPositions(desk: Desk, event: PositionsRedeemed): void {
  const { account, condition_id: condition, payout_pusd: total } = event;
  const legs = event.legs.filter((leg) => leg.quantity_shares > 0n);
  if (legs.length === 0) {
    if (total === 0n) return;
    setAsideCash(desk, account, total);
    return;
  }
  const holdings = legs.map((leg) => holdingOf(desk, account, leg.token_id, condition));
  const tokens = legs.map((leg, index) => ({
    quantity: leg.quantity_shares,
    said: leg.payout_pusd,
    payout: holdings[index]?.settled?.payout ?? null,
  }));
  const explained = cashExplained(total, tokens);
  if (explained < total) setAsideCash(desk, account, pusd(total - explained));
  const { cash, isGuessed, disagrees } = cashByToken(explained, tokens);
  legs.forEach(({ token_id: token, quantity_shares: quantity }, index) => {
    const holding = holdings[index];
    if (holding === undefined) return;
    const own = cash[index] ?? pusd(0n);
    const isDue = isWhatIsDue(holding, quantity, own);
    moveWallet(desk, account, token, -quantity);
    const rebasedTo = isDue ? (holding.settled?.offset ?? null) : null;
    if (disagrees || !isDue) {
      desk.doubt('PAYOUT_DISAGREES');
      markBooks(desk, account, token, 'GOV_MOVEMENT_DISAGREES');
    }
    const isBound = explained < total && holding.settled === null;
    if (isGuessed || isBound) markBooks(desk, account, token, 'GOV_PAYOUT_BY_TOKEN_UNKNOWN');
    const moved = bookRedemption(botBooks(holding), { quantity, cash: own, rebasedTo });
    postOutflow(desk, 'REDEEM', account, token, moved);
  });
}

/**
 * Cash of a redemption for which no shares are told has come in all the same: a line of the wallet,
 * under the name by which the redemption is reported.
 */
function setAsideCash(desk: Desk, account: string, cash: PusdMicros): void {
  desk.doubt('LEGS_MISSING');
  const moved = { quantity: shares(0n), cash };
  setAside(desk, 'REDEEM', account, null, moved, 'GOV_REDEMPTION_UNMATCHED');
}

/** Within a micro, which is what a sum of floors differs from the floor of a sum by. */
function isWhatIsDue({ settled }: Holding, quantity: bigint, cash: bigint): boolean {
  if (settled === null) return true;
  const gap = cash - payoutValue(shares(quantity), settled.payout);
  return gap >= -1n && gap <= 1n;
}

/** NO of some questions became cash and YES of the others; their basis is carried. */
export function convertPositions(desk: Desk, event: PositionsConverted): void {
  const { account, payout_pusd: cash } = event;
  const said = whatIsSaid(event);
  if (said === null) {
    desk.doubt('LEGS_MISSING');
    setAsideConversion(desk, event);
    return;
  }
  const out = event.legs_out.filter((leg) => leg.quantity_shares > 0n);
  const gains = event.legs_in.filter((leg) => leg.quantity_shares > 0n);
  const bot = inflowBot(desk, account);
  const given = out.map((leg): Given => {
    const holding = holdingOf(desk, account, leg.token_id, null);
    return { books: botBooks(holding), quantity: leg.quantity_shares };
  });
  const gained = gains.map((leg): Gained => {
    const holding = holdingOf(desk, account, leg.token_id, null);
    const book = { bot, position: bookOf(holding, bot).position };
    return { book, quantity: leg.quantity_shares };
  });
  const converted = bookConversion(given, cash, gained, originOf(desk));
  if (!said.isExact) {
    desk.doubt('AMOUNTS_DISAGREE');
    for (const { token_id: token } of [...out, ...gains])
      markBooks(desk, account, token, 'GOV_MOVEMENT_DISAGREES');
  }
  out.forEach(({ token_id: token, quantity_shares: quantity }, index) => {
    moveWallet(desk, account, token, -quantity);
    const { quantity: shortfall = shares(0n), cash: shortfallCash = pusd(0n) } =
      converted.shortfalls[index] ?? {};
    const postings = converted.given[index] ?? [];
    postOutflow(desk, 'CONVERT', account, token, { postings, shortfall, shortfallCash });
  });
  gains.forEach(({ token_id: token, quantity_shares: quantity }, index) => {
    moveWallet(desk, account, token, quantity);
    const posting = converted.gained[index];
    if (posting !== undefined) post(desk, 'CONVERT', account, token, posting);
  });
}

/**
 * Whether the record's legs are those of its index set, and its amounts what the adapter computes
 * (neg-risk.ts). Null: there is no saying which tokens it moved, as where nobody has defined them.
 */
function whatIsSaid(event: PositionsConverted): { readonly isExact: boolean } | null {
  if (!/^\d{1,78}$/.test(event.index_set)) return null;
  const questions = questionsOf(BigInt(event.index_set));
  const { question_count: count, amount_shares: amount } = event;
  const isPossible =
    amount > 0n && count > 1 && count <= QUESTIONS_MAX && (questions.at(-1) ?? count) < count;
  if (!isPossible) return null;
  const isWhole =
    event.legs_out.length === questions.length && event.legs_in.length === count - questions.length;
  if (!isWhole) return null;
  const due = convert({ questions, amount }, count, event.fee_bips);
  const isExact =
    event.payout_pusd === due.cash &&
    event.legs_out.every((leg) => leg.quantity_shares === due.noEach) &&
    event.legs_in.every((leg) => leg.quantity_shares === due.yesEach);
  return { isExact };
}

/** A conversion whose tokens are not known in full: what it names stands aside, and its cash. */
function setAsideConversion(desk: Desk, event: PositionsConverted): void {
  const { account } = event;
  const legs = [
    ...event.legs_out.map((leg) => ({ leg, sign: -1n })),
    ...event.legs_in.map((leg) => ({ leg, sign: 1n })),
  ];
  for (const { leg, sign } of legs) {
    const quantity = shares(sign * leg.quantity_shares);
    holdingOf(desk, account, leg.token_id, null);
    moveWallet(desk, account, leg.token_id, quantity);
    setAside(desk, 'CONVERT', account, leg.token_id, { quantity, cash: pusd(0n) });
    amendLast(desk, { detail: ASIDE_WHOLE });
  }
  const moved = { quantity: shares(0n), cash: event.payout_pusd };
  setAside(desk, 'CONVERT', account, null, moved);
}
