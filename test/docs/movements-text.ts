/**
 * Movements on the books, in the words of services/pnl-projector/src/golden/*.ledger and through
 * the same code: what a line says and what the projector does, side by side.
 */

import { type LedgerLine, parseLedgerText } from '@polytraders/testkit';
import { grammar, play, type Words } from '../../services/pnl-projector/src/golden.fixture.ts';
import { type Said } from './ledger-text.ts';

const asked = ['position', 'lot', 'wallet'] as const;

/** Runs one block. An answer for each line of #emitted, and for those of #after that are there. */
export function runMovements(lines: readonly string[]): readonly Said[] {
  const text = parseLedgerText(lines.join('\n'), grammar);
  const { emitted, after } = play(text);
  const answers = text.emitted.map((line, index) => answer(line, emitted[index]));
  const silent = text.emitted.length === 0 ? [] : emitted.slice(text.emitted.length);
  const unsaid = silent.map(({ verb, subject }) => ({
    said: 'nothing',
    found: `${verb} ${subject}`,
  }));
  const stands = text.after.map((line) => {
    const isAsked = asked.some((verb) => verb === line.verb);
    const of = after.find(({ verb, subject }) => verb === line.verb && subject === line.subject);
    return answer(line, isAsked ? of : undefined);
  });
  return [...answers, ...unsaid, ...stands];
}

/** The line, and the line with what was found in place of what it says. */
function answer(line: LedgerLine, found: Words | undefined): Said {
  const clauses = (of: (tag: string) => string): string =>
    [...line.clauses.keys()].map((tag) => `, ${tag} ${of(tag)}`.trimEnd()).join('');
  const said = `${line.verb} ${line.subject}${clauses((tag) => line.clauses.get(tag) ?? '')}`;
  if (found === undefined) return { said, found: 'nothing' };
  return {
    said,
    found: `${found.verb} ${found.subject}${clauses((tag) => found.says[tag] ?? '')}`,
  };
}
