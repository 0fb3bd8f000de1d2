/** Which source books for an account, and what the others may say (B9). */

import { describe, expect, test } from '@jest/globals';
import { type Accounts, parseAccounts } from '../accounts.ts';
import {
  ALICE,
  BOB,
  type Fields,
  MATCH,
  ORDER,
  outcomesOf,
  TERMS,
  testWriter,
  valuesOf,
  without,
} from '../../test/inputs.ts';
import { type RawInput } from '../raw.ts';
import { storage } from './storage.ts';

const TX = `0x${'11'.repeat(32)}`;
const HASH = `0x${'33'.repeat(32)}`;
const PLACE = { tx_hash: TX, order_hash: HASH };

function declared(json: object): Accounts {
  const accounts = parseAccounts(JSON.stringify(json));
  if ('code' in accounts) throw new Error(accounts.message);
  return accounts;
}

const BUS_AND_FILE = declared({ [ALICE]: { source_of_record: 'bus', other_sources: ['file'] } });

const fromFile = (fields: Fields): RawInput => ({ format: 'execution', fields, terms: TERMS });
const fromBus = (fields: Fields): RawInput => ({ format: 'execution', fields, terms: null });

describe('sources of record (B9)', () => {
  const accounts = declared({
    [ALICE]: { source_of_record: 'file', other_sources: ['bus'], default_bot: 'beta' },
  });

  test('a second voice without a fill to confirm never books', () => {
    const written = testWriter(accounts).reports({ ...MATCH, tx_hash: TX, order_hash: HASH });
    expect(outcomesOf(written)).toEqual(['quarantined: GOV_FILL_UNMATCHED']);
  });

  test('a second voice that puts a fill where another one stands is an alarm', () => {
    const { reports, inputs } = testWriter(
      declared({ [ALICE]: { source_of_record: 'bus', other_sources: ['file'] } }),
    );
    const place = { tx_hash: TX, order_hash: HASH };
    reports({ ...MATCH, ...place }, { ...MATCH, fill_id: 'F2', status: 'MATCHED' });
    const fields = { ...MATCH, ...place, fill_id: 'F2' };
    const written = inputs({ format: 'execution', fields, terms: TERMS });
    expect(outcomesOf(written)).toEqual(['quarantined: GOV_FILL_MISMATCH']);
  });

  test('a confirmed bus fill without coordinates is refused where others report too', () => {
    const both = declared({ [ALICE]: { source_of_record: 'bus', other_sources: ['chain'] } });
    const written = testWriter(both).reports(MATCH);
    expect(outcomesOf(written)).toEqual(['quarantined: INCOMPLETE_INPUT']);
  });

  test("a bot that nobody names is the account's default, else unattributed", () => {
    const nameless = without(MATCH, 'trading_bot_id');
    const bus = declared({ [ALICE]: { source_of_record: 'bus', default_bot: 'beta' } });
    expect(valuesOf(testWriter(bus).reports(nameless), 'FillConfirmed')).toMatchObject([
      { trading_bot_id: 'beta' },
    ]);
    expect(valuesOf(testWriter().reports(nameless), 'FillConfirmed')).toMatchObject([
      { trading_bot_id: 'unattributed', incomplete_reasons: ['GOV_BOT_UNATTRIBUTED'] },
    ]);
  });
});

describe('an end that a second source tells (B8)', () => {
  const fill = { ...MATCH, ...PLACE };
  const failed = { ...fill, status: 'FAILED' };

  test.each([
    ['FAILED of a fill that was confirmed', [fromBus(fill), fromFile(failed)]],
    [
      'CONFIRMED of a fill that failed',
      [fromBus({ ...fill, status: 'MATCHED' }), fromBus(failed), fromFile(fill)],
    ],
    [
      'FAILED first, before the source of record confirms',
      [fromBus({ ...fill, status: 'MATCHED' }), fromFile(failed), fromBus(fill)],
    ],
  ])('%s is a conflict, and the account in doubt', (_what, inputs) => {
    const next = fromBus({ ...MATCH, fill_id: 'F9', tx_hash: HASH, order_hash: TX });
    const written = testWriter(BUS_AND_FILE).inputs(...inputs, next);
    expect(outcomesOf(written).at(-2)).toBe('quarantined: GOV_FILL_STATUS_CONFLICT');
    expect(valuesOf(written, 'FillConfirmed').at(-1)).toMatchObject({
      fill_id: 'F9',
      incomplete_reasons: ['GOV_ACCOUNT_INCOMPLETE'],
    });
  });

  test('the same as the source of record is a confirmation, the second time a duplicate', () => {
    const written = testWriter(BUS_AND_FILE).inputs(fromBus(fill), fromFile(fill), fromFile(fill));
    expect(outcomesOf(written)).toEqual(['applied', 'applied', 'ignored: duplicate']);
  });

  test('a fee that it tells later is news', () => {
    const bare = without(fill, 'fee_pusd');
    const written = testWriter(BUS_AND_FILE).inputs(
      fromBus({ ...bare, status: 'MATCHED' }),
      fromFile(bare),
      fromFile(fill),
      fromBus(bare),
    );
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ fee_pusd: 250_000n }]);
  });
});

test('what a source began before another one was of record, it does not end in silence', () => {
  const accounts = new Map(declared({ [ALICE]: { source_of_record: 'file' } }));
  const { inputs } = testWriter(accounts);
  const fill = { ...MATCH, ...PLACE };
  inputs(fromFile({ ...fill, status: 'MATCHED' }));
  accounts.set(ALICE, { sourceOfRecord: 'bus', otherSources: [], defaultBot: null });
  const written = inputs(fromFile(fill));
  expect(outcomesOf(written)).toEqual(['quarantined: GOV_FILL_UNMATCHED']);
  expect(valuesOf(written, 'QuarantinedInput')[0]?.['detail']).toMatch(/of record no more/);
});

test('a second source under an id that points: an opposite end, other content, a new end', () => {
  const second = { ...MATCH, fill_id: 'F2' };
  const told = (...fields: readonly Fields[]): readonly string[] => {
    const { inputs } = testWriter(BUS_AND_FILE);
    inputs(fromBus({ ...MATCH, ...PLACE, status: 'MATCHED' }), fromBus({ ...second, ...PLACE }));
    return outcomesOf(inputs(...fields.map(fromFile)));
  };
  expect(told(second, { ...second, status: 'FAILED' }, { ...second, size_pusd: '60' })).toEqual([
    'ignored: joined',
    'quarantined: GOV_FILL_STATUS_CONFLICT',
    'quarantined: GOV_FILL_MISMATCH',
  ]);
});

describe('an account that nobody declared', () => {
  const bare = without(without(without(MATCH, 'account'), 'token_id'), 'order_side');

  test('has that source also for reports that name its order only', () => {
    const file = testWriter().inputs(fromBus(ORDER), fromFile({ ...bare, fill_id: 'X9' }));
    expect(outcomesOf(file)).toEqual(['applied', 'quarantined: GOV_FILL_UNMATCHED']);
    const bus = testWriter().inputs(
      fromFile({ ...MATCH, fill_id: 'X9', order_id: 'O9' }),
      fromBus(ORDER),
      fromBus(bare),
    );
    expect(outcomesOf(bus)).toEqual(['applied', 'applied', 'quarantined: GOV_FILL_UNMATCHED']);
  });

  test.each([
    ['an order', { ...ORDER, status: 'CANCELLED' }],
    ['a fill', { ...MATCH, status: 'FAILED' }],
  ])('has the source that told the end of %s first', (_what, end) => {
    const next = { ...MATCH, fill_id: 'F2', order_id: 'O2' };
    const written = testWriter().inputs(fromBus(end), fromFile(next));
    expect(outcomesOf(written)).toEqual(['applied', 'quarantined: GOV_FILL_UNMATCHED']);
  });

  test.each([
    ['a fill', 'bus', fromBus(MATCH), fromFile({ ...MATCH, fill_id: 'F2', order_id: 'O2' })],
    ['an order', 'bus', fromBus(ORDER), fromFile({ ...MATCH, fill_id: 'F2', order_id: 'O2' })],
    ['a fill', 'file', fromFile(MATCH), fromBus({ ...MATCH, fill_id: 'F2', order_id: 'O2' })],
  ])('has the source of record that told %s of it first: %s', (_what, source, first, second) => {
    const written = testWriter().inputs(first, second);
    expect(outcomesOf(written)).toEqual(['applied', 'quarantined: GOV_FILL_UNMATCHED']);
    expect(valuesOf(written, 'QuarantinedInput')[0]?.['detail']).toMatch(
      new RegExp(`Nobody has declared the account, so ${source}, which spoke of it first, is of`),
    );
    const state = written.entities.get(`source|${ALICE}`);
    const row = { log_partition: '3', account: ALICE, source };
    expect(storage.changes(`source|${ALICE}`, undefined, state)).toEqual([
      { upsert: 'account_source', row },
    ]);
    expect(storage.revive(`source|${ALICE}`, { account_source: [row] })).toEqual(state);
  });

  test('is nothing to another one; a declaration goes before who spoke first', () => {
    const bobs = { ...MATCH, account: BOB, fill_id: 'B', order_id: 'OB' };
    const both = testWriter().inputs(fromBus(MATCH), fromFile(bobs));
    expect(outcomesOf(both)).toEqual(['applied', 'applied']);
    const { inputs } = testWriter(declared({ [ALICE]: { source_of_record: 'file' } }));
    expect(outcomesOf(inputs(fromFile(MATCH), fromBus({ ...MATCH, fill_id: 'F2' })))).toEqual([
      'applied',
      'quarantined: GOV_FILL_UNMATCHED',
    ]);
  });
});
