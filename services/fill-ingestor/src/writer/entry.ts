/**
 * Entries of the writer: the records that it wants on the log or in quarantine, in order. The table
 * is the outbox: recovery publishes from it, so an entry carries its whole record as JSON. In the
 * same run the record itself rides along and is not parsed again.
 */

import {
  codec,
  ContractError,
  type Event,
  fromJson,
  partitionOf,
  type Records,
  type RecordType,
  toJson,
  TOPICS,
} from '@polytraders/contracts';
import { type Emission } from '@polytraders/stream';

export const EVENTS_TOPIC = TOPICS.ledgerEvents.name;
export const QUARANTINE_TOPIC = TOPICS.quarantine.name;

export type Entry = {
  readonly event_id: string;
  readonly record_type: string;
  readonly topic: string;
  readonly key: string;
  readonly fill_id: string | null;
  readonly source_position: string;
  readonly reason_code: string | null;
  readonly recorded_at: number;
  /** JSON form of the record. */
  readonly body: string;
  /** The record, where this entry was made in this run and not read back. */
  readonly record?: Event;
};

export type EntryPlace = {
  readonly key: string;
  readonly fillId: string | null;
  readonly sourcePosition: string;
  readonly reasonCode: string | null;
};

/** An entry for a ledger event. */
export function ledgerEntry<Type extends RecordType>(
  type: Type,
  value: Records[Type] & { readonly event_id: string; readonly recorded_at: number },
  place: EntryPlace,
): Entry {
  return entryOf(EVENTS_TOPIC, type, value, place);
}

/** An entry for an input that cannot be used. It goes to the quarantine topic, never to the log. */
export function quarantineEntry(value: Records['QuarantinedInput'], place: EntryPlace): Entry {
  return entryOf(QUARANTINE_TOPIC, 'QuarantinedInput', value, place);
}

/**
 * What an entry makes public: on the log in the partition of the input, in quarantine by its
 * source.
 */
export function emissionsOf(entry: Entry, at: { readonly partition: number }): readonly Emission[] {
  const record = entry.record ?? reviveRecord(entry);
  const aside = entry.topic === QUARANTINE_TOPIC;
  const partition = aside ? partitionOf(entry.key, TOPICS.quarantine.partitions) : at.partition;
  return [{ topic: entry.topic, partition, key: entry.key, record }];
}

/** No record is larger: a broker takes a megabyte at most, with what the batch says around it. */
export const RECORD_MAX_BYTES = 1_000_000;

/** Throws ContractError where the record of an entry breaks its schema, or no broker takes it. */
export function requireWritable({ record }: Entry): void {
  if (record === undefined) return;
  const { length } = codec.encode(record.type, record.value, 0);
  if (length <= RECORD_MAX_BYTES) return;
  throw new ContractError(
    'NOT_ALLOWED',
    `Expected a ${record.type} of at most ${String(RECORD_MAX_BYTES)} bytes; found ` +
      `${String(length)}.`,
  );
}

function reviveRecord(entry: Entry): Event {
  const type = entry.record_type as RecordType;
  return { type, value: fromJson(type, JSON.parse(entry.body)) } as Event;
}

function entryOf<Type extends RecordType>(
  topic: string,
  type: Type,
  value: Records[Type] & { readonly event_id: string; readonly recorded_at: number },
  place: EntryPlace,
): Entry {
  return {
    event_id: value.event_id,
    record_type: type,
    topic,
    key: place.key,
    fill_id: place.fillId,
    source_position: place.sourcePosition,
    reason_code: place.reasonCode,
    recorded_at: value.recorded_at,
    body: JSON.stringify(toJson(type, value)),
    record: { type, value } as Event,
  };
}
