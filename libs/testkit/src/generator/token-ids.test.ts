import { expect, test } from '@jest/globals';
import { negRiskConditionId, standardConditionId, tokenIdsOf } from './token-ids.ts';

// Vectors computed with the published bytecode on a local chain.
test('token ids of a standard market stand on USDC.e', () => {
  const condition = '0xfc690d5069b296bb9278af0cba42c02666e0999e4a4009ed97ea4a885f045457';
  expect(tokenIdsOf(condition, false)).toEqual([
    '73716170047628147940237270507900673332129573201293655532643868111690843426372',
    '2890213445014127424511466931609154310536269586265875141655148162320150952197',
  ]);
});

test('ids of a negative-risk question follow from its market and number', () => {
  const market = '0xcc4727a6394620b9c8ae82db3db50a34d5ca9828675547bcc4cddf5e86b63000';
  const condition = negRiskConditionId(market, 7);
  expect(condition).toBe('0x332a94e571f787be90c3db5bd66e00c471a556371786b4622912c90edb46c044');
  expect(tokenIdsOf(condition, true)).toEqual([
    '96833685517457790753237027711749956491556223430098771101130535462280443103710',
    '112683192116716745370273337699109698649408967993699289993927321945615517688893',
  ]);
});

test('another question gives another condition', () => {
  const one = standardConditionId(`0x${'11'.repeat(32)}`);
  const other = standardConditionId(`0x${'12'.repeat(32)}`);
  expect(one).not.toBe(other);
  expect(one).toMatch(/^0x[0-9a-f]{64}$/);
});
