// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PriceE18,
} from '@polytraders/money';
import {
  closedSet,
  type Input,
  readDecimal,
  readLong,
  readOneOf,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeDecimal,
  writeLong,
  writeOneOf,
  writeString,
} from '../avro/output.ts';

const KIND = closedSet('kind', [
  'MID',
  'LAST',
  'REPORTED',
]);

/** A price of a token as it was known when the event was written. */
export type Mark = {
  /** Outcome token that the price is of. */
  readonly token_id: string;
  /** pUSD a share. */
  readonly price: PriceE18;
  /** MID of the book, LAST trade, or REPORTED by the trading system with its fill. */
  readonly kind: 'MID' | 'LAST' | 'REPORTED';
  /** When the price was observed; its age is counted from here. */
  readonly observed_at: number;
};

export function readMark(input: Input): Mark {
  return {
    token_id: readString(input),
    price: readDecimal(input) as PriceE18,
    kind: readOneOf(input, KIND),
    observed_at: readLong(input),
  };
}

export function writeMark(output: Output, value: Mark): void {
  writeString(output, value.token_id);
  writeDecimal(output, value.price);
  writeOneOf(output, KIND, value.kind);
  writeLong(output, value.observed_at);
}
