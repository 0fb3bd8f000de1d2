/**
 * promtool, which checks and unit-tests the alert rules. Taken from the PATH; else from the
 * system's package, of which it is unpacked alone: installing that would start a Prometheus.
 *
 *   on the PATH ──▶ it    unpacked before ──▶ it    apt ──▶ unpacked    else one sentence
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../stack/layout.ts';

export type Ran = { readonly code: number; readonly text: string };

const aptMsMax = 300_000;
const unpacked = join(repositoryRoot, '.local/tools/prometheus');

/** The command, fetched where it is not there. Throws one sentence where it cannot be had. */
export function promtool(path = process.env['PATH'] ?? '', tools = unpacked): string {
  const found = path
    .split(':')
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'promtool'))
    .find((file) => existsSync(file));
  if (found !== undefined) return found;
  const own = join(tools, 'usr/bin/promtool');
  if (existsSync(own)) return own;
  const why = fetched(tools, path);
  if (why === null) return own;
  throw new Error(
    `Expected promtool on the PATH to unit-test infra/prometheus/alerts.yml, found none, and apt ` +
      `did not bring it (${why}): install it (Debian and Ubuntu: apt-get install prometheus).`,
  );
}

/** Runs promtool in this folder. */
export function runPromtool(args: readonly string[], cwd = import.meta.dirname): Ran {
  const ran = spawnSync(promtool(), args, { cwd, encoding: 'utf8' });
  return { code: ran.status ?? 2, text: `${ran.stdout}${ran.stderr}` };
}

/** Downloads the package and unpacks it beside; null where it is there now, else why not. */
function fetched(tools: string, path: string): string | null {
  const env = { ...process.env, PATH: path, DEBIAN_FRONTEND: 'noninteractive' };
  mkdirSync(join(tools, '..'), { recursive: true });
  const folder = mkdtempSync(`${tools}-`);
  const run = (command: string, ...args: readonly string[]): Ran => {
    const ran = spawnSync(command, args, { cwd: folder, env, encoding: 'utf8', timeout: aptMsMax });
    return { code: ran.status ?? 2, text: `${ran.stderr ?? ''}${ran.error?.message ?? ''}`.trim() };
  };
  try {
    const apt = (...words: readonly string[]): Ran => {
      // A mirror that fails once does not fail a run.
      return run('apt-get', '-qq', '-o', 'Acquire::Retries=5', ...words);
    };
    let got = apt('download', 'prometheus');
    if (got.code !== 0 && process.getuid?.() === 0) {
      apt('update');
      got = apt('download', 'prometheus');
    }
    const file = readdirSync(folder).find((name) => name.endsWith('.deb'));
    if (got.code !== 0 || file === undefined) return got.text.split('\n')[0] ?? 'it said nothing';
    const out = run('dpkg-deb', '-x', file, 'unpacked');
    if (out.code !== 0) return out.text;
    try {
      renameSync(join(folder, 'unpacked'), tools);
    } catch (cause) {
      // Two suites may come at once; the second finds the first one's.
      if (!existsSync(tools)) throw cause;
    }
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
