/**
 * Decisions of the governance team, from the command line to the reports and back: real processes
 * of the ingestor, the books and the inventory on a log of their own.
 */

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runCli } from '@polytraders/cli';
import { codec, fromJson, partitionOf, TOPICS } from '@polytraders/contracts';
import { repositoryRoot } from '@polytraders/infra/stack';
import { applyTopics } from '@polytraders/infra/topics';
import { parseMicros } from '@polytraders/money';
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

const SERVICES = ['fill-ingestor', 'pnl-projector', 'inventory-reserver'] as const;
const ACCOUNT = `0x${'a1'.repeat(20)}`;
const CONDITION = '0x182390641d3b1b47cc64274b9da290efd04221c586651ba190880713da6347d9';
const YES = '102936224134271070189104847090829839924697394514566827387181305960175107677216';

/** No window of an old day comes to rest while a slow machine is at its test. */
const UNHURRIED = { WINDOW_QUIET_SECONDS: '3600' };

const prefix = uniquePrefix();
let database: FreshDatabase;
let env: Readonly<Record<string, string>>;
let kafka: KafkaPort;
let workers: readonly WorkerProcess[] = [];

type Seen = { readonly code: number; readonly out: string; readonly err: string };

async function run(args: readonly string[], answer?: string): Promise<Seen> {
  const seen = { out: '', err: '' };
  const code = await runCli(args, env, {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    isTTY: false,
    ...(answer === undefined
      ? {}
      : {
          answer: (question: string) => {
            seen.err += question;
            return Promise.resolve(answer);
          },
        }),
  });
  return { code, ...seen };
}

const pnl = (...args: string[]): string[] => ['gov', 'pnl', ...args];

async function json<Answer>(...args: string[]): Promise<Answer> {
  const { out, err } = await run([...args, '--json']);
  if (out === '') throw new Error(err);
  return JSON.parse(out) as Answer;
}

beforeAll(async () => {
  const stack = await testStack();
  database = await freshDatabase('governance');
  const own = { DATABASE_URL: database.url, TOPIC_PREFIX: prefix, LOG_LEVEL: 'info' };
  env = { ...stack, ...own, ...UNHURRIED };
  const registryUrl = stack.SCHEMA_REGISTRY_URL;
  await applyTopics({ brokers: stack.KAFKA_BROKERS, registryUrl, prefix });
  kafka = await connectKafka({ brokers: stack.KAFKA_BROKERS.split(','), clientId: 'governance' });
  workers = SERVICES.map((name) => start(name));
  await until('the services have started', () =>
    workers.every(({ lines }) => lines.some(({ event }) => event === 'STARTED')),
  );
  await trade('f1', { order_side: 'BUY', size_pusd: '50', fee_pusd: '0.1' });
  await trade('f2', { order_side: 'BUY', size_pusd: '60' });
  await trade('f3', { order_side: 'SELL', size_pusd: '70', fee_pusd: '0.1' });
  await until('the fills are booked, one of them aside', async () => {
    const { code, out } = await run(['ledger', '--json', '--account', ACCOUNT]);
    return code === 0 && (JSON.parse(out) as unknown[]).length === 3;
  });
}, 120_000);

afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await kafka.close();
  await dropTopics(prefix);
  await database.drop();
}, 60_000);

function start(name: string, more: Readonly<Record<string, string>> = {}): WorkerProcess {
  const logs = join(repositoryRoot, '.local/test/governance');
  const main = `services/${name}/src/main.ts`;
  return startWorkerProcess({ main, env, logs }, `${prefix}${name}`, more);
}

/** 100 YES change hands, confirmed on the bus. */
async function trade(fillId: string, said: Readonly<Record<string, string>>): Promise<void> {
  const report = {
    kind: 'MATCH',
    status: 'CONFIRMED',
    order_id: `ord_${fillId}`,
    account: ACCOUNT,
    trading_bot_id: 'mm',
    condition_id: CONDITION,
    token_id: YES,
    effective_at: '2026-05-08T12:00:00Z',
    fill_id: fillId,
    side: 'taker',
    quantity_shares: '100',
    correlation_id: `cor_${fillId}`,
    ...said,
  };
  const reads = pool({ url: database.url, applicationName: 'governance' }, 1);
  const registryUrl = env['SCHEMA_REGISTRY_URL'] ?? '';
  const book = createSchemaBook({ registryUrl, codec, database: reads, onOutage: () => undefined });
  await book.announce(['ExecutionReport']);
  const topic = TOPICS.executionReports;
  const partition = partitionOf(ACCOUNT, topic.partitions);
  const value = book.encode('ExecutionReport', fromJson('ExecutionReport', report));
  await kafka.send([{ topic: prefix + topic.name, partition, key: ACCOUNT, value }]);
  book.close();
  await reads.end();
}

async function reportsOf(fillId: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  type Reports = { readonly reports: readonly Readonly<Record<string, unknown>>[] };
  return (await json<Reports>('reports', '--fill-id', fillId)).reports;
}

type Position = { readonly position_shares: string; readonly realised_pnl_pusd: string };

async function position(): Promise<Position | undefined> {
  const [row] = await json<Position[]>('positions', '--account', ACCOUNT);
  return row;
}

async function held(token: string): Promise<Readonly<Record<string, string>> | undefined> {
  const [row] = await json<Record<string, string>[]>(
    ...['inventory', '--account', ACCOUNT, ...(token === '' ? ['--pusd'] : ['--token', token])],
  );
  return row;
}

describe('polytraders gov pnl', () => {
  test('quarantine list shows the fill that waits, quarantine show all that is known', async () => {
    const list = await json<{ fill_id: string; reason_codes: string[] }[]>(
      ...pnl('quarantine', 'list'),
    );
    expect(list).toEqual([expect.objectContaining({ fill_id: 'f2' })]);
    expect(list[0]?.reason_codes).toContain('PNL_REPORTER_FEE_MISSING');
    const { out } = await run(pnl('quarantine', 'show', '--fill-id', 'f2'));
    expect(out).toMatch(
      /^Fill f2: BUY 100 shares of 10293622…7216 for 60 pUSD, mm of 0xa1a1a1…a1a1\./,
    );
    expect(out).toMatch(/set aside\.\nPNL_REPORTER_FEE_MISSING: /);
  }, 60_000);

  test('reprocess of a fill whose fee nobody told wants one: it is never guessed', async () => {
    const { code, err } = await run(pnl('reprocess', '--fill-id', 'f2', '--reviewed-by', 'ann'));
    expect(code).toBe(2);
    expect(err).toMatch(/^Expected --fee for f2, found none: nobody has told its fee/);
  }, 60_000);

  const release = pnl(
    ...['reprocess', '--fill-id', 'f2', '--reviewed-by', 'ann', '--approved-by', 'bob'],
    ...['--fee', '0.25', '--reason', 'fee from the venue'],
  );

  test('reprocess shows the effect and asks; without a yes nothing is written', async () => {
    const nobody = await run(release);
    expect([nobody.code, nobody.err]).toEqual([
      2,
      'Expected a terminal to answer at, or --yes, found neither: nothing was written.\n',
    ]);
    const no = await run(release, 'n');
    expect(no.code).toBe(1);
    expect(no.err).toBe('Release f2 with a fee of 0.25 pUSD? [y/N] ');
    expect(no.out).toMatch(/With a fee of 0\.25 pUSD \(maker rebate 0, net 0\.25\):\n/);
    expect(no.out).toMatch(
      / mm, 10293622…7216: 0 shares, basis 0, average – → 100 shares, basis 60, average 0\.6\n/,
    );
    expect(no.out).toMatch(/ realised {2}0 pUSD before fees\n/);
    expect(no.out).toMatch(/ settlement_fill_f2, FILL_PNL_COMPUTED, RELEASED\n/);
    expect(no.out).toMatch(/ window {4}.* total_fills .*, gross_volume_pusd .*, net_fees_pusd /);
    expect(no.out).toMatch(/\nNothing was written\.\n$/);
    expect(await json(...pnl('quarantine', 'list'))).toHaveLength(1);
  }, 60_000);

  test('reprocess --fill-id --reviewed-by books it, with one report, and who did it', async () => {
    const { code, out } = await run(release, 'y');
    expect(out).toMatch(/\nReleased at log place \d+\/\d+, reviewed by ann, approved by bob\. /);
    expect(code).toBe(0);
    expect(await json(...pnl('quarantine', 'list'))).toEqual([]);
    expect(await position()).toMatchObject({ position_shares: '100', realised_pnl_pusd: '20' });
    await until('its report is out', async () => (await reportsOf('f2')).length > 0);
    expect(await reportsOf('f2')).toEqual([
      expect.objectContaining({
        report_id: 'settlement_fill_f2',
        fee_source: 'RELEASED',
        net_fee_pusd: '0.25',
        revision: 1,
      }),
    ]);
    const shown = await json<{ review: object; lines: { entry_kind: string }[] }>(
      ...pnl('quarantine', 'show', '--fill-id', 'f2'),
    );
    expect(shown.review).toMatchObject({
      stage: 'RELEASED',
      proposed_by: 'ann',
      approved_by: 'bob',
      reason: 'fee from the venue',
    });
    expect(shown.lines.map((line) => line.entry_kind)).toEqual(['FILL', 'REVERSE', 'RELEASE']);
    const again = await run(release, 'y');
    expect(again.code).toBe(1);
    expect(again.err).toMatch(/^Expected a fill that is set aside, found f2 in the books: /);
  }, 60_000);

  test('reverse restates what had taken the lot, and corrects the report it cites', async () => {
    const before = [await held(YES), await held('')];
    const asked = pnl('reverse', '--fill-id', 'f1', '--reviewed-by', 'ann', '--reason', 'busted');
    const shown = await run(asked, 'n');
    expect(shown.out).toMatch(/ later {5}FILL f3: realised 20 → 0 pUSD\n/);
    expect(shown.out).toMatch(/ settlement_fill_f1_c1, CORRECTION, RELEASED\n/);
    const done = await json<Readonly<Record<string, unknown>>>(...asked, '--yes');
    expect(done).toMatchObject({
      outcome: 'done',
      written: true,
      review: { stage: 'REVERSED', proposed_by: 'ann', approved_by: 'ann', reason: 'busted' },
      preview: {
        books: [{ before: { shares: '100' }, after: { shares: '0', basis: '0' } }],
        later: [
          { what: 'FILL f3', before: '20', after: '0' },
          { what: 'RELEASE f2', before: '0', after: '10' },
        ],
      },
    });
    expect(await position()).toMatchObject({ position_shares: '0', realised_pnl_pusd: '10' });
    await until('the correction is out', async () => (await reportsOf('f1')).length > 1);
    expect((await reportsOf('f1')).at(-1)).toMatchObject({
      report_id: 'settlement_fill_f1_c1',
      corrects: 'settlement_fill_f1',
      reason: 'busted',
    });
    const total = (row: Awaited<ReturnType<typeof held>>, name: string): bigint => {
      const micros = parseMicros(row?.[name] ?? '0');
      return typeof micros === 'bigint' ? micros : 0n;
    };
    await until('the inventory agrees', async () => {
      const [shares, cash] = [await held(YES), await held('')];
      return (
        total(shares, 'total_shares') === total(before[0], 'total_shares') - 100_000_000n &&
        total(cash, 'total_pusd') === total(before[1], 'total_pusd') + 50_100_000n
      );
    });
  }, 60_000);

  test('what fill-ingestor would refuse is refused before anybody is asked', async () => {
    await trade('f4', { order_side: 'BUY', size_pusd: '60' });
    await until('it is set aside', async () => {
      return (await json<unknown[]>(...pnl('quarantine', 'list'))).length === 1;
    });
    const dear = await run(
      pnl('reprocess', '--fill-id', 'f4', '--fee', '61', '--reviewed-by', 'ann', '--yes'),
    );
    expect(dear).toMatchObject({ code: 2, out: '' });
    expect(dear.err).toMatch(/^Expected a --fee of at most the 60 pUSD of f4, found 61: /);
    const again = await run(pnl('reverse', '--fill-id', 'f1', '--reviewed-by', 'ann', '--yes'));
    expect(again.code).toBe(1);
    expect(again.err).toMatch(/^Expected a fill that is in the books or set aside, found f1 taken/);
    const unknown = await run(pnl('reverse', '--fill-id', 'f9', '--reviewed-by', 'ann', '--yes'));
    expect(unknown.code).toBe(2);
    expect(unknown.err).toMatch(
      /^Expected a confirmed fill in the books, found none with the id f9/,
    );
  }, 60_000);

  test('approve says what it wants, and that nothing is held', async () => {
    const neither = await run(pnl('approve', '--reviewed-by', 'ann'));
    expect(neither.err).toMatch(/^Expected --window, or --mode-held with --until, found neither/);
    const none = await run(
      pnl('approve', '--mode-held', '--until', '100', '--reviewed-by', 'ann', '--yes'),
    );
    expect(none.err).toMatch(/^Expected reports that a mode has held below offset 100, found none/);
    const day = await run(pnl('approve', '--window', '2020-01-01', '--reviewed-by', 'ann'));
    expect(day.err).toMatch(/found no such one under 2020-01-01/);
  }, 60_000);

  test('what limited_live has held goes out once, when a second one approves it', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'governance-')), 'parameters.json');
    const settings = {
      'pnl-projector': { mode: 'limited_live' },
      'fill-ingestor': { second_approver: 'true' },
    };
    writeFileSync(file, JSON.stringify(settings));
    const [ingestor] = workers;
    await ingestor?.stop();
    workers = [start('fill-ingestor', { PARAMETERS_FILE: file }), ...workers.slice(1)];
    await trade('f5', { order_side: 'BUY', size_pusd: '60', fee_pusd: '0.1' });
    await until('its report is held', async () => (await reportsOf('f5')).length > 0);
    const asked = pnl('approve', '--mode-held', '--until', '1000', '--reviewed-by', 'ann', '--yes');
    const alone = await run(asked);
    expect(alone.out).toMatch(
      /^Held by limited_live below offset 1000 .*: 1 reports of fills, 0 of /,
    );
    expect(alone.out).toMatch(/\nRefused by fill-ingestor, GOV_COMMAND_REFUSED: .*another/s);
    const both = await run([...asked, '--approved-by', 'bob']);
    expect(both.out).toMatch(/\nReleased\.\n$/);
    await until('it is out', async () => (await reportsOf('f5')).length > 1);
    expect((await reportsOf('f5')).map((one) => [one['revision'], one['publication']])).toEqual([
      [1, 'HELD'],
      [2, 'RELEASED'],
    ]);
    const none = await run([...asked, '--approved-by', 'bob']);
    expect(none.err).toMatch(
      /^Expected reports that a mode has held below offset 1000, found none/,
    );
    // As many again, by the same words: another release.
    for (const fill of ['f6', 'f7']) {
      await trade(fill, { order_side: 'BUY', size_pusd: '60', fee_pusd: '0.1' });
      await until('its report is held', async () => (await reportsOf(fill)).length > 0);
      expect((await run([...asked, '--approved-by', 'bob'])).out).toMatch(/\nReleased\.\n$/);
    }
  }, 120_000);

  test('what was refused when it was asked before is judged once more', async () => {
    const asked = pnl('reverse', '--fill-id', 'f7', '--reviewed-by', 'ann', '--yes');
    for (const time of ['first', 'second']) {
      const { code, out } = await run(asked);
      const refused = expect.stringMatching(/\nRefused by fill-ingestor, GOV_COMMAND_REFUSED: /);
      expect([time, code, out]).toEqual([time, 1, refused]);
    }
    const [strict] = workers;
    await strict?.stop();
    workers = [start('fill-ingestor'), ...workers.slice(1)];
    expect((await run(asked)).out).toMatch(/\nTaken back at log place /);
  }, 120_000);

  test('rebuilt from the beginning, the books have the same lines, byte by byte', async () => {
    const reads = pool({ url: database.url, applicationName: 'governance' }, 1);
    const linesOf = async (schema: string): Promise<readonly string[]> => {
      const { rows } = await reads.query<{ line: string }>(
        `SELECT l::text AS line FROM ${schema}.pnl_ledger l ORDER BY partition, "offset", line`,
      );
      return rows.map(({ line }) => line);
    };
    const first = await linesOf('pnl_v1');
    expect(first.length).toBeGreaterThan(9);
    const second = start('pnl-projector', { PROJECTION_VERSION: '2', PUBLISH: 'no' });
    try {
      await until('it has read the log', async () => {
        const there = await reads.query(`SELECT to_regclass('pnl_v2.pnl_ledger') AS there`);
        const isThere = (there.rows as { there: string | null }[])[0]?.there !== null;
        return isThere && (await linesOf('pnl_v2')).length >= first.length;
      });
      expect(await linesOf('pnl_v2')).toEqual(first);
    } finally {
      await second.stop();
      await reads.end();
    }
  }, 120_000);
});
