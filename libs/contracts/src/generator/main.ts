/** `npm run -w libs/contracts generate`: writes src/generated/ and removes what no schema asks for. */

import { readdirSync, rmSync, writeFileSync } from 'node:fs';

import { GENERATED_DIRECTORY, generatedFiles } from './generate.ts';

const files = generatedFiles();
for (const name of readdirSync(GENERATED_DIRECTORY)) {
  if (!files.has(name)) rmSync(`${GENERATED_DIRECTORY}${name}`);
}
for (const [name, content] of files) writeFileSync(`${GENERATED_DIRECTORY}${name}`, content);
console.log(`${files.size} files in ${GENERATED_DIRECTORY}`);
