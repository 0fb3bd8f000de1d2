/**
 * Which outcome of its condition a token is. A market's definition says so; where there is none,
 * the id itself does, since it is computed from the condition, the outcome and the collateral.
 */

import { type Keccak256, PUSD, tokenIds, USDC_E, WRAPPED_COLLATERAL } from '../token-id.ts';

/** The outcome index, or null where the id fits no collateral of the venue. */
export function outcomeOfToken(
  keccak256: Keccak256,
  conditionId: string,
  tokenId: string,
): 0 | 1 | null {
  for (const collateral of [WRAPPED_COLLATERAL, USDC_E, PUSD]) {
    const [yes, no] = tokenIds(keccak256, collateral, conditionId);
    if (tokenId === yes) return 0;
    if (tokenId === no) return 1;
  }
  return null;
}
