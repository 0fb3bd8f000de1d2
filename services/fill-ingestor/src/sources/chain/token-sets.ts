/**
 * Which tokens belong to a condition, and which conditions to a negative-risk event. Derived from
 * the ids alone (venue reference 2.1 and 2.2); a derivation takes a millisecond, so answers are
 * kept.
 */

import { type Keccak256, tokenIds } from '@polytraders/domain';
import { getBytes, keccak256 as keccakOfHex, solidityPackedKeccak256, toBeHex } from 'ethers';

/** Token ids by outcome index: YES, NO. */
export type TokenPair = readonly [yes: string, no: string];

const KEPT_MAX = 20_000;
const pairs = new Map<string, TokenPair>();

export const keccak256: Keccak256 = (bytes) => getBytes(keccakOfHex(bytes));

/** The tokens of a condition under a collateral (0x and 40 hex digits). */
export function tokensOfCondition(conditionId: string, collateral: string): TokenPair {
  const key = `${collateral}|${conditionId}`;
  const known = pairs.get(key);
  if (known !== undefined) return known;
  const pair = tokenIds(keccak256, collateral, conditionId);
  if (pairs.size >= KEPT_MAX) pairs.clear();
  pairs.set(key, pair);
  return pair;
}

/** The condition of question `index` of an event: NegRiskAdapter is its oracle. */
export function conditionOfQuestion(adapter: string, marketId: string, index: number): string {
  const questionId = toBeHex(BigInt(marketId) | BigInt(index), 32);
  return solidityPackedKeccak256(
    ['address', 'bytes32', 'uint256'],
    [adapter, questionId, 2n],
  ).toLowerCase();
}
