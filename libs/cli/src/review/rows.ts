/** What reviewed commands read of the books: lines, reviews, lots' histories and windows. */

import { timeOfIso } from '@polytraders/contracts';
import { type BookedLine, type PlacedLine } from '@polytraders/domain';
import { parseMicros, type PusdMicros, pusd, type ShareMicros, shares } from '@polytraders/money';
import { type Cell, PNL, type Row, selectRows, type View } from '../rows.ts';
import { type Database } from '../servers.ts';
import { CliError } from '../terminal.ts';

export const LINES = {
  place: PNL,
  name: 'pnl_ledger',
  order: '"offset", line',
  fields: {
    entry_kind: 'text',
    fill_id: 'text',
    event_id: 'text',
    correlation_id: 'text',
    account: 'text',
    trading_bot_id: 'text',
    condition_id: 'text',
    token_id: 'text',
    side: 'text',
    order_side: 'text',
    quantity_shares: 'amount',
    size_pusd: 'amount',
    fee_source: 'text',
    fee_bps_match_event: 'count',
    gross_fee_pusd: 'amount',
    maker_rebate_pusd: 'amount',
    net_fee_pusd: 'amount',
    builder_fee_pusd: 'amount',
    cash_pusd: 'amount',
    carried_basis_pusd: 'amount',
    unknown_basis_pusd: 'amount',
    realised_pnl_pusd: 'amount',
    quarantined: 'flag',
    paper: 'flag',
    mode: 'text',
    reason_codes: 'list',
    detail: 'text',
    effective_at: 'time',
    confirmed_at: 'time',
    recorded_at: 'time',
    partition: 'count',
    offset: 'count',
    line: 'count',
  },
} as const satisfies View<string>;

export const REVIEWS = {
  place: PNL,
  name: 'fill_reviews',
  order: 'updated_at DESC, account, fill_id',
  fields: {
    account: 'text',
    fill_id: 'text',
    stage: 'text',
    event_id: 'text',
    proposed_by: 'text',
    approved_by: 'text',
    reason: 'text',
    last_offset: 'count',
    updated_at: 'time',
  },
} as const satisfies View<string>;

export const POSITIONS = {
  place: PNL,
  name: 'positions',
  order: 'trading_bot_id',
  fields: {
    trading_bot_id: 'text',
    position_shares: 'amount',
    cost_basis_pusd: 'amount',
    avg_cost: 'amount',
    realised_pnl_pusd: 'amount',
    books_complete: 'flag',
    incomplete_reasons: 'list',
  },
} as const satisfies View<string>;

const SETTLED = {
  place: PNL,
  name: 'settled_tokens',
  order: 'token_id',
  fields: { payout_numerator: 'text', payout_denominator: 'text', resolved_offset: 'count' },
} as const satisfies View<string>;

const MODES = {
  place: PNL,
  name: 'parameters',
  order: 'partition',
  fields: { partition: 'text', mode: 'text' },
} as const satisfies View<string>;

export type LineRow = Row<keyof (typeof LINES)['fields']>;
export type ReviewRow = Row<keyof (typeof REVIEWS)['fields']>;

/** More lines than any book will have; a list that is cut would be folded wrongly. */
const HISTORY_MAX = 10_000_000;
const FILL_LINES_MAX = 10_000;

/** A fill as the books have it. */
export type ReviewedFill = {
  /** The line of its confirmation. */
  readonly line: LineRow;
  /** The line that has put it into its book: itself, or its release; null while it is set aside. */
  readonly booked: LineRow | null;
  readonly review: ReviewRow | null;
  /** Every line that names it, in the log's order. */
  readonly all: readonly LineRow[];
};

/** The fill under its id. Throws a sentence where the books have none. */
export async function fillOf(database: Database, fillId: string): Promise<ReviewedFill> {
  const all = await selectRows(database, LINES, { fill_id: fillId }, FILL_LINES_MAX);
  const line = all.find((one) => one.entry_kind === 'FILL');
  if (line === undefined) {
    throw new CliError(
      `Expected a confirmed fill in the books, found none with the id ${fillId}: ` +
        'polytraders gov pnl quarantine list has those that are set aside, polytraders ' +
        'quarantine those that never reached the log.',
    );
  }
  const where = { account: String(line.account), fill_id: fillId };
  const [review = null] = await selectRows(database, REVIEWS, where, 1);
  const booked = all.find((one) => isBookingRow(one)) ?? null;
  return { line, booked, review, all };
}

function isBookingRow({ entry_kind: kind, quarantined }: LineRow): boolean {
  return (kind === 'FILL' || kind === 'RELEASE') && quarantined === false;
}

/** The last word on a fill, where one is spoken. */
export async function reviewOf(database: Database, fill: ReviewedFill): Promise<ReviewRow | null> {
  const where = { account: String(fill.line.account), fill_id: String(fill.line.fill_id) };
  const [review = null] = await selectRows(database, REVIEWS, where, 1);
  return review;
}

/** The lines of a token in a wallet, as they are folded again. */
export async function historyOf(
  database: Database,
  account: string,
  token: string,
): Promise<readonly PlacedLine<BookedRow>[]> {
  const rows = await selectRows(database, LINES, { account, token_id: token }, HISTORY_MAX);
  return rows.map((row) => ({
    offset: Number(row.offset),
    line: Number(row.line),
    entry: bookedRow(row),
  }));
}

/** Tokens of a wallet that one event of the log has touched. */
export async function tokensOf(
  database: Database,
  account: string,
  place: { readonly partition: string; readonly offset: string },
): Promise<readonly string[]> {
  const rows = await selectRows(database, LINES, { account, ...place }, HISTORY_MAX);
  return rows.flatMap(({ token_id: token }) => (token === null ? [] : [String(token)]));
}

/** What a token of a wallet pays, and where on the log it was resolved; null while it is not. */
export async function settledOf(database: Database, account: string, token: string) {
  const where = { account, token_id: token };
  const [row] = await selectRows(database, SETTLED, where, 1);
  if (row === undefined) return null;
  const numerator = BigInt(String(row.payout_numerator));
  const denominator = BigInt(String(row.payout_denominator));
  return { payout: { numerator, denominator }, offset: Number(row.resolved_offset) };
}

const CONDITIONS_OF = {
  place: PNL,
  name: 'positions',
  order: 'trading_bot_id',
  fields: { condition_id: 'text' },
} as const satisfies View<string>;

const RESOLUTIONS = {
  place: PNL,
  name: 'markets',
  order: 'condition_id',
  fields: { resolved_at: 'time' },
} as const satisfies View<string>;

/** When the condition of a token was resolved, as a partition of the log has it. */
export async function resolvedAt(
  database: Database,
  partition: Cell,
  account: string,
  token: string,
): Promise<number> {
  const [book] = await selectRows(database, CONDITIONS_OF, { account, token_id: token }, 1);
  const where = { partition: String(partition), condition_id: String(book?.condition_id) };
  const [market] = await selectRows(database, RESOLUTIONS, where, 1);
  return timeOf(market?.resolved_at ?? null);
}

/** The mode in force in a partition of the log; the specified default before one was said. */
export async function modeOf(database: Database, partition: Cell): Promise<string> {
  const [row] = await selectRows(database, MODES, { partition: String(partition) }, 1);
  return row === undefined ? 'general_live' : String(row.mode);
}

/** A line that can be folded, and the row that it comes from. */
export type BookedRow = BookedLine & { readonly row: LineRow };

export function bookedRow(row: LineRow): BookedRow {
  return {
    row,
    entry_kind: String(row.entry_kind),
    event_id: String(row.event_id),
    fill_id: textOf(row.fill_id),
    token_id: textOf(row.token_id),
    trading_bot_id: String(row.trading_bot_id),
    order_side: row.order_side === null ? null : row.order_side === 'BUY' ? 'BUY' : 'SELL',
    quantity_shares: sharesOf(row.quantity_shares),
    size_pusd: pusdOf(row.size_pusd),
    cash_pusd: pusdOf(row.cash_pusd),
    carried_basis_pusd: pusdOf(row.carried_basis_pusd),
    effective_at: timeOf(row.effective_at),
    confirmed_at: timeOf(row.confirmed_at),
    quarantined: row.quarantined === true,
    detail: textOf(row.detail),
  };
}

export function pusdOf(cell: Cell): PusdMicros | null {
  return cell === null ? null : pusd(microsOf(cell));
}

export function sharesOf(cell: Cell): ShareMicros | null {
  return cell === null ? null : shares(microsOf(cell));
}

/** Micros of an amount that the database answered. */
export function microsOf(cell: Cell): bigint {
  const micros = parseMicros(String(cell));
  if (typeof micros === 'bigint') return micros;
  throw new CliError(`Expected an amount of the books, found ${String(cell)}.`);
}

/** Microseconds since 1970. */
export function timeOf(cell: Cell): number {
  const micros = timeOfIso(String(cell));
  if (micros !== null) return micros;
  throw new CliError(`Expected a time of the books, found ${String(cell)}.`);
}

function textOf(cell: Cell): string | null {
  return cell === null ? null : String(cell);
}
