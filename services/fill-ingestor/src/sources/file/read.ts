/**
 * What kind of file it is, by its shape, and its records one at a time. No file name is looked at.
 * A record is a row of texts, the logs of one transaction, or something broken that is still
 * handed on, with its text, so that nothing is dropped in silence.
 */

import { createReadStream } from 'node:fs';
import { CsvError, parse as csvParser } from 'csv-parse';
import { quoted } from '../../quoted.ts';
import { type Fields, type RowFormat } from '../../raw.ts';
import { type Json, fieldsOf, isObject, type JsonObject, parseJson } from './json.ts';
import { type ChainLog, logsIn, sameTransaction } from './logs.ts';
import { chunksOf, elementsOf, headOf, linesOf } from './scan.ts';

export type FileFormat = 'execution' | 'chain-logs' | RowFormat;

export type FileShape = {
  readonly format: FileFormat;
  readonly container: 'lines' | 'array' | 'document' | 'csv';
};

export type FileRecord =
  | { readonly row: number; readonly text: string; readonly fields: Fields }
  | { readonly row: number; readonly logs: readonly ChainLog[] }
  | { readonly row: number; readonly text: string; readonly broken: string };

/** Largest document that is read whole; arrays, lines and CSV are streamed and may be larger. */
const DOCUMENT_LENGTH_MAX = 64 * 1024 * 1024;
const HEAD_LENGTH = 1 << 18;

const COLUMNS: readonly (readonly [RowFormat, readonly string[]])[] = [
  [
    'data-api',
    [
      'proxyWallet',
      'side',
      'asset',
      'conditionId',
      'size',
      'price',
      'timestamp',
      'transactionHash',
    ],
  ],
  [
    'data-api',
    [
      'proxy_wallet',
      'side',
      'token_id',
      'condition_id',
      'size',
      'price',
      'timestamp',
      'transaction_hash',
    ],
  ],
  [
    'wallet-csv',
    ['timestamp', 'wallet', 'side', 'price', 'size', 'asset', 'condition_id', 'transaction_hash'],
  ],
  [
    'site-export',
    ['marketName', 'action', 'usdcAmount', 'tokenAmount', 'tokenName', 'timestamp', 'hash'],
  ],
  ['up-down-csv', ['timestamp', 'trade_side', 'quantity', 'price', 'TargetTime', 'ExpirationTime']],
];

/** Recognises a file by its first characters. The answer is a shape or one sentence. */
export async function shapeOf(path: string): Promise<FileShape | { readonly unknown: string }> {
  const head = (await headOf(path, HEAD_LENGTH)).trimStart();
  if (head === '') return { unknown: 'Expected at least one record; the file is empty.' };
  if (head.startsWith('[')) return shapeOfArray(path);
  if (head.startsWith('{')) return shapeOfObject(head);
  return shapeOfCsv(head.split('\n', 1)[0] ?? '');
}

/** Which rows are asked for, by number; all of them where nobody says. */
export type Wants = (row: number) => boolean;

/**
 * The records of a file of a known shape, in order, numbered from 1. Those that are not asked for
 * may be left out: parsing is what reading costs.
 */
export async function* recordsOf(
  path: string,
  shape: FileShape,
  wants: Wants = () => true,
): AsyncGenerator<FileRecord> {
  if (shape.container === 'csv') yield* csvRecords(path);
  else if (shape.format === 'chain-logs') yield* logRecords(path, shape.container);
  else if (shape.format === 'wallet-history') yield* historyRecords(path);
  else if (shape.container === 'document') yield* pageRecords(path);
  else
    yield* jsonRecords(
      shape.container === 'array' ? elementsOf(chunksOf(path)) : linesOf(chunksOf(path)),
      wants,
    );
}

async function shapeOfArray(path: string): Promise<FileShape | { readonly unknown: string }> {
  for await (const text of elementsOf(chunksOf(path))) {
    const element = parseJson(text);
    if (!isObject(element)) break;
    if (logsIn(element).length > 0) return { format: 'chain-logs', container: 'array' };
    if ('canonical_wallet' in element && 'trades' in element) {
      return { format: 'wallet-history', container: 'array' };
    }
    if (isActivity(element)) return { format: 'data-api', container: 'array' };
    if (isExecution(element)) return { format: 'execution', container: 'array' };
    break;
  }
  return {
    unknown:
      'Expected a JSON array of venue activity, execution reports or raw logs; ' +
      'its first element is none of these.',
  };
}

function shapeOfObject(head: string): FileShape | { readonly unknown: string } {
  const first = parseJson(head.split('\n', 1)[0] ?? '');
  if (isObject(first) && isExecution(first)) return { format: 'execution', container: 'lines' };
  if (isObject(first) && isActivity(first)) return { format: 'data-api', container: 'lines' };
  const looksLikeLogs = /"topics"\s*:/.test(head) || /"logs"\s*:/.test(head);
  if (looksLikeLogs) return { format: 'chain-logs', container: 'document' };
  if (ACTIVITY_PAGE.test(head)) return { format: 'data-api', container: 'document' };
  return {
    unknown:
      'Expected execution reports or venue activity, one JSON object a line, a page of venue ' +
      'activity, or a receipt with logs; the first object is none of these.',
  };
}

/** A page of the Data API's second version: its rows, and how to go on, in one object. */
const ACTIVITY_PAGE = /"data"\s*:\s*\[\s*\{[^{}]*"proxy_?wallet"\s*:/i;

function shapeOfCsv(header: string): FileShape | { readonly unknown: string } {
  const names = header
    .trim()
    .split(',')
    .map((name) => name.replaceAll('"', '').trim());
  const columns = new Set(names);
  const twice = names.find((name, at) => name !== '' && names.indexOf(name) !== at);
  if (twice !== undefined) {
    return { unknown: `Expected each column once; found ${quoted(twice)} twice.` };
  }
  for (const [format, required] of COLUMNS) {
    if (required.every((name) => columns.has(name))) return { format, container: 'csv' };
  }
  const found = header.slice(0, 120).trim();
  return {
    unknown:
      `Expected the columns of a known venue export; found the first line ` +
      `${JSON.stringify(found)}.`,
  };
}

function isActivity(value: JsonObject): boolean {
  const first = 'proxyWallet' in value && 'transactionHash' in value;
  return first || ('proxy_wallet' in value && 'transaction_hash' in value);
}

function isExecution(value: { readonly [name: string]: Json }): boolean {
  return 'order_id' in value && ('kind' in value || 'fill_id' in value || 'status' in value);
}

async function* jsonRecords(
  texts: AsyncIterable<string>,
  wants: Wants,
): AsyncGenerator<FileRecord> {
  let row = 0;
  for await (const text of texts) {
    row += 1;
    if (!wants(row)) continue;
    const value = parseJson(text);
    if (isObject(value)) yield { row, text, fields: fieldsOf(value) };
    else
      yield {
        row,
        text,
        broken: `Expected a JSON object in row ${String(row)}; ${otherThan(value)}.`,
      };
  }
}

/** The rows of a page of the Data API. */
async function* pageRecords(path: string): AsyncGenerator<FileRecord> {
  for await (const text of wholeDocument(path)) {
    const page = parseJson(text);
    const rows = isObject(page) ? page['data'] : undefined;
    if (!Array.isArray(rows)) throw new Error(`Expected a page of activity; ${otherThan(page)}.`);
    let row = 0;
    for (const one of rows as readonly Json[]) {
      row += 1;
      const text = JSON.stringify(one);
      if (isObject(one)) yield { row, text, fields: fieldsOf(one) };
      else yield { row, text, broken: `Expected a JSON object in row ${String(row)}; found none.` };
    }
  }
}

/** Flattens wallets with their trades: a row is a trade, with its wallet beside it. */
async function* historyRecords(path: string): AsyncGenerator<FileRecord> {
  let row = 0;
  for await (const text of elementsOf(chunksOf(path))) {
    const wallet = parseJson(text);
    const trades = isObject(wallet) ? wallet['trades'] : undefined;
    if (!isObject(wallet) || !Array.isArray(trades)) {
      row += 1;
      yield { row, text, broken: 'Expected a wallet with its trades; found something else.' };
      continue;
    }
    const { canonical_wallet: owner = '' } = fieldsOf({ ...wallet, trades: null });
    for (const trade of trades as readonly Json[]) {
      row += 1;
      if (!isObject(trade)) {
        yield { row, text: JSON.stringify(trade), broken: 'Expected a trade; found no object.' };
        continue;
      }
      const fields = { canonical_wallet: owner, ...fieldsOf(trade) };
      yield { row, text: JSON.stringify(fields), fields };
    }
  }
}

/**
 * A row has a value for each column of the header: with one more or less nobody knows which is
 * which, and a size printed `1,000` would move a market into the column of the transaction. A quote
 * within a value is part of it, for the reader of that value to judge.
 */
async function* csvRecords(path: string): AsyncGenerator<FileRecord> {
  const parser = csvParser({
    columns: (names: readonly string[]) => names.map((name) => name.trim()),
    bom: true,
    raw: true,
    info: true,
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    relax_quotes: true,
  });
  let row = 0;
  try {
    for await (const parsed of createReadStream(path).pipe(parser)) {
      const { record, raw, info } = parsed as CsvRow;
      const text = raw.trim();
      row += 1;
      if (info.error === undefined) yield { row, text, fields: record };
      else yield { row, text, broken: oddColumns(row, info.error) };
    }
  } catch (cause) {
    if (!(cause instanceof CsvError) || cause.code !== 'CSV_QUOTE_NOT_CLOSED') throw cause;
    const at = `after row ${String(row)}`;
    throw new Error(`Expected the quote ${at} to be closed; the file ends inside it.`, { cause });
  }
}

type CsvRow = {
  readonly record: Record<string, string>;
  readonly raw: string;
  readonly info: { readonly error?: CsvError };
};

function oddColumns(row: number, { columns, record }: CsvError): string {
  const [expected, found] = [columns, record].map((all) => (Array.isArray(all) ? all.length : 0));
  const place = `in row ${String(row)}`;
  return `Expected ${String(expected)} columns ${place}; found ${String(found)}.`;
}

/** Raw logs, the consecutive ones of a transaction together: its transfers explain its cash. */
async function* logRecords(
  path: string,
  container: FileShape['container'],
): AsyncGenerator<FileRecord> {
  let row = 0;
  let group: ChainLog[] = [];
  const texts = container === 'array' ? elementsOf(chunksOf(path)) : wholeDocument(path);
  for await (const text of texts) {
    const value = parseJson(text);
    const logs = value === undefined ? [] : logsIn(value);
    if (value === undefined || (container === 'array' && logs.length === 0 && !isBare(text))) {
      if (group.length > 0) yield { row: row + 1, logs: group };
      row += group.length + 1;
      group = [];
      yield { row, text, broken: `Expected JSON with raw logs; ${otherThan(value)}.` };
      continue;
    }
    for (const [at, log] of logs.entries()) {
      const first = group[0];
      const begins = at === 0 && log.whole;
      if (first !== undefined && (begins || !sameTransaction(first, log))) {
        yield { row: row + 1, logs: group };
        row += group.length;
        group = [];
      }
      group.push(log);
    }
  }
  if (group.length > 0) yield { row: row + 1, logs: group };
}

/** A receipt may have no logs, which is nothing to do; anything else without logs is odd. */
function isBare(text: string): boolean {
  return /"logs"\s*:\s*\[\s*\]/.test(text);
}

function otherThan(value: Json | undefined): string {
  return value === undefined ? 'it does not parse' : 'found something else';
}

async function* wholeDocument(path: string): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of chunksOf(path)) {
    text += chunk;
    if (text.length > DOCUMENT_LENGTH_MAX) {
      throw new Error(
        'Expected a document of at most 64 MiB; give larger sets as a JSON array of logs.',
      );
    }
  }
  yield text;
}
