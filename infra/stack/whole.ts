/** Folders that are there whole or not at all, whenever the work on them is killed. */

import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Makes a folder in another place, and puts it into its own when `make` has ended well. What
 * killed commands have left is removed; a child of theirs that goes on alone finds its folder
 * gone, and ends.
 */
export async function makeWhole(
  folder: string,
  make: (partial: string) => Promise<void>,
): Promise<void> {
  const [parent, prefix] = [dirname(folder), `${basename(folder)}.partial-`];
  await mkdir(parent, { recursive: true });
  const left = (await readdir(parent)).filter((name) => name.startsWith(prefix));
  for (const name of left) await rm(join(parent, name), { recursive: true, force: true });
  const partial = join(parent, `${prefix}${process.pid}`);
  await mkdir(partial, { mode: 0o700 });
  await make(partial);
  await rename(partial, folder);
}
