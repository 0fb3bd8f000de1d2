/**
 * A ledger whose days are checked against a chain: a node with the real ConditionalTokens, real
 * processes of the ingestor and the books on topics and tables of their own. Days of 2026-05-08 on
 * are played on the chain; the trading system tells of its fills on the bus, or does not.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli, type Scanned, scanTopic, withBus, withDatabase } from '@polytraders/cli';
import {
  type Alert,
  codec,
  type Event,
  fromJson,
  isoTime,
  partitionOf,
  type SettlementReport,
  type Topic,
  TOPICS,
} from '@polytraders/contracts';
import { repositoryRoot } from '@polytraders/infra/stack';
import { applyTopics } from '@polytraders/infra/topics';
import { divideHalfEven, formatMicros } from '@polytraders/money';
import { connectKafka, createSchemaBook, type KafkaPort, pool } from '@polytraders/runtime';
import { dropTopics, freshDatabase, testStack, uniquePrefix } from '@polytraders/testkit';
import {
  type LocalChain,
  type Market,
  marketMaker,
  type MarketMaker,
  POLYGON_VENUE as VENUE,
  type Receipt,
  startChain,
  startProxy,
  type ChainProxy,
  type Trade,
} from '@polytraders/testkit/chain';
import type pg from 'pg';
import { startWorkerProcess, type WorkerProcess } from '../faults/worker-process.ts';
import { until } from './log.ts';

/** Fills of these two come from the bus, and the chain is heard beside it. */
export const ALICE = '0xa11ce00000000000000000000000000000000001';
export const BOB = '0xb0b0000000000000000000000000000000000002';
/** Fills of this one come from the chain. */
export const CAROL = '0xca401e0000000000000000000000000000000003';
/** The same; a wallet that may be older than the ledger. */
export const DAVE = '0xda7e000000000000000000000000000000000005';
/** Nobody's: the other side of a trade. */
export const STRANGER = '0x57a0000000000000000000000000000000000004';

const FIRST = 94_959_000;
const DEPTH = 4;
const DAY_SECONDS = 86_400;
const FIRST_DAY = Date.parse('2026-05-08T00:00:00Z') / 1000;
/** When a day's trading begins, in seconds of the day. */
const MORNING = 36_000;

/** Start of a day in seconds since 1970; day 0 is 2026-05-08. */
export const startOf = (day: number): number => FIRST_DAY + day * DAY_SECONDS;

/** A trade that is on the chain. */
export type Traded = {
  readonly trade: Trade;
  readonly market: Market;
  readonly at: number;
  readonly receipt: Receipt;
};

export type Seen = { readonly code: number; readonly out: string; readonly err: string };

export type Stand = {
  readonly prefix: string;
  readonly env: Readonly<Record<string, string>>;
  readonly logs: string;
  readonly chain: LocalChain;
  readonly venue: MarketMaker;
  readonly proxy: ChainProxy;
  readonly database: pg.Pool;
  readonly kafka: KafkaPort;
  /** A question that the chain and this stand know. */
  readonly market: (question: string) => Promise<Market>;
  /** Has the chain do it within the day that is played. */
  readonly done: (...sent: readonly Promise<string>[]) => Promise<readonly Receipt[]>;
  /** A trade on the chain, of which nobody has told the ledger. */
  readonly trade: (market: Market, trade: Trade) => Promise<Traded>;
  /** The trading system reports what an account did in it; `said` stands in place of the truth. */
  readonly tell: (traded: Traded, account: string, said?: object) => Promise<void>;
  readonly send: (topic: Topic, type: Event['type'], key: string, json: object) => Promise<void>;
  /** Ends the day: its blocks become final, and the next day has begun. */
  readonly endDay: () => Promise<void>;
  /** Makes what the chain has final, and waits until the ledger has read it. */
  readonly readChain: () => Promise<void>;
  readonly windowsOf: (topic: Topic) => Promise<readonly SettlementReport[]>;
  /** Revisions of the window of a day on the topic of settlement reports. */
  readonly revisionsOf: (day: number) => Promise<readonly SettlementReport[]>;
  /** Waits for so many revisions of a day, and answers them. */
  readonly untilRevision: (day: number, count: number) => Promise<readonly SettlementReport[]>;
  readonly alerts: () => Promise<readonly Alert[]>;
  readonly run: (...args: readonly string[]) => Promise<Seen>;
  /** A sample of the books' metrics. */
  readonly metric: (name: string) => Promise<number | null>;
  readonly worker: (service: string) => WorkerProcess;
  readonly stop: () => Promise<void>;
};

/** The id of the report of a day's window. */
export function reportIdOf(day: number, revision = 1): string {
  const end = isoTime(startOf(day + 1) * 1_000_000).replace(/[-:]/g, '');
  return `settlement_pnl_${end}${revision === 1 ? '' : `_r${String(revision)}`}`;
}

const SENT = [
  'ExecutionReport',
  'OperationsReport',
  'MarkObserved',
  'MarketDefinition',
  'LedgerCommand',
] as const;
const SERVICES = ['fill-ingestor', 'pnl-projector'] as const;

/** What stands on the chain below the first block that the ledger reads. */
export type Before = (venue: MarketMaker, chain: LocalChain) => Promise<void>;

/** Starts all of it; three wallets and a stranger have 10,000 pUSD each, deposited on day 0. */
export async function startStand(name: string, before?: Before): Promise<Stand> {
  const stack = await testStack();
  const prefix = uniquePrefix();
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  const fresh = await freshDatabase(name);
  const database = pool({ url: fresh.url, applicationName: `${name}-test` }, 2);
  const brokers = stack.KAFKA_BROKERS;
  const registryUrl = stack.SCHEMA_REGISTRY_URL;
  await applyTopics({ brokers, registryUrl, prefix });
  const kafka = await connectKafka({ brokers: brokers.split(','), clientId: name });
  const chain = await startChain({
    actors: [VENUE.exchange, VENUE.adapter],
    real: VENUE,
    first: { block: FIRST, time: startOf(0) + MORNING },
    slotsInAnEpoch: 1_000_000,
  });
  const proxy = await startProxy(chain.node.url);
  const venue = marketMaker(chain, VENUE);
  await before?.(venue, chain);
  const startBlock = before === undefined ? FIRST : (await chain.head()) + 1;
  for (const wallet of [ALICE, BOB, CAROL, STRANGER]) await venue.fund(wallet, 10_000_000_000n);
  const own = { DATABASE_URL: fresh.url, TOPIC_PREFIX: prefix, LOG_LEVEL: 'info' };
  const env = { ...stack, ...own, ...settingsOf(folder, proxy.url, startBlock) };
  const logs = join(repositoryRoot, '.local/test', name);
  const workers = new Map(
    SERVICES.map((service) => {
      const main = `services/${service}/src/main.ts`;
      return [service, startWorkerProcess({ main, env, logs }, `${prefix}${service}`)] as const;
    }),
  );
  await until('the services have started', () =>
    [...workers.values()].every(({ lines, isRunning }) => {
      if (!isRunning()) throw new Error(`Expected the services to start; see ${logs}.`);
      return lines.some(({ event }) => event === 'STARTED');
    }),
  );
  const book = createSchemaBook({ registryUrl, codec, database, onOutage: () => undefined });
  await book.announce([...SENT]);
  const send: Stand['send'] = async ({ name: topic, partitions }, type, key, json) => {
    const value = book.encode(type, fromJson(type, json));
    await kafka.send([
      { topic: prefix + topic, partition: partitionOf(key, partitions), key, value },
    ]);
  };
  const isKnown = async (conditionId: string): Promise<boolean> => {
    const sql = 'SELECT 1 FROM ingest.market_definition WHERE condition_id = $1';
    return (await database.query(sql, [conditionId])).rows.length === 1;
  };
  const worker = (service: string): WorkerProcess => {
    const found = [...workers].find(([one]) => one === service)?.[1];
    if (found === undefined) throw new Error(`Expected ${SERVICES.join()}; found ${service}.`);
    return found;
  };
  return {
    ...{ prefix, env, logs, chain, venue, proxy, database, kafka, send, worker },
    ...actsOf(chain, venue, send, isKnown),
    ...looksOf(env, database, chain, () => worker('pnl-projector')),
    stop: async () => {
      await Promise.all([...workers.values()].map((one) => one.stop()));
      book.close();
      await proxy.stop();
      await chain.stop();
      await kafka.close();
      await database.end();
      await dropTopics(prefix);
      await fresh.drop();
      rmSync(folder, { recursive: true });
    },
  };
}

function settingsOf(
  folder: string,
  rpcUrl: string,
  startBlock: number,
): Readonly<Record<string, string>> {
  const accounts = {
    [ALICE]: { source_of_record: 'bus', other_sources: ['chain'], default_bot: 'alpha' },
    [BOB]: { source_of_record: 'bus', other_sources: ['chain'], default_bot: 'beta' },
    [CAROL]: { source_of_record: 'chain', default_bot: 'gamma' },
    [DAVE]: { source_of_record: 'chain', default_bot: 'delta' },
  };
  const path = join(folder, 'accounts.json');
  writeFileSync(path, JSON.stringify(accounts));
  return {
    ACCOUNTS_FILE: path,
    CHAIN_RPC_URL: rpcUrl,
    CHAIN_START_BLOCK: String(startBlock),
    CHAIN_DEPTH: String(DEPTH),
    CHAIN_POLL_MS: '100',
    CHAIN_RESET_MS: '200',
    CHAIN_HEAD_AGE_MS_MAX: '0',
    WINDOW_SETTLE_SECONDS: '0',
    WINDOW_QUIET_SECONDS: '1',
    WINDOW_BALANCES_RETRY_SECONDS: '1',
  };
}

type Acts = Pick<Stand, 'market' | 'done' | 'trade' | 'tell' | 'endDay'>;

function actsOf(
  chain: LocalChain,
  venue: MarketMaker,
  send: Stand['send'],
  isKnown: (conditionId: string) => Promise<boolean>,
): Acts {
  let day = 0;
  let now = startOf(0) + MORNING + 600;
  let told = 0;

  function done(...sent: readonly Promise<string>[]): Promise<readonly Receipt[]> {
    now += 60;
    return chain.mined(sent, now);
  }

  return {
    done,
    market: async (question) => {
      const { conditionId, ids } = await venue.prepare(question);
      await send(TOPICS.marketDefinitions, 'MarketDefinition', conditionId, {
        condition_id: conditionId,
        tokens: ids.map((tokenId, at) => ({ token_id: tokenId, outcome: at === 0 ? 'Yes' : 'No' })),
        maker_rebate_rate: '0.25',
        status: 'OPEN',
      });
      await until('the market is known', () => isKnown(conditionId));
      return { conditionId, ids };
    },
    trade: async (market, trade) => {
      const [receipt] = await done(venue.trade(trade));
      if (receipt === undefined) throw new Error('Expected the receipt of a trade; found none.');
      return { trade, market, at: now, receipt };
    },
    tell: async (traded, account, said = {}) => {
      told += 1;
      await send(TOPICS.executionReports, 'ExecutionReport', account, {
        ...matchOf(traded, account),
        ...said,
        fill_id: `fill_${String(told)}`,
        order_id: `order_${String(told)}`,
      });
    },
    endDay: async () => {
      day += 1;
      now = startOf(day) + 5;
      await chain.node.call('evm_setNextBlockTimestamp', [now]);
      await chain.mine(DEPTH + 1);
      now = startOf(day) + MORNING;
    },
  };
}

/** What a trading system says of its side of a trade. */
function matchOf({ trade, market, at, receipt }: Traded, account: string): object {
  const { taker, quantity, notional, takerFee, tokenId } = trade;
  const isTaker = account === taker;
  const filled = receipt.logs.find(
    ({ address, topics }) =>
      address.toLowerCase() === VENUE.exchange && topics[2]?.endsWith(account.slice(2)) === true,
  );
  if (filled === undefined) throw new Error(`Expected a fill of ${account}; found none.`);
  return {
    kind: 'MATCH',
    status: 'CONFIRMED',
    account,
    condition_id: market.conditionId,
    token_id: tokenId,
    order_side: isTaker ? 'BUY' : 'SELL',
    effective_at: isoTime(at * 1_000_000),
    side: isTaker ? 'taker' : 'maker',
    quantity_shares: formatMicros(quantity),
    size_pusd: formatMicros(notional),
    price: formatMicros(divideHalfEven(notional * 1_000_000n, quantity)),
    fee_pusd: formatMicros(isTaker ? takerFee : 0n),
    tx_hash: receipt.transactionHash,
    order_hash: filled.topics[1],
    log_index: Number(filled.logIndex),
    block_number: Number(receipt.blockNumber),
  };
}

type Looks = Pick<
  Stand,
  'readChain' | 'windowsOf' | 'revisionsOf' | 'untilRevision' | 'alerts' | 'run' | 'metric'
>;

function looksOf(
  env: Readonly<Record<string, string>>,
  database: pg.Pool,
  chain: LocalChain,
  books: () => WorkerProcess,
): Looks {
  async function valuesOf<Value>(topic: Topic): Promise<readonly Value[]> {
    const found: Value[] = [];
    const take = ({ content }: Scanned): void => {
      if (!('value' in content)) throw new Error(`Expected ${topic.name} to decode: it does not.`);
      found.push(content.value as Value);
    };
    await withDatabase(env, (reads) =>
      withBus(env, reads, async (bus) => void (await scanTopic(bus, topic.name, take))),
    );
    return found;
  }

  const windowsOf: Stand['windowsOf'] = async (topic) => {
    const all = await valuesOf<SettlementReport>(topic);
    return all.filter((one) => one.event_type === 'SETTLEMENT_REPORT');
  };
  const revisionsOf: Stand['revisionsOf'] = async (day) => {
    const start = startOf(day) * 1_000_000;
    const all = await windowsOf(TOPICS.settlementReports);
    return all.filter((one) => one.window_start === start);
  };
  return {
    windowsOf,
    revisionsOf,
    untilRevision: async (day, count) => {
      let found: readonly SettlementReport[] = [];
      await until(`revision ${String(count)} of ${reportIdOf(day)}`, async () => {
        const { rows } = await database.query(
          'SELECT 1 FROM pnl_v1.settlement_reports WHERE window_start = $1 AND NOT mixed',
          [isoTime(startOf(day) * 1_000_000)],
        );
        if (rows.length < count) return false;
        found = await revisionsOf(day);
        return found.length >= count;
      });
      return found;
    },
    alerts: () => valuesOf<Alert>(TOPICS.alerts),
    readChain: async () => {
      const final = await chain.head();
      await chain.mine(DEPTH);
      await until('the chain is read as far as it is final', async () => {
        const { rows } = await database.query(
          'SELECT 1 FROM ingest.chain_position WHERE next_block > $1',
          [final],
        );
        return rows.length === 1;
      });
    },
    run: async (...args) => {
      const seen = { out: '', err: '' };
      const code = await runCli(args, env, {
        out: (text) => void (seen.out += text),
        err: (text) => void (seen.err += text),
        isTTY: false,
      });
      return { code, ...seen };
    },
    metric: async (name) => {
      const started = books().lines.find(({ event }) => event === 'STARTED');
      const port = String(started?.http_port);
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const line = text.split('\n').find((one) => one.startsWith(`${name} `));
      return line === undefined ? null : Number(line.slice(name.length));
    },
  };
}
