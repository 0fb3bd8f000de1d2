// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  closedSet,
  type Input,
  readBoolean,
  readLong,
  readOneOf,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeBoolean,
  writeLong,
  writeNull,
  writeOneOf,
  writePresent,
  writeString,
} from '../avro/output.ts';

const SOURCE = closedSet('source', [
  'bus',
  'file',
  'venue',
  'chain',
  'commands',
  'clock',
]);

/** Trading was halted or resumed. Written to every partition. */
export type KillSwitchChanged = {
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
  /** True while trading is halted. */
  readonly active: boolean;
  /** When the switch was last moved. */
  readonly since: number;
  /** The bot that is halted; null means all of them. */
  readonly bot_id: string | null;
  /** Why, in words. */
  readonly reason: string;
  /** Reader that brought this fact. */
  readonly source: 'bus' | 'file' | 'venue' | 'chain' | 'commands' | 'clock';
  /** Place in the source: topic/partition/offset, file hash and row, or block and log index. */
  readonly source_position: string;
};

export function readKillSwitchChanged(input: Input): KillSwitchChanged {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    market_seq: readLong(input),
    active: readBoolean(input),
    since: readLong(input),
    bot_id: readPresent(input) ? readString(input) : null,
    reason: readString(input),
    source: readOneOf(input, SOURCE),
    source_position: readString(input),
  };
}

export function writeKillSwitchChanged(output: Output, value: KillSwitchChanged): void {
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
  writeBoolean(output, value.active);
  writeLong(output, value.since);
  if (value.bot_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.bot_id);
  }
  writeString(output, value.reason);
  writeOneOf(output, SOURCE, value.source);
  writeString(output, value.source_position);
}
