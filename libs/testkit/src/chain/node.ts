/**
 * A real EVM node for tests: anvil on a free port, without mining of its own, every address
 * unlocked. It ends with the test; what a killed test has left behind is ended by the next one.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '@polytraders/infra/stack';

export type ChainNode = {
  readonly url: string;
  /** One JSON-RPC call. Throws what the node answers as an error. */
  readonly call: <Answer = unknown>(method: string, params?: readonly unknown[]) => Promise<Answer>;
  readonly stop: () => Promise<void>;
};

export type NodeOptions = {
  /** Number and time (seconds since 1970) of the first block that is mined; block 1 without. */
  readonly first?: { readonly block: number; readonly time: number };
  /** `finalized` stands twice as many blocks behind the head. */
  readonly slotsInAnEpoch?: number;
};

const folder = join(repositoryRoot, '.local', 'anvil');
const pids = join(folder, 'pids');
const START_MS_MAX = 50_000;

/** Starts a node of Polygon's chain id. */
export async function startNode(options: NodeOptions = {}): Promise<ChainNode> {
  sweep();
  const { first, slotsInAnEpoch = 16 } = options;
  const args = ['--port', '0', '--chain-id', '137', '--no-mining', '--auto-impersonate'];
  args.push('--base-fee', '0', '--gas-price', '0', '--cache-path', folder);
  args.push('--slots-in-an-epoch', String(slotsInAnEpoch), '--accounts', '1');
  if (first !== undefined) {
    args.push('--number', String(first.block - 1), '--timestamp', String(first.time - 2));
  }
  const child = spawn(binary(), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const mark = noted(child);
  const end = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', end);
  const url = `http://127.0.0.1:${String(await portOf(child))}`;
  return {
    url,
    call: (method, params = []) => call(url, method, params),
    stop: async () => {
      process.off('exit', end);
      const gone = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.kill('SIGTERM')) await gone;
      rmSync(mark, { force: true });
    },
  };
}

let id = 0;

async function call<Answer>(
  url: string,
  method: string,
  params: readonly unknown[],
): Promise<Answer> {
  id += 1;
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
  });
  const { result, error } = (await answer.json()) as { result: Answer; error?: object };
  if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
  return result;
}

function binary(): string {
  const cpu = process.arch === 'x64' ? 'amd64' : process.arch;
  const name = `@foundry-rs/anvil-${process.platform}-${cpu}`;
  try {
    const read = createRequire(import.meta.url);
    return join(dirname(read.resolve(`${name}/package.json`)), 'bin', 'anvil');
  } catch (cause) {
    throw new Error(
      `Expected the package ${name}: run npm ci --include=optional; on a machine that ` +
        'package-lock.json has none for, npm install --no-save it.',
      { cause },
    );
  }
}

async function portOf(child: ChildProcess): Promise<number> {
  let said = '';
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      reject(
        new Error(`Expected anvil to listen within ${String(START_MS_MAX)} ms; ${why}: ${said}`),
      );
    };
    const timer = setTimeout(() => {
      fail('found it silent');
    }, START_MS_MAX);
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    });
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.once('exit', () => {
      clearTimeout(timer);
      fail('found it gone');
    });
  });
}

/** Remembers whose child it is: a node whose parent is gone belongs to nobody. */
function noted(child: ChildProcess): string {
  mkdirSync(pids, { recursive: true });
  const mark = join(pids, `${String(child.pid)}-${String(process.pid)}`);
  writeFileSync(mark, '');
  return mark;
}

/** Suites sweep side by side: a mark is its name, so that none is read that another takes away. */
function sweep(): void {
  mkdirSync(pids, { recursive: true });
  for (const mark of readdirSync(pids)) {
    const [pid = 0, parent = 0] = mark.split('-').map(Number);
    if (signal(parent, 0)) continue;
    if (isAnvil(pid)) signal(pid, 'SIGKILL');
    rmSync(join(pids, mark), { force: true });
  }
}

/** Whether there was such a process to take it. */
function signal(pid: number, what: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, what);
    return true;
  } catch {
    return false;
  }
}

/** The number of a node that has ended may be another process by now. */
function isAnvil(pid: number): boolean {
  try {
    return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').includes('anvil');
  } catch {
    return false;
  }
}
