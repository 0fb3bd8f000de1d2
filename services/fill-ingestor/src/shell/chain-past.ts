/**
 * Blocks that are final and were read without something that is known now: a wallet declared later,
 * a contract that is new in the list. They are read again piece by piece, beside what is new; what
 * was told of them stands, and what is told now only adds to it (rejudge.ts).
 */

import { columnLiteral, type Services } from '@polytraders/runtime';
import type pg from 'pg';
import { bookToReread } from '../sources/chain/book-changes.ts';
import { type ContractBook } from '../sources/chain/contracts.ts';
import { rejudge, type Rejudged } from '../sources/chain/rejudge.ts';
import {
  inputsOfTransaction,
  placeOfFill,
  type WalletInput,
} from '../sources/chain/transaction-inputs.ts';
import { readWalletTransaction, type WalletTransaction } from '../sources/chain/transaction.ts';
import { moveBacklog, nextBacklog, walletsBehind } from './chain-backlog.ts';
import { moveContractsBacklog, nextContractsBacklog } from './chain-contracts.ts';
import { explainForeign, keptIn } from './chain-foreign.ts';
import { filtersOf, type Range, type RangeReading, resolutionFilterOf } from './chain-reading.ts';
import { dropProvisional, resolutionsIn } from './chain-store.ts';
import { readAll, storeTold } from './chain-told.ts';

/** A piece of the past: what was known of it when it was read, and what is known now. */
type Piece = Range & {
  /** Wallets of now that were not read then. */
  readonly news: readonly string[];
  readonly before: { readonly own: ReadonlySet<string>; readonly book: ContractBook };
  readonly book: ContractBook;
  readonly moved: (client: pg.ClientBase, readTo: number) => Promise<void>;
};

type Past = {
  readonly database: pg.Pool;
  readonly source: string;
  readonly wallets: readonly string[];
  readonly book: ContractBook;
  readonly log: Services['log'];
};

/** The next piece that lacks something; null where nothing does. */
export async function nextPiece({ database, source, wallets, book }: Past): Promise<Piece | null> {
  const wallet = await nextBacklog(database, source, wallets);
  if (wallet !== null) {
    const { from, to, wallets: news } = wallet;
    // Of another whose past is not told yet nothing is told before it.
    const behind = await walletsBehind(database, source, wallets);
    const own = new Set(wallets.filter((one) => !behind.has(one)));
    const moved = (client: pg.ClientBase, readTo: number) =>
      moveBacklog(client, source, wallet, readTo);
    return { from, to, news, before: { own, book }, book, moved };
  }
  const lacking = await nextContractsBacklog(database, source);
  if (lacking === null) return null;
  const { from, to, before } = lacking;
  return {
    from,
    to,
    news: [],
    before: { own: new Set(wallets), book: before },
    book: bookToReread(before, book),
    moved: (client, readTo) => moveContractsBacklog(client, lacking, readTo),
  };
}

/** What is asked of a node for a piece. */
export function filtersOfPiece({ news, before, book }: Piece) {
  const isOfWallets = news.length > 0;
  return {
    filters: filtersOf(book, isOfWallets ? news : [...before.own]),
    resolutions: isOfWallets ? null : resolutionFilterOf(book),
  };
}

/** Takes in what was read of a piece. Answers how many foreign transfers are kept more. */
export async function takePiece(
  { database, source, wallets, log }: Past,
  piece: Piece,
  read: RangeReading,
  inTransaction: (work: (client: pg.ClientBase) => Promise<void>) => Promise<void>,
): Promise<number> {
  const own = new Set(wallets);
  const { all, isKnown } = await readAll(database, read.transactions, own, piece.book);
  const news = all
    .flatMap(inputsOfTransaction)
    .filter(({ account }) => piece.news.includes(account));
  const { added, explained } = await againOf(piece, read, all, isKnown, { database, source });
  const confirmed = all.flatMap((one) => one.fills.map(placeOfFill));
  // Transfers of wallets that were read then are kept already, where they are foreign.
  const keeping = piece.news.length > 0 ? piece.news : null;
  let more = 0;
  await inTransaction(async (client) => {
    const receivedAt = Date.now() * 1000;
    await piece.moved(client, read.to);
    await dropProvisional(client, source, confirmed);
    const gone = await explainForeign(client, source, explained);
    const resolutions = resolutionsIn(read.resolutions, piece.book);
    const inputs = [...news, ...added];
    const taken = { all, inputs, accounts: keeping, resolutions, book: piece.book };
    more = (await storeTold(client, source, taken, receivedAt)) - gone;
  });
  for (const { account, position } of added) {
    log.info({ event: 'CHAIN_TOLD_AGAIN', source, account, position });
  }
  return more;
}

/** What is told now to the wallets that were read then. */
async function againOf(
  { before }: Piece,
  read: RangeReading,
  all: readonly WalletTransaction[],
  isKnown: (tokenId: string) => boolean,
  { database, source }: Pick<Past, 'database' | 'source'>,
): Promise<{ readonly added: readonly WalletInput[]; readonly explained: readonly string[] }> {
  const hashes = all.map((one) => one.place.txHash);
  const kept = await keptIn(database, source, hashes);
  const found = all.flatMap((now, at) => {
    const then = now.wallets.filter((wallet) => before.own.has(wallet));
    if (then.length === 0) return [];
    const logs = read.transactions[at] ?? [];
    const earlier = readWalletTransaction(logs, before.own, before.book, isKnown);
    return then.flatMap((wallet) => {
      const places = kept.get(`${now.place.txHash}/${wallet}`) ?? [];
      return rejudge(wallet, earlier, now, places) ?? [];
    });
  });
  const placesOf = ({ lost, news }: Rejudged): readonly string[] => [
    ...lost,
    ...news.map(({ position }) => position),
  ];
  const told = await toldOf(database, source, found.flatMap(placesOf));
  const texts = new Map(all.flatMap(inputsOfTransaction).map((one) => [one.position, one.raw]));
  // What was told may be what is found now: then wallets of now were known when it was read.
  const isOther = (place: string): boolean =>
    told.get(place)?.includes(JSON.stringify(texts.get(place))) === false;
  const isContradicted = ({ lost }: Rejudged): boolean => lost.some(isOther);
  return {
    added: found.flatMap((one) =>
      isContradicted(one)
        ? [one.contradiction]
        : one.news.filter(({ position }) => !told.has(position)),
    ),
    explained: found.flatMap((one) => (isContradicted(one) ? [] : placesOf(one))),
  };
}

/** Those of the places that stand in the inbox, with what stands there. */
async function toldOf(
  database: Pick<pg.Pool, 'query'>,
  source: string,
  places: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (places.length === 0) return new Map();
  const answer = await database.query<{ place: string; payloads: string }>(
    'SELECT substr(source_position, $2::int) AS place, json_agg(payload)::text AS payloads ' +
      "FROM ingest.inbox WHERE source = 'chain' AND source_position = ANY($1::text[]) " +
      'GROUP BY source_position',
    [
      columnLiteral(
        'text',
        places.map((place) => `${source}/${place}`),
      ),
      source.length + 2,
    ],
  );
  return new Map(answer.rows.map((row) => [row.place, JSON.parse(row.payloads) as string[]]));
}
