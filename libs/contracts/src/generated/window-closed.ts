// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  closedSet,
  type Input,
  readArray,
  readBoolean,
  readInt,
  readLong,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeArray,
  writeBoolean,
  writeInt,
  writeLong,
  writeNull,
  writeOneOf,
  writePresent,
  writeString,
} from '../avro/output.ts';
import {
  readMark,
  type Mark,
  writeMark,
} from './mark.ts';

const WINDOW_KIND = closedSet('window_kind', [
  'daily',
  'weekly',
]);

/** A report window has ended. Written to every partition, each with the marks of the tokens held there. */
export type WindowClosed = {
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
  /** Hash of kind and end. */
  readonly window_id: string;
  /** Length of the window. */
  readonly window_kind: 'daily' | 'weekly';
  /** First instant of the window. */
  readonly window_start: number;
  /** First instant after the window. */
  readonly window_end: number;
  /** True where the window lies before the one in which the ledger first ran, and was closed because an import brought a fill of it. */
  readonly backfilled: boolean;
  /** Marks of the tokens held in this partition, of the other tokens of their markets and of all YES tokens of their events, sorted by token; of each the one nearest to window_end, a mid within a minute of it before a last trade. The age of one is window_end − observed_at; negative where it was observed after the window. */
  readonly marks: readonly Mark[];
  /** Marks that were known and did not fit into the record: those farthest from window_end. */
  readonly marks_left_out: number;
};

export function readWindowClosed(input: Input): WindowClosed {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    market_seq: readLong(input),
    window_id: readString(input),
    window_kind: readOneOf(input, WINDOW_KIND),
    window_start: readLong(input),
    window_end: readLong(input),
    backfilled: readBoolean(input),
    marks: readArray(input, readMark),
    marks_left_out: readInt(input),
  };
}

export function writeWindowClosed(output: Output, value: WindowClosed): void {
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
  writeString(output, value.window_id);
  writeOneOf(output, WINDOW_KIND, value.window_kind);
  writeLong(output, value.window_start);
  writeLong(output, value.window_end);
  writeBoolean(output, value.backfilled);
  writeArray(output, value.marks, writeMark);
  writeInt(output, value.marks_left_out);
}
