/** What the reason codes of a table mean, for people. */

import { reasonOf } from '@polytraders/contracts';
import { type Cell } from './rows.ts';

/** A line for each code of the registry in the cells, sorted; nothing where there is none. */
export function legendOf(cells: readonly Cell[]): string {
  const codes = new Set(cells.flatMap((cell) => codesIn(cell)));
  const lines = [...codes].sort().flatMap((code) => meaningOf(code) ?? []);
  return lines.length === 0 ? '' : `\n${lines.join('\n')}\n`;
}

/** `CODE: what it means. What to do.`; null for a code that nobody registered. */
export function meaningOf(code: string): string | null {
  const reason = reasonOf(code);
  return reason === undefined ? null : `${code}: ${reason.meaning} ${reason.action}`;
}

function codesIn(cell: Cell): readonly string[] {
  if (typeof cell === 'string') return [cell];
  return Array.isArray(cell) ? (cell as readonly string[]) : [];
}
