/** `polytraders inventory`: what every account has, of pUSD and of each token, and what is free. */

import { type Command, Option } from 'commander';
import { type CommandContext } from '../command.ts';
import { assetText, eitherAmount } from '../assets.ts';
import { type ListOptions } from '../filters.ts';
import { addListing, cellText } from '../listing.ts';
import { ask, INVENTORY, type Row, schemaIfStarted, SETTLEMENT, type View } from '../rows.ts';
import { type Database } from '../servers.ts';
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

/** With where the market of each token stands for its wallet, which settlement-planner says. */
const LISTED = {
  ...BALANCES,
  fields: { ...BALANCES.fields, settlement_status: 'text' },
  added: ['settlement_status'],
} as const satisfies View<string>;

type Name = keyof (typeof LISTED)['fields'];
export type BalanceRow = Row<keyof (typeof BALANCES)['fields']>;

const amount = (title: string, name: string): TableColumn<Row<Name>> => ({
  title,
  text: (row) => eitherAmount(row, name),
  right: true,
});

export function addInventory(program: Command, context: CommandContext): void {
  addListing<Name>(program, context, {
    command: 'inventory',
    description: 'What every account has of pUSD and of each token: free, reserved, redeemable.',
    view: LISTED,
    complete: withStatus,
    whenEmpty: 'No inventory matches.',
    note:
      'Free + reserved + pending out = total. Pending in has not come yet; redeemable is the ' +
      'part of free that a resolved market pays for. Market: where it stands for this wallet ' +
      '(open, resolving, disputed, resolved, redeemed), as settlement-planner knows it.',
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
      { title: 'market', text: (row) => cellText(row, 'settlement_status') },
      { title: 'complete', text: completeness },
    ],
  });
}

/** Each token's row with its settlement_status; null of pUSD, and without a planner. */
async function withStatus(database: Database, rows: Row<Name>[]): Promise<Row<Name>[]> {
  const schema = await schemaIfStarted(database, SETTLEMENT);
  if (schema === null) return rows;
  const named = (name: 'account' | 'condition_id') => [...new Set(rows.map((row) => row[name]))];
  const answer = await ask(
    database,
    `SELECT account, condition_id, settlement_status FROM "${schema}".settlement_status
      WHERE account = ANY($1) AND condition_id = ANY($2)`,
    [named('account'), named('condition_id')],
    SETTLEMENT.service,
  );
  const places = answer.map((row) => [`${row['account']}|${row['condition_id']}`, row] as const);
  const statuses = new Map(places);
  return rows.map((row) => {
    const found = statuses.get(`${String(row.account)}|${String(row.condition_id)}`);
    return { ...row, settlement_status: found?.['settlement_status'] ?? null };
  });
}

function completeness(row: Row<Name>): string {
  const reasons = cellText(row, 'incomplete_reasons');
  return reasons === '' ? 'yes' : `no: ${reasons}`;
}
