import { describe, expect, test } from '@jest/globals';
import { type LedgerEvent } from '@polytraders/contracts';
import { createDriver } from '@polytraders/stream';
import { fillConfirmed, logOf, PAPER_ACCOUNT } from './events.fixture.ts';
import { cashMoved, eventsOf, marketDefined, marketResolved, redeem } from './movements.fixture.ts';
import { processor } from './processor.ts';

describe('metrics', () => {
  test('count booked live fills, and quarantined ones by reason', () => {
    const { entries } = createDriver(processor).drive(
      logOf([
        fillConfirmed(),
        fillConfirmed({ fill_id: 'f2', fee_bps: null }),
        fillConfirmed({ fill_id: 'f3', account: PAPER_ACCOUNT, paper: true }),
      ]),
    );
    const said = processor.meters.map((meter) => [
      meter.name.replace('polytraders_gov_pnlreporter_', ''),
      ...entries.map(meter.of),
    ]);
    expect(said).toEqual([
      [
        'fills_processed_total',
        { labels: { side: 'taker', negRisk: 'false' }, value: 1 },
        null,
        null,
      ],
      ['gross_volume_pusd_total', { labels: {}, value: 50 }, null, null],
      ['net_fees_pusd_total', { labels: { side: 'taker' }, value: 0.125 }, null, null],
      ['maker_rebates_pusd_total', null, null, null],
      ['movements_total', null, null, null],
      ['movements_unbooked_total', null, null, null],
      ['books_settled_total', null, null, null],
      [
        'quarantined_total',
        null,
        { labels: { reason: 'PNL_REPORTER_FEE_MISSING' }, value: 1 },
        null,
      ],
    ]);
  });

  test('count lines of movements by kind, those unbooked, and settled books', () => {
    const events: readonly LedgerEvent[] = [
      { type: 'MarketDefined', value: marketDefined() },
      { type: 'FillConfirmed', value: fillConfirmed() },
      { type: 'CashMoved', value: cashMoved('k') },
      { type: 'MarketResolved', value: marketResolved() },
      { type: 'PositionsRedeemed', value: redeem('r') },
      { type: 'PositionsRedeemed', value: redeem('again') },
    ];
    const { entries } = createDriver(processor).drive(eventsOf(events));
    expect(entries.map((entry) => entry.entry_kind)).toEqual([
      'FILL',
      'CASH',
      'RESOLVE',
      'REDEEM',
      'REDEEM',
    ]);
    const said = (name: string): readonly string[] =>
      processor.meters
        .filter((meter) => meter.name === `polytraders_gov_pnlreporter_${name}`)
        .flatMap((meter) => entries.map((entry) => labelsOf(meter.of(entry))));
    expect(said('movements_total')).toEqual(['', 'CASH', '', 'REDEEM', 'REDEEM']);
    expect(said('movements_unbooked_total')).toEqual(['', '', '', '', 'REDEEM']);
    expect(said('books_settled_total')).toEqual(['', '', '1', '', '']);
    expect(said('fills_processed_total').filter((label) => label !== '')).toHaveLength(1);
    expect(said('quarantined_total').filter((label) => label !== '')).toEqual([]);
  });

  function labelsOf(of: ReturnType<(typeof processor.meters)[number]['of']>): string {
    return of === null ? '' : (of.labels['kind'] ?? String(of.value));
  }
});
