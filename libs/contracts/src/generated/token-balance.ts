// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type ShareMicros,
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

/** Balance of one token. */
export type TokenBalance = {
  /** Outcome token. */
  readonly token_id: string;
  /** Shares held. */
  readonly balance_shares: ShareMicros;
};

export function readTokenBalance(input: Input): TokenBalance {
  return {
    token_id: readString(input),
    balance_shares: readDecimal(input) as ShareMicros,
  };
}

export function writeTokenBalance(output: Output, value: TokenBalance): void {
  writeString(output, value.token_id);
  writeDecimal(output, value.balance_shares);
}
