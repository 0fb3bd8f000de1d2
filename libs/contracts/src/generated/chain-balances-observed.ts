// Generated from schemas/ by `npm run -w libs/contracts generate`. Do not edit.

import {
  type PusdMicros,
} from '@polytraders/money';
import {
  type Input,
  readArray,
  readDecimal,
  readLong,
  readPresent,
  readString,
} from '../avro/input.ts';
import {
  type Output,
  writeArray,
  writeDecimal,
  writeLong,
  writeNull,
  writePresent,
  writeString,
} from '../avro/output.ts';
import {
  readTokenBalance,
  type TokenBalance,
  writeTokenBalance,
} from './token-balance.ts';
import {
  readTransactionPlace,
  type TransactionPlace,
  writeTransactionPlace,
} from './transaction-place.ts';

/** Balances of an account at one block, or why they could not be read. */
export type ChainBalancesObserved = {
  /** Identity of this record. Derived from its cause, so that a replay yields the same id. */
  readonly event_id: string;
  /** Follows one business fact through every record that it causes. */
  readonly correlation_id: string;
  /** event_id of the record that caused this one; null where the cause came from outside. */
  readonly causation_id: string | null;
  /** Processor that wrote this record, as id and version: fill-ingestor/1. */
  readonly producer: string;
  /** When it happened, UTC, microseconds since 1970. */
  readonly effective_at: number;
  /** When it was written, UTC, microseconds since 1970. Of an emitted record: recorded_at of the log event that caused it. */
  readonly recorded_at: number;
  /** Wallet that holds the inventory, 0x and lower case; paper accounts are paper:0x…. */
  readonly account: string;
  /** Window that the observation is for; null for one taken on request. Of several for one account and window the last one with balances counts. */
  readonly window_id: string | null;
  /** Block at which was read; null with an error. */
  readonly block_number: number | null;
  /** Hash of that block; null with an error. */
  readonly block_hash: string | null;
  /** Time of that block; null with an error. */
  readonly block_time: number | null;
  /** pUSD in the wallet; null with an error. */
  readonly balance_pusd: PusdMicros | null;
  /** ERC-1155 balances of the tokens that were asked for, also those that are 0, sorted by token; of a token that is not there nothing is known. Empty with an error. */
  readonly tokens: readonly TokenBalance[];
  /** Why the balances could not be read; null when they were. */
  readonly error: string | null;
  /** Blocks of transactions of the account of which the log says no block: what its fills and movements of them have moved is settled there. Each is told once, sorted by transaction. Empty with an error. */
  readonly transactions: readonly TransactionPlace[];
};

export function readChainBalancesObserved(input: Input): ChainBalancesObserved {
  return {
    event_id: readString(input),
    correlation_id: readString(input),
    causation_id: readPresent(input) ? readString(input) : null,
    producer: readString(input),
    effective_at: readLong(input),
    recorded_at: readLong(input),
    account: readString(input),
    window_id: readPresent(input) ? readString(input) : null,
    block_number: readPresent(input) ? readLong(input) : null,
    block_hash: readPresent(input) ? readString(input) : null,
    block_time: readPresent(input) ? readLong(input) : null,
    balance_pusd: readPresent(input) ? readDecimal(input) as PusdMicros : null,
    tokens: readArray(input, readTokenBalance),
    error: readPresent(input) ? readString(input) : null,
    transactions: readArray(input, readTransactionPlace),
  };
}

export function writeChainBalancesObserved(output: Output, value: ChainBalancesObserved): void {
  writeString(output, value.event_id);
  writeString(output, value.correlation_id);
  if (value.causation_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.causation_id);
  }
  writeString(output, value.producer);
  writeLong(output, value.effective_at);
  writeLong(output, value.recorded_at);
  writeString(output, value.account);
  if (value.window_id === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.window_id);
  }
  if (value.block_number === null) writeNull(output);
  else {
    writePresent(output);
    writeLong(output, value.block_number);
  }
  if (value.block_hash === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.block_hash);
  }
  if (value.block_time === null) writeNull(output);
  else {
    writePresent(output);
    writeLong(output, value.block_time);
  }
  if (value.balance_pusd === null) writeNull(output);
  else {
    writePresent(output);
    writeDecimal(output, value.balance_pusd);
  }
  writeArray(output, value.tokens, writeTokenBalance);
  if (value.error === null) writeNull(output);
  else {
    writePresent(output);
    writeString(output, value.error);
  }
  writeArray(output, value.transactions, writeTransactionPlace);
}
