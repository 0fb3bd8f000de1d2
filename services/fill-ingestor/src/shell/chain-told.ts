/**
 * Transactions to what is told of them: read with what the ledger knows of their tokens, and stored
 * with what follows, in the transaction that moves the reader's place.
 */

import type pg from 'pg';
import { type TimeMicros } from '../draft.ts';
import { type ContractBook } from '../sources/chain/contracts.ts';
import { inputsOfForeign, type WalletInput } from '../sources/chain/transaction-inputs.ts';
import { readWalletTransaction, type WalletTransaction } from '../sources/chain/transaction.ts';
import { type PlacedLog } from './chain-answers.ts';
import { noteAside } from './chain-aside.ts';
import { keepForeign, knownTokens, noteTokens, releaseForeign } from './chain-foreign.ts';
import {
  appendWithResolutions,
  inChainOrder,
  placedInput,
  type Resolution,
  storeResolutions,
} from './chain-store.ts';

type Logs = readonly PlacedLog[];

export type ReadAll = {
  readonly all: readonly WalletTransaction[];
  /** What was known after the last of them. */
  readonly isKnown: (tokenId: string) => boolean;
};

/** Reads transactions in their order: what one of them names is known to the next. */
export async function readAll(
  database: Pick<pg.Pool, 'query'>,
  transactions: readonly Logs[],
  own: ReadonlySet<string>,
  book: ContractBook,
): Promise<ReadAll> {
  // Most move nothing loose, and what is unknown can be asked for at once.
  const first = transactions.map((logs) => readWalletTransaction(logs, own, book, () => false));
  const known = new Set(await knownTokens(database, first.flatMap(tokensKept)));
  const isKnown = (tokenId: string): boolean => known.has(tokenId);
  const all = first.map((one, at) => {
    const logs = transactions[at] ?? [];
    const isOpen = one.foreign.length > 0;
    const read = isOpen ? readWalletTransaction(logs, own, book, isKnown) : one;
    for (const tokenId of read.named) known.add(tokenId);
    return read;
  });
  return { all, isKnown };
}

export type Told = {
  readonly all: readonly WalletTransaction[];
  readonly inputs: readonly WalletInput[];
  /** Of these accounts foreign transfers are kept. */
  readonly accounts: readonly string[];
  readonly resolutions: readonly Resolution[];
  readonly book: ContractBook;
};

/**
 * Stores what is told: transfers of unknown tokens are kept; those of tokens that are known from
 * now on, and resolutions, stand where they stand on the chain. Answers how many transfers are
 * kept more, less what is told.
 */
export async function storeTold(
  client: pg.ClientBase,
  source: string,
  { all, inputs, accounts, resolutions, book }: Told,
  receivedAt: TimeMicros,
): Promise<number> {
  const named = [...new Set(all.flatMap((one) => one.named))];
  const foreign = all.flatMap(inputsOfForeign).filter(({ account }) => accounts.includes(account));
  await noteTokens(client, named);
  await noteAside(client, source, inputs);
  const kept = await keepForeign(client, source, foreign);
  const released = await releaseForeign(client, source, [...named, ...inputs.flatMap(tokensMoved)]);
  const resolved = await storeResolutions(client, source, resolutions, book);
  const between = inChainOrder([...released.map((one) => placedInput(source, one)), ...resolved]);
  await appendWithResolutions(client, source, inputs, between, receivedAt);
  return kept - released.length;
}

/** What came before it of its token is told before it. */
function tokensMoved({ raw }: WalletInput): readonly string[] {
  if (raw.format !== 'movement' || raw.type !== 'TokensTransferred') return [];
  const { token_id: tokenId } = raw.value;
  return typeof tokenId === 'string' ? [tokenId] : [];
}

function tokensKept({ foreign }: WalletTransaction): readonly string[] {
  return foreign.flatMap(({ value }) => {
    const { token_id: tokenId } = value;
    return typeof tokenId === 'string' ? [tokenId] : [];
  });
}
