/**
 * A negative-risk event as one position (rule B5): exactly one of its questions resolves YES, so NO
 * of one question is YES of all the others, and several NO together hold cash that a conversion
 * pays out today.
 *
 *   With y YES and k NO per question, K = Σ k and M = max k:
 *     worth if question w wins       V_w = y_w + K − k_w
 *     canonical form                 cash C = K − M, and Y_i = y_i + (M − k_i) YES of each question
 *     because                        C + Y_w = K − M + y_w + M − k_w = V_w, for every w
 *
 *   100 NO of A and 100 NO of B among A, B, C: worth 100, 100, 200; C = 100, Y = 0, 0, 100.
 *
 * All of it is linear in y and k once M is chosen, so it holds for signed books; the least value
 * over the outcomes says something of a wallet only, where nothing is below zero.
 * What is not here: books, basis, and what a conversion does to them.
 */

import {
  BPS_PER_UNIT,
  divideFloor,
  divideTruncate,
  invariant,
  pusd,
  type PusdMicros,
  type PriceE18,
  shares,
  type ShareMicros,
} from '@polytraders/money';

/** What is held of one question: signed where it is a book, never negative in a wallet. */
export type QuestionHolding = { readonly yes: ShareMicros; readonly no: ShareMicros };

/** Holdings by question index, without holes: a question that nobody holds is there with 0. */
export type EventHolding = readonly QuestionHolding[];

/** Questions of an event are bits of a uint256; the adapter counts them in one byte. */
export const QUESTIONS_MAX = 255;

/**
 * What the holding is worth if `winner` (a question index) resolves YES and all others NO; `null`
 * is the case in which no listed question wins.
 */
export function payoffIf(holding: EventHolding, winner: number | null): PusdMicros {
  const allNo = sumOf(holding, ({ no }) => no);
  if (winner === null) return pusd(allNo);
  const won = questionAt(holding, winner);
  return pusd(won.yes + allNo - won.no);
}

/** The worth under each winner, by question index. */
export function payoffs(holding: EventHolding): readonly PusdMicros[] {
  return holding.map((_, winner) => payoffIf(holding, winner));
}

/**
 * The least that a wallet's holding pays, whichever listed question wins: K + min (y_i − k_i). It
 * is stated for a wallet: of a signed book it is a number without a meaning, and refused.
 */
export function guaranteedValue(wallet: EventHolding): PusdMicros {
  requireWallet(wallet);
  const values = payoffs(wallet);
  return values.reduce((least, value) => (value < least ? value : least), values[0] ?? pusd(0n));
}

export type CanonicalForm = {
  /** What conversions can pay out, before any fee. */
  readonly cash: PusdMicros;
  /** YES of each question that is left then, by question index. */
  readonly yes: readonly ShareMicros[];
};

/** Cash C = K − M and Y_i = y_i + (M − k_i): the same worth under every winner. */
export function canonicalForm(holding: EventHolding): CanonicalForm {
  const most = mostNo(holding);
  return {
    cash: pusd(sumOf(holding, ({ no }) => no) - most),
    yes: holding.map(({ yes, no }) => shares(yes + most - no)),
  };
}

/** One `convertPositions`: the same amount of NO of each of these questions. */
export type Conversion = {
  /** Question indexes, ascending. */
  readonly questions: readonly number[];
  /** Shares of each NO that is given, before the fee. */
  readonly amount: ShareMicros;
};

/**
 * The conversions that extract all of C from NO held per question (none negative): for each level
 * t ≤ M the set {i : k_i ≥ t}, equal sets taken together, the largest set first. A set of one frees
 * nothing and is left out. Done in any order they free the same, as each leaves the others' levels.
 *
 * k = 100, 60, 30: {A, B, C} for 30, then {A, B} for 30; the last 40 NO of A are alone.
 */
export function conversionsOf(no: readonly ShareMicros[]): readonly Conversion[] {
  invariant(
    no.every((held) => held >= 0n),
    'NO to convert is held by a wallet and never negative.',
  );
  const levels = [...new Set<bigint>(no)].filter((held) => held > 0n);
  levels.sort((a, b) => (a < b ? -1 : 1));
  const conversions: Conversion[] = [];
  let below = 0n;
  for (const level of levels) {
    const questions = no.flatMap((held, question) => (held >= level ? [question] : []));
    if (questions.length > 1) conversions.push({ questions, amount: shares(level - below) });
    below = level;
  }
  return conversions;
}

/** What one conversion takes and gives, exactly as the adapter computes it. */
export type ConversionEffect = {
  /** Shares of each given NO that leave the wallet: the whole amount. */
  readonly noEach: ShareMicros;
  /** Collateral that comes: (m − 1) × (amount − fee). */
  readonly cash: PusdMicros;
  /** YES of each question that was not given: amount − fee. */
  readonly yesEach: ShareMicros;
  /** Question indexes that YES come of, ascending. */
  readonly yesQuestions: readonly number[];
  /** Collateral that the vault keeps: (m − 1) × fee. */
  readonly feeCash: PusdMicros;
  /** YES of each question that was not given that the vault keeps. */
  readonly feeYesEach: ShareMicros;
};

/**
 * The effect of `convertPositions` (NegRiskAdapter): fee = floor(amount × bips / 10 000), taken
 * from the cash and from every YES. 100 of NO A and NO B among three at 200 bips: 98 cash, 98 YES
 * of C.
 */
export function convert(
  { questions, amount }: Conversion,
  questionCount: number,
  feeBips: number,
): ConversionEffect {
  requireConvertible(questions, amount, questionCount);
  const fee = divideTruncate(amount * BigInt(feeBips), BPS_PER_UNIT);
  const paid = BigInt(questions.length - 1);
  const given = new Set(questions);
  const yesQuestions = Array.from({ length: questionCount }, (_, at) => at).filter(
    (question) => !given.has(question),
  );
  return {
    noEach: amount,
    cash: pusd(paid * (amount - fee)),
    yesEach: shares(amount - fee),
    yesQuestions,
    feeCash: pusd(paid * fee),
    feeYesEach: shares(fee),
  };
}

/** The holding after a conversion; its cash is beside it. */
export function afterConversion(
  holding: EventHolding,
  conversion: Conversion,
  feeBips: number,
): EventHolding {
  const effect = convert(conversion, holding.length, feeBips);
  const given = new Set(conversion.questions);
  return holding.map(({ yes, no }, question) =>
    given.has(question)
      ? { yes, no: shares(no - effect.noEach) }
      : { yes: shares(yes + effect.yesEach), no },
  );
}

/** The index set of questions as the adapter takes it: bit i for question i. */
export function indexSetOf(questions: readonly number[]): bigint {
  return questions.reduce((bits, question) => bits | (1n << BigInt(question)), 0n);
}

/** The questions of an index set, ascending. */
export function questionsOf(indexSet: bigint): readonly number[] {
  return Array.from({ length: QUESTIONS_MAX }, (_, question) => question).filter(
    (question) => ((indexSet >> BigInt(question)) & 1n) === 1n,
  );
}

export type EventMark = {
  /** Value of the event at its marks, one floor at the end. */
  readonly value: PusdMicros;
  /** Σ of the YES marks as they came, in 10⁻¹⁸: 1 where the market is at one with itself. */
  readonly rawSum: bigint;
};

/**
 * The holding at the YES marks of all questions, normalised to sum 1: C + Σ Y_i × p_i ÷ Σ p. Null
 * where a mark is missing or all are 0: then it is valued token by token, and flagged.
 */
export function valueAtMarks(
  holding: EventHolding,
  marks: readonly (PriceE18 | null)[],
): EventMark | null {
  invariant(marks.length === holding.length, 'an event has one YES mark a question.');
  let rawSum = 0n;
  let weighted = 0n;
  const { cash, yes } = canonicalForm(holding);
  for (const [question, mark] of marks.entries()) {
    if (mark === null) return null;
    rawSum += mark;
    weighted += mark * (yes[question] ?? 0n);
  }
  if (rawSum === 0n) return null;
  return { value: pusd(divideFloor(cash * rawSum + weighted, rawSum)), rawSum };
}

function mostNo(holding: EventHolding): bigint {
  return holding.reduce<bigint>((most, { no }) => (no > most ? no : most), holding[0]?.no ?? 0n);
}

function sumOf(holding: EventHolding, of: (question: QuestionHolding) => bigint): bigint {
  return holding.reduce((sum, question) => sum + of(question), 0n);
}

function questionAt(holding: EventHolding, at: number): QuestionHolding {
  const found = holding[at];
  invariant(found !== undefined, `question ${String(at)} is one of the event's questions.`);
  return found;
}

function requireWallet(wallet: EventHolding): void {
  invariant(
    wallet.every(({ yes, no }) => yes >= 0n && no >= 0n),
    'a wallet holds no token below zero.',
  );
}

/** The adapter's own refusals, which a plan must never meet. */
function requireConvertible(
  questions: readonly number[],
  amount: bigint,
  questionCount: number,
): void {
  invariant(questionCount > 1, 'a conversion needs an event of two questions or more.');
  invariant(questionCount <= QUESTIONS_MAX, 'an event has at most 255 questions.');
  invariant(questions.length > 0, 'a conversion gives NO of one question at least.');
  invariant(
    questions.every((question) => question >= 0 && question < questionCount),
    'every converted question is one of the event.',
  );
  invariant(new Set(questions).size === questions.length, 'a question is converted once.');
  invariant(amount > 0n, 'a conversion moves shares.');
}
