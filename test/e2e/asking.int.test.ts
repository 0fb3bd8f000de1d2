/**
 * What is asked of the ledger, from the command line to the tables of the services and back: real
 * processes of every service on a log of their own.
 */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runCli } from '@polytraders/cli';
import {
  codec,
  type LedgerCommand,
  type MarketDefinition,
  partitionOf,
  type RecordType,
  type Topic,
  TOPICS,
} from '@polytraders/contracts';
import { repositoryRoot } from '@polytraders/infra/stack';
import { applyTopics } from '@polytraders/infra/topics';
import { connectKafka, createSchemaBook, type KafkaPort, pool } from '@polytraders/runtime';
import {
  dropTopics,
  type FreshDatabase,
  freshDatabase,
  testStack,
  uniquePrefix,
} from '@polytraders/testkit';
import { startWorkerProcess, type WorkerProcess } from '../faults/worker-process.ts';
import { until } from './log.ts';

const SERVICES = [
  'fill-ingestor',
  'pnl-projector',
  'inventory-reserver',
  'settlement-planner',
] as const;
const ACCOUNT = `0x${'a1'.repeat(20)}`;
/** Its commands stand on another partition, where nobody looks for those of ACCOUNT. */
const OTHER = `0x${'b0'.repeat(20)}`;
/** A condition of the venue, and its tokens against USDC.e. */
const CONDITION = '0x182390641d3b1b47cc64274b9da290efd04221c586651ba190880713da6347d9';
const YES = '102936224134271070189104847090829839924697394514566827387181305960175107677216';
const NO = '45763018441764333771124945243746174684578244015331389396782339063349542289693';
const TX = `0x${'77'.repeat(32)}`;

/** No window of an old day comes to rest while a slow machine is at its test. */
const UNHURRIED = { WINDOW_QUIET_SECONDS: '3600' };

const prefix = uniquePrefix();
let database: FreshDatabase;
let env: Readonly<Record<string, string>>;
let kafka: KafkaPort;
let workers: readonly WorkerProcess[] = [];

async function run(...args: string[]) {
  const seen = { out: '', err: '' };
  const code = await runCli(args, env, {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    isTTY: false,
  });
  return { code, ...seen };
}

async function json<Answer>(...args: string[]): Promise<Answer> {
  const { out, err } = await run(...args, '--json');
  if (out === '') throw new Error(err);
  return JSON.parse(out) as Answer;
}

type Job = { readonly job_id: string; readonly state: string; readonly kind: string };
type Balance = Readonly<Record<string, string | null>>;

const cash = async (): Promise<Balance> => {
  const [row] = await json<Balance[]>('inventory', '--account', ACCOUNT, '--pusd');
  return row ?? {};
};

beforeAll(async () => {
  const stack = await testStack();
  database = await freshDatabase('asking');
  const own = { DATABASE_URL: database.url, TOPIC_PREFIX: prefix, LOG_LEVEL: 'info' };
  env = { ...stack, ...own, ...UNHURRIED };
  await applyTopics({
    brokers: stack.KAFKA_BROKERS,
    registryUrl: stack.SCHEMA_REGISTRY_URL,
    prefix,
  });
  kafka = await connectKafka({ brokers: stack.KAFKA_BROKERS.split(','), clientId: 'asking' });
  const logs = join(repositoryRoot, '.local/test/asking');
  workers = SERVICES.map((name) =>
    startWorkerProcess({ main: `services/${name}/src/main.ts`, env, logs }, `${prefix}${name}`),
  );
  await until('the services have started', () =>
    workers.every(({ lines }) => lines.some(({ event }) => event === 'STARTED')),
  );
  await beginBooks();
}, 120_000);

afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await kafka.close();
  await dropTopics(prefix);
  await database.drop();
}, 60_000);

/** 100 pUSD, 40 YES and 30 NO: declared, so that everything about them is known. */
async function beginBooks(): Promise<void> {
  const definition: MarketDefinition = {
    condition_id: CONDITION,
    tokens: [
      { token_id: YES, outcome: 'Yes' },
      { token_id: NO, outcome: 'No' },
    ],
    neg_risk_market_id: null,
    questions: [],
    maker_rebate_rate: null,
    fee_schedule: null,
    status: 'OPEN',
    end_date: null,
  };
  await send(TOPICS.marketDefinitions, CONDITION, 'MarketDefinition', definition);
  const at = Date.now() * 1_000;
  const position = (token: string, quantity: string) => ({
    trading_bot_id: 'mm',
    condition_id: CONDITION,
    token_id: token,
    quantity_shares: quantity,
    basis_pusd: '10',
  });
  const opening: LedgerCommand = {
    event_id: 'opening',
    correlation_id: 'opening',
    causation_id: null,
    producer: 'test/1',
    effective_at: at,
    recorded_at: at,
    command: 'DECLARE_OPENING_BALANCE',
    account: ACCOUNT,
    arguments: JSON.stringify({
      balance_pusd: '100',
      positions: [position(YES, '40'), position(NO, '30')],
    }),
    proposed_by: 'ann',
    approved_by: 'bob',
    reason: 'the wallet was there before us',
  };
  await send(TOPICS.commands, ACCOUNT, 'LedgerCommand', opening);
  await until('the opening balance is booked', async () => {
    const { code, out } = await run('inventory', '--json', '--account', ACCOUNT);
    return code === 0 && (JSON.parse(out) as unknown[]).length === 3;
  });
}

async function send(topic: Topic, key: string, type: RecordType, value: object): Promise<void> {
  const reads = pool({ url: database.url, applicationName: 'asking' }, 1);
  const book = createSchemaBook({
    registryUrl: env['SCHEMA_REGISTRY_URL'] ?? '',
    codec,
    database: reads,
    onOutage: () => undefined,
  });
  await book.announce([type]);
  const partition = partitionOf(key, topic.partitions);
  const bytes = book.encode(type, value);
  await kafka.send([{ topic: prefix + topic.name, partition, key, value: bytes }]);
  book.close();
  await reads.end();
}

const asks = ['reserve', '--account', ACCOUNT, '--bot', 'mm', '--by', 'ann'];

describe('reserve', () => {
  const wish = [...asks, '--pusd', '60', '--max-fee', '1', '--ttl', '10m'];

  test('is granted, and the balance shows what is kept', async () => {
    expect(await cash()).toMatchObject({ free_pusd: '100', reserved_pusd: '0', total_pusd: '100' });
    const { code, out } = await run(...wish, '--id', 'desk-1');
    expect(out).toMatch(
      /^Reservation desk-1\nGranted: 60 pUSD and a fee of at most 1 for mm until /,
    );
    expect(out).toMatch(
      / has 39\.000000 pUSD free, 61\.000000 reserved, .* 100\.000000 in total\.\n$/,
    );
    expect(code).toBe(0);
    expect(await cash()).toMatchObject({
      free_pusd: '39',
      reserved_pusd: '61',
      total_pusd: '100',
      incomplete_reasons: [],
    });
    expect(await json('reservations', '--id', 'desk-1')).toEqual([
      expect.objectContaining({ state: 'pending', trading_bot_id: 'mm', remaining_pusd: '61' }),
    ]);
  }, 60_000);

  test('the same id again is answered, and keeps nothing more', async () => {
    const { code, out } = await run(...wish, '--id', 'desk-1');
    expect(code).toBe(0);
    expect(out).toMatch(/^It was asked for before; nothing was written\.\nGranted: /);
    expect(await cash()).toMatchObject({ free_pusd: '39', reserved_pusd: '61' });
  }, 60_000);

  test('asked by several at the same moment, it is kept once and granted to all', async () => {
    const same = [...asks, '--pusd', '2', '--max-fee', '0', '--ttl', '10m', '--id', 'desk-0'];
    const answers = await Promise.all([1, 2, 3, 4].map(() => run(...same)));
    expect(answers.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(await cash()).toMatchObject({ free_pusd: '37', reserved_pusd: '63' });
  }, 60_000);

  test('more than is free is refused with the reason and what is free, exit code 1', async () => {
    const { code, out, err } = await run(...wish, '--id', 'desk-2');
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toMatch(
      /\nRefused: 60 pUSD .*\nGOV_INVENTORY_INSUFFICIENT: .*\n0xa1.* 37\.000000 pUSD fr/,
    );
    expect(await cash()).toMatchObject({ free_pusd: '37', reserved_pusd: '63' });
  }, 60_000);

  test('shares are kept to the last micro', async () => {
    const answer = await json(...asks, '--token', YES, '--quantity', '4.000001', '--id', 'desk-3');
    expect(answer).toMatchObject({
      outcome: 'granted',
      reservation: { requested_shares: '4.000001', token_id: YES },
      balance: { free_shares: '35.999999', reserved_shares: '4.000001', total_shares: '40' },
    });
  }, 60_000);

  test('an id of another account is refused by fill-ingestor, in its words', async () => {
    const others = wish.map((word) => (word === ACCOUNT ? OTHER : word));
    const { code, out, err } = await run(...others, '--id', 'desk-1', '--wait', '20');
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toMatch(/\nRefused by fill-ingestor, GOV_COMMAND_REFUSED: Expected command cmd_/);
    const kept = await run('quarantine', '--account', OTHER);
    expect(kept.out).toMatch(
      /\nGOV_COMMAND_REFUSED +LedgerCommand +– +0xb0b0b0…b0b0 +polytraders\./,
    );
    expect(kept.out).toMatch(
      /\nGOV_COMMAND_REFUSED: A command asks for something that may not be /,
    );
  }, 60_000);

  test('what nobody takes over ends with its time, and is free again', async () => {
    const answer = await json(
      ...[...asks, '--pusd', '9', '--max-fee', '0', '--ttl', '1s', '--id', 'desk-4'],
    );
    expect(['granted', 'ended']).toContain((answer as { outcome: string }).outcome);
    await until('it has expired', async () => {
      const [row] = await json<Balance[]>('reservations', '--id', 'desk-4');
      return row?.['state'] === 'expired';
    });
    expect(await cash()).toMatchObject({ free_pusd: '37', reserved_pusd: '63' });
    const again = await run(...asks, '--pusd', '9', '--max-fee', '0', '--id', 'desk-4');
    expect(again.code).toBe(1);
    expect(again.out).toMatch(/\nEnded \(expired\): it keeps nothing any more\.\n/);
  }, 60_000);
});

describe('job', () => {
  const queued = async (): Promise<Job> => {
    const found: Job[] = [];
    await until('a job is queued', async () => {
      found.push(...(await json<Job[]>('jobs', '--account', ACCOUNT, '--state', 'queued')));
      return found.length > 0;
    });
    return found[0] as Job;
  };
  let job: Job;

  test('a merge of the pairs that are free is planned', async () => {
    job = await queued();
    expect(job).toMatchObject({
      kind: 'MERGE',
      condition_id: CONDITION,
      payout_pusd: '30',
      legs: [
        { token_id: YES, outcome_index: 0, quantity_shares: '30' },
        { token_id: NO, outcome_index: 1, quantity_shares: '30' },
      ],
    });
  }, 60_000);

  test('claim takes it for one executor and one transaction', async () => {
    const claim = ['job', 'claim', '--job', job.job_id, '--tx', TX];
    const { code, out } = await run(...claim, '--by', 'exec');
    expect({ code, out }).toEqual({
      code: 0,
      out: `Job ${job.job_id} is running by exec with transaction ${TX}.\n`,
    });
    const again = await run(...claim, '--by', 'exec');
    expect(again.code).toBe(0);
    expect(again.out).toMatch(/^It was said before; nothing was written\.\n/);
    const other = await run(
      'job',
      'claim',
      '--job',
      job.job_id,
      '--by',
      'x',
      '--tx',
      `0x${'1'.repeat(64)}`,
    );
    expect(other.code).toBe(1);
    expect(other.err).toMatch(/^Expected a queued job, found .* running by exec with transaction /);
  }, 60_000);

  test('fail gives it up with the reason, and it is planned anew', async () => {
    const fail = ['job', 'fail', '--job', job.job_id, '--by', 'exec', '--reason', 'out of gas'];
    const { code, out } = await run(...fail);
    expect({ code, out }).toEqual({ code: 0, out: `Job ${job.job_id} is failed (out of gas).\n` });
    const next = await queued();
    expect(next.job_id).not.toBe(job.job_id);
    const [whole] = await json<{ history: Job[] }[]>('jobs', '--job', job.job_id, '--history');
    expect(whole?.history.map(({ state }) => state)).toEqual(['queued', 'running', 'failed']);
    const late = await run('job', 'claim', '--job', job.job_id, '--by', 'exec', '--tx', TX);
    expect(late.code).toBe(1);
    expect(late.err).toMatch(
      /^Expected a queued job, found .* failed \(out of gas\): do not send /,
    );
  }, 60_000);
});

test('status counts what is kept, what is planned and what was refused', async () => {
  const { out } = await run('status');
  expect(out).toMatch(/fill-ingestor +1 +quarantined +GOV_COMMAND_REFUSED +\d /);
  expect(out).toMatch(/\nGOV_COMMAND_REFUSED: A command asks for something that may not be done, /);
  const status = await json<{ inventory: object; jobs: readonly object[] }>('status');
  expect(status.inventory).toMatchObject({ accounts: 1, overdrawn: 0, reservations: 3 });
  expect(status.jobs).toEqual([
    { state: 'queued', jobs: 1, payout_pusd: '30' },
    { state: 'failed', jobs: 1, payout_pusd: '30' },
  ]);
}, 60_000);
