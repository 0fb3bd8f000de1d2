/** Whose an order is, and the reservation that it names: a bot that nobody named gives way. */

import { describe, expect, test } from '@jest/globals';
import {
  ALICE,
  BOB,
  command,
  MATCH,
  ORDER,
  outcomesOf,
  type TestWriter,
  testWriter,
  valuesOf,
  without,
} from '../../test/inputs.ts';
import { parseAccounts } from '../accounts.ts';
import { type Fields } from '../raw.ts';

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

describe('the id of a reservation is one account’s', () => {
  const ask = (account: string, id = 'r-1') =>
    command(
      'RESERVE',
      { amount_pusd: '5', max_fee_pusd: '1', ttl_ms: '1000', reservation_id: id },
      { account, command_id: `${account}/${id}` },
    );
  const named = { ...ORDER, reservation_id: 'r-1' };
  const theirs = { ...named, account: BOB, order_id: 'O2' };
  const opened = (writer: TestWriter, ...reports: readonly Fields[]) =>
    valuesOf(writer.reports(...reports), 'OrderOpened').map((value) => [
      value['account'],
      value['reservation_id'],
      (value['flags'] as string[]).includes('GOV_RESERVATION_FOREIGN'),
    ]);

  test('asked for by one, an order of another is booked without it and says so', () => {
    const writer = testWriter();
    writer.inputs(ask(ALICE));
    expect(opened(writer, theirs, named)).toEqual([
      [BOB, null, true],
      [ALICE, 'r-1', false],
    ]);
  });

  test('named on an order of one before it was asked for, nobody else may ask or name it', () => {
    const writer = testWriter();
    expect(opened(writer, named, theirs)).toEqual([
      [ALICE, 'r-1', false],
      [BOB, null, true],
    ]);
    const asked = writer.inputs(ask(BOB), ask(ALICE), ask(ALICE, 'r-2'));
    expect(outcomesOf(asked)).toEqual(['quarantined: GOV_COMMAND_REFUSED', 'applied', 'applied']);
    expect(outcomesOf(writer.inputs(ask(ALICE)))).toEqual(['ignored: duplicate']);
  });

  test('of the form that orders have of their own, nobody may ask for it or name it', () => {
    const writer = testWriter();
    const id = `order/${ALICE}/O1`;
    expect(outcomesOf(writer.inputs(ask(BOB, id)))).toEqual(['quarantined: GOV_COMMAND_REFUSED']);
    expect(opened(writer, { ...theirs, reservation_id: id })).toEqual([[BOB, null, true]]);
  });
});
