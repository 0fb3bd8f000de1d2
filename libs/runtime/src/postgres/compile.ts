/**
 * Row writers compiled per table. A ledger row has fifty columns and a rebuild writes a million of
 * them: reading each column by a name that is only known at run time costs more than writing it.
 * The code is built from column names (checked to be plain identifiers) and types, nothing else.
 *
 * Amounts are written as `<integer>e-6`, prices as `<integer>e-18`: Postgres reads that exactly,
 * and no decimal point has to be placed.
 */

import { type Column, type ColumnType, type Table } from '@polytraders/stream';
import { RuntimeError } from '../errors.ts';
import { copyEscape, quoted, textOf, timeText } from './values.ts';

type Tools = {
  readonly escape: typeof copyEscape;
  readonly quoted: typeof quoted;
  readonly time: typeof timeText;
  readonly text: typeof textOf;
};

const tools: Tools = { escape: copyEscape, quoted, time: timeText, text: textOf };

/** Writes one line of COPY text: the columns of the row with tabs between, no newline. */
export function compileCopyLine<Row extends object>(
  columns: readonly Column<Row>[],
): (row: Row) => string {
  const terms = columns.map(
    (column, index) =>
      `(${index === 0 ? '' : '"\\t" + '}((v = row.${plain(column.name)}) === null || v === ` +
      `undefined ? "\\\\N" : ${copyTerm(column.type)}))`,
  );
  return compiled<(row: Row) => string>(`return (row) => { let v; return ${terms.join(' + ')}; };`);
}

/** Writes the array literals of all columns over many rows, in the order of the columns. */
export function compileLiterals<Row extends object>(
  columns: Table<Row>['columns'],
): (rows: readonly Row[]) => string[] {
  const starts = columns.map((_, index) => `let c${index} = "{";`).join(' ');
  const steps = columns
    .map(
      (column, index) =>
        `v = row.${plain(column.name)}; c${index} += sep + (v === null || v === undefined ? ` +
        `"NULL" : ${literalTerm(column.type)});`,
    )
    .join('\n');
  const ends = columns.map((_, index) => `c${index} + "}"`).join(', ');
  return compiled<(rows: readonly Row[]) => string[]>(
    `return (rows) => { ${starts} let v; let sep = ""; for (const row of rows) { ${steps} sep ` +
      `= ","; } return [${ends}]; };`,
  );
}

function copyTerm(type: ColumnType): string {
  switch (type) {
    case 'micros':
      return 'v + "e-6"';
    case 'price':
      return 'v + "e-18"';
    case 'int':
    case 'date':
      return 'v';
    case 'bool':
      return '(v ? "t" : "f")';
    case 'time':
      return 'tools.time(v)';
    case 'texts':
      return '(v.length === 0 ? "{}" : tools.escape(tools.text("texts", v)))';
    case 'text':
    case 'hex':
      return 'tools.escape(v)';
    default:
      return `tools.escape(tools.text(${JSON.stringify(type)}, v))`;
  }
}

function literalTerm(type: ColumnType): string {
  switch (type) {
    case 'micros':
      return 'v + "e-6"';
    case 'price':
      return 'v + "e-18"';
    case 'int':
    case 'date':
      return 'v';
    case 'bool':
      return '(v ? "t" : "f")';
    case 'time':
      return '"\\"" + tools.time(v) + "\\""';
    case 'text':
    case 'hex':
      return 'tools.quoted(v)';
    default:
      return `tools.quoted(tools.text(${JSON.stringify(type)}, v))`;
  }
}

function plain(name: string): string {
  if (/^[a-z_][a-zA-Z0-9_]*$/.test(name)) return name;
  throw new RuntimeError(
    'CONFIGURATION',
    `Expected a column name of letters, digits and underscores; found "${name}".`,
    { retryable: false },
  );
}

function compiled<Writer>(body: string): Writer {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the header says why and of what.
  const make = new Function('tools', body) as (given: Tools) => Writer;
  return make(tools);
}
