import { expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';

import { anchorsOf, type Page, pageAt, pagesIn, repository } from './pages.ts';

const pages: readonly Page[] = [
  pageAt('README.md'),
  ...['docs', 'docs/accounting', 'docs/operations'].flatMap(pagesIn),
];

/** Links of a page to a heading, of its own or of another page, that is not there. */
function deadAnchors(page: Page): readonly string[] {
  const links = [...page.text.matchAll(/\]\(([^)#\s]*)#([^)\s]+)\)/g)];
  return links.flatMap(([link, path = '', anchor = '']) => {
    if (/^[a-z]+:/.test(path)) return [];
    const target = path === '' ? page.path : normalize(join(dirname(page.path), path));
    if (!existsSync(join(repository, target))) return [`${page.path} ${link}`];
    return anchorsOf(pageAt(target)).includes(anchor) ? [] : [`${page.path} ${link}`];
  });
}

test('every link to a heading finds it', () => {
  expect(pages.flatMap(deadAnchors)).toEqual([]);
});

test('a link to a heading that is not there is found', () => {
  const page = { path: 'docs/x.md', text: '# One two\n[a](#one-two) [b](#three)' };
  expect(anchorsOf(page)).toEqual(['one-two']);
  expect(anchorsOf({ ...page, text: "## Runbook: PnL, late\n### b_c d's" })).toEqual([
    'runbook-pnl-late',
    'b_c-ds',
  ]);
});
