import { describe, expect, test } from '@jest/globals';
import { type FillConfirmed, type SettlementReport } from '@polytraders/contracts';
import { priceE18, pusd, rate, shares } from '@polytraders/money';
import { createDriver, type Driven } from '@polytraders/stream';
import { type Book, type Entity, type Holding, holdingKey } from './entities.ts';
import { type LedgerEntry } from './entry.ts';
import {
  ACCOUNT,
  at,
  CONDITION,
  fillConfirmed,
  logOf,
  NOON,
  parametersChanged,
  TOKEN,
} from './events.fixture.ts';
import { processor } from './processor.ts';

function play(...fills: readonly FillConfirmed[]): Driven<Entity, LedgerEntry> {
  return createDriver(processor).drive(logOf(fills));
}

function holdingAfter(...fills: readonly FillConfirmed[]): Holding {
  return play(...fills).entities.get(holdingKey(ACCOUNT, TOKEN)) as Holding;
}

function bookAfter(...fills: readonly FillConfirmed[]): Book | undefined {
  return holdingAfter(...fills).books[0];
}

function reportOf(fill: FillConfirmed): SettlementReport | undefined {
  return play(fill).emitted[0]?.record.value as SettlementReport | undefined;
}

describe('what a fill tells its book', () => {
  const unknown = { condition_id: null, neg_risk: null } as const;
  const noFee = { fee_bps: null, fee_source: null } as const;

  test('a condition and a kind that come late are learnt, and not forgotten again', () => {
    const first = fillConfirmed(unknown);
    const told = fillConfirmed({ fill_id: 'f2', neg_risk: true });
    const last = fillConfirmed({ fill_id: 'f3', ...unknown });
    const known = { conditionId: CONDITION, books: [{ negRisk: true }] };
    expect(holdingAfter(first)).toMatchObject({ conditionId: null, books: [{ negRisk: null }] });
    expect(holdingAfter(first, told)).toMatchObject(known);
    expect(holdingAfter(first, told, last)).toMatchObject(known);
  });

  test('a fill that is set aside tells them too', () => {
    const told = fillConfirmed({ fill_id: 'f2', neg_risk: true, ...noFee });
    const last = fillConfirmed({ fill_id: 'f3', ...unknown, ...noFee });
    expect(holdingAfter(fillConfirmed(unknown), told, last)).toMatchObject({
      conditionId: CONDITION,
      books: [{ negRisk: true, fills: 1, quarantinedFills: 2 }],
    });
  });

  test('a lot sold in part still names the place of the fill that opened it', () => {
    const buy = (fill_id: string): FillConfirmed => fillConfirmed({ fill_id });
    const sale = fillConfirmed({
      fill_id: 's',
      order_side: 'SELL',
      quantity_shares: shares(140_000_000n),
    });
    expect(bookAfter(buy('f0'), buy('f1'), sale)?.position.lots.head?.lots).toEqual([
      {
        quantity: 60_000_000n,
        basis: 30_000_000n,
        fillId: 'f1',
        offset: 1,
        openedAt: NOON,
      },
    ]);
  });
});

describe('the totals of a book', () => {
  test('two maker fills of 50 at 40 bps add up: 100 of volume, 0.4 of fees, 0.1 of rebates', () => {
    const maker = { side: 'maker', fee_bps: 40, rebate_rate: rate(250_000n) } as const;
    const second = fillConfirmed({ fill_id: 'f2', ...maker });
    expect(bookAfter(fillConfirmed(maker), second)).toMatchObject({
      volume: 100_000_000n,
      grossFees: 400_000n,
      rebates: 100_000n,
      netFees: 300_000n,
      fills: 2,
    });
  });
});

describe('a wallet and its shares (B1)', () => {
  const sell = (fill_id: string, quantity: bigint): FillConfirmed =>
    fillConfirmed({ fill_id, order_side: 'SELL', quantity_shares: shares(quantity) });

  test('selling the last share is not overselling, selling one micro-share more is', () => {
    const codesOf = (quantity: bigint): readonly string[] | undefined =>
      play(fillConfirmed(), sell('s', quantity)).entries[1]?.reason_codes;
    expect(codesOf(100_000_000n)).not.toContain('GOV_WALLET_OVERSOLD');
    expect(codesOf(100_000_001n)).toContain('GOV_WALLET_OVERSOLD');
    expect(bookAfter(fillConfirmed(), sell('s', 100_000_000n))?.incomplete).toEqual([]);
  });

  test('once covered again it is no alarm any more, but its books stay incomplete', () => {
    const covered = fillConfirmed({ fill_id: 'f2', quantity_shares: shares(1n) });
    const { entries } = play(fillConfirmed(), sell('s', 100_000_001n), covered);
    expect(entries[2]?.reason_codes).not.toContain('GOV_WALLET_OVERSOLD');
    expect(entries[2]).toMatchObject({
      books_complete: false,
      incomplete_reasons: ['GOV_WALLET_OVERSOLD'],
    });
  });
});

describe('publication (B19)', () => {
  test.each([
    ['general_live', ['RELEASED']],
    ['limited_live', ['HELD']],
    ['shadow_only', []],
  ] as const)('in %s a fill’s reports are %j, and its ledger line is written', (mode, said) => {
    const { entries, emitted } = createDriver(processor).drive([
      at({ type: 'ParametersChanged', value: parametersChanged(mode) }, 0),
      at({ type: 'FillConfirmed', value: fillConfirmed() }, 1),
    ]);
    const reports = emitted.map((emission) => emission.record.value as SettlementReport);
    expect(reports.map((report) => report.publication)).toEqual(said);
    expect(entries.map((entry) => entry.mode)).toEqual([mode]);
  });
});

describe('the fee that is reported (B6)', () => {
  test('an absolute fee wins, and the basis points that it overrules are not reported', () => {
    const absolute = { fee_pusd: pusd(600_000n), fee_source: 'CHAIN', fee_bps: 25 } as const;
    expect(reportOf(fillConfirmed(absolute))).toMatchObject({
      gross_fee_pusd: 600_000n,
      fee_bps_match_event: null,
    });
    expect(reportOf(fillConfirmed())).toMatchObject({
      gross_fee_pusd: 125_000n,
      fee_bps_match_event: 25,
    });
  });

  test('a builder part as large as the fee leaves a platform part of 0, which is no alarm', () => {
    const codesAt = (builder: bigint): readonly string[] | undefined =>
      reportOf(fillConfirmed({ builder_code: '0xb', builder_fee_pusd: pusd(builder) }))
        ?.reason_codes;
    expect(codesAt(125_000n)).not.toContain('GOV_PLATFORM_FEE_NEGATIVE');
    expect(codesAt(125_001n)).toContain('GOV_PLATFORM_FEE_NEGATIVE');
  });
});

describe('the times and averages that are reported', () => {
  test('fill_confirmed_at_ms is when the fill became final, not when it was matched', () => {
    const fill = fillConfirmed({ effective_at: NOON, confirmed_at: NOON + 4_500_999 });
    expect(reportOf(fill)).toMatchObject({
      effective_at: 1_778_241_600_000_000,
      fill_confirmed_at_ms: 1_778_241_604_500,
    });
  });

  test.each([
    [-1, -1, false],
    [-60_000_000, -60_000, false],
    [-60_000_001, -60_001, true],
  ])('a mark of %s µs of age is %s ms old; beyond the limit is stale: %s', (age, ms, stale) => {
    const price = priceE18(600_000_000_000_000_000n);
    const mark = { token_id: TOKEN, kind: 'MID', price, observed_at: NOON - age } as const;
    const report = reportOf(fillConfirmed({ marks: [mark] }));
    expect(report?.mark_age_ms).toBe(ms);
    expect(report?.reason_codes.includes('STALE_DATA')).toBe(stale);
  });

  test('avg_cost is half-even at six decimals: 3 shares for 2 pUSD cost 0.666667', () => {
    const of = (quantity: bigint, size: bigint): bigint | null | undefined =>
      reportOf(fillConfirmed({ quantity_shares: shares(quantity), size_pusd: pusd(size) }))
        ?.avg_cost;
    expect(of(3_000_000n, 2_000_000n)).toBe(666_667n);
    expect(of(2_000_000n, 1_000_001n)).toBe(500_000n);
    expect(of(2_000_000n, 1_000_003n)).toBe(500_002n);
  });
});
