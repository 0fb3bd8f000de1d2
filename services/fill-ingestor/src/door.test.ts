import { describe, expect, test } from '@jest/globals';
import { codec, type ExecutionReport, fromJson, TOPICS } from '@polytraders/contracts';
import {
  ALICE,
  DEFINITION,
  type Fields,
  MATCH,
  NO,
  NOON,
  ORDER,
  outcomesOf,
  testWriter,
  valuesOf,
  without,
} from '../test/inputs.ts';
import { AMOUNT_MAX, PROSE_MAX_BYTES, TEXT_MAX_BYTES, withinBounds } from './door.ts';
import { type RawInput } from './raw.ts';
import { busInputOf } from './shell/inputs.ts';
import { eventOfRow } from './inbox-event.ts';
import { createWriter, INBOX } from './processor.ts';
import { emissionsOf } from './writer/entry.ts';

const HUGE = '1e40';
const LONG = 'x'.repeat(TEXT_MAX_BYTES + 1);
const HALF = 'a\ud800b';
const NO_FEE = without(MATCH, 'fee_pusd');

/** One field of a valid report made so that it cannot be used, and the sentence that says so. */
const POISON: readonly (readonly [claim: string, report: Fields, sentence: string])[] = [
  [
    'a size and a quantity of 10⁴⁰',
    { ...MATCH, size_pusd: HUGE, quantity_shares: HUGE, price: '1' },
    'Expected quantity_shares from 0 to 10¹⁵; found',
  ],
  [
    'a quantity of 10⁴⁰',
    { ...without(MATCH, 'size_pusd'), quantity_shares: HUGE },
    'Expected quantity_shares from 0 to 10¹⁵; found',
  ],
  [
    'a quantity that follows and is too large',
    { ...without(MATCH, 'quantity_shares'), size_pusd: '1e15', price: '0.000000000001' },
    'Expected quantity_shares from 0 to 10¹⁵; found',
  ],
  [
    'a price above 1 that follows, whatever price is printed beside it',
    { ...MATCH, quantity_shares: '100', size_pusd: '500' },
    'Expected a price above 0 and at most 1; found "500 / 100".',
  ],
  [
    'a price of nothing that follows',
    { ...MATCH, size_pusd: '0' },
    'Expected a price above 0 and at most 1; found "0 / 100".',
  ],
  ['a fee of 10⁴⁰', { ...MATCH, fee_pusd: HUGE }, 'Expected fee_pusd from 0 to 10¹⁵; found'],
  [
    'a builder fee of 10⁴⁰',
    { ...MATCH, builder_fee_pusd: HUGE },
    'Expected builder_fee_pusd from 0 to 10¹⁵; found',
  ],
  ['a negative fee', { ...MATCH, fee_pusd: '-1' }, 'Expected a fee_pusd of 0 or more; found "-1".'],
  [
    'an exponent of a gigabyte',
    { ...MATCH, fee_pusd: '1e999999999' },
    'Expected a decimal fee_pusd; found "1e999999999" (TOO_LONG).',
  ],
  [
    'basis points beyond all of the notional',
    { ...NO_FEE, fee_bps: '99999999999' },
    'Expected fee_bps as a whole number from 0 to 10000; found "99999999999".',
  ],
  ['a mark of 10⁴⁰', { ...MATCH, mark_price: HUGE }, 'Expected mark_price from 0 to 1; found'],
  [
    'a mark below nothing',
    { ...MATCH, mark_price: '-0.5' },
    'Expected mark_price from 0 to 1; found "-0.5".',
  ],
  [
    'the time of a mark that cannot be read',
    { ...MATCH, mark_price: '0.5', mark_observed_at: 'noon' },
    'Expected mark_observed_at as ISO-8601 UTC; found "noon".',
  ],
  [
    'a place in the block beyond 32 bits',
    { ...MATCH, log_index: '2147483648' },
    'Expected log_index from 0 to 2147483647; found "2147483648".',
  ],
  [
    'a place in the block that is no number',
    { ...MATCH, log_index: 'x' },
    'Expected log_index as a whole number of 0 or more; found "x".',
  ],
  [
    'a negative block',
    { ...MATCH, block_number: '-5' },
    'Expected block_number as a whole number of 0 or more; found "-5".',
  ],
  [
    'a hash with a colon in it',
    { ...MATCH, tx_hash: '0xab:cd', order_hash: '0x1' },
    'Expected tx_hash as 0x and 64 hex digits; found "0xab:cd".',
  ],
  [
    'NUL in an id',
    { ...MATCH, fill_id: 'F\u00001' },
    'Expected fill_id without the character NUL; found "F\\u00001".',
  ],
  [
    'half a character in a name',
    { ...MATCH, trading_bot_id: HALF },
    'Expected trading_bot_id as Unicode without halves of characters; found "a\\ud800b".',
  ],
  ['a page for an id', { ...MATCH, fill_id: LONG }, 'Expected fill_id of at most 512 bytes; found'],
  [
    'a page in letters of two bytes',
    { ...MATCH, strategy_slug: 'ä'.repeat(300) },
    'Expected strategy_slug of at most 512 bytes; found',
  ],
  [
    'a page for a user',
    { ...MATCH, user_id: LONG },
    'Expected user_id of at most 512 bytes; found',
  ],
  [
    'a page for a token',
    { ...MATCH, token_id: LONG },
    'Expected token_id in decimal digits without leading zeros, below 2²⁵⁶; found',
  ],
  [
    'a day that is none',
    { ...MATCH, effective_at: '2026-02-31T12:00:00Z' },
    'Expected effective_at as ISO-8601 UTC; found "2026-02-31T12:00:00Z".',
  ],
  [
    'a time before there was a chain',
    { ...MATCH, effective_at: '1970-01-01T00:00:00Z' },
    'Expected effective_at from 2015 to 2099, in microseconds since 1970; found "0".',
  ],
  [
    'a time after all of us',
    { ...MATCH, effective_at: '9999-12-31T23:59:59Z' },
    'Expected effective_at from 2015 to 2099, in microseconds since 1970; found',
  ],
  ['paper in capitals', { ...MATCH, paper: 'TRUE' }, 'Expected paper as true or false; found'],
  ['paper as a number', { ...MATCH, paper: '1' }, 'Expected paper as true or false; found "1".'],
  [
    'a paper account that is said to be none',
    { ...MATCH, account: `paper:${ALICE}`, paper: 'false' },
    `Expected paper true for paper:${ALICE}; found false.`,
  ],
  ['a doubtful flag', { ...MATCH, negRisk: 'maybe' }, 'Expected negRisk as true or false; found'],
  ['an order of 10⁴⁰', { ...ORDER, quantity_shares: HUGE }, 'Expected quantity_shares from 0 to'],
  [
    'a fee of an order of 10⁴⁰',
    { ...ORDER, max_fee_pusd: HUGE },
    'Expected max_fee_pusd from 0 to',
  ],
  ['an order at 5', { ...ORDER, price: '5' }, 'Expected a price above 0 and at most 1; found "5".'],
  [
    'an order of less than nothing',
    { ...ORDER, quantity_shares: '-3' },
    'Expected a quantity above 0; found "-3".',
  ],
  [
    'an order that ends soon',
    { ...ORDER, expires_at: 'soon' },
    'Expected expires_at as ISO-8601 UTC; found "soon".',
  ],
  [
    'an order that ended before there was such a chain',
    { ...ORDER, expires_at: '2014-12-31T23:59:59Z' },
    'Expected expires_at from 2015 to 2099, in microseconds since 1970; found',
  ],
];

describe('what no later step could carry is set aside at the door', () => {
  test.each(POISON)('%s', (_claim, report, sentence) => {
    const written = testWriter().reports(report, MATCH);
    const [aside] = valuesOf(written, 'QuarantinedInput');
    expect(aside?.['detail']).toContain(sentence);
    // The one after it goes on, and the record of the one set aside can be written.
    expect(outcomesOf(written).at(-1)).toBe('applied');
    for (const { record } of written.emitted) codec.encode(record.type, record.value, 0);
  });

  test('what lies at the bounds goes in', () => {
    const most = { quantity_shares: '1e15', size_pusd: '1e15', price: '1', fee_pusd: '1e15' };
    const text = 'x'.repeat(TEXT_MAX_BYTES);
    const report = { ...MATCH, ...most, fill_id: text, log_index: '2147483647', mark_price: '1' };
    const written = testWriter().reports(report);
    expect(outcomesOf(written)).toEqual(['applied']);
    const [fill] = valuesOf(written, 'FillConfirmed');
    expect(fill?.['quantity_shares']).toBe(AMOUNT_MAX);
    // Ten million billion of them are still an amount of 38 digits.
    expect(String(AMOUNT_MAX * 10n ** 16n).length).toBe(38);
  });

  test('a refund that is larger than what was paid is no fill', () => {
    const [fill] = valuesOf(testWriter().reports(MATCH), 'FillConfirmed');
    const draft = { kind: 'fill', notional: -1n, fillId: fill?.['fill_id'] };
    expect(withinBounds(draft as never)).toMatchObject({
      reason: 'INVALID_INPUT',
      because: 'Expected size_pusd from 0 to 10¹⁵; found "-0.000001".',
    });
  });
});

test.each(['2100-01-01T00:00:00Z', '2126-01-01T00:00:00Z', '9998-12-31T23:59:59Z'])(
  'an order that expires at %s never does: it is a word of its sender for never',
  (expiresAt) => {
    const written = testWriter().reports({ ...ORDER, expires_at: expiresAt });
    expect(valuesOf(written, 'OrderOpened')).toMatchObject([{ expires_at: null }]);
  },
);

describe('paper and real money never meet (B16)', () => {
  const paperOrder = { ...ORDER, paper: 'true' };

  test('the fill of a paper order that does not say paper is set aside', () => {
    const written = testWriter().reports(paperOrder, MATCH, { ...MATCH, paper: 'true' });
    expect(outcomesOf(written)).toEqual(['applied', 'quarantined: INVALID_INPUT', 'applied']);
    expect(valuesOf(written, 'QuarantinedInput')[0]?.['detail']).toBe(
      'Expected the fill of order O1 to be paper as the order is; found a real one.',
    );
  });

  test('a paper fill of a real order is set aside', () => {
    const written = testWriter().reports(ORDER, { ...MATCH, paper: 'true' });
    expect(outcomesOf(written)).toEqual(['applied', 'quarantined: INVALID_INPUT']);
  });

  test('an account that is named paper has paper fills, whether they say so or not', () => {
    const written = testWriter().reports({ ...MATCH, account: `paper:${ALICE}` });
    const account = `paper:${ALICE}`;
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ paper: true, account }]);
  });

  test('a fill that leaves its account to its order is paper as the order is', () => {
    const written = testWriter().reports(paperOrder, without(MATCH, 'account'));
    const account = `paper:${ALICE}`;
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ paper: true, account }]);
  });
});

test('a report whose account is poison is routed and set aside, not thrown', () => {
  const { negRisk: _, ...fields } = { ...MATCH, order_id: 'O\u0000' };
  const value: ExecutionReport = fromJson('ExecutionReport', fields);
  const place = {
    sourcePosition: `${TOPICS.executionReports.name}/0/1`,
    bytes: Buffer.from('raw'),
  };
  const input = busInputOf({ type: 'ExecutionReport', value }, place);
  expect(input).toMatchObject({ becomes: 'input', route: null });
});

describe('the last net', () => {
  test('an input whose record breaks its schema is set aside with the reason', () => {
    const value = { processor: 'x', mode: 'no mode', changed_by: 'me', parameters: [] };
    const raw: RawInput = {
      format: 'record',
      type: 'ParametersChanged',
      value,
      effectiveAt: NOON,
      correlationId: null,
      marketSeq: 2 ** 53,
    };
    expect(outcomesOf(testWriter().inputs(raw))).toEqual(['quarantined: INVALID_INPUT']);
  });

  test('a record that only its writing refuses is set aside, too', () => {
    const payload = JSON.stringify({ format: 'execution', fields: MATCH, terms: null });
    const row = {
      partition: 3,
      seq: 1,
      source: 'bus',
      sourcePosition: 'test/1',
      receivedAt: NOON,
      rawFormat: 'json',
      bytes: Buffer.from(payload),
      payload,
    } as const;
    const event = eventOfRow(row);
    const draft = { ...event.input, builderCode: 7 };
    const step = createWriter(new Map()).step(
      { get: () => undefined },
      { event: { ...event, input: draft as never }, topic: INBOX, partition: 3, offset: 1 },
    );
    expect(step).toMatchObject({ outcome: 'quarantined', because: 'INVALID_INPUT', puts: [] });
  });

  test('an input whose record no broker takes is set aside; the next one goes on', () => {
    const writer = testWriter();
    const tokens = Array.from({ length: 100 }, (_, at) => ({
      token_id: String(at),
      outcome: 'x'.repeat(PROSE_MAX_BYTES),
    }));
    const definition = { ...DEFINITION, tokens };
    writer.say({ kind: 'facts', definition, definitionHash: 'large', marks: [] });
    const other = { ...without(MATCH, 'condition_id'), fill_id: 'F2', token_id: NO };
    const written = writer.reports(MATCH, other);
    expect(outcomesOf(written)).toEqual(['quarantined: INVALID_INPUT', 'applied']);
    expect(valuesOf(written, 'QuarantinedInput')[0]?.['detail']).toMatch(
      /^Expected a MarketDefined of at most 1000000 bytes; found \d+\.$/,
    );
  });

  test('an input of many megabytes is quarantined in a record that Kafka takes', () => {
    const bytes = Buffer.alloc(8 * 1024 * 1024, 'x');
    const raw = { format: 'unusable', because: 'y'.repeat(100_000), recordType: null } as const;
    const event = eventOfRow({
      partition: 3,
      seq: 1,
      source: 'file',
      sourcePosition: 'test/1',
      receivedAt: NOON,
      rawFormat: 'row',
      bytes,
      payload: JSON.stringify(raw),
    });
    const input = { event, topic: INBOX, partition: 3, offset: 1 };
    const step = createWriter(new Map()).step({ get: () => undefined }, input);
    if (step.outcome === 'ignored') throw new Error('ignored');
    const [emission] = step.entries.flatMap((entry) => emissionsOf(entry, { partition: 3 }));
    if (emission === undefined) throw new Error('nothing was emitted');
    const { type, value } = emission.record;
    expect(codec.encode(type, value, 0).length).toBeLessThan(600_000);
    const { detail } = value as { readonly detail: string };
    expect(detail).toContain('Its first 262144 bytes of 8388608 are kept here');
  });
});
