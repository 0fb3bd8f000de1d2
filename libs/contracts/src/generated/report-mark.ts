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
  'PAYOUT',
]);

/** A mark that a window was valued at. */
export type ReportMark = {
  /** Outcome token. */
  readonly token_id: string;
  /** pUSD a share. */
  readonly price: PriceE18;
  /** MID of the book, LAST trade, REPORTED by a trading system, or PAYOUT of a resolved market. */
  readonly kind: 'MID' | 'LAST' | 'REPORTED' | 'PAYOUT';
  /** When it was observed. */
  readonly observed_at: number;
  /** Age at the end of the window, milliseconds. */
  readonly age_ms: number;
};

export function readReportMark(input: Input): ReportMark {
  return {
    token_id: readString(input),
    price: readDecimal(input) as PriceE18,
    kind: readOneOf(input, KIND),
    observed_at: readLong(input),
    age_ms: readLong(input),
  };
}

export function writeReportMark(output: Output, value: ReportMark): void {
  writeString(output, value.token_id);
  writeDecimal(output, value.price);
  writeOneOf(output, KIND, value.kind);
  writeLong(output, value.observed_at);
  writeLong(output, value.age_ms);
}
