/**
 * Servers found by the command line that started them. The file that speaks of a server may be lost
 * while the server runs: such a stray holds data and ports, and must be found all the same. Only
 * where the system has /proc; elsewhere none is found.
 */

import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { layoutOf, type ComponentName } from './layout.ts';
import { outsideHome } from './postgres-binaries.ts';
import { identityOf, type Running } from './process.ts';

export type Server = {
  readonly name: ComponentName;
  /** Where it works: the folder of its stack, or that of its data for Postgres. */
  readonly folder: string;
};

export type ServerProcess = Server & { readonly pid: number };

/** Which server these words start in `cwd`; null for any other process, as a child of Postgres. */
export function serverOf(words: readonly string[], cwd: string): Server | null {
  const after = (word: string) => words[words.indexOf(word) + 1] ?? '';
  if (words.includes('kafka.Kafka'))
    return { name: 'kafka', folder: dirname(after('kafka.Kafka')) };
  if (words.some((word) => word.includes('/apicurio-registry-app-'))) {
    return { name: 'registry', folder: cwd };
  }
  if (words[0]?.endsWith('/bin/postgres') === true)
    return { name: 'postgres', folder: after('-D') };
  return null;
}

/** All servers that run on this machine, of whatever stack. */
export function serverProcesses(): readonly ServerProcess[] {
  if (!existsSync('/proc/self/cmdline')) return [];
  const found: ServerProcess[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      const server = serverOf(words, readlinkSync(`/proc/${pid}/cwd`));
      if (server !== null) found.push({ ...server, pid: Number.parseInt(pid, 10) });
    } catch {
      // It has ended, or it belongs to somebody else.
    }
  }
  return found;
}

/** Whether a server works inside the folder. A folder whose name only begins alike is another. */
export function isWithin(folder: string, server: Server): boolean {
  return server.folder === folder || server.folder.startsWith(`${folder}/`);
}

/** The process of a stack's server that no file speaks of, or null. */
export function strayOf(dir: string, name: ComponentName): Running | null {
  const folders = [dir, existsSync(dir) ? realpathSync(dir) : dir];
  if (name === 'postgres') folders.push(layoutOf(dir).data(name), join(outsideHome(dir), 'data'));
  const stray = serverProcesses().find((one) => one.name === name && folders.includes(one.folder));
  const identity = stray === undefined ? null : identityOf(stray.pid);
  if (stray === undefined || identity === null) return null;
  return { pid: stray.pid, identity, fingerprint: null };
}
