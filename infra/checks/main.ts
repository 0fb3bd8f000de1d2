/**
 * What `npm test` runs: types, lint and all suites; `venue` and `faults` are the suites that
 * take long or need data of their own. Each part runs even when one before it failed, so that one
 * run shows everything. Arguments are handed to jest.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../stack/layout.ts';

const help = `Types, lint and suites; see package.json for the commands.

  npm test                    types, lint and all suites but those that take long
  npm run test:venue          suites on the venue data beside the checkout
  npm run test:faults         suites that kill servers and services, at full length
  npm run typecheck           types alone

What stands behind "--" is handed to jest, such as the path of a suite.
Exit codes: 0 all passed, 1 something failed, 2 could not run.
`;

type Part = {
  readonly title: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeArgs?: readonly string[];
};

const resultsDir = join(repositoryRoot, '.local/test-results');

/** Pure packages once more by themselves: without ambient types, so that a clock is an error. */
const typeProjects = ['.', 'libs/money', 'libs/domain', 'libs/stream'];
const types: readonly Part[] = typeProjects.map((project) => ({
  title: project === '.' ? 'Types' : `Types of ${project}`,
  script: 'node_modules/typescript/bin/tsc',
  args: ['--noEmit', '-p', project],
}));
const lint: Part = {
  title: 'Lint',
  script: 'node_modules/eslint/bin/eslint.js',
  args: ['--max-warnings', '0', '.'],
};

/** One jest run; `.ci/run` adds up the results that it leaves. */
function suites(title: string, name: string, args: readonly string[], apart?: string): Part {
  return {
    title,
    script: 'node_modules/jest/bin/jest.js',
    args: ['--json', `--outputFile=${join(resultsDir, `${name}.json`)}`, ...args],
    nodeArgs: [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      '--disable-warning=TimeoutNegativeWarning',
    ],
    ...(apart === undefined ? {} : { env: { POLYTRADERS_SUITES: apart } }),
  };
}

function partsOf(what: string | undefined, args: readonly string[]): readonly Part[] {
  const apart = (folder: string) => [...args, ...(args.length === 0 ? [`test/${folder}/`] : [])];
  if (what === 'types') return types;
  if (what === 'all') return [...types, lint, suites('Tests', 'all', args)];
  if (what === 'venue') {
    return [suites('Tests on venue data', 'venue', apart('venue'), '/test/venue/')];
  }
  if (what === 'faults') {
    const folder = 'faults-full';
    return [suites('Fault tests', 'faults', apart(folder), `/test/${folder}/`)];
  }
  throw new Error(`Expected all, types, venue or faults, found ${what ?? 'nothing'}.`);
}

function run(part: Part): Promise<boolean> {
  const args = [...(part.nodeArgs ?? []), part.script, ...part.args];
  const child = spawn(process.execPath, args, {
    cwd: repositoryRoot,
    env: { ...process.env, ...part.env },
    // Jest's JSON goes to its file; what a person reads comes on stderr.
    stdio: ['ignore', part.nodeArgs === undefined ? 'inherit' : 'ignore', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0));
  });
}

async function main(): Promise<number> {
  const [what, ...args] = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(help);
    return 0;
  }
  const parts = partsOf(what, args);
  makeFolder(resultsDir);
  rmSync(join(resultsDir, `${what}.json`), { force: true });
  const failed: string[] = [];
  for (const part of parts) {
    const started = Date.now();
    process.stderr.write(`\n${part.title}\n`);
    if (!(await run(part))) failed.push(part.title.toLowerCase());
    process.stderr.write(`${part.title}: ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
  }
  const verdict = failed.length === 0 ? 'All passed.' : `Failed: ${failed.join(', ')}.`;
  process.stderr.write(`\n${verdict}\n`);
  return failed.length === 0 ? 0 : 1;
}

function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true });
  } catch (error) {
    const found = (error as Error).message;
    throw new Error(`Expected a checkout that can be written to, found none: ${found}.`);
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 2;
}
