import { describe, expect, test } from '@jest/globals';
import { type SettlementReport } from '@polytraders/contracts';
import { fixture } from '@polytraders/contracts/fixtures';
import { pusd } from '@polytraders/money';
import { eveningOf, PUSD } from '@polytraders/testkit/generator';
import { checkChain, checkWindows } from './window-check.ts';
import { type WindowFacts } from './window-facts.ts';

const template: SettlementReport = fixture('SettlementReport', 'SETTLEMENT_REPORT');
const group = {
  group: 'mm',
  total_fills: 2,
  declared_fee_fills: 0,
  gross_volume_pusd: pusd(10n),
  realised_pnl_pusd: pusd(5n),
  unrealised_pnl_pusd: pusd(-1n),
  gross_fees_pusd: pusd(3n),
  maker_rebates_pusd: pusd(1n),
  net_fees_pusd: pusd(2n),
  net_pnl_pusd: pusd(3n),
};
const { group: _, ...totals } = group;

/** A day with one group, and two wallets that are one micro apart each. */
function dayReport(revision: number, more: Partial<SettlementReport> = {}): SettlementReport {
  const drifts = [1n, -1n].map((drift, at) => ({
    account: `0x${String(at)}`,
    balance_pusd: pusd(7n),
    drift_pusd: pusd(drift),
    status: 'RECONCILED' as const,
  }));
  return {
    ...template,
    ...totals,
    event_id: `e${String(revision)}`,
    report_id: `r${String(revision)}`,
    revision,
    supersedes: revision === 1 ? null : `e${String(revision - 1)}`,
    quarantined_fills: 1,
    onchain_drift_pusd: pusd(2n),
    groups: [group],
    accounts: drifts,
    ...more,
  };
}

function faithful(
  revisions = [dayReport(1, { reconciliation_status: 'PENDING' }), dayReport(2)],
): WindowFacts {
  const sums = {
    fills: 2,
    quarantined: 1,
    volume: 10n,
    realised: 5n,
    grossFees: 3n,
    rebates: 1n,
    netFees: 2n,
  };
  return {
    revisions,
    last: revisions.slice(-1),
    stored: revisions.map(({ report_id: id }) => id),
    sums: new Map([[revisions.at(-1)?.report_id ?? '', sums]]),
    linesAfter: 0,
  };
}

const found = (facts: WindowFacts) =>
  checkWindows(facts).flatMap(({ difference }) => difference ?? []);

describe('the check of reports of windows', () => {
  test('holds for reports that say what the lines and the groups say', () => {
    expect(found(faithful())).toEqual([]);
  });

  test('sees a micro that the lines of the day do not have', () => {
    const more = {
      realised_pnl_pusd: pusd(6n),
      groups: [{ ...group, realised_pnl_pusd: pusd(6n) }],
    };
    const facts = faithful([dayReport(1, more)]);
    expect(found(facts)).toEqual(['r1: realised expected 5, found 6 ']);
  });

  test('sees groups that are not the whole, and drifts that were set off', () => {
    const facts = faithful([
      dayReport(1, {
        groups: [{ ...group, unrealised_pnl_pusd: pusd(0n) }],
        onchain_drift_pusd: pusd(0n),
      }),
    ]);
    expect(found(facts)).toEqual([
      'r1: unrealised expected 0, found -1, r1: drift expected 2, found 0 ',
    ]);
  });

  test('sees a revision that is lost, one that came twice, and one that says nothing new', () => {
    const first = dayReport(1);
    expect(found({ ...faithful([first]), stored: ['r1', 'r2'] })).toEqual(['r2 does not']);
    expect(found({ ...faithful([first]), revisions: [first, first] })).toEqual([
      'r1 does not',
      'r1 does not follow revision 1 ',
    ]);
    expect(found(faithful([first, dayReport(2)]))).toEqual([
      'r2 says what the revision before it says ',
    ]);
  });
});

type Status = NonNullable<SettlementReport['accounts']>[number]['status'];

test('the chain check compares wallets one by one, in cash and in shares', () => {
  const evening = eveningOf({ seed: 'check', fills: 100 });
  const [account = ''] = evening.openings.map(({ key }) => key);
  const own = { ...evening, openings: evening.openings.slice(0, 1) };
  const at = (asset: string, amount: bigint) => ({ account, asset, amount });
  const settled = {
    evening: own,
    midnight: [at(PUSD, 100n), at('1', 5n), at('2', 4n)],
    placed: [at(PUSD, 97n), at('1', 6n)],
  };
  const said = (balance: bigint | null, drift: bigint | null, status = 'RECONCILED' as Status) =>
    dayReport(1, {
      accounts: [
        {
          account,
          balance_pusd: balance === null ? null : pusd(balance),
          drift_pusd: drift === null ? null : pusd(drift),
          status: balance === null ? 'PENDING' : status,
        },
      ],
    });
  expect(checkChain(settled, said(100n, 5n)).difference).toBeNull();
  expect(checkChain(settled, said(100n, -3n)).difference).toContain(
    'expected 100 / 5 RECONCILED, found 100 / -3 RECONCILED',
  );
  expect(checkChain(settled, said(100n, 5n, 'FAILED')).difference).toContain(
    'expected 100 / 5 RECONCILED, found 100 / 5 FAILED',
  );
  expect(checkChain(settled, said(null, null)).difference).toContain('found PENDING');
  expect(checkChain(settled, undefined).difference).toContain('found nothing');
  const noShares = { ...settled, midnight: [at(PUSD, 100n)], placed: [at(PUSD, 97n)] };
  expect(checkChain(noShares, said(100n, -3n)).difference).toBeNull();
  const apart = (cash: bigint) => ({ ...settled, midnight: [at(PUSD, cash)], placed: [] });
  const statusAt = (cash: bigint): Status =>
    cash > 50_000_000n ? 'UNRECONCILED' : cash > 10_000n ? 'FAILED' : 'RECONCILED';
  for (const cash of [10_000n, 10_001n, 50_000_000n, 50_000_001n]) {
    const report = said(cash, -cash, statusAt(cash));
    expect(checkChain(apart(cash), report).difference).toBeNull();
  }
});
