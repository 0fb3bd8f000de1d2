/** Links that resolve, error codes explained, no address of a mirror: what documents promise. */

import { dirname, join, normalize } from 'node:path/posix';
import ts from 'typescript';
import { complainByLine, isGenerated, isTest, isTypeScript } from './files.ts';
import { type Complaint, type SourceFile } from './files.ts';

const isDocument = (path: string) => path.endsWith('.md');

/** `[text](target#part "title")`, and `[text]: target` on a line of its own. */
const linkPattern = /\]\(([^)\s#]+)(?:#[^)\s]*)?(?:\s+"[^"]*")?\)|^\[[^\]]+\]:\s+([^\s#]+)/g;

/** Relative links in documents that lead nowhere. Code blocks are left out. */
export function brokenLinks(files: readonly SourceFile[]): readonly Complaint[] {
  const known = new Set(files.map(({ path }) => path));
  const leadsSomewhere = (path: string) =>
    path === '.' || known.has(path) || files.some((file) => file.path.startsWith(`${path}/`));
  return files
    .filter(({ path }) => isDocument(path))
    .flatMap((file) => {
      const prose = file.text.replace(/```[\s\S]*?```/g, (block) => block.replace(/[^\n]/g, ''));
      const judged = { path: file.path, text: prose };
      return complainByLine(judged, (line) => {
        for (const match of line.matchAll(linkPattern)) {
          const target = match[1] ?? match[2] ?? '';
          if (/^[a-z]+:/.test(target)) continue;
          const path = normalize(join(dirname(file.path), target)).replace(/\/$/, '');
          if (!leadsSomewhere(path)) return `links to ${target}, which is not there.`;
        }
        return null;
      });
    });
}

/** The literals of exported union types whose name ends in ErrorCode. */
export function errorCodesOf(file: SourceFile): readonly string[] {
  if (!/ErrorCode\b/.test(file.text)) return [];
  const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
  return source.statements.flatMap((statement) => {
    if (!ts.isTypeAliasDeclaration(statement) || !statement.name.text.endsWith('ErrorCode')) {
      return [];
    }
    const found: string[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal)) {
        found.push(node.literal.text);
      }
      ts.forEachChild(node, visit);
    };
    visit(statement.type);
    return found;
  });
}

/** Error codes that no page under docs/ explains. */
export function undocumentedCodes(files: readonly SourceFile[]): readonly Complaint[] {
  const pages = files.filter(({ path }) => path.startsWith('docs/') && isDocument(path));
  const words = new Set(pages.flatMap(({ text }) => text.match(/[A-Z][A-Z0-9_]+/g) ?? []));
  return files
    .filter(({ path }) => isTypeScript(path) && !isTest(path) && !isGenerated(path))
    .flatMap((file) =>
      errorCodesOf(file)
        .filter((code) => !words.has(code))
        .map((code) => `${file.path} has the error code ${code}, which no page under docs/ names.`),
    );
}

/** Put together here, so that this file does not name what it looks for. */
const hosts = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['npm', 'pkg', 'github', 'com'],
  ['repo1', 'maven', 'org'],
  ['repo', 'maven', 'apache', 'org'],
  ['pypi', 'org'],
  ['files', 'pythonhosted', 'org'],
].map((parts) => parts.join('.'));

/** Addresses of package registries: where packages come from is the machine's business. */
export function registryHosts(files: readonly SourceFile[]): readonly Complaint[] {
  return files.flatMap((file) =>
    complainByLine(file, (line) => {
      const host = hosts.find((name) => line.includes(name));
      if (host !== undefined) return `names the package registry ${host}: leave it to the machine.`;
      const isLock = file.path.endsWith('package-lock.json');
      const resolved = isLock && /"resolved": "https?:/.test(line);
      return resolved ? 'holds a resolved address: omit-lockfile-registry-resolved is set.' : null;
    }),
  );
}
