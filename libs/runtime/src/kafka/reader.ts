/**
 * The fetch loop. Each assigned partition moves through these states on its own:
 *
 *   idle      → in flight   a free fetcher of its leader takes all idle, unpaused partitions
 *   in flight → waiting     the answer's records wait undecoded while an earlier batch is handled
 *   waiting   → handled     decoded and given to onBatch, one at a time per partition, in order
 *   any       → out         unassigned, or a named error went to onPartitionError
 *
 * A partition is idle again as soon as nothing of it waits, so its next fetch runs while its batch
 * is handled: one batch ahead, never more. A position moves only by what was fetched; the reader
 * never resets one. Leadership moves and outages are retried with growing pauses, without end.
 */
import { setMaxListeners } from 'node:events';
import { RuntimeError } from '../errors.ts';
import { createBackoff, type Backoff, type Cluster, type Leader } from './cluster.ts';
import { fetchFrom, type FetchedPartition, type FetchTarget } from './fetch.ts';
import { brokerRefusal, CODE, isTransient, outage, topicGone } from './kafka-errors.ts';
import { type Lane } from './lane.ts';
import { type Reader, type ReaderOptions, type TopicPartition } from './port.ts';
import { decodeRecords, offsetAfter } from './record-decoder.ts';

/** Fetchers per broker: the second serves what becomes idle while the first is polling. */
const FETCHERS_PER_BROKER = 2;
/**
 * The broker's wait while a partition is left out because a batch of it waits already: at least
 * this, and half as long as that batch has waited, so that a long stall costs few requests.
 */
const LEFT_OUT_WAIT_MS = 10;
/** Failures in a row of one partition before they are reported as an outage. */
const QUIET_FAILURES = 3;

type Waiting = {
  readonly fetched: FetchedPartition;
  readonly from: number;
  readonly since: number;
};

type Assigned = {
  readonly at: TopicPartition;
  readonly key: string;
  readonly backoff: Backoff;
  position: number;
  paused: boolean;
  live: boolean;
  /** In a fetch, in a look-up of its leader, or pausing after a failure. */
  busy: boolean;
  failures: number;
  leader: Leader | null;
  waiting: Waiting | null;
};

type Fetcher = { readonly lane: Lane; pollsUntil: number; busy: boolean };

type Node = { readonly fetchers: readonly Fetcher[]; readonly backoff: Backoff; down: boolean };

/** See ReaderOptions and Reader in the port. */
export function createReader(cluster: Cluster, options: ReaderOptions): Reader {
  const loop = new FetchLoop(cluster, options);
  return {
    assign: (at, offset, isVerified = true) => loop.assign(at, offset, isVerified),
    unassign: (at) => loop.unassign(at),
    pause: (at) => loop.change(at, true),
    resume: (at) => loop.change(at, false),
    close: () => loop.close(),
  };
}

class FetchLoop {
  private readonly cluster: Cluster;
  private readonly options: ReaderOptions;
  private readonly assigned = new Map<string, Assigned>();
  private readonly nodes = new Map<number, Node>();
  /**
   * The topic that each partition is read from, over all its assignments: a topic made anew while
   * nobody looked (a rebalance, a frozen process) is not read on, until its log was verified.
   */
  private readonly topicIds = new Map<string, string>();
  /** Running handlers by partition; they outlive an unassign, and a new assign waits for them. */
  private readonly handlers = new Map<string, Promise<void>>();
  private readonly inFlight = new Set<Promise<void>>();
  private readonly stop = new AbortController();
  private pumping = false;

  constructor(cluster: Cluster, options: ReaderOptions) {
    this.cluster = cluster;
    this.options = options;
    // Each partition's pause listens to it.
    setMaxListeners(0, this.stop.signal);
  }

  assign(at: TopicPartition, offset: number, isVerified: boolean): void {
    this.unassign(at);
    const { topic, partition } = at;
    const key = keyOf(at);
    if (isVerified) this.topicIds.delete(key);
    this.assigned.set(key, {
      at: { topic, partition },
      key,
      backoff: createBackoff(this.stop.signal),
      position: offset,
      paused: false,
      live: true,
      busy: false,
      failures: 0,
      leader: null,
      waiting: null,
    });
    this.wake();
  }

  unassign(at: TopicPartition): void {
    const one = this.assigned.get(keyOf(at));
    if (one === undefined) return;
    one.live = false;
    one.waiting = null;
    this.assigned.delete(one.key);
  }

  change(at: TopicPartition, paused: boolean): void {
    const one = this.assigned.get(keyOf(at));
    if (one === undefined) return;
    one.paused = paused;
    this.handleNext(one);
    this.wake();
  }

  /** No callback begins after this. A handler that runs already is not waited for. */
  async close(): Promise<void> {
    this.stop.abort();
    for (const node of this.nodes.values()) for (const each of node.fetchers) each.lane.close();
    this.assigned.clear();
    await Promise.allSettled(this.inFlight);
  }

  /** Runs after the current turn, so that many changes make one round of fetches. */
  private wake(): void {
    if (this.pumping || this.stop.signal.aborted) return;
    this.pumping = true;
    queueMicrotask(() => {
      this.pumping = false;
      if (!this.stop.signal.aborted) this.pump();
    });
  }

  private pump(): void {
    const ready = new Map<number, Assigned[]>();
    for (const one of this.assigned.values()) {
      if (one.paused || one.busy || one.waiting !== null) continue;
      if (one.leader === null) {
        this.track(this.findLeader(one));
        continue;
      }
      const ofNode = ready.get(one.leader.node);
      if (ofNode === undefined) ready.set(one.leader.node, [one]);
      else ofNode.push(one);
    }
    for (const [id, partitions] of ready) {
      const node = this.nodeOf(id);
      const fetcher = node.down ? undefined : node.fetchers.find((each) => !each.busy);
      if (fetcher !== undefined) this.track(this.fetchOnce(node, id, fetcher, partitions));
    }
  }

  private track(work: Promise<void>): void {
    this.inFlight.add(work);
    void work.finally(() => {
      this.inFlight.delete(work);
      this.wake();
    });
  }

  private nodeOf(id: number): Node {
    const known = this.nodes.get(id);
    if (known !== undefined) return known;
    const fetchers = Array.from({ length: FETCHERS_PER_BROKER }, () => {
      return { lane: this.cluster.lane(id), pollsUntil: 0, busy: false };
    });
    const node = { fetchers, backoff: createBackoff(this.stop.signal), down: false };
    this.nodes.set(id, node);
    return node;
  }

  private async findLeader(one: Assigned): Promise<void> {
    one.busy = true;
    try {
      const leader = await this.cluster.leader(one.at);
      const known = this.topicIds.get(one.key);
      if (known !== undefined && known !== leader.topicId) {
        throw topicGone(
          `The topic ${one.at.topic} was deleted and made anew while it was read. ` +
            'Its offsets are not the ones of before: decide where to start, then assign again.',
        );
      }
      this.topicIds.set(one.key, leader.topicId);
      one.leader = leader;
    } catch (error) {
      await this.failed(one, error);
    } finally {
      one.busy = false;
    }
  }

  /** A retryable failure pauses the partition; any other takes it out. */
  private async failed(one: Assigned, error: unknown): Promise<void> {
    if (!one.live || this.stop.signal.aborted) return;
    if (!(error instanceof RuntimeError) || !error.retryable) {
      this.takeOut(one, error);
      return;
    }
    one.failures += 1;
    one.leader = null;
    this.cluster.forgetTopic(one.at.topic);
    if (one.failures >= QUIET_FAILURES) this.options.onOutage(error);
    await one.backoff.pause();
  }

  private takeOut(one: Assigned, error: unknown): void {
    if (!one.live) return;
    one.live = false;
    one.waiting = null;
    if (this.assigned.get(one.key) === one) this.assigned.delete(one.key);
    this.options.onPartitionError(one.at, asError(error));
  }

  private async fetchOnce(
    node: Node,
    id: number,
    fetcher: Fetcher,
    partitions: readonly Assigned[],
  ): Promise<void> {
    fetcher.busy = true;
    for (const one of partitions) one.busy = true;
    const maxWaitMs = this.pollFor(node, id);
    fetcher.pollsUntil = performance.now() + maxWaitMs;
    try {
      const answer = await fetchFrom(
        fetcher.lane,
        partitions.map((one) => this.targetOf(one)),
        {
          readCommitted: this.options.isolation === 'read_committed',
          maxWaitMs,
          minBytes: this.options.minBytes,
          maxBytes: this.options.maxBytes,
        },
      );
      if (answer.error !== CODE.NONE) throw brokerRefusal(answer.error, 'a fetch');
      node.backoff.reset();
      this.accept(partitions, answer.partitions);
    } catch (error) {
      await this.lost(node, partitions, error);
    } finally {
      fetcher.busy = false;
    }
  }

  private targetOf(one: Assigned): FetchTarget {
    return {
      topicId: one.leader?.topicId ?? '',
      partition: one.at.partition,
      leaderEpoch: one.leader?.epoch ?? -1,
      offset: one.position,
      maxBytes: this.options.maxBytesPerPartition,
    };
  }

  private pollFor(node: Node, id: number): number {
    const now = performance.now();
    let waitMs = this.options.maxWaitMs;
    for (const { waiting, paused, leader } of this.assigned.values()) {
      if (waiting === null || paused || leader?.node !== id) continue;
      waitMs = Math.min(waitMs, Math.max(LEFT_OUT_WAIT_MS, Math.ceil((now - waiting.since) / 2)));
    }
    const others = node.fetchers.filter((each) => each.busy && each.pollsUntil > now);
    const remaining = others.map((each) => Math.ceil(each.pollsUntil - now));
    return Math.min(waitMs, ...remaining);
  }

  /** The whole request failed: connection lost or refused. */
  private async lost(node: Node, partitions: readonly Assigned[], error: unknown): Promise<void> {
    if (this.stop.signal.aborted) return;
    for (const one of partitions) {
      one.leader = null;
      this.cluster.forgetTopic(one.at.topic);
    }
    this.options.onOutage(asError(error));
    node.down = true;
    await node.backoff.pause();
    node.down = false;
    for (const one of partitions) one.busy = false;
  }

  private accept(partitions: readonly Assigned[], answers: readonly FetchedPartition[]): void {
    const byId = new Map(answers.map((each) => [`${each.topicId}/${each.partition}`, each]));
    for (const one of partitions) {
      const fetched = byId.get(`${one.leader?.topicId ?? ''}/${one.at.partition}`);
      if (!one.live || fetched === undefined) {
        one.busy = false;
      } else if (fetched.error !== CODE.NONE) {
        this.track(this.refused(one, fetched));
      } else {
        one.busy = false;
        this.advance(one, fetched);
      }
    }
  }

  private advance(one: Assigned, fetched: FetchedPartition): void {
    one.failures = 0;
    one.backoff.reset();
    const from = one.position;
    one.position = offsetAfter(fetched.recordSet, from);
    if (one.position === from) return;
    // Those that got data go to the end: the broker fills partitions in the order of the request.
    this.assigned.delete(one.key);
    this.assigned.set(one.key, one);
    one.waiting = { fetched, from, since: performance.now() };
    this.handleNext(one);
  }

  private async refused(one: Assigned, fetched: FetchedPartition): Promise<void> {
    const code = fetched.error;
    const what = `a fetch of ${one.at.topic}/${one.at.partition} at offset ${one.position}`;
    const unknown =
      code === CODE.UNKNOWN_TOPIC_OR_PARTITION ||
      code === CODE.UNKNOWN_TOPIC_ID ||
      code === CODE.INCONSISTENT_TOPIC_ID;
    try {
      if (code === CODE.OFFSET_OUT_OF_RANGE) this.takeOut(one, outOfRange(one, fetched));
      else if (!unknown && !isTransient(code)) this.takeOut(one, brokerRefusal(code, what));
      else {
        // The look-up that follows tells a topic that is gone from one that moved.
        await this.failed(one, outage(brokerRefusal(code, what).message));
      }
    } finally {
      one.busy = false;
    }
  }

  private handleNext(one: Assigned): void {
    const next = one.waiting;
    // One handler a partition, also over its assignments: at most one batch waits behind it.
    if (next === null || !one.live || one.paused || this.handlers.has(one.key)) return;
    one.waiting = null;
    const handled = this.handle(one, next.fetched, next.from).finally(() => {
      this.handlers.delete(one.key);
      const now = this.assigned.get(one.key);
      if (now !== undefined) this.handleNext(now);
      this.wake();
    });
    this.handlers.set(one.key, handled);
  }

  private async handle(one: Assigned, fetched: FetchedPartition, from: number): Promise<void> {
    // Yields once: the next fetch goes out before this batch is decoded.
    await new Promise(setImmediate);
    if (!one.live || this.stop.signal.aborted) return;
    try {
      const aborted = this.options.isolation === 'read_committed' ? fetched.aborted : [];
      const { records, nextOffset } = decodeRecords(fetched.recordSet, from, aborted);
      const { highWatermark } = fetched;
      await this.options.onBatch({ ...one.at, from, records, nextOffset, highWatermark });
    } catch (error) {
      this.takeOut(one, error);
    }
  }
}

function keyOf(at: TopicPartition): string {
  return `${at.topic}/${at.partition}`;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function outOfRange(one: Assigned, fetched: FetchedPartition): RuntimeError {
  const { topic, partition } = one.at;
  return new RuntimeError(
    'KAFKA_OUT_OF_RANGE',
    `Expected offset ${one.position} in ${topic}/${partition}; the log starts at ` +
      `${fetched.logStart} and ends at ${fetched.highWatermark}. Records were deleted, or the ` +
      'position belongs to another log. Restore the log or rebuild from what is there.',
  );
}
