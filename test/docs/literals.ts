/** Codes that the types of the code declare: upper-case string literals of exported aliases. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { repository } from './pages.ts';

/** An exported type that names codes. */
export type CodeType = {
  readonly path: string;
  readonly name: string;
  readonly codes: readonly string[];
};

const isCodeTypeName = /(Error|ErrorCode|Refusal|RefusalReason)$/;

/** Every exported type of libs and services that is named after an error and has codes. */
export function codeTypes(): readonly CodeType[] {
  return ['libs', 'services']
    .flatMap((folder) => sources(join(repository, folder)))
    .map((path) => ({ path: relative(repository, path), text: readFileSync(path, 'utf8') }))
    .filter(({ text }) => /export type \w*(Error|Refusal)/.test(text))
    .flatMap(({ path, text }) => codeTypesOf(path, text));
}

/** The code types of one file. */
export function codeTypesOf(path: string, text: string): readonly CodeType[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  return source.statements.flatMap((statement) => {
    if (!ts.isTypeAliasDeclaration(statement)) return [];
    const name = statement.name.text;
    const codes = literalsIn(statement.type);
    return isCodeTypeName.test(name) && codes.length > 0 ? [{ path, name, codes }] : [];
  });
}

function literalsIn(type: ts.Node): readonly string[] {
  if (ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)) {
    const { text } = type.literal;
    return /^[A-Z][A-Z0-9_]+$/.test(text) ? [text] : [];
  }
  const found: string[] = [];
  ts.forEachChild(type, (child) => {
    found.push(...literalsIn(child));
  });
  return found;
}

function sources(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name === 'generated') return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /(?<!\.test)\.ts$/.test(entry.name) ? [path] : [];
  });
}
