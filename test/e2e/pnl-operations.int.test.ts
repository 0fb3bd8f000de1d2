/**
 * What the PnL reporter shows those who run it, as its specification lists it: metrics, health, log
 * lines and alerts of the running service, on the real stack.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { withBus, withDatabase } from '@polytraders/cli';
import { type Alert, type FillConfirmed, TOPICS } from '@polytraders/contracts';
import { fixture } from '@polytraders/contracts/fixtures';
import { priceE18, pusd, rate, shares } from '@polytraders/money';
import { connect, migrate } from '@polytraders/runtime';
import { type Service, startService } from '../../infra/start/services.ts';
import { scanTopic } from '../../libs/cli/src/scan-topic.ts';
import { createTestLog, type TestLog, until } from './log.ts';
import { insertWindowReports, windowReportRow } from './window-report-row.ts';

const METRIC = 'polytraders_gov_pnlreporter';

let log: TestLog;
let folder: string;
let service: Service;
let port: number;

type Line = Readonly<Record<string, unknown>>;
type Body = Line & { readonly status: string; readonly because: readonly string[] };

/** A fill that is recorded now: 500 pUSD at 0.58 and 25 bps, as in the specification. */
function fill(id: string, change: Partial<FillConfirmed> = {}): FillConfirmed {
  const at = Date.now() * 1000;
  return {
    ...fixture('FillConfirmed'),
    paper: false,
    fill_id: id,
    event_id: `evt_${id}`,
    effective_at: at,
    recorded_at: at,
    confirmed_at: at,
    side: 'maker',
    order_side: 'BUY',
    size_pusd: pusd(500_000_000n),
    quantity_shares: shares(862_068_965n),
    price: priceE18(580_000_000_000_000_000n),
    fee_source: 'MATCH_EVENT',
    fee_pusd: null,
    fee_bps: 25,
    rebate_rate: rate(250_000n),
    builder_code: null,
    builder_fee_pusd: null,
    neg_risk: false,
    flags: [],
    incomplete_reasons: [],
    marks: [],
    ...change,
  };
}

const unpaid = { fee_bps: null, fee_source: null } as const;

function lines(): readonly Line[] {
  const text = readFileSync(service.logFile, 'utf8');
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
}

const linesOf = (event: string): readonly Line[] =>
  lines().filter((line) => line['event'] === event || line['event_type'] === event);

async function metrics(): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const found = [...text.matchAll(/^(polytraders_gov_pnlreporter_\S+) (\S+)$/gm)];
  return new Map(found.map(([, name = '', value]) => [name, Number(value)]));
}

async function health(slug = 'pnl-reporter'): Promise<readonly [number, Body]> {
  const answer = await fetch(`http://127.0.0.1:${port}/internal/health/${slug}`);
  return [answer.status, (await answer.json()) as Body];
}

async function query(...statements: readonly string[]): Promise<void> {
  const client = await connect({ url: log.databaseUrl, applicationName: 'operations-test' });
  try {
    for (const sql of statements) await client.query(sql);
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  log = await createTestLog('pnl_operations', ['pnl-projector'], ['ParametersChanged']);
  folder = mkdtempSync(join(tmpdir(), 'pnl-operations-'));
  const env = { ...process.env, ...log.env, LOG_LEVEL: 'debug', HTTP_PORT: '0' };
  service = startService('pnl-projector', env, folder);
  await service.started;
  await until('its log has it', () => linesOf('STARTED').length > 0);
  port = Number(linesOf('STARTED')[0]?.['http_port']);
}, 120_000);

afterAll(async () => {
  await service.stop();
  await log.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

describe('the running PnL reporter', () => {
  test('is green at /internal/health/pnl-reporter, and under its own name', async () => {
    await until('it has looked', async () => (await health())[1]['active_trading'] === false);
    expect(await health()).toEqual([
      200,
      expect.objectContaining({ status: 'green', because: [], active_trading: false }),
    ]);
    expect((await health('pnl-projector'))[0]).toBe(200);
  });

  test('serves the metrics of its specification, each counted once', async () => {
    await log.append([
      fill('a'),
      fill('b', { side: 'taker', rebate_rate: null }),
      fill('c', unpaid),
      fill('d', { side: 'taker', fee_bps: 110 }),
      fill('p', { ...unpaid, paper: true, account: `paper:${fixture('FillConfirmed').account}` }),
    ]);
    await until('the level is read', async () => {
      return (await metrics()).get(`${METRIC}_quarantine_count`) === 2;
    });
    const found = await metrics();
    const wanted = {
      [`${METRIC}_fills_processed_total{side="maker",negRisk="false"}`]: 1,
      [`${METRIC}_fills_processed_total{side="taker",negRisk="false"}`]: 1,
      [`${METRIC}_gross_volume_pusd_total`]: 1000,
      [`${METRIC}_net_fees_pusd_total{side="maker"}`]: 0.9375,
      [`${METRIC}_net_fees_pusd_total{side="taker"}`]: 1.25,
      [`${METRIC}_maker_rebates_pusd_total`]: 0.3125,
      [`${METRIC}_quarantine_count`]: 2,
      [`${METRIC}_quarantined_total{reason="PNL_REPORTER_FEE_MISSING"}`]: 1,
      [`${METRIC}_quarantined_total{reason="PNL_REPORTER_FEE_CAP_EXCEEDED"}`]: 1,
    };
    for (const [name, value] of Object.entries(wanted))
      expect([name, found.get(name)]).toEqual([name, value]);
  });

  test('shows the age of the last fill, and judges it while there is active trading', async () => {
    await until('it is read', async () => (await health())[1]['last_fill_ago_s'] !== null);
    const [code, body] = await health();
    expect([code, body.status]).toEqual([200, 'green']);
    expect(body).toMatchObject({ active_trading: true, open_orders: null, quarantine_count: 2 });
    expect(body['last_fill_ago_s']).toBeLessThan(60);
  });

  test('logs one line a batch at info, one developer_log a fill at debug, warnings at warn', () => {
    const batches = linesOf('BATCH_COMMITTED');
    expect(batches.every((line) => line['level'] === 30)).toBe(true);
    expect(batches.reduce((sum, line) => sum + Number(line['records']), 0)).toBe(5);
    const computed = linesOf('FILL_PNL_COMPUTED');
    expect(computed.map((line) => [line['level'], line['fill_id']])).toEqual([
      [20, 'a'],
      [20, 'b'],
    ]);
    expect(computed[0]).toMatchObject({
      bot_id: 'gov.pnl_reporter',
      side: 'BUY',
      size_pusd: '500',
      price: '0.58',
      fee_bps_from_match_event: 25,
      gross_fee_pusd: '1.25',
      maker_rebate_pusd: '0.3125',
      net_fee_pusd: '0.9375',
      realised_pnl_pusd: '0',
      negRisk: false,
    });
    expect(linesOf('FILL_QUARANTINED').map((line) => line['fill_id'])).toEqual(['c', 'd']);
    expect(linesOf('PNL_REPORTER_FEE_MISSING')).toEqual([
      expect.objectContaining({
        level: 40,
        count: 1,
        subjects: ['c'],
        severity: 'HARD_REJECT',
        message: expect.stringContaining('Quarantine fill; emit alert;'),
      }),
    ]);
    expect(lines().some((line) => line['fill_id'] === 'p')).toBe(false);
  });

  test('alerts for each fill that it sets aside, and for nothing else', async () => {
    const found = await alerts(2);
    expect(
      found.map(({ code, severity, subject, bot_id: bot }) => [code, severity, subject, bot]),
    ).toEqual([
      ['PNL_REPORTER_FEE_MISSING', 'HARD_REJECT', 'c', 'gov.pnl_reporter'],
      ['PNL_REPORTER_FEE_CAP_EXCEEDED', 'WARN', 'd', 'gov.pnl_reporter'],
    ]);
  });

  test('serves the drift of the newest window that was compared with the chain', async () => {
    const compared = (offset: number, end: string, status: string, drift: number | null) =>
      windowReportRow(offset, end, { reconciliation_status: status, onchain_drift_pusd: drift });
    await query(
      ...insertWindowReports([
        compared(0, '2026-05-08T00:00:00Z', 'FAILED', 11),
        compared(1, '2026-05-09T00:00:00Z', 'UNRECONCILED', 51.5),
        compared(2, '2026-05-08T00:00:00Z', 'RECONCILED', 0),
        compared(3, '2026-05-10T00:00:00Z', 'PENDING', null),
      ]),
    );
    const drift = async () => (await metrics()).get(`${METRIC}_onchain_reconcile_drift_pusd`);
    await until('it is read', async () => (await drift()) === 51.5, 30_000);
    expect((await metrics()).get(`${METRIC}_onchain_reconciled`)).toBe(0);
    expect((await health())[1]['onchain_drift_pusd']).toBe(51.5);
    const imported = Array.from({ length: 365 }, (_, day) => {
      const end = new Date(Date.UTC(2025, 0, day + 1)).toISOString();
      return compared(
        4 + day,
        end,
        day % 2 === 0 ? 'PENDING' : 'RECONCILED',
        day % 2 === 0 ? null : 0,
      );
    });
    await query(...insertWindowReports(imported));
    // It looks every ten seconds.
    await new Promise((resolve) => setTimeout(resolve, 11_000));
    expect([await drift(), (await health())[1]['onchain_drift_pusd']]).toEqual([51.5, 51.5]);
  }, 90_000);

  test('says the mode that it runs in, and the one that the log has in force', async () => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(text).toContain('polytraders_gov_pnlprojector_mode{mode="general_live"} 1\n');
    expect((await health())[1]).toMatchObject({
      mode: 'general_live',
      mode_on_log: 'general_live',
    });
    const at = Date.now() * 1000;
    const held = {
      ...fixture('ParametersChanged'),
      processor: 'pnl-projector',
      mode: 'limited_live',
      parameters: [],
      market_seq: 1,
      recorded_at: at,
      effective_at: at,
    };
    const topic = `${log.prefix}${TOPICS.ledgerEvents.name}`;
    const value = log.encode('ParametersChanged', held);
    await log.appendRaw(
      Array.from({ length: 12 }, (_, partition) => ({ topic, partition, key: '*', value })),
    );
    const inForce = (mode: string) => `${METRIC}_mode_partitions{mode="${mode}"}`;
    await until('it is read', async () => (await metrics()).get(inForce('limited_live')) === 12);
    expect((await metrics()).get(inForce('general_live'))).toBe(0);
    expect((await health())[1]).toMatchObject({
      mode: 'general_live',
      mode_on_log: 'limited_live',
    });
  }, 60_000);

  test('knows the open orders of real accounts once inventory is there', async () => {
    const client = await connect({ url: log.databaseUrl, applicationName: 'operations-test' });
    try {
      const sql = join(import.meta.dirname, '../../services/inventory-reserver/sql');
      await migrate(client, 'inventory_v1', sql);
      await client.query(
        `INSERT INTO stream.active_version VALUES ('inventory-reserver', 1);
         INSERT INTO inventory_v1.live (partition, item, account) VALUES
           ('0', 'order|0xa1|o1', '0xa1'), ('1', 'order|0xb2|o2', '0xb2'),
           ('2', 'order|paper:0xa1|o3', 'paper:0xa1'), ('3', 'request|r1', '0xa1')`,
      );
    } finally {
      await client.end();
    }
    await until('it has asked', async () => (await health())[1]['open_orders'] === 2, 30_000);
  });

  test('is red when quarantine_count grows by more than five in five minutes', async () => {
    await log.append(['e', 'f', 'g', 'h', 'i', 'j'].map((id) => fill(id, unpaid)));
    await until('it is red', async () => (await health())[0] === 503, 30_000);
    expect((await health())[1].because).toEqual([
      expect.stringMatching(
        /^quarantine_count grew by [6-8] in five minutes: polytraders quarantine/,
      ),
    ]);
  });

  test('is red when Postgres cannot be written, and not any more once it can', async () => {
    const said = async (): Promise<boolean> =>
      (await health())[1].because.some((one) => one.startsWith('Postgres cannot be written:'));
    const name = new URL(log.databaseUrl).pathname.slice(1);
    const others =
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity ' +
      `WHERE datname = '${name}' AND pid <> pg_backend_pid()`;
    const readOnly = (value: string): Promise<void> =>
      query(
        'SET default_transaction_read_only = off',
        `ALTER DATABASE "${name}" SET default_transaction_read_only = ${value}`,
        others,
      );
    await readOnly('on');
    await until('it says so', said, 30_000);
    expect((await health())[0]).toBe(503);
    await readOnly('off');
    await until('it is over', async () => !(await said()), 30_000);
  }, 90_000);
});

/** What stands on the topic of alerts once there are so many, in their order. */
async function alerts(least: number): Promise<readonly Alert[]> {
  let found: Alert[] = [];
  await withDatabase(log.env, (database) =>
    withBus(log.env, database, async (bus) => {
      await until('the alerts are there', async () => {
        found = [];
        await scanTopic(bus, TOPICS.alerts.name, ({ content }) => {
          if ('value' in content) found.push(content.value as Alert);
        });
        return found.length >= least;
      });
    }),
  );
  return found;
}
