/** Do the reports of windows say what the ledger, their own groups and the wallets say? */

import { toJson, type SettlementReport } from '@polytraders/contracts';
import { PUSD } from '@polytraders/testkit/generator';
import { type Check, claim } from './cross-check.ts';
import { type Settled } from './scene.ts';
import { type WindowFacts, windowOf, type WindowSums } from './window-facts.ts';

/** Micros. */
const TOLERANCE = 10_000n;
const FAILED_MOST = 50_000_000n;

/** What must hold of the reports of any ledger. */
export function checkWindows(facts: WindowFacts): Check[] {
  const { last, revisions, stored, sums } = facts;
  const unlike = last.flatMap((report) => differences(report, sums.get(report.report_id)));
  const apart = last.flatMap((report) => groupsApart(report));
  const published = revisions.map(({ report_id: id }) => id);
  const wrong = [
    ...stored.filter((id) => published.filter((one) => one === id).length !== 1),
    ...published.filter((id) => !stored.includes(id)),
  ];
  return [
    claim("totals of a window's report are the lines of its days (SQL)", unlike, ''),
    claim('groups and wallets of a report sum to its totals', apart, ''),
    claim('each revision of a report stands on the topic once', wrong, 'does not'),
    claim('no revision repeats the one before it', repetitions(revisions), ''),
  ];
}

/**
 * What the chain says of the day's wallets at midnight, and how far the books are apart from it, is
 * what the accountant says of both. Books lack what nobody named the transaction of, shares of
 * fills that were set aside, and what left the wallets without a word.
 */
export function checkChain(
  { midnight, placed, evening }: Pick<Settled, 'midnight' | 'placed' | 'evening'>,
  report: SettlementReport | undefined,
): Check {
  const said = new Map((report?.accounts ?? []).map((one) => [one.account, one]));
  const wallets = evening.openings.map(({ key }) => key).filter((key) => key.startsWith('0x'));
  const off: string[] = [];
  for (const account of wallets) {
    const own = midnight.filter((one) => one.account === account);
    const booked = new Map(
      placed.filter((one) => one.account === account).map((one) => [one.asset, one.amount]),
    );
    const balance = own.find(({ asset }) => asset === PUSD)?.amount ?? 0n;
    const cash = (booked.get(PUSD) ?? 0n) - balance;
    const assets = new Set([...own.map(({ asset }) => asset), ...booked.keys()]);
    assets.delete(PUSD);
    let tokens = 0n;
    for (const asset of assets) {
      const held = own.find((one) => one.asset === asset)?.amount ?? 0n;
      tokens += absolute((booked.get(asset) ?? 0n) - held);
    }
    const drift = tokens > absolute(cash) ? tokens : cash;
    const found = said.get(account);
    const wanted = `${balance} / ${drift} ${statusOf(drift)}`;
    const had =
      found?.balance_pusd == null
        ? (found?.status ?? 'nothing')
        : `${found.balance_pusd} / ${found.drift_pusd ?? 'none'} ${found.status}`;
    if (wanted !== had) off.push(`${account}: expected ${wanted}, found ${had}`);
  }
  return claim(`balance and drift of ${wallets.length} wallets at midnight on the chain`, off, '');
}

/** Rule B13, with the tolerance that `reconcile_tolerance_pusd` has by itself. */
function statusOf(drift: bigint): string {
  const apart = absolute(drift);
  return apart <= TOLERANCE ? 'RECONCILED' : apart <= FAILED_MOST ? 'FAILED' : 'UNRECONCILED';
}

function differences(report: SettlementReport, due: WindowSums | undefined): string[] {
  const said: WindowSums = {
    fills: report.total_fills ?? 0,
    quarantined: report.quarantined_fills ?? 0,
    volume: report.gross_volume_pusd ?? 0n,
    realised: report.realised_pnl_pusd ?? 0n,
    grossFees: report.gross_fees_pusd ?? 0n,
    rebates: report.maker_rebates_pusd ?? 0n,
    netFees: report.net_fees_pusd ?? 0n,
  };
  return (Object.keys(said) as (keyof WindowSums)[])
    .filter((name) => said[name] !== due?.[name])
    .map((name) => {
      const found = `found ${String(said[name])}`;
      return `${report.report_id}: ${name} expected ${String(due?.[name])}, ${found}`;
    });
}

/** Totals that are not the sums of the groups, and a drift that is not that of its wallets. */
function groupsApart(report: SettlementReport): string[] {
  const groups = report.groups ?? [];
  const sum = (of: (group: (typeof groups)[number]) => bigint | null): bigint | null =>
    groups.reduce<bigint | null>((total, group) => {
      const one = of(group);
      return total === null || one === null ? null : total + one;
    }, 0n);
  const pairs: readonly (readonly [string, bigint | null, bigint | null])[] = [
    ['fills', BigInt(report.total_fills ?? 0), sum(({ total_fills: fills }) => BigInt(fills))],
    ['volume', report.gross_volume_pusd, sum((group) => group.gross_volume_pusd)],
    ['realised', report.realised_pnl_pusd, sum((group) => group.realised_pnl_pusd)],
    ['unrealised', report.unrealised_pnl_pusd, sum((group) => group.unrealised_pnl_pusd)],
    ['gross fees', report.gross_fees_pusd, sum((group) => group.gross_fees_pusd)],
    ['net fees', report.net_fees_pusd, sum((group) => group.net_fees_pusd)],
    ['net PnL', report.net_pnl_pusd, sum((group) => group.net_pnl_pusd)],
    ['drift', report.onchain_drift_pusd, driftOf(report)],
  ];
  return pairs
    .filter(([, total, groupsTotal]) => total !== groupsTotal)
    .map(([name, total, groupsTotal]) => {
      const of = `${report.report_id}: ${name}`;
      return `${of} expected ${String(groupsTotal)}, found ${String(total)}`;
    });
}

/** Never a sum of signed drifts; none while one wallet is not compared. */
function driftOf({ accounts, onchain_drift_pusd: total }: SettlementReport): bigint | null {
  if (total === null) return null;
  return (accounts ?? []).reduce((sum, { drift_pusd: drift }) => sum + absolute(drift ?? 0n), 0n);
}

/** Revisions out of their order, and those that say what the one before said. */
function repetitions(revisions: readonly SettlementReport[]): string[] {
  const before = new Map<string, SettlementReport>();
  const off: string[] = [];
  for (const report of revisions) {
    const was = before.get(windowOf(report));
    before.set(windowOf(report), report);
    const { report_id: id, revision, supersedes } = report;
    if (revision !== (was?.revision ?? 0) + 1 || supersedes !== (was?.event_id ?? null)) {
      off.push(`${id} does not follow revision ${String(was?.revision ?? 0)}`);
    } else if (was !== undefined && contentOf(was) === contentOf(report)) {
      off.push(`${id} says what the revision before it says`);
    }
  }
  return off;
}

/** What the report says, without who it is and when it was made. */
function contentOf(report: SettlementReport): string {
  const names = ['event_id', 'causation_id', 'correlation_id', 'recorded_at', 'report_id'];
  const without = new Set([...names, 'revision', 'supersedes', 'mode']);
  const told = Object.entries(toJson('SettlementReport', report) as Record<string, unknown>);
  return JSON.stringify(told.filter(([name]) => !without.has(name)));
}

function absolute(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}
