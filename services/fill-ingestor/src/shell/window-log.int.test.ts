/**
 * Through the whole service, from Kafka and a node to the log: a day is closed, its balances are
 * observed and completed in that order, the kill switch and reviewed decisions stand in every
 * partition that they concern.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  type Event,
  fromJson,
  isoTime,
  LEDGER_PARTITIONS,
  partitionOf,
  type Topic,
  TOPICS,
} from '@polytraders/contracts';
import { type Running } from '@polytraders/runtime';
import {
  conditionOf,
  type LocalChain,
  marketMaker,
  type MarketMaker,
  POLYGON_VENUE as VENUE,
  startChain,
} from '@polytraders/testkit/chain';
import { tokenIdsOf } from '@polytraders/testkit/generator';
import { until } from '../../test/chain-bench.fixture.ts';
import { openBench, type ServiceBench } from '../../test/service-bench.fixture.ts';
import { ALICE, BOB } from '../../test/transactions.ts';

const FIRST = 94_959_000;
const DEPTH = 4;
const END = Date.parse('2026-05-09T00:00:00Z') / 1000;
const CONDITION = conditionOf('rain');
const [YES, NO] = tokenIdsOf(CONDITION, false);
const MARKET = { conditionId: CONDITION, ids: [YES, NO] as const };
const ENVELOPE = {
  producer: 'desk',
  correlation_id: 'talk-1',
  effective_at: '2026-05-08T12:00:00Z',
  recorded_at: '2026-05-08T12:00:00Z',
};

let folder: string;
let bench: ServiceBench;
let chain: LocalChain;
let venue: MarketMaker;
let running: Running;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'window-log-'));
  bench = await openBench('window_log', [
    'ExecutionReport',
    'OperationsReport',
    'LedgerCommand',
    'MarkObserved',
  ]);
  chain = await startChain({
    actors: [VENUE.exchange, VENUE.adapter],
    real: VENUE,
    first: { block: FIRST, time: END - 900 },
    slotsInAnEpoch: 1_000_000,
  });
  venue = marketMaker(chain, VENUE);
  running = await startIngestor();
}, 90_000);

afterEach(async () => {
  await bench.close();
  await chain.stop();
  rmSync(folder, { recursive: true });
}, 60_000);

function startIngestor(workerId = 'first'): Promise<Running> {
  const accounts = {
    [ALICE]: { source_of_record: 'chain', default_bot: 'alpha' },
    [BOB]: { source_of_record: 'chain', default_bot: 'beta' },
  };
  const path = join(folder, 'accounts.json');
  writeFileSync(path, JSON.stringify(accounts));
  return bench.start({
    WORKER_ID: workerId,
    ACCOUNTS_FILE: path,
    CHAIN_RPC_URL: chain.node.url,
    CHAIN_START_BLOCK: String(FIRST),
    CHAIN_DEPTH: String(DEPTH),
    CHAIN_POLL_MS: '50',
    CHAIN_HEAD_AGE_MS_MAX: '0',
    WINDOW_SETTLE_SECONDS: '0',
    WINDOW_QUIET_SECONDS: '1',
    WINDOW_BALANCES_RETRY_SECONDS: '1',
  });
}

/** What stands in a partition of the log, parameters left out. */
async function logOf(partition: number): Promise<readonly Event[]> {
  const found = await bench.read(TOPICS.ledgerEvents, partition);
  return found.filter((event) => event.type !== 'ParametersChanged');
}

const ofAccount = (account: string): Promise<readonly Event[]> =>
  logOf(partitionOf(account, LEDGER_PARTITIONS));

async function everywhere(type: string): Promise<readonly Event[]> {
  const all = await Promise.all(Array.from({ length: LEDGER_PARTITIONS }, (_, one) => logOf(one)));
  return all.flatMap((log) => log.filter((event) => event.type === type));
}

async function untilEverywhere(type: string, count: number): Promise<readonly Event[]> {
  let found: readonly Event[] = [];
  await until(`${type} ${String(count)} times`, async () => {
    found = await everywhere(type);
    return found.length >= count;
  });
  expect(found).toHaveLength(count);
  return found;
}

function send(topic: Topic, type: Event['type'], key: string, json: object): Promise<void> {
  return bench.send(topic, key, type, fromJson(type, json));
}

async function mineAt(seconds: number, ...sent: readonly Promise<string>[]): Promise<void> {
  await chain.mined(sent, seconds);
}

async function begin(): Promise<void> {
  for (const wallet of [ALICE, BOB]) await venue.fund(wallet, 100_000_000n);
  await venue.prepare('rain');
  await mineAt(END - 600, venue.split(ALICE, MARKET, 5_000_000n));
}

/** Bob buys two seconds before the day ends; then it is over, and final. */
async function tradeAndEnd(): Promise<void> {
  const [taker, maker] = [BOB, ALICE];
  const amounts = { quantity: 2_000_000n, notional: 1_100_000n, takerFee: 10_000n };
  await mineAt(END - 2, venue.trade({ taker, maker, tokenId: NO, ...amounts }));
  await mineAt(END + 5, venue.pay(ALICE, BOB, 1n));
  await chain.mine(DEPTH);
}

test('a day is closed, its balances are observed, then complete, in that order', async () => {
  await begin();
  await send(TOPICS.marks, 'MarkObserved', NO, {
    token_id: NO,
    price: '0.56',
    kind: 'MID',
    observed_at: '2026-05-08T23:59:58Z',
    source: 'test',
  });
  await until('the mark is known', async () => {
    const known = await bench.database.query('SELECT 1 FROM ingest.mark');
    return known.rowCount === 1;
  });
  await tradeAndEnd();
  const complete = await untilEverywhere('WindowBalancesComplete', LEDGER_PARTITIONS);
  expect(complete[0]?.value).toMatchObject({
    window_end: END * 1_000_000,
    block_time: (END - 2) * 1_000_000,
    attempt: 1,
    accounts: 2,
    errors: 0,
  });
  const closed = await untilEverywhere('WindowClosed', LEDGER_PARTITIONS);
  const places = new Set(closed.map(({ value }) => (value as { market_seq: number }).market_seq));
  expect(places.size).toBe(1);
  for (const [account, balance] of [
    [ALICE, 96_100_000n],
    [BOB, 98_890_000n],
  ] as const) {
    const log = await ofAccount(account);
    const types = log.map((event) => event.type);
    const order = ['FillConfirmed', 'WindowClosed', 'ChainBalancesObserved'] as const;
    const at = [...order, 'WindowBalancesComplete'].map((type) => types.indexOf(type as never));
    expect(at).toEqual([...at].sort((a, b) => a - b));
    expect(at[0]).toBeGreaterThan(-1);
    const observed = log.find(
      (event) =>
        event.type === 'ChainBalancesObserved' &&
        (event.value as { account: string }).account === account,
    );
    expect(observed?.value).toMatchObject({ balance_pusd: balance, error: null });
    const window = log.find((event) => event.type === 'WindowClosed');
    expect(window?.value).toMatchObject({
      backfilled: true,
      marks: [{ token_id: NO, kind: 'MID', observed_at: (END - 2) * 1_000_000 }],
    });
  }
  const port = String(running.port);
  const health = await fetch(`http://127.0.0.1:${port}/internal/health/fill-ingestor`);
  const { sources } = (await health.json()) as { readonly sources: readonly object[] };
  expect(sources).toContainEqual(
    expect.objectContaining({ source: 'windows', windows_closed: 1, windows_waiting: 0 }),
  );
  expect(sources).toContainEqual(
    expect.objectContaining({ source: 'balances', balances_told: 1, accounts_failing: 0 }),
  );
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(metrics).toMatch(/source_fact\{source="windows",name="windows_closed"\} 1/);
}, 90_000);

test('with two ingestors, one of them stopped and started again, all of it once', async () => {
  await begin();
  const other = await startIngestor('other');
  await tradeAndEnd();
  await running.stop();
  await untilEverywhere('WindowBalancesComplete', LEDGER_PARTITIONS);
  running = await startIngestor('again');
  await other.stop();
  await until('the other has gone on', async () => {
    const health = await fetch(
      `http://127.0.0.1:${String(running.port)}/internal/health/fill-ingestor`,
    );
    const { partitions } = (await health.json()) as { readonly partitions: number };
    return partitions === LEDGER_PARTITIONS;
  });
  await sleep(3_000);
  expect(await everywhere('WindowClosed')).toHaveLength(LEDGER_PARTITIONS);
  expect(await everywhere('WindowBalancesComplete')).toHaveLength(LEDGER_PARTITIONS);
  expect(await everywhere('ChainBalancesObserved')).toHaveLength(2);
}, 90_000);

test('the kill switch is told to every partition, with the time of its last move', async () => {
  await send(TOPICS.operationsReports, 'OperationsReport', 'bot', {
    event_type: 'KILL_SWITCH',
    active: true,
    since: '2026-05-08T11:00:00Z',
    bot_id: null,
    reason: 'drill',
  });
  const told = await untilEverywhere('KillSwitchChanged', LEDGER_PARTITIONS);
  for (const { value } of told) {
    expect(value).toMatchObject({ active: true, reason: 'drill', bot_id: null });
    expect(isoTime((value as { since: number }).since)).toBe('2026-05-08T11:00:00Z');
  }
  expect(new Set(told.map(({ value }) => JSON.stringify(value))).size).toBe(1);
}, 90_000);

test('a reviewed release and reversal stand with the account, an approval everywhere', async () => {
  const desk = `0x${'de'.repeat(20)}`;
  await send(TOPICS.executionReports, 'ExecutionReport', desk, {
    kind: 'MATCH',
    order_id: 'O1',
    account: desk,
    trading_bot_id: 'alpha',
    condition_id: CONDITION,
    token_id: YES,
    order_side: 'BUY',
    status: 'CONFIRMED',
    effective_at: '2026-05-08T12:00:00Z',
    fill_id: 'F1',
    side: 'taker',
    quantity_shares: '100',
    size_pusd: '50',
    price: '0.5',
  });
  await until('the fill is on the log', async () =>
    (await ofAccount(desk)).some((event) => event.type === 'FillConfirmed'),
  );
  const ask = (command: string, account: string | null, given: object): Promise<void> =>
    send(TOPICS.commands, 'LedgerCommand', account ?? '*', {
      ...ENVELOPE,
      event_id: `cmd-${command}`,
      command,
      account,
      arguments: JSON.stringify(given),
      proposed_by: 'desk',
      approved_by: 'auditor',
      reason: 'checked against the venue',
    });
  await ask('RELEASE_FILL', desk, { fill_id: 'F1', fee_pusd: '0.5' });
  await until('it is released', async () =>
    (await ofAccount(desk)).some((event) => event.type === 'FillReleased'),
  );
  await ask('REVERSE_FILL', desk, { fill_id: 'F1' });
  await ask('APPROVE_WINDOW', null, { report_ids: ['settlement_pnl_20260509T000000Z'] });
  await untilEverywhere('ReportReleased', LEDGER_PARTITIONS);
  await until('it is reversed', async () =>
    (await ofAccount(desk)).some((event) => event.type === 'FillReversed'),
  );
  const log = await ofAccount(desk);
  const of = (type: string) => log.find((event) => event.type === type)?.value;
  const { event_id: original } = of('FillConfirmed') as { event_id: string };
  expect(of('FillReleased')).toMatchObject({ original_event_id: original, fee_pusd: 500_000n });
  expect(of('FillReversed')).toMatchObject({ original_event_id: original, approved_by: 'auditor' });
}, 90_000);
