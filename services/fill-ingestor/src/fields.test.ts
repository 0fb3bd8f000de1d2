import { describe, expect, test } from '@jest/globals';
import { type Fields, MATCH, TERMS } from '../test/inputs.ts';
import { normalize } from './normalize.ts';

describe('one token, condition or hash has one text', () => {
  const odd: readonly (readonly [string, Fields, string])[] = [
    [
      'a token in hexadecimal, which would be a second book of 9200',
      { token_id: '0x23f0' },
      'Expected token_id in decimal digits without leading zeros, below 2²⁵⁶; found "0x23f0".',
    ],
    [
      'a token with leading zeros',
      { token_id: '09200' },
      'Expected token_id in decimal digits without leading zeros, below 2²⁵⁶; found "09200".',
    ],
    [
      'a token beyond 256 bits',
      { token_id: String(1n << 256n) },
      'Expected token_id in decimal digits without leading zeros, below 2²⁵⁶; found',
    ],
    [
      'a condition that is no hash',
      { condition_id: 'hello' },
      'Expected condition_id as 0x and 64 hex digits; found "hello".',
    ],
    [
      'a hash that is cut',
      { order_hash: '0x33' },
      'Expected order_hash as 0x and 64 hex digits; found "0x33".',
    ],
    [
      'an id made of the columns of a file',
      { token_id: `file:${'ab'.repeat(20)}:Up` },
      'Expected token_id in decimal digits without leading zeros, below 2²⁵⁶; found',
    ],
  ];

  test.each(odd)('%s is refused', (_claim, change, sentence) => {
    const draft = normalize({ format: 'execution', fields: { ...MATCH, ...change }, terms: null });
    if (draft.kind !== 'refusal') throw new Error(`Expected a refusal; found a ${draft.kind}.`);
    expect(draft.reason).toBe('INVALID_INPUT');
    expect(draft.because).toContain(sentence);
  });

  test('hashes are taken in lower case', () => {
    const upper = `0x${'AB'.repeat(32)}`;
    const fields = { ...MATCH, condition_id: upper, tx_hash: upper, order_hash: upper };
    expect(normalize({ format: 'execution', fields, terms: null })).toMatchObject({
      conditionId: upper.toLowerCase(),
      txHash: upper.toLowerCase(),
      orderHash: upper.toLowerCase(),
    });
  });

  test('a report in a file may name what an import made of columns', () => {
    const made = `file:${'ab'.repeat(20)}`;
    const fields = { ...MATCH, condition_id: made, token_id: `${made}:Up` };
    expect(normalize({ format: 'execution', fields, terms: TERMS })).toMatchObject({
      conditionId: made,
      tokenId: `${made}:Up`,
    });
    const longer = { ...fields, condition_id: `${made}0` };
    expect(normalize({ format: 'execution', fields: longer, terms: TERMS }).kind).toBe('refusal');
    const bare = { ...fields, token_id: made };
    expect(normalize({ format: 'execution', fields: bare, terms: TERMS }).kind).toBe('refusal');
  });
});
