import { expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectOwn } from './owner.ts';

test('the stack of another user is refused in a sentence; ours and a new one are not', () => {
  const dir = mkdtempSync(join(tmpdir(), 'polytraders-owner-'));
  const own = process.getuid?.() ?? 0;
  expect(() => expectOwn(dir, own + 1)).not.toThrow();
  writeFileSync(join(dir, 'ports.json'), '{}');
  expect(() => expectOwn(dir)).not.toThrow();
  expect(() => expectOwn(dir, own + 1)).toThrow(
    `to be yours (user id ${own + 1}), found it to be of user id ${own}: use that user`,
  );
  rmSync(dir, { recursive: true });
});
