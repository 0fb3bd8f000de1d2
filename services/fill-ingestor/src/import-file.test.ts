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

test('contracts that cannot be read are refused before the file is', () => {
  const env = { ...process.env, CHAIN_CONTRACTS_FILE: PROGRAM };
  const run = spawnSync(process.execPath, [PROGRAM, 'file.csv'], { encoding: 'utf8', env });
  expect(run.stderr).toMatch(/^Expected CHAIN_CONTRACTS_FILE to hold a JSON list/);
  expect(run.status).toBe(2);
});
