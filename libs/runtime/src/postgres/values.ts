/**
 * Values of table columns, as Postgres reads and writes them in text: lines of COPY, elements of
 * array parameters, and what a query answers. One place, so that a row written is the row read.
 */

import { type ColumnType, type Table } from '@polytraders/stream';

/** The text of a value, or null. Not yet escaped for COPY or for an array literal. */
export function textOf(type: ColumnType, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  switch (type) {
    case 'micros':
      return fixedText(value as bigint, 6);
    case 'price':
      return fixedText(value as bigint, 18);
    case 'int':
      return (value as number).toString();
    case 'bool':
      return value === true ? 't' : 'f';
    case 'time':
      return timeText(value as number);
    case 'texts':
      return arrayLiteral(value as readonly string[]);
    case 'micros_list':
      return `{${(value as readonly bigint[]).map((one) => fixedText(one, 6)).join(',')}}`;
    case 'int_list':
      return `{${(value as readonly number[]).join(',')}}`;
    case 'bytes':
      return `\\x${Buffer.from(value as Uint8Array).toString('hex')}`;
    default:
      return value as string;
  }
}

/** The value of a column from the text that Postgres answers. */
export function valueOf(type: ColumnType, text: string | null): unknown {
  if (text === null) return null;
  switch (type) {
    case 'micros':
      return fixedValue(text, 6);
    case 'price':
      return fixedValue(text, 18);
    case 'int':
      return Number(text);
    case 'bool':
      return text === 't';
    case 'time':
      return timeValue(text);
    case 'texts':
      return arrayElements(text);
    case 'micros_list':
      return plainElements(text).map((one) => fixedValue(one, 6));
    case 'int_list':
      return plainElements(text).map(Number);
    case 'bytes':
      return Buffer.from(text.slice(2), 'hex');
    default:
      return text;
  }
}

/** A Postgres array literal of the texts of one column over many rows. */
export function columnLiteral(type: ColumnType, values: readonly unknown[]): string {
  let literal = '{';
  for (let index = 0; index < values.length; index += 1) {
    const text = textOf(type, values[index]);
    if (index > 0) literal += ',';
    if (text === null) literal += 'NULL';
    else literal += mayNeedQuotes[type] ? quoted(text) : text;
  }
  return `${literal}}`;
}

/** SQL type of a column; list columns travel as text and are cast. */
export function sqlType(type: ColumnType): string {
  return sqlTypes[type];
}

/** A row of a table from a query that selected all its columns as text. */
export function rowOf<Row extends object>(
  table: Table<Row>,
  values: readonly (string | null)[],
  from = 0,
): Row {
  const row: Record<string, unknown> = {};
  table.columns.forEach((column, index) => {
    row[column.name] = valueOf(column.type, values[from + index] ?? null);
  });
  return row as Row;
}

/** `-1234567` with 6 decimals → `-1.234567`. */
export function fixedText(value: bigint, decimals: 6 | 18): string {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(decimals + 1, '0');
  const cut = digits.length - decimals;
  return `${negative ? '-' : ''}${digits.slice(0, cut)}.${digits.slice(cut)}`;
}

/** Text of a numeric with at most `decimals` decimals → scaled bigint. */
export function fixedValue(text: string, decimals: 6 | 18): bigint {
  const point = text.indexOf('.');
  if (point === -1)
    return BigInt(text) * (decimals === 6 ? 1_000_000n : 1_000_000_000_000_000_000n);
  return BigInt(text.slice(0, point) + text.slice(point + 1).padEnd(decimals, '0'));
}

const sqlTypes: Readonly<Record<ColumnType, string>> = {
  text: 'text',
  hex: 'text',
  bool: 'boolean',
  int: 'bigint',
  micros: 'numeric',
  price: 'numeric',
  time: 'timestamptz',
  date: 'date',
  texts: 'text[]',
  micros_list: 'numeric[]',
  int_list: 'bigint[]',
  bytes: 'bytea',
};

const mayNeedQuotes: Readonly<Record<ColumnType, boolean>> = {
  text: true,
  hex: true,
  bool: false,
  int: false,
  micros: false,
  price: false,
  time: true,
  date: false,
  texts: true,
  micros_list: true,
  int_list: true,
  bytes: true,
};

const special = /[\\\t\n\r]/;
const specialAll = /[\\\t\n\r]/g;
const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};

/** Text with what COPY would take for a tab, a line end or a backslash escaped. */
export function copyEscape(text: string): string {
  return special.test(text) ? text.replace(specialAll, (char) => escapes[char] ?? char) : text;
}

/** An element of an array literal, in quotes. */
export function quoted(text: string): string {
  return `"${/["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`;
}

function arrayLiteral(texts: readonly string[]): string {
  return texts.length === 0 ? '{}' : `{${texts.map(quoted).join(',')}}`;
}

function plainElements(text: string): string[] {
  return text === '{}' ? [] : text.slice(1, -1).split(',');
}

function arrayElements(text: string): string[] {
  const elements: string[] = [];
  let index = 1;
  while (index < text.length - 1) {
    let element = '';
    if (text[index] === '"') {
      index += 1;
      while (text[index] !== '"') {
        if (text[index] === '\\') index += 1;
        element += text[index] ?? '';
        index += 1;
      }
      index += 1;
    } else {
      while (index < text.length - 1 && text[index] !== ',') {
        element += text[index] ?? '';
        index += 1;
      }
    }
    elements.push(element);
    index += 1;
  }
  return elements;
}

/** Seconds met last and their texts: rows of one group carry few different ones. */
const secondsKept = 64;
const keptSeconds = new Float64Array(secondsKept).fill(Number.NaN);
const keptTexts: string[] = new Array<string>(secondsKept).fill('');

/** Microseconds since 1970 → `2026-11-21 07:08:09.000001+00`. */
export function timeText(micros: number): string {
  const second = Math.floor(micros / 1_000_000);
  const fraction = micros - second * 1_000_000;
  return `${secondText(second)}.${fraction.toString().padStart(6, '0')}+00`;
}

function secondText(second: number): string {
  const place = ((second % secondsKept) + secondsKept) % secondsKept;
  if (keptSeconds[place] !== second) {
    keptSeconds[place] = second;
    keptTexts[place] = new Date(second * 1000).toISOString().slice(0, 19).replace('T', ' ');
  }
  return keptTexts[place] ?? '';
}

/** `2026-11-21 07:08:09.000001+00` (session in UTC) → microseconds since 1970. */
export function timeValue(text: string): number {
  const seconds = Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`) * 1000;
  const fraction =
    text.charAt(19) === '.' ? text.slice(20, text.indexOf('+', 19)).padEnd(6, '0') : '0';
  return seconds + Number(fraction);
}

/** First day of the UTC month of a time, and of the month after it. */
export function monthOf(micros: number): {
  readonly first: string;
  readonly next: string;
  readonly suffix: string;
} {
  const date = new Date(Math.floor(micros / 1000));
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth();
  const first = new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10);
  const next = new Date(Date.UTC(year, month + 1, 1)).toISOString().slice(0, 10);
  return { first, next, suffix: first.slice(0, 7).replace('-', '_') };
}
