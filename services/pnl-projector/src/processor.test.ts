import { describe, expect, test } from '@jest/globals';
import {
  codec,
  type FillConfirmed,
  type LedgerEvent,
  REASON_CODES,
  type SettlementReport,
} from '@polytraders/contracts';
import { priceE18, pusd, rate, shares } from '@polytraders/money';
import { createDriver, type Driven, type Emission, type Recorded } from '@polytraders/stream';
import {
  type Entity,
  type Holding,
  holdingKey,
  parametersKey,
  partitionOfAccount,
} from './entities.ts';
import {
  ACCOUNT,
  at,
  fillConfirmed,
  logOf,
  NOON,
  PAPER_ACCOUNT,
  parametersChanged,
  TOKEN,
} from './events.fixture.ts';
import { type LedgerEntry } from './entry.ts';
import { CAUSES } from './fold.ts';
import { processor } from './processor.ts';
import { reportOf } from './report.ts';

type Played = Driven<Entity, LedgerEntry>;

function play(...fills: readonly FillConfirmed[]): Played {
  return createDriver(processor).drive(logOf(fills));
}

function reportsOf(emitted: readonly Emission[]): readonly SettlementReport[] {
  const reports = emitted.filter(({ record }) => record.type === 'SettlementReport');
  return reports.map(({ record }) => record.value as SettlementReport);
}

function only(fill: FillConfirmed): SettlementReport {
  const [report] = reportsOf(play(fill).emitted);
  if (report === undefined) throw new Error('no report');
  return report;
}

const sell = { order_side: 'SELL', size_pusd: pusd(70_000_000n) } as const;

describe('acceptance tests of the specification', () => {
  test('Fee read from match event, not from signed order', () => {
    const report = only(fillConfirmed({ fee_bps: 30 }));
    expect(report).toMatchObject({
      fee_bps_match_event: 30,
      fee_source: 'MATCH_EVENT',
      gross_fee_pusd: 150_000n,
    });
  });

  test('Maker rebate accrued at 20–25% of fee', () => {
    const maker = { side: 'maker', fee_bps: 40, rebate_rate: rate(250_000n) } as const;
    const report = only(fillConfirmed(maker));
    expect(report.maker_rebate_pusd).toBe((((50_000_000n * 40n) / 10_000n) * 25n) / 100n);
    expect(report.net_fee_pusd).toBe(150_000n);
  });

  test('Taker fee_bps > 100 flagged', () => {
    const { outcomes, entries, emitted } = play(fillConfirmed({ fee_bps: 110 }));
    expect(outcomes).toEqual([
      { outcome: 'quarantined', because: 'PNL_REPORTER_FEE_CAP_EXCEEDED' },
    ]);
    expect(entries[0]).toMatchObject({ quarantined: true, realised_pnl_pusd: null });
    expect(entries[0]?.reason_codes).toContain('PNL_REPORTER_FEE_CAP_EXCEEDED');
    expect(reportsOf(emitted)).toEqual([]);
  });

  test('Missing fee_bps in match event quarantines fill', () => {
    const { outcomes, entries, emitted } = play(fillConfirmed({ fee_bps: null, fee_source: null }));
    expect(outcomes).toEqual([{ outcome: 'quarantined', because: 'PNL_REPORTER_FEE_MISSING' }]);
    expect(entries[0]).toMatchObject({
      quarantined: true,
      gross_fee_pusd: null,
      net_fee_pusd: null,
    });
    expect(reportsOf(emitted)).toEqual([]);
  });

  test('Realised P&L computed on position close (FIFO)', () => {
    const { emitted } = play(fillConfirmed(), fillConfirmed({ fill_id: 'f2', ...sell }));
    expect(reportsOf(emitted)[1]).toMatchObject({
      realised_pnl_pusd: 20_000_000n,
      position_shares: 0n,
    });
  });
});

describe('failure injections of the specification', () => {
  test('FEE_MISSING_FROM_MATCH_EVENT: Missing fee quarantine fires correctly, totals stay', () => {
    const { outcomes, entities } = play(
      fillConfirmed(),
      fillConfirmed({ fill_id: 'f2', fee_bps: null, fee_source: null }),
    );
    expect(outcomes[1]?.because).toBe('PNL_REPORTER_FEE_MISSING');
    const [book] = (entities.get(holdingKey(ACCOUNT, TOKEN)) as Holding).books;
    expect(book).toMatchObject({ fills: 1, quarantinedFills: 1, netFees: 125_000n });
  });

  test('FEE_CAP_EXCEEDED: 120 bps of a taker are set aside with their fee', () => {
    const { outcomes, entries } = play(fillConfirmed({ fee_bps: 120 }));
    expect(outcomes[0]?.because).toBe('PNL_REPORTER_FEE_CAP_EXCEEDED');
    expect(entries[0]?.gross_fee_pusd).toBe(600_000n);
  });

  test('STALE_MIDPRICE: after 90 s the last price is used, and STALE_DATA says so', () => {
    const mark = { token_id: TOKEN, kind: 'MID', observed_at: NOON - 90_000_000 } as const;
    const report = only(
      fillConfirmed({ marks: [{ ...mark, price: priceE18(600_000_000_000_000_000n) }] }),
    );
    expect(report).toMatchObject({ unrealised_pnl_pusd: 10_000_000n, mark_age_ms: 90_000 });
    expect(report.reason_codes).toContain('STALE_DATA');
  });

  test('the age limit in force judges, also where it is above 60 s', () => {
    const value = parametersChanged('general_live', { mark_age_limit_ms: '120000' });
    const aged = (fill_id: string, age: number): FillConfirmed => {
      const observed_at = NOON - age * 1_000_000;
      const price = priceE18(600_000_000_000_000_000n);
      return fillConfirmed({
        fill_id,
        marks: [{ token_id: TOKEN, kind: 'MID', price, observed_at }],
      });
    };
    const { emitted } = createDriver(processor).drive([
      at({ type: 'ParametersChanged', value }, 0),
      at({ type: 'FillConfirmed', value: aged('f1', 120) }, 1),
      at({ type: 'FillConfirmed', value: aged('f2', 121) }, 2),
    ]);
    const codes = reportsOf(emitted).map((report) => report.reason_codes.includes('STALE_DATA'));
    expect(codes).toEqual([false, true]);
  });

  test('a reported mark of unknown age is used, without an age, and flagged', () => {
    const price = priceE18(600_000_000_000_000_000n);
    const marks = [{ token_id: TOKEN, kind: 'REPORTED', price, observed_at: NOON }] as const;
    const played = play(fillConfirmed({ marks, flags: ['STALE_DATA'] }));
    expect(reportsOf(played.emitted)[0]).toMatchObject({
      unrealised_pnl_pusd: 10_000_000n,
      mark_price: price,
      mark_age_ms: null,
      reason_codes: ['PNL_REPORTER_FILL_PNL_COMPUTED', 'STALE_DATA'],
    });
    const [book] = (played.entities.get(holdingKey(ACCOUNT, TOKEN)) as Holding).books;
    expect(book).toMatchObject({ markPrice: price, markObservedAt: null });
  });

  test('without a mark the previous one of the book is used, with its age or without', () => {
    const price = priceE18(600_000_000_000_000_000n);
    const next = fillConfirmed({ fill_id: 'f2', confirmed_at: NOON + 90_000_000 });
    const after = (kind: 'MID' | 'REPORTED', flags: readonly string[]): object | undefined => {
      const marks = [{ token_id: TOKEN, kind, price, observed_at: NOON }];
      return reportsOf(play(fillConfirmed({ marks, flags }), next).emitted)[1];
    };
    const used = {
      unrealised_pnl_pusd: 20_000_000n,
      mark_price: price,
      reason_codes: ['PNL_REPORTER_FILL_PNL_COMPUTED', 'STALE_DATA'],
    };
    expect(after('MID', [])).toMatchObject({ ...used, mark_age_ms: 90_000 });
    expect(after('REPORTED', ['STALE_DATA'])).toMatchObject({ ...used, mark_age_ms: null });
  });

  test('7-year retention tag applied to all SettlementReport records', () => {
    const at = (confirmed_at: number): string | null =>
      only(fillConfirmed({ confirmed_at })).retained_until;
    expect(at(NOON)).toBe('2033-05-08');
    expect(at(1_835_481_599_999_999)).toBe('2035-03-01');
    expect(at(1_835_481_600_000_000)).toBe('2035-03-01');
    expect(at(1_835_395_199_999_999)).toBe('2035-02-28');
    expect(at(NOON - 86_400_000_000)).toBe('2033-05-07');
  });
});

describe('the report of a fill', () => {
  const marked = fillConfirmed({
    marks: [
      { token_id: '1', price: priceE18(1n), kind: 'MID', observed_at: NOON },
      { token_id: TOKEN, price: priceE18(9n), kind: 'LAST', observed_at: NOON },
      {
        token_id: TOKEN,
        price: priceE18(600_000_000_000_000_000n),
        kind: 'MID',
        observed_at: NOON - 2_750_000,
      },
    ],
    flags: ['GOV_PLATFORM_FEE_DIFFERS'],
    neg_risk: true,
  });

  test('carries what the contract says, at its place in the log', () => {
    const driven = createDriver(processor).drive([
      at({ type: 'FillConfirmed', value: marked }, 901),
    ]);
    expect(driven.emitted[0]).toMatchObject({
      topic: 'polytraders.reports.settlement',
      partition: partitionOfAccount(ACCOUNT),
      key: ACCOUNT,
    });
    expect(reportsOf(driven.emitted)[0]).toMatchObject({
      report_id: 'settlement_fill_f1',
      event_id: 'evt_f1.settlement_fill',
      causation_id: 'evt_f1',
      correlation_id: 'cor_f1',
      producer: 'pnl-projector/1',
      bot_id: 'gov.pnl_reporter',
      event_type: 'FILL_PNL_COMPUTED',
      report_kind: 'SettlementReport',
      recorded_at: marked.recorded_at,
      revision: 1,
      regulatory: true,
      mixed: false,
      retained_until: '2033-05-08',
      market_id: marked.condition_id,
      negRisk: true,
      unrealised_pnl_pusd: 10_000_000n,
      mark_age_ms: 2_750,
      reason_codes: [
        'GOV_NEGRISK_TOKEN_BY_TOKEN',
        'GOV_PLATFORM_FEE_DIFFERS',
        'PNL_REPORTER_FILL_PNL_COMPUTED',
        'PNL_REPORTER_NEGRISK_DETECTED',
      ],
      fill_confirmed_at_ms: NOON / 1000,
      ledger_partition: partitionOfAccount(ACCOUNT),
      ledger_offset: 901,
    });
  });

  test('is encoded and decoded without loss', () => {
    const report = only(marked);
    const decode = codec.decoderOf(codec.schemaOf('SettlementReport'));
    expect(decode(codec.encode('SettlementReport', report, 0)).value).toEqual(report);
  });

  test('All P&L amounts are denominated in pUSD (no USDC.e)', () => {
    const report = only(marked);
    const amounts = Object.entries(report).filter(
      ([name, value]) => name.endsWith('_pusd') && value !== null,
    );
    expect(amounts.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        'size_pusd',
        'gross_fee_pusd',
        'net_fee_pusd',
        'realised_pnl_pusd',
        'unrealised_pnl_pusd',
      ]),
    );
    for (const [, value] of amounts) expect(typeof value).toBe('bigint');
    expect(Object.keys(report).filter((name) => /usdc|(^|_)usd(_|$)/i.test(name))).toEqual([]);
  });

  test('is a function of the ledger line alone', () => {
    const { entries, emitted } = play(marked);
    const [entry] = entries;
    if (entry === undefined) throw new Error('no entry');
    const copy = structuredClone(entry);
    expect(reportOf(copy, { partition: partitionOfAccount(ACCOUNT), offset: 0 })).toEqual(
      reportsOf(emitted)[0],
    );
  });

  test('a configured builder fee in basis points is capped like one given', () => {
    const builder = { builder_code: '0xb', fee_bps: null, fee_pusd: pusd(600_000n) };
    expect(only(fillConfirmed({ ...builder, builder_fee_bps: 33 })).builder_fee_pusd).toBe(
      165_000n,
    );
    const over = play(fillConfirmed({ ...builder, builder_fee_bps: 101 }));
    expect(over.outcomes[0]?.because).toBe('PNL_REPORTER_FEE_CAP_EXCEEDED');
  });
});

describe('other events', () => {
  const other = (type: string): Recorded<LedgerEvent> =>
    at({ type, value: { window_id: null } } as LedgerEvent, 0);

  test.each([
    ['FillMatched', 'ignored', 'provisional fill'],
    ['FillFailed', 'ignored', 'fill that never became final'],
    ['OrderOpened', 'ignored', 'order'],
    ['ChainBalancesObserved', 'ignored', 'window or balances'],
    ['TimeAdvanced', 'ignored', 'time'],
    ['SettlementJobFailed', 'ignored', 'reservation or job'],
  ])('%s is %s: %s', (type, outcome, because) => {
    expect(createDriver(processor).drive([other(type)]).outcomes).toEqual([{ outcome, because }]);
    expect(CAUSES).toContain(because);
  });

  test.each(['WindowClosed', 'WindowBalancesComplete', 'KillSwitchChanged'])(
    '%s changes no book: a row for the reports of windows, no line',
    (type) => {
      const driven = createDriver(processor).drive([other(type)]);
      expect(driven.outcomes).toEqual([{ outcome: 'applied', because: '' }]);
      expect([driven.entries, driven.emitted]).toEqual([[], []]);
      expect([...driven.entities.keys()]).toEqual([expect.stringMatching(/^window_cut\|/)]);
    },
  );

  test('an event that nobody knows stops the partition', () => {
    expect(() => createDriver(processor).drive([other('FillImagined')])).toThrow('Invariant');
  });
});

describe('invariants', () => {
  test('a fill in another partition than its account stops', () => {
    const wrong = {
      ...at({ type: 'FillConfirmed', value: fillConfirmed() }, 0),
      partition: (partitionOfAccount(ACCOUNT) + 1) % 12,
    };
    expect(() => createDriver(processor).drive([wrong])).toThrow('belongs to partition');
  });

  test('a paper fill in a live account stops, and the other way round', () => {
    expect(() => play(fillConfirmed({ paper: true }))).toThrow('paper fills are in paper accounts');
    expect(() => play(fillConfirmed({ account: PAPER_ACCOUNT }))).toThrow(
      'paper fills are in paper accounts',
    );
  });

  test('keys name all that the step looks up', () => {
    const value = fillConfirmed();
    const partition = partitionOfAccount(ACCOUNT);
    expect(processor.keys({ type: 'FillConfirmed', value }, partition)).toEqual([
      holdingKey(ACCOUNT, TOKEN),
      parametersKey(partition),
    ]);
  });

  test('identity is the fill and its content, nothing of its status or marks', () => {
    const identify = (said: Partial<FillConfirmed>): unknown =>
      processor.identify({ type: 'FillConfirmed', value: fillConfirmed(said) });
    expect(identify({ recorded_at: 1, flags: ['X'] })).toEqual(identify({}));
    expect(identify({ quantity_shares: shares(1n) })).not.toEqual(identify({}));
  });

  test('every reason that the projector gives stands in the registry', () => {
    const codes: readonly string[] = REASON_CODES.map((of) => of.code);
    const given = [
      'GOV_REBATE_RATE_MISSING',
      'GOV_REBATE_RATE_OUT_OF_RANGE',
      'GOV_SIDE_UNKNOWN',
      'GOV_MARK_MISSING',
      'GOV_PLATFORM_FEE_NEGATIVE',
      'GOV_WALLET_OVERSOLD',
      'GOV_FILL_QUARANTINED',
      'GOV_BASIS_UNKNOWN',
      'GOV_MOVEMENT_UNBOOKED',
      'GOV_MOVEMENT_DISAGREES',
      'GOV_PAYOUT_BY_TOKEN_UNKNOWN',
      'GOV_OUTCOME_UNKNOWN',
      'GOV_NEGRISK_TOKEN_BY_TOKEN',
      'PNL_REPORTER_NEGRISK_DETECTED',
      'STALE_DATA',
      'PNL_REPORTER_FEE_MISSING',
      'PNL_REPORTER_FEE_CAP_EXCEEDED',
      'PNL_REPORTER_FILL_PNL_COMPUTED',
    ];
    expect(codes).toEqual(expect.arrayContaining(given));
  });

  test('a SELL beyond the wallet marks the books of all its bots', () => {
    const fills = [
      fillConfirmed(),
      fillConfirmed({
        fill_id: 'f2',
        trading_bot_id: 'other',
        ...sell,
        quantity_shares: shares(100_000_001n),
      }),
    ];
    const { entities } = createDriver(processor).drive(logOf(fills));
    const holding = entities.get(holdingKey(ACCOUNT, TOKEN)) as Holding;
    expect(holding.books.map((book) => book.incomplete)).toEqual([
      ['GOV_WALLET_OVERSOLD'],
      ['GOV_WALLET_OVERSOLD'],
    ]);
  });
});
