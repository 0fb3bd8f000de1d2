/**
 * What the fold remembers, as rows. A row's `content` is exact JSON (exact-json.ts): nobody but the
 * fold reads it. What there is to read about windows stands in `settlement_reports`.
 */

import { type Change, type Table, table } from '@polytraders/stream';
import { type SumLine } from './cut.ts';
import { exactText, exactValue } from './exact-json.ts';
import {
  BOOKS,
  type BooksState,
  type BookState,
  dayKey,
  type DayState,
  DESK,
  type DeskState,
  type LegsState,
  MARKETS,
  type MarketsState,
  type WindowEntity,
  type WindowState,
} from './state.ts';

type Row = { readonly kind: string; readonly name: string; readonly content: string };

/** One row a window and wallet, and one of the desk. */
export const windowStateTable: Table<Row> = table<Row>(
  'window_state',
  { kind: 'text', name: 'text', content: 'text' },
  ['kind', 'name'],
);

const UNSETTLED = 'unsettled';
const MARKET_KINDS = ['conditions', 'events', 'payouts', 'waiting', 'marks'] as const;

/** Rows that turn `before` into `after`. */
export function changes(
  key: string,
  before: WindowEntity | undefined,
  after: WindowEntity | undefined,
): readonly Change[] {
  if (after === undefined || after === before) return [];
  if (after.kind === 'books') return booksChanges(before as BooksState | undefined, after);
  if (after.kind === 'markets') return marketsChanges(before as MarketsState | undefined, after);
  // A line keeps its identity until a cut adds to it: only those that changed are written.
  if (after.kind === 'day')
    return partChanges(key, '', (before as DayState | undefined)?.lines, after.lines);
  const [kind = '', name = ''] = split(key);
  const { kind: _, ...content } = after;
  return [upsert(kind, name, content)];
}

/** Where the rows of a key lie. */
export function locate(
  key: string,
): readonly { readonly table: string; readonly where: Readonly<Record<string, string>> }[] {
  const [kind = '', name = ''] = split(key);
  // What grows with the desk has a row for every part: a cut changes few of them.
  const where = hasParts(key) ? { kind: key } : { kind, name };
  return [{ table: tableOf(key), where }];
}

/** The entity of a key from its rows. */
export function revive(
  key: string,
  rows: Readonly<Record<string, readonly object[]>>,
): WindowEntity | undefined {
  const found = (rows[tableOf(key)] ?? []) as readonly Row[];
  if (found.length === 0) return undefined;
  if (key === BOOKS) return reviveBooks(found);
  if (key === MARKETS) return reviveMarkets(found);
  if (hasParts(key)) return reviveDay(found);
  const content = exactValue(found[0]?.content ?? '{}');
  const kind = key === DESK ? 'desk' : (split(key)[0] ?? '');
  return { kind, ...(content as object) } as DeskState | LegsState | WindowState;
}

/** A part of books, markets or a day: of a table, the runtime loads rows of one shape. */
export const windowPartsTable: Table<Row> = table<Row>(
  'window_parts',
  { kind: 'text', name: 'text', content: 'text' },
  ['kind', 'name'],
);

function tableOf(key: string): string {
  return hasParts(key) ? windowPartsTable.name : windowStateTable.name;
}

function hasParts(key: string): boolean {
  return key === BOOKS || key === MARKETS || key.startsWith(dayKey(''));
}

function reviveDay(rows: readonly Row[]): DayState {
  const lines = rows.map(({ name, content }) => [name, exactValue(content) as SumLine] as const);
  return { kind: 'day', lines: new Map(lines) };
}

function booksChanges(before: BooksState | undefined, after: BooksState): readonly Change[] {
  const list = partChanges(BOOKS, '', before?.books, after.books);
  if (before?.unsettled !== after.unsettled) {
    list.push({
      upsert: windowPartsTable.name,
      row: { kind: BOOKS, name: UNSETTLED, content: exactText(after.unsettled) },
    });
  }
  return list;
}

function marketsChanges(before: MarketsState | undefined, after: MarketsState): readonly Change[] {
  return MARKET_KINDS.flatMap((kind) =>
    partChanges(MARKETS, `${kind}|`, before?.[kind], after[kind]),
  );
}

function partChanges(
  kind: string,
  prefix: string,
  before: ReadonlyMap<string, unknown> | undefined,
  after: ReadonlyMap<string, unknown>,
): Change[] {
  if (before === after) return [];
  const list: Change[] = [];
  for (const [name, part] of after) {
    if (before?.get(name) === part) continue;
    const row: Row = { kind, name: `${prefix}${name}`, content: exactText(part) };
    list.push({ upsert: windowPartsTable.name, row });
  }
  for (const name of before?.keys() ?? []) {
    if (after.has(name)) continue;
    list.push({ remove: windowPartsTable.name, row: { kind, name: `${prefix}${name}` } });
  }
  return list;
}

function reviveBooks(rows: readonly Row[]): BooksState {
  const parts = rows.filter(({ name }) => name !== UNSETTLED);
  const unsettled = rows.find(({ name }) => name === UNSETTLED)?.content;
  return {
    kind: 'books',
    books: new Map(parts.map(({ name, content }) => [name, exactValue(content) as BookState])),
    unsettled: new Map(
      unsettled === undefined ? [] : (exactValue(unsettled) as ReadonlyMap<string, bigint>),
    ),
  };
}

function reviveMarkets(rows: readonly Row[]): MarketsState {
  const partsOf = (kind: string): Map<string, never> => {
    const own = rows.filter(({ name }) => name.startsWith(`${kind}|`));
    return new Map(
      own.map(({ name, content }) => [name.slice(kind.length + 1), exactValue(content) as never]),
    );
  };
  return {
    kind: 'markets',
    conditions: partsOf('conditions'),
    events: partsOf('events'),
    payouts: partsOf('payouts'),
    waiting: partsOf('waiting'),
    marks: partsOf('marks'),
  };
}

function upsert(kind: string, name: string, content: object): Change {
  return { upsert: windowStateTable.name, row: { kind, name, content: exactText(content) } };
}

function split(key: string): readonly string[] {
  const at = key.indexOf('|');
  return at < 0 ? [key, ''] : [key.slice(0, at), key.slice(at + 1)];
}
