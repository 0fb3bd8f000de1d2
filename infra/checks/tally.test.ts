import { expect, test } from '@jest/globals';
import { tallyOf } from './tally.ts';

test('suites that did not load and results that are missing count as failed', () => {
  const whole = { numPassedTests: 5, numFailedTests: 1, numRuntimeErrorTestSuites: 2 };
  expect(tallyOf([whole, null])).toEqual({ passed: 5, failed: 4 });
});

test('passed and failed add up over all results', () => {
  const one = { numPassedTests: 5, numFailedTests: 0, numRuntimeErrorTestSuites: 0 };
  expect(tallyOf([one, one])).toEqual({ passed: 10, failed: 0 });
});
