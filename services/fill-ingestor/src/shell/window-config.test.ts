/** Each setting of the window clock is taken at its bounds and refused just outside them. */

import { expect, test } from '@jest/globals';
import { windowConfig } from './window-config.ts';

const SETTINGS = [
  ['WINDOW_SETTLE_SECONDS', 'settleMs', 0],
  ['WINDOW_QUIET_SECONDS', 'quietMs', 0],
  ['WINDOW_WAIT_SECONDS_MAX', 'waitMsMax', 0],
  ['WINDOW_BALANCES_RETRY_SECONDS', 'retryMs', 1],
] as const;

test.each(SETTINGS)('%s is taken from its least to a day, in seconds', (name, field, least) => {
  expect(windowConfig({ [name]: String(least) })[field]).toBe(least * 1000);
  expect(windowConfig({ [name]: '86400' })[field]).toBe(86_400_000);
  expect(windowConfig({ [name]: '' })[field]).toBe(windowConfig({})[field]);
});

test.each(SETTINGS)('%s is refused just outside its bounds, in one sentence', (name, _, least) => {
  for (const odd of [String(least - 1), '86401', '1.5', ' 1', '1e2', '0x1', 'soon']) {
    expect(() => windowConfig({ [name]: odd })).toThrow(
      `Expected ${name} as whole seconds from ${String(least)} to 86400; found "${odd}".`,
    );
  }
});
