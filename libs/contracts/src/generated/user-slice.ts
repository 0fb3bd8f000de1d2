// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PusdMicros,
} from '@polytraders/money';
import {
  type Input,
  readDecimal,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeDecimal,
  writeString,
} from '../avro/output.ts';

/** Revenue of one user. */
export type UserSlice = {
  /** User, or unattributed. */
  readonly user: string;
  /** Notional. */
  readonly volume_pusd: PusdMicros;
  /** Builder fees. */
  readonly rebate_pusd: PusdMicros;
};

export function readUserSlice(input: Input): UserSlice {
  return {
    user: readString(input),
    volume_pusd: readDecimal(input) as PusdMicros,
    rebate_pusd: readDecimal(input) as PusdMicros,
  };
}

export function writeUserSlice(output: Output, value: UserSlice): void {
  writeString(output, value.user);
  writeDecimal(output, value.volume_pusd);
  writeDecimal(output, value.rebate_pusd);
}
