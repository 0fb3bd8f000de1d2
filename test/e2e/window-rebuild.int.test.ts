/**
 * The days of a ledger made once more: from the same log into another version of the tables, and
 * from a copy of the log into a database of its own, with batches of other sizes, in the time zones
 * of Auckland and Los Angeles, by a worker that is killed at random moments. The reports of windows
 * are the same, byte by byte, in the rows and on the topics (rule B12).
 */

import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Scanned, scanTopic, withBus, withDatabase } from '@polytraders/cli';
import { type Alert, type SettlementReport, type Topic, TOPICS } from '@polytraders/contracts';
import { applyTopics } from '@polytraders/infra/topics';
import { connect } from '@polytraders/runtime';
import { dropTopics, type FreshDatabase, freshDatabase, uniquePrefix } from '@polytraders/testkit';
import { type Market } from '@polytraders/testkit/chain';
import { startWorkerProcess, type WorkerProcess } from '../faults/worker-process.ts';
import { until } from './log.ts';
import { ALICE, BOB, reportIdOf, type Stand, startStand, STRANGER } from './window-stand.ts';

type Env = Readonly<Record<string, string>>;

const MAIN = 'services/pnl-projector/src/main.ts';
/** Wallets that only the bus knows, so that all partitions have something to add. */
const OTHERS = Array.from({ length: 12 }, (_, at) => `0x${(0xd0 + at).toString(16).repeat(20)}`);
const FILLS = 1_200;
/** After the first partition is taken; each further kill may come so much later. */
const KILL_MS_MAX = 200;
const KILLS = 3;
/** Where the reports of windows go, and what they raise. */
const OUT = [
  TOPICS.settlementReports,
  TOPICS.financeTeam,
  TOPICS.governanceAudit,
  TOPICS.postTradeArchive,
  TOPICS.alerts,
];

let stand: Stand;
let market: Market;
let rows: readonly string[] = [];
const copies: { readonly prefix: string; readonly database: FreshDatabase }[] = [];

beforeAll(async () => {
  stand = await startStand('window_rebuild');
  market = await stand.market('rain');
  await playDays();
  rows = await rowsOf(stand.env, 'pnl_v1');
}, 115_000);

afterAll(async () => {
  for (const { prefix, database } of copies) {
    await dropTopics(prefix);
    await database.drop();
  }
  await (stand as Stand | undefined)?.stop();
}, 60_000);

/** A late fill, a late answer of the chain, a release and a halt, with twelve wallets beside. */
async function playDays(): Promise<void> {
  const { venue, done } = stand;
  await done(venue.split(STRANGER, market, 500_000_000n), venue.split(BOB, market, 90_000_001n));
  await stand.readChain();
  await tellOthers(0, FILLS / 2);
  await tradeOnce(true);
  stand.proxy.behave(({ method }) => (method === 'eth_call' ? { status: 503 } : null));
  await stand.endDay();
  await stand.untilRevision(0, 2);
  stand.proxy.behave(null);
  await stand.untilRevision(0, 3);
  await halt(true, '2026-05-09T11:00:00Z');
  await tradeOnce(true);
  const missing = await tradeOnce(false, 51_000_000n);
  await stand.endDay();
  await stand.untilRevision(1, 2);
  const held = ['gov', 'pnl', 'approve', '--window', reportIdOf(1, 2)];
  expect((await stand.run(...held, '--reviewed-by', 'ann', '--yes')).code).toBe(0);
  await stand.untilRevision(1, 3);
  await halt(false, '2026-05-10T10:00:00Z');
  await stand.tell(missing, ALICE);
  await tellOthers(FILLS / 2, FILLS);
  await tradeOnce(true);
  await stand.endDay();
  await stand.untilRevision(2, 2);
  await stand.untilRevision(1, 4);
  await stand.untilRevision(0, 4);
}

async function tradeOnce(isTold: boolean, quantity = 3_000_000n) {
  const amounts = { quantity, notional: quantity / 3n, takerFee: 1_003n };
  const trade = { taker: ALICE, maker: BOB, tokenId: market.ids[0], ...amounts };
  const traded = await stand.trade(market, isTold ? trade : { ...trade, maker: STRANGER });
  if (isTold) for (const account of [ALICE, BOB]) await stand.tell(traded, account);
  return traded;
}

async function halt(active: boolean, since: string): Promise<void> {
  await stand.send(TOPICS.operationsReports, 'OperationsReport', 'desk', {
    event_type: 'KILL_SWITCH',
    active,
    since,
    bot_id: null,
    reason: 'drill',
  });
}

/** Fills of the first day, of every wallet: in and out, of five bots; half of them come late. */
async function tellOthers(from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += 1) {
    const account = OTHERS[at % OTHERS.length] ?? '';
    const minute = String(at % 60).padStart(2, '0');
    await stand.send(TOPICS.executionReports, 'ExecutionReport', account, {
      kind: 'MATCH',
      status: 'CONFIRMED',
      fill_id: `other_${String(at)}`,
      order_id: `other_order_${String(at)}`,
      account,
      trading_bot_id: `bot_${String(at % 5)}`,
      condition_id: market.conditionId,
      token_id: market.ids[at % 2],
      order_side: at % 7 < 4 ? 'BUY' : 'SELL',
      effective_at: `2026-05-08T${at % 3 === 0 ? '23' : '00'}:${minute}:59Z`,
      side: at % 2 === 0 ? 'maker' : 'taker',
      quantity_shares: `${String((at % 97) + 1)}.000${String(at % 10)}`,
      price: `0.${String(10 + (at % 80))}`,
      fee_bps: at % 40,
    });
  }
}

/** Every column of every report of a window, in the order of the ledger. */
function rowsOf(env: Env, schema: string): Promise<readonly string[]> {
  const from = `"${schema}".settlement_reports r ORDER BY "offset", line`;
  return textsOf(env, `SELECT r::text AS row FROM ${from}`);
}

/** What the fold was given: each cut, with the sums of all lines since the one before. */
function cutsOf(env: Env, schema: string): Promise<readonly string[]> {
  return textsOf(env, `SELECT bytes AS row FROM "${schema}".window_inputs ORDER BY seq`);
}

async function textsOf(env: Env, sql: string): Promise<readonly string[]> {
  const client = await connect({ url: env['DATABASE_URL'] ?? '', applicationName: 'rebuild-test' });
  try {
    const found = await client.query<{ row: string }>(sql);
    return found.rows.map(({ row }) => row);
  } catch (cause) {
    // Before the worker has made its tables.
    if ((cause as { readonly code?: string }).code === '42P01') return [];
    throw cause;
  } finally {
    await client.end();
  }
}

type Taken = {
  readonly partition: number;
  readonly key: string;
  readonly value: Buffer | null;
};

async function recordsOf(
  env: Env,
  topic: Topic,
  isWanted: (value: unknown) => boolean = () => true,
): Promise<readonly Taken[]> {
  const found: Taken[] = [];
  const take = ({ partition, record, content }: Scanned): void => {
    if (!('value' in content)) throw new Error(`Expected ${topic.name} to decode: it does not.`);
    const { key, value } = record;
    if (isWanted(content.value)) found.push({ partition, key: String(key), value });
  };
  await withDatabase(env, (database) =>
    withBus(env, database, async (bus) => void (await scanTopic(bus, topic.name, take))),
  );
  return found;
}

/** What the fold over all partitions has put on its topics, byte by byte. */
async function publishedBy(env: Env): Promise<readonly (readonly string[])[]> {
  const isOfWindow = (value: unknown): boolean => {
    const { event_type: type, producer } = value as SettlementReport & Alert;
    return type === 'SETTLEMENT_REPORT' || producer.startsWith('pnl-windows');
  };
  const all: string[][] = [];
  for (const topic of OUT) {
    const taken = await recordsOf(env, topic, isOfWindow);
    all.push(
      taken.map(
        (one) => `${one.key} ${String(one.partition)} ${String(one.value?.toString('hex'))}`,
      ),
    );
  }
  return all;
}

/** Has a worker make the reports, killed at random moments, until there are as many. */
async function makeAgain(name: string, env: Env, schema: string): Promise<number> {
  const isDone = async (): Promise<boolean> => (await rowsOf(env, schema)).length >= rows.length;
  const service = { main: MAIN, env, logs: stand.logs };
  let kills = 0;
  let worker: WorkerProcess;
  for (;;) {
    worker = startWorkerProcess(service, `${stand.prefix}${name}-${String(kills)}`);
    const { lines } = worker;
    await until('a partition is taken', () =>
      lines.some(({ event }) => event === 'PARTITION_ACQUIRED'),
    );
    if (kills === KILLS) break;
    // The first one while the books are being read: no machine is done as early as that.
    await sleep(randomInt(KILL_MS_MAX * (2 * kills + 1)));
    if (kills > 0 && (await isDone())) break;
    await worker.kill();
    kills += 1;
  }
  await until('all reports are made again', isDone, 90_000);
  expect(await worker.stop()).toBe(0);
  return kills;
}

test('another version, small batches, Los Angeles, a killed worker: the same rows', async () => {
  const kills = await makeAgain(
    'los-angeles',
    {
      ...stand.env,
      PROJECTION_VERSION: '2',
      PUBLISH: 'no',
      TZ: 'America/Los_Angeles',
      MAX_PENDING_RECORDS: '5',
      SESSION_TIMEOUT_MS: '6000',
    },
    'pnl_v2',
  );
  expect(kills).toBeGreaterThan(0);
  expect(rows.length).toBe(10);
  expect(await rowsOf(stand.env, 'pnl_v2')).toEqual(rows);
  expect(await cutsOf(stand.env, 'pnl_v2')).toEqual(await cutsOf(stand.env, 'pnl_v1'));
}, 115_000);

test('a copy of the log, another database, Auckland: the same rows and records', async () => {
  const { env } = stand;
  const prefix = uniquePrefix();
  const database = await freshDatabase('window_rebuild_copy');
  copies.push({ prefix, database });
  const registryUrl = env['SCHEMA_REGISTRY_URL'] ?? '';
  await applyTopics({ brokers: env['KAFKA_BROKERS'] ?? '', registryUrl, prefix });
  const log = await recordsOf(env, TOPICS.ledgerEvents);
  const topic = prefix + TOPICS.ledgerEvents.name;
  await stand.kafka.send(log.map((one) => ({ topic, ...one })));
  const copy = {
    ...env,
    DATABASE_URL: database.url,
    TOPIC_PREFIX: prefix,
    TZ: 'Pacific/Auckland',
    MAX_PENDING_RECORDS: '400',
    SESSION_TIMEOUT_MS: '6000',
  };
  const kills = await makeAgain('auckland', copy, 'pnl_v1');
  expect(kills).toBeGreaterThan(0);
  expect(await rowsOf(copy, 'pnl_v1')).toEqual(rows);
  const [records, ...others] = await publishedBy(env);
  expect(records).toHaveLength(rows.length);
  expect(await publishedBy(copy)).toEqual([records, ...others]);
}, 115_000);
