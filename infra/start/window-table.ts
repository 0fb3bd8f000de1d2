/** Reports of windows for people at 120 columns: their totals, groups and wallets, in cents. */

import { shortId, type TableColumn, tableText } from '@polytraders/cli';
import { isoTime, type SettlementReport } from '@polytraders/contracts';
import { cents, grouped } from './summary.ts';

type Group = NonNullable<SettlementReport['groups']>[number];
type Wallet = NonNullable<SettlementReport['accounts']>[number];
type Line = Omit<Group, 'declared_fee_fills'>;

/** A report by market may have thousands of groups. */
const GROUPS_SHOWN = 12;

/** The last revision of one window: by group, in total, and how it stands with the chain. */
export function windowTables(report: SettlementReport): string {
  const groups = report.groups ?? [];
  const lines: Line[] = groups.slice(0, GROUPS_SHOWN);
  if (groups.length > lines.length) {
    lines.push({ ...sumOf(groups.slice(lines.length)), group: 'the others' });
  }
  const { report_id: id, publication } = report;
  return (
    `Report of ${dayText(report)}: ${id}, ${publication.toLowerCase()}\n` +
    `${tableText(groupColumns(report.group_by ?? 'bot'), [...lines, totalOf(report)], '')}\n` +
    `${tableText(WALLETS, report.accounts ?? [], 'No wallet is known yet.')}` +
    chainText(report)
  );
}

/** One line a window: what `polytraders windows` has in full. */
export function windowList(reports: readonly SettlementReport[]): string {
  return tableText(WINDOWS, reports, 'No window is closed yet.');
}

function chainText(report: SettlementReport): string {
  const { reconciliation_status: status, onchain_drift_pusd: drift, publication } = report;
  const unsettled = report.unsettled_pusd ?? 0n;
  const lines = [
    status === 'PENDING'
      ? 'Wallets: PENDING, the chain has not answered.'
      : `Wallets: ${status ?? ''}, books and chain are ${cents(drift ?? 0n)} pUSD apart.`,
  ];
  if (unsettled !== 0n) {
    lines.push(
      `No gateway has named the transaction of fills with ${cents(unsettled)} pUSD of cash: they,`,
      'and the shares of fills that were set aside, cannot be placed on the chain.',
    );
  }
  if (publication === 'HELD') {
    const day = isoTime(report.window_start ?? 0).slice(0, 10);
    lines.push(`polytraders gov pnl approve --window ${day} shows what is held, and releases it.`);
  }
  return `${lines.join('\n')}\n`;
}

function totalOf(report: SettlementReport): Line {
  return {
    group: 'all',
    total_fills: report.total_fills ?? 0,
    gross_volume_pusd: report.gross_volume_pusd ?? (0n as Line['gross_volume_pusd']),
    realised_pnl_pusd: report.realised_pnl_pusd ?? (0n as Line['realised_pnl_pusd']),
    unrealised_pnl_pusd: report.unrealised_pnl_pusd,
    gross_fees_pusd: report.gross_fees_pusd ?? (0n as Line['gross_fees_pusd']),
    maker_rebates_pusd: report.maker_rebates_pusd ?? (0n as Line['maker_rebates_pusd']),
    net_fees_pusd: report.net_fees_pusd ?? (0n as Line['net_fees_pusd']),
    net_pnl_pusd: report.net_pnl_pusd ?? (0n as Line['net_pnl_pusd']),
  };
}

function sumOf(groups: readonly Line[]): Line {
  const [first, ...rest] = groups;
  if (first === undefined) throw new Error('Invariant: a sum of groups is of one at least.');
  const plus = <T extends bigint>(a: T, b: T): T => (a + b) as T;
  return rest.reduce(
    (sum, one) => ({
      group: sum.group,
      total_fills: sum.total_fills + one.total_fills,
      gross_volume_pusd: plus(sum.gross_volume_pusd, one.gross_volume_pusd),
      realised_pnl_pusd: plus(sum.realised_pnl_pusd, one.realised_pnl_pusd),
      unrealised_pnl_pusd:
        sum.unrealised_pnl_pusd === null || one.unrealised_pnl_pusd === null
          ? null
          : plus(sum.unrealised_pnl_pusd, one.unrealised_pnl_pusd),
      gross_fees_pusd: plus(sum.gross_fees_pusd, one.gross_fees_pusd),
      maker_rebates_pusd: plus(sum.maker_rebates_pusd, one.maker_rebates_pusd),
      net_fees_pusd: plus(sum.net_fees_pusd, one.net_fees_pusd),
      net_pnl_pusd: plus(sum.net_pnl_pusd, one.net_pnl_pusd),
    }),
    first,
  );
}

function amount<Row>(title: string, of: (row: Row) => bigint | null): TableColumn<Row> {
  return { title, text: (row) => amountText(of(row)), right: true };
}

function amountText(micros: bigint | null): string {
  return micros === null ? '–' : cents(micros);
}

function groupColumns(by: string): readonly TableColumn<Line>[] {
  return [
    { title: by, text: ({ group }) => shortId(group) },
    { title: 'fills', text: ({ total_fills: fills }) => grouped(fills), right: true },
    amount('volume', (line) => line.gross_volume_pusd),
    amount('realised', (line) => line.realised_pnl_pusd),
    amount('unrealised', (line) => line.unrealised_pnl_pusd),
    amount('gross fees', (line) => line.gross_fees_pusd),
    amount('rebates', (line) => line.maker_rebates_pusd),
    amount('net fees', (line) => line.net_fees_pusd),
    amount('net PnL', (line) => line.net_pnl_pusd),
  ];
}

const WALLETS: readonly TableColumn<Wallet>[] = [
  { title: 'wallet', text: ({ account }) => shortId(account) },
  amount('pUSD on the chain', (wallet) => wallet.balance_pusd),
  amount('drift of the books', (wallet) => wallet.drift_pusd),
  { title: 'status', text: ({ status }) => status },
];

const WINDOWS: readonly TableColumn<SettlementReport>[] = [
  { title: 'window', text: dayText },
  { title: 'rev', text: ({ revision }) => String(revision), right: true },
  { title: 'fills', text: ({ total_fills: fills }) => grouped(fills ?? 0), right: true },
  amount('volume', (report) => report.gross_volume_pusd),
  amount('realised', (report) => report.realised_pnl_pusd),
  amount('unrealised', (report) => report.unrealised_pnl_pusd),
  amount('net fees', (report) => report.net_fees_pusd),
  amount('net PnL', (report) => report.net_pnl_pusd),
  { title: 'wallets', text: ({ reconciliation_status: status }) => status ?? 'PENDING' },
];

function dayText({ window_kind: kind, window_start: start }: SettlementReport): string {
  const day = isoTime(start ?? 0).slice(0, 10);
  return kind === 'weekly' ? `the week from ${day}` : day;
}
