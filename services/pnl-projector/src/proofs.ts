/** What token ids prove. A function of its arguments: a replay has the same answer. */

import { createTokenProofs, type TokenProofs } from '@polytraders/domain';
import { keccak_256 } from '@noble/hashes/sha3';

/** The outcome that a token's id proves; null where it proves none. */
export const provenOutcome: TokenProofs['outcomeOf'] = createTokenProofs((bytes) =>
  keccak_256(bytes),
).outcomeOf;
