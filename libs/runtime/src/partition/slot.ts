/**
 * A slot: some of a worker's partitions, with one Postgres connection and one publisher.
 *
 *   fold (intake) ──▶ pending ──▶ committer (Postgres) ──▶ outbox ──▶ publisher (Kafka)
 *
 * Two loops, each one step behind the other. Group commit: whatever has been folded while the last
 * group was in Postgres makes the next one, so the busier it is the larger the groups. Both queues
 * have a maximum; beyond it the reader of the partition waits, nothing is shed.
 */

import type pg from 'pg';
import { type RuntimeError } from '../errors.ts';
import { type Part, type TallyLine } from '../postgres/group.ts';
import { type Hint, type Store } from '../postgres/store.ts';
import { type AcquireContext } from './acquire.ts';
import { createCommitter } from './committer.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { createPending, type PendingLimits } from './pending.ts';
import { type Publisher } from './publisher.ts';
import { type Session } from './session.ts';
import { createSignal, pause } from './signal.ts';

export type SlotLimits = PendingLimits & {
  /** Entries committed and not yet published, beyond which committing waits. */
  readonly maxQueuedEntries: number;
  /** Entries in one Kafka transaction. */
  readonly maxPublishEntries: number;
  readonly maxEntitiesPerPartition: number;
};

export type SlotEvents = {
  readonly onCommitted: (tally: Iterable<TallyLine>, records: number) => void;
  /** Once a group of partitions is stored: the batch that the log has a line for. */
  readonly onBatch: (parts: readonly Part<unknown>[], milliseconds: number) => void;
  readonly onPublished: (reports: number, milliseconds: number) => void;
  /** The partition is somebody else's, or must be acquired anew. */
  readonly onLost: (partition: number, why: 'fenced' | 'contended') => void;
  readonly onHalt: (partition: number, error: RuntimeError) => void;
  readonly onOutage: (error: RuntimeError) => void;
};

export type SlotConfig<Entity, Entry> = {
  readonly connect: () => Promise<pg.Client>;
  readonly store: Store<Entity, Entry>;
  readonly publisher: Publisher | null;
  readonly context: AcquireContext<Entity, Entry>;
  readonly session: (partition: number) => Session<Entity> | undefined;
  readonly limits: SlotLimits;
  readonly events: SlotEvents;
};

export type Slot<Entity> = {
  readonly start: () => Promise<void>;
  /** The part that the session's next records are folded into. */
  readonly partOf: (session: Session<Entity>) => Part<Entity>;
  /** Says that a part has grown. */
  readonly kick: () => void;
  /** Resolves when folding may go on. */
  readonly room: () => Promise<void>;
  /** Resolves when everything that the session has folded is committed, or the session is over. */
  readonly settled: (session: Session<Entity>) => Promise<void>;
  /** Everything folded is committed and published, or lost, or the slot was stopped: or so long. */
  readonly drained: (patience: Promise<void>) => Promise<void>;
  /** Runs with the publisher to itself: an acquisition publishes what its predecessor left. */
  readonly alone: <T>(task: () => Promise<T>) => Promise<T>;
  readonly forget: (partition: number) => void;
  /**
   * Makes room in the session's cache: oldest entities first, never one that was changed and is
   * not yet committed. Only between two batches: a batch counts on what it found in the cache.
   */
  readonly trim: (session: Session<Entity>) => void;
  /** The publisher failed outside the publishing loop: make it new, as the loop would. */
  readonly heal: (error: RuntimeError) => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** How long a stop waits for what its two loops have under way. */
const LOOPS_MS_MAX = 1_000;

export function createSlot<Entity, Entry>(config: SlotConfig<Entity, Entry>): Slot<Entity> {
  const { publisher, limits, events, session } = config;
  const changed = createSignal();
  const pending = createPending<Entity>(limits, session, changed);
  const alone = createTurns();
  const loops: Promise<void>[] = [];
  let committing: readonly Part<Entity>[] = [];
  /** Of the group that is being committed. */
  let stored: Part<Entity>[] = [];
  let draining = 0;
  let stopped = false;
  const isStopped = (): boolean => stopped;

  const committer = createCommitter<Entity, Entry>({
    connect: config.connect,
    store: config.store,
    hints: (parts) => (publisher === null ? [] : hintsOf(parts, session)),
    isOurs,
    isStopped,
    onStored,
    onLost: (part, why) => {
      if (isOurs(part)) lose(part.partition, why);
    },
    // What is found out about an epoch that is over does not stop the one after it.
    onHalt: (part, error) => {
      if (isOurs(part)) events.onHalt(part.partition, error);
    },
    onOutage: events.onOutage,
  });
  const outbox: Outbox<Entity> | null =
    publisher === null
      ? null
      : createOutbox<Entity, Entry>({
          publisher,
          session,
          isOurs,
          isStopped,
          changed,
          alone,
          context: config.context,
          isCommitting: () => committing.length > 0,
          maxPublishEntries: limits.maxPublishEntries,
          onPublished: events.onPublished,
          onLost: lose,
          onHalt: events.onHalt,
          onOutage: events.onOutage,
        });

  function isOurs(part: { readonly partition: number; readonly epoch: number }): boolean {
    const of = session(part.partition);
    return of !== undefined && of.alive && of.epoch === part.epoch;
  }

  function mustWait(): boolean {
    if (pending.isEmpty()) return true;
    if (outbox !== null && outbox.size() >= limits.maxQueuedEntries) return true;
    return draining === 0 && pending.waitsForMore();
  }

  async function commitLoop(): Promise<void> {
    while (!stopped) {
      const recovering = outbox?.recovering() ?? null;
      if (recovering !== null) {
        await recovering;
        continue;
      }
      // From here to the taking nothing is awaited: a recovery that begins must see us committing.
      if (mustWait()) {
        await changed.next();
        continue;
      }
      committing = pending.take().filter(isOurs);
      if (committing.length > 0) await commitGroup(committing);
      committing = [];
      changed.raise();
    }
  }

  async function commitGroup(parts: readonly Part<Entity>[]): Promise<void> {
    const since = performance.now();
    stored = [];
    await committer.commit(parts);
    if (stored.length > 0) events.onBatch(stored, performance.now() - since);
  }

  function onStored(part: Part<Entity>): void {
    stored.push(part);
    for (const lines of part.lines.values()) lines.release();
    const of = session(part.partition);
    if (of === undefined || of.epoch !== part.epoch) return;
    of.committed = part.to;
    events.onCommitted(part.tally.values(), part.records);
    if (outbox === null) of.publishedTo = part.to;
    else outbox.add(part, of);
  }

  function lose(partition: number, why: 'fenced' | 'contended'): void {
    pending.forget(partition);
    events.onLost(partition, why);
  }

  function trim(of: Session<Entity>): void {
    if (of.cache.size <= limits.maxEntitiesPerPartition) return;
    const parts = [...committing, pending.peek(of.partition)];
    const dirty = parts.flatMap((part) => (part?.partition === of.partition ? [part.dirty] : []));
    of.complete = false;
    for (const key of of.cache.keys()) {
      if (of.cache.size <= limits.maxEntitiesPerPartition / 2) return;
      if (!dirty.some((changes) => changes.has(key))) of.cache.delete(key);
    }
  }

  const isBusy = (): boolean =>
    !pending.isEmpty() || committing.length > 0 || outbox?.isIdle() === false;

  async function start(): Promise<void> {
    if (publisher !== null) await publisher.renew();
    loops.push(commitLoop());
    if (outbox !== null) loops.push(outbox.run());
  }

  async function room(): Promise<void> {
    while (!stopped && pending.isFull()) await changed.next();
  }

  async function settled(of: Session<Entity>): Promise<void> {
    while (!stopped && of.alive && of.committed < of.next) await changed.next();
  }

  async function drained(patience: Promise<void>): Promise<void> {
    let isOver = false;
    void patience.then(() => {
      isOver = true;
      changed.raise();
    });
    draining += 1;
    changed.raise();
    while (!stopped && !isOver && isBusy()) await changed.next();
    // Under steady traffic it may never be empty; groups are to grow again all the same.
    draining -= 1;
  }

  async function heal(error: RuntimeError): Promise<void> {
    await outbox?.recover(error);
  }

  async function stop(): Promise<void> {
    stopped = true;
    changed.raise();
    // A publication that a silent broker holds up is not waited for: who follows fences it.
    const over = new AbortController();
    await Promise.race([Promise.all(loops), pause(LOOPS_MS_MAX, over.signal)]);
    over.abort();
    committer.close();
    await publisher?.close();
  }

  const { partOf, forget, recount: kick } = pending;
  return { start, partOf, kick, room, settled, drained, alone, forget, trim, heal, stop };
}

/** How far each partition's output is known to be: rides along with the next commit. */
function hintsOf<Entity>(
  parts: readonly { readonly partition: number }[],
  session: (partition: number) => Session<Entity> | undefined,
): Hint[] {
  return parts.flatMap(({ partition }) => {
    const recordedTo = session(partition)?.recordedTo ?? 0;
    return recordedTo === 0 ? [] : [{ partition, publishedTo: recordedTo }];
  });
}

/** Tasks one after another, each when the one before has ended, however it ended. */
function createTurns(): <T>(task: () => Promise<T>) => Promise<T> {
  let turn: Promise<unknown> = Promise.resolve();
  return (task) => {
    const mine = turn.then(task, task);
    turn = mine.catch(() => undefined);
    return mine;
  };
}
