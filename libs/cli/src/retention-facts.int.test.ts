/** What the months of a ledger are asked, and how often each line is read for it (rule B15). */

import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect, migrate, pool } from '@polytraders/runtime';
import { type FreshDatabase, freshDatabase } from '@polytraders/testkit';
import { monthsOf } from './retention-facts.ts';

const root = resolve(import.meta.dirname, '../../..');
const MONTHS = Array.from({ length: 12 }, (_, at) => `2018-${String(at + 1).padStart(2, '0')}`);
const LINES = 40;

let database: FreshDatabase;
let client: Awaited<ReturnType<typeof connect>>;

/** Of a month's lines the first is set aside, the second releases that of the month before. */
beforeAll(async () => {
  database = await freshDatabase('retention_facts');
  client = await connect({ url: database.url, applicationName: 'retention-facts-test' });
  await migrate(client, 'stream', `${root}/libs/runtime/sql`);
  await migrate(client, 'pnl_v1', `${root}/services/pnl-projector/sql`);
  await client.query(`INSERT INTO stream.active_version VALUES ('pnl-projector', 1)`);
  await client.query('SET search_path = pnl_v1');
  for (const [at, month] of MONTHS.entries()) {
    const [first, leaf] = [`${month}-01`, `pnl_ledger_${month.replace('-', '_')}`];
    await client.query(
      `SELECT stream.make_month('pnl_ledger', $1, $2::text::date,
                                ($2::text::date + interval '1 month')::date)`,
      [leaf, first],
    );
    await client.query(
      `INSERT INTO pnl_ledger (month, partition, "offset", line, entry_kind, fill_id, event_id,
         correlation_id, effective_at, recorded_at, confirmed_at, retained_until, account,
         trading_bot_id, token_id, effect, opened_shares, opened_basis_pusd, closed_shares,
         closed_basis_pusd, position_shares, cost_basis_pusd, paper, mode, quarantined,
         reason_codes, books_complete, incomplete_reasons, source)
       SELECT $1::date, n % 2, $2::int + n, 0, CASE n WHEN 1 THEN 'RELEASE' ELSE 'FILL' END,
         'f' || CASE n WHEN 1 THEN $2::int - $3::int ELSE $2::int + n END, 'e', 'c', $1, $1, $1,
         CASE n WHEN 0 THEN NULL WHEN 1 THEN '2026-01-31'::date ELSE '2025-06-30'::date END,
         'a', 'mm', '7', 'augment', 0, 0, 0, 0, 0, 0, false,
         CASE $4 WHEN '2018-05' THEN 'limited_live' ELSE 'general_live' END, n = 0,
         '{}', true, '{}', 'bus'
       FROM generate_series(0, $3::int - 1) AS n`,
      [first, at * LINES, LINES, month],
    );
  }
  // A lot of every month, but for the last.
  const lots = MONTHS.slice(1).map((_, at) => `1 1 ${String(at * LINES + 3)} 0 f`);
  const book = {
    ...{ account: 'a', token_id: '7', trading_bot_id: 'mm', lots: lots.join('\n') },
    ...{ position_shares: 1, cost_basis_pusd: 1, realised_pnl_pusd: 0, mark_stale: false },
    ...{ volume_pusd: 0, gross_fees_pusd: 0, maker_rebates_pusd: 0, net_fees_pusd: 0, fills: 1 },
    ...{ quarantined_fills: 0, books_complete: true, incomplete_reasons: [], wallet_shares: 1 },
    ...{ next_page: 1, last_offset: 0, updated_at: '2018-01-01' },
  };
  await client.query(
    'INSERT INTO positions SELECT (jsonb_populate_record(NULL::positions, $1)).*',
    [JSON.stringify(book)],
  );
  await client.query(`INSERT INTO report_releases VALUES ('0', $1, 0, now())`, [4 * LINES + 10]);
}, 60_000);

afterAll(async () => {
  await client.end();
  await database.drop();
});

/** Whatever is asked for, with a pool of its own: its reads are counted when it is closed. */
async function months(wanted: Parameters<typeof monthsOf>[1]) {
  const own = pool({ url: database.url, applicationName: 'retention-facts-test' }, 2);
  const found = await monthsOf(own, wanted);
  await own.end();
  return found;
}

test('a fill is kept as its review in a later month says, and waits for no other', async () => {
  const found = await months({ roots: false });
  expect(found.map(({ lines, regulatory }) => [lines, regulatory])).toEqual(
    MONTHS.map(() => [LINES, LINES - 1]),
  );
  expect(found.map(({ retainedUntil }) => retainedUntil)).toEqual(MONTHS.map(() => '2026-01-31'));
  // The last month's is reviewed by nobody; of May, whose reports were held, four are released.
  const held = LINES - 1 - 4;
  expect(found.map(({ unreviewed }) => unreviewed)).toEqual(
    MONTHS.map((_, at) => (at === 4 ? held : at === 11 ? 1 : 0)),
  );
  expect(found.map(({ openLots }) => openLots)).toEqual(MONTHS.map((_, at) => (at === 11 ? 0 : 1)));
  expect(found.map((month) => month.root)).toEqual(MONTHS.map(() => null));
});

test('one month that is asked for is as it is among all, its root that of its lines', async () => {
  const all = await months({ roots: true });
  const only = { ledger: 'pnl_ledger', month: '2018-05' };
  expect(await months({ roots: true, only })).toEqual([all[4]]);
  const { rows } = await client.query<{ root: string }>(
    `SELECT encode(sha256(convert_to(string_agg(l::text || E'\\n', '' ORDER BY partition, "offset",
       line), 'UTF8')), 'hex') AS root FROM pnl_ledger_2018_05 l`,
  );
  expect(all[4]?.root).toBe(rows[0]?.root);
});

/**
 * Lines that were read so far, by scan or along an index, as Postgres counts them. A backend that
 * has ended tells what it read a moment later: two moments alike are the end of it.
 */
async function linesRead(): Promise<number> {
  for (let last = -1; ;) {
    const { rows } = await client.query<{ read: string }>(
      `SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) AS read FROM pg_stat_user_tables
        WHERE relname ~ '^pnl_ledger_2'`,
    );
    const read = Number(rows[0]?.read);
    if (read === last) return read;
    last = read;
    await new Promise((done) => setTimeout(done, 300));
  }
}

test('no line is read more often because there are more months', async () => {
  await client.query('SET stats_fetch_consistency = none');
  const before = await linesRead();
  await months({ roots: true });
  expect(((await linesRead()) - before) / (MONTHS.length * LINES)).toBeLessThan(8);
}, 30_000);
