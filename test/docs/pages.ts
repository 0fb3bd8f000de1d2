/** Pages of docs/ and the fenced blocks in them. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const repository = resolve(import.meta.dirname, '../..');

export type Page = { readonly path: string; readonly text: string };

/** A fenced block: its language, its lines, and the line of the page that its first line is. */
export type Block = {
  readonly language: string;
  readonly lines: readonly string[];
  readonly startsAt: number;
};

/** One page, by its path from the root of the repository. */
export function pageAt(path: string): Page {
  return { path, text: readFileSync(join(repository, path), 'utf8') };
}

/** The Markdown pages directly in a folder, by name. */
export function pagesIn(folder: string): readonly Page[] {
  return readdirSync(join(repository, folder))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => pageAt(`${folder}/${name}`));
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: Page): readonly Block[] {
  const blocks: Block[] = [];
  let open: { language: string; lines: string[]; startsAt: number } | null = null;
  page.text.split('\n').forEach((line, index) => {
    const fence = /^```(\w*)\s*$/.exec(line);
    if (fence === null) {
      open?.lines.push(line);
    } else if (open === null) {
      open = { language: fence[1] ?? '', lines: [], startsAt: index + 2 };
    } else {
      blocks.push(open);
      open = null;
    }
  });
  return blocks;
}

/** The anchor that a Markdown heading gets: lower case, words joined by hyphens. */
export function anchorsOf(page: Page): readonly string[] {
  return page.text.split('\n').flatMap((line) => {
    const title = /^#{1,6}\s+(.+)$/.exec(line)?.[1];
    if (title === undefined) return [];
    const words = title.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '');
    return [words.trim().replaceAll(/\s/g, '-')];
  });
}
