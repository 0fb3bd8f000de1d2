/** Units of planning for tests: whole shares in, micros out. */

import { shares } from '@polytraders/money';
import { type HeldToken, type PlanQuestion, type PlanUnit } from './plan.ts';

export const MARKET = '0xevent00';
export const ADAPTER = '0xada1';

export const units = (whole: number): bigint => BigInt(whole) * 1_000_000n;

/** A token of which everything is free, unless said otherwise. */
export function token(tokenId: string, whole: number, said: Partial<HeldToken> = {}): HeldToken {
  const total = shares(units(whole));
  return { tokenId, free: total, total, doubts: [], ...said };
}

/** A condition `0xc<n>` with tokens `y<n>` and `n<n>`. */
export function question(
  at: number,
  yes: number,
  no: number,
  said: Partial<PlanQuestion> = {},
): PlanQuestion {
  return {
    conditionId: `0xc${String(at)}`,
    questionIndex: null,
    held: [token(`y${String(at)}`, yes), token(`n${String(at)}`, no)],
    numerators: null,
    ...said,
  };
}

/** A plain market. */
export function plain(yes: number, no: number, said: Partial<PlanQuestion> = {}): PlanUnit {
  return { contract: ADAPTER, negRisk: null, questions: [question(0, yes, no, said)] };
}

/** An event of as many questions as are given, [yes, no] each. */
export function event(
  held: readonly (readonly [yes: number, no: number])[],
  feeBips = 0,
): PlanUnit {
  return {
    contract: ADAPTER,
    negRisk: { marketId: MARKET, questionCount: held.length, feeBips },
    questions: held.map(([yes, no], at) => question(at, yes, no, { questionIndex: at })),
  };
}

/** An event in which only NO are held, by question. */
export function nos(no: readonly number[], feeBips = 0): PlanUnit {
  return event(
    no.map((held) => [0, held] as const),
    feeBips,
  );
}
