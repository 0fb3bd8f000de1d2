/** Where the venue's files are. They are not part of the repository: without them a suite says so. */

import { existsSync } from 'node:fs';
import { describe } from '@jest/globals';

export const folder =
  process.env['VENUE_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname;

export const present = existsSync(folder);
if (!present)
  process.stdout.write(`The venue files are absent (${folder}); their tests are left out.\n`);

/** `describe`, or nothing where the files are absent. */
export const venue = present ? describe : describe.skip;
