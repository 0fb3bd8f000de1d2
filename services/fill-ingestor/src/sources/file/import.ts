/**
 * A file as a source: what is in it, whether the operator's terms fit it, and its raw inputs in
 * order. The file is read twice, once to judge it as a whole (all or nothing: a file with two
 * wallets and no `--account` writes no row at all) and once to yield; memory stays bounded. An
 * export is read once before, for rows that are parts of one movement, and where its rows do not
 * stand by time once more for each part that is put in order.
 */

import { normalize } from '../../normalize.ts';
import { type ImportTerms, type RawInput, type RowFormat } from '../../raw.ts';
import { traitsOf } from '../../rows.ts';
import { type ContractBook, POLYGON } from '../chain/contracts.ts';
import {
  type FileInput,
  type ImportRequest,
  type Item,
  OTHER,
  UNREADABLE,
  wanted,
} from './items.ts';
import { joinedRows, type JoinedRows } from './joined-rows.ts';
import { itemsOfLogs } from './log-items.ts';
import { inOrder, type Moments, note, placesOf } from './order.ts';
import {
  type FileFormat,
  type FileRecord,
  type FileShape,
  recordsOf,
  shapeOf,
  type Wants,
} from './read.ts';
import { itemOfRow, momentIn, movementsIn } from './row-items.ts';
import { sha256OfFile } from './scan.ts';
import { recordsStanding, type TakenBack, takenBackIn } from './standing.ts';

export { type FileInput, type ImportRequest } from './items.ts';

/** What a file holds, found by reading it once. */
export type Inspection = {
  readonly path: string;
  readonly shape: FileShape;
  readonly fileSha256: string;
  readonly records: number;
  readonly inputs: number;
  /** The inputs by kind: `TRADE`, `REDEEM`, …; `ExecutionReport`, `OrderFilled`; `unreadable`. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly wallets: ReadonlySet<string>;
  /** Rows that are no input, by kind (`OrdersMatched`, `other account`, a type that is new). */
  readonly leftOut: Readonly<Record<string, number>>;
  readonly takenBack: TakenBack;
  /** Place at which each row of an export is taken, by time; null where the file has that order. */
  readonly places: Uint32Array | null;
  readonly joined: JoinedRows;
  /** The contracts by which its logs are read. */
  readonly book: ContractBook;
};

/** What each kind of file is made of, for the sentence about one that has nothing. */
const CONTENTS = {
  lines: 'lines',
  array: 'records or raw logs',
  document: 'raw logs',
  csv: 'rows',
} as const;

/** Distinct wallets that are told apart in an inspection; beyond it a file simply has "many". */
const WALLETS_MAX = 100_000;

/** Reads the file once. The answer is an inspection, or one sentence why it cannot be imported. */
export async function inspectFile(
  path: string,
  request: ImportRequest,
  book: ContractBook = POLYGON,
): Promise<Inspection | { readonly refused: string }> {
  const shape = await shapeOf(path);
  if ('unknown' in shape) return { refused: shape.unknown };
  const misfit = misfitOf(shape, request);
  if (misfit !== null) return { refused: misfit };
  const fileSha256 = await sha256OfFile(path);
  const wallets = new Set<string>();
  const leftOut: Record<string, number> = {};
  const kinds: Record<string, number> = {};
  let records = 0;
  let inputs = 0;
  const takenBack = await takenBackIn(path, shape);
  const joined = await joinedIn(path, shape, fileSha256, request);
  const judged = { shape, fileSha256, joined, request, book };
  const moments: Moments = { times: [], ranks: [] };
  for await (const record of recordsStanding(path, shape, takenBack)) {
    records += 'logs' in record ? record.logs.length : 1;
    if (isExport(shape.format)) note(moments, momentIn(shape.format, record));
    for (const item of itemsOf(record, judged)) {
      if ('leftOut' in item) leftOut[item.leftOut] = (leftOut[item.leftOut] ?? 0) + 1;
      else {
        inputs += 1;
        kinds[item.kind] = (kinds[item.kind] ?? 0) + 1;
        const { account } = item.input;
        if (account !== null && wallets.size < WALLETS_MAX) wallets.add(account);
      }
    }
  }
  if (records === 0)
    return { refused: `Expected ${CONTENTS[shape.container]} in ${path}; found none.` };
  const places = placesOf(moments);
  const found = { records, inputs, kinds, wallets, leftOut, takenBack, places, joined };
  const inspection = { path, shape, fileSha256, book, ...found };
  const refused = refusalOf(inspection, request);
  return refused === null ? inspection : { refused };
}

/** The raw inputs of an inspected file: rows of an export by time, anything else as it stands. */
export async function* inputsOf(
  inspection: Inspection,
  request: ImportRequest,
): AsyncGenerator<FileInput> {
  const { path, shape, takenBack, places } = inspection;
  const judged = { ...inspection, request };
  const read = (wants?: Wants) => recordsStanding(path, shape, takenBack, wants);
  for await (const record of places === null ? read() : inOrder(read, places)) {
    for (const item of itemsOf(record, judged)) {
      if ('input' in item) yield item.input;
    }
  }
}

/** Rows of an export that are parts of one movement. */
function joinedIn(
  path: string,
  { format, container }: FileShape,
  fileSha256: string,
  request: ImportRequest,
): Promise<JoinedRows> {
  if (!isExport(format) || !traitsOf(format).hasMovements) return Promise.resolve(new Map());
  const shape = { format, container };
  const termsAt = termsOf(fileSha256, request);
  return joinedRows(() => movementsIn(recordsOf(path, shape), format, termsAt));
}

/** What the shape alone contradicts in the terms, as a sentence, or null. */
function misfitOf(shape: FileShape, request: ImportRequest): string | null {
  if (!isExport(shape.format)) return null;
  const { hasWallet, hasHashes } = traitsOf(shape.format);
  if (!hasHashes && request.identity !== 'row') {
    return (
      'Expected --identity row, because the rows of this file carry no ids; without ' +
      'it two equal rows could not be told apart.'
    );
  }
  if (hasWallet || singleAccount(request) !== null) return null;
  return (
    'Expected one --account with the wallet that the rows belong to, because the ' +
    'file has no wallet column.'
  );
}

function refusalOf(inspection: Inspection, request: ImportRequest): string | null {
  if (request.accounts !== null || inspection.shape.format === 'execution') return null;
  if (inspection.wallets.size <= 1) return null;
  const count = inspection.wallets.size >= WALLETS_MAX ? 'many' : String(inspection.wallets.size);
  return (
    `Expected --account with the wallets to import, or --account any; the file has ` +
    `${count} wallets.`
  );
}

/** What all records of a file are judged by. */
type Judged = Pick<Inspection, 'shape' | 'fileSha256' | 'joined' | 'book'> & {
  readonly request: ImportRequest;
};

function itemsOf(
  record: FileRecord,
  { shape, fileSha256, joined, request, book }: Judged,
): readonly Item[] {
  const termsAt = termsOf(fileSha256, request);
  if ('logs' in record) return itemsOfLogs(record, termsAt, request, book);
  const position = `${fileSha256}/${String(record.row)}`;
  const { text } = record;
  if ('broken' in record) {
    const raw: RawInput = { format: 'unusable', because: record.broken, recordType: null };
    return [{ input: { position, raw, text, account: null }, kind: UNREADABLE }];
  }
  const terms = termsAt(record.row);
  if (shape.format === 'chain-logs') return [];
  if (shape.format === 'execution') {
    const raw: RawInput = { format: 'execution', fields: record.fields, terms };
    const draft = normalize({ format: 'execution', fields: record.fields, terms });
    const account = draft.kind === 'refusal' ? null : draft.account;
    return wanted(account, request)
      ? [{ input: { position, raw, text, account }, kind: 'ExecutionReport' }]
      : [{ leftOut: OTHER }];
  }
  return [itemOfRow(shape.format, record, terms, request, joined)];
}

function isExport(format: FileFormat): format is RowFormat {
  return format !== 'execution' && format !== 'chain-logs';
}

function termsOf(fileSha256: string, request: ImportRequest): (row: number) => ImportTerms {
  const { bot, zeroFeeDeclaredBy, identity } = request;
  const account = singleAccount(request);
  return (row) => ({ fileSha256, row, account, bot, zeroFeeDeclaredBy, identity });
}

function singleAccount(request: ImportRequest): string | null {
  if (request.accounts === null || request.accounts === 'any') return null;
  return request.accounts.length === 1 ? (request.accounts[0] ?? null) : null;
}
