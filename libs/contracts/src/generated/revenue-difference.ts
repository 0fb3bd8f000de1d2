// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PusdMicros,
} from '@polytraders/money';
import {
  type Input,
  readDecimal,
  readInt,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeDecimal,
  writeInt,
  writeString,
} from '../avro/output.ts';

/** Differences between our lines and the official ones that have one cause. */
export type RevenueDifference = {
  /** The cause. */
  readonly class: string;
  /** Lines. */
  readonly count: number;
  /** Internal less official, signed. */
  readonly amount_pusd: PusdMicros;
};

export function readRevenueDifference(input: Input): RevenueDifference {
  return {
    class: readString(input),
    count: readInt(input),
    amount_pusd: readDecimal(input) as PusdMicros,
  };
}

export function writeRevenueDifference(output: Output, value: RevenueDifference): void {
  writeString(output, value.class);
  writeInt(output, value.count);
  writeDecimal(output, value.amount_pusd);
}
