/**
 * Which outcome of its condition a token is: one rule for all who ask (B5, B11). A token's id is
 * computed from its condition, outcome and collateral, so where it fits it proves all three, and
 * what is told of it can only agree or be wrong. Made-up ids prove nothing: there a definition, or
 * a leg that names the outcome, is believed.
 *
 * A condition costs about a millisecond, so its tokens are kept; they never change.
 */

import { type Keccak256, PUSD, tokenIds, USDC_E, WRAPPED_COLLATERAL } from './token-id.ts';

/** The collateral that a token's id was made with. */
export type Collateral = 'USDC_E' | 'WRAPPED' | 'PUSD';

export type TokenPair = {
  readonly collateral: Collateral;
  /** Outcomes 0 and 1: YES and NO. */
  readonly tokens: readonly [string, string];
};

export type TokenProofs = {
  /** The tokens of a condition under each collateral; none of what is no condition of the chain. */
  readonly pairsOf: (conditionId: string) => readonly TokenPair[];
  /** The pair that a token is one of; null where its id is none of this condition's. */
  readonly pairOf: (conditionId: string, tokenId: string) => TokenPair | null;
  /** The outcome that a token's id proves; null where it proves none. */
  readonly outcomeOf: (conditionId: string, tokenId: string) => 0 | 1 | null;
};

const CONDITIONS_REMEMBERED_MAX = 20_000;
const COLLATERALS = [
  ['USDC_E', USDC_E],
  ['WRAPPED', WRAPPED_COLLATERAL],
  ['PUSD', PUSD],
] as const;
const none: readonly TokenPair[] = [];

/** Proofs by one keccak256, with what was computed before. */
export function createTokenProofs(keccak256: Keccak256): TokenProofs {
  const remembered = new Map<string, readonly TokenPair[]>();

  function pairsOf(conditionId: string): readonly TokenPair[] {
    const known = remembered.get(conditionId);
    if (known !== undefined) return known;
    if (!/^0x[0-9a-f]{64}$/.test(conditionId)) return none;
    const pairs = COLLATERALS.map(([collateral, address]): TokenPair => {
      return { collateral, tokens: tokenIds(keccak256, address, conditionId) };
    });
    if (remembered.size >= CONDITIONS_REMEMBERED_MAX) remembered.clear();
    remembered.set(conditionId, pairs);
    return pairs;
  }

  function pairOf(conditionId: string, tokenId: string): TokenPair | null {
    return pairsOf(conditionId).find(({ tokens }) => tokens.includes(tokenId)) ?? null;
  }

  function outcomeOf(conditionId: string, tokenId: string): 0 | 1 | null {
    const pair = pairOf(conditionId, tokenId);
    if (pair === null) return null;
    return pair.tokens[0] === tokenId ? 0 : 1;
  }

  return { pairsOf, pairOf, outcomeOf };
}

export type OutcomeVerdict = {
  /** Null where neither the id nor anybody says it. */
  readonly outcome: number | null;
  /** What was told contradicts the id: WARN `GOV_OUTCOME_MISMATCH`. */
  readonly isContradicted: boolean;
};

/**
 * The outcome that the id proves wins over the one that is told.
 * A definition that names [NO, YES], and 100 YES: outcome 0, contradicted.
 */
export function judgeOutcome(proven: 0 | 1 | null, told: number | null): OutcomeVerdict {
  const isContradicted = proven !== null && told !== null && proven !== told;
  return { outcome: proven ?? told, isContradicted };
}
