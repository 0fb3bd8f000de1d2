/**
 * A service as it runs in production: a process of its own, to be killed, frozen and stopped.
 * Its log lines are kept in a file and, as data, in memory.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repositoryRoot } from '@polytraders/infra/stack';

export type LogLine = {
  /** Milliseconds since 1970. */
  readonly time?: number;
  readonly event?: string;
  readonly code?: string;
  readonly message?: string;
  readonly partition?: number;
  readonly why?: string;
  readonly http_port?: number;
};

export type WorkerProcess = {
  readonly name: string;
  readonly pid: number;
  readonly lines: readonly LogLine[];
  readonly isRunning: () => boolean;
  readonly kill: () => Promise<void>;
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** SIGTERM; resolves to the exit code, null where a signal ended it. */
  readonly stop: () => Promise<number | null>;
  readonly ended: Promise<number | null>;
};

export type Service = {
  /** Path of main.ts from the root of the repository. */
  readonly main: string;
  readonly env: Readonly<Record<string, string>>;
  /** Folder for the logs of its processes. */
  readonly logs: string;
};

const noted = new Set([
  'STARTED',
  'STOPPED',
  'STOP_CUT_SHORT',
  'PARTITION_HALTED',
  'PARTITION_LOST',
  'PARTITION_ACQUIRED',
  'OUTAGE',
]);

/** Starts a process of the service. `name` is that of its log; `env` is added to the service's. */
export function startWorkerProcess(
  service: Service,
  name: string,
  env: Readonly<Record<string, string>> = {},
): WorkerProcess {
  mkdirSync(service.logs, { recursive: true });
  const file = createWriteStream(join(service.logs, `${name}.log`), { flags: 'a' });
  const child = spawn(process.execPath, [join(repositoryRoot, service.main)], {
    cwd: repositoryRoot,
    env: { ...withoutJest(process.env), ...service.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: LogLine[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    file.write(`${line}\n`);
    const said = parsed(line);
    if (said?.event !== undefined && noted.has(said.event)) lines.push(said);
  });
  child.stderr.on('data', (chunk: Buffer) => file.write(chunk));
  const ended = exitOf(child).then((code) => {
    file.end();
    return code;
  });
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    name,
    pid: child.pid ?? 0,
    lines,
    isRunning,
    ended,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
}

/** Node options of the test runner are not the service's. */
function withoutJest(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...rest } = env;
  return rest;
}

function parsed(line: string): LogLine | null {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return null;
  }
}
