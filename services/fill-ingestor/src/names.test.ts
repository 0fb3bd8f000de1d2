import { describe, expect, test } from '@jest/globals';
import { ALICE, type Fields, MATCH, TERMS, testWriter, valuesOf, without } from '../test/inputs.ts';
import { type RawInput } from './raw.ts';

function asideOf(raw: RawInput) {
  return valuesOf(testWriter().inputs(raw), 'QuarantinedInput')[0];
}

function reported(change: Fields) {
  return asideOf({ format: 'execution', fields: { ...MATCH, ...change }, terms: null });
}

describe('a refused input is found by what it names', () => {
  test.each([
    ['a price', { price: '1.2' }, 'PRICE_OUT_OF_RANGE'],
    ['a text', { effective_at: 'soon' }, 'INCOMPLETE_INPUT'],
    ['a bound', { fee_pusd: '1e30' }, 'INVALID_INPUT'],
  ])('where %s is refused', (_what, change, reason) => {
    expect(reported({ ...change, account: ALICE.toUpperCase().replace('0X', '0x') })).toMatchObject(
      {
        reason_code: reason,
        account: ALICE,
        fill_id: 'F1',
        order_id: 'O1',
        correlation_id: 'F1',
      },
    );
  });

  test('where it names only some, and those that can be carried', () => {
    expect(reported({ order_id: 'O\u0000' })).toMatchObject({
      account: ALICE,
      fill_id: 'F1',
      order_id: null,
    });
    const fields = { ...without(MATCH, 'account'), fill_id: 'x'.repeat(600) };
    expect(asideOf({ format: 'execution', fields, terms: null })).toMatchObject({
      account: null,
      fill_id: null,
      order_id: 'O1',
      correlation_id: 'O1',
    });
  });

  test('where it is a row of a venue export, or a command', () => {
    const fields = { proxyWallet: ALICE, side: 'BUY', asset: '7', price: '0.5', timestamp: '1' };
    expect(asideOf({ format: 'data-api', fields, terms: TERMS })).toMatchObject({ account: ALICE });
    const command = { command: 'RESERVE', account: ALICE };
    expect(asideOf({ format: 'command', fields: command })).toMatchObject({
      reason_code: 'GOV_COMMAND_REFUSED',
      account: ALICE,
      fill_id: null,
    });
  });
});
