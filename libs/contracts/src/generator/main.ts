/**
 * `npm run -w libs/contracts generate`: writes src/generated/, removing what no schema asks for,
 * docs/reason-codes.md and the matrix of schemas/README.md.
 */

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

import { reasonCodesPage } from '../reasons/registry.ts';
import { reportMatrix } from '../report-matrix.ts';
import {
  GENERATED_DIRECTORY,
  generatedFiles,
  REASON_CODES_PAGE,
  SCHEMAS_DIRECTORY,
} from './generate.ts';

const files = generatedFiles();
for (const name of readdirSync(GENERATED_DIRECTORY)) {
  if (!files.has(name)) rmSync(`${GENERATED_DIRECTORY}${name}`);
}
for (const [name, content] of files) writeFileSync(`${GENERATED_DIRECTORY}${name}`, content);
writeFileSync(REASON_CODES_PAGE, reasonCodesPage());
const readme = readFileSync(`${SCHEMAS_DIRECTORY}README.md`, 'utf8');
const matrixAt = readme.indexOf('| Field | FILL_PNL_COMPUTED');
writeFileSync(`${SCHEMAS_DIRECTORY}README.md`, `${readme.slice(0, matrixAt)}${reportMatrix()}`);
console.log(`${files.size} files in ${GENERATED_DIRECTORY}`);
