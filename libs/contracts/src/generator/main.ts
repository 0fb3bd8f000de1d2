/**
 * `npm run -w libs/contracts generate`: writes src/generated/, removing what no schema asks for, and
 * docs/reason-codes.md.
 */

import { readdirSync, rmSync, writeFileSync } from 'node:fs';

import { reasonCodesPage } from '../reasons/registry.ts';
import { GENERATED_DIRECTORY, generatedFiles, REASON_CODES_PAGE } from './generate.ts';

const files = generatedFiles();
for (const name of readdirSync(GENERATED_DIRECTORY)) {
  if (!files.has(name)) rmSync(`${GENERATED_DIRECTORY}${name}`);
}
for (const [name, content] of files) writeFileSync(`${GENERATED_DIRECTORY}${name}`, content);
writeFileSync(REASON_CODES_PAGE, reasonCodesPage());
console.log(`${files.size} files in ${GENERATED_DIRECTORY}`);
