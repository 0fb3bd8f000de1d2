/** A day on a real node with its window closed, and somebody who asks for its balances. */

import { expect } from '@jest/globals';
import {
  type Market,
  marketMaker,
  type MarketMaker,
  POLYGON_VENUE as VENUE,
} from '@polytraders/testkit/chain';
import { chainConfig } from '../src/shell/chain-config.ts';
import { type ChainReader } from '../src/shell/chain-reader.ts';
import { createRpc } from '../src/shell/chain-rpc.ts';
import { partitionOfAccount } from '../src/shell/inputs.ts';
import { parseParameters, tellParameters } from '../src/shell/parameters.ts';
import { type Asking, observeNext, type Turn } from '../src/shell/window-balances.ts';
import { closeWindows, windowIdOf } from '../src/shell/window-clock.ts';
import { windowConfig } from '../src/shell/window-config.ts';
import { type ChainBench, declared, startBench } from './chain-bench.fixture.ts';
import { ALICE, BOB, STRANGER } from './transactions.ts';

const FIRST = 94_959_000;
/** End of the window, seconds since 1970. */
export const END = Date.parse('2026-05-09T00:00:00Z') / 1000;
export const WINDOW = windowIdOf({ kind: 'daily', end: END * 1_000_000 });
/** An hour later, in microseconds: when the window is closed and asked about. */
export const NOW = (END + 3_600) * 1_000_000;
const ACCOUNTS = new Map([
  [ALICE, declared('chain')],
  [BOB, declared('bus')],
]);
const ENV = { CHAIN_START_BLOCK: String(FIRST), CHAIN_DEPTH: '3' };

export type JsonValue = Readonly<Record<string, unknown>>;
export type Told = { readonly partition: number; readonly seq: number; readonly value: JsonValue };

export type WindowBench = {
  readonly bench: ChainBench;
  readonly venue: MarketMaker;
  readonly market: Market;
  readonly asking: Asking;
  /** Sends, and mines the block of a second. Answers its number. */
  readonly mineAt: (seconds: number, ...sent: readonly Promise<string>[]) => Promise<number>;
  /** A token that the ledger knows in a wallet, as the writer notes it. */
  readonly known: (account: string, token: string) => Promise<void>;
  /** A day with trades, its window closed. Answers its last block, a second before its end. */
  readonly dayWithWindow: () => Promise<number>;
  readonly closeWindow: () => Promise<void>;
  /** The reader of the chain takes in all that is final. */
  readonly readerLevel: () => Promise<ChainReader>;
  /** Looks until what is wanted has come; answers all that came. */
  readonly turnsTo: (what: Turn['what']) => Promise<readonly Turn[]>;
  /** Records of a type that stand in the inbox, in the order of partition and seq. */
  readonly told: (type: string) => Promise<readonly Told[]>;
  readonly observed: () => Promise<readonly Told[]>;
  /** Completions, as one partition has them. */
  readonly completed: () => Promise<readonly JsonValue[]>;
  readonly stop: () => Promise<void>;
};

const TURNS_MAX = 20;
/** A bench that nothing is due in says so, before its test runs out of time. */
const NOTHING_MS_MAX = 30_000;

/** Starts a node with two wallets that have 1,000 pUSD each, ten minutes before the day ends. */
export async function startWindowBench(name: string): Promise<WindowBench> {
  const bench = await startBench(name, {
    actors: [VENUE.exchange, VENUE.adapter],
    real: VENUE,
    first: { block: FIRST, time: END - 600 },
    slotsInAnEpoch: 1_000_000,
  });
  const { database, chain } = bench;
  const venue = marketMaker(chain, VENUE);
  for (const wallet of [ALICE, BOB]) await venue.fund(wallet, 1_000_000_000n);
  const market = await venue.prepare('rain');
  const asking = askingOf(bench);
  let reader: ChainReader | null = null;

  async function mineAt(seconds: number, ...sent: readonly Promise<string>[]): Promise<number> {
    await chain.mined(sent, seconds);
    return chain.head();
  }

  async function known(account: string, token: string): Promise<void> {
    await database.query(
      'INSERT INTO ingest.held_tokens VALUES ($1, $2, $3, $3, 1) ON CONFLICT DO NOTHING',
      [String(partitionOfAccount(account)), account, token],
    );
  }

  async function dayWithWindow(): Promise<number> {
    const [yes, no] = market.ids;
    await mineAt(END - 300, venue.split(ALICE, market, 4_000_000n));
    const last = await mineAt(END - 1, venue.give(ALICE, BOB, yes, 1_500_000n));
    await mineAt(END, venue.give(ALICE, STRANGER, yes, 500_000n), venue.pay(BOB, STRANGER, 7n));
    await chain.mine(3);
    for (const token of [yes, no, '7']) await known(ALICE, token);
    for (const account of [BOB, `paper:${ALICE}`, 'desk-1']) await known(account, yes);
    await closeWindow(bench);
    return last;
  }

  async function turnsTo(what: Turn['what']): Promise<readonly Turn[]> {
    const turns: Turn[] = [];
    const until = performance.now() + NOTHING_MS_MAX;
    while (turns.length < TURNS_MAX && performance.now() < until) {
      const turn = await observeNext(asking, NOW);
      if (turn.what === 'nothing') await new Promise((resolve) => setTimeout(resolve, 5));
      else turns.push(turn);
      if (turn.what === what) return turns;
    }
    throw new Error(`Expected ${what}; found ${turns.map((one) => one.what).join() || 'nothing'}.`);
  }

  return {
    bench,
    venue,
    market,
    asking,
    mineAt,
    known,
    dayWithWindow,
    closeWindow: () => closeWindow(bench),
    readerLevel: async () => {
      reader ??= bench.read(ACCOUNTS, ENV);
      await bench.caughtUp(reader);
      return reader;
    },
    turnsTo,
    told: (type) => toldOf(bench, type),
    observed: () => toldOf(bench, 'ChainBalancesObserved'),
    completed: async () => {
      const all = await toldOf(bench, 'WindowBalancesComplete');
      return all.filter((one) => one.partition === 0).map((one) => one.value);
    },
    stop: async () => {
      asking.rpc.close();
      await bench.stop();
    },
  };
}

function askingOf({ database, proxy }: ChainBench): Asking {
  const config = chainConfig(
    { CHAIN_RPC_URL: proxy.url, CHAIN_RESET_MS: '10', CHAIN_TIMEOUT_MS: '2000', ...ENV },
    () => null,
  );
  if (config === null) throw new Error('Expected a configuration of the chain.');
  const rpc = createRpc(config);
  return { database, chain: config, rpc, second: rpc, retryMs: 1, earlyMs: 1 };
}

async function closeWindow({ database }: ChainBench): Promise<void> {
  await tellParameters(database, parseParameters(null), (END - 40_000) * 1_000_000);
  const level = { behind: () => Promise.resolve([]), forget: () => undefined };
  const { closed } = await closeWindows(database, windowConfig({}), level, NOW);
  expect(closed.map((one) => one.windowId)).toEqual([WINDOW]);
}

async function toldOf({ database }: ChainBench, type: string): Promise<readonly Told[]> {
  const answer = await database.query<{ partition: string; seq: string; value: string }>(
    "SELECT partition, seq, payload::jsonb ->> 'value' AS value FROM ingest.inbox " +
      "WHERE payload::jsonb ->> 'type' = $1 ORDER BY partition, seq",
    [type],
  );
  return answer.rows.map(({ partition, seq, value }) => ({
    partition: Number(partition),
    seq: Number(seq),
    value: JSON.parse(value) as JsonValue,
  }));
}
