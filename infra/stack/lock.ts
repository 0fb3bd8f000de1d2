/** One command at a time starts or stops a stack; the others wait and then find the work done. */

import { constants } from 'node:fs';
import { access, mkdir, open, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { layoutOf, type Say } from './layout.ts';
import { identityOf } from './process.ts';

const waitMsMax = 300_000;
const pollMs = 200;

async function holderOf(file: string): Promise<{ pid: number; identity: string } | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as { pid: number; identity: string };
  } catch {
    return null;
  }
}

async function tryTake(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(
      JSON.stringify({ pid: process.pid, identity: identityOf(process.pid) ?? '' }),
    );
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true });
    await access(dir, constants.W_OK);
  } catch (error) {
    throw new Error(
      `Expected a folder for the stack at ${dir} that can be written to, found ` +
        `${(error as Error).message}: use the user whose it is, or another folder.`,
    );
  }
}

/** Runs `work` while holding the stack's lock. A lock whose holder has died is taken over. */
export async function withLock<T>(dir: string, say: Say, work: () => Promise<T>): Promise<T> {
  const file = layoutOf(dir).lock;
  await makeFolder(dir);
  const deadline = Date.now() + waitMsMax;
  let unreadable = 0;
  let said = false;
  while (!(await tryTake(file))) {
    const holder = await holderOf(file);
    // A file without content is one being written, unless it stays that way.
    unreadable = holder === null ? unreadable + 1 : 0;
    const died = holder !== null && identityOf(holder.pid) !== holder.identity;
    if (died || unreadable > 10) {
      await rm(file, { force: true });
      continue;
    }
    if (Date.now() > deadline) {
      throw new Error(
        `Another command (process ${holder?.pid ?? 'unknown'}) has held ${file} for five ` +
          'minutes: end that command, or remove the file if it is no longer running.',
      );
    }
    if (!said && holder !== null) {
      say(`Another command (process ${holder.pid}) is busy with the same stack; waiting for it.`);
      said = true;
    }
    await sleep(pollMs);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}
