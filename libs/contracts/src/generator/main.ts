/**
 * `npm run -w libs/contracts generate`: writes src/generated/, removing what no schema asks for,
 * docs/reason-codes.md and the tables of schemas/README.md and docs/contracts.md.
 */

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

import { reasonCodesPage } from '../reasons/registry.ts';
import { reportMatrix } from '../report-matrix.ts';
import {
  CONTRACTS_PAGE,
  GENERATED_DIRECTORY,
  generatedFiles,
  REASON_CODES_PAGE,
  SCHEMAS_DIRECTORY,
} from './generate.ts';
import { topicsTable } from './topics-table.ts';

const files = generatedFiles();
for (const name of readdirSync(GENERATED_DIRECTORY)) {
  if (!files.has(name)) rmSync(`${GENERATED_DIRECTORY}${name}`);
}
for (const [name, content] of files) writeFileSync(`${GENERATED_DIRECTORY}${name}`, content);
writeFileSync(REASON_CODES_PAGE, reasonCodesPage());
replaceTail(`${SCHEMAS_DIRECTORY}README.md`, '| Field | FILL_PNL_COMPUTED', reportMatrix());
replaceTail(CONTRACTS_PAGE, '| Topic | Records', topicsTable());
console.log(`${files.size} files in ${GENERATED_DIRECTORY}`);

/** Both pages end in their table. */
function replaceTail(path: string, head: string, table: string): void {
  const page = readFileSync(path, 'utf8');
  writeFileSync(path, `${page.slice(0, page.indexOf(head))}${table}`);
}
