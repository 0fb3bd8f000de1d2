/**
 * Inventory is shares of a token or pUSD: a row has two columns for each amount, and one of them is
 * filled. People read one.
 */

import { formatFixed, parseMicros } from '@polytraders/money';
import { type Cell } from './rows.ts';
import { shortId } from './table.ts';

/**
 * The filled half of `name` (`name_shares` or `name_pusd`), with six decimals; a dash where neither
 * is.
 */
export function eitherAmount(row: Readonly<Record<string, Cell>>, name: string): string {
  const cell = row[`${name}_shares`] ?? row[`${name}_pusd`] ?? null;
  if (cell === null) return '–';
  const micros = parseMicros(String(cell));
  return typeof micros === 'bigint' ? formatFixed(micros, 6) : String(cell);
}

/** `pUSD`, or the token in short. */
export function assetText(token: Cell): string {
  return token === null ? 'pUSD' : shortId(token as string);
}

/** The token in whole with its unit: `shares of 1234…`; or `pUSD`. */
export function unitText(token: string | null): string {
  return token === null ? 'pUSD' : `shares of token ${token}`;
}
