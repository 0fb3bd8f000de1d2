/** Child processes of the bench: started, watched in /proc, stopped. */

import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { nodeFlags } from '@polytraders/runtime';

const ticksPerSecond = 100;

export type BenchChild = {
  readonly process: ChildProcess;
  /** Resolves at the first line of its output that `wanted` accepts. */
  readonly line: (
    wanted: (event: Readonly<Record<string, unknown>>) => boolean,
  ) => Promise<Readonly<Record<string, unknown>>>;
  /** CPU seconds so far and the highest resident memory in MB. */
  readonly usage: () => { readonly cpuSeconds: number; readonly peakMb: number };
  readonly stop: () => Promise<void>;
};

/** Runs a TypeScript file on this Node; its standard output is JSON lines. */
export function startChild(script: string, env: Readonly<Record<string, string>>): BenchChild {
  const child = spawn(process.execPath, [...nodeFlags, script], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const seen: Readonly<Record<string, unknown>>[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (text) => {
    if (!text.startsWith('{')) return;
    seen.push(JSON.parse(text) as Readonly<Record<string, unknown>>);
    for (const check of waiting) check();
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));

  return {
    process: child,
    line: (wanted) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const found = seen.find(wanted);
          if (found === undefined) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        child.once('exit', (code) =>
          reject(new Error(`Expected ${script} to go on; it ended with ${String(code)}.`)),
        );
        check();
      }),
    usage: () => {
      const stat = readFileSync(`/proc/${String(child.pid)}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const status = readFileSync(`/proc/${String(child.pid)}/status`, 'utf8');
      const peakKb = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
      return {
        cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
        peakMb: peakKb / 1024,
      };
    },
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
