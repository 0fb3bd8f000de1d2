/** `npm run freeze`: adds new migrations to frozen.json; a hash that is there stays as it is. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFiles, root } from './files.ts';
import { freezableFiles, hashOf, type Frozen } from './frozen.ts';

if (process.argv.length > 2) {
  process.stderr.write(`Expected no arguments, found ${process.argv.slice(2).join(' ')}.\n`);
  process.exit(2);
}
const list = join(root, 'test/tidy/frozen.json');
const before = JSON.parse(readFileSync(list, 'utf8')) as Frozen;
const found = freezableFiles(repositoryFiles()).map(({ path, text }) => [path, hashOf(text)]);
const after = { ...(Object.fromEntries(found) as Frozen), ...before };
const sorted = Object.fromEntries(Object.entries(after).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(list, `${JSON.stringify(sorted, null, 2)}\n`);
const added = Object.keys(after).length - Object.keys(before).length;
process.stdout.write(`${added} files frozen, ${Object.keys(after).length} in all.\n`);
