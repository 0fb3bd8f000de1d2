/**
 * A worker: the partitions that the group gave it, each in a session (ownership.ts), fed by one
 * reader (intake.ts), spread over a few slots (slot.ts). A partition whose log is not the one that
 * was read stops with a named error while the others go on.
 */

import type pg from 'pg';
import { type Processor } from '@polytraders/stream';
import { RuntimeError } from '../errors.ts';
import { type KafkaPort, type Membership, type TopicPartition } from '../kafka/port.ts';
import { type Part, type TallyLine } from '../postgres/group.ts';
import { type Store } from '../postgres/store.ts';
import { type Source, type SourceReader } from '../source/source.ts';
import { type AcquireContext } from './acquire.ts';
import { createFolder } from './fold.ts';
import { createIntake } from './intake.ts';
import { createOwnership, type Ownership } from './ownership.ts';
import { createEmitter, createPublisher, type Emitter } from './publisher.ts';
import { pause } from './signal.ts';
import { createSlot, type Slot, type SlotLimits } from './slot.ts';
import { type Acquiring, type PartitionState, watchPartitions } from './watch.ts';

export type WorkerConfig = {
  readonly workerId: string;
  readonly version: number;
  /** Name of the output whose progress is kept; the processor's id unless told otherwise. */
  readonly output: string;
  /** The processor whose active version may publish: itself, or the one that it stands beside. */
  readonly activeWith: string;
  /** False in a rebuild and in mode shadow_only: no publisher is constructed at all. */
  readonly publishes: boolean;
  /** Whether `onCommitted` wants the entries, for metrics; never in a rebuild. */
  readonly countsEntries: boolean;
  /** Whether the log has a line for each entry: at level debug. */
  readonly tellsEntries: boolean;
  readonly slots: number;
  readonly limits: SlotLimits;
  /** Longest time that revoking may take before the next owner fences us anyway. */
  readonly drainMs: number;
  /** Milliseconds between two looks at an idle partition: is it still the same log? */
  readonly auditMs: number;
  readonly physicalTopic: (logical: string) => string;
  readonly progressTopic: string;
};

export type WorkerEvents = {
  readonly onCommitted: (tally: Iterable<TallyLine>, records: number) => void;
  readonly onBatch: (parts: readonly Part<unknown>[], milliseconds: number) => void;
  readonly onPublished: (reports: number, milliseconds: number) => void;
  readonly onOutage: (error: Error) => void;
  readonly onHalt: (partition: number, error: RuntimeError) => void;
  readonly onAcquired: (partition: number, epoch: number, nextOffset: number) => void;
  readonly onLost: (partition: number, why: string) => void;
};

export type Worker = {
  readonly state: () => readonly PartitionState[];
  readonly acquiring: () => readonly Acquiring[];
  readonly halted: () => ReadonlyMap<number, RuntimeError>;
  readonly confirmedAgoMs: () => number;
  /** When the latest input was recorded that shows life, in microseconds since 1970. */
  readonly activeAt: () => number | null;
  readonly stop: () => Promise<void>;
};

export type WorkerParts<
  Event,
  Entity,
  Entry extends object,
  Raw extends { readonly offset: number },
> = {
  readonly processor: Processor<Event, Entity, Entry>;
  readonly source: Source<Event, Raw>;
  readonly store: Store<Entity, Entry>;
  readonly kafka: KafkaPort;
  readonly database: pg.Pool;
  readonly connect: () => Promise<pg.Client>;
  readonly encode: (type: string, value: object) => Buffer;
  readonly config: WorkerConfig;
  readonly events: WorkerEvents;
};

type Placed<Entity, Entry> = {
  readonly slot: Slot<Entity>;
  readonly context: AcquireContext<Entity, Entry>;
};

export async function startWorker<
  Event,
  Entity,
  Entry extends object,
  Raw extends { readonly offset: number },
>(parts: WorkerParts<Event, Entity, Entry, Raw>): Promise<Worker> {
  const { source, config, events } = parts;
  const stopping = new AbortController();
  let membership: Membership | null = null;
  let reader: SourceReader | null = null;
  const activity = createActivity();
  const placed = Array.from({ length: config.slots }, (_, index) =>
    placeSlot(
      parts,
      index,
      () => ownership,
      () => membership,
    ),
  );
  const slotOf = (partition: number): Placed<Entity, Entry> =>
    present(placed[partition % placed.length]);
  const ownership: Ownership<Entity> = createOwnership({
    slotOf,
    stopping: stopping.signal,
    reader: () => present(reader),
    ...events,
  });
  const fold = createFolder(parts.processor, source.topic, parts.store.leafOf, {
    emitter: config.publishes ? emitterOf(parts) : null,
    counts: config.countsEntries,
    lines: config.tellsEntries,
    onActivity: config.countsEntries ? activity.saw : null,
  });
  const intake = createIntake({
    ...parts,
    fold,
    ownership,
    slotOf,
    stopping: stopping.signal,
    onOutage: events.onOutage,
    assign: (partition, offset) => present(reader).assign(partition, offset, true),
  });
  reader = source.reader({
    onBatch: intake.onBatch,
    onPartitionError: (partition, error) => {
      void intake.reverify(partition, error);
    },
    onOutage: events.onOutage,
  });
  const auditTimer = setInterval(() => {
    void intake.audit();
  }, config.auditMs);
  auditTimer.unref();
  const watch = watchPartitions(ownership, config.publishes);

  async function drained(): Promise<void> {
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, stopping.signal]);
    const patience = pause(config.drainMs, signal);
    await Promise.all(placed.map(({ slot }) => slot.drained(patience)));
    over.abort();
  }

  function onAssigned(partitions: readonly TopicPartition[]): Promise<void> {
    ownership.assign(partitions.map((one) => one.partition));
    return Promise.resolve();
  }

  async function onRevoking(): Promise<void> {
    ownership.revoke();
    for (const { partition } of ownership.sessions()) present(reader).unassign(partition);
    await drained();
  }

  async function stop(): Promise<void> {
    clearInterval(auditTimer);
    watch.stop();
    await present(reader).close();
    await drained();
    // Before the release: a batch that is still on its way must not be folded after it.
    stopping.abort();
    await ownership.releaseAll();
    await membership?.leave();
    await Promise.all(placed.map(({ slot }) => slot.stop()));
  }

  for (const { slot } of placed) await slot.start();
  membership = await source.join({ onAssigned, onRevoking, onOutage: events.onOutage });
  return {
    state: watch.state,
    acquiring: watch.acquiring,
    halted: ownership.halted,
    confirmedAgoMs: () => membership?.confirmedAgoMs() ?? 0,
    activeAt: activity.at,
    stop,
  };
}

/** When the latest input was recorded that shows life. */
function createActivity() {
  let latest: number | null = null;
  return {
    at: (): number | null => latest,
    saw: (micros: number): void => {
      latest = Math.max(latest ?? micros, micros);
    },
  };
}

/** One slot with its publisher, if anything is published at all. */
function placeSlot<Event, Entity, Entry extends object, Raw extends { readonly offset: number }>(
  parts: WorkerParts<Event, Entity, Entry, Raw>,
  index: number,
  ownership: () => Ownership<Entity>,
  membership: () => Membership | null,
): Placed<Entity, Entry> {
  const { processor, source, store, kafka, database, config, events } = parts;
  // The progress topic has the deployment's prefix: two of them on one broker never share an id.
  const publisherId = `${config.progressTopic}.${config.version}.${config.workerId}.${index}`;
  const publisher = config.publishes
    ? createPublisher(kafka, {
        transactionalId: publisherId,
        progressTopic: config.progressTopic,
      })
    : null;
  const context: AcquireContext<Entity, Entry> = {
    processor: processor.id,
    version: config.version,
    activeWith: config.activeWith,
    output: config.output,
    workerId: config.workerId,
    publisherId: publisher === null ? null : publisherId,
    database,
    store,
    topic: source.topic,
    verify: source.verify,
    fence: kafka.fence,
    publisher,
    emitter: publisher === null ? null : emitterOf(parts),
  };
  const slot = createSlot<Entity, Entry>({
    connect: parts.connect,
    store,
    publisher,
    context,
    limits: config.limits,
    session: (partition) => ownership().session(partition),
    events: {
      ...events,
      onHalt: (partition, error) => ownership().halt(partition, error),
      onLost: (partition, why) => {
        ownership().drop(partition, why);
        // Fenced: somebody else was given it, so ask the group. Contended: fold it anew ourselves.
        if (why === 'fenced') membership()?.rejoin();
        else ownership().reacquire(partition);
      },
    },
  });
  return { slot, context };
}

function emitterOf<Event, Entity, Entry extends object, Raw extends { readonly offset: number }>(
  parts: WorkerParts<Event, Entity, Entry, Raw>,
): Emitter<Entry> {
  return createEmitter({
    emit: parts.processor.emit,
    encode: parts.encode,
    physicalTopic: parts.config.physicalTopic,
  });
}

function present<Value>(value: Value | null | undefined): Value {
  if (value !== null && value !== undefined) return value;
  throw new RuntimeError('STEP_FAILED', 'A worker was used before it had started.', {
    retryable: false,
  });
}
