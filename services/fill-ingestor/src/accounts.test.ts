import { expect, test } from '@jest/globals';
import { isOfRecord, parseAccounts } from './accounts.ts';
import { ALICE } from '../test/inputs.ts';

const LOUD = ALICE.toUpperCase().replace('0X', '0x');

test('a declaration names one source of record and a default bot', () => {
  const accounts = parseAccounts(
    JSON.stringify({
      [LOUD]: {
        source_of_record: 'chain',
        other_sources: ['bus'],
        default_bot: 'alpha',
      },
    }),
  );
  if ('code' in accounts) throw new Error(accounts.message);
  expect(accounts.get(ALICE)).toEqual({
    sourceOfRecord: 'chain',
    otherSources: ['bus'],
    defaultBot: 'alpha',
  });
  expect([
    isOfRecord(accounts, ALICE, 'chain', null),
    isOfRecord(accounts, ALICE, 'bus', null),
  ]).toEqual([true, false]);
});

test("an account that is not declared is the bus's, or the file's for an import", () => {
  const sources = (['bus', 'file', 'venue', 'chain'] as const).map((source) =>
    isOfRecord(new Map(), ALICE, source, null),
  );
  expect(sources).toEqual([true, true, false, false]);
  const first = (['bus', 'file'] as const).map((source) =>
    isOfRecord(new Map(), ALICE, source, 'file'),
  );
  expect(first).toEqual([false, true]);
});

test.each([
  ['NOT_JSON', '{', 'Expected ACCOUNTS_FILE to hold JSON; it does not parse.'],
  [
    'NOT_JSON',
    `{"${ALICE}": {"source_of_record": "bus", "source_of_record": "file"}}`,
    'Expected ACCOUNTS_FILE to hold JSON; a name stands twice in it.',
  ],
  ['NOT_AN_OBJECT', '[]', 'Expected ACCOUNTS_FILE to be one object, account by account.'],
  ['BAD_ACCOUNT', '{"alice": {}}', 'Expected an account as 0x and 40 hex digits; found "alice".'],
  ['NOT_AN_OBJECT', `{"${ALICE}": 1}`, `Expected ${ALICE} to be an object with source_of_record.`],
  [
    'UNKNOWN_NAME',
    `{"${ALICE}": {"bot": "a"}}`,
    `Expected source_of_record, other_sources, default_bot for ${ALICE}; found "bot".`,
  ],
  [
    'BAD_SOURCE',
    `{"${ALICE}": {"source_of_record": "kafka"}}`,
    `Expected the sources of ${ALICE} to be of bus, venue, chain, file.`,
  ],
  [
    'BAD_SOURCE',
    `{"${ALICE}": {"source_of_record": "bus", "other_sources": ["file", "bus"]}}`,
    `Expected each source of ${ALICE} once; found bus twice.`,
  ],
  [
    'BAD_ACCOUNT',
    `{"${ALICE}": {"source_of_record": "bus"}, "${LOUD}": {"source_of_record": "bus"}}`,
    `Expected each account once; found ${ALICE} twice.`,
  ],
  [
    'BAD_BOT',
    `{"${ALICE}": {"source_of_record": "bus", "default_bot": 7}}`,
    `Expected default_bot of ${ALICE} to be a name; found 7.`,
  ],
])('%s: %s', (code, text, message) => {
  expect(parseAccounts(text)).toEqual({ code, message });
});
