/** What token ids prove. A function of its arguments: a replay has the same answer. */

import { createTokenProofs, type TokenProofs } from '@polytraders/domain';
import { keccak_256 } from '@noble/hashes/sha3';

const proofs = createTokenProofs((bytes) => keccak_256(bytes));

/** The outcome that a token's id proves; null where it proves none. */
export const provenOutcome: TokenProofs['outcomeOf'] = proofs.outcomeOf;

/** Whether a token is of a negative-risk market, by its id (B5); null where that proves neither. */
export function provenNegRisk(conditionId: string | null, tokenId: string): boolean | null {
  const pair = conditionId === null ? null : proofs.pairOf(conditionId, tokenId);
  return pair === null ? null : pair.collateral === 'WRAPPED';
}
