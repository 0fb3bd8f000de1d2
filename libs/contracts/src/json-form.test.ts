import { describe, expect, test } from '@jest/globals';

import { fixture } from './fixtures/index.ts';
import { fromJson, isoTime, timeOfIso, toJson } from './json-form.ts';

const mark = {
  token_id: '7371',
  price: '0.58',
  kind: 'MID',
  observed_at: '2026-05-08T12:00:57.5Z',
  source: 'clob',
};

test('amounts are decimal strings, times ISO-8601 UTC, names those of the wire', () => {
  expect(toJson('MarkObserved', fromJson('MarkObserved', mark))).toEqual({
    ...mark,
    observed_at: '2026-05-08T12:00:57.500000Z',
  });
});

test('null on the wire is null in JSON; what JSON does not have takes its default', () => {
  const { maker_rebate_rate: rate, ...rest } = toJson(
    'MarketDefinition',
    fixture('MarketDefinition'),
  );
  expect(rate).toBe('0.25');
  expect(fromJson('MarketDefinition', rest).maker_rebate_rate).toBeNull();
});

describe('amounts', () => {
  test.each([
    ['0.58', 580_000_000_000_000_000n],
    ['1', 10n ** 18n],
    ['0.3333333333333333335', 333_333_333_333_333_334n],
    ['0.3333333333333333325', 333_333_333_333_333_332n],
    [1n, 10n ** 18n],
  ])('a price of %s is taken half-even at 18 decimals', (price, e18) => {
    expect(fromJson('MarkObserved', { ...mark, price }).price).toBe(e18);
  });

  const cash = toJson('CashMoved', fixture('CashMoved'));
  test.each([
    ['11.988287999999999', 11_988_288n],
    ['-0.000001', -1n],
    ['9e-6', 9n],
    [500n, 500_000_000n],
  ])('%s pUSD become exact micros', (amount, micros) => {
    expect(fromJson('CashMoved', { ...cash, amount_pusd: amount }).amount_pusd).toBe(micros);
  });

  test.each([1.25, '0.0000015', 'much', '', null])('%p is refused as an amount', (amount) => {
    expect(() => fromJson('CashMoved', { ...cash, amount_pusd: amount })).toThrow(
      'CashMoved.amount_pusd',
    );
  });
});

describe('what is not in the schema is refused with its path', () => {
  test.each([
    [
      { ...mark, colour: 'red' },
      'MarkObserved: expected only fields of its schema, found "colour"',
    ],
    [{ ...mark, kind: 'GUESS' }, 'MarkObserved.kind: expected one of MID, LAST, found "GUESS"'],
    [{ ...mark, token_id: 7371 }, 'MarkObserved.token_id: expected a string'],
    [{ ...mark, observed_at: '2026-05-08' }, 'MarkObserved.observed_at: expected a time'],
    [{ ...mark, source: undefined }, 'MarkObserved.source: expected a value'],
    [[mark], 'MarkObserved: expected an object'],
  ])('%#', (json, message) => {
    expect(() => fromJson('MarkObserved', json)).toThrow(message);
  });

  test('also inside lists', () => {
    const definition = toJson('MarketDefinition', fixture('MarketDefinition'));
    expect(() =>
      fromJson('MarketDefinition', { ...definition, tokens: [{ token_id: '1' }] }),
    ).toThrow('MarketDefinition.tokens[0].outcome');
  });
});

describe('times', () => {
  test.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2026-05-08T12:00:00.000001Z', 1_778_241_600_000_001],
    ['1969-12-31T23:59:59.999999Z', -1],
  ])('%s is %d', (text, micros) => {
    expect(timeOfIso(text)).toBe(micros);
    expect(isoTime(micros)).toBe(text);
  });

  test('an offset is brought to UTC, and what is finer than a microsecond is none', () => {
    expect(timeOfIso('2026-05-08T14:00:00+02:00')).toBe(timeOfIso('2026-05-08T12:00:00Z'));
    expect(timeOfIso('2026-05-08T12:00:00.1234560Z')).not.toBeNull();
    expect(timeOfIso('2026-05-08T12:00:00.1234567Z')).toBeNull();
    expect(timeOfIso('2026-05-08T12:00:00')).toBeNull();
    expect(timeOfIso('2026-13-08T12:00:00Z')).toBeNull();
  });
});
