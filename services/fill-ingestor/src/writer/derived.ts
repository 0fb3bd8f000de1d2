/** What the ids of tokens prove: which outcome of their condition, and under which collateral. */

import { type MarketDefinition } from '@polytraders/contracts';
import { type Collateral, createTokenProofs } from '@polytraders/domain';
import { getBytes, keccak256 } from 'ethers';

/** [outcome 0, outcome 1] */
export type TokenPair = readonly [string, string];

export const proofs = createTokenProofs((bytes) => getBytes(keccak256(bytes)));

/** The tokens of a condition under a collateral; null where it is no condition of the chain. */
export function derivedPair(conditionId: string, collateral: Collateral): TokenPair | null {
  const found = proofs.pairsOf(conditionId).find((pair) => pair.collateral === collateral);
  return found?.tokens ?? null;
}

type Question = MarketDefinition['questions'][number];

/** A question with its YES and NO as their ids prove them, whichever way round it was defined. */
export function asProven(question: Question): Question {
  const { condition_id: condition, yes_token_id: yes, no_token_id: no } = question;
  const tokens = proofs.pairOf(condition, yes)?.tokens;
  const isTurned = tokens?.[0] === no && tokens[1] === yes;
  return isTurned ? { ...question, yes_token_id: no, no_token_id: yes } : question;
}

/** All tokens that can be of a condition. */
export function possibleTokens(conditionId: string): readonly string[] {
  return proofs.pairsOf(conditionId).flatMap(({ tokens }) => tokens);
}
