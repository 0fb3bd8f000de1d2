/**
 * What an export of the Data API's first version says, counted over its rows in bare integers, by
 * nothing that the services use.
 */

import { readFileSync } from 'node:fs';
import { folder } from './venue.ts';

/** A row of an export, its amounts in micros (the nearest, M1). */
export type Row = {
  readonly type: string;
  readonly conditionId: string;
  readonly asset: string;
  readonly wallet: string;
  readonly txHash: string;
  readonly size: bigint;
  readonly cash: bigint;
};

/** Reads an export of the first version; its numbers are kept from JSON.parse by quotes. */
export function rowsOf(name: string): readonly Row[] {
  const text = readFileSync(`${folder}/${name}`, 'utf8');
  const quoted = text.replace(/"(size|usdcSize)":\s*([0-9.e+-]+)/g, '"$1":"$2"');
  const rows = JSON.parse(quoted) as readonly Readonly<Record<string, string>>[];
  return rows.map((row) => ({
    type: row['type'] ?? '',
    conditionId: row['conditionId'] ?? '',
    asset: row['asset'] ?? '',
    wallet: row['proxyWallet'] ?? '',
    txHash: row['transactionHash'] ?? '',
    size: micros(row['size'] ?? ''),
    cash: micros(row['usdcSize'] ?? ''),
  }));
}

function micros(decimal: string): bigint {
  const [whole = '', part = ''] = decimal.split('.');
  const digits = BigInt(whole + part.padEnd(6, '0').slice(0, 6));
  return (part[6] ?? '0') >= '5' ? digits + 1n : digits;
}

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string) {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

export const sum = (amounts: readonly bigint[]): bigint =>
  amounts.reduce((all, one) => all + one, 0n);

/** What an export says of each condition, by its own count. */
export function countsOf(rows: readonly Row[]) {
  const buys = grouped(
    rows.filter((row) => row.type === 'TRADE'),
    (row) => row.conditionId,
  );
  const redeems = rows.filter((row) => row.type === 'REDEEM');
  const paid = new Set(redeems.filter((row) => row.cash > 0n).map((row) => row.conditionId));
  const isBought = (row: Row): boolean => buys.has(row.conditionId);
  const empty = redeems.filter((row) => row.cash === 0n);
  return {
    buys,
    comparable: redeems.filter((row) => row.cash > 0n && isBought(row)),
    lost: empty.filter((row) => isBought(row) && !paid.has(row.conditionId)),
    beside: empty.filter((row) => paid.has(row.conditionId)),
    unseenLosers: empty.filter((row) => !isBought(row)),
    unseenWinners: redeems.filter((row) => row.cash > 0n && !isBought(row)),
  };
}
