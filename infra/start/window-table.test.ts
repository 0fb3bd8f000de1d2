import { expect, test } from '@jest/globals';
import { type SettlementReport } from '@polytraders/contracts';
import { fixture } from '@polytraders/contracts/fixtures';
import { pusd } from '@polytraders/money';
import { windowList, windowTables } from './window-table.ts';

const template: SettlementReport = fixture('SettlementReport', 'SETTLEMENT_REPORT');

function groupNamed(group: string, volume: bigint) {
  return {
    group,
    total_fills: 1,
    declared_fee_fills: 0,
    gross_volume_pusd: pusd(volume),
    realised_pnl_pusd: pusd(0n),
    unrealised_pnl_pusd: null,
    gross_fees_pusd: pusd(0n),
    maker_rebates_pusd: pusd(0n),
    net_fees_pusd: pusd(0n),
    net_pnl_pusd: pusd(0n),
  };
}

function dayReport(more: Partial<SettlementReport>): SettlementReport {
  return {
    ...template,
    window_kind: 'daily',
    window_start: Date.parse('2026-05-08T00:00:00Z') * 1000,
    window_end: Date.parse('2026-05-09T00:00:00Z') * 1000,
    group_by: 'bot',
    groups: [groupNamed('mm.quoter', 1_234_567_890n)],
    accounts: [],
    reconciliation_status: 'RECONCILED',
    onchain_drift_pusd: pusd(0n),
    unsettled_pusd: pusd(0n),
    publication: 'RELEASED',
    ...more,
  };
}

test('what is not known is a dash, and a report without its chain says that it has none', () => {
  const text = windowTables(
    dayReport({ reconciliation_status: 'PENDING', onchain_drift_pusd: null }),
  );
  expect(text).toMatch(/^Report of 2026-05-08: .*, released\n/);
  expect(text).toMatch(/\nmm\.quoter +1 +1,234\.56 +0\.00 +– /);
  expect(text).toMatch(/\nWallets: PENDING, the chain has not answered\.\n$/);
});

test('a report that is held says by how much, of what nothing can be said, and what to do', () => {
  const text = windowTables(
    dayReport({
      publication: 'HELD',
      reconciliation_status: 'UNRECONCILED',
      onchain_drift_pusd: pusd(60_000_001n),
      unsettled_pusd: pusd(-59_000_000n),
    }),
  );
  expect(text).toContain('Wallets: UNRECONCILED, books and chain are 60.00 pUSD apart.\n');
  expect(text).toContain('of fills with -59.00 pUSD of cash');
  expect(text).toContain('gov pnl approve --window 2026-05-08');
});

test('of many groups the first are shown, the others together, and no fill is left out', () => {
  const groups = Array.from({ length: 15 }, (_, at) => groupNamed(`m${String(at)}`, 1_000_000n));
  const text = windowTables(dayReport({ groups, total_fills: 15 }));
  expect(text).toMatch(/\nthe others +3 +3\.00 /);
  expect(text).toMatch(/\nall +15 /);
});

test('a week is named by its Monday; without a window there is a sentence', () => {
  expect(windowList([dayReport({ window_kind: 'weekly' })])).toMatch(/\nthe week from 2026-05-08 /);
  expect(windowList([])).toBe('No window is closed yet.\n');
});
