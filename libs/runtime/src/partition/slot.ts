/**
 * A slot: some of a worker's partitions, with one Postgres connection and one publisher.
 *
 * Two loops, each one step behind the other:
 *
 *   fold (the worker) ──▶ pending parts ──▶ committer (Postgres) ──▶ queue ──▶ publisher (Kafka)
 *
 * Group commit: whatever has been folded while the last group was in Postgres makes the next one,
 * so the busier it is the larger the groups. Both queues have a maximum; beyond it the reader of
 * the partition waits, nothing is shed.
 *
 * Modes of the publisher: running → (any error) → recovering → running. While it recovers, the
 * committer stands still, so that "committed" and "in the ledger" mean the same offsets.
 */

import type pg from 'pg';
import { RuntimeError } from '../errors.ts';
import { databaseError } from '../postgres/database.ts';
import { emptyPart, type Part, type Published } from '../postgres/group.ts';
import { type Hint, type Store } from '../postgres/store.ts';
import { isHalt, publishedTo, republish, type AcquireContext } from './acquire.ts';
import { type Publisher } from './publisher.ts';
import { type Session } from './session.ts';

export type SlotLimits = {
  /** While at least this many records are known to follow, a group waits until it has as many. */
  readonly groupRecords: number;
  /** But no longer than this: the reader may have lost its broker. */
  readonly groupWaitMs: number;
  /** Batches folded and not yet committed, beyond which folding waits: max_in_flight (rule B17). */
  readonly maxInFlight: number;
  /** Records folded and not yet committed, beyond which folding waits. */
  readonly maxPendingRecords: number;
  /** Entries committed and not yet published, beyond which committing waits. */
  readonly maxQueuedEntries: number;
  /** Entries in one Kafka transaction. */
  readonly maxPublishEntries: number;
  readonly maxEntitiesPerPartition: number;
};

export type SlotEvents<Entry> = {
  readonly onCommitted: (partition: number, entries: readonly Published<Entry>[], records: number) => void;
  readonly onPublished: (reports: number, milliseconds: number) => void;
  /** The partition is somebody else's, or must be acquired anew. */
  readonly onLost: (partition: number, why: 'fenced' | 'contended') => void;
  readonly onHalt: (partition: number, error: RuntimeError) => void;
  readonly onOutage: (error: RuntimeError) => void;
};

export type SlotConfig<Entity, Entry> = {
  readonly connect: () => Promise<pg.Client>;
  readonly store: Store<Entity, Entry>;
  readonly publisher: Publisher<Entry> | null;
  readonly context: AcquireContext<Entity, Entry>;
  readonly session: (partition: number) => Session<Entity> | undefined;
  readonly limits: SlotLimits;
  readonly events: SlotEvents<Entry>;
};

export type Slot<Entity, Entry> = {
  readonly start: () => Promise<void>;
  /** The part that the session's next records are folded into. */
  readonly partOf: (session: Session<Entity>) => Part<Entity, Entry>;
  /** Says that a part has grown. */
  readonly kick: () => void;
  /** Resolves when folding may go on. */
  readonly room: () => Promise<void>;
  /** Everything folded is committed and published, or lost, or the slot was stopped. */
  readonly drained: () => Promise<void>;
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

type Queued<Entry> = { readonly partition: number; readonly epoch: number; readonly entries: readonly Published<Entry>[]; at: number; readonly to: number };

const backoff = { firstMs: 50, maxMs: 2_000 } as const;

export function createSlot<Entity, Entry>(config: SlotConfig<Entity, Entry>): Slot<Entity, Entry> {
  const { store, publisher, limits, events } = config;
  let client: pg.Client | null = null;
  let pending = new Map<number, Part<Entity, Entry>>();
  let pendingRecords = 0;
  let pendingBatches = 0;
  let committing: readonly Part<Entity, Entry>[] = [];
  let queue: Queued<Entry>[] = [];
  let queuedEntries = 0;
  let publishing = false;
  let stopped = false;
  const changed = createSignal();
  let draining = 0;
  let heldSince = 0;
  let turn: Promise<unknown> = Promise.resolve();
  let recovering: Promise<void> | null = null;
  const loops: Promise<void>[] = [];

  // --- what the worker calls ---

  function partOf(session: Session<Entity>): Part<Entity, Entry> {
    const known = pending.get(session.partition);
    if (known !== undefined && known.epoch === session.epoch) return known;
    const part = emptyPart<Entity, Entry>(session, {
      offset: session.next, lastOffset: session.lastOffset, lastHash: session.lastHash, chainHash: session.chainHash });
    pending.set(session.partition, part);
    return part;
  }

  function kick(): void {
    pendingRecords = 0;
    pendingBatches = 0;
    for (const part of pending.values()) {
      pendingRecords += part.records;
      pendingBatches += part.batches;
    }
    changed.raise();
  }

  async function room(): Promise<void> {
    while (!stopped && (pendingRecords >= limits.maxPendingRecords || pendingBatches >= limits.maxInFlight)) {
      await changed.next();
    }
  }

  async function drained(): Promise<void> {
    draining += 1;
    changed.raise();
    while (!stopped && (pending.size > 0 || committing.length > 0 || queue.length > 0 || publishing || recovering !== null)) {
      await changed.next();
    }
    draining -= 1;
  }

  function alone<T>(task: () => Promise<T>): Promise<T> {
    const mine = turn.then(task, task);
    turn = mine.catch(() => undefined);
    return mine;
  }

  function forget(partition: number): void {
    pending.delete(partition);
    kick();
  }

  // --- the committer ---

  async function commitLoop(): Promise<void> {
    while (!stopped) {
      if (recovering !== null) await recovering;
      if (pending.size === 0 || queuedEntries >= limits.maxQueuedEntries || waitsForMore()) {
        await changed.next();
        continue;
      }
      heldSince = 0;
      committing = [...pending.values()].filter((part) => isOurs(part));
      pending = new Map();
      pendingRecords = 0;
      pendingBatches = 0;
      changed.raise();
      if (committing.length > 0) await commitGroup(committing);
      committing = [];
      changed.raise();
    }
  }

  /**
   * Behind, a full group is worth waiting for: state rows are written once a group, so a group
   * twice as large writes almost half as many. At the head of the log nothing waits.
   */
  function waitsForMore(): boolean {
    if (draining > 0 || pendingRecords >= limits.groupRecords || pendingBatches >= limits.maxInFlight) return false;
    let following = 0;
    for (const partition of pending.keys()) {
      const session = config.session(partition);
      if (session !== undefined) following += Math.max(0, session.highWatermark - session.next);
    }
    if (following < limits.groupRecords) return false;
    if (heldSince === 0) {
      heldSince = performance.now();
      setTimeout(changed.raise, limits.groupWaitMs + 1).unref();
    }
    return performance.now() - heldSince < limits.groupWaitMs;
  }

  function isOurs(part: { readonly partition: number; readonly epoch: number }): boolean {
    const session = config.session(part.partition);
    return session !== undefined && session.alive && session.epoch === part.epoch;
  }

  async function commitGroup(parts: readonly Part<Entity, Entry>[]): Promise<void> {
    let group = parts;
    for (let delay: number = backoff.firstMs; !stopped && group.length > 0; delay = Math.min(delay * 2, backoff.maxMs)) {
      try {
        client ??= await config.connect();
        const result = await store.commit(client, group, hints());
        for (const partition of result.fenced) lose(partition, 'fenced');
        for (const part of group) if (result.committed.includes(part.partition)) settle(part);
        return;
      } catch (cause) {
        const error = databaseError(cause);
        if (error.code === 'CONTENDED') {
          for (const part of group) lose(part.partition, 'contended');
          return;
        }
        if (!error.retryable) return await commitOneByOne(group, error);
        if (error.code === 'DATABASE_OUTAGE') await dropClient();
        events.onOutage(error);
        await pause(delay);
        group = group.filter(isOurs);
      }
    }
  }

  /** A statement was refused: find out whose rows are at fault, and let the others go on. */
  async function commitOneByOne(group: readonly Part<Entity, Entry>[], error: RuntimeError): Promise<void> {
    if (group.length === 1 && group[0] !== undefined) {
      events.onHalt(group[0].partition, error);
      return;
    }
    for (const part of group) await commitGroup([part]);
  }

  function settle(part: Part<Entity, Entry>): void {
    const session = config.session(part.partition);
    if (session === undefined || session.epoch !== part.epoch) return;
    session.committed = part.to;
    events.onCommitted(part.partition, part.entries, part.records);
    if (publisher === null) {
      session.publishedTo = part.to;
      return;
    }
    if (part.to <= session.publishedTo) return;
    // An output ahead of its ledger: Postgres lost commits, which are folded anew, not sent anew.
    const isAhead = session.publishedTo > part.from;
    const entries = isAhead
      ? part.entries.filter((one) => one.offset >= session.publishedTo) : part.entries;
    queue.push({ partition: part.partition, epoch: part.epoch, entries, at: 0, to: part.to });
    queuedEntries += entries.length;
  }

  function trim(session: Session<Entity>): void {
    if (session.cache.size <= limits.maxEntitiesPerPartition) return;
    const parts = [...committing, pending.get(session.partition)];
    const dirty = parts.flatMap((part) => (part?.partition === session.partition ? [part.dirty] : []));
    session.complete = false;
    for (const key of session.cache.keys()) {
      if (session.cache.size <= limits.maxEntitiesPerPartition / 2) return;
      if (!dirty.some((changed) => changed.has(key))) session.cache.delete(key);
    }
  }

  function lose(partition: number, why: 'fenced' | 'contended'): void {
    pending.delete(partition);
    events.onLost(partition, why);
  }

  function hints(): Hint[] {
    if (publisher === null) return [];
    const partitions = new Set([...committing.map((part) => part.partition)]);
    return [...partitions].flatMap((partition) => {
      const session = config.session(partition);
      return session === undefined || session.recordedTo === 0 ? [] : [{ partition, publishedTo: session.recordedTo }];
    });
  }

  async function dropClient(): Promise<void> {
    const old = client;
    client = null;
    await old?.end().catch(() => undefined);
  }

  // --- the publisher ---

  async function publishLoop(live: Publisher<Entry>): Promise<void> {
    while (!stopped) {
      if (queue.length === 0) {
        await changed.next();
        continue;
      }
      publishing = true;
      try {
        await alone(() => publishSome(live));
      } catch (cause) {
        await recover(live, cause as RuntimeError);
      }
      publishing = false;
      changed.raise();
    }
  }

  /** Takes from the front of the queue what fits one transaction, whole offsets only. */
  async function publishSome(live: Publisher<Entry>): Promise<void> {
    const began = performance.now();
    const batches: { partition: number; entries: readonly Published<Entry>[]; to: number; item: Queued<Entry>; end: number }[] = [];
    let left = limits.maxPublishEntries;
    for (const item of queue) {
      if (left <= 0) break;
      if (!isOurs(item)) continue;
      let end = Math.min(item.at + left, item.entries.length);
      while (end < item.entries.length && item.entries[end]?.offset === item.entries[end - 1]?.offset) end += 1;
      const isWhole = end === item.entries.length;
      const to = isWhole ? item.to : (item.entries[end]?.offset ?? item.to);
      batches.push({ partition: item.partition, entries: item.entries.slice(item.at, end), to, item, end });
      left -= Math.max(1, end - item.at);
    }
    const merged = mergeByPartition(batches);
    const reports = await live.publish(merged);
    for (const batch of merged) {
      const session = config.session(batch.partition);
      if (session === undefined) continue;
      session.publishedTo = batch.to;
      if (reports > 0) session.recordedTo = batch.to;
    }
    for (const batch of batches) batch.item.at = batch.end;
    queue = queue.filter((item) => isOurs(item) && (item.at < item.entries.length || !batches.some((batch) => batch.item === item)));
    queuedEntries = queue.reduce((sum, item) => sum + item.entries.length - item.at, 0);
    if (reports > 0) events.onPublished(reports, performance.now() - began);
  }

  /** A new producer with our id, then ownership, then progress, then what is missing. */
  async function recover(live: Publisher<Entry>, first: RuntimeError): Promise<void> {
    if (recovering !== null) return recovering;
    let error = first;
    // Over all attempts: what an attempt took out of the queue and did not finish is still owed.
    const owed = new Set<number>();
    recovering = (async () => {
      for (let delay: number = backoff.firstMs; !stopped; delay = Math.min(delay * 2, backoff.maxMs)) {
        events.onOutage(error);
        try {
          while (committing.length > 0 && !stopped) await changed.next();
          await alone(async () => {
            await live.renew();
            for (const item of queue) owed.add(item.partition);
            queue = [];
            queuedEntries = 0;
            for (const partition of owed) {
              await resume(live, partition);
              owed.delete(partition);
            }
          });
          return;
        } catch (cause) {
          error = cause instanceof RuntimeError ? cause : databaseError(cause);
          await pause(delay);
        }
      }
    })();
    await recovering;
    recovering = null;
    changed.raise();
  }

  async function resume(live: Publisher<Entry>, partition: number): Promise<void> {
    const session = config.session(partition);
    if (session === undefined || !session.alive) return;
    const { processor, version, topic, publisherId, database } = config.context;
    const owner = await database.query<{ epoch: string; publisher_id: string | null }>(
      'SELECT epoch, publisher_id FROM stream.partition WHERE processor = $1 AND version = $2 AND topic = $3 AND partition = $4',
      [processor, version, topic, partition]);
    const row = owner.rows[0];
    if (row === undefined || Number(row.epoch) !== session.epoch || row.publisher_id !== publisherId) {
      lose(partition, 'fenced');
      return;
    }
    try {
      session.publishedTo = await publishedTo(config.context, live, partition);
      session.recordedTo = session.publishedTo;
      await republish(config.context, live, session);
    } catch (cause) {
      const error = cause instanceof RuntimeError ? cause : databaseError(cause);
      if (!isHalt(error)) throw error;
      events.onHalt(partition, error);
    }
  }

  return {
    start: async () => {
      if (publisher !== null) await publisher.renew();
      loops.push(commitLoop());
      if (publisher !== null) loops.push(publishLoop(publisher));
    },
    partOf, kick, room, drained, alone, forget, trim,
    heal: async (error) => { if (publisher !== null) await recover(publisher, error); },
    stop: async () => {
      stopped = true;
      changed.raise();
      await Promise.all(loops);
      await dropClient();
      await publisher?.close();
    },
  };
}

/** One batch per partition: progress of a partition may stand in a transaction once only. */
function mergeByPartition<Entry>(
  batches: readonly { readonly partition: number; readonly entries: readonly Published<Entry>[]; readonly to: number }[],
): { partition: number; entries: readonly Published<Entry>[]; to: number }[] {
  const merged = new Map<number, { partition: number; entries: Published<Entry>[]; to: number }>();
  for (const batch of batches) {
    const known = merged.get(batch.partition);
    if (known === undefined) merged.set(batch.partition, { partition: batch.partition, entries: [...batch.entries], to: batch.to });
    else {
      for (const entry of batch.entries) known.entries.push(entry);
      known.to = batch.to;
    }
  }
  return [...merged.values()];
}

type Signal = { readonly next: () => Promise<void>; readonly raise: () => void };

/** Wakes everybody who waits; a raise with nobody waiting is remembered by state, not by the signal. */
function createSignal(): Signal {
  let wake: () => void = () => undefined;
  let waiting = new Promise<void>((resolve) => { wake = resolve; });
  return {
    next: () => waiting,
    raise: () => {
      const old = wake;
      waiting = new Promise<void>((resolve) => { wake = resolve; });
      old();
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
