import { describe, expect, test } from '@jest/globals';
import { codec, reasonOf } from '@polytraders/contracts';
import { priceE18, rate } from '@polytraders/money';
import { createWriter } from './processor.ts';
import { type ImportTerms } from './raw.ts';
import { emissionsOf } from './writer/entry.ts';
import { type MarketFacts } from './writer/state.ts';
import {
  ALICE,
  BARE,
  CONDITION,
  DEFINITION,
  MATCH,
  NOON,
  ORDER,
  outcomesOf,
  TERMS,
  testWriter,
  typesOf,
  valuesOf,
  without,
  YES,
} from '../test/inputs.ts';

const TX = `0x${'11'.repeat(32)}`;
const OTHER_TX = `0x${'22'.repeat(32)}`;
const HASH = `0x${'33'.repeat(32)}`;

const FACTS: MarketFacts = {
  kind: 'facts',
  definition: { ...DEFINITION, maker_rebate_rate: rate(250_000n), end_date: '2026-06-01' },
  definitionHash: 'd1',
  marks: [
    {
      tokenId: YES,
      kind: 'MID',
      price: priceE18(510_000_000_000_000_000n),
      observedAt: NOON - 5_000_000,
    },
    {
      tokenId: YES,
      kind: 'LAST',
      price: priceE18(520_000_000_000_000_000n),
      observedAt: NOON - 1_000_000,
    },
  ],
};

describe('the ladder of a fill (B8)', () => {
  test('each rung that is reached is one record, the last one final', () => {
    const written = testWriter().reports(
      { ...MATCH, status: 'MATCHED' },
      { ...MATCH, status: 'MINED' },
      MATCH,
    );
    expect(typesOf(written)).toEqual(['FillMatched', 'FillMatched', 'FillConfirmed']);
    expect(valuesOf(written, 'FillMatched').map((value) => value['status'])).toEqual([
      'MATCHED',
      'MINED',
    ]);
    const [confirmed] = valuesOf(written, 'FillConfirmed');
    expect(confirmed).toMatchObject({
      fill_id: 'F1',
      account: ALICE,
      trading_bot_id: 'alpha',
      quantity_shares: 100_000_000n,
      size_pusd: 50_000_000n,
      fee_pusd: 250_000n,
      fee_source: 'MATCH_EVENT',
      matched_at: NOON,
      confirmed_at: NOON,
      identity_recipe: 'BUS',
      source: 'bus',
      recorded_at: NOON + 3,
    });
  });

  test('an earlier rung that comes late changes nothing', () => {
    const written = testWriter().reports(
      MATCH,
      { ...MATCH, status: 'MINED' },
      { ...MATCH, status: 'MATCHED' },
    );
    expect(outcomesOf(written)).toEqual(['applied', 'ignored: late', 'ignored: late']);
    expect(typesOf(written)).toEqual(['FillConfirmed']);
  });

  test('a fill that failed after it was matched is undone on the log', () => {
    const written = testWriter().reports(
      { ...MATCH, status: 'MATCHED' },
      { ...MATCH, status: 'FAILED' },
    );
    expect(valuesOf(written, 'FillFailed')).toMatchObject([
      { fill_id: 'F1', reason: 'FAILED', joined_to: null },
    ]);
  });

  test('a failure that comes first is remembered and never reaches the log', () => {
    const written = testWriter().reports(
      { ...MATCH, status: 'FAILED' },
      { ...MATCH, status: 'MATCHED' },
    );
    expect(outcomesOf(written)).toEqual(['applied', 'ignored: late']);
    expect(written.emitted).toEqual([]);
  });

  test.each([
    ['CONFIRMED', 'FAILED'],
    ['FAILED', 'CONFIRMED'],
  ])('%s and then %s is set aside', (first, second) => {
    const written = testWriter().reports({ ...MATCH, status: first }, { ...MATCH, status: second });
    expect(outcomesOf(written)).toEqual(['applied', 'quarantined: GOV_FILL_STATUS_CONFLICT']);
    expect(valuesOf(written, 'QuarantinedInput')).toMatchObject([
      { fill_id: 'F1', account: ALICE },
    ]);
  });

  test('a transaction that was sent again is no conflict before the fill is final', () => {
    const written = testWriter().reports(
      { ...MATCH, status: 'MATCHED', tx_hash: TX, order_hash: HASH },
      { ...MATCH, tx_hash: OTHER_TX, order_hash: HASH },
    );
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ tx_hash: OTHER_TX }]);
  });
});

describe("the specification's bare wire example", () => {
  test('is refused while its order is unknown, with the bytes kept', () => {
    const written = testWriter().reports(BARE);
    expect(outcomesOf(written)).toEqual(['quarantined: INCOMPLETE_INPUT']);
    const [kept] = valuesOf(written, 'QuarantinedInput');
    expect(kept?.['detail']).toContain('Expected account, token_id, order_side');
    expect(String(kept?.['raw'])).toContain('fill_00a1b2c3d4e5f6a7');
  });

  test('is a whole fill once its order was opened: 862.068965 shares for 500 at 0.58', () => {
    const order = { ...ORDER, order_id: 'ord_00123', condition_id: BARE.condition_id };
    const written = testWriter().reports(order, BARE);
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([
      {
        account: ALICE,
        token_id: YES,
        order_side: 'BUY',
        trading_bot_id: 'alpha',
        side: 'maker',
        quantity_shares: 862_068_965n,
        size_pusd: 500_000_000n,
        fee_bps: 25,
        fee_pusd: null,
        confirmed_at: 1_746_792_060_000_000,
      },
    ]);
  });
});

describe('what is captured with a fill', () => {
  test('the definition stands on the log before its first use, and again when it changes', () => {
    const writer = testWriter();
    writer.say(FACTS);
    const first = writer.reports(MATCH, { ...MATCH, fill_id: 'F2' });
    expect(typesOf(first)).toEqual(['MarketDefined', 'FillConfirmed', 'FillConfirmed']);
    writer.say({ ...FACTS, definition: { ...DEFINITION, status: 'CLOSED' }, definitionHash: 'd2' });
    expect(typesOf(writer.reports({ ...MATCH, fill_id: 'F3' }))).toEqual([
      'MarketDefined',
      'FillConfirmed',
    ]);
  });

  test('rebate rate and mid come along; the mid wins over a younger last trade', () => {
    const writer = testWriter();
    writer.say(FACTS);
    expect(valuesOf(writer.reports(MATCH), 'FillConfirmed')).toMatchObject([
      {
        rebate_rate: 250_000n,
        marks: [
          {
            token_id: YES,
            kind: 'MID',
            price: 510_000_000_000_000_000n,
            observed_at: NOON - 5_000_000,
          },
        ],
      },
    ]);
  });

  test('negative risk is derived from the token, and a flag that says otherwise is noted', () => {
    expect(
      valuesOf(testWriter().reports({ ...MATCH, negRisk: 'true' }), 'FillConfirmed'),
    ).toMatchObject([
      {
        neg_risk: false,
        neg_risk_source: 'DERIVED',
        neg_risk_given: true,
        flags: ['GOV_NEGRISK_FLAG_MISMATCH'],
      },
    ]);
  });

  test('the condition is found by the token where the source does not know it', () => {
    const lone = without(MATCH, 'condition_id');
    const writer = testWriter();
    writer.say(FACTS);
    const written = writer.reports(lone, { ...lone, fill_id: 'F2' });
    expect(typesOf(written)).toEqual(['MarketDefined', 'FillConfirmed', 'FillConfirmed']);
    expect(valuesOf(written, 'FillConfirmed')[1]).toMatchObject({ condition_id: CONDITION });
  });
});

describe('orders', () => {
  test('open once, closed once, late and repeated reports ignored', () => {
    const closed = { ...ORDER, status: 'CANCELLED' };
    const written = testWriter().reports(ORDER, ORDER, closed, closed, ORDER, {
      ...ORDER,
      status: 'FILLED',
    });
    expect(outcomesOf(written)).toEqual([
      'applied',
      'ignored: duplicate',
      'applied',
      'ignored: duplicate',
      'ignored: late',
      'ignored: late',
    ]);
    expect(typesOf(written)).toEqual(['OrderOpened', 'OrderClosed']);
  });

  test('an order whose end is read first is completed by its first report, for bare fills', () => {
    const ended = { ...without(without(ORDER, 'token_id'), 'order_side'), status: 'FILLED' };
    const bare = ['account', 'token_id', 'order_side'].reduce<Readonly<Record<string, string>>>(
      without,
      MATCH,
    );
    const written = testWriter().reports(ended, ORDER, ORDER, bare);
    expect(outcomesOf(written)).toEqual(['applied', 'applied', 'ignored: late', 'applied']);
    expect(typesOf(written)).toEqual(['OrderClosed', 'FillConfirmed']);
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ token_id: YES, account: ALICE }]);
  });

  test("a fill without a bot takes its order's, found by the order's hash", () => {
    const nameless = without(MATCH, 'trading_bot_id');
    const written = testWriter().reports(
      { ...ORDER, order_hash: HASH },
      { ...nameless, order_id: HASH, order_hash: HASH, tx_hash: TX },
    );
    expect(valuesOf(written, 'FillConfirmed')).toMatchObject([{ trading_bot_id: 'alpha' }]);
  });

  test.each(['1970-01-01T00:00:00Z', '9999-12-31T00:00:00Z'])(
    'an order that expires at %s never does, and its fills are booked',
    (expires_at) => {
      const bare = without(without(MATCH, 'account'), 'token_id');
      const written = testWriter().reports({ ...ORDER, expires_at }, bare);
      expect(outcomesOf(written)).toEqual(['applied', 'applied']);
      expect(valuesOf(written, 'OrderOpened')).toMatchObject([{ expires_at: null }]);
    },
  );
});

describe('files and ready-made records', () => {
  const terms: ImportTerms = {
    ...TERMS,
    account: ALICE,
    zeroFeeDeclaredBy: 'olga',
    identity: 'row',
  };

  test("a market that only a file knows is defined once, from the file's own columns", () => {
    const fields = {
      timestamp: '2025-12-26 10:30:19',
      trade_side: 'Up',
      quantity: '28.0',
      price: '0.33',
      TargetTime: '2025-12-26 10:30:00',
      ExpirationTime: '2025-12-26 10:45:00',
    };
    const written = testWriter().inputs(
      { format: 'up-down-csv', fields, terms },
      {
        format: 'up-down-csv',
        fields: { ...fields, trade_side: 'Down' },
        terms: { ...terms, row: 2 },
      },
    );
    expect(typesOf(written)).toEqual(['MarketDefined', 'FillConfirmed', 'FillConfirmed']);
    expect(valuesOf(written, 'MarketDefined')).toMatchObject([{ synthesised: true }]);
    expect(valuesOf(written, 'FillConfirmed')[0]).toMatchObject({
      fill_id: `${'f'.repeat(64)}:1`,
      identity_recipe: 'FILE_ROW',
      trading_bot_id: 'imported',
      size_pusd: 9_240_000n,
      fee_pusd: 0n,
      fee_source: 'DECLARED',
      fee_declared_by: 'olga',
      neg_risk: null,
      neg_risk_source: 'NONE',
      flags: ['GOV_FEE_DECLARED', 'GOV_NEGRISK_UNKNOWN'],
      effective_at: 1_766_745_019_000_000,
    });
  });

  test('the kill switch goes on the log with its place among all partitions', () => {
    const written = testWriter().inputs({
      format: 'record',
      type: 'KillSwitchChanged',
      marketSeq: 7,
      effectiveAt: NOON,
      correlationId: null,
      value: { active: true, since: '2026-05-08T12:00:00Z', bot_id: null, reason: 'drill' },
    });
    expect(valuesOf(written, 'KillSwitchChanged')).toMatchObject([
      { market_seq: 7, active: true, since: NOON },
    ]);
  });

  test('a record that breaks its schema is set aside', () => {
    const written = testWriter().inputs({
      format: 'record',
      type: 'TimeAdvanced',
      marketSeq: null,
      effectiveAt: NOON,
      correlationId: null,
      value: { to: 'yesterday' },
    });
    expect(outcomesOf(written)).toEqual(['quarantined: INVALID_INPUT']);
  });

  test('bytes that do not decode are kept', () => {
    const written = testWriter().inputs({
      format: 'unusable',
      because: 'Expected Avro.',
      recordType: null,
    });
    expect(outcomesOf(written)).toEqual(['quarantined: UNDECODABLE_INPUT']);
  });
});

test('every cause is explained in the registry, and a command is refused by name', () => {
  const told = ['duplicate', 'late', 'joined', 'empty', 'refused'];
  const causes = createWriter(new Map()).causes.filter((cause) => !told.includes(cause));
  expect(causes.filter((cause) => reasonOf(cause) === undefined)).toEqual([]);
  const written = testWriter().inputs({ format: 'command', fields: { command: 'RESERVE' } });
  expect(outcomesOf(written)).toEqual(['quarantined: GOV_COMMAND_REFUSED']);
});

test('every record encodes, and an entry read back from its table publishes the same bytes', () => {
  const writer = testWriter();
  writer.say(FACTS);
  const written = writer.reports(
    ORDER,
    { ...MATCH, status: 'MATCHED' },
    MATCH,
    BARE,
    { ...MATCH, quantity_shares: '7' },
    { ...MATCH, fill_id: 'F9', status: 'MATCHED' },
    { ...MATCH, fill_id: 'F9', status: 'FAILED' },
    { ...ORDER, status: 'FILLED' },
  );
  expect(written.entries).toHaveLength(9);
  for (const entry of written.entries) {
    const stored = { ...entry };
    Reflect.deleteProperty(stored, 'record');
    const [live] = emissionsOf(entry, { partition: 3 });
    const [again] = emissionsOf(stored, { partition: 3 });
    expect(again?.record).toEqual(live?.record);
    const { type, value } = live?.record ?? { type: '', value: {} };
    expect(Buffer.from(codec.encode(type, value, 0)).length).toBeGreaterThan(0);
  }
});
