/**
 * Which servers run, and which stack each of them serves, told by the folder it works in. The file
 * that speaks of a server may be lost while it runs: such a stray holds data and ports and must be
 * found all the same. And a copied folder holds files that speak of another stack's servers. Only
 * where the system has /proc; elsewhere the files are believed, and no stray is found.
 */

import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { layoutOf, type ComponentName } from './layout.ts';
import { outsideHome } from './postgres-binaries.ts';
import { identityOf, type Running } from './process.ts';

export type ServerProcess = {
  readonly name: ComponentName;
  readonly pid: number;
  /** The folder of its stack, or that of its data for Postgres. */
  readonly folder: string;
};

/** Which server these words start; null for any other process, as a child of Postgres is one. */
export function serverOf(words: readonly string[]): ComponentName | null {
  if (words.includes('kafka.Kafka')) return 'kafka';
  if (words.some((word) => word.includes('/apicurio-registry-app-'))) return 'registry';
  return words[0]?.endsWith('/bin/postgres') === true ? 'postgres' : null;
}

/** The folder that a process works in, also one that was deleted under it; null if nobody tells. */
function folderOf(pid: number | string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).replace(/ \(deleted\)$/, '');
  } catch {
    return null;
  }
}

/** All servers that run on this machine, of whatever stack. */
export function serverProcesses(): readonly ServerProcess[] {
  if (!existsSync('/proc/self/cmdline')) return [];
  return readdirSync('/proc').flatMap((entry) => {
    const pid = Number.parseInt(entry, 10);
    const name = Number.isNaN(pid) ? null : serverOf(wordsOf(pid));
    const folder = folderOf(pid);
    return name === null || folder === null ? [] : [{ name, pid, folder }];
  });
}

function wordsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    // It has ended meanwhile.
    return [];
  }
}

/** Whether `path` is the folder or lies in it; one whose name only begins alike is another. */
export function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function workFoldersOf(dir: string, name: ComponentName): readonly string[] {
  const folders = { kafka: [dir], registry: [dir], postgres: postgresFoldersOf(dir) };
  return folders[name].map((folder) => (existsSync(folder) ? realpathSync(folder) : folder));
}

function postgresFoldersOf(dir: string): readonly string[] {
  return [layoutOf(dir).data('postgres'), join(outsideHome(dir), 'data')];
}

/** Whether a process serves the stack in `dir`, and not the one that the folder was copied from. */
export function isOfStack(dir: string, name: ComponentName, { pid }: Running): boolean {
  const folder = folderOf(pid);
  return folder === null || workFoldersOf(dir, name).includes(folder);
}

/** The process of a stack's server that no file speaks of, or null. */
export function strayOf(dir: string, name: ComponentName): Running | null {
  const folders = workFoldersOf(dir, name);
  const stray = serverProcesses().find((one) => one.name === name && folders.includes(one.folder));
  const identity = stray === undefined ? null : identityOf(stray.pid);
  if (stray === undefined || identity === null) return null;
  return { pid: stray.pid, identity, fingerprint: null };
}
