/** `polytraders positions`: every book (account, bot, token) and what is in it. */

import { type Command } from 'commander';
import { type CommandContext } from '../command.ts';
import { addListing, cellText } from '../listing.ts';
import { markText } from '../mark-text.ts';
import { PNL, type Row, type View } from '../rows.ts';
import { shortId, type TableColumn } from '../table.ts';

const VIEW = {
  place: PNL,
  name: 'positions',
  order: 'account, trading_bot_id, token_id',
  fields: {
    account: 'text',
    trading_bot_id: 'text',
    condition_id: 'text',
    token_id: 'text',
    position_shares: 'amount',
    cost_basis_pusd: 'amount',
    avg_cost: 'amount',
    realised_pnl_pusd: 'amount',
    unrealised_pnl_pusd: 'amount',
    mark_price: 'amount',
    mark_kind: 'text',
    mark_observed_at: 'time',
    mark_age_ms: 'count',
    mark_stale: 'flag',
    neg_risk: 'flag',
    neg_risk_price: 'amount',
    volume_pusd: 'amount',
    gross_fees_pusd: 'amount',
    maker_rebates_pusd: 'amount',
    net_fees_pusd: 'amount',
    fills: 'count',
    quarantined_fills: 'count',
    books_complete: 'flag',
    incomplete_reasons: 'list',
  },
} as const satisfies View<string>;

type Name = keyof (typeof VIEW)['fields'];

const id = (title: string, name: Name): TableColumn<Row<Name>> => ({
  title,
  text: (row) => shortId(row[name] as string | null),
});

const number = (title: string, name: Name): TableColumn<Row<Name>> => ({
  title,
  text: (row) => cellText(row, name),
  right: true,
});

export function addPositions(program: Command, context: CommandContext): void {
  addListing<Name>(program, context, {
    command: 'positions',
    description: 'Shares, cost and realised PnL of every book: account, bot, token.',
    view: VIEW,
    whenEmpty: 'No positions match.',
    // Rule B4: a live unrealised figure is indicative and says so.
    note:
      'Unrealised is indicative: at the mark of the last fill of each book, or of its ' +
      'negative-risk event, not at one of now.',
    options: ['account', 'bot', 'token', 'condition'],
    filters: ({ account, bot, token, condition }) => ({
      account,
      trading_bot_id: bot,
      token_id: token,
      condition_id: condition,
    }),
    columns: [
      id('account', 'account'),
      { title: 'bot', text: (row) => cellText(row, 'trading_bot_id') },
      id('token', 'token_id'),
      number('shares', 'position_shares'),
      number('cost pUSD', 'cost_basis_pusd'),
      number('avg cost', 'avg_cost'),
      number('realised pUSD', 'realised_pnl_pusd'),
      number('unrealised', 'unrealised_pnl_pusd'),
      { title: 'at mark', text: atMark },
      number('net fees', 'net_fees_pusd'),
      number('fills', 'fills'),
      { title: 'complete', text: (row) => completeness(row) },
    ],
  });
}

function atMark(row: Row<Name>): string {
  return markText({
    price: row.mark_price as string | null,
    kind: row.mark_kind as string | null,
    ageMs: row.mark_age_ms as number | null,
    stale: row.mark_stale === true,
  });
}

function completeness(row: Row<Name>): string {
  return row.books_complete === true ? 'yes' : `no: ${cellText(row, 'incomplete_reasons')}`;
}
