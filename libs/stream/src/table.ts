/**
 * Tables as data: names, column types and keys, so that the runtime can COPY, upsert and read
 * rows of any processor without knowing what they mean.
 *
 * A column type names both the SQL type and the JavaScript value:
 *   text, hex (bytea as 0x…), bool, int (int4/int8 as number), micros (numeric(38,6) as bigint of
 *   10⁻⁶), price (numeric(38,18) as bigint of 10⁻¹⁸), time (timestamptz as integer microseconds
 *   since 1970), date (ISO string), texts (text[] as string[]), micros_list (numeric[]), int_list
 *   (int8[]).
 */

export type ColumnType =
  | 'text'
  | 'hex'
  | 'bool'
  | 'int'
  | 'micros'
  | 'price'
  | 'time'
  | 'date'
  | 'texts'
  | 'micros_list'
  | 'int_list'
  | 'bytes';

export type Column<Row> = { readonly name: keyof Row & string; readonly type: ColumnType };

export type Table<Row extends object> = {
  readonly name: string;
  readonly columns: readonly Column<Row>[];
  /** Primary key, without the columns that the runtime owns. Empty for the ledger. */
  readonly key: readonly (keyof Row & string)[];
  /**
   * A column that an existing row must share with its replacement. Where it does not, two
   * partitions have met in one global row: the commit is refused and folded anew.
   */
  readonly guard?: keyof Row & string;
};

/** Declares a table; the type argument makes a misspelt column a compile error. */
export function table<Row extends object>(
  name: string,
  columns: Readonly<Record<keyof Row & string, ColumnType>>,
  key: readonly (keyof Row & string)[] = [],
  guard?: keyof Row & string,
): Table<Row> {
  const list = (Object.keys(columns) as (keyof Row & string)[]).map((column) => ({
    name: column,
    type: columns[column],
  }));
  return guard === undefined ? { name, columns: list, key } : { name, columns: list, key, guard };
}
