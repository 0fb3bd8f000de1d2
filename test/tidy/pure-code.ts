/** Pure code has no clock, no chance, no floating point and no locale. */

import { complainByLine, isTest, type Complaint, type SourceFile } from './files.ts';

const pure = /^libs\/(money|domain|stream)\/src\//;
const excused = /\/\/ tidy-ok: \S/;

const bans: readonly { readonly pattern: RegExp; readonly instead: string }[] = [
  { pattern: /\bDate\.now\b/, instead: 'take the time from the event' },
  { pattern: /\bnew Date\(/, instead: 'compute on integer microseconds' },
  { pattern: /\bMath\.random\b/, instead: 'take a seeded generator as an argument' },
  { pattern: /\bparseFloat\b/, instead: 'read decimals with money, exactly' },
  { pattern: /(?<![\w.])Number\(/, instead: 'keep bigint, or read an integer with a check' },
  { pattern: /\.toFixed\b/, instead: 'print with money, exactly' },
  { pattern: /\.localeCompare\b/, instead: 'compare with < and >: the same on every machine' },
];

function withoutComment(line: string): string {
  return /^\s*(\*|\/\/|\/\*)/.test(line) ? '' : line.replace(/\/\/.*$/, '');
}

/** Banned words in pure code, each with what to write instead. */
export function impureCode(files: readonly SourceFile[]): readonly Complaint[] {
  return files
    .filter(({ path }) => pure.test(path) && !isTest(path))
    .flatMap((file) =>
      complainByLine(file, (line, before) => {
        if (excused.test(line) || excused.test(before)) return null;
        const code = withoutComment(line);
        const ban = bans.find(({ pattern }) => pattern.test(code));
        if (ban === undefined) return null;
        const word = ban.pattern.exec(code)?.[0] ?? '';
        return `has ${word} in pure code: ${ban.instead}, or say why with // tidy-ok: reason.`;
      }),
    );
}
