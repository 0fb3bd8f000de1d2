import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bringDown, bringUp } from './bring-up.ts';
import { type Context } from './component.ts';
import { repositoryRoot } from './layout.ts';
import { choosePorts } from './ports.ts';
import { homeOf } from './postgres-binaries.ts';
import { postgres } from './postgres.ts';

const dir = join(repositoryRoot, '.local/postgres-test');
let context: Context;

beforeAll(async () => {
  await rm(dir, { recursive: true, force: true });
  context = { dir, ports: await choosePorts(dir, {}, new Set()), say: () => undefined };
});

afterAll(async () => {
  await bringDown(postgres, dir);
  await rm(dir, { recursive: true, force: true });
});

function initdbOf(data: string): number | null {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const words = wordsOf(pid);
    if (words.includes('/bin/initdb\0') && words.includes(data)) return Number.parseInt(pid, 10);
  }
  return null;
}

function wordsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // Some other process, which has ended meanwhile.
    return '';
  }
}

/** Kills initdb once it has written the file that says which version the data is of. */
async function killInitdb(data: string): Promise<void> {
  const folder = join(data, '..');
  const written = () =>
    existsSync(folder) &&
    readdirSync(folder).some((name) => existsSync(join(folder, name, 'PG_VERSION')));
  while (!written()) await sleep(1);
  const pid = initdbOf(data);
  if (pid === null) throw new Error('Expected initdb to run on, found none.');
  process.kill(pid, 'SIGKILL');
}

test('a Postgres starts for a shell whose files are closed to others', async () => {
  const usual = process.umask(0o077);
  try {
    // The folder of the stack is open, as in a checkout that was cloned before.
    await mkdir(dir, { recursive: true });
    await chmod(dir, 0o755);
    expect(await bringUp(postgres, context)).toBe('started');
  } finally {
    process.umask(usual);
    await bringDown(postgres, dir);
    await rm(dir, { recursive: true, force: true });
  }
}, 60_000);

test('a Postgres whose first start was killed half way begins again, and serves', async () => {
  const { data } = await homeOf(dir);
  const first = bringUp(postgres, context);
  await Promise.all([killInitdb(data), expect(first).rejects.toThrow(/initdb ended with/)]);
  expect(await bringUp(postgres, context)).toBe('started');
  expect(readdirSync(join(data, '..'))).toEqual(['postgres']);
}, 60_000);

test('a Postgres that was copied while it ran is refused, with what to do', async () => {
  const copy = { ...context, dir: `${dir}-copy` };
  const [from, to] = [await homeOf(dir), await homeOf(copy.dir)];
  await mkdir(to.data, { recursive: true });
  for (const name of ['PG_VERSION', 'postmaster.pid']) {
    await copyFile(join(from.data, name), join(to.data, name));
  }
  await expect(bringUp(postgres, copy)).rejects.toThrow(
    `found what was copied from ${from.data} while its server ran: empty this stack with \`npm run`,
  );
  await rm(copy.dir, { recursive: true });
});
