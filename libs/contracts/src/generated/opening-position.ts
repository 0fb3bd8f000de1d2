// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PusdMicros,
  type ShareMicros,
} from '@polytraders/money';
import {
  type Input,
  readDecimal,
  readLong,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeDecimal,
  writeLong,
  writeNull,
  writePresent,
  writeString,
} from '../avro/output.ts';

/** Shares that an account held before its books began. */
export type OpeningPosition = {
  /** Bot whose book gets them. */
  readonly trading_bot_id: string;
  /** Condition of the token; null where not known. */
  readonly condition_id: string | null;
  /** Outcome token. */
  readonly token_id: string;
  /** Shares, positive. */
  readonly quantity_shares: ShareMicros;
  /** Cost of this lot; null is unknown, which is never 0. */
  readonly basis_pusd: PusdMicros | null;
  /** When the lot was bought; null where not known. */
  readonly acquired_at: number | null;
};

export function readOpeningPosition(input: Input): OpeningPosition {
  return {
    trading_bot_id: readString(input),
    condition_id: readPresent(input) ? readString(input) : null,
    token_id: readString(input),
    quantity_shares: readDecimal(input) as ShareMicros,
    basis_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    acquired_at: readPresent(input) ? readLong(input) : null,
  };
}

export function writeOpeningPosition(output: Output, value: OpeningPosition): void {
  writeString(output, value.trading_bot_id);
  if (value.condition_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.condition_id);
  }
  writeString(output, value.token_id);
  writeDecimal(output, value.quantity_shares);
  if (value.basis_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.basis_pusd);
  }
  if (value.acquired_at === null) writeNull(output);
  else {
    writePresent(output);
    writeLong(output, value.acquired_at);
  }
}
