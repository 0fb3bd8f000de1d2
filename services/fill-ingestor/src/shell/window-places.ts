/**
 * The blocks of transactions of which the log says none. A fill of the bus may name its transaction
 * and no block, and a row of a file never names one; without a block nobody can say on which side
 * of a window's end it lies (rule B13). Its receipt says it, asked of the node that is asked for
 * the balances; the answer goes on the log with them (`ChainBalancesObserved.transactions`).
 *
 *   a receipt of a block up to the window's, which is on the chain   PLACED: told
 *   of a block above it                        LATER: asked for at the end of a later window
 *   of a transaction that was reverted         REVERTED: nothing has moved, and nobody asks again
 *   none                                       UNKNOWN: asked for again by the window
 *   of a block that is not on the chain        CHAIN_MISPLACED, as for balances
 *   another one from the second node           CHAIN_MISPLACED
 *   what is no receipt, or of another one      CHAIN_UNREADABLE
 *   no answer                                  CHAIN_OUTAGE and the others of chain-rpc.ts
 *
 * An error keeps the account from its answer, for what is not asked may be drift. A transaction
 * that is unknown does so for a few tries only: it may never come, and then the drift is right.
 */

import { type RuntimeError } from '@polytraders/runtime';
import type pg from 'pg';
import {
  type Header,
  headerOf,
  placeOfTransaction,
  type TransactionPlace,
} from './chain-answers.ts';
import { type ChainRpc, failure } from './chain-rpc.ts';
import { type Pending } from './window-balances-store.ts';
import { notePlaces, type Placed, transactionsToPlace } from './window-places-store.ts';

export type Placing = {
  readonly database: pg.Pool;
  readonly rpc: ChainRpc;
  readonly second: ChainRpc;
};

/** Receipts that are asked for at a time. */
const RECEIPTS_AT_ONCE = 200;

/**
 * Asks for the receipts of an account's transactions, as far as a window has to. Answers why some
 * are still unknown; null where none is. Throws RuntimeError CHAIN_….
 */
export async function placeTransactions(
  placing: Placing,
  window: Pending,
  account: string,
  block: Header,
): Promise<RuntimeError | null> {
  const { database } = placing;
  let after = '';
  let unknown = 0;
  let first: string | null = null;
  for (;;) {
    const page = { account, after, limit: RECEIPTS_AT_ONCE };
    const hashes = await transactionsToPlace(database, window, block.number, page);
    if (hashes.length === 0) break;
    const places = await placesOf(placing, hashes, block);
    await notePlaces(database, window.windowId, account, places);
    const lacking = places.filter(({ outcome }) => outcome === 'UNKNOWN');
    unknown += lacking.length;
    first ??= lacking[0]?.txHash ?? null;
    after = hashes[hashes.length - 1] ?? after;
  }
  if (first === null) return null;
  return failure(
    'CHAIN_LAGS',
    `Expected receipts of all transactions of ${account}; found none of ${String(unknown)}, ` +
      `${first} among them. Look whether the node is behind, or the fill was never mined.`,
  );
}

async function placesOf(
  { rpc, second }: Placing,
  hashes: readonly string[],
  last: Header,
): Promise<readonly Placed[]> {
  const found = await Promise.all(hashes.map((hash) => placeOfTransaction(rpc, hash)));
  if (second !== rpc) {
    const others = await Promise.all(hashes.map((hash) => placeOfTransaction(second, hash)));
    others.forEach((other, at) => requireSame(hashes[at] ?? '', found[at] ?? null, other));
  }
  const blocks = new Set(
    found.flatMap((one) => (one === null || one.block > last.number ? [] : [one.block])),
  );
  const headers = await Promise.all([...blocks].map((block) => headerOf(rpc, block)));
  const hashOf = new Map(
    headers.flatMap((one) => (one === null ? [] : [[one.number, one.hash] as const])),
  );
  return hashes.map((txHash, at) => placedOf(txHash, found[at] ?? null, last, hashOf));
}

function placedOf(
  txHash: string,
  found: TransactionPlace | null,
  last: Header,
  hashOf: ReadonlyMap<number, string>,
): Placed {
  if (found === null) return { txHash, outcome: 'UNKNOWN', block: null };
  const { block, blockHash, isReverted } = found;
  if (block > last.number) return { txHash, outcome: 'LATER', block };
  const there = hashOf.get(block) ?? 'not there';
  if (there !== blockHash) {
    const expected = `Expected transaction ${txHash} in block ${String(block)}, which is ${there}`;
    const because = `found its receipt in ${blockHash}. It is asked again.`;
    throw failure('CHAIN_MISPLACED', `${expected}; ${because}`);
  }
  return { txHash, outcome: isReverted ? 'REVERTED' : 'PLACED', block };
}

/** A receipt that only one of them has is none yet. */
function requireSame(
  txHash: string,
  one: TransactionPlace | null,
  other: TransactionPlace | null,
): void {
  const text = (place: TransactionPlace | null): string =>
    place === null ? 'no receipt' : `${place.blockHash}, ${place.isReverted ? 'reverted' : 'done'}`;
  if (text(one) === text(other)) return;
  throw failure(
    'CHAIN_MISPLACED',
    `Expected both nodes to say the same of transaction ${txHash}; found ${text(one)} and ` +
      `${text(other)}. It is asked again.`,
  );
}
