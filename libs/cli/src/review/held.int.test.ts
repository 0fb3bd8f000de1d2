/** What `approve --mode-held` counts, from the tables of the books as they are. */

import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect, migrate } from '@polytraders/runtime';
import { type FreshDatabase, freshDatabase } from '@polytraders/testkit';
import { runCli } from '../program.ts';

const root = resolve(import.meta.dirname, '../../../..');

let database: FreshDatabase;

/** Windows with the revision, mode and offset of the cut of each. */
type Window = {
  readonly day: string;
  readonly revision: number;
  readonly cut: number;
  readonly byMode: boolean;
  readonly mixed?: boolean;
  readonly publication?: string;
};

const NAMES = `month, partition, "offset", line, report_id, event_id, causation_id, correlation_id,
  market_seq, effective_at, recorded_at, window_id, window_kind, window_start, window_end, group_by,
  revision, publication, mode, held_by_mode, regulatory, mixed, retained_until, reason_codes,
  books_complete, incomplete_reasons, total_fills, declared_fee_fills, gross_volume_pusd,
  realised_pnl_pusd, gross_fees_pusd, maker_rebates_pusd, maker_rebates_received_pusd,
  net_fees_pusd, net_pnl_pusd, reconciliation_status, unsettled_pusd, negrisk_positions,
  stale_marks, kill_switch_active, quarantined_fills, groups, accounts, marks, alerts`;

beforeAll(async () => {
  database = await freshDatabase('held');
  const client = await connect({ url: database.url, applicationName: 'held-test' });
  await migrate(client, 'stream', join(root, 'libs/runtime/sql'));
  await migrate(client, 'pnl_v1', join(root, 'services/pnl-projector/sql'));
  await client.query(`
    INSERT INTO stream.active_version VALUES ('pnl-projector', 1);
    SET search_path = pnl_v1;
    CREATE TABLE any_month PARTITION OF settlement_reports DEFAULT;`);
  const windows: readonly Window[] = [
    { day: '2026-05-04', revision: 1, cut: 10, byMode: true },
    // Released since: nothing holds it.
    { day: '2026-05-04', revision: 2, cut: 20, byMode: false, publication: 'RELEASED' },
    { day: '2026-05-05', revision: 1, cut: 30, byMode: true },
    // Its mixed form is of a later cut: what is released is the window.
    { day: '2026-05-06', revision: 1, cut: 40, byMode: true },
    { day: '2026-05-06', revision: 1, cut: 90, byMode: true, mixed: true },
    // Held by its drift: that is for --window.
    { day: '2026-05-07', revision: 1, cut: 45, byMode: false },
  ];
  for (const [at, one] of windows.entries()) {
    const { day, revision, cut, byMode, mixed = false, publication = 'HELD' } = one;
    const values = [at, `r_${day}_${revision}`, cut, day, revision, publication, byMode, mixed];
    await client.query(
      `INSERT INTO settlement_reports (${NAMES})
       VALUES ('2026-05-01', 0, $1, 0, $2, $2, 'c', 'c', $3, $4::date, $4::date, $4::text, 'daily',
         $4::date, $4::date + 1, 'bot', $5, $6, 'limited_live', $7, NOT $8, $8,
         CASE WHEN $8 THEN NULL ELSE '2033-05-08'::date END, '{}', true, '{}', 1, 0, 1, 0, 0, 0, 0,
         0, 0, 'PENDING', 0, 0, 0, false, 0, '[]', '[]', '[]', '[]')`,
      values,
    );
    await client.query(
      `INSERT INTO window_cuts
       SELECT p::text, $1::text, $1::bigint - 5 * p, now(), 'WindowClosed', '{}'
       FROM generate_series(0, 1) AS p`,
      [String(cut)],
    );
  }
  await client.end();
}, 60_000);

afterAll(() => database.drop());

async function approve(until: number) {
  const seen = { out: '', err: '' };
  // Neither is asked; without them those of a stack that may not be there would be.
  const away = { KAFKA_BROKERS: '127.0.0.1:1', SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1' };
  const env = { ...away, DATABASE_URL: database.url, LOG_LEVEL: 'silent' };
  const args = ['gov', 'pnl', 'approve', '--mode-held', '--until', String(until)];
  const code = await runCli([...args, '--reviewed-by', 'ann'], env, {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    isTTY: false,
  });
  return { code, ...seen };
}

test('windows that the mode alone holds below the offset are counted, and named', async () => {
  const { out, err } = await approve(100);
  expect(out).toMatch(
    /: 0 reports of fills, 0 .*, 2 of windows \(r_2026-05-05_1, r_2026-05-06_1\)\.\n/,
  );
  expect(err).toMatch(/nothing was written/);
});

test('a window counts by the last offset of its cut in all partitions, of both forms', async () => {
  expect((await approve(90)).out).toMatch(/ 1 of windows \(r_2026-05-05_1\)\.\n/);
  expect((await approve(31)).out).toMatch(/ 1 of windows \(r_2026-05-05_1\)\.\n/);
  expect(await approve(30)).toMatchObject({
    code: 1,
    out: '',
    err: 'Expected reports that a mode has held below offset 30, found none.\n',
  });
});
