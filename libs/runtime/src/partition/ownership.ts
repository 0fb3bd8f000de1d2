/**
 * Which partitions this worker has, and in what state: acquired (a session), halted (a named
 * error), or on the way.
 *
 * Membership says what to work on; epochs say what may be written. A session of a partition that
 * stays with us lives through a rebalance; one that goes is dropped as it is; one that comes is
 * acquired, for as long as the generation stands.
 */

import { isHalt, RuntimeError } from '../errors.ts';
import { type SourceReader } from '../source/source.ts';
import { acquire, type AcquireContext, noteHalt, release } from './acquire.ts';
import { type Session } from './session.ts';
import { doubling, pause } from './signal.ts';
import { type Slot } from './slot.ts';

export type SlotOf<Entity, Entry> = (partition: number) => {
  readonly slot: Slot<Entity>;
  readonly context: AcquireContext<Entity, Entry>;
};

export type OwnershipConfig<Entity, Entry> = {
  readonly slotOf: SlotOf<Entity, Entry>;
  readonly reader: () => SourceReader;
  readonly stopping: AbortSignal;
  readonly onHalt: (partition: number, error: RuntimeError) => void;
  readonly onAcquired: (partition: number, epoch: number, nextOffset: number) => void;
  readonly onLost: (partition: number, why: string) => void;
  readonly onOutage: (error: Error) => void;
};

export type Ownership<Entity> = {
  readonly session: (partition: number) => Session<Entity> | undefined;
  readonly sessions: () => readonly Session<Entity>[];
  readonly halted: () => ReadonlyMap<number, RuntimeError>;
  /** Partitions that are ours to work on and neither acquired nor halted. */
  readonly acquiring: () => readonly number[];
  /** A new generation of the group: exactly these partitions are ours to work on. */
  readonly assign: (partitions: readonly number[]) => void;
  /** The group may give our partitions to others: nothing is claimed until it has spoken. */
  readonly revoke: () => void;
  /** Gives the session up as it is. */
  readonly drop: (partition: number, why: string) => void;
  /** Stops the partition with a named error; the others go on. */
  readonly halt: (partition: number, error: RuntimeError) => void;
  /** Acquires a partition anew that is still ours. */
  readonly reacquire: (partition: number) => void;
  /** Says of every drained session that nobody has to be fenced for it. */
  readonly releaseAll: () => Promise<void>;
};

const backoff = { firstMs: 100, maxMs: 5_000 } as const;
/** Errors after which a publisher is of no use until it is made new. */
const publisherFailed: ReadonlySet<string> = new Set(['KAFKA_FENCED', 'KAFKA_PRODUCER_BROKEN']);

export function createOwnership<Entity, Entry>(
  config: OwnershipConfig<Entity, Entry>,
): Ownership<Entity> {
  const { slotOf, stopping } = config;
  const sessions = new Map<number, Session<Entity>>();
  const halted = new Map<number, RuntimeError>();
  let assigned: ReadonlySet<number> = new Set();
  /** Acquisitions under way, by the generation that began them. */
  const taking = new Map<number, number>();
  let generation = 0;
  /** Ours as before for whoever looks; but nothing is claimed until the group has spoken. */
  let isRevoked = false;

  function drop(partition: number, why: string): void {
    const session = sessions.get(partition);
    config.reader().unassign(partition);
    slotOf(partition).slot.forget(partition);
    if (session === undefined) return;
    session.alive = false;
    sessions.delete(partition);
    config.onLost(partition, why);
  }

  function halt(partition: number, error: RuntimeError): void {
    const epoch = sessions.get(partition)?.epoch;
    drop(partition, error.code);
    halted.set(partition, error);
    config.onHalt(partition, error);
    if (epoch === undefined) return;
    const reason = `${error.code}: ${error.message}`;
    void noteHalt(slotOf(partition).context, partition, epoch, reason).catch(config.onOutage);
  }

  /** A drained session that goes leaves nothing in flight, so its next owner fences nobody. */
  async function letGo(session: Session<Entity>): Promise<void> {
    const isDrained =
      session.next === session.committed && session.committed === session.publishedTo;
    if (isDrained) await release(slotOf(session.partition).context, session).catch(config.onOutage);
  }

  function assign(partitions: readonly number[]): void {
    // Counted here: a group that was lost numbers its generations anew.
    generation += 1;
    isRevoked = false;
    assigned = new Set(partitions);
    for (const session of [...sessions.values()]) {
      if (assigned.has(session.partition)) continue;
      drop(session.partition, 'reassigned');
      void letGo(session);
    }
    for (const partition of [...halted.keys()]) {
      if (!assigned.has(partition)) halted.delete(partition);
    }
    for (const session of sessions.values()) {
      config.reader().assign(session.partition, session.next, false);
    }
    const fresh = partitions.filter((partition) => !sessions.has(partition));
    // Not awaited: heartbeats and the partitions that stay must not wait for an acquisition.
    for (const partition of [...fresh].sort((a, b) => a - b)) void take(partition, generation);
  }

  /** Acquires a partition, waiting through outages, as long as the generation stands. */
  async function take(partition: number, of: number): Promise<void> {
    if (taking.get(partition) === of) return;
    taking.set(partition, of);
    await acquireUntilDone(partition, of);
    if (taking.get(partition) === of) taking.delete(partition);
  }

  async function acquireUntilDone(partition: number, of: number): Promise<void> {
    const isCurrent = (): boolean => of === generation && !stopping.aborted;
    for (const delay of doubling(backoff.firstMs, backoff.maxMs)) {
      if (!isCurrent()) return;
      try {
        const { slot, context } = slotOf(partition);
        const session = await acquire(context, partition, slot.alone);
        if (isCurrent()) begin(session);
        return;
      } catch (cause) {
        // What an overtaken acquisition found says nothing about the partition as it is now.
        if (!isCurrent() || (await isFinal(partition, errorOf(cause)))) return;
        await pause(delay, stopping);
      }
    }
  }

  function begin(session: Session<Entity>): void {
    const before = sessions.get(session.partition);
    if (before !== undefined) before.alive = false;
    sessions.set(session.partition, session);
    halted.delete(session.partition);
    config.onAcquired(session.partition, session.epoch, session.next);
    config.reader().assign(session.partition, session.next, true);
  }

  /** Whether an acquisition that failed so will never succeed. Mends the publisher if it broke. */
  async function isFinal(partition: number, error: RuntimeError): Promise<boolean> {
    if (isHalt(error)) {
      halted.set(partition, error);
      config.onHalt(partition, error);
      return true;
    }
    config.onOutage(error);
    if (publisherFailed.has(error.code)) await slotOf(partition).slot.heal(error);
    return false;
  }

  return {
    session: (partition) => sessions.get(partition),
    sessions: () => [...sessions.values()],
    halted: () => halted,
    acquiring: () =>
      [...assigned].filter((partition) => !sessions.has(partition) && !halted.has(partition)),
    assign,
    revoke: () => {
      generation += 1;
      isRevoked = true;
    },
    drop,
    halt,
    reacquire: (partition) => {
      if (isRevoked || !assigned.has(partition) || sessions.has(partition)) return;
      void take(partition, generation);
    },
    releaseAll: async () => {
      await Promise.all([...sessions.values()].map(letGo));
    },
  };
}

function errorOf(cause: unknown): RuntimeError {
  if (cause instanceof RuntimeError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new RuntimeError('STEP_FAILED', message, { retryable: false, cause });
}
