/** The outcome that a token's id proves. A function of its arguments: a replay has its answer. */

import { createTokenProofs, type OutcomeOf } from '@polytraders/domain';
import { keccak_256 } from '@noble/hashes/sha3';

export const outcomeOf: OutcomeOf = createTokenProofs((bytes) => keccak_256(bytes)).outcomeOf;
