/**
 * The local stack: a real Kafka, schema registry and Postgres on free ports, started once and left
 * up for the next command. One folder is one stack; two folders never meet.
 */

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { bringDown, bringUp, runningOf } from './bring-up.ts';
import { type Component, type Context } from './component.ts';
import { kafka } from './kafka.ts';
import { layoutOf, serverEnv, type ComponentName } from './layout.ts';
import { type Ports, type Say, type ServerEnv } from './layout.ts';
import { withLock } from './lock.ts';
import { choosePorts, rememberedPorts } from './ports.ts';
import { expectOwn } from './owner.ts';
import { isRoot, outsideHome } from './postgres-binaries.ts';
import { postgres } from './postgres.ts';
import { gone, readRunning, signal } from './process.ts';
import { registry } from './registry.ts';

export const components: Readonly<Record<ComponentName, Component>> = {
  postgres,
  kafka,
  registry,
};

export type StackOptions = {
  /** Folder of the stack: data, logs, ports and process ids lie in it. */
  readonly dir: string;
  readonly ports?: Partial<Ports>;
  readonly say?: Say;
};

const silent: Say = () => undefined;

async function contextOf({ dir, ports, say }: StackOptions): Promise<Context> {
  const at = resolve(dir);
  const running = new Set(
    Object.values(components)
      .filter((component) => runningOf(at, component) !== null)
      .map((component) => component.name),
  );
  return { dir: at, ports: await choosePorts(at, ports ?? {}, running), say: say ?? silent };
}

async function bringAllUp(context: Context): Promise<void> {
  const started = Date.now();
  const up = async (component: Component) => {
    const how = await bringUp(component, context);
    if (how === 'found') return false;
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    context.say(`${component.title} answers after ${seconds} s.`);
    return true;
  };
  // The registry keeps its schemas in Postgres, so it comes after it; its files need not wait.
  const results = await Promise.allSettled([
    up(kafka),
    (async () => {
      const [first] = await Promise.all([up(postgres), registry.prepare(context)]);
      return (await up(registry)) || first;
    })(),
  ]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  const anew = results.some((result) => result.status === 'fulfilled' && result.value);
  if (!anew) context.say(`The stack in ${context.dir} was up already.`);
}

/**
 * Starts the stack, or finds it running. Safe when several commands call it at once.
 * Writes `stack.env` into the folder. Throws a sentence with the end of the log when a server does
 * not come up.
 */
export async function startStack(options: StackOptions): Promise<ServerEnv> {
  const dir = resolve(options.dir);
  expectOwn(dir);
  return withLock(dir, options.say ?? silent, async () => {
    await mkdir(dir, { recursive: true });
    const context = await contextOf({ ...options, dir });
    await bringAllUp(context);
    const env = serverEnv(context.ports);
    const lines = Object.entries(env).map(([name, value]) => `${name}=${value}\n`);
    // A copy of the file in another folder is known by its first line.
    await writeFile(layoutOf(dir).env, [`# The stack in ${dir}\n`, ...lines].join(''));
    return env;
  });
}

/** What `wipe` removes; the folder may hold other things, such as the cache of downloads. */
const OWN_FILES = `data logs run ports.json stack.env server.properties format.properties`.split(
  ' ',
);

/** Stops the stack. `wipe` removes its data, ports and logs too: the next start is a first one. */
export async function stopStack(
  options: StackOptions & { readonly wipe?: boolean },
): Promise<{ readonly stopped: readonly ComponentName[] }> {
  const dir = resolve(options.dir);
  if (!isRoot()) expectOwn(dir);
  const say = options.say ?? silent;
  return withLock(dir, say, async () => {
    const stopped: ComponentName[] = [];
    // The registry first: it would complain of a Postgres that has gone.
    for (const component of [registry, kafka, postgres]) {
      if (!(await bringDown(component, dir))) continue;
      say(`${component.title} has stopped.`);
      stopped.push(component.name);
    }
    if (options.wipe === true) {
      for (const name of OWN_FILES) await rm(`${dir}/${name}`, { recursive: true, force: true });
      await rm(outsideHome(dir), { recursive: true, force: true });
      say(`The data of the stack in ${dir} is removed.`);
    }
    return { stopped };
  });
}

export type ComponentStatus = {
  readonly name: ComponentName;
  readonly title: string;
  readonly state: 'up' | 'hanging' | 'crashed' | 'down';
  readonly pid: number | null;
  readonly port: number | null;
  readonly log: string;
  readonly because: string | null;
};

async function statusOf(component: Component, dir: string): Promise<ComponentStatus> {
  const layout = layoutOf(dir);
  const remembered = await rememberedPorts(dir);
  const running = runningOf(dir, component);
  const shared = {
    name: component.name,
    title: component.title,
    pid: running?.pid ?? null,
    port: remembered[component.name] ?? null,
    log: layout.log(component.name),
  };
  if (running === null) {
    const left = readRunning(layout.pid(component.name)) !== null;
    return left
      ? { ...shared, state: 'crashed', because: 'Its process ended without being told to.' }
      : { ...shared, state: 'down', because: null };
  }
  try {
    await component.probe({ dir, ports: remembered as Ports, say: silent });
    return { ...shared, state: 'up', because: null };
  } catch (error) {
    return { ...shared, state: 'hanging', because: (error as Error).message };
  }
}

/** How each server is: asked, not assumed. */
export function statusStack(dir: string): Promise<readonly ComponentStatus[]> {
  const at = resolve(dir);
  return Promise.all([postgres, kafka, registry].map((component) => statusOf(component, at)));
}

/** One server of a running stack, for tests that take it away. */
export type ComponentHandle = {
  readonly pid: () => number | null;
  readonly isRunning: () => boolean;
  /** Sends the signal; for SIGKILL resolves when the process is gone. */
  readonly kill: (name: NodeJS.Signals) => Promise<void>;
  /** Stops politely and waits. */
  readonly stop: () => Promise<void>;
  /** Starts on its old data and port, and waits until it answers. */
  readonly start: () => Promise<void>;
};

const killMsMax = 10_000;

/** The handle of one server of the stack in `dir`. */
export function component(dir: string, name: ComponentName): ComponentHandle {
  const at = resolve(dir);
  const what = components[name];
  return {
    pid: () => runningOf(at, what)?.pid ?? null,
    isRunning: () => runningOf(at, what) !== null,
    kill: async (signalName) => {
      const running = runningOf(at, what);
      if (running === null) throw new Error(`${what.title} of ${at} does not run.`);
      signal(running, signalName);
      if (signalName === 'SIGKILL') await gone(running, killMsMax);
    },
    stop: async () => {
      await bringDown(what, at);
    },
    start: async () => {
      await withLock(at, silent, async () => {
        await bringUp(what, await contextOf({ dir: at }));
      });
    },
  };
}
