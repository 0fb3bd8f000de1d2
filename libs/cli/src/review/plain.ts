/** A preview as JSON: amounts as decimal strings, names as the contracts write them. */

import { formatMicros } from '@polytraders/money';

type Plain =
  null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain };

/** Every bigint is an amount in micros. */
export function plain(value: unknown): Plain {
  if (typeof value === 'bigint') return formatMicros(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value as Plain;
  const entries = Object.entries(value).map(([name, one]) => [snake(name), plain(one)] as const);
  return Object.fromEntries(entries);
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
