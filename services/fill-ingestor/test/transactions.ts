/** Transactions for tests: markets with real ids, wallets, logs with a place in a block. */

import { type LogBody, type Market, polygonFee } from '@polytraders/testkit/chain';
import { id } from 'ethers';
import {
  negRiskConditionId,
  standardConditionId,
  tokenIdsOf,
} from '@polytraders/testkit/generator';
import { type TransactionLog } from '../src/sources/chain-logs.ts';
import { POLYGON } from '../src/sources/chain/contracts.ts';
import { readWalletTransaction, type WalletTransaction } from '../src/sources/chain/transaction.ts';

export const ALICE = '0xa11ce00000000000000000000000000000000001';
export const BOB = '0xb0b0000000000000000000000000000000000002';
export const STRANGER = '0x57a0000000000000000000000000000000000003';

export const BLOCK = 94_959_100;
export const BLOCK_TIME = 1_791_143_800;

export function market(name: string): Market {
  const conditionId = standardConditionId(id(name));
  return { conditionId, ids: tokenIdsOf(conditionId, false) };
}

/** A negative-risk event of n questions. */
export function negRiskEvent(name: string, count: number) {
  const marketId = `${id(name).slice(0, -2)}00`;
  const questions = Array.from({ length: count }, (_, index): Market => {
    const conditionId = negRiskConditionId(marketId, index);
    return { conditionId, ids: tokenIdsOf(conditionId, true) };
  });
  return { marketId, questions };
}

/** Logs as a node answers them, Polygon's own last log included. */
export function placed(bodies: readonly LogBody[], name = 'tx'): readonly TransactionLog[] {
  return [...bodies, polygonFee(STRANGER)].map((body, at) => ({
    ...body,
    transactionHash: id(name),
    blockNumber: `0x${BLOCK.toString(16)}`,
    blockHash: id('block'),
    blockTimestamp: `0x${BLOCK_TIME.toString(16)}`,
    logIndex: `0x${at.toString(16)}`,
  }));
}

/** What the wallets of Alice and Bob are told of a transaction, by the book of Polygon. */
export function readBy(
  bodies: readonly LogBody[],
  own: readonly string[] = [ALICE, BOB],
): WalletTransaction {
  return readWalletTransaction(placed(bodies), new Set(own), POLYGON);
}

/** Movements without what they have in common. */
export function movementsOf(transaction: WalletTransaction): readonly object[] {
  const common = ['tx_hash', 'block_number', 'block_hash', 'log_index'];
  return transaction.movements.map(({ type, value }) => ({
    type,
    ...Object.fromEntries(Object.entries(value).filter(([name]) => !common.includes(name))),
  }));
}
