/**
 * Publishes what was committed, in Kafka transactions that carry their own progress.
 *
 * The ledger is the outbox: after any error the producer is thrown away, a new one with the same
 * id is initialised, ownership is read anew, progress is read anew, and what is missing is built
 * again from ledger entries. Progress is a record in the same transaction, in a topic with one
 * partition per input partition, so its last committed record tells how far the output is.
 */

import { type Emission } from '@polytraders/stream';
import { RuntimeError } from '../errors.ts';
import { MAX_BATCH_BYTES } from '../kafka/produce.ts';
import { type KafkaPort, type OutputRecord, type TransactionalProducer } from '../kafka/port.ts';
import { type Output } from '../postgres/group.ts';

/** A batch of a stock broker holds a megabyte; the rest is for its header and the record's key. */
const MAX_RECORD_BYTES = MAX_BATCH_BYTES - 8 * 1024;

export type PublisherConfig = {
  readonly transactionalId: string;
  readonly progressTopic: string;
};

/** Outputs of one partition whose entries are in the ledger and that come next. */
export type Batch = {
  readonly partition: number;
  readonly outputs: readonly Output[];
  /** Progress after this batch. */
  readonly to: number;
};

/** The records that an entry makes public, encoded. Throws STEP_FAILED where it cannot be said. */
export type Emitter<Entry> = (partition: number, offset: number, entry: Entry) => OutputRecord[];

export type EmitterConfig<Entry> = {
  readonly physicalTopic: (logical: string) => string;
  readonly emit: (
    entry: Entry,
    at: { readonly partition: number; readonly offset: number },
  ) => readonly Emission[];
  readonly encode: (type: string, value: object) => Buffer;
};

export function createEmitter<Entry>(config: EmitterConfig<Entry>): Emitter<Entry> {
  return (partition, offset, entry) => {
    try {
      return config.emit(entry, { partition, offset }).map((emission) => {
        const value = config.encode(emission.record.type, emission.record.value);
        if (value.length > MAX_RECORD_BYTES) throw tooLarge(value.length);
        const { partition: to, key } = emission;
        return { topic: config.physicalTopic(emission.topic), partition: to, key, value };
      });
    } catch (cause) {
      throw new RuntimeError(
        'STEP_FAILED',
        `The ledger entry at offset ${offset} of partition ${partition} cannot be made public: ` +
          `${(cause as Error).message}. The partition stops before it.`,
        { cause, retryable: false },
      );
    }
  };
}

function tooLarge(bytes: number): Error {
  const most = MAX_RECORD_BYTES.toLocaleString('en');
  return new Error(
    `expected a record of at most ${most} bytes, found ${bytes.toLocaleString('en')}`,
  );
}

export type Publisher = {
  /** One transaction for all batches. Returns how many records went out. Throws KAFKA_… errors. */
  readonly publish: (batches: readonly Batch[]) => Promise<number>;
  /** A new producer with the same id: fences our own older one, ends what it had in doubt. */
  readonly renew: () => Promise<void>;
  /**
   * Progress of a partition, or null where none was ever recorded. Only true after `renew` and
   * fencing.
   */
  readonly progress: (partition: number) => Promise<number | null>;
  readonly markStart: (partition: number, offset: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

export function createPublisher(kafka: KafkaPort, config: PublisherConfig): Publisher {
  let producer: TransactionalProducer | null = null;

  function progressRecord(partition: number, next: number): OutputRecord {
    return {
      topic: config.progressTopic,
      partition,
      key: String(partition),
      value: Buffer.from(JSON.stringify({ next, publisher: config.transactionalId })),
    };
  }

  function sound(): TransactionalProducer {
    if (producer !== null && !producer.isBroken()) return producer;
    throw new RuntimeError(
      'KAFKA_PRODUCER_BROKEN',
      'The producer failed before and must be renewed first.',
      { retryable: true },
    );
  }

  async function transact(records: readonly OutputRecord[]): Promise<void> {
    await sound().transact(records);
  }

  return {
    publish: async (batches) => {
      const records: OutputRecord[] = [];
      for (const batch of batches) {
        for (const { record } of batch.outputs) records.push(record);
      }
      if (records.length === 0) return 0;
      const reports = records.length;
      for (const batch of batches) records.push(progressRecord(batch.partition, batch.to));
      await transact(records);
      return reports;
    },
    renew: async () => {
      await producer?.close().catch(() => undefined);
      producer = null;
      producer = await kafka.transactionalProducer(config.transactionalId);
    },
    progress: async (partition) => {
      // What a broken one has left open would hold the answer up until the broker gives it up.
      sound();
      const at = { topic: config.progressTopic, partition };
      const record = await kafka.lastRecord(at, { settled: true });
      if (record?.value == null) return null;
      const text = record.value.toString('utf8');
      const next = nextIn(text);
      if (next !== null) return next;
      throw new RuntimeError(
        'PROGRESS_LOST',
        `Expected progress such as {"next":42} at offset ${record.offset} of ` +
          `${config.progressTopic}, partition ${partition}; found ${text.slice(0, 60)}. Somebody ` +
          'else writes there: stop that, then append the record before it again.',
        { retryable: false },
      );
    },
    markStart: (partition, offset) => transact([progressRecord(partition, offset)]),
    close: async () => {
      await producer?.close().catch(() => undefined);
    },
  };
}

/** The place in a progress record; null where it is none of ours. */
function nextIn(text: string): number | null {
  try {
    const { next } = JSON.parse(text) as { readonly next?: unknown };
    return typeof next === 'number' && Number.isSafeInteger(next) && next >= 0 ? next : null;
  } catch {
    return null;
  }
}
