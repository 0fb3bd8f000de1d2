/**
 * What a slot has folded and not yet handed to the committer: one part for each partition, with
 * the bounds of rule B17. Beyond a bound folding waits; nothing is shed.
 */

import { emptyPart, type Part } from '../postgres/group.ts';
import { type Session } from './session.ts';
import { type Signal } from './signal.ts';

export type PendingLimits = {
  /** While at least this many records are known to follow, a group waits until it has as many. */
  readonly groupRecords: number;
  /** But no longer than this: the reader may have lost its broker. */
  readonly groupWaitMs: number;
  /** Batches folded and not yet committed, beyond which folding waits: max_in_flight (B17). */
  readonly maxInFlight: number;
  /** Records folded and not yet committed, beyond which folding waits. */
  readonly maxPendingRecords: number;
};

export type Pending<Entity> = {
  /** The part that the session's next records are folded into. */
  readonly partOf: (session: Session<Entity>) => Part<Entity>;
  readonly peek: (partition: number) => Part<Entity> | undefined;
  /** Says that a part has grown, or has gone. */
  readonly recount: () => void;
  readonly forget: (partition: number) => void;
  readonly isEmpty: () => boolean;
  readonly isFull: () => boolean;
  /** Whether the group should wait for the records that are known to follow. */
  readonly waitsForMore: () => boolean;
  /** Everything folded so far; from here on a new group is gathered. */
  readonly take: () => readonly Part<Entity>[];
};

export function createPending<Entity>(
  limits: PendingLimits,
  session: (partition: number) => Session<Entity> | undefined,
  changed: Signal,
): Pending<Entity> {
  let parts = new Map<number, Part<Entity>>();
  let records = 0;
  let batches = 0;
  let heldSince = 0;

  function recount(): void {
    records = 0;
    batches = 0;
    for (const part of parts.values()) {
      records += part.records;
      batches += part.batches;
    }
    changed.raise();
  }

  function following(): number {
    let sum = 0;
    for (const partition of parts.keys()) {
      const one = session(partition);
      if (one !== undefined) sum += Math.max(0, one.highWatermark - one.next);
    }
    return sum;
  }

  /**
   * Behind, a full group is worth waiting for: state rows are written once a group, so a group
   * twice as large writes almost half as many. At the head of the log nothing waits.
   */
  function waitsForMore(): boolean {
    if (records >= limits.groupRecords || batches >= limits.maxInFlight) return false;
    if (following() < limits.groupRecords) return false;
    if (heldSince === 0) {
      heldSince = performance.now();
      setTimeout(changed.raise, limits.groupWaitMs + 1).unref();
    }
    return performance.now() - heldSince < limits.groupWaitMs;
  }

  return {
    partOf: (of) => {
      const known = parts.get(of.partition);
      if (known !== undefined && known.epoch === of.epoch) return known;
      const part = emptyPart<Entity>(of, { ...of, offset: of.next });
      parts.set(of.partition, part);
      return part;
    },
    peek: (partition) => parts.get(partition),
    recount,
    forget: (partition) => {
      parts.delete(partition);
      recount();
    },
    isEmpty: () => parts.size === 0,
    isFull: () => records >= limits.maxPendingRecords || batches >= limits.maxInFlight,
    waitsForMore,
    take: () => {
      const taken = [...parts.values()];
      parts = new Map();
      heldSince = 0;
      recount();
      return taken;
    },
  };
}
