/** What is free, reserved and planned, read from the tables as the services leave them. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ACCOUNT, CONDITION, type Desk, EVENT, openDesk, OTHER, TX } from './desk.fixture.ts';

let desk: Desk;
const run: Desk['run'] = (...args) => desk.run(...args);

beforeAll(async () => {
  desk = await openDesk('cli_inventory');
}, 60_000);

afterAll(() => desk.close());

const cash = ['--account', ACCOUNT, '--bot', 'mm', '--by', 'ann', '--pusd', '50', '--max-fee', '1'];

describe('before any service has started', () => {
  test.each([
    [['inventory'], 'inventory-reserver'],
    [['reservations'], 'inventory-reserver'],
    [['jobs'], 'settlement-planner'],
    [['jobs', '--withheld'], 'settlement-planner'],
    [['reserve', ...cash], 'fill-ingestor'],
    [['job', 'claim', '--job', 'j', '--by', 'exec', '--tx', TX], 'fill-ingestor'],
    [['job', 'fail', '--job', 'j', '--by', 'exec', '--reason', 'gas'], 'fill-ingestor'],
  ])('%j says which service to start, and exits 2', async (args, service) => {
    const { code, out, err } = await run(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    const [sentence] = err.split(' in this database');
    expect(sentence).toMatch(/^Expected the tables of /);
    expect(err).toMatch(
      /found none: start the services once \(npm start does\), then ask again\.\n$/,
    );
    // Without the runtime's own tables nobody can say which one it would be.
    expect(err).toContain(service);
  });
});

describe('with inventory and jobs in the tables', () => {
  beforeAll(() => desk.fill(), 30_000);

  test('inventory shows pUSD first, each amount whole, and why a number is in doubt', async () => {
    const { code, out } = await run('inventory');
    expect(code).toBe(0);
    const lines = out.split('\n').map((line) => line.split(/ {2,}/));
    expect(lines.slice(2, 6).map(([who, what]) => `${who} ${what}`)).toEqual([
      '0xababab…abab pUSD',
      '0xababab…abab 7',
      '0xababab…abab 8',
      '0xcdcdcd…cdcd pUSD',
    ]);
    expect(lines[2]?.slice(2)).toEqual([
      '120.500000',
      '51.000000',
      '8.000001',
      '179.500001',
      '0.250000',
      '–',
      '–',
      'yes',
    ]);
    // Where the market stands is the planner's to say; of the other token it has not heard.
    expect([lines[3]?.at(-2), lines[4]?.at(-2)]).toEqual(['resolved', '–']);
    expect(lines[3]?.slice(2, 4)).toEqual(['12345678901234567890.000001', '1.000000']);
    expect(out).toMatch(/0xcdcdcd…cdcd +pUSD +-3\.000000 .* no: GOV_OPENING_BALANCE_UNKNOWN\n/);
    expect(out).toMatch(/\nFree \+ reserved \+ pending out = total\. /);
    expect(out).toMatch(/\nGOV_CONDITION_UNKNOWN: No source knows which condition /);
  });

  test('inventory filters by account, token, market and pUSD, and says when it cuts', async () => {
    const counted = async (...args: string[]) =>
      (JSON.parse((await run('inventory', '--json', ...args)).out) as unknown[]).length;
    expect(await counted('--account', ACCOUNT)).toBe(3);
    expect(await counted('--condition', CONDITION)).toBe(1);
    expect(await counted('--pusd')).toBe(2);
    expect(await counted('--token', '99')).toBe(0);
    const cut = await run('inventory', '--limit', '1');
    expect(cut.err).toBe('Showing 1 rows, the limit; --limit asks for more.\n');
  });

  test('inventory --json has amounts as decimal strings, of their unit alone', async () => {
    const [row] = JSON.parse((await run('inventory', '--json', '--token', '7')).out);
    expect(row).toMatchObject({
      asset: 'TOKEN',
      free_shares: '12345678901234567890.000001',
      free_pusd: null,
      reserved_shares: '1',
      redeemable_shares: '12345678901234567890.000001',
      settlement_status: 'resolved',
      incomplete_reasons: [],
    });
  });

  test('reservations shows what is kept first, and why others ended', async () => {
    const { out } = await run('reservations');
    const [first, ...rest] = out.split('\n').slice(2, 5);
    expect(first).toMatch(
      /^known +0xababab…abab +mm +pUSD +51\.000000 +51\.000000 +pending +2026-/,
    );
    expect(rest.join('\n')).toMatch(
      /much .* 7 +9\.000000 +0\.000000 +refused .*GOV_INVENTORY_INSUF/,
    );
    expect(out).toMatch(
      /\nGOV_INVENTORY_INSUFFICIENT: A request or an order needs more than is free/,
    );
    const refused = await run('reservations', '--json', '--state', 'refused', '--bot', 'mm');
    expect(JSON.parse(refused.out)).toEqual([expect.objectContaining({ reservation_id: 'much' })]);
    expect(JSON.parse((await run('reservations', '--json', '--pusd')).out)).toHaveLength(2);
    expect((await run('reservations', '--id', 'nobody')).out).toBe('No reservations match.\n');
  });

  test('jobs shows where each one stands; --history what it was before', async () => {
    const { out } = await run('jobs');
    expect(out).toMatch(
      /job_new +0xababab…abab +REDEEM +0x111111…1111 +5\.000000 +queued +resolved/,
    );
    expect(out).toMatch(/job_old .* superseded .*GOV_SETTLEMENT_JOB_SUPERSEDED: by job_new\n/);
    expect(out).toMatch(/job_held .* queued, held +resolved /);
    expect(out).toMatch(/job_event .* CONVERT +0x222222…2222 /);
    const found = JSON.parse((await run('jobs', '--json', '--job', 'job_old', '--history')).out);
    expect(found).toEqual([
      expect.objectContaining({
        state: 'superseded',
        payout_pusd: '5',
        legs: [
          { token_id: '7', outcome_index: 0, quantity_shares: '5' },
          { token_id: '8', outcome_index: 1, quantity_shares: '0.000001' },
        ],
        gains: [],
        history: [
          expect.objectContaining({ state: 'queued' }),
          expect.objectContaining({ state: 'superseded', superseded_by: 'job_new' }),
        ],
      }),
    ]);
    const text = (await run('jobs', '--job', 'job_old', '--history')).out;
    expect(text).toMatch(/\nWhat they were, oldest first\.\n\n(.*\n){2}job_old +2026-.* queued/);
  });

  test('jobs filters by state, kind and market; --withheld says what is not planned', async () => {
    const ids = async (...args: string[]) =>
      (JSON.parse((await run('jobs', '--json', ...args)).out) as { job_id: string }[])
        .map((row) => row.job_id)
        .sort();
    expect(await ids('--state', 'queued')).toEqual(['job_held', 'job_new']);
    expect(await ids('--kind', 'CONVERT')).toEqual(['job_event']);
    expect(await ids('--neg-risk-market', EVENT)).toEqual(['job_event']);
    expect(await ids('--condition', CONDITION, '--state', 'failed')).toEqual(['job_bad']);
    expect(await ids('--account', OTHER)).toEqual([]);
    const { out } = await run('jobs', '--withheld');
    expect(out).toMatch(/0xababab…abab +0x111111…1111 +MERGE +3 +GOV_SETTLEMENT_FAILURES_/);
  });

  test('status sums inventory and jobs, without what its filters leave out', async () => {
    const { out } = await run('status');
    expect(out).toMatch(
      /\n +2 +4 +2 +1 +117\.500000 +51\.000000 +12345678901234567890\.000001 +1\n/,
    );
    expect(out).toMatch(/\nqueued +2 +10\.000000\nrunning +1 /);
    const narrow = JSON.parse((await run('status', '--json', '--bot', 'mm')).out);
    expect(narrow).toMatchObject({ inventory: null, jobs: null });
    const one = JSON.parse((await run('status', '--json', '--account', OTHER)).out);
    expect(one).toMatchObject({
      inventory: { accounts: 1, overdrawn: 1, free_pusd: '-3', reservations: 0 },
      jobs: [],
    });
  });
});
