/** The files of the repository, read once, as the checks see them. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/** A file by its path from the root, with forward slashes, and its text. */
export type SourceFile = { readonly path: string; readonly text: string };

/** What a check found: a sentence that begins with `path:line` or `path`. */
export type Complaint = string;

export const root = resolve(import.meta.dirname, '../..');

const left = new Set(['node_modules', '.git', '.local', 'coverage']);
const binary = /\.(png|jpg|gz|zip|ico|bin)$/;

function* walk(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (left.has(entry.name)) continue;
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (entry.isFile() && !binary.test(entry.name)) yield path;
  }
}

export function repositoryFiles(): readonly SourceFile[] {
  return [...walk(root)].sort().map((path) => ({
    path: relative(root, path).replaceAll('\\', '/'),
    text: readFileSync(path, 'utf8'),
  }));
}

/** Suites, and what only suites use: fixtures, and contract suites that several suites run. */
export const isTest = (path: string): boolean => /\.(test|fixture|suite)\.ts$/.test(path);
export const isGenerated = (path: string): boolean => path.includes('/generated/');
export const isTypeScript = (path: string): boolean => path.endsWith('.ts');

/** One complaint for each line that `judge` has something to say about. */
export function complainByLine(
  file: SourceFile,
  judge: (line: string, before: string) => string | null,
): readonly Complaint[] {
  const lines = file.text.split('\n');
  return lines.flatMap((line, index) => {
    const said = judge(line, lines[index - 1] ?? '');
    return said === null ? [] : [`${file.path}:${index + 1} ${said}`];
  });
}
