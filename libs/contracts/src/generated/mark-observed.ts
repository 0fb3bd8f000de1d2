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
]);

/** A price of a token as market data saw it. */
export type MarkObserved = {
  /** Outcome token (ERC-1155 id), uint256 in decimal. */
  readonly token_id: string;
  /** pUSD a share. */
  readonly price: PriceE18;
  /** MID of the book or LAST trade. */
  readonly kind: 'MID' | 'LAST';
  /** When it was observed. */
  readonly observed_at: number;
  /** Where it was observed, for instance clob. */
  readonly source: string;
};

export function readMarkObserved(input: Input): MarkObserved {
  return {
    token_id: readString(input),
    price: readDecimal(input) as PriceE18,
    kind: readOneOf(input, KIND),
    observed_at: readLong(input),
    source: readString(input),
  };
}

export function writeMarkObserved(output: Output, value: MarkObserved): void {
  writeString(output, value.token_id);
  writeDecimal(output, value.price);
  writeOneOf(output, KIND, value.kind);
  writeLong(output, value.observed_at);
  writeString(output, value.source);
}
