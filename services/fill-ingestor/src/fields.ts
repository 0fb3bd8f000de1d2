/**
 * Named texts of an execution report to values. A name that is missing or empty is null; one that
 * is there and cannot be read is a refusal, never null: what the sender meant to say is not known.
 */

import { priceOfRational, type PriceE18 } from '@polytraders/money';
import { isRefusal, priceIn } from './amounts.ts';
import { type Refusal, refuse, type TimeMicros } from './draft.ts';
import { quoted } from './quoted.ts';
import { type Fields } from './raw.ts';
import { timeOfIso } from './times.ts';

/** The text, null where nothing is said. */
export function said(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}

/** The text in lower case. */
export function lower(text: string | undefined): string | null {
  return said(text)?.toLowerCase() ?? null;
}

/** The first refusal among the values, or all of them. */
export function together<Values extends Readonly<Record<string, unknown>>>(
  values: Values,
): Refusal | { readonly [Name in keyof Values]: Exclude<Values[Name], Refusal> } {
  const odd = Object.values(values).find(isRefusal);
  return odd ?? (values as { readonly [Name in keyof Values]: Exclude<Values[Name], Refusal> });
}

/** A price in 10⁻¹⁸. */
export function priceAt(fields: Fields, name: string): PriceE18 | null | Refusal {
  const price = priceIn(said(fields[name]));
  return price === null || isRefusal(price) ? price : priceOfRational(price);
}

/** ISO-8601 in UTC. */
export function timeAt(fields: Fields, name: string): TimeMicros | null | Refusal {
  const text = said(fields[name]);
  if (text === null) return null;
  return timeOfIso(text) ?? unreadable(name, 'as ISO-8601 UTC', text);
}

/** A count: digits, no sign. */
export function wholeAt(fields: Fields, name: string): number | null | Refusal {
  const text = said(fields[name]);
  if (text === null) return null;
  if (!/^\d{1,15}$/.test(text)) return unreadable(name, 'as a whole number of 0 or more', text);
  return Number(text); // tidy-ok: basis points, a block or a log index, never money.
}

/** `true` or `false`. */
export function flagAt(fields: Fields, name: string): boolean | null | Refusal {
  const text = said(fields[name]);
  if (text === null) return null;
  return text === 'true' || text === 'false' ? text === 'true' : unreadable(name, FLAG, text);
}

/** A hash of the chain: 0x and 64 hex digits, in lower case. */
export function hashAt(fields: Fields, name: string): string | null | Refusal {
  const text = lower(fields[name]);
  return text === null || BYTES32.test(text) ? text : unreadable(name, HASH, text);
}

/**
 * An outcome token as the chain counts it, in the one way to write it: two texts of one token would
 * be two books. A file may also carry an id that an import made of its columns.
 */
export function tokenAt(
  fields: Fields,
  isFile: boolean,
  name = 'token_id',
): string | null | Refusal {
  const text = said(fields[name]);
  if (text === null || (isFile && MADE_TOKEN.test(text))) return text;
  const isToken = DECIMAL.test(text) && BigInt(text) < 1n << 256n;
  return isToken ? text : unreadable(name, TOKEN, text);
}

/** A condition: 0x and 64 hex digits, in lower case; or, in a file, an id made of its columns. */
export function conditionAt(fields: Fields, isFile: boolean): string | null | Refusal {
  const text = said(fields['condition_id']);
  return text !== null && isFile && MADE_CONDITION.test(text)
    ? text
    : hashAt(fields, 'condition_id');
}

const BYTES32 = /^0x[0-9a-f]{64}$/;
const DECIMAL = /^(0|[1-9]\d{0,77})$/;
const MADE_CONDITION = /^file:[0-9a-f]{40}$/;
const MADE_TOKEN = /^file:[0-9a-f]{40}:/;

const FLAG = 'as true or false';
const HASH = 'as 0x and 64 hex digits';
const TOKEN = 'in decimal digits without leading zeros, below 2²⁵⁶';

/** Refusal of a text that was expected otherwise: `expected` goes on after the name. */
export function unreadable(name: string, expected: string, found: string): Refusal {
  return refuse('INVALID_INPUT', `Expected ${name} ${expected}; found ${quoted(found)}.`);
}
