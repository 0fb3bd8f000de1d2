/** What readers of commands share: arguments by name, and the refusal of what cannot be read. */

import { type Refusal, refuse } from './draft.ts';
import { quoted } from './quoted.ts';
import { type Fields } from './raw.ts';
import { fieldsOf, type JsonObject } from './sources/file/json.ts';

/** The arguments as texts, each one that the command knows: a misspelt one is no default. */
export function only(given: JsonObject, names: readonly string[]): Fields | Refusal {
  const odd = Object.keys(given).find((name) => !names.includes(name));
  if (odd === undefined) return fieldsOf(given);
  return refused(`Expected arguments among ${names.join(', ')}; found ${quoted(odd)}.`);
}

/** Refusal of a command. */
export function refused(because: string): Refusal {
  return refuse('GOV_COMMAND_REFUSED', because);
}
