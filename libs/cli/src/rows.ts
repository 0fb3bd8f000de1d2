/**
 * Rows of the views that services declare, read by the names that the view has: amounts and ids as
 * texts, times as ISO-8601 UTC, counts as numbers. Nothing of an amount ever passes through
 * `number`. Tables show amounts with all their decimals, in columns; JSON has the contracts' form.
 */

import { isoTime, timeOfIso } from '@polytraders/contracts';
import { formatMicros } from '@polytraders/money';
import { RuntimeError } from '@polytraders/runtime';
import { type Database } from './servers.ts';
import { CliError, reasonOf } from './terminal.ts';

export type FieldKind = 'text' | 'amount' | 'time' | 'date' | 'count' | 'flag' | 'list' | 'legs';

/**
 * Where a view stands: the schema of the active version of its service's processor (`pnl_v1`), or
 * one that all versions share (`ingest`).
 */
export type Place =
  | { readonly service: string; readonly versioned: (version: string) => string }
  | { readonly service: string; readonly schema: string };

export const PNL: Place = { service: 'pnl-projector', versioned: (version) => `pnl_v${version}` };
export const INVENTORY: Place = {
  service: 'inventory-reserver',
  versioned: (version) => `inventory_v${version}`,
};
export const SETTLEMENT: Place = {
  service: 'settlement-planner',
  versioned: (version) => `settlement_v${version}`,
};
/** The schema of fill-ingestor, which all its versions share. */
export const INGEST_SCHEMA = 'ingest';
export const INGEST: Place = { service: 'fill-ingestor', schema: INGEST_SCHEMA };

/** A view, and what of it is shown, in this order. */
export type View<Name extends string> = {
  readonly place: Place;
  readonly name: string;
  readonly fields: Readonly<Record<Name, FieldKind>>;
  /** Fields that stand beside them in another service's view; null until that has said them. */
  readonly added?: readonly Name[];
  /** SQL of the order, over names of the view. */
  readonly order: string;
};

export type Cell = string | number | boolean | readonly string[] | null;
export type Row<Name extends string> = Readonly<Record<Name, Cell>>;

/**
 * Column = value conditions, or column among values; null and undefined filters are left out.
 */
export type Filters = Readonly<Record<string, string | readonly string[] | null | undefined>>;

/** At most `limit` rows of a view that match all filters. */
export async function selectRows<Name extends string>(
  database: Database,
  view: View<Name>,
  filters: Filters,
  limit: number,
): Promise<Row<Name>[]> {
  const names = Object.keys(view.fields) as Name[];
  const given = Object.entries(filters).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  const where = given
    .map(([column, value], at) =>
      Array.isArray(value) ? `"${column}" = ANY($${at + 1})` : `"${column}" = $${at + 1}`,
    )
    .join(' AND ');
  const columns = names
    .filter((name) => view.added?.includes(name) !== true)
    .map((name) => `"${name}"`)
    .join(', ');
  const schema = await schemaOf(database, view.place);
  const sql =
    `SELECT ${columns} FROM "${schema}"."${view.name}" ${where === '' ? '' : `WHERE ${where}`} ` +
    `ORDER BY ${view.order} LIMIT ${limit}`;
  const answer = await ask(
    database,
    sql,
    given.map(([, value]) => value),
    view.place.service,
  );
  return answer.map((row) => {
    const cells = names.map((name) => [name, cellOf(view.fields[name], row[name] ?? null)]);
    return Object.fromEntries(cells) as Row<Name>;
  });
}

/** The schema of a place. Throws where the service has never started in this database. */
export async function schemaOf(database: Database, place: Place): Promise<string> {
  const schema = await schemaIfStarted(database, place);
  if (schema === null) throw notStarted(place.service);
  return schema;
}

/** The schema of a place; null where the service has never started in this database. */
export async function schemaIfStarted(database: Database, place: Place): Promise<string | null> {
  if ('schema' in place) return place.schema;
  const sql = 'SELECT version FROM stream.active_version WHERE processor = $1';
  const version = (await ask(database, sql, [place.service], place.service))[0]?.['version'];
  return version === undefined || version === null ? null : place.versioned(version);
}

function notStarted(service: string): CliError {
  return new CliError(
    `Expected the tables of ${service} in this database, found none: start the services once ` +
      '(npm start does), then ask again.',
  );
}

/**
 * Runs a query over views. A view that is not there yet is named with the service that makes it.
 */
export async function ask(
  database: Database,
  sql: string,
  values: readonly unknown[],
  owner: string,
): Promise<readonly Readonly<Record<string, string | null>>[]> {
  try {
    const answer = await database.query<Record<string, string | null>>(sql, [...values]);
    return answer.rows;
  } catch (cause) {
    const code = (cause as { readonly code?: string }).code ?? '';
    // 42P01: no such view, 3F000: no such schema.
    if (code === '42P01' || code === '3F000') throw notStarted(owner);
    // 3D000: no such database.
    if (code === '3D000') {
      throw new CliError(
        `Expected the database that DATABASE_URL names, found none (${reasonOf(cause)}): create ` +
          'it, or name another.',
      );
    }
    // Class 28: the user or the password.
    if (code.startsWith('28')) {
      throw new CliError(
        'Expected DATABASE_URL to name a user whom Postgres lets in, found another: ' +
          `${reasonOf(cause)}.`,
      );
    }
    if (/^[0-9A-Z]{5}$/.test(code) && !code.startsWith('57') && !code.startsWith('08')) throw cause;
    const why = reasonOf(cause);
    throw new RuntimeError('DATABASE_OUTAGE', `Postgres does not answer (${why}).`, {
      retryable: true,
      cause,
    });
  }
}

function cellOf(kind: FieldKind, text: string | null): Cell {
  if (text === null) return null;
  switch (kind) {
    case 'count':
      return Number(text);
    case 'flag':
      return text === 't';
    case 'time':
      return timeText(text);
    case 'list':
      return listOf(text);
    case 'text':
    case 'amount':
    case 'date':
    case 'legs':
      return text;
  }
}

/** '2026-05-08 12:00:00.5+00' → '2026-05-08T12:00:00.500000Z'; connections run in UTC. */
function timeText(text: string): string {
  const iso = text.replace(' ', 'T').replace(/\+00(:00)?$/, 'Z');
  const micros = timeOfIso(iso);
  return micros === null ? iso : isoTime(micros);
}

/** A row in the JSON form of the contracts. */
export function rowToJson<Name extends string>(
  view: View<Name>,
  row: Row<Name>,
): Readonly<Record<Name, unknown>> {
  const cells = Object.entries<Cell>(row).map(([name, cell]) => [
    name,
    cell === null ? null : jsonOf(view.fields[name as Name], cell),
  ]);
  return Object.fromEntries(cells) as Readonly<Record<Name, unknown>>;
}

function jsonOf(kind: FieldKind, cell: NonNullable<Cell>): unknown {
  if (kind === 'amount') return shortest(String(cell));
  return kind === 'legs' ? legsOf(cell as string) : cell;
}

/** `token:outcome:micros`, a space between, as the contracts show tokens that move. */
function legsOf(text: string): readonly object[] {
  return text
    .split(' ')
    .filter((leg) => leg !== '')
    .map((leg) => {
      const [token = '', outcome = '', micros = ''] = leg.split(':');
      return {
        token_id: token,
        outcome_index: outcome === '' ? null : Number(outcome),
        quantity_shares: formatMicros(BigInt(micros)),
      };
    });
}

/** A decimal number without the zeros that Postgres fills its scale with: 20.500000 → 20.5. */
export function shortest(amount: string): string {
  return amount.includes('.') ? amount.replace(/\.?0+$/, '') : amount;
}

/** A text[] of codes: no element of ours has a comma, a quote or a brace. */
function listOf(text: string): string[] {
  const inner = text.replace(/^\{|\}$/g, '');
  return inner === '' ? [] : inner.split(',').map((one) => one.replace(/^"|"$/g, ''));
}
