/**
 * A Kafka topic as a source: membership by consumer group, positions by us, identity of the log
 * by the hash of the last record read (Kafka's own watermarks cannot tell a re-created topic).
 */

import { createHash } from 'node:crypto';
import { RuntimeError } from '../errors.ts';
import { type KafkaPort, type KafkaRecord } from '../kafka/port.ts';
import { type SchemaBook } from '../registry/schema-book.ts';
import { type Source, type SourceHandlers, type SourceReader, type Standing } from './source.ts';

export type KafkaSourceConfig = {
  /** Logical name and physical name (with prefix). */
  readonly topic: string;
  readonly physicalTopic: string;
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  readonly maxBytes: number;
  readonly maxBytesPerPartition: number;
  readonly maxWaitMs: number;
  /** A compacted topic drops records that were read: of them nothing can be proved. */
  readonly isCompacted?: boolean;
};

export function kafkaSource<Event>(
  kafka: KafkaPort,
  book: SchemaBook,
  config: KafkaSourceConfig,
): Source<Event, KafkaRecord> {
  const topic = config.physicalTopic;

  function reader(handlers: SourceHandlers<KafkaRecord>): SourceReader {
    const inner = kafka.reader({
      isolation: 'read_committed',
      maxWaitMs: config.maxWaitMs,
      minBytes: 1,
      maxBytes: config.maxBytes,
      maxBytesPerPartition: config.maxBytesPerPartition,
      onBatch: handlers.onBatch,
      onPartitionError: (at, error) => handlers.onPartitionError(at.partition, error),
      onOutage: handlers.onOutage,
    });
    return {
      assign: (partition, offset, isVerified) =>
        inner.assign({ topic, partition }, offset, isVerified),
      unassign: (partition) => inner.unassign({ topic, partition }),
      close: inner.close,
    };
  }

  return {
    topic: config.topic,
    reader,
    join: (handlers) =>
      kafka.join({
        groupId: config.groupId,
        topics: [topic],
        sessionTimeoutMs: config.sessionTimeoutMs,
        rebalanceTimeoutMs: 60_000,
        heartbeatIntervalMs: Math.min(3_000, Math.floor(config.sessionTimeoutMs / 3)),
        ...handlers,
      }),
    verify: (partition, standing) => verify(kafka, config, partition, standing),
    prepare: (records, signal) =>
      book.prepare(
        records.map((record) => record.value),
        signal,
      ),
    decode: (record) => book.decode(record.value) as Event,
    rawBytes: (record) => record.value,
    // A producer may leave it out: Kafka says -1 then.
    writtenAt: ({ timestamp }) => (timestamp < 0 ? null : timestamp),
    hashOf,
  };
}

function hashOf(record: KafkaRecord): Buffer {
  const hash = createHash('sha256').update(`${record.offset}:${record.timestamp}:`);
  if (record.key !== null) hash.update(record.key);
  hash.update('\u0000');
  if (record.value !== null) hash.update(record.value);
  return hash.digest();
}

/** Kafka's own watermarks first, then the last record read, then what lies after it. */
async function verify(
  kafka: KafkaPort,
  { physicalTopic: topic, isCompacted = false }: KafkaSourceConfig,
  partition: number,
  { nextOffset, lastOffset, lastHash }: Standing,
): Promise<number> {
  const at = { topic, partition };
  const place = `${topic}, partition ${partition}`;
  const { low, high } = await kafka.watermarks(at);
  if (low > nextOffset) {
    throw new RuntimeError(
      'LOG_TRUNCATED',
      `Expected offset ${nextOffset} of ${place}, but the log starts at ${low}: records that ` +
        'were never folded are gone. Restore the log from its archive; nothing was written.',
      { retryable: false },
    );
  }
  if (high < nextOffset) {
    throw replaced(
      `${place} was read up to offset ${nextOffset}, but the log ends at ${high}: it was cut or ` +
        're-created',
    );
  }
  if (isCompacted) return high;
  if (lastOffset !== null && lastHash !== null && lastOffset >= low) {
    const record = await kafka.recordAt(at, lastOffset);
    if (record === null || !hashOf(record).equals(lastHash)) {
      throw replaced(
        `The record at offset ${lastOffset} of ${place} is ` +
          `${record === null ? 'gone' : 'not the one that was folded'}: the topic was re-created`,
      );
    }
  }
  // Between the last record and the place to read on there is nothing but ends of transactions.
  const from = Math.max(low, lastOffset === null ? 0 : lastOffset + 1);
  const unread = from < nextOffset ? await kafka.lastRecordWithin(at, from, nextOffset) : null;
  if (unread === null) return high;
  throw replaced(
    `${place} is read on at offset ${nextOffset}, but the record at ${unread.offset} was never ` +
      'folded: the topic was re-created, or the row is from another time than the log',
  );
}

function replaced(what: string): RuntimeError {
  return new RuntimeError(
    'LOG_REPLACED',
    `${what}. Restore the log, or rebuild from the new one as a new version; nothing was written.`,
    { retryable: false },
  );
}
