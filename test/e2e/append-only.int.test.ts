/**
 * The ledger is append-only in the database (rule B15): the service works with a role that cannot
 * change a line, and neither can the owner of the tables.
 */

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { processor } from '@polytraders/pnl-projector/processor';
import { connect, start } from '@polytraders/runtime';
import { generateLogFills } from '@polytraders/testkit/generator';
import { createTestLog, type TestLog, until } from './log.ts';

const count = 300;
const service = `t_service_${randomBytes(4).toString('hex')}`;
let log: TestLog;
let serviceUrl: string;

beforeAll(async () => {
  log = await createTestLog('append_only', [processor.id]);
  const url = new URL(log.databaseUrl);
  url.username = service;
  url.password = 'secret';
  serviceUrl = url.href;
  await asOwner(`CREATE ROLE ${service} LOGIN PASSWORD 'secret'`);
}, 120_000);

afterAll(async () => {
  await asOwner(`DROP OWNED BY ${service}; DROP ROLE ${service}`);
  await log.close();
}, 60_000);

async function run(url: string, sql: string): Promise<readonly Record<string, string>[]> {
  const client = await connect({ url, applicationName: 'append-only' });
  try {
    const answer = await client.query<Record<string, string>>(sql);
    return answer.rows ?? [];
  } finally {
    await client.end();
  }
}

const asOwner = (sql: string) => run(log.databaseUrl, sql);
const asService = (sql: string) => run(serviceUrl, sql);

async function refusalOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'done',
    ({ code, message }: { code: string; message: string }) => `${code} ${message}`,
  );
}

const lines = async (): Promise<number> =>
  Number((await asOwner('SELECT count(*) FROM pnl_v1.pnl_ledger'))[0]?.['count']);

describe('a service whose role owns nothing', () => {
  test('installs over the owner, makes months of its ledger, and books every fill', async () => {
    const config = log.config({ DATABASE_URL: serviceUrl, DATABASE_OWNER_URL: log.databaseUrl });
    for (const part of [0, 1]) {
      // The second start finds everything installed, and may write to what is there.
      const running = await start(processor, config);
      try {
        const fills = [...generateLogFills({ seed: 'append only', count, books: 36 })];
        const half = count / 2;
        await log.append(fills.slice(part * half, (part + 1) * half));
        await until('the fills are booked', async () => (await lines()) === (part + 1) * half);
      } finally {
        await running.stop();
      }
    }
    const owners = await asOwner(
      `SELECT DISTINCT tableowner = current_user AS mine FROM pg_tables
       WHERE schemaname = 'pnl_v1'`,
    );
    expect(owners).toEqual([{ mine: 't' }]);
  }, 120_000);

  test.each([
    'UPDATE pnl_v1.pnl_ledger SET realised_pnl_pusd = 1',
    'DELETE FROM pnl_v1.pnl_ledger',
    'TRUNCATE pnl_v1.pnl_ledger',
    'DROP TABLE pnl_v1.pnl_ledger',
    'ALTER TABLE pnl_v1.pnl_ledger DISABLE TRIGGER ALL',
    'DELETE FROM stream.migration',
    'DELETE FROM stream.expired_month',
    `SELECT stream.drop_month('pnl_v1.pnl_ledger', 'pnl_v1.positions', now()::date, 0, '', '', '')`,
  ])('may not: %s', async (sql) => {
    expect(await refusalOf(asService(sql))).toMatch(/^42501 (permission denied|must be owner)/);
  });

  test('may not change a month of the ledger either, by its own name', async () => {
    const [row] = await asOwner(
      `SELECT inhrelid::regclass AS leaf FROM pg_inherits
       WHERE inhparent = 'pnl_v1.pnl_ledger'::regclass LIMIT 1`,
    );
    const leaf = row?.['leaf'] ?? '';
    for (const sql of [`UPDATE ${leaf} SET line = 1`, `DELETE FROM ${leaf}`, `TRUNCATE ${leaf}`]) {
      expect(await refusalOf(asService(sql))).toMatch(/^42501 permission denied/);
      expect(await refusalOf(asOwner(sql))).toMatch(/^23001 Expected pnl_v1\.pnl_ledger/);
    }
  });
});

test.each(['pnl_v1.settlement_reports', 'pnl_v1.window_inputs', 'stream.expired_month'])(
  '%s is append-only, too, and the service cannot change it',
  async (table) => {
    const [row] = await asOwner(
      `SELECT has_table_privilege('${service}', '${table}', 'UPDATE, DELETE, TRUNCATE') AS may,
              (SELECT string_agg(tgname, ' ' ORDER BY tgname) FROM pg_trigger
               WHERE tgrelid = '${table}'::regclass) AS triggers`,
    );
    expect(row).toEqual({ may: 'f', triggers: 'append_only_line append_only_whole' });
    expect(await refusalOf(asOwner(`TRUNCATE ${table}`))).toMatch(
      /^23001 Expected .* found TRUNCATE/,
    );
  },
);

test('a paper line with a day of the regulatory tier is refused by the ledger', async () => {
  const asPaper = (change: string): string =>
    `INSERT INTO pnl_v1.pnl_ledger SELECT (jsonb_populate_record(l, '${change}')).*
     FROM pnl_v1.pnl_ledger l LIMIT 1`;
  expect(await refusalOf(asService(asPaper('{"line": 9, "paper": true}')))).toMatch(
    /^23514 .*violates check constraint "regulatory_tier"/,
  );
  const [row] = await asOwner(
    `SELECT count(*) FILTER (WHERE retained_until IS NULL) AS untagged FROM pnl_v1.pnl_ledger`,
  );
  expect(row).toEqual({ untagged: '0' });
});

test.each(['UPDATE', 'DELETE', 'TRUNCATE'])(
  'the owner of the ledger is refused %s, with what to do instead',
  async (operation) => {
    const before = await lines();
    const sql = {
      UPDATE: "UPDATE pnl_v1.pnl_ledger SET fill_id = 'other'",
      DELETE: "DELETE FROM pnl_v1.pnl_ledger WHERE fill_id LIKE '%'",
      TRUNCATE: 'TRUNCATE pnl_v1.pnl_ledger',
    }[operation];
    const leaf = operation === 'TRUNCATE' ? '' : '_\\d{4}_\\d{2}';
    expect(await refusalOf(asOwner(sql ?? ''))).toMatch(
      new RegExp(
        `^23001 Expected pnl_v1\\.pnl_ledger${leaf} to be appended to alone, found ${operation}: ` +
          'what a ledger says never changes\\. Put a correction on the log, which adds a line; a ' +
          'month that has expired goes by polytraders retention --drop\\.$',
      ),
    );
    expect(await lines()).toBe(before);
  },
);

test.each(['UPDATE', 'DELETE', 'TRUNCATE'])(
  'a session that plays a replica, in which other triggers sleep, is refused %s, too',
  async (operation) => {
    const [row] = await asOwner(
      `SELECT inhrelid::regclass AS leaf FROM pg_inherits
       WHERE inhparent = 'pnl_v1.pnl_ledger'::regclass LIMIT 1`,
    );
    for (const table of ['pnl_v1.pnl_ledger', row?.['leaf'] ?? '', 'stream.expired_month']) {
      if (table === 'stream.expired_month' && operation !== 'TRUNCATE') continue;
      const sql = {
        UPDATE: `UPDATE ${table} SET fill_id = 'other'`,
        DELETE: `DELETE FROM ${table}`,
        TRUNCATE: `TRUNCATE ${table}`,
      }[operation];
      const asReplica = `BEGIN; SET LOCAL session_replication_role = replica; ${sql ?? ''}; COMMIT`;
      expect(await refusalOf(asOwner(asReplica))).toMatch(
        new RegExp(`^23001 Expected .* to be appended to alone, found ${operation}`),
      );
    }
  },
);

describe('a month of a ledger, which the service asks the owner to make', () => {
  test('is made of the ledgers of its owner: no code of the service runs as that', async () => {
    const made = refusalOf(
      asService(`
        CREATE FUNCTION pg_temp.mine(int) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$
        BEGIN
          IF current_user <> session_user THEN RAISE 'run as %', current_user; END IF;
          RETURN true;
        END $$;
        CREATE TEMP TABLE trap (month date, a int) PARTITION BY RANGE (month);
        CREATE INDEX ON trap (a) WHERE pg_temp.mine(1);
        GRANT ALL ON trap TO PUBLIC;
        SELECT stream.make_month('pg_temp.trap', 'trap_2026_05', '2026-05-01', '2026-06-01')`),
    );
    expect(await made).toMatch(
      /^42501 Expected a ledger that \w+ owns, divided by month, found trap/,
    );
  });

  test.each([
    ['another name', 'evil', '2020-01-01', '2020-02-01'],
    ['the name of another month', 'pnl_ledger_2020_02', '2020-01-01', '2020-02-01'],
    ['more than a month', 'pnl_ledger_2020_01', '2020-01-01', '2030-01-01'],
    ['less than a month', 'pnl_ledger_2020_01', '2020-01-02', '2020-02-01'],
  ])('is not made under, or as, %s', async (_, leaf, first, next) => {
    const sql = `SELECT stream.make_month('pnl_v1.pnl_ledger', '${leaf}', '${first}', '${next}')`;
    expect(await refusalOf(asService(sql))).toMatch(
      /^22023 Expected one month of pnl_v1\.pnl_ledger under its name, pnl_ledger_2020_01, found/,
    );
  });
});

test('an owner that is named as the service, too, keeps its rights', async () => {
  const rights = () =>
    asOwner(
      `SELECT (SELECT string_agg(relname || relacl::text, ' ' ORDER BY oid) FROM pg_class
               WHERE relnamespace = 'pnl_v1'::regnamespace) AS tables,
              (SELECT string_agg(proname || proacl::text, ' ' ORDER BY oid) FROM pg_proc
               WHERE pronamespace = 'stream'::regnamespace) AS functions`,
    );
  const before = await rights();
  await asOwner(
    "SELECT stream.admit_service(place, current_user) FROM unnest('{stream,pnl_v1}'::name[]) place",
  );
  expect(await rights()).toEqual(before);
});

test('a role that may not install is told to name the owner, and nothing is started', async () => {
  const other = `${service}_2`;
  await asOwner(`CREATE ROLE ${other} LOGIN PASSWORD 'secret'`);
  try {
    const url = new URL(serviceUrl);
    url.username = other;
    await expect(start(processor, log.config({ DATABASE_URL: url.href }))).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringMatching(
        /^Expected DATABASE_URL to name the owner of the tables of .*: name the owner in DATABASE_/,
      ),
    });
  } finally {
    await asOwner(`DROP ROLE ${other}`);
  }
});
