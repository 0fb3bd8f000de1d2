/**
 * A node of the chain that does not answer while a window's report is made (rule B13): nobody
 * guesses a balance. The report says PENDING and not reconciled, it is warned of once, the node is
 * asked again, and its answer makes the one revision that says how books and chain stand.
 */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type SettlementReport, TOPICS } from '@polytraders/contracts';
import { type Call, type Fault, type Market } from '@polytraders/testkit/chain';
import { until } from './log.ts';
import { ALICE, BOB, CAROL, reportIdOf, type Stand, startStand, STRANGER } from './window-stand.ts';

const RECONCILE_FAIL = 'PNL_REPORTER_ONCHAIN_RECONCILE_FAIL';
const DOWN: Fault = { status: 503 };
const NO_STATE: Fault = { refuse: { code: -32_000, message: 'missing trie node' } };

let stand: Stand;
let market: Market;

beforeAll(async () => {
  stand = await startStand('window_rpc_failure');
  market = await stand.market('rain');
  await stand.done(stand.venue.split(STRANGER, market, 1_000_000_000n));
}, 110_000);

afterAll(async () => (stand as Stand | undefined)?.stop(), 60_000);

/** A day of one fill, of which the ledger was told. */
async function playDay(): Promise<void> {
  const [tokenId] = market.ids;
  const amounts = { quantity: 3_000_000n, notional: 1_200_000n, takerFee: 1_000n };
  const trade = { taker: ALICE, maker: STRANGER, tokenId, ...amounts };
  await stand.tell(await stand.trade(market, trade), ALICE);
  await stand.endDay();
}

const isBalance = ({ method }: Call): boolean => method === 'eth_call';
const asksFor =
  (account: string) =>
  ({ params }: Call): boolean =>
    JSON.stringify(params).includes(account.slice(2));

async function alertsOf(day: number): Promise<readonly (readonly [string, string])[]> {
  const ids = [1, 2, 3, 4].map((revision) => reportIdOf(day, revision));
  const alerts = await stand.alerts();
  return alerts
    .filter(({ subject }) => ids.includes(subject))
    .map(({ code, severity }) => [code, severity] as const);
}

const statusesOf = ({ accounts }: SettlementReport): readonly (readonly [string, string])[] =>
  (accounts ?? []).map(({ account, status }) => [account, status] as const);

const askedInVain = () => stand.proxy.asked.length;

// B13 overrides the text in one word: without an answer the status is PENDING, not failed.
test(
  'ONCHAIN_RPC_FAILURE: onchain_reconciled=false in SettlementReport; ' +
    'PNL_REPORTER_ONCHAIN_RECONCILE_FAIL alert; retried, and revised once RPC recovers',
  async () => {
    stand.proxy.behave((call) => (isBalance(call) ? DOWN : null));
    await playDay();
    const [first] = await stand.untilRevision(0, 1);
    expect(first).toMatchObject({ reconciliation_status: 'PENDING', onchain_reconciled: null });
    expect(first?.reason_codes).toEqual(expect.arrayContaining(['GOV_ONCHAIN_PENDING']));
    stand.proxy.behave(() => DOWN);
    const [, second] = await stand.untilRevision(0, 2);
    expect(second).toMatchObject({
      reconciliation_status: 'PENDING',
      onchain_reconciled: false,
      onchain_drift_pusd: null,
      onchain_balance_pusd: null,
      publication: 'RELEASED',
    });
    expect(second?.reason_codes).toEqual(
      expect.arrayContaining(['GOV_ONCHAIN_PENDING', RECONCILE_FAIL]),
    );
    expect(await alertsOf(0)).toEqual([[RECONCILE_FAIL, 'WARN']]);
    const { rows } = await stand.database.query<{ error: string }>(
      'SELECT error FROM ingest.window_account ORDER BY account',
    );
    expect(rows.map(({ error }) => error)).toEqual(Array(3).fill(expect.stringMatching(/^CHAIN_/)));
    // It is asked again while it is down, and nothing is said twice.
    const before = askedInVain();
    await until('it is asked again', () => askedInVain() > before + 3);
    expect(await stand.revisionsOf(0)).toHaveLength(2);
    stand.proxy.behave(null);
    const [, , third, ...more] = await stand.untilRevision(0, 3);
    expect(third).toMatchObject({
      reconciliation_status: 'RECONCILED',
      onchain_reconciled: true,
      onchain_drift_pusd: 0n,
      supersedes: second?.event_id,
    });
    expect(third?.reason_codes).not.toContain(RECONCILE_FAIL);
    expect(more).toEqual([]);
    expect(await alertsOf(0)).toHaveLength(1);
  },
  90_000,
);

test('one account of three without an answer keeps the window PENDING, no other one', async () => {
  stand.proxy.behave((call) => (isBalance(call) && asksFor(CAROL)(call) ? NO_STATE : null));
  await playDay();
  const [, second] = await stand.untilRevision(1, 2);
  expect(second).toMatchObject({ reconciliation_status: 'PENDING', onchain_reconciled: false });
  expect(second === undefined ? [] : statusesOf(second)).toEqual([
    [ALICE, 'RECONCILED'],
    [BOB, 'RECONCILED'],
    [CAROL, 'PENDING'],
  ]);
  stand.proxy.behave(null);
  const [, , third, ...more] = await stand.untilRevision(1, 3);
  expect(third).toMatchObject({ reconciliation_status: 'RECONCILED', onchain_drift_pusd: 0n });
  expect(more).toEqual([]);
  expect(await alertsOf(1)).toEqual([[RECONCILE_FAIL, 'WARN']]);
  const audit = await stand.windowsOf(TOPICS.governanceAudit);
  expect(audit.map((one) => one.report_id)).toEqual(
    [0, 1].flatMap((day) => [1, 2, 3].map((revision) => reportIdOf(day, revision))),
  );
}, 90_000);
