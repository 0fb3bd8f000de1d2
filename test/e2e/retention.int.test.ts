/**
 * Retention (rule B15) on the real stack: what the books hold, until when, and that a month is
 * dropped only where nothing holds it and a certificate proves it.
 */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runCli } from '@polytraders/cli';
import { type FillConfirmed } from '@polytraders/contracts';
import { fixture } from '@polytraders/contracts/fixtures';
import { type Certificate, type MonthFacts } from '@polytraders/domain';
import { processor } from '@polytraders/pnl-projector/processor';
import { pool, start } from '@polytraders/runtime';
import { dropHeld, heldMonths } from '../../libs/cli/src/commands/retention.ts';
import { createTestLog, type TestLog, until } from './log.ts';
import { insertWindowReports, windowReportRow } from './window-report-row.ts';

const TODAY = '2026-06-01';
let log: TestLog;
let database: ReturnType<typeof pool>;

/** A fill that was confirmed, and recorded, on this day. */
function fill(id: string, day: string, change: Partial<FillConfirmed> = {}): FillConfirmed {
  const at = Date.parse(`${day}T12:00:00Z`) * 1000;
  return {
    ...fixture('FillConfirmed'),
    paper: false,
    fill_id: id,
    event_id: `evt_${id}`,
    effective_at: at,
    recorded_at: at,
    confirmed_at: at,
    order_side: 'BUY',
    marks: [],
    ...change,
  };
}

const fills: readonly FillConfirmed[] = [
  fill('bought', '2018-01-10'),
  fill('sold', '2018-02-10', { order_side: 'SELL' }),
  fill('open', '2018-03-10', { token_id: '77' }),
  fill('unpaid', '2018-04-10', { token_id: '78', fee_pusd: null, fee_bps: null, fee_source: null }),
  fill('paper', '2018-05-10', {
    paper: true,
    account: `paper:${fixture('FillConfirmed').account}`,
  }),
  fill('late', '2026-05-08', { token_id: '79' }),
];

beforeAll(async () => {
  log = await createTestLog('retention', [processor.id]);
  database = pool({ url: log.databaseUrl, applicationName: 'retention-test' }, 2);
  const running = await start(processor, log.config());
  try {
    await log.append(fills);
    await until('all fills are on the books', async () => {
      const { rows } = await database.query<{ count: string }>(
        'SELECT count(*) FROM pnl_v1.pnl_ledger',
      );
      return Number(rows[0]?.count) === fills.length;
    });
  } finally {
    await running.stop();
  }
}, 120_000);

afterAll(async () => {
  await database.end();
  await log.close();
}, 60_000);

async function run(...args: string[]) {
  const seen = { out: '', err: '' };
  const code = await runCli(args, log.env, {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    isTTY: false,
  });
  return { code, ...seen };
}

const months = (certificate: Certificate | null = null) =>
  heldMonths(database, { day: TODAY, certificate, roots: true });

async function factsOf(month: string): Promise<MonthFacts> {
  const found = (await months()).find((one) => one.month === `${month}-01`);
  if (found === undefined) throw new Error(`Expected the month ${month}, found none.`);
  return found;
}

/** What a certificate of later versions will say of these months. */
function certified(...facts: readonly MonthFacts[]): Certificate {
  const proven = facts.map(({ ledger, month, lines, root }) => {
    if (root === null) throw new Error(`Expected the root of ${month}, found none.`);
    return { ledger, month, lines, root };
  });
  return { id: 'cert_of_the_test', signed: true, months: proven };
}

describe('polytraders retention', () => {
  test('says of each month until when it is kept, and what holds it', async () => {
    const { code, out } = await run('retention', '--on', TODAY, '--json');
    expect(code).toBe(0);
    const shown = (JSON.parse(out) as readonly Record<string, unknown>[]).map((month) => [
      month['month'],
      month['lines'],
      month['regulatory'],
      month['retained_until'],
      (month['holds'] as readonly { readonly kind: string }[]).map(({ kind }) => kind).join(' '),
    ]);
    expect(shown).toEqual([
      ['2018-01-01', 1, 1, '2025-01-10', 'NO_CERTIFICATE'],
      ['2018-02-01', 1, 1, '2025-02-10', 'NO_CERTIFICATE'],
      ['2018-03-01', 1, 1, '2025-03-10', 'OPEN_LOTS NO_CERTIFICATE'],
      ['2018-04-01', 1, 0, null, 'UNREVIEWED NO_CERTIFICATE'],
      ['2018-05-01', 1, 0, null, 'OPEN_LOTS NO_CERTIFICATE'],
      ['2026-05-01', 1, 1, '2033-05-08', 'RETAINED OPEN_LOTS NO_CERTIFICATE'],
    ]);
  });

  test('as a table for people', async () => {
    const { out } = await run('retention', '--on', TODAY);
    expect(out).toMatch(/^pnl_v1\.pnl_ledger +2026-05 +1 +1 +2033-05-08 +kept until 2033-05-08; /m);
    expect(out).toMatch(/; 1 open lots refer to it; its root stands in no signed certificate/);
    expect(out).toContain('Paper and mixed reports are not of that tier and have none.');
  });

  test('drops nothing without a certificate, and says that this version makes none', async () => {
    const drop = ['retention', '--drop', '2018-01', '--reviewed-by', 'op'];
    expect(await run(...drop)).toEqual({
      code: 1,
      out: '',
      err:
        'Not dropped: pnl_v1.pnl_ledger 2018-01 is held. its root stands in no signed ' +
        'certificate (this version makes none yet).\n',
    });
    expect((await run('retention', '--drop', '2018-01')).err).toMatch(/^Expected --reviewed-by/);
    expect((await run('retention', '--on', '2033-02-30')).err).toContain('found 2033-02-30.');
    expect((await run('retention', '--drop', '2017-01', '--reviewed-by', 'op')).err).toBe(
      'Expected a month 2017-01 of pnl_ledger, found none: polytraders retention lists them.\n',
    );
    expect(await months()).toHaveLength(6);
  });
});

describe('a month with a certificate', () => {
  const wish = (month: string, certificate: Certificate) => ({
    ledger: 'pnl_ledger',
    month,
    reviewedBy: 'op',
    today: TODAY,
    certificate,
  });

  test.each([
    ['2018-03', '1 open lots refer to it'],
    ['2018-04', '1 lines wait for a review (polytraders gov pnl quarantine list, approve)'],
    ['2026-05', 'kept until 2033-05-08; 1 open lots refer to it'],
  ])('%s stays as long as something else holds it', async (month, why) => {
    const certificate = certified(await factsOf(month));
    await expect(dropHeld(database, wish(month, certificate))).rejects.toThrow(
      `Not dropped: pnl_v1.pnl_ledger ${month} is held. ${why}.`,
    );
  });

  test('with another root stays, and the books are to be verified', async () => {
    const facts = await factsOf('2018-01');
    const certificate = certified({ ...facts, root: 'ab'.repeat(32) });
    await expect(dropHeld(database, wish('2018-01', certificate))).rejects.toThrow(
      'its root is not the one in certificate cert_of_the_test: verify the books first.',
    );
  });

  test('to which a line has come since it was proven stays', async () => {
    const sql = 'SELECT stream.drop_month($1::regclass, $2::regclass, $3, $4, $5, $6, $7)';
    const names = ['pnl_v1.pnl_ledger', 'pnl_v1.pnl_ledger_2018_01', '2018-01-01'];
    const drop = database.query(sql, [...names, 0, 'root', 'certificate', 'op']);
    await expect(drop).rejects.toMatchObject({
      code: '55000',
      message:
        'Expected the 0 lines of pnl_v1.pnl_ledger_2018_01 that were proven, found 1: one has ' +
        'come since. Look again.',
    });
  });

  test('whose reports a mode has held stays until they are approved', async () => {
    const change = '{"month": "2018-06-01", "offset": 900, "mode": "limited_live"}';
    await database.query(
      `SELECT stream.make_month('pnl_v1.pnl_ledger', 'pnl_ledger_2018_06', '2018-06-01',
                                '2018-07-01');
       INSERT INTO pnl_v1.pnl_ledger SELECT (jsonb_populate_record(l, '${change}')).*
       FROM pnl_v1.pnl_ledger l WHERE fill_id = 'sold'`,
    );
    const heldBy = async () => {
      const found = (await months()).find(({ month }) => month === '2018-06-01');
      return found?.holds.map(({ kind }) => kind);
    };
    expect(await heldBy()).toEqual(['UNREVIEWED', 'NO_CERTIFICATE']);
    await database.query(
      `INSERT INTO pnl_v1.report_releases
       SELECT partition::text, 901, 902, now() FROM pnl_v1.pnl_ledger WHERE "offset" = 900`,
    );
    expect(await heldBy()).toEqual(['NO_CERTIFICATE']);
  });

  test('whose fill was set aside and taken back is kept from then on as the rest', async () => {
    const line = (kind: string, number: number, day: string | null) =>
      `INSERT INTO pnl_v1.pnl_ledger
       SELECT (jsonb_populate_record(l, '${JSON.stringify({
         ...{ month: '2018-07-01', offset: 910, line: number, entry_kind: kind, fill_id: 'busted' },
         ...{ quarantined: true, retained_until: day },
       })}')).* FROM pnl_v1.pnl_ledger l WHERE fill_id = 'sold' LIMIT 1`;
    await database.query(
      `SELECT stream.make_month('pnl_v1.pnl_ledger', 'pnl_ledger_2018_07', '2018-07-01',
                                '2018-08-01')`,
    );
    await database.query(line('FILL', 0, null));
    expect((await factsOf('2018-07')).retainedUntil).toBeNull();
    expect((await factsOf('2018-07')).unreviewed).toBe(1);
    await expect(database.query(line('FILL', 1, '2033-05-08'))).rejects.toMatchObject({
      constraint: 'regulatory_tier',
    });
    await database.query(line('REVERSE', 1, '2033-05-08'));
    const held = (await months()).find(({ month }) => month === '2018-07-01');
    expect(held?.holds).toEqual([
      { kind: 'RETAINED', until: '2033-05-08' },
      { kind: 'NO_CERTIFICATE' },
    ]);
  });

  test('that nothing holds is dropped, its root kept; the books go on', async () => {
    const facts = await factsOf('2018-01');
    await dropHeld(database, wish('2018-01', certified(facts)));
    expect((await months()).map(({ month }) => month)).not.toContain('2018-01-01');
    const { rows } = await database.query<Record<string, string>>(
      'SELECT ledger, month::text, lines, root, certificate, dropped_by FROM stream.expired_month',
    );
    expect(rows).toEqual([
      {
        ledger: 'pnl_v1.pnl_ledger',
        month: '2018-01-01',
        lines: '1',
        root: facts.root,
        certificate: 'cert_of_the_test',
        dropped_by: 'op',
      },
    ]);
    const kept = await database.query('SELECT 1 FROM pnl_v1.positions');
    expect(kept.rowCount).toBe(5);
  });
});

test('reports of windows: what is held waits for its review, mixed ones have no day', async () => {
  const rows = [
    windowReportRow(0, '2017-01-09T00:00:00Z'),
    windowReportRow(1, '2017-02-09T00:00:00Z', { publication: 'HELD' }),
    windowReportRow(2, '2017-03-09T00:00:00Z', { publication: 'HELD' }),
    windowReportRow(3, '2017-04-09T00:00:00Z', {
      window_id: '2017-03-09T00:00:00Z',
      revision: 2,
    }),
    windowReportRow(4, '2017-05-09T00:00:00Z', {
      mixed: true,
      regulatory: false,
      retained_until: null,
    }),
  ];
  for (const sql of insertWindowReports(rows)) await database.query(sql);
  const reports = (await months()).filter(({ ledger }) => ledger.endsWith('.settlement_reports'));
  expect(
    reports.map((one) => [
      one.month,
      one.regulatory,
      one.retainedUntil,
      one.holds.map(({ kind }) => kind).join(' '),
    ]),
  ).toEqual([
    ['2017-01-01', 1, '2024-01-09', 'NO_CERTIFICATE'],
    ['2017-02-01', 1, '2024-02-09', 'UNREVIEWED NO_CERTIFICATE'],
    ['2017-03-01', 1, '2024-03-09', 'NO_CERTIFICATE'],
    ['2017-04-01', 1, '2024-04-09', 'NO_CERTIFICATE'],
    ['2017-05-01', 0, null, 'NO_CERTIFICATE'],
  ]);
  const [first] = reports;
  if (first === undefined) throw new Error('Expected a month of reports, found none.');
  await dropHeld(database, {
    ledger: 'settlement_reports',
    month: '2017-01',
    reviewedBy: 'op',
    today: TODAY,
    certificate: certified(first),
  });
  const mixed = windowReportRow(9, '2017-05-10T00:00:00Z', { mixed: true, regulatory: false });
  const [, insert = ''] = insertWindowReports([mixed]);
  await expect(database.query(insert)).rejects.toMatchObject({ code: '23514' });
});

test('7-year retention tag applied to all SettlementReport records', async () => {
  const { rows } = await database.query<Record<string, string>>(
    `SELECT count(*) FILTER (WHERE retained_until >= (confirmed_at + interval '7 years')::date)
              AS tagged,
            count(*) FILTER (WHERE retained_until IS NULL AND NOT paper AND NOT quarantined)
              AS untagged
     FROM pnl_v1.pnl_ledger
     UNION ALL
     SELECT count(*) FILTER (WHERE retained_until >= (window_end + interval '7 years')::date),
            count(*) FILTER (WHERE retained_until IS NULL AND regulatory)
     FROM pnl_v1.settlement_reports`,
  );
  // Two fills, one that was held, a late one and one that was taken back, without the month that
  // was dropped; three windows without theirs.
  expect(rows).toEqual([
    { tagged: '5', untagged: '0' },
    { tagged: '3', untagged: '0' },
  ]);
});
