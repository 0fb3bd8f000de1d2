// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type Input,
  readLong,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeLong,
  writeString,
} from '../avro/output.ts';

/** The block of a transaction, as its receipt says it. */
export type TransactionPlace = {
  /** Transaction on Polygon, 0x… and lower case. */
  readonly tx_hash: string;
  /** Block of the transaction; never above the one at which the balances were read. */
  readonly block_number: number;
};

export function readTransactionPlace(input: Input): TransactionPlace {
  return {
    tx_hash: readString(input),
    block_number: readLong(input),
  };
}

export function writeTransactionPlace(output: Output, value: TransactionPlace): void {
  writeString(output, value.tx_hash);
  writeLong(output, value.block_number);
}
