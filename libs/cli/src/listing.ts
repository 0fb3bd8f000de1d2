/** A command that lists the rows of one view: positions, ledger, quarantine are values of this. */

import { type Command } from 'commander';
import { type CommandContext, printJson, sayIfCut } from './command.ts';
import { type FilterName, type ListOptions, withListOptions } from './filters.ts';
import { legendOf } from './legend.ts';
import { type Filters, type Row, rowToJson, selectRows, type View } from './rows.ts';
import { type Database, withDatabase } from './servers.ts';
import { type TableColumn, tableText } from './table.ts';

export type Listing<Name extends string> = {
  readonly command: string;
  readonly description: string;
  readonly view: View<Name>;
  readonly columns: readonly TableColumn<Row<Name>>[];
  readonly whenEmpty: string;
  /** What people must know to read the table; printed under it. */
  readonly note?: string;
  /** Column of reason codes, whose meanings are printed under the table. */
  readonly reasons?: Name;
  /** Which of the shared filters it has; account, bot and token where not said. */
  readonly options?: readonly FilterName[];
  readonly filters: (options: ListOptions) => Filters;
  /** What another service says of the rows that were found. */
  readonly complete?: (database: Database, rows: Row<Name>[]) => Promise<Row<Name>[]>;
  /** Options beyond those that all listings share. */
  readonly extend?: (command: Command) => Command;
};

/** Adds the command of a listing to the program. */
export function addListing<Name extends string>(
  program: Command,
  context: CommandContext,
  listing: Listing<Name>,
): void {
  const command = withListOptions(program.command(listing.command), listing.options).description(
    listing.description,
  );
  listing.extend?.(command);
  command.action(async (options: ListOptions) => {
    const rows = await withDatabase(context.env, async (database) => {
      const filters = listing.filters(options);
      const found = await selectRows(database, listing.view, filters, options.limit);
      return listing.complete === undefined ? found : listing.complete(database, found);
    });
    if (options.json === true) {
      const found = rows.map((row) => rowToJson(listing.view, row));
      printJson(context.terminal, found);
    } else {
      const note = rows.length === 0 || listing.note === undefined ? '' : `\n${listing.note}\n`;
      const { reasons } = listing;
      const legend = reasons === undefined ? '' : legendOf(rows.map((row) => row[reasons]));
      context.terminal.out(tableText(listing.columns, rows, listing.whenEmpty) + note + legend);
    }
    sayIfCut(context.terminal, 'rows', rows, options.limit);
  });
}

/** The text of a cell for people; what is not known is a dash, never a zero. */
export function cellText<Name extends string>(row: Row<Name>, name: Name): string {
  const cell = row[name];
  if (cell === null) return '–';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  return Array.isArray(cell) ? cell.join(' ') : String(cell);
}
