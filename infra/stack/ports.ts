/**
 * Free ports, remembered under the stack's folder so that a restart keeps them.
 *
 * They are taken from below the range that the system hands to outgoing connections. Inside that
 * range a stopped server's port can be taken by a client, even by one that connects to itself.
 */

import { randomInt } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { layoutOf, type ComponentName, type Ports } from './layout.ts';

const lowest = 20_000;
const highest = 32_000;
const attemptsMax = 200;
const lingerMsMax = 2000;
const pollMs = 50;

/** Whether nothing listens on the port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });
}

/** A port whose server has just ended may be held for a moment longer. */
async function becomesFree(port: number): Promise<boolean> {
  const deadline = Date.now() + lingerMsMax;
  while (!(await isFree(port))) {
    if (Date.now() > deadline) return false;
    await sleep(pollMs);
  }
  return true;
}

async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const port = randomInt(lowest, highest);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new Error(
    `No free port between ${lowest} and ${highest} after ${attemptsMax} attempts: stop what ` +
      'listens there, or give the ports yourself.',
  );
}

export async function rememberedPorts(dir: string): Promise<Partial<Ports>> {
  try {
    return JSON.parse(await readFile(layoutOf(dir).ports, 'utf8')) as Partial<Ports>;
  } catch {
    return {};
  }
}

const ownerOfPort: Readonly<Record<keyof Ports, ComponentName>> = {
  kafka: 'kafka',
  controller: 'kafka',
  registry: 'registry',
  postgres: 'postgres',
};

/**
 * The ports of a stack: those given, else those remembered while they are free or held by our own
 * running component, else new ones. The answer is remembered.
 */
export async function choosePorts(
  dir: string,
  given: Partial<Ports>,
  running: ReadonlySet<ComponentName>,
): Promise<Ports> {
  const remembered = await rememberedPorts(dir);
  const chosen: Partial<Record<keyof Ports, number>> = {};
  const taken = new Set<number>([...Object.values(remembered), ...Object.values(given)]);
  for (const name of Object.keys(ownerOfPort) as (keyof Ports)[]) {
    const wished = given[name] ?? remembered[name];
    const keeps =
      wished !== undefined && (running.has(ownerOfPort[name]) || (await becomesFree(wished)));
    const port = keeps ? wished : await freePort(taken);
    taken.add(port);
    chosen[name] = port;
  }
  const ports = chosen as Ports;
  const file = layoutOf(dir).ports;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(ports, null, 2)}\n`);
  return ports;
}
