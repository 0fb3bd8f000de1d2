/** A chain that is read, left, and read again with other accounts or contracts. */

import {
  complementaryBuy,
  type LogBody,
  type Market,
  POLYGON_VENUE as VENUE,
  polygonFee,
  type Side,
  venueActors,
} from '@polytraders/testkit/chain';
import { id } from 'ethers';
import { type Accounts } from '../src/accounts.ts';
import { textOfBook } from '../src/sources/chain/book-changes.ts';
import { POLYGON } from '../src/sources/chain/contracts.ts';
import { type ChainBench, declared, startBench, until } from './chain-bench.fixture.ts';
import { ALICE, market, STRANGER } from './transactions.ts';

export const FIRST = 94_959_000;
export const MARKET: Market = market('rain');
export const START = { CHAIN_START_BLOCK: String(FIRST), CHAIN_DEPTH: '2' };

export type PastBench = ChainBench & {
  /** A transaction with these logs, in a block that is final once another is mined. */
  readonly said: (...bodies: readonly LogBody[]) => Promise<void>;
  /** Reads all there is with the settings, then stops. */
  readonly readWith: (env: Record<string, string>, accounts?: Accounts) => Promise<void>;
  /** What accounts were told, by type; what is set aside as `aside`. */
  readonly told: (account?: string) => Promise<readonly string[]>;
  /** The same, in the order in which it was told. */
  readonly inOrder: (account?: string) => Promise<readonly string[]>;
};

/** Accounts of which the chain is the source of record. */
export function ofRecord(...wallets: readonly string[]): Accounts {
  return new Map(wallets.map((wallet) => [wallet, declared('chain')] as const));
}

/** Settings without a contract. */
export function without(address: string): Record<string, string> {
  const book = POLYGON.filter((one) => one.address !== address.toLowerCase());
  return { ...START, CHAIN_CONTRACTS_FILE: textOfBook(book) };
}

/** The logs of a purchase of 40 for 22. */
export function purchase(wallet = ALICE): readonly LogBody[] {
  const [tokenId] = MARKET.ids;
  const side = (who: string, what: 'BUY' | 'SELL', give: bigint, get: bigint): Side => ({
    wallet: who,
    side: what,
    tokenId,
    makerAmount: give,
    takerAmount: get,
    fee: 0n,
    orderHash: id(who),
  });
  const maker = side(STRANGER, 'SELL', 40_000_000n, 22_000_000n);
  return complementaryBuy(VENUE, side(wallet, 'BUY', 22_000_000n, 40_000_000n), maker);
}

export async function startPast(name: string): Promise<PastBench> {
  const bench = await startBench(name, {
    actors: venueActors(),
    first: { block: FIRST, time: 1_791_143_000 },
    slotsInAnEpoch: 1_000_000,
  });

  async function rowsOf(account: string, order: string): Promise<readonly string[]> {
    const { rows } = await bench.database.query<{ type: string; account: string }>(
      "SELECT coalesce(p ->> 'type', CASE p ->> 'format' WHEN 'unusable' THEN 'aside' " +
        "ELSE 'fill' || coalesce(' ' || (p ->> 'status'), '') END) AS type, " +
        "coalesce(p -> 'value' ->> 'account', p ->> 'account', $1) AS account FROM " +
        '(SELECT DISTINCT ON (source_position, payload) payload::jsonb AS p, seq ' +
        "FROM ingest.inbox WHERE source = 'chain' ORDER BY source_position, payload, seq) i " +
        `WHERE p ->> 'format' <> 'record' ORDER BY ${order}`,
      [account],
    );
    return rows.filter((row) => row.account === account).map(({ type }) => type);
  }

  return {
    ...bench,
    said: async (...bodies) => {
      await bench.chain.say([...bodies, polygonFee(STRANGER)]);
      await bench.chain.mine(3);
    },
    readWith: async (env, accounts = ofRecord(ALICE)) => {
      await bench.chain.mine();
      const reader = bench.read(accounts, env);
      await bench.caughtUp(reader);
      await until('nothing is lacking', () => reader.state().facts?.['backlog_blocks'] === 0);
      await reader.stop();
    },
    told: async (account = ALICE) => [...(await rowsOf(account, 'type'))].sort(),
    inOrder: (account = ALICE) => rowsOf(account, 'seq'),
  };
}
