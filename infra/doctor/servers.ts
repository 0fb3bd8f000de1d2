/** The servers: those of the local stacks, those that the environment names, and left-overs. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join, relative } from 'node:path';
import pg from 'pg';
import { layoutOf, mainStackDir, repositoryRoot, testStackDir } from '../stack/layout.ts';
import { componentNames, type ServerEnv } from '../stack/layout.ts';
import { isFree } from '../stack/ports.ts';
import { isRunning, readRunning } from '../stack/process.ts';
import { externalServers } from '../stack/servers.ts';
import { statusStack, type ComponentStatus } from '../stack/stack.ts';
import { ill, note, well, type Finding } from './finding.ts';

const waitMsMax = 3000;

/** Folders under .local that hold a stack, running or not. */
export function stackDirs(): readonly string[] {
  const others = existsSync(mainStackDir)
    ? readdirSync(mainStackDir).map((name) => join(mainStackDir, name))
    : [];
  const all = [mainStackDir, testStackDir, ...others.filter((dir) => dir !== testStackDir)];
  return all.filter((dir) => existsSync(dirname(layoutOf(dir).pid('kafka'))));
}

function upCommand(dir: string): string {
  if (dir === mainStackDir) return 'npm run stack -- up';
  if (dir === testStackDir) return 'npm run stack -- up --test';
  return `npm run stack -- up --dir ${relative(repositoryRoot, dir)}`;
}

async function findingOf(dir: string, status: ComponentStatus): Promise<Finding> {
  const what = `${status.title} of ${relative(repositoryRoot, dir)}`;
  const port = status.port ?? 0;
  if (status.state === 'up') return well(what, `answers on port ${port}`);
  if (status.state === 'hanging') {
    const found = `runs (process ${status.pid}) but does not answer: ${status.because}`;
    return ill(what, found, `\`${upCommand(dir)}\` clears it; its log is ${status.log}`);
  }
  if (status.state === 'crashed') {
    const found = 'ended without being told to';
    const mend = `\`${upCommand(dir)}\` starts it on its data; its log is ${status.log}`;
    return ill(what, found, mend);
  }
  if (port > 0 && !(await isFree(port))) {
    return note(what, `is down, and port ${port} is taken; it will take another port`);
  }
  return note(what, `is down; \`${upCommand(dir)}\` starts it`);
}

async function localStacks(): Promise<readonly Finding[]> {
  const dirs = stackDirs();
  if (dirs.length === 0) return [note('Local stack', 'was never started; `npm start` does it')];
  const all = await Promise.all(
    dirs.map(async (dir) =>
      Promise.all((await statusStack(dir)).map((status) => findingOf(dir, status))),
    ),
  );
  return all.flat();
}

function tcp(address: string): Promise<void> {
  const url = new URL(`tcp://${address}`);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: url.hostname, port: Number.parseInt(url.port || '9092', 10) });
    socket.setTimeout(waitMsMax, () => socket.destroy(new Error(`no answer in ${waitMsMax} ms`)));
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

async function registryAnswers(url: string): Promise<void> {
  const answer = await fetch(`${url.replace(/\/$/, '')}/subjects`, {
    signal: AbortSignal.timeout(waitMsMax),
  });
  await answer.body?.cancel();
  // A registry that wants credentials answers, too; the services say so if theirs are wrong.
  if (!answer.ok && answer.status !== 401) throw new Error(`it answered ${answer.status}`);
}

async function postgresAnswers(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: waitMsMax });
  await client.connect();
  await client.query('SELECT 1');
  await client.end();
}

/** Never with the password that an address may carry. */
export function withoutPassword(address: string): string {
  return address.replace(/(:\/\/[^:/@]*):[^@]*@/, '$1:…@');
}

async function asked(name: keyof ServerEnv, address: string, ask: () => Promise<void>) {
  const found = withoutPassword(address);
  try {
    await ask();
    return well(name, `${found} answers`);
  } catch (error) {
    const because = withoutPassword((error as Error).message);
    const mend = `mend the address or the server, or unset ${name} to use the local stack`;
    return ill(name, `${found} does not answer: ${because}`, mend);
  }
}

function namedServers(env: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  const named = externalServers(env);
  const brokers = named.KAFKA_BROKERS?.split(',') ?? [];
  const registry = named.SCHEMA_REGISTRY_URL;
  const database = named.DATABASE_URL;
  return Promise.all([
    ...brokers.map((one) => asked('KAFKA_BROKERS', one.trim(), () => tcp(one.trim()))),
    ...(registry ? [asked('SCHEMA_REGISTRY_URL', registry, () => registryAnswers(registry))] : []),
    ...(database ? [asked('DATABASE_URL', database, () => postgresAnswers(database))] : []),
  ]);
}

/** Processes started from this checkout's files that no stack knows of. */
function leftOver(): readonly Finding[] {
  if (!existsSync('/proc/self/cmdline')) return [];
  const known = new Set(
    stackDirs().flatMap((dir) =>
      componentNames
        .map((name) => readRunning(layoutOf(dir).pid(name)))
        .filter(isRunning)
        .map((running) => running.pid),
    ),
  );
  const found: Finding[] = [];
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const server = serverOf(entry);
    if (server === null || known.has(Number.parseInt(entry, 10))) continue;
    const mend = `end it with \`kill ${entry}\` unless it is yours`;
    found.push(ill('Left-over process', `${server} runs as process ${entry}`, mend));
  }
  return found.length === 0 ? [well('Left-over processes', 'none')] : found;
}

/** Which of our servers a process is, by its command line; a child of Postgres is none. */
function serverOf(pid: string): string | null {
  let words: readonly string[];
  try {
    words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return null;
  }
  const line = words.join(' ');
  if (!line.includes(repositoryRoot)) return null;
  if (words.includes('kafka.Kafka')) return 'a Kafka of this checkout';
  if (line.includes('apicurio-registry-app')) return 'a registry of this checkout';
  if (words[0]?.endsWith('/bin/postgres') === true) return 'a Postgres of this checkout';
  return null;
}

/** Everything that has to do with servers. */
export async function examineServers(env: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  return [...(await localStacks()), ...(await namedServers(env)), ...leftOver()];
}
