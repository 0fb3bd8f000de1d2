/** Settings of a processor as the log brings them: texts, read the same by all who go by them. */

import { EXCHANGE_BPS_MAX } from './fee.ts';

export type Setting = { readonly name: string; readonly value: string };

/** Limits of a whole number, both within. */
export type WholeLimits = { readonly least: number; readonly most: number };

const ANY: WholeLimits = { least: 0, most: 999_999_999_999 };

/** The processor that judges fees: how, its parameters say, to all who follow its judgement. */
export const FEE_JUDGE = 'pnl-projector';
export const EXCHANGE_FEE_CAP = 'exchange_max_fee_bps';

/** The number under a name; `initial` where it is not carried; null where it cannot be read. */
export function wholeSetting(
  settings: readonly Setting[],
  name: string,
  initial: number,
  { least, most }: WholeLimits = ANY,
): number | null {
  const setting = settings.find((one) => one.name === name);
  if (setting === undefined) return initial;
  const value = /^\d{1,12}$/.test(setting.value) ? parseInt(setting.value, 10) : -1;
  return value >= least && value <= most ? value : null;
}

/** The exchange's cap on a whole fee that is in force from these settings on. */
export function exchangeCapIn(settings: readonly Setting[], was: number): number {
  return wholeSetting(settings, EXCHANGE_FEE_CAP, EXCHANGE_BPS_MAX) ?? was;
}
