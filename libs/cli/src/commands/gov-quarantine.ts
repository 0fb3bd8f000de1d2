/**
 * `polytraders gov pnl quarantine list` shows the fills that wait for a review, `show` everything
 * that the books know of one fill: its lines, who reviewed it, and what that changed. The lines are
 * the audit: nothing of them is ever rewritten.
 */

import { type Command, Option } from 'commander';
import { idOf } from '../arguments.ts';
import { type CommandContext, printJson } from '../command.ts';
import { addListing, cellText } from '../listing.ts';
import { fillOf, type LineRow, LINES, type ReviewedFill, REVIEWS } from '../review/rows.ts';
import { fillText, reasonsText } from '../review/text.ts';
import { rowToJson } from '../rows.ts';
import { withDatabase } from '../servers.ts';
import { type TableColumn, shortId, tableText } from '../table.ts';
import { SET_ASIDE, SET_ASIDE_COLUMNS } from './quarantine.ts';

export function addGovQuarantine(pnl: Command, context: CommandContext): void {
  const group = pnl
    .command('quarantine')
    .description('Fills that are set aside until somebody has reviewed them.');
  addListing(group, context, {
    command: 'list',
    description: 'Fills that wait for a review, the latest first.',
    view: SET_ASIDE,
    columns: SET_ASIDE_COLUMNS,
    whenEmpty: 'No fill is set aside.',
    note: 'polytraders gov pnl reprocess books one, at a reviewed fee.',
    reasons: 'reason_codes',
    filters: ({ account, bot, token, fillId }) => ({
      account,
      trading_bot_id: bot,
      token_id: token,
      fill_id: fillId,
    }),
    extend: (command) => command.option('--fill-id <id>', 'only this fill'),
  });
  group
    .command('show')
    .description('All that the books know of a fill: its lines, its reviews, what they changed.')
    .addOption(new Option('--fill-id <id>', 'which fill').argParser(idOf).makeOptionMandatory())
    .option('--json', 'JSON for programs: amounts as decimal strings, times in UTC')
    .action(async ({ fillId, json }: { readonly fillId: string; readonly json?: boolean }) => {
      const fill = await withDatabase(context.env, (database) => fillOf(database, fillId));
      if (json === true) printJson(context.terminal, jsonOf(fill));
      else context.terminal.out(textOf(fill));
    });
}

function jsonOf({ line, review, all }: ReviewedFill): object {
  return {
    fill_id: line.fill_id,
    review: review === null ? null : rowToJson(REVIEWS, review),
    lines: all.map((one) => ({ ...rowToJson(LINES, one), detail: detailOf(one) })),
  };
}

/** What a line says in its detail, as JSON where it is. */
function detailOf({ detail }: LineRow): unknown {
  if (detail === null) return null;
  try {
    return JSON.parse(String(detail)) as unknown;
  } catch {
    return detail;
  }
}

function textOf(fill: ReviewedFill): string {
  const { review, all } = fill;
  const who =
    review === null
      ? ''
      : `${review.stage === 'RELEASED' ? 'Released' : 'Taken back'} ` +
        `${String(review.updated_at)}: reviewed by ${String(review.proposed_by)}, approved by ` +
        `${String(review.approved_by)}. ${String(review.reason)}\n`;
  return `${fillText(fill)}${reasonsText(fill.line)}${who}\n${tableText(COLUMNS, all, 'None.')}`;
}

const COLUMNS: readonly TableColumn<LineRow>[] = [
  { title: 'line', text: (row) => cellText(row, 'entry_kind') },
  { title: 'set aside', text: (row) => cellText(row, 'quarantined') },
  { title: 'recorded', text: (row) => cellText(row, 'recorded_at') },
  { title: 'bot', text: (row) => cellText(row, 'trading_bot_id') },
  { title: 'token', text: (row) => shortId(row.token_id as string | null) },
  { title: 'shares', text: (row) => cellText(row, 'quantity_shares'), right: true },
  { title: 'size pUSD', text: (row) => cellText(row, 'size_pusd'), right: true },
  { title: 'fee', text: (row) => cellText(row, 'gross_fee_pusd'), right: true },
  { title: 'realised', text: (row) => cellText(row, 'realised_pnl_pusd'), right: true },
  { title: 'cash', text: (row) => cellText(row, 'cash_pusd'), right: true },
  { title: 'log place', text: (row) => `${cellText(row, 'partition')}/${cellText(row, 'offset')}` },
];
