// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type RateMicros,
} from '@polytraders/money';
import {
  type Input,
  readBoolean,
  readDecimal,
  readInt,
} from '../avro/input.ts';
import {
  type Output,
  writeBoolean,
  writeDecimal,
  writeInt,
} from '../avro/output.ts';

/** The venue's fee formula of a market: shares × rate × (p × (1 − p))^exponent. */
export type FeeSchedule = {
  /** Fee rate, a plain ratio: 0.05 is five per cent. */
  readonly rate: RateMicros;
  /** Exponent of p × (1 − p). */
  readonly exponent: number;
  /** True when makers pay nothing. */
  readonly taker_only: boolean;
};

export function readFeeSchedule(input: Input): FeeSchedule {
  return {
    rate: readDecimal(input) as RateMicros,
    exponent: readInt(input),
    taker_only: readBoolean(input),
  };
}

export function writeFeeSchedule(output: Output, value: FeeSchedule): void {
  writeDecimal(output, value.rate);
  writeInt(output, value.exponent);
  writeBoolean(output, value.taker_only);
}
