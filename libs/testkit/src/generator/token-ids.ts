/**
 * Ids as the chain makes them, so that whoever derives "is this a negative-risk token" from an id
 * (rule B5) finds the truth: condition ids by ConditionalTokens, token ids over USDC.e for standard
 * markets and over WrappedCollateral for negative-risk ones.
 * This is the generator's own copy of the recipe: test data must not be made by the code under
 * test.
 */

import { keccak256 } from 'ethers';

const FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
const USDC_E = '2791bca1f2de4661ed88a30c99a7a9449aa84174';
const WRAPPED_COLLATERAL = '3a3bd7bb9528e159577f7c2e685cc81a765002e2';
const NEG_RISK_ADAPTER = 'd91e80cf2e7be2e162c6513ced06f1dd0da35296';
const UMA_ADAPTER = '157ce2d672854c848c9b79c49a8cc6cc89176a49';

/** Condition of a standard question: two outcomes, the UMA adapter as oracle. */
export function standardConditionId(questionId: string): string {
  return conditionIdOf(UMA_ADAPTER, questionId);
}

/** Condition of question `index` of a negative-risk market, whose id ends in 00. */
export function negRiskConditionId(negRiskMarketId: string, index: number): string {
  const questionId = negRiskMarketId.slice(0, -2) + index.toString(16).padStart(2, '0');
  return conditionIdOf(NEG_RISK_ADAPTER, questionId);
}

/** Token ids (uint256 as decimal text) of a condition: first outcome (YES), second outcome (NO). */
export function tokenIdsOf(conditionId: string, negRisk: boolean): readonly [string, string] {
  const collateral = negRisk ? WRAPPED_COLLATERAL : USDC_E;
  return [positionIdOf(collateral, conditionId, 1n), positionIdOf(collateral, conditionId, 2n)];
}

function conditionIdOf(oracle: string, questionId: string): string {
  return keccak256(`0x${oracle}${questionId.slice(2)}${word(2n)}`);
}

function positionIdOf(collateral: string, conditionId: string, indexSet: bigint): string {
  const collection = word(collectionIdOf(conditionId, indexSet));
  return BigInt(keccak256(`0x${collateral}${collection}`)).toString();
}

/** The first point of the curve y² = x³ + 3 at or after the hash, with its sign bit folded in. */
function collectionIdOf(conditionId: string, indexSet: bigint): bigint {
  const hash = BigInt(keccak256(`${conditionId}${word(indexSet)}`));
  const odd = hash >> 255n;
  let x = hash % FIELD;
  for (;;) {
    x = (x + 1n) % FIELD;
    const square = (((x * x) % FIELD) * x + 3n) % FIELD;
    const root = power(square, (FIELD + 1n) / 4n);
    if ((root * root) % FIELD !== square) continue;
    const y = (root & 1n) === odd ? root : FIELD - root;
    return (y & 1n) === 1n ? x ^ (1n << 254n) : x;
  }
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let factor = base % FIELD;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * factor) % FIELD;
    factor = (factor * factor) % FIELD;
  }
  return result;
}

function word(value: bigint): string {
  return value.toString(16).padStart(64, '0');
}
