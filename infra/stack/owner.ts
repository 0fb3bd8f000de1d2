/** Whose stack it is: servers of another user could be stopped, and not started again. */

import { statSync } from 'node:fs';
import { layoutOf } from './layout.ts';

/** Throws one sentence where the stack in `dir` is not that of the user `own`. */
export function expectOwn(dir: string, own: number | undefined = process.getuid?.()): void {
  const owner = statSync(layoutOf(dir).ports, { throwIfNoEntry: false })?.uid;
  if (owner === undefined || own === undefined || owner === own) return;
  throw new Error(
    `Expected the stack in ${dir} to be yours (user id ${own}), found it to be of user id ` +
      `${owner}: use that user, or run npm run stack -- down --wipe as that user first.`,
  );
}
