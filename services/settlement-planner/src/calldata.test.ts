import { describe, expect, test } from '@jest/globals';
import { USDC_E } from '@polytraders/domain';
import { type CallTarget, callTargetOf, CUTOVER, derivedPair, PUSD_FROM } from './call-targets.ts';
import { type Call, calldataOf } from './calldata.ts';

const CONDITION = '0x182390641d3b1b47cc64274b9da290efd04221c586651ba190880713da6347d9';
const MARKET = '0xcc4727a6394620b9c8ae82db3db50a34d5ca9828675547bcc4cddf5e86b63000';
const PUSD_WORD = '000000000000000000000000c011a7e12a19f7b1f670d46f03b03f3342e82dfb';
const USDC_WORD = '0000000000000000000000002791bca1f2de4661ed88a30c99a7a9449aa84174';
const ZERO = '0'.repeat(64);
const CONDITION_WORD = CONDITION.slice(2);

/** A word of calldata: 32 bytes of a whole number. */
const word = (value: bigint): string => value.toString(16).padStart(64, '0');
const PARTITION = [word(2n), word(1n), word(2n)];

const adapter = target('COLLATERAL_ADAPTER', '0xc011a7e12a19f7b1f670d46f03b03f3342e82dfb');
const tokens = target('CONDITIONAL_TOKENS', USDC_E);
const negRisk = target('NEG_RISK_ADAPTER', USDC_E);

function target(protocol: CallTarget['protocol'], collateral: string): CallTarget {
  return { protocol, contract: '0x01', collateral };
}

/** Each vector is written out by hand from the ABI: selector, then words. */
const vectors: readonly (readonly [string, CallTarget, Call, readonly string[]])[] = [
  [
    'split on ConditionalTokens: 0x72ce4275',
    tokens,
    { kind: 'SPLIT', conditionId: CONDITION, amount: 2_083_332n },
    ['72ce4275', USDC_WORD, ZERO, CONDITION_WORD, word(160n), word(2_083_332n), ...PARTITION],
  ],
  [
    'merge on a collateral adapter: 0x9e7212ad',
    adapter,
    { kind: 'MERGE', conditionId: CONDITION, amount: 500_000n },
    ['9e7212ad', PUSD_WORD, ZERO, CONDITION_WORD, word(160n), word(500_000n), ...PARTITION],
  ],
  [
    'redeem on a collateral adapter, which takes no amounts: 0x01b7037c',
    adapter,
    { kind: 'REDEEM', conditionId: CONDITION, amounts: [7n, 8n] },
    ['01b7037c', PUSD_WORD, ZERO, CONDITION_WORD, word(128n), ...PARTITION],
  ],
  [
    'split on NegRiskAdapter: 0xa3d7da1d',
    negRisk,
    { kind: 'SPLIT', conditionId: CONDITION, amount: 1n },
    ['a3d7da1d', CONDITION_WORD, word(1n)],
  ],
  [
    'merge on NegRiskAdapter: 0xb10c5c17',
    negRisk,
    { kind: 'MERGE', conditionId: CONDITION, amount: 1n },
    ['b10c5c17', CONDITION_WORD, word(1n)],
  ],
  [
    'redeem on NegRiskAdapter, which takes uint256[]: 0xdbeccb23, not 0x1d872dba',
    negRisk,
    { kind: 'REDEEM', conditionId: CONDITION, amounts: [7n, 0n] },
    ['dbeccb23', CONDITION_WORD, word(64n), word(2n), word(7n), word(0n)],
  ],
  [
    'convert on the neg-risk collateral adapter: 0xc64748c4',
    adapter,
    { kind: 'CONVERT', marketId: MARKET, indexSet: 15n, amount: 2_422_236_900n },
    ['c64748c4', MARKET.slice(2), word(15n), word(2_422_236_900n)],
  ],
];

describe('calldata is what the contracts expect, byte for byte', () => {
  test.each(vectors)('%s', (_, to, call, words) => {
    expect(calldataOf(to, call)).toBe(`0x${words.join('')}`);
  });

  test('the neg-risk adapter before pUSD converts with the same call', () => {
    const call: Call = { kind: 'CONVERT', marketId: MARKET, indexSet: 3n, amount: 9n };
    expect(calldataOf(negRisk, call)).toBe(calldataOf(adapter, call));
  });

  test('ConditionalTokens converts nothing', () => {
    const call: Call = { kind: 'CONVERT', marketId: MARKET, indexSet: 3n, amount: 9n };
    expect(() => calldataOf(tokens, call)).toThrow('only neg-risk contracts convert');
  });
});

describe('which contract is called', () => {
  const NOW = CUTOVER + 1;
  test.each([
    ['USDC_E', NOW, 'COLLATERAL_ADAPTER', '0xada100db00ca00073811820692005400218fce1f'],
    ['WRAPPED', NOW, 'COLLATERAL_ADAPTER', '0xada2005600dec949baf300f4c6120000bdb6eaab'],
    ['PUSD', NOW, 'CONDITIONAL_TOKENS', '0x4d97dcd97ec945f40cf65f87097ace5ea0476045'],
    ['USDC_E', PUSD_FROM, 'COLLATERAL_ADAPTER', '0xada100874d00e3331d00f2007a9c336a65009718'],
    ['WRAPPED', CUTOVER - 1, 'COLLATERAL_ADAPTER', '0xada200001000ef00d07553cee7006808f895c6f1'],
    ['USDC_E', PUSD_FROM - 1, 'CONDITIONAL_TOKENS', '0x4d97dcd97ec945f40cf65f87097ace5ea0476045'],
    ['WRAPPED', PUSD_FROM - 1, 'NEG_RISK_ADAPTER', '0xd91e80cf2e7be2e162c6513ced06f1dd0da35296'],
  ] as const)('for tokens of %s at %d: %s %s', (collateral, at, protocol, contract) => {
    expect(callTargetOf(collateral, at)).toMatchObject({ protocol, contract });
  });

  test('before pUSD there were no tokens of pUSD, and nothing to call for them', () => {
    expect(callTargetOf('PUSD', PUSD_FROM - 1)).toBeNull();
  });

  test('a parameter replaces an address', () => {
    const replaced = { ctf_collateral_adapter: `0x${'ab'.repeat(20)}` };
    expect(callTargetOf('USDC_E', NOW, replaced)?.contract).toBe(`0x${'ab'.repeat(20)}`);
  });
});

describe('the kind of market is read from the ids of its tokens', () => {
  test.each([
    [
      CONDITION,
      '45763018441764333771124945243746174684578244015331389396782339063349542289693',
      'USDC_E',
      '102936224134271070189104847090829839924697394514566827387181305960175107677216',
    ],
    [
      '0x332a94e571f787be90c3db5bd66e00c471a556371786b4622912c90edb46c044',
      '96833685517457790753237027711749956491556223430098771101130535462280443103710',
      'WRAPPED',
      '96833685517457790753237027711749956491556223430098771101130535462280443103710',
    ],
  ])('%s', (condition, token, collateral, yes) => {
    const pair = derivedPair(condition, token);
    expect([pair?.collateral, pair?.tokens[0]]).toEqual([collateral, yes]);
    expect(pair?.tokens).toContain(token);
  });

  test('an id of another condition, and a condition that is none, prove nothing', () => {
    expect(derivedPair(CONDITION, '1')).toBeNull();
    expect(derivedPair('0x12', '1')).toBeNull();
  });
});
