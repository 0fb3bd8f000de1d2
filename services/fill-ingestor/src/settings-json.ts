/** JSON that people write: a name that stands twice says two things, and neither may win. */

import { parse } from 'lossless-json';

/** The value, or why it is none. */
export function settingsIn(
  text: string,
): { readonly value: unknown } | { readonly odd: 'unparsable' | 'twice' } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { odd: 'unparsable' };
  }
  try {
    parse(text);
  } catch {
    return { odd: 'twice' };
  }
  return { value };
}
