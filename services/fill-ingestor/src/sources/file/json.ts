/**
 * JSON whose numbers become texts (rule M1): `11.988287999999999` reaches the books as these
 * digits, and `9e-6` as these. Whether a source quotes its numbers makes no difference to us.
 */

import { parse } from 'lossless-json';
import { type Fields } from '../../raw.ts';

/** A JSON value; numbers are their own text. */
export type Json = string | boolean | null | readonly Json[] | JsonObject;

export type JsonObject = { readonly [name: string]: Json };

/** Parses losslessly. Answers undefined where the text is not JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    return parse(text, undefined, (number) => number) as Json;
  } catch {
    return undefined;
  }
}

/** A JSON object, not an array or null. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text of a string, number or boolean; null for anything else and for an absent value. */
export function textOf(value: Json | undefined): string | null {
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  return typeof value === 'string' ? value : null;
}

/**
 * The members of an object as texts; null means not said. A list or an object is there, so it is
 * handed on as JSON: whoever reads its name then finds what is no amount, flag or hash, and refuses
 * it. Left out, a `paper: [true]` would be a real fill.
 */
export function fieldsOf(object: JsonObject): Fields {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(object)) {
    if (value !== null) fields[name] = textOf(value) ?? JSON.stringify(value);
  }
  return fields;
}
