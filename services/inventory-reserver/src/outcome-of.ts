/** The outcome that a token's id proves. A function of its arguments: a replay has its answer. */

import { outcomeOfToken, type OutcomeOf } from '@polytraders/domain';
import { keccak_256 } from '@noble/hashes/sha3';

/** Null for a condition that is not of the chain: a file without one has made it up. */
export const outcomeOf: OutcomeOf = (conditionId, token) =>
  /^0x[0-9a-f]{64}$/.test(conditionId)
    ? outcomeOfToken((bytes) => keccak_256(bytes), conditionId, token)
    : null;
