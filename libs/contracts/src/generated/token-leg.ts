// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type ShareMicros,
} from '@polytraders/money';
import {
  type Input,
  readDecimal,
  readInt,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeDecimal,
  writeInt,
  writeNull,
  writePresent,
  writeString,
} from '../avro/output.ts';

/** Shares of one token that moved. */
export type TokenLeg = {
  /** Outcome token. */
  readonly token_id: string;
  /** 0 or 1 within its condition; null where not known. */
  readonly outcome_index: number | null;
  /** Shares, positive. */
  readonly quantity_shares: ShareMicros;
};

export function readTokenLeg(input: Input): TokenLeg {
  return {
    token_id: readString(input),
    outcome_index: readPresent(input) ? readInt(input) : null,
    quantity_shares: readDecimal(input) as ShareMicros,
  };
}

export function writeTokenLeg(output: Output, value: TokenLeg): void {
  writeString(output, value.token_id);
  if (value.outcome_index === null) writeNull(output);
  else {
    writePresent(output);
    writeInt(output, value.outcome_index);
  }
  writeDecimal(output, value.quantity_shares);
}
