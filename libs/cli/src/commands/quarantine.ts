/**
 * `polytraders quarantine`: what the books do not contain, and why. Refused inputs could not be
 * used and never reached the log; fills set aside are confirmed, but their fee is missing or over
 * its cap.
 */

import { type Command } from 'commander';
import { type CommandContext, printJson, sayIfCut } from '../command.ts';
import { type ListOptions, withListOptions } from '../filters.ts';
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

const SET_ASIDE = {
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

type RefusedRow = Row<keyof (typeof REFUSED)['fields']>;
type SetAsideRow = Row<keyof (typeof SET_ASIDE)['fields']>;

type Quarantine = {
  /** Null where they were not looked for. */
  readonly refused: readonly RefusedRow[] | null;
  readonly set_aside: readonly SetAsideRow[];
};

export function addQuarantine(program: Command, context: CommandContext): void {
  withListOptions(program.command('quarantine'))
    .description('What the books do not contain, and why: refused inputs, fills set aside.')
    .option('--fill-id <id>', 'only this fill')
    .action(async (options: ListOptions) => {
      const found = await withDatabase(context.env, (database) => readAll(database, options));
      if (options.json === true) printJson(context.terminal, jsonOf(found));
      else context.terminal.out(textOf(found));
      sayIfCut(context.terminal, 'refused inputs', found.refused ?? [], options.limit);
      sayIfCut(context.terminal, 'fills set aside', found.set_aside, options.limit);
    });
}

/** Refused inputs know no bot and no token: with such a filter only fills set aside are shown. */
async function readAll(database: Database, options: ListOptions): Promise<Quarantine> {
  const { account, bot, token, fillId, limit } = options;
  const narrow = bot !== undefined || token !== undefined;
  const refused = narrow
    ? null
    : await selectRows(database, REFUSED, { account, fill_id: fillId }, limit);
  const where = { account, trading_bot_id: bot, token_id: token, fill_id: fillId };
  return { refused, set_aside: await selectRows(database, SET_ASIDE, where, limit) };
}

function jsonOf({ refused, set_aside: setAside }: Quarantine): Quarantine {
  return {
    refused: refused?.map((row) => rowToJson(REFUSED, row)) ?? null,
    set_aside: setAside.map((row) => rowToJson(SET_ASIDE, row)),
  };
}

function textOf({ refused, set_aside: setAside }: Quarantine): string {
  return (
    'Refused inputs: kept with their bytes, never on the log.\n\n' +
    tableText(REFUSED_COLUMNS, refused ?? [], refused === null ? NOT_ASKED : 'None.') +
    '\nFills set aside: confirmed, without lot and report until they are released.\n\n' +
    tableText(SET_ASIDE_COLUMNS, setAside, 'None.')
  );
}

const NOT_ASKED = 'Not looked for: a refused input names no bot and no token.';

const REFUSED_COLUMNS: readonly TableColumn<RefusedRow>[] = [
  { title: 'reason', text: (row) => cellText(row, 'reason_code') },
  { title: 'fill', text: (row) => cellText(row, 'fill_id') },
  { title: 'account', text: (row) => shortId(row.account as string | null) },
  { title: 'from', text: (row) => cellText(row, 'source_position') },
  { title: 'what was expected', text: (row) => cellText(row, 'detail') },
];

const SET_ASIDE_COLUMNS: readonly TableColumn<SetAsideRow>[] = [
  { title: 'reason', text: (row) => cellText(row, 'reason_codes') },
  { title: 'fill', text: (row) => cellText(row, 'fill_id') },
  { title: 'account', text: (row) => shortId(row.account as string | null) },
  { title: 'bot', text: (row) => cellText(row, 'trading_bot_id') },
  { title: 'side', text: (row) => `${cellText(row, 'side')} ${cellText(row, 'order_side')}` },
  { title: 'size pUSD', text: (row) => cellText(row, 'size_pusd'), right: true },
  { title: 'bps', text: (row) => cellText(row, 'fee_bps_match_event'), right: true },
  { title: 'log place', text: (row) => `${cellText(row, 'partition')}/${cellText(row, 'offset')}` },
];
