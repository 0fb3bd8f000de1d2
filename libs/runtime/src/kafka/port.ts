/**
 * Everything the house asks of Kafka, in one narrow port. Behind it stands kafkajs (its protocol,
 * connection and cluster layers); its producer, consumer group runner and offset manager do not
 * show through, because their defects (see docs/decisions.md) would decide correctness.
 *
 * Three rules of the port:
 *   1. A reader never moves a position by itself. Out of range is an error with a name.
 *   2. A producer that failed once is dead. Its owner makes a new one with the same id.
 *   3. Membership only says which partitions to work on. What may be written is decided by the
 *      epochs in Postgres and by the broker's producer epochs.
 */

export type TopicPartition = { readonly topic: string; readonly partition: number };

export type KafkaRecord = {
  readonly offset: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
  /** Broker or producer time in milliseconds since 1970. */
  readonly timestamp: number;
};

/** What one fetch of one partition brought; control and aborted records are left out already. */
export type FetchedBatch = TopicPartition & {
  readonly records: readonly KafkaRecord[];
  /** Offset at which the next fetch of the partition starts; counts what was left out. */
  readonly nextOffset: number;
  readonly highWatermark: number;
  /** Where the reader stood before it. */
  readonly from: number;
};

export type ReaderOptions = {
  readonly isolation: 'read_committed' | 'read_uncommitted';
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxBytesPerPartition: number;
  /**
   * Called for each fetched partition, in offset order per partition and never twice at once for
   * one. One batch is fetched ahead meanwhile. Empty records with a higher nextOffset happen.
   */
  readonly onBatch: (batch: FetchedBatch) => void | Promise<void>;
  /** OFFSET_OUT_OF_RANGE, topic gone and so on: the partition is taken out of the reader first. */
  readonly onPartitionError: (at: TopicPartition, error: Error) => void;
  /** An outage: the reader goes on trying with back-off; this is for logs and health. */
  readonly onOutage: (error: Error) => void;
};

/** A fetch loop over assigned partitions. The next fetch runs while batches are handled. */
export type Reader = {
  /**
   * Reads on at an offset. `isVerified` (the default): the log was looked at, whatever topic has
   * the name now is taken. Without it a topic made anew since the last assignment is an error,
   * KAFKA_TOPIC_GONE.
   */
  readonly assign: (at: TopicPartition, offset: number, isVerified?: boolean) => void;
  readonly unassign: (at: TopicPartition) => void;
  /** A paused partition keeps its position and is left out of fetches. */
  readonly pause: (at: TopicPartition) => void;
  readonly resume: (at: TopicPartition) => void;
  readonly close: () => Promise<void>;
};

export type MembershipOptions = {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /**
   * A new generation: exactly the partitions to work on from now on. All earlier ones that are
   * not in the list are lost already. Called again after each rebalance; calls never overlap.
   */
  readonly onAssigned: (partitions: readonly TopicPartition[], generation: number) => Promise<void>;
  /** A rebalance has begun: finish what is in flight, within the rebalance timeout, then return. */
  readonly onRevoking: () => Promise<void>;
  readonly onOutage: (error: Error) => void;
};

/** Membership of a consumer group, with heartbeats from a timer of its own. */
export type Membership = {
  /** Milliseconds since the coordinator last confirmed us. */
  readonly confirmedAgoMs: () => number;
  /** Leave the generation and join anew: said by a worker that found itself fenced. */
  readonly rejoin: () => void;
  /** LeaveGroup, so that others take over at once. */
  readonly leave: () => Promise<void>;
};

export type OutputRecord = {
  readonly topic: string;
  readonly partition: number;
  readonly key: string | Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, string | Buffer>>;
};

/** A producer of transactions. `init` has been done: older owners of the id are fenced. */
export type TransactionalProducer = {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly epoch: number;
  /** One whole transaction: begin, send in the given order per partition, commit. */
  readonly transact: (records: readonly OutputRecord[]) => Promise<void>;
  /** For tests of fencing: the two halves of `transact`. */
  readonly send: (records: readonly OutputRecord[]) => Promise<void>;
  readonly commit: () => Promise<void>;
  readonly abort: () => Promise<void>;
  readonly isBroken: () => boolean;
  readonly close: () => Promise<void>;
};

export type Watermarks = {
  readonly low: number;
  readonly high: number;
  readonly lastStable: number;
};

export type KafkaPort = {
  readonly partitionsOf: (topic: string) => Promise<number>;
  /** Kafka's own id of the topic (hex): another one after the topic was deleted and made anew. */
  readonly topicId: (topic: string) => Promise<string>;
  readonly watermarks: (at: TopicPartition) => Promise<Watermarks>;
  /**
   * The record at exactly this offset, or null where there is none (compacted, control, aborted,
   * past the end). Below the low watermark it throws KAFKA_OUT_OF_RANGE.
   */
  readonly recordAt: (at: TopicPartition, offset: number) => Promise<KafkaRecord | null>;
  /** The last committed data record from offset `from` to before `to`; null where there is none. */
  readonly lastRecordWithin: (
    at: TopicPartition,
    from: number,
    to: number,
  ) => Promise<KafkaRecord | null>;
  /** The last committed data record of a partition, read backwards from the last stable offset. */
  readonly lastRecord: (
    at: TopicPartition,
    options?: { readonly settled?: boolean },
  ) => Promise<KafkaRecord | null>;
  readonly reader: (options: ReaderOptions) => Reader;
  readonly join: (options: MembershipOptions) => Promise<Membership>;
  /** InitProducerId on the id: fences its older owner, finishes or aborts what it had in doubt. */
  readonly transactionalProducer: (transactionalId: string) => Promise<TransactionalProducer>;
  /** Init and close: only the fence. */
  readonly fence: (transactionalId: string) => Promise<void>;
  /** Idempotent sends with acks=all and no transaction: generators, commands, alerts. */
  readonly send: (records: readonly OutputRecord[]) => Promise<void>;
  readonly close: () => Promise<void>;
};
