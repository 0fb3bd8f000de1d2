/** Where the venue's files are. The repository has them not: without them a suite says so. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from '@jest/globals';

export const folder =
  process.env['VENUE_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname;

export const present = existsSync(folder);
if (!present)
  process.stdout.write(`The venue files are absent (${folder}); their tests are left out.\n`);

/** `describe`, or nothing where the files are absent. */
export const venue = present ? describe : describe.skip;

/** Rows of the second version of the Data API, out of the collection that keeps one of each. */
export function secondVersion(into: string): string {
  const text = readFileSync(`${folder}/live-fixtures-2026-10/data_api_v2_rows.json`, 'utf8');
  const [, rows = ''] = /"activity_rows": \{\n([^]*?)\n \}/.exec(text) ?? [];
  const lines = rows.split('\n').map((line) => line.replace(/^\s*"[A-Z_]+": /, ''));
  const path = join(into, 'second-version.json');
  writeFileSync(path, `{"data": [${lines.join('\n')}], "pagination": {"has_more": false}}`);
  return path;
}
