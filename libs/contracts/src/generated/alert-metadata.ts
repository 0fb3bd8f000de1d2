// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type Input,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeString,
} from '../avro/output.ts';

/** One named value of an alert. */
export type AlertMetadata = {
  /** What it is. */
  readonly name: string;
  /** Its value as text; amounts as decimal strings. */
  readonly value: string;
};

export function readAlertMetadata(input: Input): AlertMetadata {
  return {
    name: readString(input),
    value: readString(input),
  };
}

export function writeAlertMetadata(output: Output, value: AlertMetadata): void {
  writeString(output, value.name);
  writeString(output, value.value);
}
