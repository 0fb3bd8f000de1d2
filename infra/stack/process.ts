/**
 * Server processes that outlive the command that started them: detached, their output in files,
 * found again by a file that holds the process id together with the time the process began, since
 * the system gives process ids out again.
 */

import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const logBytesMax = 20_000_000;
const pollMs = 50;

/** Java finds no file with a letter like ü in its path where the shell's locale is plain C. */
export const utf8 = { LC_ALL: 'C.UTF-8' } as const;

export type Running = {
  readonly pid: number;
  readonly identity: string;
  /**
   * What the process was started with: another answer here means it must be started anew. Null
   * where the file that said so is lost.
   */
  readonly fingerprint: string | null;
};

export type ServerCommand = {
  readonly command: string;
  readonly args: readonly string[];
  /** What is set besides the environment of whoever starts it. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Text of a configuration file that the server reads, where it does. */
  readonly config?: string;
  readonly user?: { readonly uid: number; readonly gid: number };
};

/** A word that no later process with the same id shares, or null when there is no such process. */
export function identityOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name stands in brackets and may hold blanks; state and start time come after.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A dead leader whose other threads have not ended yet still holds the ports.
    const ended = fields[0] === 'Z' && readdirSync(`/proc/${pid}/task`).length <= 1;
    return ended ? null : `began ${fields[19] ?? ''}`;
  } catch {
    if (process.platform === 'linux') return null;
  }
  const answer = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  const began = answer.status === 0 ? answer.stdout.trim() : '';
  return began === '' ? null : `began ${began}`;
}

export function readRunning(file: string): Running | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Running;
  } catch {
    return null;
  }
}

/** Whether the process that the file speaks of is still the one that runs. */
export function isRunning(running: Running | null): running is Running {
  return running !== null && identityOf(running.pid) === running.identity;
}

function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  try {
    if (statSync(file).size > logBytesMax) renameSync(file, `${file}.1`);
  } catch {
    // There is no log yet.
  }
  return openSync(file, 'a');
}

/** Starts a server that nothing holds: not this process, not its terminal. */
export function spawnDetached(
  server: ServerCommand,
  files: { readonly log: string; readonly pid: string; readonly fingerprint: string },
): Promise<Running> {
  const log = openLog(files.log);
  const child = spawn(server.command, [...server.args], {
    cwd: server.cwd,
    env: { ...process.env, ...utf8, ...server.env },
    detached: true,
    stdio: ['ignore', log, log],
    ...server.user,
  });
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      closeSync(log);
      reject(new Error(`${server.command} did not start: ${cause.message}.`, { cause }));
    });
    child.once('spawn', () => {
      closeSync(log);
      child.unref();
      const pid = child.pid ?? 0;
      const running = { pid, identity: identityOf(pid) ?? '', fingerprint: files.fingerprint };
      mkdirSync(dirname(files.pid), { recursive: true });
      // Renamed into place: whoever reads it, after a crash too, finds all of it or none.
      writeFileSync(`${files.pid}.new`, `${JSON.stringify(running)}\n`);
      renameSync(`${files.pid}.new`, files.pid);
      resolve(running);
    });
  });
}

export function signal(running: Running, name: NodeJS.Signals): void {
  if (!isRunning(running)) return;
  try {
    process.kill(running.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Waits until the process is gone. False when it still runs after `waitMs`. */
export async function gone(running: Running, waitMs: number): Promise<boolean> {
  const deadline = Date.now() + waitMs;
  while (isRunning(running)) {
    if (Date.now() > deadline) return false;
    await sleep(pollMs);
  }
  return true;
}

export function forget(file: string): void {
  rmSync(file, { force: true });
}

/** The last lines of a log, for the error that says why a server did not come up. */
export function tailOf(file: string, lines: number): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no log)';
  }
}
