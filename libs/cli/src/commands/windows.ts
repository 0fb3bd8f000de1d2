/** `polytraders windows`: every revision of the reports of days and weeks, the newest first. */

import { type Command, Option } from 'commander';
import { type CommandContext } from '../command.ts';
import { type ListOptions } from '../filters.ts';
import { addListing, cellText } from '../listing.ts';
import { PNL, type Row, type View } from '../rows.ts';
import { type TableColumn } from '../table.ts';

export const WINDOW_REVISIONS = {
  place: PNL,
  name: 'settlement_reports',
  order: 'window_end DESC, window_start, mixed, revision DESC',
  fields: {
    report_id: 'text',
    revision: 'count',
    supersedes: 'text',
    window_kind: 'text',
    window_start: 'time',
    window_end: 'time',
    group_by: 'text',
    mixed: 'flag',
    publication: 'text',
    mode: 'text',
    total_fills: 'count',
    quarantined_fills: 'count',
    gross_volume_pusd: 'amount',
    realised_pnl_pusd: 'amount',
    unrealised_pnl_pusd: 'amount',
    gross_fees_pusd: 'amount',
    maker_rebates_pusd: 'amount',
    net_fees_pusd: 'amount',
    net_pnl_pusd: 'amount',
    reconciliation_status: 'text',
    onchain_drift_pusd: 'amount',
    unsettled_pusd: 'amount',
    reason_codes: 'list',
    incomplete_reasons: 'list',
    recorded_at: 'time',
    retained_until: 'date',
  },
} as const satisfies View<string>;

type Name = keyof (typeof WINDOW_REVISIONS)['fields'];
export type RevisionRow = Row<Name>;

const text = (title: string, name: Name): TableColumn<RevisionRow> => ({
  title,
  text: (row) => cellText(row, name),
});

const right = (title: string, name: Name): TableColumn<RevisionRow> => ({
  ...text(title, name),
  right: true,
});

export function addWindows(program: Command, context: CommandContext): void {
  addListing<Name>(program, context, {
    command: 'windows',
    description: 'Reports of days and weeks: each revision, and how it stands with the chain.',
    view: WINDOW_REVISIONS,
    whenEmpty: 'No window is closed yet.',
    note: 'A report without paper goes to polytraders.reports.settlement; one with it is mixed.',
    reasons: 'reason_codes',
    options: [],
    extend: (command) =>
      command.addOption(
        new Option('--state <state>', 'only those in it').choices(['RELEASED', 'HELD']),
      ),
    filters: ({ state }: ListOptions) => ({ publication: state }),
    columns: [
      { title: 'window', text: windowText },
      right('rev', 'revision'),
      { title: 'state', text: stateText },
      right('fills', 'total_fills'),
      right('aside', 'quarantined_fills'),
      right('volume pUSD', 'gross_volume_pusd'),
      right('realised', 'realised_pnl_pusd'),
      right('unrealised', 'unrealised_pnl_pusd'),
      right('net fees', 'net_fees_pusd'),
      right('net PnL', 'net_pnl_pusd'),
      text('wallets', 'reconciliation_status'),
      right('drift', 'onchain_drift_pusd'),
    ],
  });
}

function windowText({ window_kind: kind, window_start: start }: RevisionRow): string {
  const day = String(start).slice(0, 10);
  return kind === 'weekly' ? `week from ${day}` : day;
}

function stateText({ publication, mixed }: RevisionRow): string {
  return `${String(publication)}${mixed === true ? ', mixed' : ''}`;
}
