/**
 * Pure code has no clock, no chance, no floating point and no locale. So is everything in a service
 * that a replay runs: all but its main, its shell and what reads its sources.
 */

import { complainByLine, isTest, type Complaint, type SourceFile } from './files.ts';

const pureLibrary = /^libs\/(money|domain|stream)\/src\//;
const service = /^services\/[^/]+\/src\//;
const outside = /\/src\/(main\.ts|import-file\.ts|shell\/|sources\/)/;
const excused = /\/\/ tidy-ok: \S/;
const comment = /^\s*(\*|\/\/|\/\*)/;

type Ban = {
  readonly pattern: RegExp;
  readonly instead: string;
  /** Where it is banned, if not in all pure code: a service reads offsets and times as numbers. */
  readonly only?: RegExp;
};

const bans: readonly Ban[] = [
  { pattern: /\bDate\.now\b/, instead: 'take the time from the event' },
  { pattern: /\bnew Date\(/, instead: 'compute on integer microseconds' },
  { pattern: /\bperformance\.now\b/, instead: 'take the time from the event' },
  { pattern: /\b(setTimeout|setInterval)\b/, instead: 'let the caller wait' },
  { pattern: /(?<![\w.])fetch\(/, instead: 'have it on the log, captured at ingestion' },
  { pattern: /\bprocess\.env\b/, instead: 'take it from ParametersChanged or an argument' },
  { pattern: /\bMath\.random\b/, instead: 'take a seeded generator as an argument' },
  { pattern: /\bparseFloat\b/, instead: 'read decimals with money, exactly' },
  {
    pattern: /\bNumber\(/,
    instead: 'keep bigint, or read an integer with a check',
    only: pureLibrary,
  },
  { pattern: /\.toFixed\b/, instead: 'print with money, exactly' },
  { pattern: /\.localeCompare\b/, instead: 'compare with < and >: the same on every machine' },
];

function withoutComment(line: string): string {
  return comment.test(line) ? '' : line.replace(/\/\/.*$/, '');
}

function isPure(path: string): boolean {
  if (isTest(path)) return false;
  return pureLibrary.test(path) || (service.test(path) && !outside.test(path));
}

/** Banned words in pure code, each with what to write instead. */
export function impureCode(files: readonly SourceFile[]): readonly Complaint[] {
  return files
    .filter(({ path }) => isPure(path))
    .flatMap((file) =>
      complainByLine(file, (line, before) => {
        // An excuse beside code is for that line; one on a line of its own is for the next.
        if (excused.test(line) || (comment.test(before) && excused.test(before))) return null;
        const code = withoutComment(line);
        const ban = bans.find(
          ({ pattern, only }) => pattern.test(code) && (only?.test(file.path) ?? true),
        );
        if (ban === undefined) return null;
        const word = ban.pattern.exec(code)?.[0] ?? '';
        return `has ${word} in pure code: ${ban.instead}, or say why with // tidy-ok: reason.`;
      }),
    );
}
