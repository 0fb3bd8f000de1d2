/**
 * What a wallet could do with what it holds, as data (rule B11): merge pairs, redeem what has been
 * resolved, convert NO of a negative-risk event. Each plan says which shares it takes, which cash
 * it frees and what it costs; none is worth more than the shares it takes.
 *
 * Only free shares are planned with: what an order has reserved or a fill is about to deliver is
 * somebody else's. The collateral adapter's redemption burns the whole balance of both outcomes, so
 * a redemption is planned for all of it or not at all.
 *
 * What is not here: which of these become jobs, when a job is replaced (next-actions.ts), and the
 * bytes of a call.
 */

import {
  divideFloor,
  invariant,
  pusd,
  type PusdMicros,
  shares,
  type ShareMicros,
} from '@polytraders/money';
import { conversionsOf, convert, indexSetOf, QUESTIONS_MAX } from '../neg-risk.ts';

/** One token of a wallet as the inventory knows it. */
export type HeldToken = {
  readonly tokenId: string;
  /** Shares that no order and no pending fill has a claim on. Negative where facts outran it. */
  readonly free: ShareMicros;
  /** Shares in the wallet: free, reserved and going out. */
  readonly total: ShareMicros;
  /** Why the quantity is not known: reason codes, none where it is. */
  readonly doubts: readonly string[];
};

/** One condition of a unit of planning. */
export type PlanQuestion = {
  readonly conditionId: string;
  /** Place in its negative-risk event; null where it is in none, or not known. */
  readonly questionIndex: number | null;
  /** Tokens by outcome index: YES, NO. */
  readonly held: readonly [HeldToken, HeldToken];
  /** Payout of each outcome; null until the condition is resolved on the chain. */
  readonly numerators: readonly bigint[] | null;
};

/** Everything that is planned together: one condition, or all questions of an event. */
export type PlanUnit = {
  /** Contract that its jobs call, 0x and lower case. */
  readonly contract: string;
  readonly negRisk: {
    readonly marketId: string;
    readonly questionCount: number;
    readonly feeBips: number;
  } | null;
  readonly questions: readonly PlanQuestion[];
};

export type PlanLeg = {
  readonly tokenId: string;
  readonly outcomeIndex: 0 | 1;
  readonly quantity: ShareMicros;
};

export type PlanKind = 'MERGE' | 'CONVERT' | 'REDEEM';

export type Plan = {
  readonly kind: PlanKind;
  /** The condition; null for a conversion, which is of the whole event. */
  readonly conditionId: string | null;
  readonly negRiskMarketId: string | null;
  readonly contract: string;
  /** Of a merge the pairs, of a conversion the shares of each NO, of a redemption all shares. */
  readonly amount: ShareMicros;
  /** Questions whose NO are converted, as bits; 0 for other kinds. */
  readonly indexSet: bigint;
  /** Tokens that it takes. */
  readonly legs: readonly PlanLeg[];
  /** Tokens that it gives: YES of the questions that were not converted. */
  readonly gains: readonly PlanLeg[];
  /** Cash that it frees, after the fee. */
  readonly cash: PusdMicros;
  /** Cash that the event's vault keeps of a conversion; beside it stays `feeYes` of each gain. */
  readonly fee: PusdMicros;
  readonly feeYes: ShareMicros;
  /** The event's fee and number of questions that a conversion was computed with; else 0. */
  readonly feeBips: number;
  readonly questionCount: number;
};

/** Why nothing is planned where there is something to gain. */
export type Withheld = {
  /** Condition, or negative-risk market for a conversion. */
  readonly target: string;
  readonly kind: PlanKind;
  readonly code: string;
};

export type Proposal = { readonly plan: Plan | null; readonly withheld: Withheld | null };

/** Shares of a token that are spoken for by jobs, by token id. */
export type SharesTaken = ReadonlyMap<string, bigint>;

const UINT_MAX = 2n ** 256n - 1n;
const nothing = pusd(0n);
const noShares = shares(0n);
const NOTHING: Proposal = { plan: null, withheld: null };
export const nothingIsTaken: SharesTaken = new Map();

/** The shares are there, but an order or a pending fill has a claim on some of them. */
export const SHARES_NOT_FREE = 'GOV_SETTLEMENT_SHARES_NOT_FREE';
/** More was sold than is known to be held. */
export const OVERSOLD = 'GOV_WALLET_OVERSOLD';
/** The resolution on the chain does not say what two outcomes pay. */
export const PAYOUT_UNREADABLE = 'GOV_SETTLEMENT_PAYOUT_UNREADABLE';

/** Where a plan belongs: one job at a time for each. */
export function targetOf(plan: Plan): string {
  const target = plan.kind === 'CONVERT' ? plan.negRiskMarketId : plan.conditionId;
  invariant(target !== null, 'a plan has the condition or event that it is for.');
  return target;
}

/**
 * What the whole balances redeem for: floor(quantity × numerator ÷ Σ numerators) by outcome, as the
 * contract computes it. 1,000,001 micros of one outcome at [1, 1] pay 500,000; the half micro stays
 * in the contract. Null where the numerators can be no payout of two outcomes, and where a product
 * does not fit in 256 bits: there the contract reverts.
 */
export function redemptionOf(
  quantities: readonly bigint[],
  numerators: readonly bigint[],
): PusdMicros | null {
  const sum = numerators.reduce((running, one) => running + one, 0n);
  if (numerators.length !== quantities.length || numerators.some((one) => one < 0n)) return null;
  if (sum === 0n) return null;
  const isTooLarge = quantities.some(
    (quantity, at) => quantity * (numerators[at] ?? 0n) > UINT_MAX,
  );
  if (isTooLarge) return null;
  const paid = quantities.map((quantity, at) =>
    divideFloor(quantity * (numerators[at] ?? 0n), sum),
  );
  return pusd(paid.reduce((running, one) => running + one, 0n));
}

/** What could be done with one condition by itself: redeem it once resolved, else merge pairs. */
export function proposeFor(
  unit: PlanUnit,
  question: PlanQuestion,
  taken: SharesTaken = nothingIsTaken,
): Proposal {
  return question.numerators === null
    ? proposeMerge(unit, question, taken)
    : proposeRedemption(unit, question, question.numerators, taken);
}

/**
 * The conversion that frees most cash at once (ties: the larger set first, as `conversionsOf` lists
 * them). Questions that are resolved, doubtful or without a place in the event are left out.
 */
export function proposeConversion(unit: PlanUnit, taken: SharesTaken = nothingIsTaken): Proposal {
  const { negRisk } = unit;
  if (negRisk === null || negRisk.questionCount < 2) return NOTHING;
  if (negRisk.questionCount > QUESTIONS_MAX) return NOTHING;
  const all = noByQuestion(unit, negRisk.questionCount, taken, () => true);
  const certain = noByQuestion(unit, negRisk.questionCount, taken, isCertain);
  const plan = bestConversion(unit, certain);
  const doubt = unit.questions.flatMap(({ held }) => held[1].doubts)[0];
  if (plan !== null || doubt === undefined || bestConversion(unit, all) === null)
    return { plan, withheld: null };
  return { plan, withheld: { target: negRisk.marketId, kind: 'CONVERT', code: doubt } };
}

/** Free shares of a token less those that jobs are to take; none where it is overdrawn. */
export function availableOf({ tokenId, free }: HeldToken, taken: SharesTaken): ShareMicros {
  const left = free - (taken.get(tokenId) ?? 0n);
  return left < 0n ? noShares : shares(left);
}

/** What a plan takes, added to what is taken already. */
export function withSharesTaken(taken: SharesTaken, { legs }: Plan): SharesTaken {
  const after = new Map(taken);
  for (const leg of legs) after.set(leg.tokenId, (after.get(leg.tokenId) ?? 0n) + leg.quantity);
  return after;
}

/** Whether two plans do the same with the same shares. */
export function isSamePlan(one: Plan, other: Plan): boolean {
  return fingerprintOf(one) === fingerprintOf(other);
}

/** What a plan does, as one line: kind, target, shares that it takes, cash that it frees, terms. */
export function fingerprintOf(plan: Plan): string {
  const legs = plan.legs.map(({ tokenId, quantity }) => `${tokenId}:${String(quantity)}`);
  const terms = [plan.cash, plan.feeBips, plan.questionCount].map(String);
  return [plan.kind, targetOf(plan), plan.contract, ...legs, ...terms].join('|');
}

function proposeMerge(unit: PlanUnit, question: PlanQuestion, taken: SharesTaken): Proposal {
  const [yes, no] = question.held;
  const one = availableOf(yes, taken);
  const other = availableOf(no, taken);
  const amount = one < other ? one : other;
  if (amount === 0n) return NOTHING;
  const doubt = [...yes.doubts, ...no.doubts][0];
  if (doubt !== undefined) return withheld(question, 'MERGE', doubt);
  const plan: Plan = {
    ...planOf('MERGE', unit, question),
    amount,
    legs: [leg(yes, 0, amount), leg(no, 1, amount)],
    cash: pusd(amount),
  };
  return { plan, withheld: null };
}

/** All shares of both outcomes: the adapter burns no less, so nobody else may want one of them. */
function proposeRedemption(
  unit: PlanUnit,
  question: PlanQuestion,
  numerators: readonly bigint[],
  taken: SharesTaken,
): Proposal {
  const [yes, no] = question.held;
  if (yes.total <= 0n && no.total <= 0n) return NOTHING;
  const quantities = [yes.total, no.total].map((total) => (total < 0n ? 0n : total));
  const cash = redemptionOf(quantities, numerators);
  if (cash === null) return withheld(question, 'REDEEM', PAYOUT_UNREADABLE);
  if (cash === 0n) return NOTHING;
  const doubt = [...yes.doubts, ...no.doubts][0];
  if (doubt !== undefined) return withheld(question, 'REDEEM', doubt);
  if (yes.total < 0n || no.total < 0n) return withheld(question, 'REDEEM', OVERSOLD);
  const isWanted = [yes, no].some(
    ({ tokenId, free, total }) => free !== total || (taken.get(tokenId) ?? 0n) > 0n,
  );
  if (isWanted) return withheld(question, 'REDEEM', SHARES_NOT_FREE);
  const plan: Plan = {
    ...planOf('REDEEM', unit, question),
    amount: shares(yes.total + no.total),
    legs: [leg(yes, 0, yes.total), leg(no, 1, no.total)].filter(({ quantity }) => quantity > 0n),
    cash,
  };
  return { plan, withheld: null };
}

function bestConversion(unit: PlanUnit, no: readonly ShareMicros[]): Plan | null {
  const { negRisk } = unit;
  if (negRisk === null) return null;
  const { marketId, questionCount, feeBips } = negRisk;
  let best: Plan | null = null;
  for (const conversion of conversionsOf(no)) {
    const effect = convert(conversion, questionCount, feeBips);
    if (effect.cash === 0n || effect.cash <= (best?.cash ?? nothing)) continue;
    best = {
      kind: 'CONVERT',
      conditionId: null,
      negRiskMarketId: marketId,
      contract: unit.contract,
      amount: conversion.amount,
      indexSet: indexSetOf(conversion.questions),
      legs: legsOf(unit, conversion.questions, 1, conversion.amount),
      gains: legsOf(unit, effect.yesQuestions, 0, effect.yesEach),
      cash: effect.cash,
      fee: effect.feeCash,
      feeYes: effect.feeYesEach,
      feeBips,
      questionCount,
    };
  }
  return best;
}

/** NO that may be converted, by question index. */
function noByQuestion(
  { questions }: PlanUnit,
  questionCount: number,
  taken: SharesTaken,
  counts: (question: PlanQuestion) => boolean,
): readonly ShareMicros[] {
  const no = Array.from({ length: questionCount }, () => noShares);
  for (const question of questions) {
    const at = question.questionIndex;
    if (at === null || at < 0 || at >= questionCount || question.numerators !== null) continue;
    // Two conditions in one place are a contradiction: neither is converted.
    const isAlone = questions.filter(({ questionIndex }) => questionIndex === at).length === 1;
    if (isAlone && counts(question)) no[at] = availableOf(question.held[1], taken);
  }
  return no;
}

function isCertain({ held }: PlanQuestion): boolean {
  return held[1].doubts.length === 0;
}

/** A leg for each question that is defined; what a question without tokens gives is not listed. */
function legsOf(
  { questions }: PlanUnit,
  wanted: readonly number[],
  outcome: 0 | 1,
  quantity: ShareMicros,
): readonly PlanLeg[] {
  if (quantity === 0n) return [];
  return wanted.flatMap((at) => {
    const found = questions.find(({ questionIndex }) => questionIndex === at);
    return found === undefined ? [] : [leg(found.held[outcome], outcome, quantity)];
  });
}

function planOf(
  kind: PlanKind,
  { negRisk, contract }: PlanUnit,
  { conditionId }: PlanQuestion,
): Omit<Plan, 'amount' | 'legs' | 'cash'> {
  const negRiskMarketId = negRisk?.marketId ?? null;
  const none = {
    indexSet: 0n,
    gains: [],
    fee: nothing,
    feeYes: noShares,
    feeBips: 0,
    questionCount: 0,
  };
  return { kind, conditionId, negRiskMarketId, contract, ...none };
}

function leg({ tokenId }: HeldToken, outcomeIndex: 0 | 1, quantity: ShareMicros): PlanLeg {
  return { tokenId, outcomeIndex, quantity };
}

function withheld({ conditionId }: PlanQuestion, kind: PlanKind, code: string): Proposal {
  return { plan: null, withheld: { target: conditionId, kind, code } };
}
