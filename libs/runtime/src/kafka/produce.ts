/**
 * Produce requests: batches of one producer to the leaders of their partitions, acknowledged by
 * all in-sync replicas. Sequence numbers are given once per batch; a batch whose reply was lost
 * goes out again with the same bytes, and the broker knows it. Whoever gives up after that may not
 * use the producer again (the numbers would cover other records). A batch that is larger than its
 * topic takes goes out as two halves, which have its numbers between them.
 */
import { createBackoff, type Cluster } from './cluster.ts';
import { brokerRefusal, CODE, isTransient, outage } from './kafka-errors.ts';
import { RuntimeError } from '../errors.ts';
import { type Api, type Lane } from './lane.ts';
import { type OutputRecord, type TopicPartition } from './port.ts';
import { encodeBatch, planBatches, sequenceAfter } from './record-encoder.ts';

export const PRODUCE: Api = { key: 0, version: 7, name: 'Produce' };

/** Below message.max.bytes of a stock broker (1 MiB), with room for the broker's own changes. */
export const MAX_BATCH_BYTES = 1024 * 1024 - 4096;
/** One request carries at most this much; socket.request.max.bytes of a stock broker is 100 MiB. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
/** A request that meets an unfinished transaction is repeated after this. */
export const CONCURRENT_PAUSE_MS = 1;

export type ProducerIdentity = {
  readonly transactionalId: string | null;
  readonly producerId: number;
  readonly epoch: number;
  /** Next sequence number by "topic/partition". */
  readonly sequences: Map<string, number>;
  /** What a batch may have, by topic, where one was too large. */
  readonly batchBytes: Map<string, number>;
  /** Connections of this producer alone, by node. */
  readonly lanes: Map<number, Lane>;
};

type Batch = TopicPartition & {
  readonly records: readonly OutputRecord[];
  readonly firstSequence: number;
  readonly bytes: Buffer;
};

/** The producer's own connection to a node. */
export function laneTo(cluster: Cluster, identity: ProducerIdentity, node: number): Lane {
  const known = identity.lanes.get(node);
  if (known !== undefined) return known;
  const lane = cluster.lane(node);
  identity.lanes.set(node, lane);
  return lane;
}

/** Sends all records, in order per partition. Throws when any of them is finally refused. */
export async function produceAll(
  cluster: Cluster,
  identity: ProducerIdentity,
  records: readonly OutputRecord[],
  deadline: number,
): Promise<void> {
  const queues = encodeAll(identity, records);
  while (queues.size > 0) {
    for (const batch of await sendRound(cluster, identity, takeRound(queues), deadline)) {
      queues.get(keyOf(batch))?.unshift(...halvesOf(identity, batch));
    }
    for (const [key, queue] of queues) if (queue.length === 0) queues.delete(key);
  }
}

/** The next batch of each partition, as far as one request carries them. */
function takeRound(queues: ReadonlyMap<string, Batch[]>): Batch[] {
  const round: Batch[] = [];
  let bytes = 0;
  for (const queue of queues.values()) {
    const next = queue[0];
    if (next === undefined) continue;
    if (round.length > 0 && bytes + next.bytes.length > MAX_REQUEST_BYTES) continue;
    round.push(next);
    bytes += next.bytes.length;
    queue.shift();
  }
  return round;
}

/** Batches of each partition, in order, numbered. */
function encodeAll(
  identity: ProducerIdentity,
  records: readonly OutputRecord[],
): Map<string, Batch[]> {
  const byPartition = new Map<string, OutputRecord[]>();
  for (const record of records) {
    const key = keyOf(record);
    const group = byPartition.get(key);
    if (group === undefined) byPartition.set(key, [record]);
    else group.push(record);
  }
  const timestamp = Date.now();
  const queues = new Map<string, Batch[]>();
  for (const [key, group] of byPartition) {
    const first = identity.sequences.get(key) ?? 0;
    queues.set(key, encodeGroup(identity, group, first, timestamp));
    identity.sequences.set(key, sequenceAfter(first, group.length));
  }
  return queues;
}

/** Records of one partition as batches, numbered from `first` on. */
function encodeGroup(
  identity: ProducerIdentity,
  group: readonly OutputRecord[],
  first: number,
  timestamp: number,
): Batch[] {
  const { topic = '', partition = 0 } = group[0] ?? {};
  const { producerId, epoch, transactionalId } = identity;
  const transactional = transactionalId !== null;
  let firstSequence = first;
  return planBatches(group, MAX_BATCH_BYTES, identity.batchBytes.get(topic)).map((plan) => {
    const origin = { producerId, epoch, firstSequence, transactional, timestamp };
    const bytes = encodeBatch(plan, origin);
    const batch = { topic, partition, records: plan.records, firstSequence, bytes };
    firstSequence = sequenceAfter(firstSequence, plan.records.length);
    return batch;
  });
}

/** The batch as two, and what comes after it in batches of at most their size. */
function halvesOf(identity: ProducerIdentity, batch: Batch): Batch[] {
  const { topic, records, firstSequence, bytes } = batch;
  const known = identity.batchBytes.get(topic) ?? MAX_BATCH_BYTES;
  identity.batchBytes.set(topic, Math.min(known, Math.ceil(bytes.length / 2)));
  const middle = Math.ceil(records.length / 2);
  const timestamp = Date.now();
  return [
    ...encodeGroup(identity, records.slice(0, middle), firstSequence, timestamp),
    ...encodeGroup(
      identity,
      records.slice(middle),
      sequenceAfter(firstSequence, middle),
      timestamp,
    ),
  ];
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

/**
 * One batch per partition, one request per leader, repeated until each batch is in the log. Answers
 * those that are larger than their topic takes, and can be made smaller.
 */
async function sendRound(
  cluster: Cluster,
  identity: ProducerIdentity,
  round: readonly Batch[],
  deadline: number,
): Promise<Batch[]> {
  const backoff = createBackoff();
  const tooLarge: Batch[] = [];
  let open = round;
  while (open.length > 0) {
    const attempts = await byLeader(cluster, open);
    const outcomes = await Promise.all(
      [...attempts].map(([node, batches]) => attempt(cluster, identity, node, batches)),
    );
    const all = outcomes.flat();
    tooLarge.push(...all.filter((each) => each.splits).map((each) => each.batch));
    const failures = all.filter((each) => !each.splits);
    if (failures.length === 0) break;
    const final = failures.find((each) => !each.error.retryable) ?? failures[0];
    if (final !== undefined && (!final.error.retryable || performance.now() >= deadline)) {
      throw final.error;
    }
    open = failures.map((each) => each.batch);
    if (failures.every((each) => each.concurrent)) {
      await new Promise((resolve) => setTimeout(resolve, CONCURRENT_PAUSE_MS));
      continue;
    }
    for (const each of open) cluster.forgetTopic(each.topic);
    await backoff.pause();
  }
  return tooLarge;
}

async function byLeader(
  cluster: Cluster,
  batches: readonly Batch[],
): Promise<Map<number | null, Batch[]>> {
  const groups = new Map<number | null, Batch[]>();
  for (const batch of batches) {
    const node = await cluster.leader(batch).then(
      (leader) => leader.node,
      (error: unknown) => {
        if (error instanceof RuntimeError && error.retryable) return null;
        throw error;
      },
    );
    const group = groups.get(node);
    if (group === undefined) groups.set(node, [batch]);
    else group.push(batch);
  }
  return groups;
}

type Failure = {
  readonly batch: Batch;
  readonly error: RuntimeError;
  readonly concurrent: boolean;
  /** It is larger than its topic takes and has several records. */
  readonly splits: boolean;
};

async function attempt(
  cluster: Cluster,
  identity: ProducerIdentity,
  node: number | null,
  batches: readonly Batch[],
): Promise<Failure[]> {
  const all = (error: RuntimeError): Failure[] =>
    batches.map((batch) => ({ batch, error, concurrent: false, splits: false }));
  if (node === null) return all(outage('A partition has no leader at the moment.'));
  try {
    const codes = await requestProduce(laneTo(cluster, identity, node), identity, batches);
    return batches.flatMap((batch) => {
      const code = codes.get(`${batch.topic}/${batch.partition}`) ?? CODE.NETWORK_EXCEPTION;
      // A number seen before means that the reply of an earlier attempt was lost: it is written.
      if (code === CODE.NONE || code === CODE.DUPLICATE_SEQUENCE_NUMBER) return [];
      return [failureOf(batch, code)];
    });
  } catch (error) {
    if (error instanceof RuntimeError) return all(error);
    throw error;
  }
}

function failureOf(batch: Batch, code: number): Failure {
  const concurrent = code === CODE.CONCURRENT_TRANSACTIONS;
  const again = concurrent || code === CODE.UNKNOWN_TOPIC_OR_PARTITION || isTransient(code);
  const refusal = brokerRefusal(code, `a produce to ${batch.topic}/${batch.partition}`);
  const error = again ? outage(refusal.message, refusal) : refusal;
  const isTooLarge = code === CODE.MESSAGE_TOO_LARGE || code === CODE.RECORD_LIST_TOO_LARGE;
  return { batch, error, concurrent, splits: isTooLarge && batch.records.length > 1 };
}

async function requestProduce(
  lane: Lane,
  identity: ProducerIdentity,
  batches: readonly Batch[],
): Promise<Map<string, number>> {
  const topics = new Map<string, Batch[]>();
  let bytes = 128;
  for (const batch of batches) {
    const group = topics.get(batch.topic);
    if (group === undefined) topics.set(batch.topic, [batch]);
    else group.push(batch);
    bytes += batch.bytes.length + batch.topic.length + 16;
  }
  const answer = await lane.call(
    PRODUCE,
    (writer) => {
      writer.string(identity.transactionalId).int16(-1).int32(30_000);
      writer.array([...topics], ([topic, group]) => {
        writer.string(topic).array(group, (batch) => {
          writer.int32(batch.partition).bytes(batch.bytes);
        });
      });
    },
    { sizeHint: bytes },
  );
  const codes = new Map<string, number>();
  answer.array(() => {
    const topic = answer.string() ?? '';
    answer.array(() => {
      codes.set(`${topic}/${answer.int32()}`, answer.int16());
      answer.int64();
      answer.int64();
      answer.int64();
    });
  });
  lane.throttle(answer.int32());
  return codes;
}
