/**
 * What a transaction tells of our wallets, as inputs of the inbox. Pure. An input's place is its
 * transaction and what in it it is (`order:<hash>`, `movement:<type>:<place>`, `odd`): the same in
 * whichever block the transaction lies, so that it is told once.
 */

import { type RawInput, type RawFillLog } from '../../raw.ts';
import { type ReadFill } from './matches.ts';
import { type Movement } from './movement-values.ts';
import { type Unclassified, type WalletTransaction } from './transaction.ts';

export type WalletInput = {
  readonly account: string;
  readonly position: string;
  readonly raw: RawInput;
  /** What was read, for people: the log of a fill, a movement's record, what could not be told. */
  readonly text: string;
};

export type FillStanding = 'MINED' | 'CONFIRMED' | 'FAILED';

/** The inputs of a final transaction: fills, then movements, then what is set aside. */
export function inputsOfTransaction(transaction: WalletTransaction): readonly WalletInput[] {
  const { fills, movements, unclassified, wallets, malformed } = transaction;
  return [
    ...fills.map((fill) => inputOfFill(fill, 'CONFIRMED')),
    ...movements.map((movement) => inputOfMovement(movement, transaction)),
    ...unclassified.map((one) => inputOfRest(one, transaction)),
    ...(malformed.length === 0 ? [] : wallets.map((wallet) => inputOfOdd(wallet, transaction))),
  ];
}

/** Transfers of tokens that the ledger does not know, as they will be told once it does. */
export function inputsOfForeign(transaction: WalletTransaction): readonly WalletInput[] {
  return transaction.foreign.map((movement) => inputOfMovement(movement, transaction));
}

/** Where a fill is found, whichever block it lies in: its transaction and its order. */
export function placeOfFill({ transactionHash, event }: ReadFill): string {
  return `${transactionHash.toLowerCase()}/order:${event.orderHash}`;
}

/** A fill as it stands: in a block that may still go, in a final one, or in none any more. */
export function inputOfFill({ event, ...log }: ReadFill, standing: FillStanding): WalletInput {
  const raw: RawInput = {
    format: 'order-filled',
    log: log satisfies RawFillLog,
    terms: null,
    ...(standing === 'CONFIRMED' ? {} : { status: standing }),
  };
  const position = placeOfFill({ ...log, event });
  // A rung may be told again from another block; the end is told once.
  const rung = standing === 'MINED' ? `/mined:${log.blockHash ?? ''}` : '';
  return {
    account: event.maker,
    position: `${position}${standing === 'FAILED' ? '/failed' : rung}`,
    raw,
    text: JSON.stringify(log),
  };
}

function inputOfMovement(movement: Movement, { place }: WalletTransaction): WalletInput {
  const { type, account, value } = movement;
  return {
    account,
    position: `${place.txHash}/${account}/movement:${type}:${movement.place}`,
    raw: {
      format: 'movement',
      type,
      source: 'chain',
      value,
      effectiveAt: place.blockTime === null ? null : place.blockTime * 1_000_000,
      terms: null,
    },
    text: JSON.stringify({ type, ...value }),
  };
}

/** Logs that a known contract cannot have written: what else it tells may not be all. */
function inputOfOdd(account: string, { place, malformed, logs }: WalletTransaction): WalletInput {
  const because = `Transaction ${place.txHash}: ${malformed.join(' ')}`;
  return {
    account,
    position: `${place.txHash}/${account}/malformed`,
    raw: { format: 'unusable', because, recordType: 'ChainTransaction', account },
    text: JSON.stringify({ tx_hash: place.txHash, account, logs }),
  };
}

function inputOfRest(
  { account, because, legs }: Unclassified,
  { place, logs }: WalletTransaction,
): WalletInput {
  return {
    account,
    position: `${place.txHash}/${account}/odd`,
    raw: {
      format: 'unusable',
      because: `Transaction ${place.txHash}: ${because}`,
      recordType: 'ChainTransaction',
      reason: 'GOV_MOVEMENT_UNCLASSIFIED',
      account,
      blockNumber: place.blockNumber,
    },
    text: JSON.stringify({ tx_hash: place.txHash, account, legs, logs }),
  };
}
