/** The question before something is written that somebody answers for. */

import { CliError, type Terminal } from '../terminal.ts';

/**
 * Whether the person says yes. Throws a sentence where there is nobody to ask and nothing was
 * said beforehand: a script says --yes.
 */
export async function isConfirmed(
  terminal: Terminal,
  question: string,
  isSaid: boolean,
): Promise<boolean> {
  if (isSaid) return true;
  if (terminal.answer === undefined) {
    throw new CliError(
      'Expected a terminal to answer at, or --yes, found neither: nothing was written.',
    );
  }
  const answer = await terminal.answer(`${question} [y/N] `);
  return /^y(es)?$/i.test(answer.trim());
}
