/** Fills that are released or reversed, and reports that are approved, by who has reviewed them. */

import { describe, expect, test } from '@jest/globals';
import {
  ALICE,
  BOB,
  command,
  CONDITION,
  type Fields,
  MATCH,
  movement,
  NOON,
  outcomesOf,
  testWriter,
  TX,
  typesOf,
  valuesOf,
  without,
  YES,
} from '../../test/inputs.ts';
import { type RawInput } from '../raw.ts';

const REVIEWED = { approved_by: 'auditor' };
const FEELESS = without(MATCH, 'fee_pusd');
const RELEASE = { fill_id: 'F1', fee_pusd: '0.5' };
const REVERSE = { fill_id: 'F1' };
const OTHER = `0x${'22'.repeat(32)}`;

const release = (given: object = RELEASE, more: Fields = {}): RawInput =>
  command('RELEASE_FILL', { ...given }, { ...REVIEWED, ...more });
const reverse = (given: object = REVERSE, more: Fields = {}): RawInput =>
  command('REVERSE_FILL', { ...given }, { ...REVIEWED, ...more });

describe('RELEASE_FILL', () => {
  test('cites the record on the log, with the reviewed fee and the time of the fill', () => {
    const writer = testWriter();
    const booked = writer.reports(FEELESS);
    const [original] = valuesOf(booked, 'FillConfirmed');
    const written = writer.inputs(
      release({ ...RELEASE, builder_fee_pusd: '0.2', original_offset: 41 }),
    );
    expect(valuesOf(written, 'FillReleased')).toEqual([
      {
        event_id: expect.stringMatching(/^evt_/),
        correlation_id: 'talk-1',
        causation_id: 'cmd-RELEASE_FILL',
        producer: 'fill-ingestor/1',
        effective_at: NOON,
        recorded_at: NOON + 2,
        fill_id: 'F1',
        account: ALICE,
        original_event_id: original?.['event_id'],
        original_partition: 3,
        original_offset: 41,
        trading_bot_id: 'alpha',
        condition_id: CONDITION,
        token_id: YES,
        confirmed_at: NOON,
        paper: false,
        fee_pusd: 500_000n,
        builder_fee_pusd: 200_000n,
        proposed_by: 'desk',
        approved_by: 'auditor',
        reason: 'as agreed',
        source: 'commands',
        source_position: 'test/2',
      },
    ]);
  });

  test('a fill is released once; the command again is a duplicate, another one refused', () => {
    const writer = testWriter();
    writer.reports(FEELESS);
    const again = release({ ...RELEASE, fee_pusd: '0.6' }, { command_id: 'other' });
    const written = writer.inputs(release(), release(), again);
    expect(outcomesOf(written)).toEqual([
      'applied',
      'ignored: duplicate',
      'quarantined: GOV_COMMAND_REFUSED',
    ]);
    expect(valuesOf(written, 'QuarantinedInput')[0]?.['detail']).toBe(
      'Expected a fill that nothing was decided of; found F1 released before.',
    );
  });

  test.each<[string, Fields, object, Fields, string]>([
    ['that nobody knows', FEELESS, { fill_id: 'F9', fee_pusd: '1' }, {}, 'found none'],
    ['of another account', FEELESS, RELEASE, { account: BOB }, `found it with ${ALICE}`],
    ['that is not final', { ...FEELESS, status: 'MATCHED' }, RELEASE, {}, 'found it MATCHED'],
    ['with more fee than it is worth', FEELESS, { fill_id: 'F1', fee_pusd: '50.1' }, {}, '50 pUSD'],
    ['without a fee', FEELESS, { fill_id: 'F1' }, {}, '0 is a fee, too'],
    [
      'with more for the builder than there is',
      FEELESS,
      { ...RELEASE, builder_fee_pusd: '0.500001' },
      {},
      'found more',
    ],
    ['with an argument that it does not know', FEELESS, { ...RELEASE, fee: '1' }, {}, '"fee"'],
    ['that nobody has reviewed', FEELESS, RELEASE, { approved_by: '' }, 'Expected approved_by'],
  ])('a fill %s is refused', (_, fill, given, more, found) => {
    const writer = testWriter();
    writer.reports(fill);
    const written = writer.inputs(release(given, more));
    expect(outcomesOf(written)).toEqual(['quarantined: GOV_COMMAND_REFUSED']);
    expect(valuesOf(written, 'QuarantinedInput')[0]?.['detail']).toContain(found);
  });

  test('a fill that stands under another id is refused, and the id is said', () => {
    const place = { tx_hash: TX, order_hash: OTHER };
    const writer = testWriter();
    writer.reports({ ...MATCH, ...place }, { ...MATCH, ...place, fill_id: 'F2' });
    const written = writer.inputs(release({ ...RELEASE, fill_id: 'F2' }));
    expect(outcomesOf(written)).toEqual(['quarantined: GOV_COMMAND_REFUSED']);
  });

  test('where it is set so, whoever reviews is another than who asks', () => {
    const alone = { approved_by: 'desk' };
    const approval = approve({ until_offset: 9 }, 1, { account: '', ...alone });
    const strict = testWriter(new Map(), { secondApprover: true });
    strict.reports(FEELESS);
    const written = strict.inputs(release(RELEASE, alone), reverse(REVERSE, alone), approval);
    expect(outcomesOf(written)).toEqual([
      'quarantined: GOV_COMMAND_REFUSED',
      'quarantined: GOV_COMMAND_REFUSED',
      'ignored: refused',
    ]);
    expect(valuesOf(written, 'QuarantinedInput')[0]?.['detail']).toBe(
      'Expected approved_by to be another than proposed_by; found desk in both.',
    );
    expect(outcomesOf(strict.inputs(release(RELEASE, { command_id: 'two' })))).toEqual(['applied']);
    const free = testWriter();
    free.reports(FEELESS);
    expect(outcomesOf(free.inputs(release(RELEASE, alone)))).toEqual(['applied']);
  });

  test.each(['Desk', 'desk ', ' d esk', 'ｄｅｓｋ', 'de\u200bsk', 'desk\n'])(
    'spelt %j, whoever asks is not another',
    (spelt) => {
      const strict = testWriter(new Map(), { secondApprover: true });
      strict.reports(FEELESS);
      const written = strict.inputs(release(RELEASE, { approved_by: spelt }));
      expect(outcomesOf(written)).toEqual(['quarantined: GOV_COMMAND_REFUSED']);
      expect(valuesOf(written, 'FillReleased')).toEqual([]);
    },
  );

  test.each([' ', '\u200b', '\t\n'])('approved by %j it was approved by nobody', (nobody) => {
    const writer = testWriter();
    writer.reports(FEELESS);
    const written = writer.inputs(release(RELEASE, { approved_by: nobody }));
    expect(valuesOf(written, 'QuarantinedInput')[0]?.['detail']).toMatch(
      /^Expected approved_by: it/,
    );
    const unasked = writer.inputs(release(RELEASE, { proposed_by: nobody }));
    expect(valuesOf(unasked, 'QuarantinedInput')[0]?.['detail']).toMatch(/proposed_by .* fewer/);
  });
});

describe('REVERSE_FILL', () => {
  test('takes a fill out once, a released one too, and nothing is released afterwards', () => {
    const writer = testWriter();
    writer.reports(FEELESS);
    const written = writer.inputs(
      release(),
      reverse(),
      reverse(REVERSE, { command_id: 'other' }),
      release(RELEASE, { command_id: 'third' }),
    );
    expect(outcomesOf(written)).toEqual([
      'applied',
      'applied',
      'quarantined: GOV_COMMAND_REFUSED',
      'quarantined: GOV_COMMAND_REFUSED',
    ]);
    expect(valuesOf(written, 'FillReversed')).toMatchObject([
      { fill_id: 'F1', effective_at: NOON, original_offset: null, approved_by: 'auditor' },
    ]);
  });

  test('its shares are held no more: a redemption burns what is left', () => {
    const writer = testWriter();
    const second = { ...MATCH, fill_id: 'F2', quantity_shares: '30', size_pusd: '15' };
    writer.reports({ ...MATCH, paper: 'false' }, second);
    writer.inputs(reverse());
    const burnt = { condition_id: CONDITION, payout_pusd: '30', legs: null };
    const written = writer.inputs(movement('PositionsRedeemed', burnt, 'file'));
    expect(valuesOf(written, 'PositionsRedeemed')).toMatchObject([
      { legs: [{ token_id: YES, quantity_shares: 30_000_000n }] },
    ]);
  });

  test('its place on the chain is free for the fill as it should have been told', () => {
    const place = { tx_hash: TX, order_hash: OTHER };
    const right = { ...MATCH, ...place, fill_id: 'F2', quantity_shares: '90', size_pusd: '45' };
    const writer = testWriter();
    writer.reports({ ...MATCH, ...place });
    expect(outcomesOf(writer.reports(right))).toEqual(['quarantined: GOV_FILL_MISMATCH']);
    writer.inputs(reverse());
    const written = writer.reports(right, { ...MATCH, ...place });
    expect(outcomesOf(written)).toEqual(['applied', expect.not.stringMatching(/^applied/)]);
    expect(typesOf(written)).toContain('FillConfirmed');
  });
});

function approve(
  given: Readonly<Record<string, unknown>>,
  marketSeq: number | null,
  more: Fields = {},
  name = 'APPROVE_WINDOW',
): RawInput {
  const raw = command(name, given, { account: '', ...REVIEWED, ...more });
  return { ...raw, marketSeq } as RawInput;
}

describe('an approval of reports', () => {
  test('goes on the log of every partition at one place, with sorted ids', () => {
    const ids = ['settlement_pnl_20260510T000000Z', 'settlement_pnl_20260509T000000Z_r2'];
    const writer = testWriter();
    const written = writer.inputs(approve({ report_ids: [...ids, ids[0]] }, 7));
    expect(valuesOf(written, 'ReportReleased')).toMatchObject([
      {
        market_seq: 7,
        release_kind: 'WINDOW',
        report_ids: [...ids].sort(),
        until_offset: null,
        proposed_by: 'desk',
        approved_by: 'auditor',
        causation_id: 'cmd-APPROVE_WINDOW',
        source: 'commands',
      },
    ]);
    const elsewhere = writer.on(5).inputs(approve({ report_ids: [...ids, ids[0]] }, 7));
    const eventIds = [written, elsewhere].map((one) => valuesOf(one, 'ReportReleased')[0]);
    expect(eventIds[0]?.['event_id']).toBe(eventIds[1]?.['event_id']);
  });

  test('of what the mode has held says up to which offset; of revenue, which days', () => {
    const revenue = { report_ids: ['stl_revenue_20260508_r1'] };
    const written = testWriter().inputs(
      approve({ until_offset: 1000 }, 1),
      approve(revenue, 2, {}, 'APPROVE_REVENUE'),
    );
    expect(valuesOf(written, 'ReportReleased')).toMatchObject([
      { release_kind: 'MODE_HELD', report_ids: [], until_offset: 1000 },
      { release_kind: 'REVENUE', report_ids: revenue.report_ids, until_offset: null },
    ]);
  });

  test('the same again is a duplicate; another under its id is set aside once', () => {
    const writer = testWriter();
    const first = writer.on(0);
    for (const each of [writer, first]) each.inputs(approve({ until_offset: 5 }, 1));
    const again = [approve({ until_offset: 5 }, 2), approve({ until_offset: 6 }, 3)];
    expect(outcomesOf(writer.inputs(...again))).toEqual(['ignored: duplicate', 'ignored: refused']);
    expect(outcomesOf(first.inputs(...again))).toEqual([
      'ignored: duplicate',
      'quarantined: GOV_COMMAND_REFUSED',
    ]);
  });

  test.each<[string, Readonly<Record<string, unknown>>, Fields, string]>([
    ['of nothing', {}, {}, 'found neither'],
    ['of both', { report_ids: ['settlement_pnl_1'], until_offset: 3 }, {}, 'found both'],
    ['of another family', { report_ids: ['stl_revenue_1'] }, {}, 'settlement_pnl_'],
    ['of no list', { report_ids: 'settlement_pnl_1' }, {}, 'as a list'],
    ['of an offset below 0', { until_offset: -1 }, {}, 'until_offset'],
    ['for one account', { until_offset: 3 }, { account: ALICE }, 'Expected no account'],
    ['that nobody has reviewed', { until_offset: 3 }, { approved_by: '' }, 'Expected approved_by'],
  ])('%s is refused', (_, given, more, found) => {
    const written = testWriter()
      .on(0)
      .inputs(approve(given, null, more));
    expect(outcomesOf(written)).toEqual(['quarantined: GOV_COMMAND_REFUSED']);
    expect(valuesOf(written, 'QuarantinedInput')[0]?.['detail']).toContain(found);
  });
});
