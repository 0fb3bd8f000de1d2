// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PusdMicros,
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

/** Shares of one token that were burned for their payout. */
export type RedeemedLeg = {
  /** Outcome token. */
  readonly token_id: string;
  /** 0 or 1 within its condition; null where not known. */
  readonly outcome_index: number | null;
  /** Shares burned. */
  readonly quantity_shares: ShareMicros;
  /** Collateral paid for them; null where only the sum of the transaction is known. */
  readonly payout_pusd: PusdMicros | null;
};

export function readRedeemedLeg(input: Input): RedeemedLeg {
  return {
    token_id: readString(input),
    outcome_index: readPresent(input) ? readInt(input) : null,
    quantity_shares: readDecimal(input) as ShareMicros,
    payout_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
  };
}

export function writeRedeemedLeg(output: Output, value: RedeemedLeg): void {
  writeString(output, value.token_id);
  if (value.outcome_index === null) writeNull(output);
  else {
    writePresent(output);
    writeInt(output, value.outcome_index);
  }
  writeDecimal(output, value.quantity_shares);
  if (value.payout_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.payout_pusd);
  }
}
