/**
 * Where a processor's input comes from: a Kafka topic, or a table that is appended in order.
 * Both are partitioned logs with dense places; the fenced partition task does not care which.
 */

import { RuntimeError } from '../errors.ts';
import { type Membership, type MembershipOptions, type Reader } from '../kafka/port.ts';
import { type Poison } from '../registry/schema-book.ts';

export type SourceBatch<Raw> = {
  readonly partition: number;
  /** Where the reader stood: nothing between this and `nextOffset` is left out. */
  readonly from: number;
  readonly records: readonly Raw[];
  /** Where to read on; counts places that hold nothing for us. */
  readonly nextOffset: number;
  readonly highWatermark: number;
};

/** Where a partition was left, and what its last record looked like. */
export type Standing = {
  readonly nextOffset: number;
  readonly lastOffset: number | null;
  readonly lastHash: Buffer | null;
};

export type SourceHandlers<Raw> = {
  readonly onBatch: (batch: SourceBatch<Raw>) => Promise<void>;
  readonly onPartitionError: (partition: number, error: Error) => void;
  readonly onOutage: (error: Error) => void;
};

export type SourceReader = {
  /** `isVerified`: `verify` has just passed. Else the log must be that of the last assignment. */
  readonly assign: (partition: number, offset: number, isVerified: boolean) => void;
  readonly unassign: (partition: number) => void;
  readonly close: () => Promise<void>;
};

export type Source<Event, Raw extends { readonly offset: number }> = {
  /** Logical name, as it stands in stream.partition. */
  readonly topic: string;
  readonly join: (
    handlers: Pick<MembershipOptions, 'onAssigned' | 'onRevoking' | 'onOutage'>,
  ) => Promise<Membership>;
  readonly reader: (handlers: SourceHandlers<Raw>) => SourceReader;
  /**
   * Answers where the log ends now. Throws LOG_TRUNCATED or LOG_REPLACED where it is not the one
   * that was read before.
   */
  readonly verify: (partition: number, standing: Standing) => Promise<number>;
  /** Whatever must be awaited before `decode`. */
  readonly prepare: (records: readonly Raw[], signal: AbortSignal) => Promise<void>;
  readonly decode: (record: Raw) => Event | Poison;
  /** Bytes of a poison record, to be kept. */
  readonly rawBytes: (record: Raw) => Buffer | null;
  /** When the record was written, in milliseconds since 1970; null where it does not say. */
  readonly writtenAt: (record: Raw) => number | null;
  /** SHA-256 that tells this record from any other at the same place. */
  readonly hashOf: (record: Raw) => Buffer;
};

/**
 * Throws where a batch begins after the place where its reader's owner stands: a reader that skips
 * would lose records without a word. Nothing of the batch may be used then.
 */
export function requireFollows(
  { partition, from }: Pick<SourceBatch<unknown>, 'partition' | 'from'>,
  next: number,
): void {
  if (from <= next) return;
  throw new RuntimeError(
    'STEP_FAILED',
    `Expected the batch at offset ${next} of partition ${partition}; found the one at ` +
      `${from}. Nothing was folded.`,
    { retryable: true },
  );
}

export type { Reader };
