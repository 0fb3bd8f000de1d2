/** Limits of size, and words that do not stay in a finished file. */

import ts from 'typescript';
import { complainByLine, isGenerated, isTest, isTypeScript } from './files.ts';
import { type Complaint, type SourceFile } from './files.ts';

const columnsMax = 100;
const functionLinesMax = 70;
const fileLinesMax = 400;
const mainLinesMax = 25;
const processorLinesMax = 100;

const isCode = (path: string) => /\.(ts|js|mjs|cjs|sql)$/.test(path) && !isGenerated(path);

/** Lines of code wider than the page. A line that is one long address may be. */
export function wideLines(files: readonly SourceFile[]): readonly Complaint[] {
  return files
    .filter(({ path }) => isCode(path))
    .flatMap((file) =>
      complainByLine(file, (line) => {
        const length = [...line].length;
        if (length <= columnsMax || /https?:\/\/\S{60,}/.test(line)) return null;
        return `has ${length} columns, at most ${columnsMax}: break the line.`;
      }),
    );
}

function lineCount(text: string): number {
  return text.trimEnd().split('\n').length;
}

function limitOf(path: string): number {
  if (/^services\/[^/]+\/src\/main\.ts$/.test(path)) return mainLinesMax;
  if (/^services\/[^/]+\/src\/processor\.ts$/.test(path)) return processorLinesMax;
  return fileLinesMax;
}

/** Files over their limit: a service's main and processor are short by design. */
export function longFiles(files: readonly SourceFile[]): readonly Complaint[] {
  return files
    .filter(({ path }) => isTypeScript(path) && !isGenerated(path))
    .flatMap(({ path, text }) => {
      const lines = lineCount(text);
      const limit = limitOf(path);
      return lines <= limit ? [] : [`${path} has ${lines} lines, at most ${limit}: split it.`];
    });
}

function nameOf(node: ts.FunctionLikeDeclaration): string {
  if (node.name !== undefined) return node.name.getText();
  const parent = node.parent;
  return ts.isVariableDeclaration(parent) ? parent.name.getText() : 'a function without a name';
}

function linesOf(node: ts.Node, source: ts.SourceFile): number {
  const first = source.getLineAndCharacterOfPosition(node.getStart()).line;
  return source.getLineAndCharacterOfPosition(node.getEnd()).line - first + 1;
}

/** Lines of the named functions directly within a node: each is measured by itself. */
function namedWithin(node: ts.Node, source: ts.SourceFile): number {
  let lines = 0;
  ts.forEachChild(node, (child) => {
    const isNamed = ts.isFunctionDeclaration(child);
    lines += isNamed ? linesOf(child, source) : namedWithin(child, source);
  });
  return lines;
}

/**
 * Functions over the limit. A factory that holds named functions is measured without them. The
 * callbacks that make up a test file are lists, not functions.
 */
export function longFunctions(files: readonly SourceFile[]): readonly Complaint[] {
  const complaints: Complaint[] = [];
  for (const { path, text } of files) {
    if (!isTypeScript(path) || isGenerated(path) || isTest(path)) continue;
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
        const first = source.getLineAndCharacterOfPosition(node.getStart()).line;
        const lines = linesOf(node, source) - namedWithin(node, source);
        if (lines > functionLinesMax) {
          const name = nameOf(node);
          const limit = `at most ${functionLinesMax}: split it.`;
          complaints.push(`${path}:${first + 1} ${name} has ${lines} lines, ${limit}`);
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return complaints;
}

const unfinished = /\b(FIXME|XXX|HACK)\b|\bTODO\b(?!.*#\d)/;
const roomNames = /(^|\/)(utils?|helpers?|common|managers?)(\/|\.ts$)|(^|\/)data\//;
const emoji = /\p{Emoji_Presentation}/u;

/** Unfinished business, rooms without a purpose, pictures. */
export function untidyWords(files: readonly SourceFile[]): readonly Complaint[] {
  const own = files.filter(({ path }) => !path.startsWith('test/tidy'));
  return own.flatMap((file) => {
    const room = roomNames.test(file.path)
      ? [`${file.path} has a name that says nothing of its purpose: name what it holds.`]
      : [];
    if (!isCode(file.path)) return room;
    const words = complainByLine(file, (line) => {
      if (unfinished.test(line)) return 'is unfinished: finish it, or give its issue number (#n).';
      return emoji.test(line) && !isTest(file.path) ? 'has a picture: say it in words.' : null;
    });
    return [...room, ...words];
  });
}
