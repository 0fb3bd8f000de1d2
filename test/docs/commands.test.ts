import { expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command } from 'commander';
import { programOf } from '../../libs/cli/src/program.ts';
import { type Page, pageAt, pagesIn, repository } from './pages.ts';

const services = readdirSync(join(repository, 'services'))
  .map((name) => `services/${name}/README.md`)
  .filter((path) => existsSync(join(repository, path)));
const pages: readonly Page[] = [
  ...['README.md', 'CHANGELOG.md', 'schemas/README.md', ...services].map(pageAt),
  ...['docs', 'docs/accounting', 'docs/operations'].flatMap(pagesIn),
];

const terminal = { out: () => undefined, err: () => undefined, isTTY: false };
/** The options of each command by its name; those of a group's by all names: job claim. */
const commands = new Map(
  programOf({ env: {}, terminal, exitCode: 0 }).commands.flatMap((command) => namesOf(command, '')),
);

function namesOf(command: Command, before: string): [string, readonly string[]][] {
  const name = `${before}${command.name()}`;
  const inner = command.commands.flatMap((one) => namesOf(one, `${name} `));
  return inner.length > 0 ? inner : [[name, optionsOf(command)]];
}

function optionsOf({ options }: Command): readonly string[] {
  return options.flatMap(({ long }) => long ?? []);
}

type Call = { readonly at: string; readonly folder: string; readonly script: string };

/** `npm run [-s] [-w WORKSPACE] SCRIPT`, `npm start` and `npm test` on a page. */
function scriptsIn(page: Page): readonly Call[] {
  const runs = page.text.matchAll(/npm run (?:-s )?(?:-w (\S+) )?([a-z][a-z:-]*)/g);
  const shorts = page.text.matchAll(/npm (start|test)\b/g);
  return [
    ...[...runs].map(([, folder = '.', script = '']) => ({ at: page.path, folder, script })),
    ...[...shorts].map(([, script = '']) => ({ at: page.path, folder: '.', script })),
  ];
}

function isScript({ folder, script }: Call): boolean {
  const manifest = readFileSync(join(repository, folder, 'package.json'), 'utf8');
  const { scripts = {} } = JSON.parse(manifest) as { scripts?: Readonly<Record<string, string>> };
  return script in scripts;
}

/** What is wrong with the calls of `npm run polytraders -- …` on a page. */
function wrongCalls(page: Page): readonly string[] {
  const calls = page.text.matchAll(/npm run (?:-s )?polytraders -- ([a-z]+)([^\n`]*)/g);
  return [...calls].flatMap(([call, first = '', rest = '']) => {
    const words = [first, ...(/^(?: [a-z]+)+/.exec(rest)?.[0] ?? '').trim().split(' ')];
    const longer = words.map((_, at) => words.slice(0, words.length - at).join(' '));
    const name = longer.find((one) => commands.has(one)) ?? first;
    const options = commands.get(name);
    if (options === undefined) return [`${page.path}: ${call.trim()}`];
    const named = rest.match(/--[a-z][a-z-]*/g) ?? [];
    const unknown = named.filter((option) => !options.includes(option));
    return unknown.length === 0 ? [] : [`${page.path}: ${name} has no ${unknown.join(', ')}`];
  });
}

test('every npm script that a page names is there', () => {
  const calls = pages.flatMap(scriptsIn);
  expect(calls.length).toBeGreaterThan(0);
  expect(calls.filter((call) => !isScript(call))).toEqual([]);
});

test('every command that a page shows is there, with its options', () => {
  expect(commands.size).toBeGreaterThan(0);
  expect(pages.flatMap(wrongCalls)).toEqual([]);
});

test('a script, a command and an option that are not there are found', () => {
  const page = {
    path: 'docs/x.md',
    text:
      'npm run nothing\nnpm run -s polytraders -- vanish\n' +
      'npm run polytraders -- status --loud\nnpm run polytraders -- job claim --loud\n' +
      'npm run polytraders -- job do --job 1',
  };
  expect(scriptsIn(page).filter((call) => !isScript(call))).toHaveLength(1);
  expect(wrongCalls(page)).toHaveLength(4);
});
