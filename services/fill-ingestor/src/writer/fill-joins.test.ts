/** One fill that is told under two ids (B9). */

import { describe, expect, test } from '@jest/globals';
import { MATCH, outcomesOf, testWriter, typesOf, valuesOf } from '../../test/inputs.ts';

const TX = `0x${'11'.repeat(32)}`;
const HASH = `0x${'33'.repeat(32)}`;

describe('one fill under two ids (B9)', () => {
  const placed = { tx_hash: TX, order_hash: HASH };

  test('the first id stays on the log, the second points to it', () => {
    const written = testWriter().reports(
      { ...MATCH, ...placed },
      { ...MATCH, ...placed, fill_id: 'F2' },
      { ...MATCH, ...placed, fill_id: 'F2' },
    );
    expect(outcomesOf(written)).toEqual(['applied', 'applied', 'ignored: joined']);
    expect(typesOf(written)).toEqual(['FillConfirmed']);
  });

  test('a confirmation under the second id, told before, confirms the first', () => {
    const second = { ...MATCH, ...placed, fill_id: 'F2' };
    const written = testWriter().reports(
      { ...MATCH, ...placed, status: 'MATCHED' },
      { ...second, status: 'MINED' },
      second,
    );
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ fill_id: 'F1' }]);
  });

  test('news under the second id without the place is set aside, to be sent again with it', () => {
    const second = { ...MATCH, fill_id: 'F2' };
    const written = testWriter().reports(
      { ...MATCH, ...placed, status: 'MATCHED' },
      { ...second, ...placed, status: 'MINED' },
      { ...second, status: 'MATCHED' },
      second,
      { ...second, ...placed },
    );
    expect(outcomesOf(written).slice(2)).toEqual([
      'ignored: joined',
      'quarantined: INCOMPLETE_INPUT',
      'applied',
    ]);
    expect(valuesOf(written, 'QuarantinedInput')[0]?.['detail']).toBe(
      'Expected tx_hash and order_hash on CONFIRMED of fill F2, which stands on the log as F1; ' +
        'found none. Send it again with both.',
    );
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ fill_id: 'F1' }]);
  });

  test('what contradicts what the second id said is set aside, as under the first', () => {
    const second = { ...MATCH, ...placed, fill_id: 'F2' };
    const written = testWriter().reports(
      { ...MATCH, ...placed },
      second,
      { ...second, status: 'FAILED' },
      { ...second, quantity_shares: '101' },
      { ...second, status: 'MINED' },
    );
    expect(outcomesOf(written)).toEqual([
      'applied',
      'applied',
      'quarantined: GOV_FILL_STATUS_CONFLICT',
      'quarantined: GOV_FILL_CONFLICT',
      'ignored: joined',
    ]);
  });

  test('a fill that is closed in favour of another takes that one up the ladder', () => {
    const written = testWriter().reports(
      { ...MATCH, ...placed, status: 'MATCHED' },
      { ...MATCH, fill_id: 'F2', status: 'MATCHED' },
      { ...MATCH, ...placed, fill_id: 'F2' },
    );
    expect(typesOf(written)).toEqual(['FillMatched', 'FillMatched', 'FillFailed', 'FillConfirmed']);
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ fill_id: 'F1' }]);
  });

  test('a fill that failed under its second id contradicts the first that was confirmed', () => {
    const written = testWriter().reports(
      { ...MATCH, ...placed },
      { ...MATCH, fill_id: 'F2', status: 'MATCHED' },
      { ...MATCH, ...placed, fill_id: 'F2', status: 'FAILED' },
    );
    expect(outcomesOf(written)[2]).toBe('quarantined: GOV_FILL_STATUS_CONFLICT');
    expect(valuesOf(written, 'FillFailed')).toMatchObject([{ fill_id: 'F2', joined_to: 'F1' }]);
  });

  test('a status that comes under the second id takes the first one up the ladder', () => {
    const written = testWriter().reports(
      { ...MATCH, ...placed, status: 'MATCHED' },
      { ...MATCH, ...placed, fill_id: 'F2' },
    );
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ fill_id: 'F1' }]);
  });

  test('a provisional fill that turns out to be known is closed in its favour', () => {
    const written = testWriter().reports(
      { ...MATCH, status: 'MATCHED' },
      { ...MATCH, ...placed, fill_id: 'F2' },
      { ...MATCH, ...placed, status: 'MINED' },
    );
    expect(typesOf(written)).toEqual(['FillMatched', 'FillConfirmed', 'FillFailed']);
    expect(valuesOf(written, 'FillFailed')).toMatchObject([
      { fill_id: 'F1', reason: 'JOINED', joined_to: 'F2' },
    ]);
  });

  test('the same place with another quantity is an alarm and books nothing', () => {
    const written = testWriter().reports(
      { ...MATCH, ...placed },
      { ...MATCH, ...placed, fill_id: 'F2', quantity_shares: '90', size_pusd: '45' },
    );
    expect(outcomesOf(written)).toEqual(['applied', 'quarantined: GOV_FILL_MISMATCH']);
  });
});
