/** `polytraders ledger`: the append-only lines of the books, newest first. */

import { type Command } from 'commander';
import { type CommandContext } from '../command.ts';
import { addListing, cellText } from '../listing.ts';
import { PNL, type Row, type View } from '../rows.ts';
import { shortId, type TableColumn } from '../table.ts';

const VIEW = {
  place: PNL,
  name: 'pnl_ledger',
  order: 'recorded_at DESC, partition, "offset" DESC, line DESC',
  fields: {
    partition: 'count',
    offset: 'count',
    line: 'count',
    recorded_at: 'time',
    effective_at: 'time',
    entry_kind: 'text',
    detail: 'text',
    fill_id: 'text',
    event_id: 'text',
    account: 'text',
    trading_bot_id: 'text',
    condition_id: 'text',
    token_id: 'text',
    order_id: 'text',
    side: 'text',
    order_side: 'text',
    quantity_shares: 'amount',
    size_pusd: 'amount',
    price: 'amount',
    fee_source: 'text',
    fee_bps_match_event: 'count',
    gross_fee_pusd: 'amount',
    maker_rebate_pusd: 'amount',
    net_fee_pusd: 'amount',
    cash_pusd: 'amount',
    effect: 'text',
    realised_pnl_pusd: 'amount',
    unrealised_pnl_pusd: 'amount',
    position_shares: 'amount',
    cost_basis_before_pusd: 'amount',
    carried_basis_pusd: 'amount',
    unknown_basis_pusd: 'amount',
    cost_basis_pusd: 'amount',
    avg_cost: 'amount',
    mark_price: 'amount',
    mark_age_ms: 'count',
    mark_kind: 'text',
    neg_risk_price: 'amount',
    neg_risk_mark_sum: 'amount',
    neg_risk: 'flag',
    paper: 'flag',
    quarantined: 'flag',
    reason_codes: 'list',
    books_complete: 'flag',
    incomplete_reasons: 'list',
    source: 'text',
    tx_hash: 'text',
  },
} as const satisfies View<string>;

type Name = keyof (typeof VIEW)['fields'];

const text = (title: string, name: Name): TableColumn<Row<Name>> => ({
  title,
  text: (row) => cellText(row, name),
});

const number = (title: string, name: Name): TableColumn<Row<Name>> => ({
  ...text(title, name),
  right: true,
});

export function addLedger(program: Command, context: CommandContext): void {
  addListing<Name>(program, context, {
    command: 'ledger',
    description:
      'One line per fill, movement and settlement of a book: what it did, what it cost and made.',
    view: VIEW,
    whenEmpty: 'No ledger lines match.',
    extend: (command) => command.option('--fill-id <id>', 'only the lines of this fill'),
    options: ['account', 'bot', 'token', 'condition'],
    filters: ({ account, bot, token, condition, fillId }) => ({
      account,
      trading_bot_id: bot,
      token_id: token,
      condition_id: condition,
      fill_id: fillId,
    }),
    columns: [
      { title: 'place', text: (row) => `${cellText(row, 'partition')}/${cellText(row, 'offset')}` },
      text('kind', 'entry_kind'),
      text('fill', 'fill_id'),
      { title: 'account', text: (row) => shortId(row.account as string) },
      text('bot', 'trading_bot_id'),
      { title: 'token', text: (row) => shortId(row.token_id as string | null) },
      text('side', 'order_side'),
      number('shares', 'quantity_shares'),
      number('size pUSD', 'size_pusd'),
      number('cash', 'cash_pusd'),
      number('fee', 'gross_fee_pusd'),
      text('effect', 'effect'),
      number('realised', 'realised_pnl_pusd'),
      number('position', 'position_shares'),
      { title: 'kept back', text: (row) => keptBack(row) },
    ],
  });
}

/** A quarantined line has its reason; the others have nothing to say here. */
function keptBack(row: Row<Name>): string {
  return row.quarantined === true ? cellText(row, 'reason_codes') : '';
}
