/** What is everybody's of a market: its status and its end, and what ends with it (B10). */

import { describe, expect, test } from '@jest/globals';
import {
  ALICE,
  BOB,
  CONDITION,
  MATCH,
  NO,
  ORDER,
  outcomesOf,
  resolution,
  testWriter,
  typesOf,
  valuesOf,
  without,
  YES,
} from '../../test/inputs.ts';
import { type JsonRecord, type RawInput } from '../raw.ts';

const WON = ['1', '0'];
const OTHER = `0x${'22'.repeat(32)}`;

function status(value: JsonRecord, marketSeq = 1): RawInput {
  return {
    format: 'record',
    type: 'MarketStatusChanged',
    value: { condition_id: CONDITION, ...value },
    effectiveAt: 1_778_241_600_000_000,
    correlationId: CONDITION,
    marketSeq,
  };
}

describe('a resolution', () => {
  test('stands on each partition with its number and its source', () => {
    const written = testWriter().inputs(resolution(WON, 7));
    expect(valuesOf(written, 'MarketResolved')).toMatchObject([
      {
        market_seq: 7,
        condition_id: CONDITION,
        payout_numerators: ['1', '0'],
        source: 'chain',
        block_number: 9,
      },
    ]);
  });

  test('is told once: the same again is a duplicate, another one a conflict', () => {
    const written = testWriter().inputs(
      resolution(WON, 1),
      resolution(WON, 2),
      resolution(['0', '1'], 3),
    );
    expect(outcomesOf(written)).toEqual([
      'applied',
      'ignored: duplicate',
      'quarantined: GOV_RESOLUTION_CONFLICT',
    ]);
  });

  test('is the same for partitions that know the market and for those that do not', () => {
    const writer = testWriter();
    writer.reports(MATCH, ORDER);
    const here = writer.inputs(resolution(WON, 1), resolution(['1', '1'], 2));
    const there = writer.on(5).inputs(resolution(WON, 1), resolution(['1', '1'], 2));
    expect(outcomesOf(here)).toEqual(outcomesOf(there));
  });

  test.each([
    ['numerators that pay nobody', resolution(['0', '0'])],
    ['a numerator that is no number', resolution(['1', '-1'])],
    ['a condition that is none', resolution(WON, 1, '0xAB')],
  ])('%s are set aside', (_what, raw) => {
    expect(outcomesOf(testWriter().inputs(raw))).toEqual(['quarantined: INVALID_INPUT']);
  });
});

describe('open orders of a resolved market', () => {
  test('are closed right behind the resolution, each with it as its cause', () => {
    const writer = testWriter();
    const second = { ...ORDER, order_id: 'O2', token_id: NO, trading_bot_id: 'beta' };
    writer.reports(ORDER, second, { ...ORDER, order_id: 'O3', condition_id: OTHER });
    const written = writer.inputs(resolution(WON));
    expect(typesOf(written)).toEqual(['MarketResolved', 'OrderClosed', 'OrderClosed']);
    const [end] = valuesOf(written, 'MarketResolved');
    const cause = { causation_id: end?.['event_id'], effective_at: end?.['effective_at'] };
    expect(valuesOf(written, 'OrderClosed')).toMatchObject([
      { order_id: 'O1', closing_reason: 'MARKET_RESOLVED', trading_bot_id: 'alpha', ...cause },
      { order_id: 'O2', closing_reason: 'MARKET_RESOLVED', trading_bot_id: 'beta', ...cause },
    ]);
  });

  test('also where they named their token only', () => {
    const writer = testWriter();
    writer.reports(without(ORDER, 'condition_id'));
    const written = writer.inputs(resolution(WON));
    expect(valuesOf(written, 'OrderClosed')).toMatchObject([{ order_id: 'O1', token_id: YES }]);
  });

  test('orders that were closed, and those of other markets, stay as they are', () => {
    const writer = testWriter();
    writer.reports(
      ORDER,
      { ...ORDER, status: 'CANCELLED' },
      { ...ORDER, order_id: 'O2', condition_id: OTHER },
    );
    expect(typesOf(writer.inputs(resolution(WON)))).toEqual(['MarketResolved']);
  });

  test('what the venue says of them later is late', () => {
    const writer = testWriter();
    writer.reports(ORDER);
    writer.inputs(resolution(WON));
    expect(outcomesOf(writer.reports({ ...ORDER, status: 'CANCELLED' }))).toEqual([
      'ignored: late',
    ]);
  });

  test('an order that is told only after the end is opened and closed at once', () => {
    const writer = testWriter();
    writer.inputs(resolution(WON));
    const written = writer.reports(ORDER, without({ ...ORDER, order_id: 'O2' }, 'condition_id'));
    expect(typesOf(written)).toEqual(['OrderOpened', 'OrderClosed', 'OrderOpened', 'OrderClosed']);
    expect(valuesOf(written, 'OrderClosed')).toMatchObject([
      { closing_reason: 'MARKET_RESOLVED', account: ALICE },
      { closing_reason: 'MARKET_RESOLVED' },
    ]);
  });

  test('of another partition are closed there', () => {
    const writer = testWriter();
    writer.on(5).reports({ ...ORDER, account: BOB });
    expect(typesOf(writer.inputs(resolution(WON)))).toEqual(['MarketResolved']);
    expect(typesOf(writer.on(5).inputs(resolution(WON)))).toEqual([
      'MarketResolved',
      'OrderClosed',
    ]);
  });

  test('fills are booked after the end as before it', () => {
    const writer = testWriter();
    writer.inputs(resolution(WON));
    expect(typesOf(writer.reports(MATCH))).toEqual(['FillConfirmed']);
  });
});

describe('a status', () => {
  test('goes to every partition as it is told', () => {
    const written = testWriter().inputs(status({ status: 'PROPOSED' }), status({ status: 'OPEN' }));
    expect(valuesOf(written, 'MarketStatusChanged')).toMatchObject([
      { status: 'PROPOSED', market_seq: 1, condition_id: CONDITION, tx_hash: null },
      { status: 'OPEN' },
    ]);
  });

  test('after the resolution is late: that is final', () => {
    const written = testWriter().inputs(resolution(WON), status({ status: 'DISPUTED' }, 2));
    expect(outcomesOf(written)).toEqual(['applied', 'ignored: late']);
  });

  test('RESOLVED is the chain\u2019s to say', () => {
    expect(outcomesOf(testWriter().inputs(status({ status: 'RESOLVED' })))).toEqual([
      'quarantined: INVALID_INPUT',
    ]);
  });
});
