/** Arrows point one way (docs/architecture.md), and no file lies about unused. */

import { dirname, join } from 'node:path/posix';
import { complainByLine, isTest, isTypeScript } from './files.ts';
import { type Complaint, type SourceFile } from './files.ts';

/** What a package may import of ours. Tests of a package may use the test kit, too. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  money: [],
  stream: [],
  domain: ['money'],
  contracts: ['stream', 'domain', 'money'],
  runtime: ['stream'],
  cli: ['runtime', 'contracts', 'domain', 'money'],
};
const ofServices = ['runtime', 'contracts', 'stream', 'domain', 'money'];
/** They hold the house up: everything below the services is theirs. */
const ofSupport = [...ofServices, 'cli', 'testkit', 'infra'];

const importPattern = new RegExp(
  [
    /^\s*(?:import|export)\s(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]/,
    /\bimport\(\s*['"]([^'"]+)['"]\s*\)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gm',
);

/** The specifiers that a file imports, with the line of each. */
export function importsOf(file: SourceFile): readonly { from: string; line: number }[] {
  return [...file.text.matchAll(importPattern)].map((match) => ({
    from: match[1] ?? match[2] ?? '',
    line: file.text.slice(0, match.index).split('\n').length,
  }));
}

/** The folder of the package that a path lies in, such as `libs/money`; null for the root. */
function packageOf(path: string): string | null {
  const [first, second] = path.split('/');
  if (first === 'libs' || first === 'services') return `${first}/${second}`;
  return first === 'infra' ? 'infra' : null;
}

function allowedOf(path: string): readonly string[] | 'anything' {
  const owner = packageOf(path);
  if (owner === null) return 'anything';
  if (owner === 'infra' || owner === 'libs/testkit') return ofSupport;
  const own = owner.startsWith('services/') ? ofServices : (mayImport[owner.slice(5)] ?? []);
  // A test may use the test kit; what it proves stays a claim about its own package.
  const isInTest = isTest(path) || path.includes('/test/');
  return isInTest ? [...own, 'testkit', 'infra', 'contracts', 'runtime', 'stream', 'money'] : own;
}

/** A service is pure but for what starts it and what its shell does. */
const mayRun = /^services\/[^/]+\/src\/(main\.ts|import-file\.ts|shell\/)/;
const pureLibrary = /^libs\/(money|domain|stream)\//;

function judge(path: string, from: string, line: number): Complaint | null {
  const isOutside = !from.startsWith('.') && !from.startsWith('@polytraders/');
  if (isOutside && pureLibrary.test(path) && !isTest(path)) {
    return `${path}:${line} imports ${from}; pure code imports nothing from outside.`;
  }
  const isRuntime = from === '@polytraders/runtime' && path.startsWith('services/');
  if (isRuntime && !mayRun.test(path) && !isTest(path)) {
    return `${path}:${line} imports the runtime; in a service only main.ts and the shell do.`;
  }
  const ours = /^@polytraders\/([a-z-]+)/.exec(from)?.[1];
  const allowed = allowedOf(path);
  if (ours !== undefined && allowed !== 'anything' && !allowed.includes(ours)) {
    if (packageOf(path)?.endsWith(`/${ours}`) === true && isTest(path)) return null;
    const list = allowed.length === 0 ? 'nothing of ours' : allowed.join(', ');
    return `${path}:${line} imports @polytraders/${ours}; it may import ${list}.`;
  }
  if (!from.startsWith('.')) return null;
  const target = join(dirname(path), from);
  if (packageOf(target) !== packageOf(path) && allowed !== 'anything') {
    return `${path}:${line} reaches into ${target}; import the package by its name.`;
  }
  const ending = /\.(ts|js|mjs|cjs|json)$/.test(from);
  return ending ? null : `${path}:${line} imports ${from}; relative imports end in .ts.`;
}

/** Imports against the direction of the arrows. */
export function wrongImports(files: readonly SourceFile[]): readonly Complaint[] {
  return files
    .filter((file) => isTypeScript(file.path))
    .flatMap((file) =>
      importsOf(file).flatMap(({ from, line }) => judge(file.path, from, line) ?? []),
    );
}

/** Files that a tool, a package's front door or a person starts: nothing needs to import them. */
function isEntry(path: string, mentioned: string): boolean {
  const name = path.split('/').at(-1) ?? '';
  if (isTest(path) || path.endsWith('.config.js') || path.endsWith('.d.ts')) return true;
  return name === 'main.ts' || mentioned.includes(path);
}

/** TypeScript files that nothing imports and nothing starts. */
export function neverImported(files: readonly SourceFile[]): readonly Complaint[] {
  const reached = new Set<string>();
  for (const file of files.filter(({ path }) => /\.(ts|js|mjs)$/.test(path))) {
    for (const { from } of importsOf(file)) {
      if (from.startsWith('.')) reached.add(join(dirname(file.path), from));
    }
  }
  const manifests = files.filter(({ path }) => path.endsWith('package.json'));
  for (const { path, text } of manifests) {
    for (const match of text.matchAll(/"(\.\/[^"]+\.ts)"/g)) {
      reached.add(join(dirname(path), match[1] ?? ''));
    }
  }
  // A script, a test that spawns a program or a worker names it by its path or by its own name.
  const naming = files.filter(({ path }) => /package\.json$|\.ci\/run$/.test(path));
  const mentioned = naming.map(({ text }) => text).join('\n');
  // What it imports is no such naming, nor is a snippet of the test of this rule.
  const spawned = files
    .filter(({ path }) => isTypeScript(path) && path !== 'test/tidy.test.ts')
    .map(({ text }) => text.replace(importPattern, ''));
  return files
    .filter(({ path }) => isTypeScript(path) && !path.startsWith('libs/contracts/src/generated/'))
    .filter(({ path }) => !reached.has(path) && !isEntry(path, mentioned))
    .filter(({ path }) => {
      const name = path.split('/').at(-1) ?? '';
      return !spawned.some((text) => text.includes(`/${name}'`) || text.includes(`'${name}'`));
    })
    .map(({ path }) => `${path} is imported by no file: remove it, or import it.`);
}

const ourTopics = /\bpolytraders\.(ledger|reports|market|inventory|settlement|alerts)\b/;

/** The runtime runs any processor: one that it named would be a case of its own. */
export function runtimeThatKnows(files: readonly SourceFile[]): readonly Complaint[] {
  const services = new Set(
    files.flatMap(({ path }) => /^services\/([^/]+)\//.exec(path)?.[1] ?? []),
  );
  return files
    .filter(({ path }) => path.startsWith('libs/runtime/src/') && !isTest(path))
    .flatMap((file) =>
      complainByLine(file, (line) => {
        const name = ourTopics.exec(line)?.[0] ?? [...services].find((one) => line.includes(one));
        return name === undefined
          ? null
          : `names ${name}; the runtime knows no service and no topic.`;
      }),
    );
}
