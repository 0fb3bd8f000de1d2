/**
 * Days on a real EVM node, through chain reader, bus, log, books, window clock, balances at N and
 * the fold to the topics (rules B12, B13). What the books say is what the chain holds: RECONCILED.
 * A fill that the chain has and nobody told of is a drift of its shares, 1 pUSD each, their largest
 * payout: 0.02 warns, 11 calls somebody, 51 holds the report. Told late, it is one revision.
 */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Alert, type SettlementReport, TOPICS } from '@polytraders/contracts';
import { parseMicros } from '@polytraders/money';
import { type Market } from '@polytraders/testkit/chain';
import { until } from './log.ts';
import {
  ALICE,
  BOB,
  CAROL,
  reportIdOf,
  type Stand,
  startStand,
  STRANGER,
  type Traded,
} from './window-stand.ts';

const GAUGE = 'polytraders_gov_pnlreporter_onchain_reconcile_drift_pusd';
const RECONCILE_FAIL = 'PNL_REPORTER_ONCHAIN_RECONCILE_FAIL';
const OWN = [ALICE, BOB, CAROL];

let stand: Stand;
/** Traded every day. */
let rain: Market;
/** Fills that are on the chain and that nobody has told of yet. */
let missing: readonly (readonly [Traded, string])[] = [];

beforeAll(async () => {
  stand = await startStand('window_reconciliation');
  rain = await stand.market('rain');
}, 110_000);

afterAll(async () => (stand as Stand | undefined)?.stop(), 60_000);

/** The taker buys of the maker. */
function buy(taker: string, maker: string, quantity: bigint, notional: bigint, takerFee = 0n) {
  return stand.trade(rain, { taker, maker, tokenId: rain.ids[0], quantity, notional, takerFee });
}

/** What was missing is told, a little of everything happens, and the day ends. */
async function playDay(missed: () => Promise<typeof missing> = () => Promise.resolve([])) {
  for (const [traded, account] of missing) await stand.tell(traded, account);
  await stand.tell(await buy(ALICE, STRANGER, 1_000_000n, 450_000n, 1_250n), ALICE);
  missing = await missed();
  await stand.endDay();
}

const last = (revisions: readonly SettlementReport[]): SettlementReport | undefined =>
  revisions[revisions.length - 1];

const shown = (revisions: readonly SettlementReport[]) =>
  revisions.map((one) => [one.revision, one.reconciliation_status, one.publication]);

async function alertsOf(reportId: string): Promise<readonly Alert[]> {
  return (await stand.alerts()).filter((one) => one.subject === reportId);
}

async function idsOn(topic: (typeof TOPICS)[keyof typeof TOPICS]): Promise<readonly unknown[]> {
  return (await stand.windowsOf(topic)).map((one) => one.report_id);
}

test(
  'End-to-end: fill → SettlementReport → Postgres → on-chain reconciliation pass: a day of ' +
    'deposits, trades, split, merge and redemption comes to 0 drift',
  async () => {
    const won = await stand.market('won');
    const { venue, done } = stand;
    await done(
      venue.split(STRANGER, rain, 1_000_000_000n),
      venue.split(CAROL, won, 40_000_001n),
      venue.split(BOB, rain, 200_000_000n),
    );
    await stand.readChain();
    for (const [tokenId, price] of [
      [rain.ids[0], '0.47'],
      [rain.ids[1], '0.52'],
    ] as const) {
      await stand.send(TOPICS.marks, 'MarkObserved', tokenId, {
        token_id: tokenId,
        price,
        kind: 'MID',
        observed_at: '2026-05-08T23:59:30Z',
        source: 'test',
      });
    }
    await stand.tell(await buy(ALICE, STRANGER, 10_000_000n, 4_000_000n, 12_345n), ALICE);
    const sold = await buy(STRANGER, ALICE, 4_000_000n, 1_900_000n);
    await stand.tell(sold, ALICE);
    const among = await buy(ALICE, BOB, 2_000_000n, 900_000n, 777n);
    await stand.tell(among, BOB);
    await stand.tell(among, ALICE);
    const [yes] = won.ids;
    const amounts = { quantity: 1_000_001n, notional: 480_000n, takerFee: 1n };
    await stand.trade(won, { taker: STRANGER, maker: CAROL, tokenId: yes, ...amounts });
    await done(venue.merge(CAROL, won, 9_000_000n));
    await done(venue.give(CAROL, STRANGER, won.ids[1], 7n), venue.pay(BOB, CAROL, 3_000_000n));
    await done(venue.resolve('won', [1n, 0n]));
    await done(venue.redeem(CAROL, won));
    await stand.endDay();

    const [first, second] = await stand.untilRevision(0, 2);
    expect(first).toMatchObject({
      report_id: reportIdOf(0),
      reconciliation_status: 'PENDING',
      onchain_reconciled: null,
      onchain_drift_pusd: null,
    });
    const balances = await balancesOf(OWN);
    expect(second).toMatchObject({
      report_id: reportIdOf(0, 2),
      publication: 'RELEASED',
      incomplete_reasons: [],
      reason_codes: [],
      total_fills: 5,
      gross_volume_pusd: 8_180_000n,
      net_fees_pusd: 13_122n,
      // 4 of 10 bought for 4.00 are sold for 1.90: 0.30. Of the split that was resolved, in cash:
      // −40.000001 + 0.48 + 9 + 30, and the basis of what was given away is no loss: −0.519998.
      realised_pnl_pusd: -219_998n,
      // 8 at 0.47 − 3.30, 200 at 0.47 − 100, 200 at 0.52 − 100, and −2 at 0.47 − (−0.90).
      unrealised_pnl_pusd: -1_580_000n,
      reconciliation_status: 'RECONCILED',
      onchain_drift_pusd: 0n,
      unsettled_pusd: 0n,
      onchain_balance_pusd: balances.reduce((sum, [, one]) => sum + one, 0n),
      accounts: balances.map(([account, balance]) => ({
        account,
        balance_pusd: balance,
        drift_pusd: 0n,
        status: 'RECONCILED',
      })),
    });
    expect(await stand.alerts()).toEqual([]);
  },
  110_000,
);

async function balancesOf(accounts: readonly string[]) {
  const found: (readonly [string, bigint])[] = [];
  for (const one of [...accounts].sort()) found.push([one, await stand.venue.pusd(one)]);
  return found;
}

test('On-chain reconciliation passes for matching balance', async () => {
  const report = last(await stand.revisionsOf(0));
  expect(report?.onchain_reconciled).toBe(true);
  expect(await idsOn(TOPICS.financeTeam)).toEqual([reportIdOf(0), reportIdOf(0, 2)]);
  const { rows } = await stand.database.query<{ account: string; amount: string }>(
    'SELECT account, sum(cash_pusd) AS amount FROM pnl_v1.cash_legs GROUP BY 1 ORDER BY 1',
  );
  const books = rows.map(({ account, amount }) => [account, parseMicros(amount)]);
  expect(books).toEqual(report?.accounts?.map((one) => [one.account, one.balance_pusd]));
  expect(books).toEqual(await balancesOf(OWN));
});

/** A day on which a fill of these shares is on the chain alone, and what is said of it. */
async function missOnDay(day: number, quantity: bigint): Promise<SettlementReport | undefined> {
  const missed = async () =>
    [[await buy(ALICE, STRANGER, quantity, quantity / 2n), ALICE]] as typeof missing;
  await playDay(missed);
  const [first, second] = await stand.untilRevision(day, 2);
  expect(first).toMatchObject({ reconciliation_status: 'PENDING', publication: 'RELEASED' });
  expect(second).toMatchObject({
    report_id: reportIdOf(day, 2),
    supersedes: first?.event_id,
    onchain_reconciled: false,
    onchain_drift_pusd: quantity,
  });
  expect(second?.reason_codes).toContain(RECONCILE_FAIL);
  expect(second?.accounts?.map(({ drift_pusd: drift }) => drift)).toEqual([quantity, 0n, 0n]);
  await until('the gauge shows it', async () => {
    return (await stand.metric(GAUGE)) === Number(quantity) / 1e6;
  });
  return second;
}

/** What had no fill is told of it late: the day has one more revision, in which all agrees. */
async function requireMended(day: number, revision: number): Promise<void> {
  const revisions = await stand.untilRevision(day, revision);
  expect(revisions).toHaveLength(revision);
  expect(last(revisions)).toMatchObject({
    reconciliation_status: 'RECONCILED',
    onchain_reconciled: true,
    onchain_drift_pusd: 0n,
    publication: 'RELEASED',
    total_fills: (revisions[0]?.total_fills ?? 0) + 1,
  });
  expect(await alertsOf(reportIdOf(day, revision))).toEqual([]);
}

test('a missing fill of 0.02 is warned of; told late, it is one revision that agrees', async () => {
  const report = await missOnDay(1, 20_000n);
  expect(report).toMatchObject({ reconciliation_status: 'FAILED', publication: 'RELEASED' });
  expect(await alertsOf(reportIdOf(1, 2))).toMatchObject([
    { code: RECONCILE_FAIL, severity: 'WARN', bot_id: 'gov.pnl_reporter' },
  ]);
  const { rows } = await stand.database.query<{ code: string }>(
    "SELECT reason_code AS code FROM ingest.quarantine WHERE reason_code = 'GOV_FILL_UNMATCHED'",
  );
  expect(rows).toHaveLength(1);
}, 60_000);

test('a missing fill of 11 calls somebody, and finance is told all the same', async () => {
  const report = await missOnDay(2, 11_000_000n);
  expect(report).toMatchObject({ reconciliation_status: 'FAILED', publication: 'RELEASED' });
  expect(await alertsOf(reportIdOf(2, 2))).toMatchObject([
    { code: RECONCILE_FAIL, severity: 'P2' },
  ]);
  await requireMended(1, 3);
}, 60_000);

test('a missing fill of 51 is UNRECONCILED: HELD, and finance gets nothing', async () => {
  const report = await missOnDay(3, 51_000_000n);
  expect(report).toMatchObject({ reconciliation_status: 'UNRECONCILED', publication: 'HELD' });
  expect(await alertsOf(reportIdOf(3, 2))).toMatchObject([
    { code: RECONCILE_FAIL, severity: 'P1' },
  ]);
  expect(await idsOn(TOPICS.financeTeam)).not.toContain(reportIdOf(3, 2));
  for (const topic of [TOPICS.settlementReports, TOPICS.governanceAudit, TOPICS.postTradeArchive])
    expect(await idsOn(topic)).toContain(reportIdOf(3, 2));
  await requireMended(2, 3);
}, 60_000);

test('what is HELD goes to finance when it is approved, with the drift that was seen', async () => {
  const { code, err } = await stand.run(
    ...['gov', 'pnl', 'approve', '--window', reportIdOf(3, 2)],
    ...['--reviewed-by', 'ann', '--reason', 'the fill is known', '--yes'],
  );
  expect([code, err]).toEqual([0, '']);
  const revisions = await stand.untilRevision(3, 3);
  expect(last(revisions)).toMatchObject({
    report_id: reportIdOf(3, 3),
    reconciliation_status: 'UNRECONCILED',
    onchain_drift_pusd: 51_000_000n,
    publication: 'RELEASED',
  });
  const ids = await idsOn(TOPICS.financeTeam);
  expect(ids).toContain(reportIdOf(3, 3));
  expect(ids).not.toContain(reportIdOf(3, 2));
}, 60_000);

test('+60 on one account and −60 on another are 120, and not reconciled', async () => {
  // What was bought at 0.80 is sold back at 0.20: no share has moved, 60 pUSD have.
  await playDay(async () => {
    const bought = await buy(ALICE, BOB, 100_000_000n, 80_000_000n);
    const back = await buy(BOB, ALICE, 100_000_000n, 20_000_000n);
    const sides = [bought, back].flatMap(
      (one) =>
        [
          [one, ALICE],
          [one, BOB],
        ] as const,
    );
    return sides;
  });
  const revisions = await stand.untilRevision(4, 2);
  expect(last(revisions)).toMatchObject({
    reconciliation_status: 'UNRECONCILED',
    publication: 'HELD',
    onchain_drift_pusd: 120_000_000n,
  });
  const drifts = last(revisions)?.accounts?.map((one) => [one.drift_pusd, one.status]);
  expect(drifts).toEqual([
    [60_000_000n, 'UNRECONCILED'],
    [-60_000_000n, 'UNRECONCILED'],
    [0n, 'RECONCILED'],
  ]);
  expect(await alertsOf(reportIdOf(4, 2))).toMatchObject([{ severity: 'P1' }]);
  await requireMended(3, 4);
}, 60_000);

test('each day has the revisions that its facts explain, and no other', async () => {
  await playDay();
  await stand.untilRevision(5, 2);
  expect(shown(await stand.revisionsOf(0))).toEqual([
    [1, 'PENDING', 'RELEASED'],
    [2, 'RECONCILED', 'RELEASED'],
  ]);
  for (const day of [1, 2])
    expect(shown(await stand.revisionsOf(day))).toEqual([
      [1, 'PENDING', 'RELEASED'],
      [2, 'FAILED', 'RELEASED'],
      [3, 'RECONCILED', 'RELEASED'],
    ]);
  expect(shown(await stand.revisionsOf(3))).toEqual([
    [1, 'PENDING', 'RELEASED'],
    [2, 'UNRECONCILED', 'HELD'],
    [3, 'UNRECONCILED', 'RELEASED'],
    [4, 'RECONCILED', 'RELEASED'],
  ]);
  expect(shown(await stand.revisionsOf(4))).toEqual([
    [1, 'PENDING', 'RELEASED'],
    [2, 'UNRECONCILED', 'HELD'],
    [3, 'RECONCILED', 'RELEASED'],
  ]);
  expect(shown(await stand.revisionsOf(5))).toEqual([
    [1, 'PENDING', 'RELEASED'],
    [2, 'RECONCILED', 'RELEASED'],
  ]);
}, 60_000);
