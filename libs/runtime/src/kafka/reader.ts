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
import { RuntimeError } from '../errors.ts';
import { createBackoff, type Backoff, type Cluster, type Leader } from './cluster.ts';
import { fetchFrom, type FetchedPartition } from './fetch.ts';
import { brokerRefusal, CODE, isTransient, topicGone } from './kafka-errors.ts';
import { type Lane } from './lane.ts';
import { type Reader, type ReaderOptions, type TopicPartition } from './port.ts';
import { decodeRecords, offsetAfter } from './record-decoder.ts';

/** Fetchers per broker: the second serves what becomes idle while the first is polling. */
const FETCHERS_PER_BROKER = 2;
/** The broker's wait while a partition is left out because a batch of it waits already. */
const LEFT_OUT_WAIT_MS = 10;
/** Failures in a row of one partition before they are reported as an outage. */
const QUIET_FAILURES = 3;

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
  topicId: string | null;
  waiting: { readonly fetched: FetchedPartition; readonly from: number } | null;
  handling: boolean;
};

type Fetcher = { readonly lane: Lane; pollsUntil: number; busy: boolean };

type Node = { readonly fetchers: readonly Fetcher[]; readonly backoff: Backoff; down: boolean };

export function createReader(cluster: Cluster, options: ReaderOptions): Reader {
  const assigned = new Map<string, Assigned>();
  const nodes = new Map<number, Node>();
  const handlers = new Map<string, Promise<void>>();
  const inFlight = new Set<Promise<void>>();
  const stop = new AbortController();
  let pumping = false;

  /** Runs after the current turn, so that many changes make one round of fetches. */
  const wake = (): void => {
    if (pumping || stop.signal.aborted) return;
    pumping = true;
    queueMicrotask(() => {
      pumping = false;
      if (!stop.signal.aborted) pump();
    });
  };

  const pump = (): void => {
    const ready = new Map<number, Assigned[]>();
    for (const one of assigned.values()) {
      if (one.paused || one.busy || one.waiting !== null) continue;
      if (one.leader === null) {
        track(findLeader(one));
        continue;
      }
      const ofNode = ready.get(one.leader.node);
      if (ofNode === undefined) ready.set(one.leader.node, [one]);
      else ofNode.push(one);
    }
    for (const [id, partitions] of ready) {
      const node = nodeOf(id);
      const fetcher = node.down ? undefined : node.fetchers.find((each) => !each.busy);
      if (fetcher !== undefined) track(fetchOnce(node, id, fetcher, partitions));
    }
  };

  const track = (work: Promise<void>): void => {
    inFlight.add(work);
    void work.finally(() => {
      inFlight.delete(work);
      wake();
    });
  };

  const nodeOf = (id: number): Node => {
    const known = nodes.get(id);
    if (known !== undefined) return known;
    const fetchers = Array.from({ length: FETCHERS_PER_BROKER }, () => {
      return { lane: cluster.lane(id), pollsUntil: 0, busy: false };
    });
    const node = { fetchers, backoff: createBackoff(stop.signal), down: false };
    nodes.set(id, node);
    return node;
  };

  const findLeader = async (one: Assigned): Promise<void> => {
    one.busy = true;
    try {
      const leader = await cluster.leader(one.at);
      if (one.topicId !== null && one.topicId !== leader.topicId) {
        throw topicGone(
          `The topic ${one.at.topic} was deleted and made anew while it was read. ` +
            'Its offsets are not the ones of before: decide where to start, then assign again.',
        );
      }
      one.topicId = leader.topicId;
      one.leader = leader;
    } catch (error) {
      await failed(one, error);
    } finally {
      one.busy = false;
    }
  };

  /** A retryable failure pauses the partition; any other takes it out. */
  const failed = async (one: Assigned, error: unknown): Promise<void> => {
    if (!one.live || stop.signal.aborted) return;
    if (!(error instanceof RuntimeError) || !error.retryable) {
      takeOut(one, error);
      return;
    }
    one.failures += 1;
    one.leader = null;
    cluster.forgetTopic(one.at.topic);
    if (one.failures >= QUIET_FAILURES) options.onOutage(error);
    await one.backoff.pause();
  };

  const takeOut = (one: Assigned, error: unknown): void => {
    if (!one.live) return;
    one.live = false;
    one.waiting = null;
    if (assigned.get(one.key) === one) assigned.delete(one.key);
    options.onPartitionError(one.at, error instanceof Error ? error : new Error(String(error)));
  };

  const fetchOnce = async (
    node: Node,
    id: number,
    fetcher: Fetcher,
    partitions: readonly Assigned[],
  ): Promise<void> => {
    fetcher.busy = true;
    for (const one of partitions) one.busy = true;
    const maxWaitMs = pollFor(node, id);
    fetcher.pollsUntil = performance.now() + maxWaitMs;
    try {
      const answer = await fetchFrom(fetcher.lane, partitions.map(targetOf), {
        readCommitted: options.isolation === 'read_committed',
        maxWaitMs,
        minBytes: options.minBytes,
        maxBytes: options.maxBytes,
      });
      if (answer.error !== CODE.NONE) throw brokerRefusal(answer.error, 'a fetch');
      node.backoff.reset();
      accept(partitions, answer.partitions);
    } catch (error) {
      await lost(node, partitions, error);
    } finally {
      fetcher.busy = false;
    }
  };

  const targetOf = (one: Assigned) => ({
    topicId: one.leader?.topicId ?? '',
    partition: one.at.partition,
    leaderEpoch: one.leader?.epoch ?? -1,
    offset: one.position,
    maxBytes: options.maxBytesPerPartition,
  });

  const pollFor = (node: Node, id: number): number => {
    for (const one of assigned.values()) {
      const full = one.waiting !== null && !one.paused && one.leader?.node === id;
      if (full) return Math.min(options.maxWaitMs, LEFT_OUT_WAIT_MS);
    }
    const now = performance.now();
    const others = node.fetchers.filter((each) => each.busy && each.pollsUntil > now);
    const remaining = others.map((each) => Math.ceil(each.pollsUntil - now));
    return Math.min(options.maxWaitMs, ...remaining);
  };

  /** The whole request failed: connection lost or refused. */
  const lost = async (
    node: Node,
    partitions: readonly Assigned[],
    error: unknown,
  ): Promise<void> => {
    if (stop.signal.aborted) return;
    for (const one of partitions) {
      one.leader = null;
      cluster.forgetTopic(one.at.topic);
    }
    options.onOutage(error instanceof Error ? error : new Error(String(error)));
    node.down = true;
    await node.backoff.pause();
    node.down = false;
    for (const one of partitions) one.busy = false;
  };

  const accept = (
    partitions: readonly Assigned[],
    answers: readonly FetchedPartition[],
  ): void => {
    const byId = new Map(answers.map((each) => [`${each.topicId}/${each.partition}`, each]));
    for (const one of partitions) {
      const fetched = byId.get(`${one.leader?.topicId ?? ''}/${one.at.partition}`);
      if (!one.live || fetched === undefined) {
        one.busy = false;
      } else if (fetched.error !== CODE.NONE) {
        track(refused(one, fetched));
      } else {
        one.busy = false;
        advance(one, fetched);
      }
    }
  };

  const advance = (one: Assigned, fetched: FetchedPartition): void => {
    one.failures = 0;
    one.backoff.reset();
    const from = one.position;
    one.position = offsetAfter(fetched.recordSet, from);
    if (one.position === from) return;
    // Those that got data go to the end: the broker fills partitions in the order of the request.
    assigned.delete(one.key);
    assigned.set(one.key, one);
    one.waiting = { fetched, from };
    handleNext(one);
  };

  const refused = async (one: Assigned, fetched: FetchedPartition): Promise<void> => {
    const code = fetched.error;
    const what = `a fetch of ${one.at.topic}/${one.at.partition} at offset ${one.position}`;
    const unknown =
      code === CODE.UNKNOWN_TOPIC_OR_PARTITION ||
      code === CODE.UNKNOWN_TOPIC_ID ||
      code === CODE.INCONSISTENT_TOPIC_ID;
    try {
      if (code === CODE.OFFSET_OUT_OF_RANGE) takeOut(one, outOfRange(one, fetched));
      else if (!unknown && !isTransient(code)) takeOut(one, brokerRefusal(code, what));
      else {
        // The look-up that follows tells a topic that is gone from one that moved.
        const error = new RuntimeError('KAFKA_OUTAGE', brokerRefusal(code, what).message, {
          retryable: true,
        });
        await failed(one, error);
      }
    } finally {
      one.busy = false;
    }
  };

  const handleNext = (one: Assigned): void => {
    const next = one.waiting;
    if (!one.live || one.paused || one.handling || next === null || stop.signal.aborted) return;
    one.waiting = null;
    one.handling = true;
    const before = handlers.get(one.key);
    const handled = handle(one, next.fetched, next.from, before).finally(() => {
      one.handling = false;
      if (handlers.get(one.key) === handled) handlers.delete(one.key);
      handleNext(one);
      wake();
    });
    handlers.set(one.key, handled);
  };

  const handle = async (
    one: Assigned,
    fetched: FetchedPartition,
    from: number,
    before: Promise<void> | undefined,
  ): Promise<void> => {
    // Yields once in any case: the next fetch goes out before this batch is decoded.
    await before;
    await new Promise(setImmediate);
    if (!one.live || stop.signal.aborted) return;
    try {
      const aborted = options.isolation === 'read_committed' ? fetched.aborted : [];
      const { records, nextOffset } = decodeRecords(fetched.recordSet, from, aborted);
      const { highWatermark } = fetched;
      await options.onBatch({ ...one.at, records, nextOffset, highWatermark });
    } catch (error) {
      takeOut(one, error);
    }
  };

  const change = (at: TopicPartition, paused: boolean): void => {
    const one = assigned.get(keyOf(at));
    if (one === undefined) return;
    one.paused = paused;
    handleNext(one);
    wake();
  };

  const unassign = (at: TopicPartition): void => {
    const one = assigned.get(keyOf(at));
    if (one === undefined) return;
    one.live = false;
    one.waiting = null;
    assigned.delete(one.key);
  };

  return {
    assign: (at, offset) => {
      unassign(at);
      const { topic, partition } = at;
      const key = keyOf(at);
      assigned.set(key, {
        at: { topic, partition },
        key,
        backoff: createBackoff(stop.signal),
        position: offset,
        paused: false,
        live: true,
        busy: false,
        failures: 0,
        leader: null,
        topicId: null,
        waiting: null,
        handling: false,
      });
      wake();
    },
    unassign,
    pause: (at) => change(at, true),
    resume: (at) => change(at, false),
    close: async () => {
      stop.abort();
      for (const node of nodes.values()) for (const each of node.fetchers) each.lane.close();
      assigned.clear();
      await Promise.allSettled(inFlight);
    },
  };
}

function keyOf(at: TopicPartition): string {
  return `${at.topic}/${at.partition}`;
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
