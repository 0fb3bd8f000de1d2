/** Where a worker's partitions stand and how late they are, for health and metrics. */

import { type Place, unknownEnd, watchLateness } from './lateness.ts';
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

export function watchPartitions(ownership: Watched, publishes: boolean): Watch {
  const lateness = watchLateness(() => placesOf(ownership, publishes));
  const behindByPartition = (): ReadonlyMap<number, number> =>
    new Map(lateness.now().map(({ partition, behindForMs }) => [partition, behindForMs]));
  return {
    state: () => {
      const behind = behindByPartition();
      return ownership.sessions().map((one) => stateOf(one, behind.get(one.partition) ?? 0));
    },
    acquiring: () => {
      const behind = behindByPartition();
      return ownership.acquiring().map((partition) => {
        return { partition, behindForMs: behind.get(partition) ?? 0 };
      });
    },
    stop: lateness.stop,
  };
}

/** What is not public is not through, where anything is published. */
function placesOf(ownership: Watched, publishes: boolean): readonly Place[] {
  const acquired = ownership.sessions().map((session) => {
    const { partition, committed, publishedTo, highWatermark, firstWrittenAt } = session;
    const done = publishes ? Math.min(committed, publishedTo) : committed;
    return { partition, done, end: Math.max(highWatermark, session.next), firstWrittenAt };
  });
  const acquiring = ownership.acquiring().map((partition) => {
    return { partition, done: 0, end: unknownEnd, firstWrittenAt: null };
  });
  return [...acquired, ...acquiring];
}

function stateOf(session: Session<unknown>, behindForMs: number): PartitionState {
  const { partition, epoch, next, committed, publishedTo, highWatermark, waiting } = session;
  return { partition, epoch, next, committed, publishedTo, highWatermark, waiting, behindForMs };
}
