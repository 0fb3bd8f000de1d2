/** Whose an order is: a bot that nobody named gives way to one that a report names. */

import { describe, expect, test } from '@jest/globals';
import { ALICE, MATCH, ORDER, testWriter, valuesOf, without } from '../../test/inputs.ts';
import { parseAccounts } from '../accounts.ts';

const accounts = parseAccounts(
  JSON.stringify({ [ALICE]: { source_of_record: 'bus', default_bot: 'house' } }),
);
if ('code' in accounts) throw new Error(accounts.message);

const NAMELESS = without(ORDER, 'trading_bot_id');
const FILL = without(MATCH, 'trading_bot_id');

describe('the bot of an order', () => {
  test("is the account's default where no report names one", () => {
    const written = testWriter(accounts).reports(NAMELESS, FILL);
    expect(valuesOf(written, 'OrderOpened')).toMatchObject([{ trading_bot_id: 'house' }]);
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ trading_bot_id: 'house' }]);
  });

  test('named by the report of its end, it is that one from then on', () => {
    const end = { ...ORDER, status: 'CANCELLED', trading_bot_id: 'beta' };
    const written = testWriter(accounts).reports(NAMELESS, end, FILL);
    expect(valuesOf(written, 'OrderClosed')).toMatchObject([{ trading_bot_id: 'beta' }]);
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ trading_bot_id: 'beta' }]);
  });

  test('named by its first report after an end that named none, it is that one', () => {
    const end = { ...NAMELESS, status: 'FILLED' };
    const written = testWriter(accounts).reports(end, ORDER, FILL);
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ trading_bot_id: 'alpha' }]);
  });

  test('once named, it stays', () => {
    const end = { ...ORDER, status: 'FILLED', trading_bot_id: 'beta' };
    const written = testWriter(accounts).reports(ORDER, end, FILL);
    expect(valuesOf(written, 'OrderClosed')).toMatchObject([{ trading_bot_id: 'alpha' }]);
  });
});
