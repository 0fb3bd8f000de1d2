/** Real Postgres from npm's binaries, durable as in production (fsync stays on). */

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { type Component, type Context } from './component.ts';
import { type Ports } from './layout.ts';
import { homeOf, type Home } from './postgres-binaries.ts';
import { versions } from './versions.ts';
import { makeWhole } from './whole.ts';

const databases = ['polytraders', 'registry'] as const;
const duplicateDatabase = '42P04';

function run(home: Home, command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const output: string[] = [];
    const child = spawn(join(home.native, 'bin', command), [...args], {
      cwd: dirname(home.data),
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...home.user,
    });
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) return resolve();
      reject(new Error(`${command} ended with ${code}:\n${output.join('').trim()}`));
    });
  });
}

/** initdb names the version of the data first and fills it afterwards. */
async function initialiseOnce(home: Home): Promise<void> {
  if (existsSync(join(home.data, 'PG_VERSION'))) return;
  if (existsSync(home.data) && (await readdir(home.data)).length > 0) {
    throw new Error(
      `${home.data} holds files but no PG_VERSION, so it is no complete Postgres: empty the ` +
        'stack with `npm run stack -- down --wipe`, then start it again.',
    );
  }
  await makeWhole(home.data, async (partial) => {
    if (home.user !== undefined) await chown(partial, home.user.uid, home.user.gid);
    await run(home, 'initdb', [
      '-D',
      partial,
      '-U',
      'polytraders',
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
    ]);
  });
}

/**
 * Postgres names its data folder in a file as long as it runs. Another name there, of a folder that
 * is still in its place, means that this one was copied from it in mid-flight.
 */
function expectNoCopy(data: string): void {
  const lock = join(data, 'postmaster.pid');
  const from = existsSync(lock) ? readFileSync(lock, 'utf8').split('\n')[1] : undefined;
  if (from === undefined || from === data || !existsSync(from)) return;
  throw new Error(
    `Expected the data of one Postgres in ${data}, found what was copied from ${from} while its ` +
      'server ran: empty this stack with `npm run stack -- down --wipe`, then start it again.',
  );
}

function settingsOf(port: number): readonly string[] {
  const settings: Readonly<Record<string, string | number>> = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] %a ',
    jit: 'off',
  };
  return Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
}

async function prepare(context: Context) {
  const home = await homeOf(context.dir);
  await mkdir(dirname(home.data), { recursive: true });
  // Whatever the umask of the shell: the user that Postgres runs as must get to its data.
  if (home.user !== undefined) await chmod(dirname(home.data), 0o755);
  expectNoCopy(home.data);
  await initialiseOnce(home);
  return {
    command: join(home.native, 'bin/postgres'),
    args: ['-D', home.data, ...settingsOf(context.ports.postgres)],
    env: { LC_ALL: 'C', TZ: 'UTC' },
    cwd: dirname(home.data),
    ...(home.user === undefined ? {} : { user: home.user }),
  };
}

async function withClient(ports: Ports, work: (client: pg.Client) => Promise<void>) {
  const client = new pg.Client({
    connectionString: `postgres://polytraders@127.0.0.1:${ports.postgres}/postgres`,
    connectionTimeoutMillis: 2000,
  });
  // A server that ends while we wait closes the connection; the query then rejects.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function createDatabases({ ports }: Context): Promise<void> {
  return withClient(ports, async (client) => {
    for (const database of databases) {
      await client.query(`CREATE DATABASE ${database}`).catch((error: unknown) => {
        if ((error as { code?: string }).code !== duplicateDatabase) throw error;
      });
    }
  });
}

export const postgres: Component = {
  name: 'postgres',
  title: `Postgres ${versions.postgresMajor}`,
  // A fast shutdown: clients are disconnected, the log is closed properly.
  stopSignal: 'SIGINT',
  prepare,
  probe: ({ ports }) =>
    withClient(ports, async (client) => {
      await client.query('SELECT 1');
    }),
  settle: createDatabases,
};
