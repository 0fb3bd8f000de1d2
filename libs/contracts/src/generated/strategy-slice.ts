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

/** Revenue of one strategy. */
export type StrategySlice = {
  /** Strategy, or unattributed. */
  readonly strategy: string;
  /** Notional. */
  readonly volume_pusd: PusdMicros;
  /** Builder fees. */
  readonly rebate_pusd: PusdMicros;
};

export function readStrategySlice(input: Input): StrategySlice {
  return {
    strategy: readString(input),
    volume_pusd: readDecimal(input) as PusdMicros,
    rebate_pusd: readDecimal(input) as PusdMicros,
  };
}

export function writeStrategySlice(output: Output, value: StrategySlice): void {
  writeString(output, value.strategy);
  writeDecimal(output, value.volume_pusd);
  writeDecimal(output, value.rebate_pusd);
}
