/** Where a worker's partitions stand and how late they are, for health and metrics. */

import { createLateness, lookMs, type Place, unknownEnd } from './lateness.ts';
import { type Ownership } from './ownership.ts';
import { type Session } from './session.ts';

export type PartitionState = {
  readonly partition: number;
  readonly epoch: number;
  readonly next: number;
  readonly committed: number;
  readonly publishedTo: number;
  readonly highWatermark: number;
  /** Its next batch waits for room: the partition is paused until the groups before are stored. */
  readonly waiting: boolean;
  /** How long the oldest record that is not stored, and published, has been known to wait. */
  readonly behindForMs: number;
};

/** A partition on its way to us: assigned by the group, not yet acquired. */
export type Acquiring = { readonly partition: number; readonly behindForMs: number };

export type Watch = {
  readonly state: () => readonly PartitionState[];
  readonly acquiring: () => readonly Acquiring[];
  readonly stop: () => void;
};

type Watched = Pick<Ownership<unknown>, 'sessions' | 'acquiring'>;

/** Looks once a second, and whenever it is asked. */
export function watchPartitions(ownership: Watched, publishes: boolean): Watch {
  const lateness = createLateness();
  const look = (): void => {
    lateness.look(placesOf(ownership, publishes), performance.now());
  };
  const timer = setInterval(look, lookMs);
  timer.unref();
  const behindForMs = (partition: number): number =>
    lateness.behindForMs(partition, performance.now());
  return {
    state: () => {
      look();
      return ownership.sessions().map((one) => stateOf(one, behindForMs(one.partition)));
    },
    acquiring: () => {
      look();
      return ownership.acquiring().map((partition) => {
        return { partition, behindForMs: behindForMs(partition) };
      });
    },
    stop: () => clearInterval(timer),
  };
}

/** What is not public is not through, where anything is published. */
function placesOf(ownership: Watched, publishes: boolean): readonly Place[] {
  const acquired = ownership.sessions().map((session) => {
    const { partition, committed, publishedTo, highWatermark } = session;
    const done = publishes ? Math.min(committed, publishedTo) : committed;
    return { partition, done, end: Math.max(highWatermark, session.next) };
  });
  const acquiring = ownership.acquiring().map((partition) => {
    return { partition, done: 0, end: unknownEnd };
  });
  return [...acquired, ...acquiring];
}

function stateOf(session: Session<unknown>, behindForMs: number): PartitionState {
  const { partition, epoch, next, committed, publishedTo, highWatermark, waiting } = session;
  return { partition, epoch, next, committed, publishedTo, highWatermark, waiting, behindForMs };
}
