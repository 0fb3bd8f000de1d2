/** The chain source's page says every setting that is read, and every name of a failing node. */

import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { pageAt } from './pages.ts';

const page = pageAt('docs/operations/chain-source.md').text;

function textOf(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

/** What stands in the first column of the page's tables. */
function namedIn(section: string): readonly string[] {
  const text = page.split(`## ${section}`)[1]?.split('\n## ')[0] ?? '';
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  return rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`(CHAIN_\w+)`/g)].map(([, name = '']) => name),
  );
}

test('names every setting that is read, and no other', () => {
  const text = textOf('services/fill-ingestor/src/shell/chain-config.ts');
  const read = [...text.matchAll(/(?:env, |read\()'(CHAIN_[A-Z_]+)'/g)].map(
    ([, name = '']) => name,
  );
  expect([...namedIn('Settings')].sort()).toEqual([...new Set(read)].sort());
});

test('names every error of the chain, in its table or in a runbook', () => {
  const text = textOf('libs/runtime/src/errors.ts');
  const codes = [...text.matchAll(/'(CHAIN_[A-Z_]+)'/g)].map(([, name = '']) => name);
  const told = new Set([...page.matchAll(/`(CHAIN_[A-Z_]+)`/g)].map(([, name = '']) => name));
  expect(codes.filter((code) => !told.has(code))).toEqual([]);
});
