/**
 * `polytraders reports`: the settlement topic as its consumers see it, read_committed, from its
 * beginning: how many reports there are, of which kind, and the last ones.
 */

import { type SettlementReport, toJson, toldOf } from '@polytraders/contracts';
import { formatFixed, formatPrice } from '@polytraders/money';
import { type Command } from 'commander';
import { type CommandContext, printJson } from '../command.ts';
import { type ListOptions, withListOptions } from '../filters.ts';
import { markText } from '../mark-text.ts';
import { PNL, schemaOf } from '../rows.ts';
import { scanTopic } from '../scan-topic.ts';
import { withBus, withDatabase } from '../servers.ts';
import { shortId, type TableColumn, tableText } from '../table.ts';

export const SETTLEMENT_TOPIC = 'polytraders.reports.settlement';

/** What was found on the topic. */
export type ReportScan = {
  /** Committed records on the topic. */
  readonly records: number;
  /** Those that are reports and match the filters. */
  readonly matching: number;
  readonly undecodable: number;
  readonly byType: Readonly<Record<string, number>>;
  /** The last ones that match, oldest first. */
  readonly last: readonly SettlementReport[];
};

export function addReports(program: Command, context: CommandContext): void {
  withListOptions(program.command('reports'))
    .description('What a read_committed consumer finds on polytraders.reports.settlement.')
    .option('--fill-id <id>', 'only the reports of this fill')
    .action(async (options: ListOptions) => {
      const scan = await withDatabase(context.env, async (database) => {
        // Who publishes reports has tables; without them there is nothing to read the topic with.
        await schemaOf(database, PNL);
        return withBus(context.env, database, (bus) => scanReports(bus, options));
      });
      if (options.json === true) printJson(context.terminal, jsonOf(scan));
      else context.terminal.out(textOf(scan));
    });
}

/** Counts the topic and keeps the last `limit` reports that match. */
export async function scanReports(
  bus: Parameters<typeof scanTopic>[0],
  options: ListOptions,
): Promise<ReportScan> {
  const byType: Record<string, number> = {};
  const kept: SettlementReport[] = [];
  let matching = 0;
  let undecodable = 0;
  const records = await scanTopic(bus, SETTLEMENT_TOPIC, ({ content }) => {
    if (!('type' in content) || content.type !== 'SettlementReport') {
      undecodable += 1;
      return;
    }
    const report = content.value as SettlementReport;
    if (!matches(report, options)) return;
    matching += 1;
    byType[report.event_type] = (byType[report.event_type] ?? 0) + 1;
    kept.push(report);
    // Now and then, so that a long topic does not lie in memory as a whole.
    if (kept.length > 2 * options.limit + 10_000) keepLast(kept, options.limit);
  });
  keepLast(kept, options.limit);
  return { records, matching, undecodable, byType, last: kept };
}

/** Partitions come interleaved; the time of writing orders them for people. */
function keepLast(reports: SettlementReport[], limit: number): void {
  reports.sort((a, b) => a.recorded_at - b.recorded_at);
  reports.splice(0, Math.max(0, reports.length - limit));
}

function matches(report: SettlementReport, options: ListOptions): boolean {
  const { account, bot, token, fillId } = options;
  return (
    (account === undefined || report.account === account) &&
    (bot === undefined || report.trading_bot_id === bot) &&
    (token === undefined || report.token_id === token) &&
    (fillId === undefined ||
      report.fill_id === fillId ||
      report.corrects === `settlement_fill_${fillId}`)
  );
}

function jsonOf(scan: ReportScan): object {
  return {
    topic: SETTLEMENT_TOPIC,
    records: scan.records,
    matching: scan.matching,
    undecodable: scan.undecodable,
    by_event_type: scan.byType,
    reports: scan.last.map((report) => toJson('SettlementReport', report)),
    told: Object.fromEntries(scan.last.map((report) => [report.report_id, toldOf(report)])),
  };
}

function textOf(scan: ReportScan): string {
  const kinds = Object.entries(scan.byType).map(([type, count]) => `${count} ${type}`);
  const summary =
    `${SETTLEMENT_TOPIC}: ${scan.records} committed records, ${scan.matching} match` +
    `${kinds.length === 0 ? '' : ` (${kinds.join(', ')})`}` +
    `${scan.undecodable === 0 ? '' : `, ${scan.undecodable} do not decode`}.\n\n`;
  return summary + tableText(COLUMNS, scan.last, 'No report matches.') + toldText(scan.last);
}

/** What users are told of the reports that are shown, each sentence once. */
function toldText(reports: readonly SettlementReport[]): string {
  const told = new Set(reports.flatMap((report) => toldOf(report)));
  if (told.size === 0) return '';
  const lines = [...told].map((one) => `- ${one}\n`);
  return `\nWhat users are told of these reports:\n${lines.join('')}`;
}

const amount = (
  title: string,
  of: (report: SettlementReport) => bigint | null,
): TableColumn<SettlementReport> => ({
  title,
  text: (report) => amountText(of(report)),
  right: true,
});

function amountText(micros: bigint | null): string {
  return micros === null ? '–' : formatFixed(micros, 6);
}

/** Of a fill its mark; of a window how many of its marks are stale. */
function atMark(report: SettlementReport): string {
  const { mark_price: price, mark_kind: kind, mark_age_ms: ageMs, stale_marks } = report;
  if (stale_marks !== null) return `${String(stale_marks)} stale`;
  const stale = report.reason_codes.includes('STALE_DATA');
  return markText({ price: price === null ? null : formatPrice(price), kind, ageMs, stale });
}

const COLUMNS: readonly TableColumn<SettlementReport>[] = [
  { title: 'report', text: (report) => report.report_id },
  { title: 'rev', text: (report) => String(report.revision), right: true },
  { title: 'account', text: (report) => shortId(report.account) },
  { title: 'bot', text: (report) => report.trading_bot_id ?? report.bot_id },
  { title: 'side', text: (report) => report.order_side ?? '–' },
  // Of a settled book: the shares that were settled, and what they pay.
  amount('shares', (report) => report.quantity_shares ?? report.settled_shares),
  amount('size pUSD', (report) => report.size_pusd ?? report.payout_pusd),
  amount('net fee', (report) => report.net_fee_pusd),
  amount('realised', (report) => report.realised_pnl_pusd),
  amount('unrealised', (report) => report.unrealised_pnl_pusd),
  { title: 'at mark', text: (report) => atMark(report) },
  { title: 'publication', text: (report) => report.publication },
];
