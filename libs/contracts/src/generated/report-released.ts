// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  closedSet,
  type Input,
  readArray,
  readLong,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeArray,
  writeLong,
  writeNull,
  writeOneOf,
  writePresent,
  writeString,
} from '../avro/output.ts';

const RELEASE_KIND = closedSet('release_kind', [
  'WINDOW',
  'REVENUE',
  'MODE_HELD',
]);

const SOURCE = closedSet('source', [
  'bus',
  'file',
  'venue',
  'chain',
  'commands',
  'clock',
]);

/** Held reports are released by a reviewed command. Written to every partition. */
export type ReportReleased = {
  /** Identity of this record. Derived from its cause, so that a replay yields the same id. */
  readonly event_id: string;
  /** Follows one business fact through every record that it causes. */
  readonly correlation_id: string;
  /** event_id of the record that caused this one; null where the cause came from outside. */
  readonly causation_id: string | null;
  /** Processor that wrote this record, as id and version: fill-ingestor/1. */
  readonly producer: string;
  /** When it happened, UTC, microseconds since 1970. */
  readonly effective_at: number;
  /** When it was written, UTC, microseconds since 1970. Of an emitted record: recorded_at of the log event that caused it. */
  readonly recorded_at: number;
  /** Place in the order of events that are written to every partition; the same in each of them. */
  readonly market_seq: number;
  /** What was held: a window, a revenue day, or whatever the mode held. */
  readonly release_kind: 'WINDOW' | 'REVENUE' | 'MODE_HELD';
  /** Reports that are released, sorted, each once; empty for MODE_HELD. */
  readonly report_ids: readonly string[];
  /** MODE_HELD: reports of log offsets below this one are released, in each partition; null otherwise. */
  readonly until_offset: number | null;
  /** Who asked. */
  readonly proposed_by: string;
  /** Who reviewed. */
  readonly approved_by: string;
  /** Why, in words. */
  readonly reason: string;
  /** Reader that brought this fact. */
  readonly source: 'bus' | 'file' | 'venue' | 'chain' | 'commands' | 'clock';
  /** Place in the source: topic/partition/offset, file hash and row, or block and log index. */
  readonly source_position: string;
};

export function readReportReleased(input: Input): ReportReleased {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    market_seq: readLong(input),
    release_kind: readOneOf(input, RELEASE_KIND),
    report_ids: readArray(input, readString),
    until_offset: readPresent(input) ? readLong(input) : null,
    proposed_by: readString(input),
    approved_by: readString(input),
    reason: readString(input),
    source: readOneOf(input, SOURCE),
    source_position: readString(input),
  };
}

export function writeReportReleased(output: Output, value: ReportReleased): void {
  writeString(output, value.event_id);
  writeString(output, value.correlation_id);
  if (value.causation_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.causation_id);
  }
  writeString(output, value.producer);
  writeLong(output, value.effective_at);
  writeLong(output, value.recorded_at);
  writeLong(output, value.market_seq);
  writeOneOf(output, RELEASE_KIND, value.release_kind);
  writeArray(output, value.report_ids, writeString);
  if (value.until_offset === null) writeNull(output);
  else {
    writePresent(output);
    writeLong(output, value.until_offset);
  }
  writeString(output, value.proposed_by);
  writeString(output, value.approved_by);
  writeString(output, value.reason);
  writeOneOf(output, SOURCE, value.source);
  writeString(output, value.source_position);
}
