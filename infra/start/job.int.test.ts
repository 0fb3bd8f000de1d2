/** The main job as a person starts it, on the test servers, in a database of its own. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { withBus, withDatabase } from '@polytraders/cli';
import { toJson } from '@polytraders/contracts';
import {
  dropTopics,
  freshDatabase,
  type FreshDatabase,
  testStack,
  uniquePrefix,
} from '@polytraders/testkit';
import { generateDay } from '@polytraders/testkit/generator';
import { leftOf, standingOf, waitUntilBooked } from './settle.ts';

const prefix = uniquePrefix();
const logs = mkdtempSync(join(tmpdir(), 'polytraders-logs-'));
const main = join(import.meta.dirname, 'main.ts');
const command = join(import.meta.dirname, '../../libs/cli/src/main.ts');

const file = join(logs, 'fills.jsonl');
const besides = join(logs, 'besides.jsonl');

let database: FreshDatabase;
let env: NodeJS.ProcessEnv;

async function run(program: string, ...args: string[]) {
  const child = spawn(process.execPath, [program, ...args], { env });
  const seen = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (seen.out += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (seen.err += chunk.toString('utf8')));
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.on('close', resolve);
  return { code: await promise, ...seen };
}

async function execute(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** The number that stands behind a title in the table of the run. */
function countIn(out: string, title: string): number {
  const [, text = 'none'] = new RegExp(`^ *${title} +([\\d,]+)$`, 'm').exec(out) ?? [];
  return Number(text.replaceAll(',', ''));
}

const start = (...args: string[]) => run(main, '--logs', logs, ...args);

/** Confirmed fills of another day, as a gateway would write them into a file. */
function confirmedFills(count: number, seed = 'file'): string {
  const lines: string[] = [];
  for (const { body } of generateDay({ seed, fills: 100 })) {
    if (body.form !== 'record' || body.type !== 'ExecutionReport') continue;
    const { status, account, paper, fee_bps: bps, fee_pusd: fee } = body.value;
    const whole = status === 'CONFIRMED' && account !== null && !paper && (bps ?? fee) !== null;
    if (whole && (bps ?? 0) <= 50) lines.push(JSON.stringify(toJson(body.type, body.value)));
  }
  return `${lines.slice(0, count).join('\n')}\n`;
}

beforeAll(async () => {
  writeFileSync(file, confirmedFills(40));
  writeFileSync(besides, confirmedFills(10, 'besides'));
  database = await freshDatabase('start');
  const stack = await testStack();
  env = { ...process.env, ...stack, DATABASE_URL: database.url, TOPIC_PREFIX: prefix };
}, 60_000);

afterAll(async () => {
  await dropTopics(prefix);
  await database.drop();
  rmSync(logs, { recursive: true });
});

describe('npm start', () => {
  test('takes a generated day to the topic of reports, and every check holds', async () => {
    const { code, out, err } = await start('--fills', '300');
    expect({ code, err: code === 0 ? '' : err + out }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/confirmed fills in the ledger\n/);
    expect(out).toMatch(/All 31 checks hold\./);
    expect(out).toMatch(/^redeem +done +\d+ /m);
    expect(out).toMatch(/^redeem +failed +1 /m);
    expect(out).toMatch(/^Reservations: .*\d+ pending, .*2 refused/m);
    expect(out).toMatch(/ GOV_FILL_STATUS_CONFLICT +1\n/);
    expect(out).toMatch(/lab\.paper \(paper\)/);
    expect(out).toMatch(/^Report of 2026-05-08: settlement_pnl_20260509T000000Z_r2, held$/m);
    expect(out).toMatch(/^all +\d+ /m);
    expect(out).toMatch(/^0x\S+ +[\d,.]+ +0\.00 +RECONCILED$/m);
    const count = (title: string) => countIn(out, title);
    expect(count('messages in')).toBe(
      count('market data') + count('commands') + count('execution reports'),
    );
    expect(count('execution reports')).toBe(
      count('applied') + count('duplicates') + count('refused'),
    );
    expect(out).toMatch(/\ncommands, the chain, the clock, parameters +\d+\n/);
  }, 120_000);

  test('delivered again, the day adds nothing', async () => {
    const { code, out, err } = await start('--fills', '300');
    expect({ code, err: code === 0 ? '' : err + out }).toEqual({ code: 0, err: '' });
    expect(err).toMatch(/This day is in the ledger already/);
    expect(out).toMatch(/ applied +0\n/);
    expect(out).toMatch(/holds +ledger lines that it adds\n/);
    expect(out).toMatch(/holds +revisions of the day's report that it adds\n/);
    expect(out).toMatch(/^reports of windows, with revisions +2$/m);
  }, 120_000);

  test('does not take the inputs of others, which come meanwhile, for its own', async () => {
    const { job, said } = await jobThatSays('Streaming', '--fills', '3000');
    const out = text(job.stdout);
    const { code } = await run(command, 'import', besides, '--account', 'any');
    expect(code).toBe(0);
    const [ended] = (await once(job, 'exit')) as [number];
    expect({ ended, out: ended === 0 ? '' : await out }).toEqual({ ended: 0, out: '' });
    expect(said.text).toMatch(/^10 execution reports of others came meanwhile\. /m);
    expect(await out).toMatch(/All 28 checks hold\./);
  }, 120_000);

  test('waits for the books that count, not for a version that is built beside them', async () => {
    const standing = () =>
      withDatabase(env, (one) => withBus(env, one, (bus) => standingOf(one, bus)));
    const before = await standing();
    await execute(
      `INSERT INTO stream.partition (processor, version, topic, partition, next_offset, chain_hash)
       SELECT processor, beside, topic, partition, far, chain_hash
         FROM stream.partition, (VALUES (0, 0), (2, 9999999)) AS other (beside, far)
        WHERE processor = 'pnl-projector'`,
    );
    expect(await standing()).toEqual(before);
    expect(leftOf(before)).toBe(0);
  }, 30_000);

  test('names the partition that keeps it waiting, and why it has stopped', async () => {
    const place = `processor = 'pnl-projector' AND version = 1 AND partition = 0`;
    const halted = 'LOG_REPLACED: the log is another one.';
    await execute(`UPDATE stream.partition SET halted = '${halted}', next_offset = next_offset - 5
                    WHERE ${place}`);
    const over = new AbortController().signal;
    const wait = withDatabase(env, (one) =>
      withBus(env, one, (bus) => waitUntilBooked(one, bus, () => undefined, over, 500)),
    );
    await expect(wait).rejects.toThrow(`pnl-projector partition 0 stands still: ${halted} See npm`);
    await execute(`UPDATE stream.partition SET halted = NULL, next_offset = next_offset + 5
                    WHERE ${place}`);
  }, 30_000);

  test('a number that is wrong in one book ends in exit code 1 and names the book', async () => {
    const changed = await execute(
      `UPDATE pnl_v1.positions SET realised_pnl_pusd = realised_pnl_pusd + 0.000001
        WHERE ctid = (SELECT ctid FROM pnl_v1.positions WHERE fills > 0 LIMIT 1)
        RETURNING account || '|' || trading_bot_id || '|' || token_id AS book`,
    );
    const { code, out } = await start('--fills', '300');
    expect(code).toBe(1);
    const book = String(changed[0]?.['book']);
    expect(out).toContain(
      `DIFFERS  every book is the sum of its ledger lines (SQL): ${book} is not`,
    );
    expect(out).toMatch(/\d of 33 checks do not hold\./);
  }, 120_000);

  test('a file goes the same way, and its bad rows are named', async () => {
    const { code, out, err } = await start('--input', file, '--account', 'any');
    // The book that the test before has falsified is still found.
    expect({ code, err: code === 1 ? '' : err }).toEqual({ code: 1, err: '' });
    expect(out).toMatch(/On the log: 38 confirmed fills/);
    expect(out).toMatch(/Refused: 2\.\n +GOV_FILL_CONFLICT: 1\n +PRICE_OUT_OF_RANGE: 1\n/);
    expect(out).toMatch(/new in this run +38\n/);
    expect(countIn(out, 'rows of the file in')).toBe(
      countIn(out, 'applied') + countIn(out, 'refused'),
    );
    expect(out).toMatch(/\nlab\.paper \(paper\) /);
  }, 120_000);
});

/** Process ids of what a job has started. */
function servicesOf(job: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const stat = statOf(pid);
      return stat.slice(stat.lastIndexOf(')')).split(' ')[2] === String(job);
    })
    .map(Number);
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    // Some other process, which has ended meanwhile.
    return '';
  }
}

/** A job that has come so far that it says so. */
async function jobThatSays(text: string, ...args: string[]) {
  const job = spawn(process.execPath, [main, '--logs', logs, ...args], { env });
  const said = { text: '' };
  const { promise: come, resolve } = Promise.withResolvers<undefined>();
  job.stderr.on('data', (chunk: Buffer) => {
    said.text += chunk.toString('utf8');
    if (said.text.includes(text)) resolve(undefined);
  });
  await come;
  return { job, said, services: servicesOf(job.pid ?? -1) };
}

test.each(['Streaming a trading day', 'sent '])(
  'Ctrl-C after "%s" ends the command within seconds, and nothing is sent after it',
  async (text) => {
    const { job, said, services } = await jobThatSays(text);
    const { promise: ended, resolve } = Promise.withResolvers<number | null>();
    job.on('close', resolve);
    const pressedAt = performance.now();
    job.kill('SIGINT');
    expect(await ended).toBe(2);
    expect(performance.now() - pressedAt).toBeLessThan(10_000);
    expect(said.text).toMatch(/Interrupted: the services are stopped; the servers stay up\.\n$/);
    expect(services.filter((service) => existsSync(`/proc/${service}`))).toEqual([]);
  },
  120_000,
);

test('a log that cannot be written ends the job in one sentence', async () => {
  const full = mkdtempSync(join(tmpdir(), 'polytraders-full-'));
  symlinkSync('/dev/full', join(full, 'pnl-projector.log'));
  const { code, out, err } = await run(main, '--logs', full, '--fills', '300');
  rmSync(full, { recursive: true });
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^Expected to write the log of pnl-projector; found ENOSPC[^\n]*\.\n$/m);
  expect(err).not.toMatch(/^ +at /m);
}, 60_000);

test('a second job on the same database is refused; the first goes on', async () => {
  const { job } = await jobThatSays('Streaming a trading day');
  const { promise: ended, resolve } = Promise.withResolvers<number | null>();
  job.on('close', resolve);
  const second = await start('--fills', '300');
  expect(second).toMatchObject({ code: 2, out: '' });
  expect(second.err).toMatch(/Expected no other npm start on this database, found one [^\n]*\n$/);
  expect(second.err).toContain(`(process ${job.pid ?? 0} on `);
  expect(job.exitCode).toBeNull();
  job.kill('SIGINT');
  expect(await ended).toBe(2);
}, 60_000);

test('a job that is killed takes its services with it', async () => {
  const { job, services } = await jobThatSays('Streaming a trading day');
  expect(services).toHaveLength(4);
  job.kill('SIGKILL');
  const left = () => services.filter((service) => existsSync(`/proc/${service}`));
  for (let waited = 0; left().length > 0 && waited < 60_000; waited += 100) await delay(100);
  expect(left()).toEqual([]);
}, 120_000);

describe('polytraders import', () => {
  test('without a running ingestor says so in one sentence, and exits 2', async () => {
    const { code, err } = await run(command, 'import', file, '--account', 'any');
    expect(code).toBe(2);
    const found = 'Expected a running fill-ingestor on this database, found none';
    expect(err).toMatch(new RegExp(`^${found}: .*-- --stay.*-- --input FILE .*\n$`));
  }, 30_000);
});
