import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const PROGRAM = fileURLToPath(new URL('./import-file.ts', import.meta.url));

test.each([
  ['--bot', ['--bot', '']],
  ['--reviewed-by', ['--fee', 'declared-zero', '--reviewed-by', ' ']],
])('an empty %s is refused: nobody has that name', (flag, args) => {
  const run = spawnSync(process.execPath, [PROGRAM, 'file.csv', ...args], { encoding: 'utf8' });
  expect(run.stderr).toContain(`Expected a name after ${flag}; found none.`);
  expect(run.status).toBe(2);
});
