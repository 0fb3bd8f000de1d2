/** Lines of the service's log: the specification's developer_log, and what is warned of. */

import { describe, expect, test } from '@jest/globals';
import { type FillConfirmed } from '@polytraders/contracts';
import { priceE18, pusd, rate, shares } from '@polytraders/money';
import { createDriver } from '@polytraders/stream';
import { type LedgerEntry } from './entry.ts';
import { fillConfirmed, logOf, PAPER_ACCOUNT } from './events.fixture.ts';
import { processor } from './processor.ts';
import { says } from './says.ts';

function entryOf(said: Partial<FillConfirmed>): LedgerEntry {
  const { entries } = createDriver(processor).drive(logOf([fillConfirmed(said)]));
  const [entry] = entries;
  if (entry === undefined) throw new Error('Expected one entry, found none.');
  return entry;
}

/** The example of the specification's developer_log; its 12.5 is an error of theirs (rule B6). */
const example: Partial<FillConfirmed> = {
  fill_id: 'fill_00a1b2c3d4e5f6a7',
  side: 'maker',
  order_side: 'BUY',
  size_pusd: pusd(500_000_000n),
  quantity_shares: shares(862_068_965n),
  price: priceE18(580_000_000_000_000_000n),
  fee_bps: 25,
  rebate_rate: rate(250_000n),
  neg_risk: false,
  confirmed_at: 1_746_792_060_000_000,
};

describe('a fill at debug', () => {
  test('is the developer_log of the specification, FILL_PNL_COMPUTED', () => {
    const entry = entryOf(example);
    expect(says.line(entry)).toEqual({
      bot_id: 'gov.pnl_reporter',
      event_type: 'FILL_PNL_COMPUTED',
      fill_id: 'fill_00a1b2c3d4e5f6a7',
      market_id: entry.condition_id,
      side: 'BUY',
      role: 'maker',
      size_pusd: '500',
      price: '0.58',
      fee_bps_from_match_event: 25,
      gross_fee_pusd: '1.25',
      maker_rebate_pusd: '0.3125',
      net_fee_pusd: '0.9375',
      realised_pnl_pusd: '0',
      unrealised_pnl_pusd: entry.unrealised_pnl_pusd === null ? null : expect.any(String),
      negRisk: false,
      fill_confirmed_at_ms: 1_746_792_060_000,
      reason_codes: entry.reason_codes,
      correlation_id: entry.correlation_id,
    });
  });

  test('that is set aside says so, and has no amount that would have to be guessed', () => {
    expect(says.line(entryOf({ ...example, fee_bps: null, fee_source: null }))).toMatchObject({
      event_type: 'FILL_QUARANTINED',
      fee_bps_from_match_event: null,
      gross_fee_pusd: null,
      net_fee_pusd: null,
      realised_pnl_pusd: null,
      reason_codes: expect.arrayContaining(['PNL_REPORTER_FEE_MISSING']),
    });
  });

  test('of paper is not told', () => {
    expect(says.line(entryOf({ account: PAPER_ACCOUNT, paper: true }))).toBeNull();
  });
});

describe('a warning', () => {
  test.each([
    ['PNL_REPORTER_FEE_MISSING', { fee_bps: null, fee_source: null }],
    ['PNL_REPORTER_FEE_CAP_EXCEEDED', { fee_bps: 110 }],
  ])('names the fill of %s', (code, said) => {
    const entry = entryOf({ ...said, side: 'taker' });
    expect(says.warnings(entry)).toContain(code);
    expect(says.subject(entry)).toBe(entry.fill_id);
  });

  test('is not given for a fill that is as it should be', () => {
    expect(says.warnings(entryOf({}))).toEqual([]);
  });

  test('says how bad it is, what to do, and what users are told', () => {
    expect(says.about('STALE_DATA')).toEqual({
      severity: 'WARN',
      message:
        'Mark-to-market price for an open position is stale (last fetch > 60s ago). Unrealised ' +
        'P&L uses last known price. Emit WARN; use stale price for unrealised calculation; ' +
        'retry fetch on next cycle. Users are told: Unrealised P&L estimate uses the most ' +
        'recently available price.',
    });
  });
});
