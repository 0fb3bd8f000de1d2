import { expect, test } from '@jest/globals';
import { legendOf } from './legend.ts';

test('every code that a table shows is explained once, with what to do', () => {
  const text = legendOf([
    ['GOV_CONDITION_UNKNOWN'],
    'GOV_WALLET_OVERSOLD',
    ['GOV_WALLET_OVERSOLD'],
  ]);
  const lines = text.trim().split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatch(
    /^GOV_CONDITION_UNKNOWN: No source knows .*\. Have the market defined\.$/,
  );
  expect(lines[1]).toMatch(/^GOV_WALLET_OVERSOLD: /);
});

test('what is no code of the registry is left as it stands', () => {
  expect(legendOf(['', null, 'duplicate', []])).toBe('');
});
