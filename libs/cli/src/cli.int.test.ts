/** The commands against real servers: views in Postgres, a transactional topic in Kafka. */

import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { codec, TOPICS } from '@polytraders/contracts';
import { fixture } from '@polytraders/contracts/fixtures';
import { formatFixed } from '@polytraders/money';
import { applyTopics } from '@polytraders/infra/topics';
import {
  connect,
  connectKafka,
  createSchemaBook,
  type KafkaPort,
  migrate,
  pool,
} from '@polytraders/runtime';
import {
  dropTopics,
  freshDatabase,
  type FreshDatabase,
  testStack,
  uniquePrefix,
} from '@polytraders/testkit';
import { runCli } from './program.ts';

const root = resolve(import.meta.dirname, '../../..');
const prefix = uniquePrefix();
const account = `0x${'ab'.repeat(20)}`;
const other = `0x${'cd'.repeat(20)}`;
const topic = TOPICS.settlementReports;

let database: FreshDatabase;
let kafka: KafkaPort;
let env: Record<string, string>;

async function run(...args: string[]) {
  const seen = { out: '', err: '' };
  const code = await runCli(args, env, {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    isTTY: false,
  });
  return { code, ...seen };
}

beforeAll(async () => {
  const stack = await testStack();
  database = await freshDatabase('cli');
  env = { ...stack, DATABASE_URL: database.url, TOPIC_PREFIX: prefix, LOG_LEVEL: 'silent' };
  await applyTopics({
    brokers: stack.KAFKA_BROKERS,
    registryUrl: stack.SCHEMA_REGISTRY_URL,
    prefix,
    topics: [topic, TOPICS.ledgerEvents],
  });
  kafka = await connectKafka({ brokers: stack.KAFKA_BROKERS.split(','), clientId: 'cli-test' });
}, 60_000);

afterAll(async () => {
  await kafka.close();
  await dropTopics(prefix);
  await database.drop();
});

/** A report of a day as its table holds it, but for what a test says of it. */
const windowRow = {
  ...{ month: '2026-05-01', partition: 0, line: 0, market_seq: 1, window_id: 'win_1' },
  ...{ report_id: 'r', event_id: 'e', causation_id: 'c', correlation_id: 'c' },
  ...{ effective_at: '2026-05-09Z', recorded_at: '2026-05-09Z', retained_until: '2033-05-09' },
  ...{ window_kind: 'daily', window_start: '2026-05-08Z', window_end: '2026-05-09Z' },
  ...{ group_by: 'bot', mode: 'general_live', held_by_mode: false, reason_codes: [] },
  ...{ regulatory: true, mixed: false },
  ...{ books_complete: true, incomplete_reasons: [], total_fills: 4, declared_fee_fills: 0 },
  ...{ gross_volume_pusd: 9.5, realised_pnl_pusd: 2, net_pnl_pusd: 1.5, net_fees_pusd: 0.5 },
  ...{ gross_fees_pusd: 0.5, maker_rebates_pusd: 0, maker_rebates_received_pusd: 0 },
  ...{ unsettled_pusd: 0, negrisk_positions: 0, stale_marks: 0, kill_switch_active: false },
  ...{ quarantined_fills: 1, groups: '[]', accounts: '[]', marks: '[]', alerts: '[]' },
};

describe('before any service has started', () => {
  test.each(['positions', 'ledger', 'quarantine', 'status', 'reports', 'windows'])(
    '%s says which service to start, and exits 2',
    async (name) => {
      const { code, out, err } = await run(name);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toMatch(/^Expected the tables of .* found none: start the services once/);
    },
  );
});

test('a database that is not there is named, with what to do, and exits 2', async () => {
  const url = new URL(database.url);
  url.pathname = '/nosuchdb';
  const terminal = { out: () => undefined, err: (text: string) => void said.push(text) };
  const said: string[] = [];
  const elsewhere = { ...env, DATABASE_URL: url.href };
  expect(await runCli(['status'], elsewhere, { ...terminal, isTTY: false })).toBe(2);
  expect(said.join('')).toMatch(
    /^Expected the database that DATABASE_URL names, found none \(.*nosuchdb.*\): create it, /,
  );
});

test('a user whom Postgres does not know is named, with what to mend, and exits 2', async () => {
  const url = new URL(database.url);
  url.username = 'nosuchuser';
  const said: string[] = [];
  const terminal = { out: () => undefined, err: (text: string) => void said.push(text) };
  const elsewhere = { ...env, DATABASE_URL: url.href };
  expect(await runCli(['status'], elsewhere, { ...terminal, isTTY: false })).toBe(2);
  expect(said.join('')).toMatch(/^Expected DATABASE_URL to name a user .*"nosuchuser" does not ex/);
});

describe('with books in the tables', () => {
  beforeAll(async () => {
    const client = await connect({ url: database.url, applicationName: 'cli-test' });
    await migrate(client, 'stream', join(root, 'libs/runtime/sql'));
    await migrate(client, 'pnl_v1', join(root, 'services/pnl-projector/sql'));
    await migrate(client, 'ingest', join(root, 'services/fill-ingestor/sql'));
    await client.query(`
      INSERT INTO ingest.outbox (partition, "offset", line, event_id, record_type, topic, key,
          source_position, reason_code, recorded_at, body)
        SELECT 0, n, 0, 'e' || n, 'QuarantinedInput', 't', 'k', 'f/' || n, 'INCOMPLETE_INPUT',
               now(), '{}'
          FROM generate_series(1, 3) AS n`);
    await client.query(`
      INSERT INTO stream.active_version VALUES ('pnl-projector', 1);
      INSERT INTO stream.partition
          (processor, version, topic, partition, next_offset, chain_hash, halted)
        VALUES ('pnl-projector', 1, 'log', 0, 40, '', NULL),
               ('pnl-projector', 1, 'log', 1, 2, '', 'LOG_REPLACED: another record stands there.'),
               ('pnl-windows', 1, 'window_inputs', 0, 3, '', NULL),
               ('pnl-windows', 2, 'window_inputs', 0, 3, '', NULL);
      INSERT INTO stream.outcome VALUES ('pnl-projector', 1, 0, 'applied', '', 37),
                                        ('pnl-projector', 1, 1, 'ignored', 'order', 2),
                                        ('pnl-projector', 2, 0, 'applied', '', 9);`);
    for (const [who, bot, token, shares] of [
      [account, 'mm.quoter', '11', '2000'],
      [account, 'taker.news', '11', '-12.5'],
      [other, 'mm.quoter', '22', '0.000001'],
    ]) {
      await client.query(
        `INSERT INTO pnl_v1.positions (account, trading_bot_id, token_id, position_shares,
           cost_basis_pusd, avg_cost, realised_pnl_pusd, volume_pusd, gross_fees_pusd,
           maker_rebates_pusd, net_fees_pusd, fills, quarantined_fills, books_complete,
           incomplete_reasons, wallet_shares, next_page, lots, last_offset, updated_at,
           mark_observed_at, mark_price, mark_kind, mark_age_ms, mark_stale)
         VALUES ($1, $2, $3, $4, 1288, 0.644, 20, 1, 1.25, 0.3125, 0.9375, 3, 0, $5, $6, $4, 1,
           '', 1, now(), $7, $8, $9, $10, $11)`,
        [
          who,
          bot,
          token,
          shares,
          bot === 'mm.quoter',
          bot === 'mm.quoter' ? '{}' : '{GOV_X,GOV_Y}',
          who === account ? '2026-05-08 12:00:00.5+00' : null,
          ...(who === account ? ['0.66', 'MID', 90_000, true] : [null, null, null, false]),
        ],
      );
    }
    await client.end();
  });

  test('positions lists every book, exact to the micro', async () => {
    const { code, out } = await run('positions');
    expect(code).toBe(0);
    expect(out).toMatch(/0xababab…abab +mm\.quoter +11 +2000\.000000 +1288\.000000 +0\.644000/);
    expect(out).toMatch(/taker\.news .*-12\.500000 .*no: GOV_X GOV_Y/);
    expect(out).toMatch(/\nUnrealised is indicative: at the mark of the last fill of each book/);
  });

  test('positions says how old each mark is, where it is from, if it is stale', async () => {
    const { out } = await run('positions');
    expect(out).toMatch(/mm\.quoter +11 .* 0\.66 MID, 90\.000 s, stale /);
    const json = await run('positions', '--json', '--account', account, '--bot', 'mm.quoter');
    expect(JSON.parse(json.out)).toMatchObject([
      { mark_price: '0.66', mark_kind: 'MID', mark_age_ms: 90_000, mark_stale: true },
    ]);
  });

  test('positions --json has amounts as decimal strings and what is unknown as null', async () => {
    const { code, out } = await run('positions', '--json', '--account', other.toUpperCase());
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual([
      expect.objectContaining({
        account: other,
        token_id: '22',
        position_shares: '0.000001',
        realised_pnl_pusd: '20',
        unrealised_pnl_pusd: null,
        mark_observed_at: null,
        fills: 3,
        books_complete: true,
        incomplete_reasons: [],
      }),
    ]);
  });

  test('amounts and times have one form in JSON, that of the contracts', async () => {
    const { out } = await run('positions', '--json', '--account', account, '--bot', 'mm.quoter');
    const [book] = JSON.parse(out);
    expect(book).toMatchObject({
      cost_basis_pusd: '1288',
      avg_cost: '0.644',
      mark_observed_at: '2026-05-08T12:00:00.500000Z',
      maker_rebates_pusd: '0.3125',
    });
  });

  test('filters narrow the list, and the limit says when it cuts', async () => {
    const byBot = await run('positions', '--json', '--bot', 'taker.news', '--token', '11');
    expect(JSON.parse(byBot.out)).toHaveLength(1);
    const none = await run('positions', '--bot', 'nobody');
    expect(none).toEqual({ code: 0, out: 'No positions match.\n', err: '' });
    const cut = await run('positions', '--limit', '2');
    expect(cut.err).toBe('Showing 2 rows, the limit; --limit asks for more.\n');
    const json = await run('positions', '--limit', '2', '--json');
    expect(JSON.parse(json.out)).toHaveLength(2);
    expect(json.err).toBe(cut.err);
  });

  test.each([[], ['--json']])('quarantine says when the limit cuts: %j', async (...how) => {
    const cut = await run('quarantine', '--limit', '2', ...how);
    expect(cut.err).toBe('Showing 2 refused inputs, the limit; --limit asks for more.\n');
    expect((await run('quarantine', ...how)).err).toBe('');
  });

  test('quarantine of a bot does not say that no input was refused', async () => {
    const { out } = await run('quarantine', '--bot', 'mm.quoter');
    expect(out).toMatch(/\n\nNot looked for: a refused input names no bot and no token\.\n/);
    const json = await run('quarantine', '--token', '11', '--json');
    expect(JSON.parse(json.out)).toEqual({ refused: null, set_aside: [], unbooked: [] });
  });

  test('status names a partition that stands still, and what came of the input', async () => {
    const { code, out } = await run('status');
    expect(code).toBe(0);
    expect(out).toMatch(/pnl-projector +1 +2 +42 +1\n/);
    expect(out).toMatch(/pnl-projector partition 1 stands still: LOG_REPLACED/);
    expect(out).toMatch(/pnl-windows +1 +1 +3 +no\n/);
    expect(out).toMatch(/pnl-windows +2 \(not active\) +1 +3 +no\n/);
    expect(out).toMatch(/pnl-projector +1 +ignored +order +2 +5\.1282 %\n/);
    expect(out).toMatch(/pnl-projector +2 \(not active\) +applied +9 +100\.0000 %\n/);
    expect(out).toMatch(/\n +3 +3 +1 +9 +0 +60\.000000 +2\.812500\n/);
    const { services, log_end: end } = JSON.parse((await run('status', '--json')).out);
    expect(services[0]).toMatchObject({ service: 'pnl-projector', active: true, position: 42 });
    expect(end).toBe(0);
  });

  test('status sums the books that its filters choose', async () => {
    const { out } = await run('status', '--json', '--account', account, '--bot', 'mm.quoter');
    expect(JSON.parse(out)).toMatchObject({
      books: { books: 1, open: 1, incomplete: 0, fills: 3, realised_pnl_pusd: '20' },
    });
  });

  test('a movement stands in the ledger, and in quarantine where no book holds it', async () => {
    const client = await connect({ url: database.url, applicationName: 'cli-test' });
    await client.query(`
      CREATE TABLE pnl_v1.rest PARTITION OF pnl_v1.pnl_ledger DEFAULT;
      INSERT INTO pnl_v1.pnl_ledger (month, partition, "offset", line, entry_kind, event_id,
          correlation_id, effective_at, recorded_at, confirmed_at, account, trading_bot_id,
          condition_id, token_id, quantity_shares, cash_pusd, effect, opened_shares,
          opened_basis_pusd, closed_shares, closed_basis_pusd, realised_pnl_pusd, position_shares,
          cost_basis_pusd, paper, mode, quarantined, reason_codes, books_complete,
          incomplete_reasons, source, tx_hash)
        SELECT '2026-05-01', 3, n, 0, 'REDEEM', 'e' || n, 'c', now(), now(), now(), '${other}',
               'mm.quoter', '0x11', '22', -0.000001, 0.000001, 'REDUCED', 0, 0, 0, 0, 0, 0, 0,
               false, 'general_live', n = 2,
               CASE n WHEN 2 THEN '{GOV_WALLET_OVERSOLD}'::text[] ELSE '{}' END, true, '{}',
               'chain', '0x33'
          FROM generate_series(1, 2) AS n`);
    await client.end();
    const lines = (await run('ledger', '--account', other)).out;
    expect(lines).toMatch(
      /\n3\/1 +REDEEM +– +0xcdcdcd…cdcd +mm\.quoter +22 +– +-0\.000001 +– +0\.0/,
    );
    const { out } = await run('quarantine', '--account', other);
    expect(out).toMatch(
      /\nGOV_WALLET_OVERSOLD +REDEEM +0xcdcdcd…cdcd +0x11 +22 +-0\.000001 +0\.000001 /,
    );
    expect(out).toMatch(/\nGOV_WALLET_OVERSOLD: The books of a wallet add up to less than nothing/);
    const json = JSON.parse((await run('quarantine', '--account', other, '--json')).out);
    expect(json.unbooked).toEqual([expect.objectContaining({ cash_pusd: '0.000001', offset: 2 })]);
  });

  test('windows lists every revision, the newest first, and says what its codes mean', async () => {
    const client = await connect({ url: database.url, applicationName: 'cli-test' });
    await client.query('CREATE TABLE pnl_v1.later PARTITION OF pnl_v1.settlement_reports DEFAULT');
    await client.query(
      `
      INSERT INTO pnl_v1.settlement_reports
        SELECT (jsonb_populate_record(NULL::pnl_v1.settlement_reports, $1::jsonb || more)).*
          FROM (VALUES ('{"offset": 1, "revision": 1, "reconciliation_status": "PENDING",
                          "publication": "RELEASED", "reason_codes": ["GOV_ONCHAIN_PENDING"]}'),
                       ('{"offset": 2, "revision": 2, "reconciliation_status": "UNRECONCILED",
                          "publication": "HELD", "onchain_drift_pusd": 60.000001}')
               ) AS of (text), LATERAL (SELECT text::jsonb AS more) AS each`,
      [JSON.stringify(windowRow)],
    );
    await client.end();
    const { out } = await run('windows');
    expect(out).toMatch(/\n2026-05-08 +2 +HELD +4 +1 +9\.500000 .* UNRECONCILED +60\.000001\n/);
    expect(out).toMatch(/60\.000001\n2026-05-08 +1 +RELEASED .* PENDING +–\n/);
    expect(out).toMatch(/\nGOV_ONCHAIN_PENDING: The balances of the wallets/);
    const held = JSON.parse((await run('windows', '--state', 'HELD', '--json')).out);
    expect(held).toEqual([expect.objectContaining({ revision: 2, net_pnl_pusd: '1.5' })]);
  });

  test('a ledger without lines is empty, not an error', async () => {
    expect(await run('ledger', '--fill-id', 'fill_x')).toMatchObject({
      code: 0,
      out: 'No ledger lines match.\n',
    });
  });
});

describe('reports', () => {
  const report = fixture('SettlementReport', 'FILL_PNL_COMPUTED');
  const named = (id: string, bot: string) => ({
    ...report,
    report_id: `settlement_fill_${id}`,
    fill_id: id,
    trading_bot_id: bot,
    account,
  });

  beforeAll(async () => {
    const reads = pool({ url: database.url, applicationName: 'cli-test' }, 1);
    const book = createSchemaBook({
      registryUrl: env['SCHEMA_REGISTRY_URL'] ?? '',
      codec,
      database: reads,
      onOutage: () => undefined,
    });
    await book.announce(['SettlementReport']);
    const record = (id: string, bot: string, partition: number) => ({
      topic: prefix + topic.name,
      partition,
      key: account,
      value: book.encode('SettlementReport', named(id, bot)),
    });
    const producer = await kafka.transactionalProducer(`${prefix}cli-test`);
    await producer.transact([record('f1', 'mm.quoter', 0), record('f2', 'taker.news', 7)]);
    await producer.send([record('f3', 'mm.quoter', 0), record('f4', 'mm.quoter', 3)]);
    await producer.abort();
    const settled = { ...fixture('SettlementReport', 'MARKET_SETTLED'), trading_bot_id: 'settler' };
    const value = book.encode('SettlementReport', settled);
    const market = { ...record('f5', 'mm.quoter', 0), value };
    await producer.transact([record('f5', 'mm.quoter', 0), market]);
    await producer.close();
    book.close();
    await reads.end();
  }, 30_000);

  test('counts what is committed, and nothing of an aborted transaction', async () => {
    const { code, out } = await run('reports', '--json');
    expect(code).toBe(0);
    const found = JSON.parse(out);
    expect(found).toMatchObject({
      records: 4,
      matching: 4,
      undecodable: 0,
      by_event_type: { FILL_PNL_COMPUTED: 3, MARKET_SETTLED: 1 },
    });
    const ids = found.reports.map((one: { fill_id: string | null }) => one.fill_id ?? 'market');
    expect(ids.sort()).toEqual(['f1', 'f2', 'f5', 'market']);
    expect(found.reports[0].net_fee_pusd).toMatch(/^-?\d+\.\d+$/);
  });

  test('filters by bot and fill, and shows the last ones', async () => {
    const byBot = JSON.parse((await run('reports', '--json', '--bot', 'mm.quoter')).out);
    expect(byBot).toMatchObject({ records: 4, matching: 2 });
    const one = await run('reports', '--fill-id', 'f2');
    expect(one.out).toMatch(/4 committed records, 1 match \(1 FILL_PNL_COMPUTED\)/);
    expect(one.out).toMatch(/settlement_fill_f2 +1 +0xababab…abab +taker\.news/);
    const settled = fixture('SettlementReport', 'MARKET_SETTLED');
    const shares = formatFixed(settled.settled_shares ?? 0n, 6);
    const payout = formatFixed(settled.payout_pusd ?? 0n, 6);
    const fills = (await run('reports', '--bot', 'taker.news')).out;
    expect(fills).toMatch(/settlement_fill_f2 .* MID, 2\.750 s +RELEASED/);
    const market = (await run('reports', '--bot', 'settler')).out;
    expect(market).toMatch(new RegExp(`settlement_market_.* settler .* ${shares} +${payout} `));
    const told = 'A market you participated in has resolved. Final P&L has been recorded.';
    expect(market).toContain(`What users are told of these reports:\n- ${told}\n`);
    const json = JSON.parse((await run('reports', '--json', '--bot', 'settler')).out);
    expect(json).toMatchObject({ told: { [settled.report_id]: [told] } });
    const last = JSON.parse((await run('reports', '--json', '--limit', '1')).out);
    expect(last.reports).toHaveLength(1);
  });
});
