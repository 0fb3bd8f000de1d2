/**
 * Values as JSON text and back without loss: a bigint is `"#123"`, a text that begins with `#` has
 * one more in front, a Map is `{"#map":[[key, value], …]}`. The same value gives the same text as
 * long as its maps and objects were filled in the same order; callers sort.
 */

import { createHash } from 'node:crypto';

const MAP = '#map';

/** The text of a value of plain objects, lists, maps, texts, numbers, bigints and nulls. */
export function exactText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return `#${part.toString()}`;
    if (typeof part === 'string') return part.startsWith('#') ? `#${part}` : part;
    return part instanceof Map ? { [MAP]: [...part] } : part;
  });
}

/** SHA-256 of the text of a value, in hex. */
export function exactHash(value: unknown): string {
  return createHash('sha256').update(exactText(value)).digest('hex');
}

/** The value of such a text. */
export function exactValue(text: string): unknown {
  return JSON.parse(text, (_, part: unknown) => {
    if (typeof part === 'string') return textOrAmount(part);
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, MAP)) return part;
    return new Map(
      (part as { readonly [MAP]: unknown })[MAP] as readonly (readonly [unknown, unknown])[],
    );
  });
}

function textOrAmount(part: string): string | bigint {
  if (!part.startsWith('#')) return part;
  return part.startsWith('##') ? part.slice(1) : BigInt(part.slice(1));
}
