/**
 * Commits groups to Postgres until they are in, or somebody else owns their partitions.
 *
 * A commit whose answer was lost needs no special care: the same group is sent again, and its
 * compare-and-set tells whether it was stored already (store.ts).
 */

import type pg from 'pg';
import { type RuntimeError } from '../errors.ts';
import { databaseError, hangUp } from '../postgres/database.ts';
import { type Part } from '../postgres/group.ts';
import { type Hint, type Store } from '../postgres/store.ts';
import { doubling, pause } from './signal.ts';

export type CommitterConfig<Entity, Entry> = {
  readonly connect: () => Promise<pg.Client>;
  readonly store: Store<Entity, Entry>;
  readonly hints: (parts: readonly Part<Entity>[]) => readonly Hint[];
  readonly isOurs: (part: Part<Entity>) => boolean;
  readonly isStopped: () => boolean;
  readonly onStored: (part: Part<Entity>) => void;
  readonly onLost: (part: Part<Entity>, why: 'fenced' | 'contended') => void;
  readonly onHalt: (part: Part<Entity>, error: RuntimeError) => void;
  readonly onOutage: (error: RuntimeError) => void;
};

export type Committer<Entity> = {
  readonly commit: (parts: readonly Part<Entity>[]) => Promise<void>;
  readonly close: () => void;
};

const backoff = { firstMs: 50, maxMs: 2_000 } as const;

export function createCommitter<Entity, Entry>(
  config: CommitterConfig<Entity, Entry>,
): Committer<Entity> {
  let client: pg.Client | null = null;

  async function attempt(group: readonly Part<Entity>[]): Promise<void> {
    client ??= await config.connect();
    const result = await config.store.commit(client, group, config.hints(group));
    for (const part of group) {
      if (result.fenced.includes(part.partition)) config.onLost(part, 'fenced');
      if (result.committed.includes(part.partition)) config.onStored(part);
    }
  }

  async function commit(parts: readonly Part<Entity>[]): Promise<void> {
    let group = parts;
    for (const delay of doubling(backoff.firstMs, backoff.maxMs)) {
      if (config.isStopped() || group.length === 0) return;
      try {
        return await attempt(group);
      } catch (cause) {
        const error = databaseError(cause);
        if (error.code === 'CONTENDED') {
          for (const part of group) config.onLost(part, 'contended');
          return;
        }
        if (!error.retryable) return await commitOneByOne(group, error);
        if (error.code === 'DATABASE_OUTAGE') close();
        config.onOutage(error);
        await pause(delay);
        group = group.filter(config.isOurs);
      }
    }
  }

  /** A statement was refused: find out whose rows are at fault, and let the others go on. */
  async function commitOneByOne(
    group: readonly Part<Entity>[],
    error: RuntimeError,
  ): Promise<void> {
    if (group.length === 1 && group[0] !== undefined) {
      config.onHalt(group[0], error);
      return;
    }
    for (const part of group) await commit([part]);
  }

  function close(): void {
    hangUp(client);
    client = null;
  }

  return { commit, close };
}
