/**
 * Rows of venue exports as items of an import: trades as they stand, for the writer to read; what
 * is no trade as the movement that it is. What cannot be read goes on as it stands, too: it is set
 * aside with its own fields and the reason.
 */

import { isRefusal } from '../../amounts.ts';
import { type Fields, type ImportTerms, type RowFormat } from '../../raw.ts';
import { isMovement, movementOfRow } from '../../rows-movements.ts';
import { kindOfRow, momentOfRow, walletOfRow } from '../../rows.ts';
import { type ImportRequest, type Item, OTHER, wanted } from './items.ts';
import { type JoinedRows, type RowMovement } from './joined-rows.ts';
import { type RowMoment } from './order.ts';
import { type FileRecord } from './read.ts';

/** A record that is a row of texts. */
export type Row = { readonly row: number; readonly text: string; readonly fields: Fields };

/** A row that is a part of another row's movement, as it is counted. */
export const PART = 'part of another row';

/** The item of a row. */
export function itemOfRow(
  format: RowFormat,
  { row, text, fields }: Row,
  terms: ImportTerms,
  request: ImportRequest,
  joined: JoinedRows,
): Item {
  const kind = kindOfRow(format, fields);
  if (kind !== 'TRADE' && !isMovement(kind)) return { leftOut: kind };
  const account = walletOfRow(format, fields, terms.account);
  if (!wanted(account, request)) return { leftOut: OTHER };
  const whole = joined.get(row);
  if (whole === null) return { leftOut: PART };
  const position = `${terms.fileSha256}/${String(row)}`;
  if (whole !== undefined) {
    const { movement, text: rows } = whole;
    return { input: { position, raw: { ...movement, terms }, text: rows, account }, kind };
  }
  const movement = movementIn(format, fields, terms);
  const raw = movement ?? { format, fields, terms };
  return { input: { position, raw, text, account }, kind };
}

/** The movements in the rows of a file. */
export async function* movementsIn(
  records: AsyncIterable<FileRecord>,
  format: RowFormat,
  termsAt: (row: number) => ImportTerms,
): AsyncGenerator<RowMovement> {
  for await (const record of records) {
    if (!('fields' in record)) continue;
    const { row, text, fields } = record;
    const movement = movementIn(format, fields, termsAt(row));
    if (movement !== null) yield { row, text, movement };
  }
}

/** When a record happened; what is no row does not say it. */
export function momentIn(format: RowFormat, record: FileRecord): RowMoment {
  return 'fields' in record ? momentOfRow(format, record.fields) : { time: null, rank: 0 };
}

function movementIn(format: RowFormat, fields: Fields, terms: ImportTerms) {
  if (kindOfRow(format, fields) === 'TRADE') return null;
  const movement = movementOfRow(format, fields, terms);
  return isRefusal(movement) ? null : movement;
}
