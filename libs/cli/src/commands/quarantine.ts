/**
 * `polytraders quarantine`: what the books do not contain, and why. Refused inputs could not be
 * used, or asked for what may not be done, and never reached the log; fills set aside are
 * confirmed, but their fee is missing or over its cap; of movements without a book the log tells,
 * but no book holds the shares or the cash that they move.
 */

import { type Command } from 'commander';
import { type CommandContext, printJson, sayIfCut } from '../command.ts';
import { type ListOptions, withListOptions } from '../filters.ts';
import { legendOf } from '../legend.ts';
import { cellText } from '../listing.ts';
import { INGEST, PNL, type Row, rowToJson, selectRows, type View } from '../rows.ts';
import { type Database, withDatabase } from '../servers.ts';
import { shortId, type TableColumn, tableText } from '../table.ts';

const REFUSED = {
  place: INGEST,
  name: 'quarantine',
  order: 'recorded_at DESC, quarantine_id',
  fields: {
    quarantine_id: 'text',
    recorded_at: 'time',
    reason_code: 'text',
    detail: 'text',
    source: 'text',
    source_position: 'text',
    record_type: 'text',
    account: 'text',
    fill_id: 'text',
    order_id: 'text',
    raw_sha256: 'text',
  },
} as const satisfies View<string>;

/** Fills that are set aside, and wait for a review. */
export const SET_ASIDE = {
  place: PNL,
  name: 'quarantined_fills',
  order: 'recorded_at DESC, partition, "offset" DESC',
  fields: {
    fill_id: 'text',
    recorded_at: 'time',
    reason_codes: 'list',
    account: 'text',
    trading_bot_id: 'text',
    token_id: 'text',
    side: 'text',
    order_side: 'text',
    quantity_shares: 'amount',
    size_pusd: 'amount',
    fee_bps_match_event: 'count',
    gross_fee_pusd: 'amount',
    partition: 'count',
    offset: 'count',
  },
} as const satisfies View<string>;

const UNBOOKED = {
  place: PNL,
  name: 'unbooked_movements',
  order: 'recorded_at DESC, partition, "offset" DESC',
  fields: {
    entry_kind: 'text',
    recorded_at: 'time',
    effective_at: 'time',
    reason_codes: 'list',
    account: 'text',
    condition_id: 'text',
    token_id: 'text',
    quantity_shares: 'amount',
    cash_pusd: 'amount',
    tx_hash: 'text',
    event_id: 'text',
    partition: 'count',
    offset: 'count',
  },
} as const satisfies View<string>;

type RefusedRow = Row<keyof (typeof REFUSED)['fields']>;
type SetAsideRow = Row<keyof (typeof SET_ASIDE)['fields']>;
type UnbookedRow = Row<keyof (typeof UNBOOKED)['fields']>;

type Quarantine = {
  /** Null where they were not looked for. */
  readonly refused: readonly RefusedRow[] | null;
  readonly set_aside: readonly SetAsideRow[];
  readonly unbooked: readonly UnbookedRow[] | null;
};

export function addQuarantine(program: Command, context: CommandContext): void {
  withListOptions(program.command('quarantine'))
    .description('What the books do not contain, and why: inputs, fills, movements.')
    .option('--fill-id <id>', 'only this fill')
    .action(async (options: ListOptions) => {
      const found = await withDatabase(context.env, (database) => readAll(database, options));
      if (options.json === true) printJson(context.terminal, jsonOf(found));
      else context.terminal.out(textOf(found));
      sayIfCut(context.terminal, 'refused inputs', found.refused ?? [], options.limit);
      sayIfCut(context.terminal, 'fills set aside', found.set_aside, options.limit);
      sayIfCut(context.terminal, 'movements', found.unbooked ?? [], options.limit);
    });
}

/**
 * Refused inputs know no bot and no token, movements no bot and no fill: with such a filter they
 * are not looked for.
 */
async function readAll(database: Database, options: ListOptions): Promise<Quarantine> {
  const { account, bot, token, fillId, limit } = options;
  const isOfBook = bot !== undefined || token !== undefined;
  const isOfFill = bot !== undefined || fillId !== undefined;
  const where = { account, trading_bot_id: bot, token_id: token, fill_id: fillId };
  return {
    refused: isOfBook
      ? null
      : await selectRows(database, REFUSED, { account, fill_id: fillId }, limit),
    set_aside: await selectRows(database, SET_ASIDE, where, limit),
    unbooked: isOfFill
      ? null
      : await selectRows(database, UNBOOKED, { account, token_id: token }, limit),
  };
}

function jsonOf({ refused, set_aside: setAside, unbooked }: Quarantine) {
  return {
    refused: refused?.map((row) => rowToJson(REFUSED, row)) ?? null,
    set_aside: setAside.map((row) => rowToJson(SET_ASIDE, row)),
    unbooked: unbooked?.map((row) => rowToJson(UNBOOKED, row)) ?? null,
  };
}

function textOf({ refused, set_aside: setAside, unbooked }: Quarantine): string {
  const reasons = [
    ...(refused ?? []).map((row) => row.reason_code),
    ...setAside.map((row) => row.reason_codes),
    ...(unbooked ?? []).map((row) => row.reason_codes),
  ];
  return (
    'Refused inputs: kept with their bytes, never on the log.\n\n' +
    tableText(REFUSED_COLUMNS, refused ?? [], refused === null ? NOT_ASKED : 'None.') +
    '\nFills set aside: confirmed, without lot and report until they are released.\n\n' +
    tableText(SET_ASIDE_COLUMNS, setAside, 'None.') +
    '\nMovements without a book: on the log, but no book holds what they move.\n\n' +
    tableText(UNBOOKED_COLUMNS, unbooked ?? [], unbooked === null ? NO_MOVEMENT : 'None.') +
    legendOf(reasons)
  );
}

const NOT_ASKED = 'Not looked for: a refused input names no bot and no token.';
const NO_MOVEMENT = 'Not looked for: a movement names no bot and no fill.';

const REFUSED_COLUMNS: readonly TableColumn<RefusedRow>[] = [
  { title: 'reason', text: (row) => cellText(row, 'reason_code') },
  { title: 'record', text: (row) => cellText(row, 'record_type') },
  { title: 'fill', text: (row) => cellText(row, 'fill_id') },
  { title: 'account', text: (row) => shortId(row.account as string | null) },
  { title: 'from', text: (row) => cellText(row, 'source_position') },
  { title: 'what was expected', text: (row) => cellText(row, 'detail') },
];

export const SET_ASIDE_COLUMNS: readonly TableColumn<SetAsideRow>[] = [
  { title: 'reason', text: (row) => cellText(row, 'reason_codes') },
  { title: 'fill', text: (row) => cellText(row, 'fill_id') },
  { title: 'account', text: (row) => shortId(row.account as string | null) },
  { title: 'bot', text: (row) => cellText(row, 'trading_bot_id') },
  { title: 'side', text: (row) => `${cellText(row, 'side')} ${cellText(row, 'order_side')}` },
  { title: 'size pUSD', text: (row) => cellText(row, 'size_pusd'), right: true },
  { title: 'bps', text: (row) => cellText(row, 'fee_bps_match_event'), right: true },
  { title: 'log place', text: (row) => `${cellText(row, 'partition')}/${cellText(row, 'offset')}` },
];

const UNBOOKED_COLUMNS: readonly TableColumn<UnbookedRow>[] = [
  { title: 'reason', text: (row) => cellText(row, 'reason_codes') },
  { title: 'movement', text: (row) => cellText(row, 'entry_kind') },
  { title: 'account', text: (row) => shortId(row.account as string | null) },
  { title: 'market', text: (row) => shortId(row.condition_id as string | null) },
  { title: 'token', text: (row) => shortId(row.token_id as string | null) },
  { title: 'shares', text: (row) => cellText(row, 'quantity_shares'), right: true },
  { title: 'pUSD', text: (row) => cellText(row, 'cash_pusd'), right: true },
  { title: 'transaction', text: (row) => shortId(row.tx_hash as string | null) },
  { title: 'log place', text: (row) => `${cellText(row, 'partition')}/${cellText(row, 'offset')}` },
];
