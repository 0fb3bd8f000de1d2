/** The servers: those of the local stacks, those that the environment names, and left-overs. */

import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join, relative } from 'node:path';
import { configFromEnv } from '@polytraders/runtime';
import pg from 'pg';
import { runningOf } from '../stack/bring-up.ts';
import { layoutOf, mainStackDir, repositoryRoot, testStackDir } from '../stack/layout.ts';
import { type ServerEnv } from '../stack/layout.ts';
import { isFree } from '../stack/ports.ts';
import { expectSettings, externalServers } from '../stack/servers.ts';
import { components, statusStack, type ComponentStatus } from '../stack/stack.ts';
import { isWithin, serverProcesses } from '../stack/strays.ts';
import { withAdmin } from '../topics/admin.ts';
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

/** Asked as the services ask, with TLS and credentials where the environment names them. */
async function kafkaAnswers(address: string, env: NodeJS.ProcessEnv): Promise<void> {
  await tcp(address);
  const unused = { SCHEMA_REGISTRY_URL: 'http://unused', DATABASE_URL: 'postgres://unused' };
  const { kafka } = configFromEnv({ ...env, ...unused, KAFKA_BROKERS: address });
  await withAdmin(kafka, (admin) => admin.describeCluster());
}

async function registryAnswers(url: string): Promise<void> {
  const answer = await fetch(`${url.replace(/\/$/, '')}/subjects`, {
    signal: AbortSignal.timeout(waitMsMax),
  });
  await answer.body?.cancel();
  if (answer.status === 404) {
    throw new Error('it answered 404: give it its path, which is /apis/ccompat/v7 for Apicurio');
  }
  // A registry that wants credentials answers, too; the services say so if theirs are wrong.
  if (!answer.ok && answer.status !== 401) throw new Error(`it answered ${answer.status}`);
}

async function postgresAnswers(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: waitMsMax });
  await client.connect();
  await client.query('SELECT 1');
  await client.end();
}

/** An address without its password, which may hold any letter: all up to the last @ goes. */
export function withoutPassword(address: string): string {
  return address
    .replace(/^([^:@]*:\/\/[^:@]*):.*@|^([^:@]*):(?!\/\/).*@/s, '$1$2:…@')
    .replace(/([?&]password=)[^&]*/g, '$1…');
}

async function asked(name: keyof ServerEnv, address: string, ask: () => Promise<void>) {
  const found = withoutPassword(address);
  try {
    await ask();
    return well(name, `${found} answers`);
  } catch (error) {
    const because = (error as Error).message.replaceAll(address, found).replace(/\S+@/g, '…@');
    const mend = `mend the address or the server, or unset ${name} to use the local stack`;
    return ill(name, `${found} does not answer: ${because}`, mend);
  }
}

/** The first setting that no service would start with, in the words of the services. */
function wrongSetting(env: NodeJS.ProcessEnv): Finding | null {
  try {
    expectSettings(env);
    return null;
  } catch (error) {
    const sentence = (error as Error).message;
    const [name = 'Settings'] = /[A-Z]+(_[A-Z]+)+|MODE|PUBLISH/.exec(sentence) ?? [];
    const value = env[name] ?? '';
    const found = value === '' ? sentence : sentence.replaceAll(value, withoutPassword(value));
    return ill(name, found, `mend ${name}, or unset it`);
  }
}

async function namedServers(env: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  const wrong = wrongSetting(env);
  if (wrong !== null) return [wrong];
  const named = externalServers(env);
  const brokers = named.KAFKA_BROKERS?.split(',') ?? [];
  const registry = named.SCHEMA_REGISTRY_URL;
  const database = named.DATABASE_URL;
  return Promise.all([
    ...brokers.map((one) =>
      asked('KAFKA_BROKERS', one.trim(), () => kafkaAnswers(one.trim(), env)),
    ),
    ...(registry ? [asked('SCHEMA_REGISTRY_URL', registry, () => registryAnswers(registry))] : []),
    ...(database ? [asked('DATABASE_URL', database, () => postgresAnswers(database))] : []),
  ]);
}

/** Servers that work inside this checkout and that no stack in it knows of. */
function leftOver(): readonly Finding[] {
  const known = new Set(
    stackDirs().flatMap((dir) =>
      Object.values(components).map((component) => runningOf(dir, component)?.pid),
    ),
  );
  const found = serverProcesses()
    .filter((server) => isWithin(repositoryRoot, server.folder) && !known.has(server.pid))
    .map(({ name, pid, folder }) => {
      const what = `a ${name} of ${folder} runs as process ${pid}`;
      return ill('Left-over process', what, `end it with \`kill ${pid}\` unless it is yours`);
    });
  return found.length === 0 ? [well('Left-over processes', 'none')] : found;
}

/** Everything that has to do with servers. */
export async function examineServers(env: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  return [...(await localStacks()), ...(await namedServers(env)), ...leftOver()];
}
