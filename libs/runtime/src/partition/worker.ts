/**
 * A worker: the partitions that the group gave it, each in a session, spread over a few slots.
 *
 * Membership says what to work on; epochs say what may be written. A session of a partition that
 * stays with us lives through a rebalance; one that goes is dropped as it is; one that comes is
 * acquired. A partition whose log is not the one that was read stops with a named error while
 * the others go on.
 */

import type pg from 'pg';
import { type Processor } from '@polytraders/stream';
import { RuntimeError } from '../errors.ts';
import { type KafkaPort, type Membership } from '../kafka/port.ts';
import { type Published } from '../postgres/group.ts';
import { type Store } from '../postgres/store.ts';
import { type Source, type SourceBatch, type SourceReader } from '../source/source.ts';
import { acquire, isHalt, noteHalt, type AcquireContext } from './acquire.ts';
import { createFolder, isPoison, type FoldInput } from './fold.ts';
import { createPublisher } from './publisher.ts';
import { type Session } from './session.ts';
import { createSlot, type Slot, type SlotLimits } from './slot.ts';

export type WorkerConfig = {
  readonly workerId: string;
  readonly version: number;
  /** Name of the output whose progress is kept; the processor's id unless told otherwise. */
  readonly output: string;
  /** False in a rebuild and in mode shadow_only: no publisher is constructed at all. */
  readonly publishes: boolean;
  /** Whether `onCommitted` wants the entries, for metrics; never in a rebuild. */
  readonly countsEntries: boolean;
  readonly slots: number;
  readonly limits: SlotLimits;
  /** Longest time that revoking may take before the next owner fences us anyway. */
  readonly drainMs: number;
  /** Milliseconds between two looks at an idle partition: is it still the same log? */
  readonly auditMs: number;
  readonly physicalTopic: (logical: string) => string;
  readonly progressTopic: string;
};

export type WorkerEvents<Entry> = {
  readonly onCommitted: (partition: number, entries: readonly Published<Entry>[], records: number) => void;
  readonly onPublished: (reports: number, milliseconds: number) => void;
  readonly onOutage: (error: Error) => void;
  readonly onHalt: (partition: number, error: RuntimeError) => void;
  readonly onAcquired: (partition: number, epoch: number, nextOffset: number) => void;
  readonly onLost: (partition: number, why: string) => void;
};

export type PartitionState = {
  readonly partition: number;
  readonly epoch: number;
  readonly next: number;
  readonly committed: number;
  readonly publishedTo: number;
  readonly highWatermark: number;
  /** Its next batch waits for room: the partition is paused until the groups before are stored. */
  readonly waiting: boolean;
};

export type Worker = {
  readonly state: () => readonly PartitionState[];
  readonly halted: () => ReadonlyMap<number, RuntimeError>;
  readonly confirmedAgoMs: () => number;
  readonly stop: () => Promise<void>;
};

export type WorkerParts<Event, Entity, Entry extends object, Raw extends { readonly offset: number }> = {
  readonly processor: Processor<Event, Entity, Entry>;
  readonly source: Source<Event, Raw>;
  readonly store: Store<Entity, Entry>;
  readonly kafka: KafkaPort;
  readonly database: pg.Pool;
  readonly connect: () => Promise<pg.Client>;
  readonly encode: (type: string, value: object) => Buffer;
  readonly config: WorkerConfig;
  readonly events: WorkerEvents<Entry>;
};

const acquireBackoff = { firstMs: 100, maxMs: 5_000 } as const;

export async function startWorker<Event, Entity, Entry extends object, Raw extends { readonly offset: number }>(
  parts: WorkerParts<Event, Entity, Entry, Raw>,
): Promise<Worker> {
  const { processor, source, store, kafka, database, config, events } = parts;
  const sessions = new Map<number, Session<Entity>>();
  const halted = new Map<number, RuntimeError>();
  const fold = createFolder(processor, source.topic, store.leafOf, config.publishes || config.countsEntries);
  const stopping = new AbortController();
  let assigned = new Set<number>();
  let generation = 0;
  let membership: Membership | null = null;

  const slots = Array.from({ length: config.slots }, (_, index) => makeSlot(index));
  const slotOf = (partition: number): { slot: Slot<Entity, Entry>; context: AcquireContext<Entity, Entry> } => {
    const found = slots[partition % slots.length];
    if (found === undefined) throw new RuntimeError('CONFIGURATION', 'Expected at least one slot.', { retryable: false });
    return found;
  };
  const reader: SourceReader = source.reader({
    onBatch,
    onPartitionError: (partition, error) => { void reverify(partition, error); },
    onOutage: events.onOutage,
  });

  function makeSlot(index: number): { slot: Slot<Entity, Entry>; context: AcquireContext<Entity, Entry> } {
    const publisherId = `${config.output}.${config.version}.${config.workerId}.${index}`;
    const publisher = config.publishes ? createPublisher<Entry>(kafka, {
      transactionalId: publisherId,
      progressTopic: config.progressTopic,
      physicalTopic: config.physicalTopic,
      emit: processor.emit,
      encode: parts.encode,
    }) : null;
    const context: AcquireContext<Entity, Entry> = {
      processor: processor.id, version: config.version, output: config.output, workerId: config.workerId,
      publisherId: publisher === null ? null : publisherId, database, store, topic: source.topic,
      verify: source.verify, fence: kafka.fence, publisher,
    };
    const slot = createSlot<Entity, Entry>({
      connect: parts.connect, store, publisher, context, limits: config.limits,
      session: (partition) => sessions.get(partition),
      events: {
        onCommitted: events.onCommitted,
        onPublished: events.onPublished,
        onOutage: events.onOutage,
        onHalt: (partition, error) => halt(partition, error),
        onLost: (partition, why) => {
          drop(partition, why);
          // Fenced: somebody else was given it, so ask the group. Contended: fold it anew ourselves.
          if (why === 'fenced') membership?.rejoin();
          else if (assigned.has(partition)) void take(partition, generation);
        },
      },
    });
    return { slot, context };
  }

  // --- sessions ---

  function drop(partition: number, why: string): void {
    const session = sessions.get(partition);
    reader.unassign(partition);
    slotOf(partition).slot.forget(partition);
    if (session === undefined) return;
    session.alive = false;
    sessions.delete(partition);
    events.onLost(partition, why);
  }

  function halt(partition: number, error: RuntimeError): void {
    const epoch = sessions.get(partition)?.epoch;
    drop(partition, error.code);
    halted.set(partition, error);
    events.onHalt(partition, error);
    if (epoch !== undefined) {
      void noteHalt(slotOf(partition).context, partition, epoch, `${error.code}: ${error.message}`).catch(() => undefined);
    }
  }

  /** Acquires a partition, waiting through outages, as long as the generation stands. */
  async function take(partition: number, of: number): Promise<void> {
    const { slot, context } = slotOf(partition);
    for (let delay: number = acquireBackoff.firstMs; of === generation && !stopping.signal.aborted; delay = Math.min(delay * 2, acquireBackoff.maxMs)) {
      try {
        const session = await slot.alone(() => acquire(context, partition));
        if (of !== generation || stopping.signal.aborted) return;
        sessions.set(partition, session);
        halted.delete(partition);
        events.onAcquired(partition, session.epoch, session.next);
        reader.assign(partition, session.next);
        return;
      } catch (cause) {
        const error = cause instanceof RuntimeError ? cause
          : new RuntimeError('STEP_FAILED', cause instanceof Error ? cause.message : String(cause), { retryable: false, cause });
        if (isHalt(error)) {
          halted.set(partition, error);
          events.onHalt(partition, error);
          return;
        }
        events.onOutage(error);
        if (error.code.startsWith('KAFKA_')) await slot.heal(error);
        await pause(delay, stopping.signal);
      }
    }
  }

  async function onAssigned(partitions: readonly { readonly partition: number }[], of: number): Promise<void> {
    generation = of;
    assigned = new Set(partitions.map((one) => one.partition));
    for (const partition of [...sessions.keys()]) if (!assigned.has(partition)) drop(partition, 'reassigned');
    for (const partition of [...halted.keys()]) if (!assigned.has(partition)) halted.delete(partition);
    for (const [partition, session] of sessions) reader.assign(partition, session.next);
    const fresh = [...assigned].filter((partition) => !sessions.has(partition)).sort((a, b) => a - b);
    // Not awaited: heartbeats and the partitions that stay must not wait for an acquisition.
    void Promise.all(fresh.map((partition) => take(partition, of)));
    await Promise.resolve();
  }

  async function onRevoking(): Promise<void> {
    for (const partition of sessions.keys()) reader.unassign(partition);
    await Promise.race([
      Promise.all(slots.map(({ slot }) => slot.drained())),
      pause(config.drainMs, stopping.signal),
    ]);
  }

  // --- records ---

  /** Batches of a session one after another, also where a rebalance had the reader start anew. */
  function onBatch(batch: SourceBatch<Raw>): Promise<void> {
    const session = sessions.get(batch.partition);
    if (session === undefined) return Promise.resolve();
    session.turn = session.turn.then(() => foldBatch(session, batch));
    return session.turn;
  }

  async function foldBatch(session: Session<Entity>, batch: SourceBatch<Raw>): Promise<void> {
    if (!session.alive) return;
    const { slot } = slotOf(batch.partition);
    session.highWatermark = batch.highWatermark;
    session.waiting = true;
    await slot.room();
    session.waiting = false;
    await source.prepare(batch.records, stopping.signal);
    const inputs = decodeNew(session, batch);
    slot.trim(session);
    const volatile = await loadMissing(session, inputs);
    if (!session.alive || stopping.signal.aborted || volatile === null) return;
    const part = slot.partOf(session);
    try {
      fold(session, part, inputs, volatile);
    } catch (cause) {
      halt(batch.partition, cause as RuntimeError);
      return;
    }
    const last = batch.records.at(-1);
    if (last !== undefined && last.offset >= session.next) {
      session.lastOffset = last.offset;
      session.lastHash = source.hashOf(last);
    }
    session.next = Math.max(session.next, batch.nextOffset);
    part.to = session.next;
    part.batches += 1;
    part.lastOffset = session.lastOffset;
    part.lastHash = session.lastHash;
    slot.kick();
  }

  function decodeNew(session: Session<Entity>, batch: SourceBatch<Raw>): FoldInput<Event>[] {
    const inputs: FoldInput<Event>[] = [];
    for (const record of batch.records) {
      if (record.offset < session.next) continue;
      inputs.push({ offset: record.offset, decoded: source.decode(record), raw: () => source.rawBytes(record) });
    }
    return inputs;
  }

  const { isVolatile, isGlobal } = processor.storage;

  /** Loads what `step` will look up. Null where the session was lost while waiting. */
  async function loadMissing(session: Session<Entity>, inputs: readonly FoldInput<Event>[]): Promise<ReadonlyMap<string, Entity> | null> {
    if (session.complete && isVolatile === undefined && isGlobal === undefined) return nothing;
    const missing = new Set<string>();
    for (const { decoded } of inputs) {
      if (isPoison(decoded)) continue;
      for (const key of processor.keys(decoded)) {
        if (isVolatile?.(key) === true || (!session.cache.has(key) && !(session.complete && isGlobal?.(key) !== true))) {
          missing.add(key);
        }
      }
    }
    if (missing.size === 0) return nothing;
    for (let delay: number = acquireBackoff.firstMs; session.alive && !stopping.signal.aborted; delay = Math.min(delay * 2, acquireBackoff.maxMs)) {
      try {
        const loaded = await store.load(database, [...missing]);
        const volatile = new Map<string, Entity>();
        for (const [key, entity] of loaded) {
          if (isVolatile?.(key) === true) volatile.set(key, entity);
          else if (!session.cache.has(key)) session.cache.set(key, entity);
        }
        return volatile;
      } catch (cause) {
        events.onOutage(cause as Error);
        await pause(delay, stopping.signal);
      }
    }
    return null;
  }

  /** The reader lost its place, or it is time to look: is this still the log that was read? */
  async function reverify(partition: number, error: Error): Promise<void> {
    const session = sessions.get(partition);
    if (session === undefined) return;
    try {
      await source.verify(partition, { nextOffset: session.next, lastOffset: session.lastOffset, lastHash: session.lastHash });
      events.onOutage(error);
      if (session.alive) reader.assign(partition, session.next);
    } catch (cause) {
      const named = cause instanceof RuntimeError && !cause.retryable ? cause : null;
      if (named !== null) return halt(partition, named);
      await pause(acquireBackoff.maxMs, stopping.signal);
      if (session.alive) void reverify(partition, error);
    }
  }

  async function audit(): Promise<void> {
    for (const session of [...sessions.values()]) {
      const standing = { nextOffset: session.next, lastOffset: session.lastOffset, lastHash: session.lastHash };
      try {
        await source.verify(session.partition, standing);
      } catch (cause) {
        if (cause instanceof RuntimeError && !cause.retryable && session.alive) halt(session.partition, cause);
      }
    }
  }

  const auditTimer = setInterval(() => { void audit(); }, config.auditMs);
  auditTimer.unref();
  for (const { slot } of slots) await slot.start();
  membership = await source.join({ onAssigned, onRevoking, onOutage: events.onOutage });

  return {
    state: () => [...sessions.values()].map((session) => ({
      partition: session.partition, epoch: session.epoch, next: session.next, committed: session.committed,
      publishedTo: session.publishedTo, highWatermark: session.highWatermark, waiting: session.waiting,
    })),
    halted: () => halted,
    confirmedAgoMs: () => membership?.confirmedAgoMs() ?? 0,
    stop: async () => {
      clearInterval(auditTimer);
      await reader.close();
      await Promise.race([Promise.all(slots.map(({ slot }) => slot.drained())), pause(config.drainMs, stopping.signal)]);
      stopping.abort();
      await membership?.leave();
      await Promise.all(slots.map(({ slot }) => slot.stop()));
    },
  };
}

const nothing: ReadonlyMap<string, never> = new Map<string, never>();

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    timer.unref();
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
