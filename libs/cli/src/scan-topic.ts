/**
 * Reads a topic as any outside reader may: read_committed, every partition from its beginning to
 * the last stable offset as it stood when the scan began. Records of aborted transactions and of
 * transactions still open never show.
 */

import { type KafkaRecord, type SchemaBook, type TopicPartition } from '@polytraders/runtime';
import { type Bus } from './servers.ts';

export type Scanned = {
  readonly partition: number;
  readonly record: KafkaRecord;
  /** The record, or the sentence why its bytes do not decode. */
  readonly content: ReturnType<SchemaBook['decode']>;
};

const FETCH_BYTES = 8 << 20;
const FETCH_BYTES_PER_PARTITION = 2 << 20;
const WAIT_MS = 100;

/**
 * Calls `onRecord` for each committed record, in order per partition; answers how many there were.
 * `only` names the partitions to read; all of them where it is not given. Throws what Kafka throws,
 * so a scan that could not see everything never looks complete.
 */
export async function scanTopic(
  bus: Bus,
  topic: string,
  onRecord: (scanned: Scanned) => void,
  only?: readonly number[],
): Promise<number> {
  const { kafka, book, config, outage } = bus;
  const physical = config.topicPrefix + topic;
  const ends = new Map<number, number>();
  const starts = new Map<number, number>();
  for (let partition = 0; partition < (await kafka.partitionsOf(physical)); partition++) {
    if (only?.includes(partition) === false) continue;
    const { low, lastStable } = await kafka.watermarks({ topic: physical, partition });
    if (lastStable > low) ends.set(partition, lastStable);
    starts.set(partition, low);
  }
  if (ends.size === 0) return 0;
  let count = 0;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const reader = kafka.reader({
    isolation: 'read_committed',
    maxWaitMs: WAIT_MS,
    minBytes: 1,
    maxBytes: FETCH_BYTES,
    maxBytesPerPartition: FETCH_BYTES_PER_PARTITION,
    onBatch: async (batch) => {
      const end = ends.get(batch.partition);
      if (end === undefined) return;
      const records = batch.records.filter((record) => record.offset < end);
      await book.prepare(
        records.map((record) => record.value),
        outage,
      );
      if (outage.aborted) return reject(outage.reason);
      for (const record of records) {
        count += 1;
        onRecord({ partition: batch.partition, record, content: book.decode(record.value) });
      }
      if (batch.nextOffset < end) return;
      ends.delete(batch.partition);
      reader.unassign({ topic: batch.topic, partition: batch.partition });
      if (ends.size === 0) resolve();
    },
    onPartitionError: (_at: TopicPartition, error) => reject(error),
    onOutage: reject,
  });
  for (const partition of ends.keys()) {
    reader.assign({ topic: physical, partition }, starts.get(partition) ?? 0);
  }
  try {
    await promise;
  } finally {
    await reader.close();
  }
  return count;
}
