/**
 * How long input has been waiting to be through: stored and, where anything is published, public.
 *
 * Looked at from outside, once a second, so that the path of the records does nothing for it. Each
 * look notes where a partition's input ends by now; a note is struck when everything up to it is
 * through. The oldest note that stands is the answer. Work that flows strikes its notes as fast as
 * they come, so steady traffic is never late; what stands still keeps its first note, whatever the
 * reason why it stands.
 */

export type Place = {
  readonly partition: number;
  /** Everything before this offset is through. */
  readonly done: number;
  /** Where the input ends, as far as is known; `unknownEnd` while nobody has looked. */
  readonly end: number;
  /**
   * When the first record that was read here was written, by the clock of `performance`: what a
   * partition is behind with when it comes to us has been waiting since then, not since it came.
   */
  readonly firstWrittenAt: number | null;
};

/** Of a partition that is assigned and not acquired: how much there is to do is not known yet. */
export const unknownEnd = Infinity;

export type Lateness = {
  /** Takes note of all partitions that are ours to work on; forgets those that are not. */
  readonly look: (places: readonly Place[], now: number) => void;
  /** Milliseconds since the oldest input that is not through was first seen; 0 where none is. */
  readonly behindForMs: (partition: number, now: number) => number;
};

/** `isFirst`: struck when the partition came; its input waited before anybody here looked. */
type Note = { readonly to: number; readonly since: number; readonly isFirst: boolean };

/** Milliseconds between two looks. */
const lookMs = 1_000;
/** Notes of a partition; beyond it every second one goes, so that old ones stand further apart. */
const maxNotes = 64;

/** Where a partition is, and for how long it has been behind. */
export type Late = Place & { readonly behindForMs: number };

export type LatenessWatch = {
  readonly now: () => readonly Late[];
  readonly stop: () => void;
};

/** Looks once a second, and whenever it is asked. */
export function watchLateness(placesNow: () => readonly Place[]): LatenessWatch {
  const lateness = createLateness();
  const look = (): readonly Late[] => {
    const places = placesNow();
    const now = performance.now();
    lateness.look(places, now);
    return places.map((place) => {
      return { ...place, behindForMs: lateness.behindForMs(place.partition, now) };
    });
  };
  const timer = setInterval(look, lookMs);
  timer.unref();
  return { now: look, stop: () => clearInterval(timer) };
}

export function createLateness(): Lateness {
  let notes: ReadonlyMap<number, readonly Note[]> = new Map();
  return {
    look: (places, now) => {
      notes = new Map(
        places.map((place) => [place.partition, noted(notes.get(place.partition), place, now)]),
      );
    },
    behindForMs: (partition, now) => {
      const oldest = notes.get(partition)?.[0];
      return oldest === undefined ? 0 : now - oldest.since;
    },
  };
}

function noted(
  before: readonly Note[] | undefined,
  { done, end, firstWrittenAt }: Place,
  now: number,
): readonly Note[] {
  const standing = (before ?? [])
    .map((note) => ({
      ...note,
      to: note.to === unknownEnd ? end : note.to,
      since: note.isFirst ? Math.min(note.since, firstWrittenAt ?? note.since) : note.since,
    }))
    .filter((note) => note.to > done);
  if ((standing.at(-1)?.to ?? done) < end) {
    standing.push({ to: end, since: now, isFirst: before === undefined });
  }
  return standing.length > maxNotes ? standing.filter((_, index) => index % 2 === 0) : standing;
}

/** When the first of these was written, by the clock of `performance`; null where none says it. */
export function writtenAt<Raw>(
  source: { readonly writtenAt: (record: Raw) => number | null },
  records: readonly Raw[],
): number | null {
  const [first] = records;
  const at = first === undefined ? null : source.writtenAt(first);
  // A clock that is ahead of ours makes nothing younger than now.
  return at === null ? null : performance.now() - Math.max(0, Date.now() - at);
}
