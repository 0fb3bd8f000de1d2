/** Questions without a loop: watermarks and single records. */
import { RuntimeError } from '../errors.ts';
import { withRetries, type Cluster, type Leader } from './cluster.ts';
import { fetchFrom, type FetchedPartition } from './fetch.ts';
import { brokerRefusal, CODE, isTransient, outage } from './kafka-errors.ts';
import { type Api, type Lane } from './lane.ts';
import { type KafkaRecord, type TopicPartition, type Watermarks } from './port.ts';
import { decodeRecords } from './record-decoder.ts';

const LIST_OFFSETS: Api = { key: 2, version: 3, name: 'ListOffsets' };

export const LOOKUP_APIS: readonly Api[] = [LIST_OFFSETS];

const EARLIEST = -2;
const LATEST = -1;
const LOOKUP_BYTES = 1024 * 1024;
const LOOKUP_BYTES_EACH = 1024;
/** The last record is looked for this far before the end first, then eight times as far. */
const FIRST_STEP_BACK = 64;
const STEP_GROWTH = 8;

export type Lookups = {
  readonly cluster: Cluster;
  /** How long a question is repeated while brokers are away or leaders move. */
  readonly patienceMs: number;
};

/** Low and high watermark and last stable offset, each as the leader knows it now. */
export function watermarks(lookups: Lookups, at: TopicPartition): Promise<Watermarks> {
  return askLeader(lookups, at, async (lane) => {
    const [low, high, lastStable] = await Promise.all([
      listOffset(lane, at, EARLIEST, false),
      listOffset(lane, at, LATEST, false),
      listOffset(lane, at, LATEST, true),
    ]);
    return { low, high, lastStable };
  });
}

/** See KafkaPort.recordAt. Below the low watermark it throws KAFKA_OUT_OF_RANGE. */
export async function recordAt(
  lookups: Lookups,
  at: TopicPartition,
  offset: number,
): Promise<KafkaRecord | null> {
  // One byte is enough: the broker sends the first batch whole.
  const fetched = await fetchOne(lookups, at, offset, 1);
  if (fetched === null) return null;
  const { records } = decodeRecords(fetched.recordSet, offset, fetched.aborted);
  const first = records[0];
  return first?.offset === offset ? first : null;
}

/** See KafkaPort.lastRecord. */
export async function lastRecord(
  lookups: Lookups,
  at: TopicPartition,
  options: { readonly settled?: boolean } = {},
): Promise<KafkaRecord | null> {
  const first = await watermarks(lookups, at);
  const { low } = first;
  const lastStable =
    options.settled === true ? await settledEnd(lookups, at, first) : first.lastStable;
  let step = FIRST_STEP_BACK;
  for (let end = lastStable; end > low;) {
    const start = Math.max(low, end - step);
    const found = await lastRecordWithin(lookups, at, start, end);
    if (found !== null) return found;
    end = start;
    step *= STEP_GROWTH;
  }
  return null;
}

/**
 * Waits until what lay in the log when it was asked is decided: a commit is answered before its
 * markers are in the log, and until then a reader of committed records does not see it.
 */
async function settledEnd(
  lookups: Lookups,
  at: TopicPartition,
  first: Watermarks,
): Promise<number> {
  let { lastStable } = first;
  if (lastStable >= first.high) return lastStable;
  return withRetries(performance.now() + lookups.patienceMs, async () => {
    ({ lastStable } = await watermarks(lookups, at));
    if (lastStable >= first.high) return lastStable;
    throw outage(
      `Expected the transactions of ${at.topic}/${at.partition} to be ended up to ` +
        `${first.high}; found one open at ${lastStable}. It ends with its time limit, or when ` +
        'its id is taken over.',
    );
  });
}

/** See KafkaPort.lastRecordWithin. */
export async function lastRecordWithin(
  lookups: Lookups,
  at: TopicPartition,
  start: number,
  end: number,
): Promise<KafkaRecord | null> {
  let last: KafkaRecord | null = null;
  for (let position = start; position < end;) {
    // A question about few offsets is not answered with a megabyte.
    const most = Math.min(LOOKUP_BYTES, (end - position) * LOOKUP_BYTES_EACH);
    const fetched = await fetchOne(lookups, at, position, most);
    if (fetched === null) break;
    const { records, nextOffset } = decodeRecords(fetched.recordSet, position, fetched.aborted);
    last = records.findLast((record) => record.offset < end) ?? last;
    if (nextOffset <= position) break;
    position = nextOffset;
  }
  return last;
}

/** One read_committed fetch without waiting; null past the end. */
function fetchOne(
  lookups: Lookups,
  at: TopicPartition,
  offset: number,
  maxBytes: number,
): Promise<FetchedPartition | null> {
  return askLeader(lookups, at, async (lane, leader) => {
    const target = {
      topicId: leader.topicId,
      partition: at.partition,
      leaderEpoch: leader.epoch,
      offset,
      maxBytes,
    };
    const limits = { readCommitted: true, maxWaitMs: 0, minBytes: 0, maxBytes };
    const answer = await fetchFrom(lane, [target], limits);
    const fetched = answer.partitions[0];
    if (fetched === undefined) throw outage(`Kafka left ${at.topic} out of its answer.`);
    if (fetched.error === CODE.OFFSET_OUT_OF_RANGE) {
      const low = await listOffset(lane, at, EARLIEST, false);
      if (offset >= low) return null;
      throw new RuntimeError(
        'KAFKA_OUT_OF_RANGE',
        `Expected offset ${offset} in ${at.topic}/${at.partition}; the log starts at ${low}. ` +
          'The record was deleted by retention or by hand.',
      );
    }
    failUnlessNone(fetched.error, `a fetch of ${at.topic}/${at.partition}`);
    return fetched;
  });
}

async function listOffset(
  lane: Lane,
  at: TopicPartition,
  timestamp: number,
  readCommitted: boolean,
): Promise<number> {
  const answer = await lane.call(LIST_OFFSETS, (writer) => {
    writer
      .int32(-1)
      .int8(readCommitted ? 1 : 0)
      .array([at], ({ topic, partition }) => {
        writer.string(topic).array([partition], (each) => writer.int32(each).int64(timestamp));
      });
  });
  answer.int32();
  const found = answer.array(() => {
    answer.string();
    return answer.array(() => {
      answer.int32();
      const error = answer.int16();
      answer.int64();
      return { error, offset: answer.int64() };
    });
  });
  const only = found.flat()[0];
  if (only === undefined) throw outage(`Kafka left ${at.topic} out of its answer.`);
  failUnlessNone(only.error, `ListOffsets of ${at.topic}/${at.partition}`);
  return only.offset;
}

/** Asks the partition's leader; looks it up again and repeats after a retryable failure. */
function askLeader<T>(
  lookups: Lookups,
  at: TopicPartition,
  ask: (lane: Lane, leader: Leader) => Promise<T>,
): Promise<T> {
  const { cluster } = lookups;
  return withRetries(performance.now() + lookups.patienceMs, async () => {
    try {
      const leader = await cluster.leader(at);
      return await ask(cluster.shared(leader.node), leader);
    } catch (error) {
      cluster.forgetTopic(at.topic);
      throw error;
    }
  });
}

/** A stale topic id or leader is worth another look; what stays refused is thrown as it is. */
function failUnlessNone(code: number, what: string): void {
  if (code === CODE.NONE) return;
  const refusal = brokerRefusal(code, what);
  const stale =
    isTransient(code) ||
    code === CODE.UNKNOWN_TOPIC_OR_PARTITION ||
    code === CODE.UNKNOWN_TOPIC_ID ||
    code === CODE.INCONSISTENT_TOPIC_ID;
  throw stale ? outage(refusal.message, refusal) : refusal;
}
