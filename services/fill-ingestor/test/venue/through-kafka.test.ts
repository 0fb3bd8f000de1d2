/**
 * The venue's files through the running services: import command, inbox, log, projector, ledger.
 * Each service is a process of its own, started as anywhere else.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Desk, openDesk, type Result } from './desk.fixture.ts';
import { present, venue } from './venue.ts';

let desk: Desk | undefined;

beforeAll(async () => {
  if (present) desk = await openDesk(['fill-ingestor', 'pnl-projector']);
}, 180_000);

afterAll(async () => {
  await desk?.close();
}, 60_000);

function opened(): Desk {
  if (desk === undefined) throw new Error('Expected a desk; found none.');
  return desk;
}

function taken(name: string, ...terms: readonly string[]): Promise<Result> {
  return opened().taken(name, ...terms);
}

/** Lines and notional of an account's fills in the projector's ledger, once there are so many. */
async function ledgerOf(
  account: string,
  lines: number,
): Promise<Readonly<Record<string, string | undefined>>> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const answer = await opened().database.query<Record<string, string>>(
      'SELECT count(*) AS lines, sum(size_pusd) AS notional, count(*) FILTER (WHERE ' +
        'fee_source = $2) AS declared ' +
        'FROM pnl_v1.pnl_ledger WHERE account = $1',
      [account, 'DECLARED'],
    );
    const found = answer.rows[0] ?? {};
    if (Number(found['lines']) >= lines || performance.now() > deadline) return found;
    await sleep(200);
  }
}

venue('through Kafka into the ledger', () => {
  test.each([
    ['user_data_20251226.csv', `0x${'c1'.repeat(20)}`, 24_155, '287419.606803'],
    ['user_data_20251229.csv', `0x${'c2'.repeat(20)}`, 32_046, '332976.331749'],
  ])(
    '%s: each row is a line of the ledger, and the notional is Σ of the rows',
    async (name, account, rows, notional) => {
      const startedAt = performance.now();
      const result = await taken(
        `gabagool22-updown/${name}`,
        '--account',
        account,
        '--identity',
        'row',
      );
      expect(result).toMatchObject({
        records: rows,
        taken: rows,
        fills: rows,
        without_effect: 0,
        quarantined: {},
      });
      const ledger = await ledgerOf(account, rows);
      expect(ledger).toEqual({ lines: String(rows), notional, declared: String(rows) });
      const seconds = (performance.now() - startedAt) / 1000;
      process.stdout.write(
        `${name}: ${String(Math.round(rows / seconds))} rows/s from file to ledger.\n`,
      );
    },
    240_000,
  );

  test('5,000 Nobel lines are 1,500 fills, and the 3,500 repeats have no effect', async () => {
    expect(
      await taken('ibalgo-nobel-negrisk/nobel_peace_prize_2025_trades.csv', '--account', 'any'),
    ).toMatchObject({ records: 5000, taken: 5000, fills: 1500, without_effect: 3500 });
  }, 120_000);

  test('803 rows of one wallet stay 803, and a second import adds none', async () => {
    const name = 'bennacer/wallet_trades_0xb77b6ef3.csv';
    expect(await taken(name)).toMatchObject({ taken: 803, fills: 803 });
    expect(await taken(name)).toMatchObject({ taken: 0, already_there: 803, fills: 0 });
    expect(await ledgerOf('0xb77b6ef359f02192fb077227499f9f853d4870a5', 803)).toMatchObject({
      lines: '803',
    });
  }, 120_000);

  test("the mint receipt is two fills with the chain's fees", async () => {
    expect(await taken('v2-atlas-mint-receipt/receipt.json', '--account', 'any')).toMatchObject({
      fills: 2,
      left_out: { OrdersMatched: 1, 'other log': 15 },
    });
  }, 60_000);

  test('a file that needs terms is refused in one sentence, with exit code 2', async () => {
    const { code, err } = await opened().importFile('gabagool22-updown/user_data_20251226.csv');
    expect([code, err.split('\n').filter((line) => line !== '').length]).toEqual([2, 1]);
  }, 60_000);
});
