/**
 * The venue's files through the running services: import command, inbox, log, projector, ledger.
 * Each
 * service is a process of its own, started as anywhere else.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { applyTopics } from '@polytraders/infra/topics';
import { configFromEnv, pool } from '@polytraders/runtime';
import {
  dropTopics,
  type FreshDatabase,
  freshDatabase,
  testStack,
  uniquePrefix,
} from '@polytraders/testkit';
import type pg from 'pg';

const folder =
  process.env['VENUE_DATA'] ?? new URL('../../../../../shared/data', import.meta.url).pathname;
const present = existsSync(folder);
if (!present)
  process.stdout.write(`The venue files are absent (${folder}); their tests are left out.\n`);
const venue = present ? describe : describe.skip;

const services = new URL('../../../', import.meta.url).pathname;
const prefix = uniquePrefix();
const running: ChildProcess[] = [];
let fresh: FreshDatabase | undefined;
let database: pg.Pool | undefined;
let env: NodeJS.ProcessEnv = {};

beforeAll(async () => {
  if (!present) return;
  const stack = await testStack();
  fresh = await freshDatabase('venue');
  env = { ...process.env, ...stack, DATABASE_URL: fresh.url, TOPIC_PREFIX: prefix };
  const config = configFromEnv(env);
  await applyTopics({ brokers: config.kafka, registryUrl: config.registryUrl, prefix });
  database = pool({ url: fresh.url, applicationName: 'test' }, 2);
  await Promise.all(['fill-ingestor', 'pnl-projector'].map(startService));
}, 180_000);

afterAll(async () => {
  await Promise.all(running.map(stopService));
  await database?.end();
  await fresh?.drop();
  await dropTopics(prefix);
}, 60_000);

function startService(name: string): Promise<void> {
  const child = spawn(process.execPath, [`${services}${name}/src/main.ts`], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  return new Promise((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer): void => {
      said = (said + chunk.toString('utf8')).slice(-4_000);
      if (said.includes('"event":"STARTED"')) resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', () => {
      reject(new Error(`${name} ended: ${said}`));
    });
  });
}

async function stopService(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill('SIGTERM');
  await ended;
}

type Answer = { readonly code: number; readonly out: string; readonly err: string };

function importFile(name: string, ...terms: readonly string[]): Promise<Answer> {
  const program = `${services}fill-ingestor/src/import-file.ts`;
  const child = spawn(process.execPath, [program, `${folder}/${name}`, '--json', ...terms], {
    env,
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString('utf8');
  });
  return new Promise((resolve) => {
    child.once('close', (code) => {
      resolve({ code: code ?? 2, out, err });
    });
  });
}

async function taken(
  name: string,
  ...terms: readonly string[]
): Promise<Readonly<Record<string, unknown>>> {
  const { code, out, err } = await importFile(
    name,
    ...terms,
    '--fee',
    'declared-zero',
    '--reviewed-by',
    'auditor',
  );
  if (code !== 0) throw new Error(err);
  return JSON.parse(out) as Readonly<Record<string, unknown>>;
}

/** Lines and notional of an account's fills in the projector's ledger, once there are so many. */
async function ledgerOf(
  account: string,
  lines: number,
): Promise<Readonly<Record<string, string | undefined>>> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const answer = await database?.query<Record<string, string>>(
      'SELECT count(*) AS lines, sum(size_pusd) AS notional, count(*) FILTER (WHERE ' +
        'fee_source = $2) AS declared ' +
        'FROM pnl_v1.pnl_ledger WHERE account = $1',
      [account, 'DECLARED'],
    );
    const found = answer?.rows[0] ?? {};
    if (Number(found['lines']) >= lines || performance.now() > deadline) return found;
    await sleep(200);
  }
}

venue('through Kafka into the ledger', () => {
  test.each([
    ['user_data_20251226.csv', `0x${'c1'.repeat(20)}`, 24_155, '287419.606803'],
    ['user_data_20251229.csv', `0x${'c2'.repeat(20)}`, 32_046, '332976.331749'],
  ])(
    '%s: each row is a line of the ledger, and the notional is Σ of the rows',
    async (name, account, rows, notional) => {
      const startedAt = performance.now();
      const result = await taken(
        `gabagool22-updown/${name}`,
        '--account',
        account,
        '--identity',
        'row',
      );
      expect(result).toMatchObject({
        records: rows,
        taken: rows,
        fills: rows,
        without_effect: 0,
        quarantined: {},
      });
      const ledger = await ledgerOf(account, rows);
      expect(ledger).toEqual({ lines: String(rows), notional, declared: String(rows) });
      const seconds = (performance.now() - startedAt) / 1000;
      process.stdout.write(
        `${name}: ${String(Math.round(rows / seconds))} rows/s from file to ledger.\n`,
      );
    },
    240_000,
  );

  test('5,000 Nobel lines are 1,500 fills, and the 3,500 repeats have no effect', async () => {
    expect(
      await taken('ibalgo-nobel-negrisk/nobel_peace_prize_2025_trades.csv', '--account', 'any'),
    ).toMatchObject({ records: 5000, taken: 5000, fills: 1500, without_effect: 3500 });
  }, 120_000);

  test('803 rows of one wallet stay 803, and a second import adds none', async () => {
    const name = 'bennacer/wallet_trades_0xb77b6ef3.csv';
    expect(await taken(name)).toMatchObject({ taken: 803, fills: 803 });
    expect(await taken(name)).toMatchObject({ taken: 0, already_there: 803, fills: 0 });
    expect(await ledgerOf('0xb77b6ef359f02192fb077227499f9f853d4870a5', 803)).toMatchObject({
      lines: '803',
    });
  }, 120_000);

  test("the mint receipt is two fills with the chain's fees", async () => {
    expect(await taken('v2-atlas-mint-receipt/receipt.json', '--account', 'any')).toMatchObject({
      fills: 2,
      left_out: { OrdersMatched: 1, 'other log': 15 },
    });
  }, 60_000);

  test('a file that needs terms is refused in one sentence, with exit code 2', async () => {
    const { code, err } = await importFile('gabagool22-updown/user_data_20251226.csv');
    expect([code, err.split('\n').filter((line) => line !== '').length]).toEqual([2, 1]);
  }, 60_000);
});
