/**
 * Reports of windows on the real stack: processes of pnl-projector, topics, Postgres. What
 * they say is compared with the same log driven in memory, which sums line by line what the
 * gatherer sums in SQL; then killed in the middle, and rebuilt under another clock.
 */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LedgerEvent, TOPICS } from '@polytraders/contracts';
import { repositoryRoot } from '@polytraders/infra/stack';
import { pool, rowOf } from '@polytraders/runtime';
import type pg from 'pg';
import { TOKEN } from '../../services/pnl-projector/src/events.fixture.ts';
import { createDesk, type Desk } from '../../services/pnl-projector/src/windows/desk.fixture.ts';
import { type ReportEntry, reportsTable } from '../../services/pnl-projector/src/windows/entry.ts';
import { exactText } from '../../services/pnl-projector/src/windows/exact-json.ts';
import {
  atDay,
  createLog,
  type Log,
  price,
  qty,
  usd,
  wallets,
} from '../../services/pnl-projector/src/windows/log.fixture.ts';
import { type Output, readPublished } from '../faults/published.ts';
import { startWorkerProcess, type WorkerProcess } from '../faults/worker-process.ts';
import { createTestLog, ledgerTopic, type TestLog, until } from './log.ts';

const TYPES = [
  'WindowClosed',
  'WindowBalancesComplete',
  'ChainBalancesObserved',
  'ReportReleased',
  'ParametersChanged',
  'KillSwitchChanged',
];
const RECIPIENTS = [TOPICS.financeTeam, TOPICS.governanceAudit, TOPICS.postTradeArchive];
const DAYS = ['2026-05-06', '2026-05-07', '2026-05-08'];
const MAIN = 'services/pnl-projector/src/main.ts';
const WALLETS = wallets(12);

type Placed = { readonly partition: number; readonly event: LedgerEvent };

let log: TestLog;
let database: pg.Pool;
const workers: WorkerProcess[] = [];

beforeAll(async () => {
  log = await createTestLog('window_reports', ['pnl-projector'], TYPES);
  await log.createTopics([...RECIPIENTS, TOPICS.dashboard].map(({ name }) => name));
  database = pool({ url: log.databaseUrl, applicationName: 'window-reports-test' }, 2);
}, 120_000);

afterAll(async () => {
  await Promise.all(workers.filter((one) => one.isRunning()).map((one) => one.kill()));
  await database.end();
  await log.close();
}, 60_000);

/** A day of twelve wallets: bought, sold, late, set aside, without a block, by paper. */
function trade(story: Log, date: string): void {
  for (let at = 0; at < 600; at += 1) {
    const account = WALLETS[at % WALLETS.length] ?? '';
    const isBuy = at % 5 !== 4;
    story.fill({
      account,
      confirmed_at: atDay(date, (at * 137) % 86_400),
      trading_bot_id: ['mm', 'arb', "o'hara"][at % 3] ?? 'mm',
      token_id: at % 2 === 0 ? TOKEN : '77001',
      condition_id: at % 2 === 0 ? '0xc0' : '0xc1',
      order_side: isBuy ? 'BUY' : 'SELL',
      side: at % 4 === 0 ? 'maker' : 'taker',
      fee_bps: at % 97 === 96 ? null : 25,
      quantity_shares: qty(`${String(1 + (at % 90))}.000001`),
      size_pusd: usd(`${String(1 + (at % 40))}.31`),
      builder_code: at % 7 === 0 ? '0xb1' : null,
      block_number: at % 11 === 0 ? null : 100 * (1 + DAYS.indexOf(date)) + (at % 50),
    });
  }
  story.fill({ account: `paper:${WALLETS[0] ?? ''}`, paper: true, confirmed_at: atDay(date, 60) });
}

function closing(story: Log, date: string, mark: string): void {
  const observed_at = atDay(date, 86_390);
  story.close(date, [
    { token_id: TOKEN, price: price(mark), kind: 'MID', observed_at },
    { token_id: '77001', price: price('0.5'), kind: 'LAST', observed_at: atDay(date, 80_000) },
  ]);
}

function answers(story: Log, date: string, silent: string | null): void {
  const block = 100 * (1 + DAYS.indexOf(date)) + 60;
  for (const account of WALLETS) {
    const found = { cash: '-1234.5', tokens: { [TOKEN]: '10', '77001': '20' } };
    story.observe(date, account, account === silent ? 'CHAIN_UNREACHABLE' : found, block);
  }
  story.complete(date, block, silent === null ? 0 : 1);
}

/** The log in three parts; what the books and the windows make of it is in `desk`. */
function tell(): { readonly parts: readonly (readonly Placed[])[]; readonly desk: Desk } {
  const desk = createDesk(12);
  let part: Placed[] = [];
  const parts = [part];
  const recorder: Desk = {
    ...desk,
    take: (partition, event) => {
      part.push({ partition, event });
      desk.take(partition, event);
    },
  };
  const story = createLog(recorder);
  story.tell('general_live', { include_paper: 'true', reconcile_tolerance_pusd: '0.05' });
  trade(story, DAYS[0] ?? '');
  closing(story, DAYS[0] ?? '', '0.61');
  answers(story, DAYS[0] ?? '', WALLETS[3] ?? '');
  part = [];
  parts.push(part);
  story.halt(true, atDay('2026-05-07', 30));
  trade(story, DAYS[1] ?? '');
  story.release(['settlement_pnl_20260507T000000Z_r2']);
  story.fill({
    account: WALLETS[5] ?? '',
    confirmed_at: atDay('2026-05-06', 5),
    block_number: 101,
  });
  closing(story, DAYS[1] ?? '', '0.44');
  part = [];
  parts.push(part);
  story.halt(false, atDay('2026-05-08', 30));
  story.tell('general_live', { group_by: 'builder' }, atDay('2026-05-08', 40));
  trade(story, DAYS[2] ?? '');
  answers(story, DAYS[0] ?? '', null);
  closing(story, DAYS[2] ?? '', '0.52');
  answers(story, DAYS[2] ?? '', null);
  // Out of its turn: a block before the one that was told last.
  answers(story, DAYS[1] ?? '', null);
  return { parts, desk };
}

async function append(part: readonly Placed[]): Promise<void> {
  await log.appendRaw(
    part.map(({ partition, event }) => ({
      topic: log.prefix + ledgerTopic,
      partition,
      key: 'account' in event.value ? event.value.account : '*',
      value: log.encode(event.type, event.value),
    })),
  );
}

function worker(name: string, more: Readonly<Record<string, string>> = {}): WorkerProcess {
  const logs = join(repositoryRoot, '.local/test/window-reports');
  const env = { ...log.env, LOG_LEVEL: 'info', SESSION_TIMEOUT_MS: '6000' };
  const started = startWorkerProcess({ main: MAIN, env, logs }, `${log.prefix}${name}`, more);
  workers.push(started);
  return started;
}

/** Whole rows in their order, as texts. */
async function stored(schema: string): Promise<readonly ReportEntry[]> {
  const columns = reportsTable.columns.map(({ name }) => `"${name}"`).join(', ');
  const answer = await database
    .query<(string | null)[]>({
      text: `SELECT ${columns} FROM ${schema}.settlement_reports ORDER BY "offset", line`,
      rowMode: 'array',
    } as never)
    .catch((cause: unknown) => {
      // The schema comes with the first start.
      if ((cause as { readonly code?: string }).code === '42P01') return { rows: [] };
      throw cause;
    });
  return (answer.rows as unknown as readonly (string | null)[][]).map((row) =>
    rowOf(reportsTable, row),
  );
}

async function count(table: string): Promise<number> {
  const answer = await database
    .query<{ count: string }>(`SELECT count(*) AS count FROM ${table}`)
    .catch(() => ({ rows: [{ count: '0' }] }));
  return Number(answer.rows[0]?.count ?? 0);
}

function windowIds(topic: { readonly name: string; readonly partitions: number }): Output {
  return {
    topic: topic.name,
    partitions: 12,
    idOf: (value) => {
      const report = value as unknown as { event_type: string; report_id: string };
      return report.event_type === 'SETTLEMENT_REPORT' ? report.report_id : null;
    },
    groupOf: () => 'windows',
  };
}

async function published(topic: { readonly name: string; readonly partitions: number }) {
  const { byGroup } = await readPublished(log, windowIds(topic));
  return byGroup.get('windows') ?? [];
}

describe('reports of windows on the real stack', () => {
  const { parts, desk } = tell();

  test('killed between its gatherer and its publisher, it says each revision once', async () => {
    for (const [at, part] of parts.entries()) {
      await append(part);
      const before = await count('pnl_v1.window_inputs');
      const killed = worker(`killed-${String(at)}`);
      await until('a cut is gathered', async () => (await count('pnl_v1.window_inputs')) > before);
      await killed.kill();
    }
    const one = worker('one');
    const two = worker('two');
    await until(
      'all revisions are stored',
      async () => (await stored('pnl_v1')).length >= desk.reports.length,
      120_000,
    );
    const reports = desk.reports.filter(({ mixed }) => !mixed);
    await until(
      'all revisions are published',
      async () => (await published(TOPICS.settlementReports)).length >= reports.length,
      60_000,
    );
    expect(await Promise.all([one.stop(), two.stop()])).toEqual([0, 0]);
    expect(await published(TOPICS.settlementReports)).toEqual(
      reports.map(({ report_id: id }) => id),
    );
    const released = reports.filter(({ publication }) => publication === 'RELEASED');
    expect(await published(TOPICS.financeTeam)).toEqual(released.map(({ report_id: id }) => id));
    expect(reports.length).toBeGreaterThan(released.length);
    const mixed = desk.reports.filter((report) => report.mixed);
    expect(await published(TOPICS.dashboard)).toEqual(mixed.map(({ report_id: id }) => id));
  }, 240_000);

  test('Postgres sums what the lines sum to: every field of every revision', async () => {
    const found = await stored('pnl_v1');
    expect(found.map(exactText)).toEqual(desk.reports.map(exactText));
  });

  test('End-to-end fill → SettlementReport → Postgres ledger', async () => {
    const [first] = await stored('pnl_v1');
    expect(first).toMatchObject({
      report_id: 'settlement_pnl_20260507T000000Z',
      total_fills: 594,
      retained_until: '2033-05-07',
      regulatory: true,
    });
    const fills = await count(
      `pnl_v1.pnl_ledger WHERE NOT paper AND NOT quarantined AND retained_until IS NOT NULL`,
    );
    const { records } = await readPublished(log, {
      ...windowIds(TOPICS.settlementReports),
      idOf: (value) => (value.event_type === 'FILL_PNL_COMPUTED' ? (value.fill_id ?? '') : null),
    });
    expect(records).toBe(fills);
  });

  test('a rebuild with other batches, time zone and crashes is equal, byte by byte', async () => {
    const env = {
      PROJECTION_VERSION: '2',
      PUBLISH: 'no',
      TZ: 'America/New_York',
      MAX_PENDING_RECORDS: '211',
      MAX_IN_FLIGHT: '17',
      FETCH_MAX_BYTES: '65536',
      WORKER_SLOTS: '1',
    };
    const before = (await published(TOPICS.settlementReports)).length;
    for (const cuts of [1, 4]) {
      const killed = worker(`rebuild-${String(cuts)}`, env);
      await until(
        `${String(cuts)} cuts are gathered`,
        async () => (await count('pnl_v2.window_inputs')) >= cuts,
      );
      await killed.kill();
    }
    const rebuilding = worker('rebuild', env);
    await until(
      'all revisions are stored again',
      async () => (await stored('pnl_v2')).length >= desk.reports.length,
      120_000,
    );
    expect(await rebuilding.stop()).toBe(0);
    expect((await stored('pnl_v2')).map(exactText)).toEqual(
      (await stored('pnl_v1')).map(exactText),
    );
    const inputs = async (schema: string): Promise<unknown> =>
      (await database.query(`SELECT seq, hash FROM ${schema}.window_inputs ORDER BY seq`)).rows;
    expect(await inputs('pnl_v2')).toEqual(await inputs('pnl_v1'));
    const roots = await database.query<{ hash: string }>(
      `SELECT DISTINCT encode(chain_hash, 'hex') AS hash FROM stream.partition
       WHERE processor = 'pnl-windows'`,
    );
    expect(roots.rows).toHaveLength(1);
    expect(await published(TOPICS.settlementReports)).toHaveLength(before);
  }, 240_000);

  test('what was reported cannot be changed, whoever tries', async () => {
    await expect(
      database.query('UPDATE pnl_v1.settlement_reports SET total_fills = 0'),
    ).rejects.toThrow('appended to alone');
    await expect(database.query('DELETE FROM pnl_v1.window_inputs')).rejects.toThrow(
      'appended to alone',
    );
  });
});
