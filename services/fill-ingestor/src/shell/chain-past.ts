/**
 * Blocks that are final and were read without something that is known now: a wallet declared later,
 * a contract that is new in the list. They are read again piece by piece, beside what is new; what
 * was told of them stands, and what is told now only adds to it (rejudge.ts).
 */

import { columnLiteral, type Services } from '@polytraders/runtime';
import type pg from 'pg';
import { bookToReread } from '../sources/chain/book-changes.ts';
import { type ContractBook } from '../sources/chain/contracts.ts';
import {
  isContradiction,
  placeOfContradiction,
  rejudge,
  type Rejudged,
} from '../sources/chain/rejudge.ts';
import {
  inputsOfTransaction,
  placeOfFill,
  type WalletInput,
} from '../sources/chain/transaction-inputs.ts';
import { readWalletTransaction, type WalletTransaction } from '../sources/chain/transaction.ts';
import { type Backlog, moveBacklog, nextBacklog, readThen } from './chain-backlog.ts';
import {
  type ContractsBacklog,
  moveContractsBacklog,
  nextContractsBacklog,
} from './chain-contracts.ts';
import { explainForeign, keptIn } from './chain-foreign.ts';
import { forgetPlaces } from './chain-places.ts';
import { filtersOf, type Range, type RangeReading, resolutionFilterOf } from './chain-reading.ts';
import { failedInput, type Provisional, provisionalFills, resolutionsIn } from './chain-store.ts';
import { readAll, storeTold } from './chain-told.ts';

/** A piece of the past: what was known of it when it was read, and what is known now. */
type Piece = Range & {
  /** Wallets of now that were not read then. */
  readonly news: readonly string[];
  /** Whose transactions are read. */
  readonly asked: readonly string[];
  /** Whether resolutions are read again. */
  readonly isOfMarkets: boolean;
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

/**
 * The next piece that lacks something; null where nothing does. First what a wallet waits for of a
 * contract: it comes before what is new to the wallet. Then the past of wallets, then the rest.
 */
export async function nextPiece(past: Past): Promise<Piece | null> {
  const { database, source, wallets } = past;
  const lacking = await nextContractsBacklog(database, source, wallets);
  if (lacking?.isWaitedFor === true) return pieceOfContracts(past, lacking);
  const wallet = await nextBacklog(database, source, wallets);
  if (wallet !== null) return pieceOfWallets(past, wallet);
  return lacking === null ? null : pieceOfContracts(past, lacking);
}

async function pieceOfWallets({ database, source, book }: Past, wallet: Backlog): Promise<Piece> {
  // Of another whose past is not told yet nothing is told before it.
  const { from, to, accounts: own } = await readThen(database, source, wallet);
  return {
    from,
    to,
    news: wallet.wallets,
    asked: wallet.wallets,
    isOfMarkets: false,
    before: { own, book },
    book,
    moved: (client, readTo) => moveBacklog(client, source, wallet, readTo),
  };
}

async function pieceOfContracts(
  { database, source, book }: Past,
  lacking: ContractsBacklog,
): Promise<Piece> {
  const { from, to, accounts: own } = await readThen(database, source, lacking);
  return {
    from,
    to,
    news: [],
    asked: lacking.wallets,
    isOfMarkets: lacking.isOfMarkets,
    before: { own, book: lacking.before },
    book: bookToReread(lacking.before, book),
    moved: (client, readTo) => moveContractsBacklog(client, lacking, readTo),
  };
}

/** What is asked of a node for a piece. */
export function filtersOfPiece({ asked, isOfMarkets, book }: Piece) {
  return {
    filters: filtersOf(book, asked),
    resolutions: isOfMarkets ? resolutionFilterOf(book) : null,
  };
}

/** Takes in what was read of a piece. Answers how many foreign transfers are kept more. */
export async function takePiece(
  { database, source, wallets, log }: Past,
  piece: Piece,
  read: RangeReading,
  inTransaction: (work: (client: pg.ClientBase) => Promise<void>) => Promise<void>,
): Promise<number> {
  // Who was read then is known to others still; told is only who is declared.
  const own = new Set([...wallets, ...piece.before.own]);
  const { all, isKnown } = await readAll(database, read.transactions, own, piece.book);
  const news = all
    .flatMap(inputsOfTransaction)
    .filter(({ account }) => piece.news.includes(account));
  const again = await againOf(piece, read, all, isKnown, { database, source, wallets });
  const { added, explained } = again;
  const ended = await endedBy(all, added, { database, source });
  const told = [...news, ...added].map(({ position }) => position);
  // Transfers of wallets that were read then are kept already, where they are foreign.
  const keeping = piece.news.length > 0 ? piece.news : wallets;
  let more = 0;
  await inTransaction(async (client) => {
    const receivedAt = Date.now() * 1000;
    await piece.moved(client, read.to);
    const over = [...told, ...ended.map(({ place }) => place)];
    await forgetPlaces(client, 'chain_provisional', source, over);
    const gone = await explainForeign(client, source, explained);
    await forgetPlaces(client, 'chain_aside', source, again.mended);
    const resolutions = resolutionsIn(read.resolutions, piece.book);
    const inputs = [...news, ...added, ...ended.map(failedInput)];
    const taken = { all, inputs, accounts: keeping, resolutions, book: piece.book };
    more = (await storeTold(client, source, taken, receivedAt)) - gone;
  });
  for (const { account, position } of added) {
    log.info({ event: 'CHAIN_TOLD_AGAIN', source, account, position });
  }
  return more;
}

/**
 * Fills that were told from blocks that could still go, and that will be told no more: what they
 * moved was booked otherwise once it was final. They end as those do that were never mined.
 */
async function endedBy(
  all: readonly WalletTransaction[],
  added: readonly WalletInput[],
  { database, source }: Pick<Past, 'database' | 'source'>,
): Promise<readonly Provisional[]> {
  const contradicted = new Set(added.filter(isContradiction).map(({ position }) => position));
  if (contradicted.size === 0) return [];
  const places = all.flatMap(({ fills, place: { txHash } }) =>
    fills
      .filter(({ event }) => contradicted.has(placeOfContradiction(txHash, event.maker)))
      .map(placeOfFill),
  );
  const open = await provisionalFills(database, source);
  return open.filter(({ place }) => places.includes(place));
}

type Again = {
  readonly added: readonly WalletInput[];
  /** Places of foreign transfers that are a part of something now. */
  readonly explained: readonly string[];
  /** Places of what was set aside and is told now. */
  readonly mended: readonly string[];
};

/** What is told now to the wallets that were read then. */
async function againOf(
  { before }: Piece,
  read: RangeReading,
  all: readonly WalletTransaction[],
  isKnown: (tokenId: string) => boolean,
  { database, source, wallets }: Pick<Past, 'database' | 'source' | 'wallets'>,
): Promise<Again> {
  const declared = new Set(wallets);
  const hashes = all.map((one) => one.place.txHash);
  const kept = await keptIn(database, source, hashes);
  const found = all.flatMap((now, at) => {
    const then = now.wallets.filter((wallet) => before.own.has(wallet) && declared.has(wallet));
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
  const clear = found.filter((one) => !isContradicted(one));
  return {
    added: found.flatMap((one) =>
      isContradicted(one)
        ? [one.contradiction]
        : one.news.filter(({ position }) => !told.has(position)),
    ),
    explained: clear.flatMap(placesOf),
    mended: clear.flatMap(({ mended }) => mended),
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
