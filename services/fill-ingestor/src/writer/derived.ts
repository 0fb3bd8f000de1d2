/**
 * What the id of a token proves: which outcome of its condition it is, and under which collateral.
 * Derivation costs a millisecond, so answers are kept; they never change.
 */

import { PUSD, tokenIds, USDC_E, WRAPPED_COLLATERAL } from '@polytraders/domain';
import { getBytes, keccak256 } from 'ethers';

/** [outcome 0, outcome 1] */
export type TokenPair = readonly [string, string];

export type DerivedTokens = {
  readonly standard: TokenPair;
  readonly negRisk: TokenPair;
  readonly pusd: TokenPair;
};

const BYTES32 = /^0x[0-9a-f]{64}$/;
const KEPT_MAX = 20_000;
const kept = new Map<string, DerivedTokens>();

/** The tokens of a condition under each collateral; null where it is no condition of the chain. */
export function derivedTokens(conditionId: string): DerivedTokens | null {
  if (!BYTES32.test(conditionId)) return null;
  const known = kept.get(conditionId);
  if (known !== undefined) return known;
  const pair = (collateral: string): TokenPair =>
    tokenIds((bytes) => getBytes(keccak256(bytes)), collateral, conditionId);
  const derived = {
    standard: pair(USDC_E),
    negRisk: pair(WRAPPED_COLLATERAL),
    pusd: pair(PUSD),
  };
  if (kept.size >= KEPT_MAX) kept.clear();
  kept.set(conditionId, derived);
  return derived;
}

/** All tokens that can be of a condition. */
export function possibleTokens(conditionId: string): readonly string[] {
  const derived = derivedTokens(conditionId);
  return derived === null ? [] : [...derived.standard, ...derived.negRisk, ...derived.pusd];
}
