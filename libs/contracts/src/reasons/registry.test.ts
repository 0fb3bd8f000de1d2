import { expect, test } from '@jest/globals';

import { fixtures } from '../fixtures/index.ts';
import { REASON_CODES, reasonOf } from './registry.ts';

test('a code stands in the registry once, with its meaning and its action', () => {
  const codes = REASON_CODES.map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  for (const { meaning, action } of REASON_CODES) {
    expect(meaning).not.toBe('');
    expect(action).not.toBe('');
  }
});

test('a code of ours says whose it is, unless it refuses input or is specified', () => {
  const bare = REASON_CODES.map(({ code }) => code).filter(
    (code) => !/^(GOV|EXEC|PNL_REPORTER)_/.test(code),
  );
  expect(bare).toEqual([
    'STALE_DATA',
    'MARKET_CLOSED',
    'ConfigError',
    'REVENUE_REPORT',
    'REVENUE_DRIFT_DETECTED',
    'REPORT_DEFERRED',
    'RETENTION_BELOW_REGULATORY_MINIMUM',
    'KILL_SWITCH_ACTIVE',
    'INCOMPLETE_INPUT',
    'INVALID_INPUT',
    'UNDECODABLE_INPUT',
    'AMOUNT_TOO_FINE',
    'PRICE_OUT_OF_RANGE',
    'QUANTITY_NOT_POSITIVE',
    'INTERNAL_LAG',
    'DATA_API_UNAVAILABLE',
  ]);
});

test('a code that nobody registered is unknown', () => {
  expect(reasonOf('GOV_NO_SUCH_THING')).toBeUndefined();
});

test('the codes of the examples are all registered', () => {
  for (const { value } of fixtures()) {
    const codes =
      'reason_codes' in value ? value.reason_codes : 'flags' in value ? value.flags : [];
    for (const code of codes) expect(reasonOf(code)).toBeDefined();
  }
});
