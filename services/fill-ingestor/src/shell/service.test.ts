import { expect, test } from '@jest/globals';
import { ingestorConfig } from './service.ts';

test('a second version of the ingestor is refused: both would write one log', () => {
  expect(() => ingestorConfig({ PROJECTION_VERSION: '2' })).toThrow(
    'Expected no PROJECTION_VERSION for fill-ingestor, which is no projection; found "2".',
  );
  expect(ingestorConfig({ PROJECTION_VERSION: '' }).accounts.size).toBe(0);
});

test('a file that cannot be read is named', () => {
  expect(() => ingestorConfig({ ACCOUNTS_FILE: '/nowhere/accounts.json' })).toThrow(
    /^Expected ACCOUNTS_FILE to name a readable file; "\/nowhere\/accounts.json" could not be read/,
  );
});
