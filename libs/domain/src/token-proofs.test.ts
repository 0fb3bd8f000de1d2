import { describe, expect, test } from '@jest/globals';
import { keccak256 } from 'ethers';
import { type Keccak256, PUSD, tokenIds, USDC_E, WRAPPED_COLLATERAL } from './token-id.ts';
import { createTokenProofs, judgeOutcome } from './token-proofs.ts';

const CONDITION = '0xfc690d5069b296bb9278af0cba42c02666e0999e4a4009ed97ea4a885f045457';

let asked = 0;
const keccak: Keccak256 = (bytes) => {
  asked += 1;
  return Uint8Array.from(Buffer.from(keccak256(bytes).slice(2), 'hex'));
};

describe('a token id proves its outcome', () => {
  const proofs = createTokenProofs(keccak);

  test.each([
    ['USDC_E', USDC_E],
    ['WRAPPED', WRAPPED_COLLATERAL],
    ['PUSD', PUSD],
  ] as const)('under %s: YES is outcome 0, NO is outcome 1', (collateral, address) => {
    const tokens = tokenIds(keccak, address, CONDITION);
    expect(tokens.map((token) => proofs.outcomeOf(CONDITION, token))).toEqual([0, 1]);
    expect(proofs.pairOf(CONDITION, tokens[1])).toEqual({ collateral, tokens });
  });

  test('an id, or a condition, that was made up proves none', () => {
    expect(proofs.outcomeOf(CONDITION, '102')).toBeNull();
    expect(proofs.outcomeOf('0xc0', '102')).toBeNull();
    expect(proofs.pairsOf('market:1')).toEqual([]);
  });

  test('a condition is computed once, whatever is asked of it', () => {
    const before = asked;
    proofs.outcomeOf(CONDITION, '1');
    proofs.pairOf(CONDITION, '2');
    expect(asked).toBe(before);
  });
});

describe('what the id proves wins over what is told', () => {
  test.each([
    [0, 1, { outcome: 0, isContradicted: true }],
    [1, 1, { outcome: 1, isContradicted: false }],
    [1, null, { outcome: 1, isContradicted: false }],
    [null, 1, { outcome: 1, isContradicted: false }],
    [null, null, { outcome: null, isContradicted: false }],
  ] as const)('proven %s, told %s', (proven, told, verdict) => {
    expect(judgeOutcome(proven, told)).toEqual(verdict);
  });
});
