/**
 * A migration that was applied somewhere is never edited. Migrations are held against hashes in
 * frozen.json; `npm run freeze` adds new ones and never changes one that is there. Released schemas
 * have a list of their own, schemas/released/hashes.json, with a test beside the contracts.
 */

import { createHash } from 'node:crypto';
import { type Complaint, type SourceFile } from './files.ts';

/** SHA-256 of each frozen file, by its path. */
export type Frozen = Readonly<Record<string, string>>;

const freezable = /^(services|libs)\/[^/]+\/sql\/\d{6}-.+\.sql$/;

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function freezableFiles(files: readonly SourceFile[]): readonly SourceFile[] {
  return files.filter(({ path }) => freezable.test(path));
}

/** Frozen migrations that were changed or removed, and new ones that are not frozen yet. */
export function thawed(files: readonly SourceFile[], frozen: Frozen): readonly Complaint[] {
  const present = new Map(freezableFiles(files).map((file) => [file.path, hashOf(file.text)]));
  const changed = Object.entries(frozen).flatMap(([path, hash]) => {
    const now = present.get(path);
    if (now === undefined) return [`${path} was applied and is gone: bring it back.`];
    if (now === hash) return [];
    return [`${path} was applied and has changed: undo that, and add a new file instead.`];
  });
  const added = [...present.keys()]
    .filter((path) => !(path in frozen))
    .map((path) => `${path} is not frozen yet: run npm run freeze and commit the list.`);
  return [...changed, ...added];
}
