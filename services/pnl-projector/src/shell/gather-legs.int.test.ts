/** Windows that are asked for out of their turn, with months of the ledger dropped (B13, B15). */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connect } from '@polytraders/runtime';
import { createDriver } from '@polytraders/stream';
import { type FreshDatabase, freshDatabase } from '@polytraders/testkit';
import { TOKEN } from '../events.fixture.ts';
import { type Cut } from '../windows/cut.ts';
import { createDesk, type Desk } from '../windows/desk.fixture.ts';
import { installBooks, installStream, writeDesk } from '../windows/desk-rows.fixture.ts';
import { type ReportEntry } from '../windows/entry.ts';
import { exactText, exactValue } from '../windows/exact-json.ts';
import { atDay, createLog, wallets } from '../windows/log.fixture.ts';
import { windowsProcessor } from '../windows/processor.ts';
import { gatherNext } from './gatherer.ts';

type Client = Awaited<ReturnType<typeof connect>>;

const [ALICE = ''] = wallets(1);
/** A month that is dropped, and the days of the windows: one of that time, two of later. */
const OLD = '2019-05-06';
const [FIRST, SECOND] = ['2026-05-08', '2026-05-09'];

let database: FreshDatabase;
let client: Client;

beforeAll(async () => {
  database = await freshDatabase('gather_legs');
  client = await connect({ url: database.url, applicationName: 'gather-legs-test' });
  await installStream(client);
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

/**
 * 100 shares a day: in block 3 of the old day, 105 and 205 of the others. The later window is asked
 * for first, the others behind it.
 */
function tell(): Desk {
  const desk = createDesk(12);
  const log = createLog(desk);
  for (const [date, block] of [
    [OLD, 3],
    [FIRST, 105],
    [SECOND, 205],
  ] as const) {
    log.fill({ account: ALICE, confirmed_at: atDay(date, 43_200), block_number: block });
    log.close(date);
  }
  const answered = (date: string, block: number, bought: number): void => {
    const found = { cash: String(-50.125 * bought), tokens: { [TOKEN]: String(100 * bought) } };
    log.observe(date, ALICE, found, block);
    log.complete(date, block);
  };
  answered(SECOND, 210, 3);
  answered(FIRST, 110, 2);
  answered(OLD, 10, 1);
  return desk;
}

/** With the old month as one that can be dropped. */
async function write(schema: string, desk: Desk): Promise<void> {
  await installBooks(client, schema);
  await client.query(
    `SELECT stream.make_month('pnl_ledger', 'pnl_ledger_2019_05', '2019-05-01', '2019-06-01')`,
  );
  await writeDesk(client, desk);
}

async function gather(schema: string, times: number): Promise<void> {
  const config = {
    databaseUrl: database.url,
    applicationName: 'gather-legs-test',
    schema,
    channel: 'gather_legs',
    onOutage: () => undefined,
  };
  for (let at = 0; at < times; at += 1) expect(await gatherNext(client, config)).toBe(true);
}

/** What the fold says of the rows that were gathered. */
async function reportsOf(schema: string): Promise<readonly ReportEntry[]> {
  const { rows } = await client.query<{ bytes: string }>(
    `SELECT bytes FROM "${schema}".window_inputs ORDER BY seq`,
  );
  const cuts = rows.map(({ bytes }) => exactValue(bytes) as Cut);
  const records = cuts.map((event, offset) => ({ event, topic: 'inputs', partition: 0, offset }));
  return createDriver(windowsProcessor).drive(records).entries;
}

const shown = ({ window_id: id, reconciliation_status: status }: ReportEntry): string =>
  `${id} ${status}`;

describe('a window that is asked for out of its turn', () => {
  const desk = tell();

  test('has what the books had at its block, from all lines', async () => {
    await write('pnl_v1', desk);
    await gather('pnl_v1', desk.cuts.length);
    const reports = await reportsOf('pnl_v1');
    expect(reports.map(exactText)).toEqual(desk.reports.map(exactText));
    expect(reports.slice(-3).map(shown)).toEqual([
      `window-${SECOND} RECONCILED`,
      `window-${FIRST} RECONCILED`,
      `window-${OLD} RECONCILED`,
    ]);
  });

  test('has the same when a month before it was dropped; one of before it says so', async () => {
    await write('pnl_v2', desk);
    // The three closings and the answer of the last day, whose sums have the old month's lines.
    await gather('pnl_v2', 4);
    await client.query(
      `SELECT stream.drop_month('pnl_v2.pnl_ledger', 'pnl_v2.pnl_ledger_2019_05', '2019-05-01', 1,
         'root', 'certificate', 'ann')`,
    );
    await gather('pnl_v2', desk.cuts.length - 4);
    const reports = await reportsOf('pnl_v2');
    expect(reports.slice(-3).map(shown)).toEqual([
      `window-${SECOND} RECONCILED`,
      `window-${FIRST} RECONCILED`,
      `window-${OLD} PENDING`,
    ]);
    expect(reports.at(-2)?.onchain_drift_pusd).toBe(0n);
    expect(reports.at(-1)).toMatchObject({ onchain_reconciled: false, onchain_drift_pusd: null });
    expect(reports.at(-1)?.reason_codes).toContain('GOV_ONCHAIN_HISTORY_NOT_KEPT');
    expect(exactValue(reports.at(-1)?.alerts ?? '')).toMatchObject([
      { code: 'PNL_REPORTER_ONCHAIN_RECONCILE_FAIL', severity: 'WARN' },
    ]);
  });
});
