/**
 * A session: one partition of the input, owned by this worker at one epoch.
 *
 * Everything in here is a cache of what Postgres has, plus what has been folded since. Whatever
 * goes wrong, a session is thrown away whole and acquired anew; it is never repaired.
 */

import { createSeen, type Seen } from '@polytraders/stream';

export type Session<Entity> = {
  readonly partition: number;
  readonly epoch: number;
  /** Folded up to here (exclusive); `committed` and `publishedTo` follow behind. */
  next: number;
  committed: number;
  publishedTo: number;
  /** Progress that stands in Kafka; behind `publishedTo` where there was nothing to publish. */
  recordedTo: number;
  lastOffset: number | null;
  lastHash: Buffer | null;
  chainHash: Buffer;
  /** True while every entity that exists is in the cache, so that a miss needs no query. */
  complete: boolean;
  /** Undefined is known to be absent. */
  readonly cache: Map<string, Entity | undefined>;
  readonly seen: Seen;
  /** Where the log ends, as of the last batch that was fetched or the last look at the log. */
  highWatermark: number;
  /** When the first record of this session was written, by the clock of `performance`. */
  firstWrittenAt: number | null;
  alive: boolean;
  waiting: boolean;
  /** The batch that is being folded; the next one waits for it. */
  turn: Promise<void>;
};

export type SessionStart = {
  readonly partition: number;
  readonly epoch: number;
  readonly nextOffset: number;
  readonly lastOffset: number | null;
  readonly lastHash: Buffer | null;
  readonly chainHash: Buffer;
};

/** `end` is where the log ends: what lies before it waits from now on. */
export function newSession<Entity>(start: SessionStart, end = start.nextOffset): Session<Entity> {
  return {
    partition: start.partition,
    epoch: start.epoch,
    next: start.nextOffset,
    committed: start.nextOffset,
    publishedTo: 0,
    recordedTo: 0,
    lastOffset: start.lastOffset,
    lastHash: start.lastHash,
    chainHash: start.chainHash,
    complete: start.nextOffset === 0,
    cache: new Map(),
    seen: createSeen(),
    highWatermark: end,
    firstWrittenAt: null,
    alive: true,
    waiting: false,
    turn: Promise.resolve(),
  };
}
