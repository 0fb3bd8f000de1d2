/** `polytraders inventory`: what every account has, of pUSD and of each token, and what is free. */

import { type Command, Option } from 'commander';
import { type CommandContext } from '../command.ts';
import { assetText, eitherAmount } from '../assets.ts';
import { type ListOptions } from '../filters.ts';
import { addListing, cellText } from '../listing.ts';
import { INVENTORY, type Row, type View } from '../rows.ts';
import { shortId, type TableColumn } from '../table.ts';

/** Of each amount one half is filled: shares of a token, or pUSD. */
export const BALANCES = {
  place: INVENTORY,
  name: 'inventory',
  // pUSD comes first in each account, then the tokens of each market beside each other.
  order: 'account, token_id IS NOT NULL, condition_id, token_id',
  fields: {
    account: 'text',
    asset: 'text',
    condition_id: 'text',
    token_id: 'text',
    free_shares: 'amount',
    free_pusd: 'amount',
    reserved_shares: 'amount',
    reserved_pusd: 'amount',
    pending_out_shares: 'amount',
    pending_out_pusd: 'amount',
    total_shares: 'amount',
    total_pusd: 'amount',
    pending_in_shares: 'amount',
    pending_in_pusd: 'amount',
    redeemable_shares: 'amount',
    incomplete_reasons: 'list',
    ledger_partition: 'count',
    ledger_offset: 'count',
  },
} as const satisfies View<string>;

type Name = keyof (typeof BALANCES)['fields'];
export type BalanceRow = Row<Name>;

const amount = (title: string, name: string): TableColumn<BalanceRow> => ({
  title,
  text: (row) => eitherAmount(row, name),
  right: true,
});

export function addInventory(program: Command, context: CommandContext): void {
  addListing<Name>(program, context, {
    command: 'inventory',
    description: 'What every account has of pUSD and of each token: free, reserved, redeemable.',
    view: BALANCES,
    whenEmpty: 'No inventory matches.',
    note:
      'Free + reserved + pending out = total. Pending in has not come yet; redeemable is the ' +
      'part of free that a resolved market pays for.',
    reasons: 'incomplete_reasons',
    options: ['account', 'token', 'condition'],
    extend: (command) => command.addOption(new Option('--pusd', 'only pUSD').conflicts('token')),
    filters: ({ account, token, condition, pusd }: ListOptions) => ({
      account,
      token_id: token,
      condition_id: condition,
      asset: pusd === true ? 'PUSD' : null,
    }),
    columns: [
      { title: 'account', text: (row) => shortId(row.account as string) },
      { title: 'asset', text: (row) => assetText(row.token_id) },
      amount('free', 'free'),
      amount('reserved', 'reserved'),
      amount('pending out', 'pending_out'),
      amount('total', 'total'),
      amount('pending in', 'pending_in'),
      amount('redeemable', 'redeemable'),
      { title: 'complete', text: completeness },
    ],
  });
}

function completeness(row: BalanceRow): string {
  const reasons = cellText(row, 'incomplete_reasons');
  return reasons === '' ? 'yes' : `no: ${reasons}`;
}
