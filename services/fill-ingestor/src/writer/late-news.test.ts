/** What a report tells that is no step up the ladder, and what stays as it was told first. */

import { describe, expect, test } from '@jest/globals';
import { MATCH, ORDER, outcomesOf, testWriter, valuesOf, without } from '../../test/inputs.ts';

const TX = `0x${'11'.repeat(32)}`;
const TX2 = `0x${'22'.repeat(32)}`;
const HASH = `0x${'33'.repeat(32)}`;
const PLACE = { tx_hash: TX, order_hash: HASH };
const AGAIN = { tx_hash: TX2, order_hash: HASH };
const SECOND = { ...MATCH, fill_id: 'F2' };

describe('a place that is told late', () => {
  test.each([
    ['with the end again', [MATCH, { ...MATCH, ...PLACE }]],
    ['with a rung below', [MATCH, { ...MATCH, ...PLACE, status: 'MINED' }]],
  ])('%s is taken: a second id of the same place books nothing', (_what, given) => {
    const written = testWriter().reports(...given, { ...SECOND, ...PLACE });
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ fill_id: 'F1' }]);
  });

  test('with the same rung again is where the transaction is now', () => {
    const written = testWriter().reports(
      { ...MATCH, ...PLACE, status: 'MINED' },
      { ...MATCH, ...AGAIN, status: 'MINED' },
      MATCH,
      { ...SECOND, ...AGAIN },
    );
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ fill_id: 'F1', ...AGAIN }]);
  });

  test('by a fill that fails elsewhere leaves the place before to whoever is there', () => {
    const written = testWriter().reports(
      { ...MATCH, ...PLACE, status: 'MATCHED' },
      { ...MATCH, ...AGAIN, status: 'FAILED' },
      { ...SECOND, ...PLACE },
      MATCH,
    );
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ fill_id: 'F2' }]);
    expect(outcomesOf(written).at(-1)).toBe('quarantined: GOV_FILL_STATUS_CONFLICT');
  });
});

describe('a fee and a bot that are told before the end', () => {
  const poor = without(without(MATCH, 'fee_pusd'), 'trading_bot_id');
  const known = { fee_pusd: 250_000n, trading_bot_id: 'alpha' };

  test.each([
    [
      'again on the same rung',
      [
        { ...poor, status: 'MATCHED' },
        { ...MATCH, status: 'MATCHED' },
      ],
    ],
    [
      'on a rung below',
      [
        { ...poor, status: 'MINED' },
        { ...MATCH, status: 'MATCHED' },
      ],
    ],
  ])('%s are those of the fill', (_what, given) => {
    const written = testWriter().reports(...given, poor);
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([known]);
  });

  test('under an id that is joined are those of the fill that it is joined to', () => {
    const written = testWriter().reports(
      { ...poor, ...PLACE, status: 'MATCHED' },
      { ...SECOND, status: 'MATCHED' },
      { ...poor, ...PLACE, fill_id: 'F2' },
    );
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ fill_id: 'F1', ...known }]);
  });

  test('in basis points do not replace the exact one', () => {
    const bps = { ...without(MATCH, 'fee_pusd'), fee_bps: '30' };
    const written = testWriter().reports({ ...MATCH, status: 'MATCHED' }, bps);
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([
      { fee_pusd: 250_000n, fee_bps: null },
    ]);
  });
});

describe('a report that is delivered again after the end', () => {
  const bps = { ...without(MATCH, 'fee_pusd'), fee_bps: '25' };

  test.each([
    ['with a fee in basis points', { ...bps, status: 'MATCHED' }, { ...MATCH, fee_pusd: '0.13' }],
    ['of a place that was left', { ...MATCH, ...PLACE, status: 'MINED' }, { ...MATCH, ...AGAIN }],
  ])('%s is late, and no conflict', (_what, first, end) => {
    const written = testWriter().reports(first, end, first, end);
    expect(outcomesOf(written)).toEqual([
      'applied',
      'applied',
      'ignored: late',
      'ignored: duplicate',
    ]);
  });

  test('with basis points, where the exact fee was known, is a duplicate', () => {
    const written = testWriter().reports(
      { ...MATCH, fee_pusd: '0.13', status: 'MATCHED' },
      bps,
      bps,
    );
    expect(outcomesOf(written)).toEqual(['applied', 'applied', 'ignored: duplicate']);
  });
});

describe('the content of a fill', () => {
  test('is what was told first, whatever its second id calls the order', () => {
    const written = testWriter().reports(
      { ...MATCH, ...PLACE, status: 'MATCHED' },
      { ...SECOND, ...PLACE, order_id: 'other', size_pusd: '50.5', status: 'MINED' },
      MATCH,
      MATCH,
    );
    expect(outcomesOf(written).slice(2)).toEqual(['applied', 'ignored: duplicate']);
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ fill_id: 'F1', order_id: 'O1' }]);
  });

  test('under a second id whose transaction was sent again is to be told under the first', () => {
    const written = testWriter().reports(
      { ...MATCH, ...PLACE, status: 'MATCHED' },
      { ...SECOND, ...PLACE, status: 'MINED' },
      { ...SECOND, ...AGAIN },
    );
    expect(valuesOf(written, 'QuarantinedInput')[0]?.['detail']).toBe(
      'Expected CONFIRMED of fill F2 at the place that it shares with fill F1, as which it ' +
        'stands on the log; found another place. Tell it under F1.',
    );
  });
});

test("an order whose hash is another order's is a conflict", () => {
  const hashed = { ...ORDER, order_hash: HASH };
  const written = testWriter().reports(hashed, { ...hashed, order_id: 'O2' }, hashed);
  expect(outcomesOf(written)).toEqual([
    'applied',
    'quarantined: GOV_ORDER_CONFLICT',
    'ignored: duplicate',
  ]);
});
