/** Movements, commands and a resolution through the whole ingestor, and across its restart. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Event, fromJson, TOPICS } from '@polytraders/contracts';
import { type Running } from '@polytraders/runtime';
import {
  ALICE,
  CONDITION,
  MATCH,
  movement,
  NO,
  NOON,
  ORDER,
  resolution,
  TX,
  YES,
} from '../../test/inputs.ts';
import { openBench, type ServiceBench } from '../../test/service-bench.fixture.ts';
import { type RawInput } from '../raw.ts';
import { appendInputs, inTransaction } from './inbox.ts';
import { partitionOfAccount } from './inputs.ts';

const HOME = partitionOfAccount(ALICE);
const OTHER = `0x${'22'.repeat(32)}`;
let bench: ServiceBench;
let running: Running;

beforeAll(async () => {
  bench = await openBench('ingestor_moves', ['ExecutionReport', 'LedgerCommand']);
  running = await bench.start();
}, 180_000);

afterAll(async () => {
  await bench.close();
}, 60_000);

function send(type: 'ExecutionReport' | 'LedgerCommand', json: object): Promise<void> {
  const topic = type === 'LedgerCommand' ? TOPICS.commands : TOPICS.executionReports;
  return bench.send(topic, ALICE, type, fromJson(type, json));
}

async function ask(id: string, command: string, given: object): Promise<void> {
  await send('LedgerCommand', {
    event_id: id,
    correlation_id: id,
    producer: 'test',
    effective_at: '2026-05-08T12:00:00Z',
    recorded_at: '2026-05-08T12:00:00Z',
    command,
    account: ALICE,
    arguments: JSON.stringify(given),
    proposed_by: 'desk',
    approved_by: null,
    reason: 'test',
  });
}

let at = 0;

/** Puts an input where a reader would: in the inbox of Alice, or of all. */
async function append(raw: RawInput, partition: number | 'all' = HOME): Promise<void> {
  at += 1;
  const source = raw.format === 'movement' ? raw.source : 'chain';
  const sourcePosition = `test/${String(at)}`;
  const input = { partition, source, sourcePosition, rawFormat: 'json', raw } as const;
  const inputs = [{ ...input, bytes: Buffer.from(JSON.stringify(raw)) }];
  await inTransaction(bench.database, (client) => appendInputs(client, inputs, NOON + at));
}

/** Alice's partition of the log without the parameters, once a record of the type is there. */
async function logWith(type: string): Promise<readonly Event[]> {
  const deadline = performance.now() + 45_000;
  for (;;) {
    const log = await readLog();
    if (log.some((event) => event.type === type) || performance.now() > deadline) return log;
    await sleep(200);
  }
}

async function readLog(): Promise<readonly Event[]> {
  const found = await bench.read(TOPICS.ledgerEvents, HOME);
  return found.filter((event) => event.type !== 'ParametersChanged');
}

const SPLIT = movement('PositionsSplit', {
  condition_id: CONDITION,
  amount_pusd: '10',
  legs: [YES, NO].map((token) => ({ token_id: token, quantity_shares: '10' })),
});
const CLAIM = { job_id: 'job-1', tx_hash: TX };

test('commands and movements stand on the log; a reservation hears of its end', async () => {
  await send('ExecutionReport', ORDER);
  await send('ExecutionReport', { ...MATCH, negRisk: false });
  await logWith('FillConfirmed');
  await ask('cmd-1', 'CLAIM_JOB', CLAIM);
  await logWith('SettlementJobClaimed');
  await append(SPLIT);
  await ask('cmd-2', 'RESERVE', { amount_pusd: '1', max_fee_pusd: '0', ttl_ms: 1 });
  const log = await logWith('TimeAdvanced');
  const types = log.map((event) => event.type);
  expect(types.filter((type) => type !== 'TimeAdvanced')).toEqual([
    'OrderOpened',
    'FillConfirmed',
    'SettlementJobClaimed',
    'PositionsSplit',
    'ReservationRequested',
  ]);
  expect(types.at(-1)).toBe('TimeAdvanced');
  expect(log.find((event) => event.type === 'PositionsSplit')?.value).toMatchObject({
    job_id: 'job-1',
  });
}, 90_000);

test('an ingestor that starts anew remembers what was moved, asked, held and open', async () => {
  await running.stop();
  running = await bench.start();
  const before = (await readLog()).length;
  await append(SPLIT);
  await ask('cmd-1', 'CLAIM_JOB', CLAIM);
  const redeemed = { condition_id: CONDITION, payout_pusd: '110', tx_hash: OTHER };
  await append(movement('PositionsRedeemed', redeemed, 'file'));
  await append(resolution(['1', '0']), 'all');
  const log = (await logWith('OrderClosed')).slice(before);
  expect(log.map((event) => event.type)).toEqual([
    'PositionsRedeemed',
    'MarketResolved',
    'OrderClosed',
  ]);
  expect(log[0]?.value).toMatchObject({
    legs: [
      { token_id: YES, quantity_shares: 110_000_000n },
      { token_id: NO, quantity_shares: 10_000_000n },
    ],
  });
  expect(log[2]?.value).toMatchObject({ order_id: 'O1', closing_reason: 'MARKET_RESOLVED' });
  const deadlines = await bench.database.query('SELECT 1 FROM ingest.deadline');
  expect(deadlines.rowCount).toBe(0);
}, 90_000);
