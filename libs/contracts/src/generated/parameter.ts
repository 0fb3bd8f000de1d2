// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type Input,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeString,
} from '../avro/output.ts';

/** One setting. */
export type Parameter = {
  /** Name of the setting. */
  readonly name: string;
  /** Its value as text; amounts as decimal strings, lists and maps as JSON. */
  readonly value: string;
};

export function readParameter(input: Input): Parameter {
  return {
    name: readString(input),
    value: readString(input),
  };
}

export function writeParameter(output: Output, value: Parameter): void {
  writeString(output, value.name);
  writeString(output, value.value);
}
