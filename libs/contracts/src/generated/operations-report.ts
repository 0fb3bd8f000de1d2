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

const EVENT_TYPE = closedSet('event_type', [
  'KILL_SWITCH',
]);

/** What operations did to the trading systems. */
export type OperationsReport = {
  /** What kind of operation. */
  readonly event_type: 'KILL_SWITCH';
  /** True while trading is halted. */
  readonly active: boolean;
  /** When the switch was last moved. */
  readonly since: number;
  /** The bot that is halted; null means all of them. */
  readonly bot_id: string | null;
  /** Why, in words. */
  readonly reason: string;
};

export function readOperationsReport(input: Input): OperationsReport {
  return {
    event_type: readOneOf(input, EVENT_TYPE),
    active: readBoolean(input),
    since: readLong(input),
    bot_id: readPresent(input) ? readString(input) : null,
    reason: readString(input),
  };
}

export function writeOperationsReport(output: Output, value: OperationsReport): void {
  writeOneOf(output, EVENT_TYPE, value.event_type);
  writeBoolean(output, value.active);
  writeLong(output, value.since);
  if (value.bot_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.bot_id);
  }
  writeString(output, value.reason);
}
