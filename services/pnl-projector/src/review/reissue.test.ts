/** Reports that a mode has held, and their release (rule B19). */

import { describe, expect, test } from '@jest/globals';
import { TOPICS, type LedgerEvent, type SettlementReport } from '@polytraders/contracts';
import { marketDefined, marketResolved } from '../movements.fixture.ts';
import { confirmed, reversed, mode, modeHeld, buy, play, reportsOf } from './desk.fixture.ts';
import { REVIEWED_AT } from './reviewed.fixture.ts';

describe('reports that a mode has held', () => {
  const held = [
    mode('limited_live'),
    { type: 'MarketDefined', value: marketDefined() } as LedgerEvent,
    confirmed(buy('f1', 50n)),
    confirmed(buy('f2', 60n)),
    { type: 'MarketResolved', value: marketResolved() } as LedgerEvent,
  ];

  test('go out under the same id, a revision later, to whoever they were held from', () => {
    const { emitted } = play(...held, modeHeld(5));
    const out = emitted.slice(play(...held).emitted.length);
    expect(reportsOf(out)).toMatchObject([
      { report_id: 'settlement_fill_f1', revision: 2, publication: 'RELEASED', ledger_offset: 2 },
      { report_id: 'settlement_fill_f2', revision: 2, publication: 'RELEASED', ledger_offset: 3 },
      { event_type: 'MARKET_SETTLED', revision: 2, publication: 'RELEASED' },
    ]);
    const [first] = reportsOf(emitted);
    expect(reportsOf(out)[0]).toEqual({
      ...first,
      event_id: 'evt_mode_held_5.settlement_fill_f1',
      causation_id: 'evt_mode_held_5',
      recorded_at: REVIEWED_AT,
      revision: 2,
      supersedes: first?.event_id,
      publication: 'RELEASED',
    });
    const finance = out.filter(({ topic }) => topic === TOPICS.financeTeam.name);
    expect(finance).toHaveLength(1);
  });

  test('go to the record and to governance_audit only, and to everybody when released', () => {
    const before = play(...held).emitted;
    const of = (list: typeof before): readonly string[] =>
      list
        .filter(({ record }) => (record.value as SettlementReport).event_type === 'MARKET_SETTLED')
        .map(({ topic }) => topic);
    const { settlementReports, financeTeam, governanceAudit, postTradeArchive } = TOPICS;
    expect(of(before)).toEqual([settlementReports.name, governanceAudit.name]);
    expect(of(play(...held, modeHeld(5)).emitted.slice(before.length))).toEqual(
      [settlementReports, financeTeam, governanceAudit, postTradeArchive].map(({ name }) => name),
    );
  });

  test('go out once: what is released is not released again', () => {
    const { emitted, outcomes } = play(...held, modeHeld(3), modeHeld(5), modeHeld(5));
    const ids = reportsOf(emitted).map((one) => `${one.report_id}/${one.revision}`);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => id.endsWith('/2'))).toHaveLength(3);
    // It cuts the reports of windows, and changes nothing here.
    expect(outcomes.at(-1)).toEqual({ outcome: 'applied', because: '' });
  });

  test('move nothing: the line of a release has no amount', () => {
    const { entries } = play(...held, modeHeld(5));
    for (const entry of entries.filter((one) => one.entry_kind === 'REISSUE')) {
      expect([entry.cash_pusd, entry.opened_basis_pusd, entry.closed_basis_pusd]).toEqual([
        0n,
        0n,
        0n,
      ]);
      expect([entry.quantity_shares, entry.size_pusd, entry.realised_pnl_pusd]).toEqual([
        null,
        null,
        null,
      ]);
    }
  });

  test('that were never held, or that nobody may see, stay as they are', () => {
    const live = play(confirmed(buy('f1', 50n)), modeHeld(1));
    expect(live.entries).toHaveLength(1);
    const silent = play(...held, mode('shadow_only'));
    expect(play(...held, mode('shadow_only'), modeHeld(5)).entries).toEqual(silent.entries);
  });

  test('a correction is held and released as any other', () => {
    const { emitted } = play(...held, reversed(buy('f2', 60n)), modeHeld(6));
    const corrections = reportsOf(emitted).filter((one) => one.event_type === 'CORRECTION');
    expect(corrections.map((one) => [one.report_id, one.revision, one.publication])).toEqual([
      ['settlement_fill_f2_c1', 1, 'HELD'],
      ['settlement_fill_f2_c1', 2, 'RELEASED'],
    ]);
  });

  test('what is held behind a command stays held, whatever offset it names', () => {
    const { emitted } = play(...held, modeHeld(40), confirmed(buy('f3', 70n)), modeHeld(50));
    const ids = reportsOf(emitted).map((one) => `${one.report_id}/${one.revision}`);
    expect(ids.slice(-2)).toEqual(['settlement_fill_f3/1', 'settlement_fill_f3/2']);
  });

  test('the release of a window or of a revenue day is not of these books', () => {
    const { outcomes } = play(...held, modeHeld(5, { release_kind: 'REVENUE' }));
    expect(outcomes.at(-1)).toEqual({ outcome: 'ignored', because: 'release of a report' });
    const window = play(...held, modeHeld(5, { release_kind: 'WINDOW' }));
    expect(window.entries).toEqual(play(...held).entries);
  });
});
