import { describe, expect, test } from '@jest/globals';
import { tokenOf } from './filters.ts';

describe('--token', () => {
  const made = `file:${'0a'.repeat(20)}`;

  test.each(['0', '1'.repeat(78), `${made}:Up`, `${made}:Yes, by June`])('takes %s', (token) => {
    expect(tokenOf(token)).toBe(token);
  });

  test.each(['', '0x12', '1'.repeat(79), 'file:12:Up', `${made}:`, 'Up'])(
    'refuses "%s" and says what it takes',
    (token) => {
      expect(() => tokenOf(token)).toThrow(/^Expected a token id in decimal digits, or file:…/);
    },
  );
});
