import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { foreignIn } from './machine.ts';

const root = join(import.meta.dirname, '../..');

test('a first start in a checkout that may not be written is ill, before .local is there', () => {
  const none = join(import.meta.dirname, '.local');
  expect(foreignIn(none, (path) => path !== import.meta.dirname)).toBe(import.meta.dirname);
  expect(foreignIn(none, () => true)).toBeUndefined();
  const there = import.meta.dirname;
  expect(foreignIn(there, (path) => path !== there)).toBe(there);
  expect(foreignIn(there, (path) => path !== dirname(there))).toBeUndefined();
});

test('the doctor looks and writes nothing, in a fresh clone either', () => {
  const clone = mkdtempSync(join(tmpdir(), 'polytraders-clone-'));
  for (const name of ['infra', 'package.json']) {
    cpSync(join(root, name), join(clone, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
  const before = readdirSync(clone);
  const main = join(clone, 'infra/doctor/main.ts');
  const { stdout, stderr } = spawnSync(process.execPath, [main], { encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({
    stdout: expect.stringMatching(/ Disk: .* free/),
    stderr: '',
  });
  expect(readdirSync(clone)).toEqual(before);
  expect(existsSync(join(clone, '.local'))).toBe(false);
  rmSync(clone, { recursive: true });
});
