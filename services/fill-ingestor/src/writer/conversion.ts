/**
 * Conversions of which a source knows less than their record must say (reference 2.4).
 *
 *     fee = floor(a × bips / 10 000), out = a − fee
 *     gives a NO of each of m questions, gets (m − 1) × out pUSD and out YES of the n − m others
 *
 * An activity export says a and the cash only. Which questions they were follows from the event's
 * definition and from the NO that the wallet holds where these leave one possibility; else nobody
 * knows, and nothing is guessed.
 */

import { type MarketDefinition } from '@polytraders/contracts';
import { shares } from '@polytraders/money';
import { type MovementSaid, type OpenName, type TokenLeg } from '../draft.ts';

type Said = MovementSaid<'PositionsConverted'>;
export type Conversion = {
  readonly [Name in keyof Said]: Name extends OpenName ? NonNullable<Said[Name]> : Said[Name];
};
type Question = MarketDefinition['questions'][number];

const BIPS = 10_000n;

/** The whole conversion, or a sentence that says what is missing. */
export function wholeConversion(
  said: Said,
  questions: readonly Question[],
  held: (token: string) => bigint,
): Conversion | string {
  const { index_set: indexSet, legs_out: given, legs_in: got } = said;
  if (indexSet !== null && given !== null && got !== null)
    return withLegs(said, indexSet, given, got);
  const count = said.question_count ?? questions.length;
  const listed = questions.filter((question) => question.question_index < count);
  if (count < 2 || listed.length !== count) {
    return `Expected a definition of event ${said.neg_risk_market_id} with all its questions`;
  }
  const able = listed.filter((one) => held(one.no_token_id) >= said.amount_shares);
  const found = indexSet === null ? onlySet(said, count, able) : setOf(indexSet, listed);
  if (typeof found === 'string') return found;
  const out = outOf(said, found.length);
  if (out === null) return NO_FEE;
  const isGiven = new Set(found.map((question) => question.question_index));
  const others = listed.filter((question) => !isGiven.has(question.question_index));
  const bits = [...isGiven].reduce((sum, index) => sum | (1n << BigInt(index)), 0n);
  const legsOut = found.map((one) => leg(one.no_token_id, 1, said.amount_shares));
  const legsIn = out === 0n ? [] : others.map((one) => leg(one.yes_token_id, 0, out));
  return withLegs({ ...said, question_count: count }, bits.toString(), legsOut, legsIn);
}

const NO_FEE = 'Expected cash that says what fee was taken, or the fee itself';

/** The questions of an index set; a sentence where it names one that there is not. */
function setOf(indexSet: string, questions: readonly Question[]): readonly Question[] | string {
  const bits = BigInt(indexSet);
  const found = questions.filter((one) => ((bits >> BigInt(one.question_index)) & 1n) === 1n);
  const known = found.reduce((sum, one) => sum | (1n << BigInt(one.question_index)), 0n);
  return known === bits ? inOrder(found) : `Expected index set ${indexSet} among the questions`;
}

/**
 * The one set of questions that the cash and the wallet allow: all that it could have given, where
 * their number is the only one that the cash allows.
 */
function onlySet(
  said: Said,
  count: number,
  able: readonly Question[],
): readonly Question[] | string {
  const sizes = able.map((_, at) => at + 1).filter((size) => size <= count && fits(said, size));
  const [size] = sizes;
  const what = `${String(able.length)} questions of which the wallet holds the NO`;
  if (size === undefined) return `Expected questions whose NO could have paid it, of ${what}`;
  if (sizes.length > 1 || size !== able.length) {
    return `Expected one set of questions that could have paid it, of ${what}; found several`;
  }
  return inOrder(able);
}

/** Whether m questions can have yielded the cash. */
function fits(said: Said, size: number): boolean {
  if (said.payout_pusd === 0n && size === 1) return true;
  const out = outOf(said, size);
  return out !== null && BigInt(size - 1) * out === said.payout_pusd;
}

/** What came out for each share that went in, after the fee; null where nothing says it. */
function outOf(said: Said, size: number): bigint | null {
  const { amount_shares: amount, payout_pusd: payout, fee_bips: bips } = said;
  if (bips !== null) return amount - feeOf(amount, BigInt(bips));
  if (size < 2) return null;
  const levels = BigInt(size - 1);
  const out = payout / levels;
  if (out * levels !== payout || out > amount) return null;
  return bipsOf(amount, amount - out) === null ? null : out;
}

function feeOf(amount: bigint, bips: bigint): bigint {
  return (amount * bips) / BIPS;
}

/** The smallest fee in basis points that takes exactly `fee` of an amount; null where none does. */
function bipsOf(amount: bigint, fee: bigint): bigint | null {
  const bips = (fee * BIPS + amount - 1n) / amount;
  return bips <= BIPS && feeOf(amount, bips) === fee ? bips : null;
}

/** The record of known legs; the fee follows from them where the source did not say it. */
function withLegs(
  said: Said,
  indexSet: string,
  given: readonly TokenLeg[],
  got: readonly TokenLeg[],
): Conversion | string {
  const bips = said.fee_bips ?? feeBipsOf(said, given, got);
  if (bips === null) return NO_FEE;
  return {
    ...said,
    index_set: indexSet,
    fee_bips: bips,
    question_count: said.question_count ?? given.length + got.length,
    legs_out: given.map((one) => ({ ...one, outcome_index: 1 })),
    legs_in: got.map((one) => ({ ...one, outcome_index: 0 })),
  };
}

function feeBipsOf(
  said: Said,
  given: readonly TokenLeg[],
  got: readonly TokenLeg[],
): number | null {
  const [first] = got;
  const out = first === undefined ? outOf(said, given.length) : first.quantity_shares;
  if (out === null || out > said.amount_shares) return null;
  const bips = bipsOf(said.amount_shares, said.amount_shares - out);
  return bips === null ? null : Number(bips); // tidy-ok: basis points.
}

function leg(tokenId: string, index: number, quantity: bigint): TokenLeg {
  return { token_id: tokenId, outcome_index: index, quantity_shares: shares(quantity) };
}

function inOrder(questions: readonly Question[]): readonly Question[] {
  return [...questions].sort((a, b) => a.question_index - b.question_index);
}
