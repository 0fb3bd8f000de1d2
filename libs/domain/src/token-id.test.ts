import { describe, expect, test } from '@jest/globals';
import { keccak256 } from 'ethers';
import {
  collectionId,
  deriveNegRisk,
  judgeNegRisk,
  type Keccak256,
  PUSD,
  tokenIds,
  USDC_E,
  WRAPPED_COLLATERAL,
} from './token-id.ts';

const keccak: Keccak256 = (bytes) => Uint8Array.from(Buffer.from(keccak256(bytes).slice(2), 'hex'));
const standard = '0xfc690d5069b296bb9278af0cba42c02666e0999e4a4009ed97ea4a885f045457';
const negRisk = '0xbf5ba08b3a0c4dd741f00759282e38e9bfa9ad59aa623ed13d26a8786c1e5afc';

describe('token ids (published vectors)', () => {
  test('a collection id is the point of the curve', () => {
    expect(collectionId(keccak, standard, 1n).toString(16)).toBe(
      '6e569c22116a7d4e3eb10459813daae894f1c237fad652ae3e04da2783725d89',
    );
  });

  test.each([
    [
      standard,
      USDC_E,
      '73716170047628147940237270507900673332129573201293655532643868111690843426372',
      '2890213445014127424511466931609154310536269586265875141655148162320150952197',
    ],
    [
      '0x182390641d3b1b47cc64274b9da290efd04221c586651ba190880713da6347d9',
      USDC_E,
      '102936224134271070189104847090829839924697394514566827387181305960175107677216',
      '45763018441764333771124945243746174684578244015331389396782339063349542289693',
    ],
    [
      negRisk,
      WRAPPED_COLLATERAL,
      '84121562275746951169805992721206824933074826856805500029198362509460400440947',
      '6492254133524731704185750998715576231739345323060925006131340263114065023619',
    ],
    [
      '0x332a94e571f787be90c3db5bd66e00c471a556371786b4622912c90edb46c044',
      WRAPPED_COLLATERAL,
      '96833685517457790753237027711749956491556223430098771101130535462280443103710',
      '112683192116716745370273337699109698649408967993699289993927321945615517688893',
    ],
  ])('condition %s under %s', (condition, collateral, yes, no) => {
    expect(tokenIds(keccak, collateral, condition)).toEqual([yes, no]);
  });
});

describe('negative risk is derived from the id (B5)', () => {
  const [, no] = tokenIds(keccak, WRAPPED_COLLATERAL, negRisk);
  const [yes] = tokenIds(keccak, USDC_E, standard);

  test('WrappedCollateral proves it, USDC.e disproves it, anything else is unknown', () => {
    expect(deriveNegRisk(keccak, negRisk, no)).toBe('neg_risk');
    expect(deriveNegRisk(keccak, standard, yes)).toBe('standard');
    expect(deriveNegRisk(keccak, negRisk, yes)).toBe('unknown');
  });

  test('a token minted against pUSD is standard, YES and NO alike', () => {
    for (const token of tokenIds(keccak, PUSD, negRisk))
      expect(deriveNegRisk(keccak, negRisk, token)).toBe('standard');
  });

  test.each([
    ['neg_risk', true],
    ['standard', false],
  ] as const)('nobody saying anything about a %s token contradicts nothing', (kind, is) => {
    expect(judgeNegRisk(kind, null)).toEqual({ negRisk: is, source: 'DERIVED', mismatch: false });
    expect(judgeNegRisk(kind, is).mismatch).toBe(false);
    expect(judgeNegRisk(kind, !is)).toEqual({ negRisk: is, source: 'DERIVED', mismatch: true });
  });

  test('the derived kind wins over the flag given, and the contradiction is said', () => {
    expect(judgeNegRisk('neg_risk', false)).toEqual({
      negRisk: true,
      source: 'DERIVED',
      mismatch: true,
    });
    expect(judgeNegRisk('standard', false)).toEqual({
      negRisk: false,
      source: 'DERIVED',
      mismatch: false,
    });
    expect(judgeNegRisk('unknown', true)).toEqual({
      negRisk: true,
      source: 'GIVEN',
      mismatch: false,
    });
    expect(judgeNegRisk('unknown', null)).toEqual({
      negRisk: null,
      source: 'NONE',
      mismatch: false,
    });
  });
});
