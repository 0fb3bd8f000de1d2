/** `polytraders reservations`: what is kept for which order or request, and how each one ended. */

import { type ReservationChanged } from '@polytraders/contracts';
import { type Command, Option } from 'commander';
import { type CommandContext } from '../command.ts';
import { assetText, eitherAmount } from '../assets.ts';
import { idOf } from '../arguments.ts';
import { type ListOptions } from '../filters.ts';
import { addListing, cellText } from '../listing.ts';
import { INVENTORY, type Row, type View } from '../rows.ts';
import { shortId, type TableColumn } from '../table.ts';

export const RESERVATIONS = {
  place: INVENTORY,
  name: 'reservations',
  // What still keeps something comes first.
  order: `state <> 'pending', account, expires_at DESC NULLS LAST, reservation_id`,
  fields: {
    reservation_id: 'text',
    account: 'text',
    trading_bot_id: 'text',
    asset: 'text',
    token_id: 'text',
    order_id: 'text',
    state: 'text',
    requested_shares: 'amount',
    requested_pusd: 'amount',
    remaining_shares: 'amount',
    remaining_pusd: 'amount',
    expires_at: 'time',
    reason_code: 'text',
    ledger_partition: 'count',
    ledger_offset: 'count',
  },
} as const satisfies View<string>;

type Name = keyof (typeof RESERVATIONS)['fields'];
export type ReservationRow = Row<Name>;

const STATES = [
  'pending',
  'posted',
  'voided',
  'expired',
  'refused',
] as const satisfies readonly ReservationChanged['state'][];

const text = (title: string, name: Name): TableColumn<ReservationRow> => ({
  title,
  text: (row) => cellText(row, name),
});

const amount = (title: string, name: string): TableColumn<ReservationRow> => ({
  title,
  text: (row) => eitherAmount(row, name),
  right: true,
});

export function addReservations(program: Command, context: CommandContext): void {
  addListing<Name>(program, context, {
    command: 'reservations',
    description: 'What is kept for orders and requests: one reservation each, and how it ended.',
    view: RESERVATIONS,
    whenEmpty: 'No reservations match.',
    note: 'Amounts of pUSD are with the largest fee of the order, where it states one.',
    reasons: 'reason_code',
    extend: (command) =>
      command
        .addOption(new Option('--pusd', 'only pUSD').conflicts('token'))
        .addOption(new Option('--id <id>', 'only this reservation').argParser(idOf))
        .option('--order <id>', 'only that of this order')
        .addOption(new Option('--state <state>', 'only those in it').choices(STATES)),
    filters: ({ account, bot, token, pusd, id, order, state }: ListOptions) => ({
      account,
      trading_bot_id: bot,
      token_id: token,
      asset: pusd === true ? 'PUSD' : null,
      reservation_id: id,
      order_id: order,
      state,
    }),
    columns: [
      text('reservation', 'reservation_id'),
      { title: 'account', text: (row) => shortId(row.account as string) },
      text('bot', 'trading_bot_id'),
      { title: 'asset', text: (row) => assetText(row.token_id) },
      amount('requested', 'requested'),
      amount('kept', 'remaining'),
      text('state', 'state'),
      text('until', 'expires_at'),
      text('order', 'order_id'),
      text('because', 'reason_code'),
    ],
  });
}
