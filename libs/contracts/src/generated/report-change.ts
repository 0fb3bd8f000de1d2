// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type Input,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeNull,
  writePresent,
  writeString,
} from '../avro/output.ts';

/** One field that a correction changes. */
export type ReportChange = {
  /** Name of the field. */
  readonly field: string;
  /** Its value as published, in the JSON form; null where it had none. */
  readonly before: string | null;
  /** Its value as corrected, in the JSON form; null where it has none. */
  readonly after: string | null;
};

export function readReportChange(input: Input): ReportChange {
  return {
    field: readString(input),
    before: readPresent(input) ? readString(input) : null,
    after: readPresent(input) ? readString(input) : null,
  };
}

export function writeReportChange(output: Output, value: ReportChange): void {
  writeString(output, value.field);
  if (value.before === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.before);
  }
  if (value.after === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.after);
  }
}
