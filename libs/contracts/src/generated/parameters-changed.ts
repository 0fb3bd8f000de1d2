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
import {
  readParameter,
  type Parameter,
  writeParameter,
} from './parameter.ts';

const MODE = closedSet('mode', [
  'shadow_only',
  'limited_live',
  'general_live',
]);

/** Every setting of a processor that can change a number or a field, before it takes effect. Written to every partition. */
export type ParametersChanged = {
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
  /** The processor whose settings these are. */
  readonly processor: string;
  /** What the processor may publish. */
  readonly mode: 'shadow_only' | 'limited_live' | 'general_live';
  /** All settings, sorted by name, also those that did not change. */
  readonly parameters: readonly Parameter[];
  /** Who or what set them. */
  readonly changed_by: string;
};

export function readParametersChanged(input: Input): ParametersChanged {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    market_seq: readLong(input),
    processor: readString(input),
    mode: readOneOf(input, MODE),
    parameters: readArray(input, readParameter),
    changed_by: readString(input),
  };
}

export function writeParametersChanged(output: Output, value: ParametersChanged): void {
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
  writeString(output, value.processor);
  writeOneOf(output, MODE, value.mode);
  writeArray(output, value.parameters, writeParameter);
  writeString(output, value.changed_by);
}
