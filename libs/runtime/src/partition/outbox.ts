/**
 * What is in the ledger and not yet public: a queue in memory over the ledger itself.
 *
 * running → (any error) → recovering → running. Recovery makes the producer new, reads ownership
 * and progress anew, and builds what is missing from ledger entries; the queue is only a short
 * cut past that. While it recovers, the committer stands still, so that "committed" and "in the
 * ledger" mean the same offsets.
 */

import { isHalt, RuntimeError } from '../errors.ts';
import { databaseError } from '../postgres/database.ts';
import { type Part, type Output } from '../postgres/group.ts';
import { type AcquireContext, isStillOurs, publishedTo, republish } from './acquire.ts';
import { type Batch, type Publisher } from './publisher.ts';
import { type Session } from './session.ts';
import { doubling, pause, type Signal } from './signal.ts';

export type OutboxConfig<Entity, Entry> = {
  readonly publisher: Publisher;
  readonly context: AcquireContext<Entity, Entry>;
  readonly session: (partition: number) => Session<Entity> | undefined;
  readonly isOurs: (part: { readonly partition: number; readonly epoch: number }) => boolean;
  readonly isCommitting: () => boolean;
  readonly isStopped: () => boolean;
  readonly changed: Signal;
  /** Runs with the publisher to itself. */
  readonly alone: <T>(task: () => Promise<T>) => Promise<T>;
  /** Entries in one Kafka transaction. */
  readonly maxPublishEntries: number;
  readonly onPublished: (reports: number, milliseconds: number) => void;
  readonly onLost: (partition: number, why: 'fenced') => void;
  readonly onHalt: (partition: number, error: RuntimeError) => void;
  readonly onOutage: (error: RuntimeError) => void;
};

export type Outbox<Entity> = {
  readonly add: (part: Part<Entity>, session: Session<Entity>) => void;
  readonly size: () => number;
  readonly isIdle: () => boolean;
  /** Null unless a recovery is under way. */
  readonly recovering: () => Promise<void> | null;
  readonly recover: (error: RuntimeError) => Promise<void>;
  /** Publishes until the slot stops. */
  readonly run: () => Promise<void>;
};

type Queued = {
  readonly partition: number;
  readonly epoch: number;
  readonly outputs: readonly Output[];
  /** Outputs before this index are published. */
  at: number;
  readonly to: number;
};

type Slice = Batch & { readonly item: Queued; readonly end: number };

const backoff = { firstMs: 50, maxMs: 2_000 } as const;
/** Fenced again within so many milliseconds is no takeover: those come once a rebalance. */
const fencedAgainMs = 60_000;

export function createOutbox<Entity, Entry>(config: OutboxConfig<Entity, Entry>): Outbox<Entity> {
  const { publisher, changed } = config;
  let queue: Queued[] = [];
  let queuedOutputs = 0;
  let publishing = false;
  let recovering: Promise<void> | null = null;
  /** Over all attempts: what one took out of the queue and did not finish is still owed. */
  const owed = new Set<number>();
  let fencedAt = -Infinity;

  function add(part: Part<Entity>, session: Session<Entity>): void {
    if (part.to <= session.publishedTo) return;
    // An output ahead of its ledger: Postgres lost commits, which are folded anew, not sent anew.
    const isAhead = session.publishedTo > part.from;
    const outputs = isAhead
      ? part.outputs.filter((one) => one.offset >= session.publishedTo)
      : part.outputs;
    const { partition, epoch, to } = part;
    queue.push({ partition, epoch, outputs, at: 0, to });
    queuedOutputs += outputs.length;
  }

  async function run(): Promise<void> {
    while (!config.isStopped()) {
      if (queue.length === 0) {
        await changed.next();
        continue;
      }
      publishing = true;
      try {
        await config.alone(publishSome);
      } catch (cause) {
        await recover(databaseError(cause));
      }
      publishing = false;
      changed.raise();
    }
  }

  async function publishSome(): Promise<void> {
    const began = performance.now();
    const slices = nextSlices(queue.filter(config.isOurs), config.maxPublishEntries);
    const batches = mergeByPartition(slices);
    const reports = await publisher.publish(batches);
    for (const batch of batches) {
      const session = config.session(batch.partition);
      if (session === undefined) continue;
      session.publishedTo = batch.to;
      if (reports > 0) session.recordedTo = batch.to;
    }
    for (const slice of slices) slice.item.at = slice.end;
    const done = new Set(slices.map((slice) => slice.item));
    queue = queue.filter(
      (item) => config.isOurs(item) && (item.at < item.outputs.length || !done.has(item)),
    );
    queuedOutputs = queue.reduce((sum, item) => sum + item.outputs.length - item.at, 0);
    if (reports > 0) config.onPublished(reports, performance.now() - began);
  }

  function recover(error: RuntimeError): Promise<void> {
    recovering ??= untilRecovered(explained(error)).finally(() => {
      recovering = null;
      changed.raise();
    });
    return recovering;
  }

  /** Two workers of one name take the producer from each other for ever; each sees only this. */
  function explained(error: RuntimeError): RuntimeError {
    if (error.code !== 'KAFKA_FENCED') return error;
    const isAgain = performance.now() - fencedAt < fencedAgainMs;
    fencedAt = performance.now();
    return isAgain ? fencedAgain(config.context.workerId, error) : error;
  }

  async function untilRecovered(first: RuntimeError): Promise<void> {
    let error = first;
    for (const delay of doubling(backoff.firstMs, backoff.maxMs)) {
      if (config.isStopped()) return;
      config.onOutage(error);
      try {
        while (config.isCommitting() && !config.isStopped()) await changed.next();
        return await config.alone(startAnew);
      } catch (cause) {
        error = databaseError(cause);
        await pause(delay);
      }
    }
  }

  /** A new producer with our id, then ownership, then progress, then what is missing. */
  async function startAnew(): Promise<void> {
    await publisher.renew();
    for (const item of queue) owed.add(item.partition);
    queue = [];
    queuedOutputs = 0;
    for (const partition of owed) {
      await resume(partition);
      owed.delete(partition);
    }
  }

  async function resume(partition: number): Promise<void> {
    const session = config.session(partition);
    if (session === undefined || !session.alive) return;
    if (!(await isStillOurs(config.context, session))) {
      // Dropped meanwhile, its successor may be on the way: that one is not lost.
      if (config.session(partition) === session) config.onLost(partition, 'fenced');
      return;
    }
    try {
      session.publishedTo = await publishedTo(config.context, publisher, partition);
      session.recordedTo = session.publishedTo;
      await republish(config.context, publisher, session);
    } catch (cause) {
      const error = databaseError(cause);
      if (!isHalt(error)) throw error;
      config.onHalt(partition, error);
    }
  }

  return {
    add,
    run,
    recover,
    recovering: () => recovering,
    size: () => queuedOutputs,
    isIdle: () => queue.length === 0 && !publishing && recovering === null,
  };
}

/** Takes from the front of the queue what fits one transaction, whole offsets only. */
function nextSlices(queue: readonly Queued[], most: number): Slice[] {
  const slices: Slice[] = [];
  let left = most;
  for (const item of queue) {
    if (left <= 0) break;
    const { outputs, partition } = item;
    let end = Math.min(item.at + left, outputs.length);
    while (end < outputs.length && outputs[end]?.offset === outputs[end - 1]?.offset) end += 1;
    const to = end === outputs.length ? item.to : (outputs[end]?.offset ?? item.to);
    slices.push({ partition, outputs: outputs.slice(item.at, end), to, item, end });
    left -= Math.max(1, end - item.at);
  }
  return slices;
}

/** One batch per partition: progress of a partition may stand in a transaction once only. */
function mergeByPartition(slices: readonly Batch[]): Batch[] {
  const merged = new Map<number, { partition: number; outputs: Output[]; to: number }>();
  for (const { partition, outputs, to } of slices) {
    const known = merged.get(partition);
    if (known === undefined) {
      merged.set(partition, { partition, outputs: [...outputs], to });
      continue;
    }
    for (const output of outputs) known.outputs.push(output);
    known.to = to;
  }
  return [...merged.values()];
}

function fencedAgain(workerId: string, cause: RuntimeError): RuntimeError {
  return new RuntimeError(
    'KAFKA_FENCED',
    `The producer of this worker was fenced again. Expected WORKER_ID "${workerId}" to be the ` +
      'name of one running worker; if this goes on, another one has it too, or this machine ' +
      `freezes. Give each worker its own WORKER_ID. ${cause.message}`,
    { retryable: cause.retryable, cause },
  );
}
