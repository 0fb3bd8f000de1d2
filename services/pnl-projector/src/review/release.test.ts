/** A fill that was set aside is released: its lines and its report, worked. */

import { describe, expect, test } from '@jest/globals';
import { pusd, rate } from '@polytraders/money';
import { NOON } from '../events.fixture.ts';
import { marketDefined, marketResolved } from '../movements.fixture.ts';
import {
  confirmed,
  released,
  reversed,
  mode,
  buy,
  sell,
  play,
  reportsOf,
  book,
  noFee,
  DAY,
} from './desk.fixture.ts';
import { REVIEWED_AT } from './reviewed.fixture.ts';

describe('a release', () => {
  test('books lots, realised and one FILL_PNL_COMPUTED with fee_source RELEASED', () => {
    const aside = sell('f2', 70n, noFee);
    const played = play(confirmed(buy('f1', 50n)), confirmed(aside), released(aside));
    const [, report] = reportsOf(played.emitted);
    expect(reportsOf(played.emitted)).toHaveLength(2);
    expect(report).toMatchObject({
      report_id: 'settlement_fill_f2',
      event_type: 'FILL_PNL_COMPUTED',
      fee_source: 'RELEASED',
      fee_bps_match_event: null,
      gross_fee_pusd: 125_000n,
      net_fee_pusd: 125_000n,
      realised_pnl_pusd: 20_000_000n,
      position_shares: 0n,
      fill_confirmed_at_ms: NOON / 1000,
      retained_until: '2033-05-08',
      recorded_at: REVIEWED_AT,
      causation_id: 'evt_released_f2',
      correlation_id: 'cor_f2',
      ledger_offset: 2,
      books_complete: true,
      incomplete_reasons: [],
    });
    expect(book(played)).toMatchObject({ quarantinedFills: 0, fills: 2, incomplete: [] });
    const lines = played.entries.map((one) => [one.entry_kind, one.retained_until]);
    expect(lines.slice(1)).toEqual([
      ['FILL', null],
      ['REVERSE', '2033-05-08'],
      ['RELEASE', '2033-05-08'],
    ]);
  });

  test('stands at its own offset, at the time of the fill: FIFO before it is not made anew', () => {
    const aside = buy('f1', 40n, noFee);
    const played = play(
      confirmed(aside),
      confirmed(buy('f2', 50n, { confirmed_at: NOON + DAY })),
      confirmed(sell('f3', 70n, { confirmed_at: NOON + DAY })),
      released(aside),
    );
    expect(played.entries[2]?.realised_pnl_pusd).toBe(20_000_000n);
    expect(played.entries.at(-1)).toMatchObject({
      entry_kind: 'RELEASE',
      confirmed_at: NOON,
      effective_at: NOON,
      opened_basis_pusd: 40_000_000n,
      position_shares: 100_000_000n,
      cost_basis_pusd: 40_000_000n,
    });
    const lot = book(played)?.position.lots.head?.lots[0];
    expect(lot).toMatchObject({ fillId: 'f1', offset: 3, openedAt: NOON });
  });

  test('takes the fill out of what is set aside: each sum of the lines says so', () => {
    const aside = buy('f1', 50n, { fee_bps: 120 });
    const { entries } = play(confirmed(aside), released(aside));
    expect(entries.map((entry) => [entry.entry_kind, entry.quarantined, entry.cash_pusd])).toEqual([
      ['FILL', true, -50_600_000n],
      ['REVERSE', true, 50_600_000n],
      ['RELEASE', false, -50_125_000n],
    ]);
  });

  test('accrues the rebate of its market, and the builder part as reviewed or as it was', () => {
    const maker = { side: 'maker', rebate_rate: rate(250_000n) } as const;
    const one = buy('f1', 50n, { ...noFee, ...maker, builder_fee_pusd: pusd(10_000n) });
    const kept = play(confirmed(one), released(one)).entries.at(-1);
    expect(kept).toMatchObject({
      maker_rebate_pusd: 31_250n,
      net_fee_pusd: 93_750n,
      builder_fee_pusd: 10_000n,
    });
    const other = play(confirmed(one), released(one, { builder_fee_pusd: pusd(7n) }));
    expect(other.entries.at(-1)?.builder_fee_pusd).toBe(7n);
  });

  test('behind a resolution is not re-based: its market has had its report', () => {
    const aside = buy('f2', 40n, noFee);
    const played = play(
      { type: 'MarketDefined', value: marketDefined() },
      confirmed(buy('f1', 50n)),
      confirmed(aside),
      { type: 'MarketResolved', value: marketResolved() },
      released(aside),
    );
    expect(reportsOf(played.emitted).map((one) => one.event_type)).toEqual([
      'FILL_PNL_COMPUTED',
      'MARKET_SETTLED',
      'FILL_PNL_COMPUTED',
    ]);
    expect(book(played)?.position.lots.basis).toBe(140_000_000n);
    expect(book(played)?.unrealised).toBe(60_000_000n);
  });

  test.each([
    ['of a fill that is booked', [confirmed(buy('f1', 50n)), released(buy('f1', 50n))]],
    ['of a fill that nobody has seen', [released(buy('f1', 50n))]],
    [
      'of a fill that was taken back',
      [confirmed(buy('f1', 50n, noFee)), reversed(buy('f1', 50n)), released(buy('f1', 50n))],
    ],
    [
      'of another token than the fill has',
      [confirmed(buy('f1', 50n, noFee)), released(buy('f1', 50n, { token_id: '7' }))],
    ],
  ])('%s changes nothing and is counted as FILL_NOT_SET_ASIDE', (_, events) => {
    const { outcomes, entries } = play(...events);
    expect(outcomes.at(-1)).toEqual({ outcome: 'quarantined', because: 'FILL_NOT_SET_ASIDE' });
    expect(entries.some((entry) => entry.entry_kind === 'RELEASE')).toBe(false);
  });

  test('with another fee than the first is a conflict; the first one stands', () => {
    const aside = buy('f1', 50n, noFee);
    const { outcomes, entries } = play(
      confirmed(aside),
      released(aside),
      released(aside, { event_id: 'other', fee_pusd: pusd(1n) }),
    );
    expect(outcomes.at(-1)?.outcome).toBe('conflict');
    expect(entries.at(-1)?.gross_fee_pusd).toBe(125_000n);
  });

  test('in limited_live is HELD, in shadow_only published by nobody', () => {
    const aside = buy('f1', 50n, noFee);
    const held = play(mode('limited_live'), confirmed(aside), released(aside));
    expect(reportsOf(held.emitted)).toMatchObject([{ publication: 'HELD' }]);
    const shadow = play(mode('shadow_only'), confirmed(aside), released(aside));
    expect(shadow.entries.at(-1)?.entry_kind).toBe('RELEASE');
    expect(reportsOf(shadow.emitted)).toEqual([]);
  });
});
