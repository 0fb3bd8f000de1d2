/**
 * Reads one topic of the bus into the inbox and the tables of market data, exactly once.
 *
 * A partition's position stands in `ingest.source_position` and moves in the transaction that
 * appends what was read, by compare-and-set on (epoch, next_offset). Whoever takes a partition over
 * bumps the epoch; a reader that misses was fenced, drops what it holds and joins the group anew.
 *
 *   assigned ──claim, verify──▶ reading ──fenced, reassigned──▶ dropped
 *                  └──LOG_TRUNCATED, LOG_REPLACED──▶ halted (until an operator restores the topic)
 */

import { type Event, type Topic } from '@polytraders/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  bugIn,
  databaseError,
  doubling,
  isHalt,
  kafkaSource,
  notTwice,
  pause,
  type Place,
  regain,
  requireFollows,
  RuntimeError,
  type Services,
  type Source,
  type SourceBatch,
  type SourceState,
  type Standing,
  unknownEnd,
  watchLateness,
  writtenAt,
} from '@polytraders/runtime';
import { inTransaction } from './inbox.ts';
import { type Claim, sourcePositions } from './source-positions.ts';
import { takeInputs } from './take-inputs.ts';
import { busInputOf, unusable } from './inputs.ts';

export type BusReader = {
  readonly stop: () => Promise<void>;
  /** How far its partitions are behind their topic, and which stand still, with the reason. */
  readonly state: () => SourceState;
};

type KafkaSource = ReturnType<typeof kafkaSource<Event>>;
type Raw = KafkaSource extends Source<Event, infer Record> ? Record : never;

/** `end` is where the topic's partition ends, as far as is known. */
type Session = Omit<Claim, 'standing'> & {
  standing: Standing;
  end: number;
  firstWrittenAt: number | null;
  alive: boolean;
};

/** Milliseconds between two looks at what idle partitions stand on. */
const AUDIT_MS = 30_000;
/** Longest wait for a transaction in flight when the service stops. */
const STOP_MS_MAX = 4_000;
const RETRY_MS = { first: 100, max: 5_000 } as const;

/** Starts reading a topic; several readers of one group share its partitions. */
export async function startBusReader(services: Services, topic: Topic): Promise<BusReader> {
  const { kafka, book, database, log, config } = services;
  const onOutage = (error: Error): void => services.onOutage(error, { topic: topic.name });
  const isCompacted = topic.cleanup === 'compact';
  const source = kafkaSource<Event>(kafka, book, {
    topic: topic.name,
    physicalTopic: config.topicPrefix + topic.name,
    groupId: `${config.topicPrefix}polytraders.fill-ingestor.${topic.name}`,
    sessionTimeoutMs: config.sessionTimeoutMs,
    maxBytes: config.fetchMaxBytes,
    maxBytesPerPartition: 1 << 20,
    maxWaitMs: 250,
    isCompacted,
  });
  const positions = sourcePositions(database, kafka, {
    topic: topic.name,
    physicalTopic: config.topicPrefix + topic.name,
    workerId: config.workerId,
    isCompacted,
  });
  const sessions = new Map<number, Session>();
  const halted = new Map<number, RuntimeError>();
  const stopping = new AbortController();
  let assigned: ReadonlySet<number> = new Set();
  let generation = 0;
  const reader = source.reader({
    onBatch,
    onOutage,
    onPartitionError: (partition, error) => {
      void reverify(partition, error);
    },
  });

  /** `epoch` is that of the claim that ran into it; null where there was none yet. */
  function halt(partition: number, epoch: number | null, error: RuntimeError): void {
    drop(partition);
    halted.set(partition, error);
    log.error({
      event: 'SOURCE_HALTED',
      topic: topic.name,
      partition,
      code: error.code,
      message: error.message,
    });
    const because = `${error.code}: ${error.message}`;
    void positions.note(partition, epoch, because).catch(() => undefined);
  }

  function drop(partition: number): void {
    const session = sessions.get(partition);
    if (session !== undefined) session.alive = false;
    sessions.delete(partition);
    reader.unassign(partition);
  }

  /** Claims a partition, waiting through outages, as long as the generation stands. */
  async function take(partition: number, of: number): Promise<void> {
    for (const delay of doubling(RETRY_MS.first, RETRY_MS.max)) {
      if (isOver(of)) return;
      let epoch: number | null = null;
      try {
        const claim = await positions.claim(partition);
        epoch = claim.epoch;
        const end = await source.verify(partition, claim.standing);
        const session: Session = { ...claim, end, firstWrittenAt: null, alive: true };
        await positions.note(partition, epoch, null);
        if (isOver(of)) return;
        sessions.set(partition, session);
        halted.delete(partition);
        reader.assign(partition, session.standing.nextOffset, true);
        const { nextOffset: next_offset } = session.standing;
        log.info({ event: 'SOURCE_ACQUIRED', topic: topic.name, partition, next_offset });
        return;
      } catch (cause) {
        // What an overtaken claim found says nothing about the partition as it is now.
        if (isOver(of)) return;
        const error = databaseError(cause);
        if (isHalt(error)) return halt(partition, epoch, error);
        onOutage(error);
        await pause(delay, stopping.signal);
      }
    }
  }

  function isOver(of: number): boolean {
    return of !== generation || stopping.signal.aborted;
  }

  async function onBatch(batch: SourceBatch<Raw>): Promise<void> {
    const session = sessions.get(batch.partition);
    if (session === undefined) return;
    session.end = batch.highWatermark;
    requireFollows(batch, session.standing.nextOffset);
    session.firstWrittenAt ??= writtenAt(source, batch.records);
    await source.prepare(batch.records, stopping.signal);
    const records = batch.records.filter((record) => record.offset >= session.standing.nextOffset);
    const inputs = records.flatMap((record) => inputOf(batch.partition, record));
    const last = records.at(-1);
    const standing: Standing = {
      nextOffset: Math.max(batch.nextOffset, session.standing.nextOffset),
      lastOffset: isCompacted ? null : (last?.offset ?? session.standing.lastOffset),
      lastHash: isCompacted || last === undefined ? session.standing.lastHash : source.hashOf(last),
    };
    if (standing.nextOffset === session.standing.nextOffset) return;
    for (const delay of doubling(RETRY_MS.first, RETRY_MS.max)) {
      if (!session.alive || stopping.signal.aborted) return;
      try {
        await inTransaction(database, async (client) => {
          await positions.moveTo(client, session, standing);
          await takeInputs(client, inputs, Date.now() * 1000);
        });
        session.standing = standing;
        return;
      } catch (cause) {
        const error = databaseError(cause);
        if (error.code === 'FENCED' && (await positions.isStored(session, standing))) {
          session.standing = standing;
          return;
        }
        if (!session.alive) return;
        if (error.code === 'FENCED') return lost(session);
        if (isHalt(error)) return halt(session.partition, session.epoch, error);
        onOutage(error);
        await pause(delay, stopping.signal);
      }
    }
  }

  function inputOf(partition: number, record: Raw) {
    const sourcePosition = `${topic.name}/${String(partition)}/${String(record.offset)}`;
    const bytes = source.rawBytes(record);
    // In a compacted topic a record without a value only says that a key is gone.
    if (bytes === null && isCompacted) return [];
    const place = { sourcePosition, bytes: bytes ?? Buffer.alloc(0) };
    const decoded = source.decode(record);
    if ('poison' in decoded) return [unusable(place, topic.records[0] ?? null, decoded.poison)];
    return [busInputOf(decoded, place)];
  }

  function lost(session: Session): void {
    log.info({ event: 'SOURCE_LOST', topic: topic.name, partition: session.partition });
    drop(session.partition);
    membership.rejoin();
  }

  async function reverify(partition: number, error: Error): Promise<void> {
    const session = sessions.get(partition);
    if (session === undefined) return;
    if (isCompacted && (error as RuntimeError).code === 'KAFKA_TOPIC_GONE') {
      // Perhaps made anew: the claim finds out, and where to read on.
      onOutage(error);
      drop(partition);
      return take(partition, generation);
    }
    const bug = bugIn(error);
    if (bug !== null) return halt(partition, session.epoch, bug);
    const regaining = {
      verify: () => source.verify(partition, session.standing),
      session,
      resume: () => reader.assign(partition, session.standing.nextOffset, true),
      // A topic that the broker does not know yet will be there in a moment.
      stopsAt: isHalt,
      halt: (why: RuntimeError) => halt(partition, session.epoch, why),
      onOutage,
      stopping: stopping.signal,
    };
    await regain(regaining, error);
  }

  /** An idle partition is looked at, too: a topic that was made anew would else go unnoticed. */
  async function audit(): Promise<void> {
    for (const session of [...sessions.values()]) {
      try {
        const end = await source.verify(session.partition, session.standing);
        if (end > session.end) session.end = end;
      } catch (cause) {
        if (session.alive && cause instanceof RuntimeError && isHalt(cause)) {
          halt(session.partition, session.epoch, cause);
        }
      }
    }
  }

  async function onAssigned(partitions: readonly { readonly partition: number }[]): Promise<void> {
    // Counted here: a coordinator that has lost its group begins with 1 again.
    generation += 1;
    const mine = new Set(partitions.map((one) => one.partition));
    assigned = mine;
    for (const partition of [...halted.keys()]) if (!mine.has(partition)) halted.delete(partition);
    for (const partition of [...sessions.keys()]) if (!mine.has(partition)) drop(partition);
    for (const [partition, session] of sessions) {
      reader.assign(partition, session.standing.nextOffset, false);
    }
    const fresh = [...mine].filter((partition) => !sessions.has(partition));
    // Not awaited: heartbeats must not wait for a claim.
    void Promise.all(fresh.map((partition) => take(partition, generation)));
    await Promise.resolve();
  }

  async function onRevoking(): Promise<void> {
    // Claims that are under way would fence whoever gets the partition now.
    generation += 1;
    for (const partition of sessions.keys()) reader.unassign(partition);
    await Promise.resolve();
  }

  async function stop(): Promise<void> {
    clearInterval(auditor);
    lateness.stop();
    // First, so that a batch that waits for a server does not hold the reader up.
    stopping.abort();
    const closed = reader.close().then(() => membership.leave());
    // What is cut short here is read again by the next owner: its position did not move.
    await Promise.race([closed, sleep(STOP_MS_MAX, undefined, { ref: false })]);
  }

  const membership = await source.join({ onAssigned, onRevoking, onOutage });
  // A silent broker may keep one waiting for longer than the time between two.
  const auditOnce = notTwice(audit);
  const auditor = setInterval(() => void auditOnce(), AUDIT_MS);
  auditor.unref();
  const lateness = watchLateness(() => placesOf(assigned, sessions, halted));

  function state(): SourceState {
    return {
      source: topic.name,
      confirmedAgoMs: membership.confirmedAgoMs(),
      partitions: lateness.now().map(({ partition, done, end, behindForMs }) => ({
        partition,
        lagRecords: end === unknownEnd ? 0 : end - done,
        behindForMs,
      })),
      halted: [...halted].map(([partition, { code, message }]) => {
        return { source: topic.name, partition, code, message };
      }),
    };
  }

  return { state, stop };
}

/** Where the partitions are that are ours to read; of one not yet claimed, only that it waits. */
function placesOf(
  assigned: ReadonlySet<number>,
  sessions: ReadonlyMap<number, Session>,
  halted: ReadonlyMap<number, RuntimeError>,
): readonly Place[] {
  return [...assigned].flatMap((partition) => {
    if (halted.has(partition)) return [];
    const session = sessions.get(partition);
    if (session === undefined) {
      return [{ partition, done: 0, end: unknownEnd, firstWrittenAt: null }];
    }
    const { standing, end, firstWrittenAt } = session;
    const done = standing.nextOffset;
    return [{ partition, done, end: Math.max(end, done), firstWrittenAt }];
  });
}
