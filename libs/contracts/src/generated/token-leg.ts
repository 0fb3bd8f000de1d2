// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type ShareMicros,
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

/** Shares of one token that moved. */
export type TokenLeg = {
  /** Outcome token. */
  readonly token_id: string;
  /** 0 or 1 within its condition. */
  readonly outcome_index: number;
  /** Shares, positive. */
  readonly quantity_shares: ShareMicros;
};

export function readTokenLeg(input: Input): TokenLeg {
  return {
    token_id: readString(input),
    outcome_index: readInt(input),
    quantity_shares: readDecimal(input) as ShareMicros,
  };
}

export function writeTokenLeg(output: Output, value: TokenLeg): void {
  writeString(output, value.token_id);
  writeInt(output, value.outcome_index);
  writeDecimal(output, value.quantity_shares);
}
