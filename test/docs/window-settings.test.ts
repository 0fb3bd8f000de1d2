/** The page about windows says every setting that is read, and what health and log say of them. */

import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { pageAt } from './pages.ts';

const page = pageAt('docs/operations/windows.md').text;
const SHELL = '../../services/fill-ingestor/src/shell';

function namesIn(file: string, pattern: RegExp): readonly string[] {
  const text = readFileSync(new URL(`${SHELL}/${file}`, import.meta.url), 'utf8');
  return [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))].sort();
}

/** What stands between backticks in the first columns of the page's tables. */
function inTables(pattern: RegExp): readonly string[] {
  const rows = page.split('\n').filter((line) => line.startsWith('|'));
  const cells = rows.flatMap((row) => row.split('|').slice(1, 3));
  const names = cells.flatMap((cell) =>
    [...cell.matchAll(/`([\w]+)`/g)].map(([, one = '']) => one),
  );
  return [...new Set(names.filter((name) => pattern.test(name)))].sort();
}

test('names every setting that is read, and no other', () => {
  expect(inTables(/^WINDOW_/)).toEqual(namesIn('window-config.ts', /env, '(WINDOW_[A-Z_]+)'/g));
});

test('names all that health says of windows and balances', () => {
  const told = /^ {8}(\w+_\w+):/gm;
  const names = [...namesIn('window-clock.ts', told), ...namesIn('window-balances.ts', told)];
  expect(names).toContain('windows_waiting');
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test('names every line of the log', () => {
  const event = /'(WINDOW_[A-Z_]+)'/g;
  const events = [...namesIn('window-clock.ts', event), ...namesIn('window-balances.ts', event)];
  expect(events.length).toBeGreaterThan(3);
  expect(events.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});
