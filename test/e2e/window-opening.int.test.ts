/**
 * A wallet that is older than the ledger (rule B13): what it had before the first block that is
 * read is missing from the books, and the day says so. Its opening balance, declared and reviewed,
 * is the one revision that reconciles; what nobody knows the basis of stays named.
 */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TOPICS } from '@polytraders/contracts';
import { conditionOf } from '@polytraders/testkit/chain';
import { tokenIdsOf } from '@polytraders/testkit/generator';
import {
  ALICE,
  BOB,
  CAROL,
  DAVE,
  reportIdOf,
  type Stand,
  startStand,
  STRANGER,
} from './window-stand.ts';

const OLD = { conditionId: conditionOf('old'), ids: tokenIdsOf(conditionOf('old'), false) };
const [YES, NO] = OLD.ids;

let stand: Stand;

beforeAll(async () => {
  stand = await startStand('window_opening', async (venue, chain) => {
    for (const wallet of [DAVE, STRANGER]) await venue.fund(wallet, 500_000_000n);
    await venue.prepare('old');
    for (const wallet of [DAVE, STRANGER]) await venue.split(wallet, OLD, 25_000_000n);
    await chain.mine();
  });
}, 110_000);

afterAll(async () => (stand as Stand | undefined)?.stop(), 60_000);

/** Dave buys 4 more, and the day ends. */
async function playDay(): Promise<void> {
  const amounts = { quantity: 4_000_000n, notional: 1_000_000n, takerFee: 0n };
  await stand.trade(OLD, { taker: DAVE, maker: STRANGER, tokenId: YES, ...amounts });
  await stand.endDay();
}

/** What Dave had before, as of a block. */
async function declare(id: string, block: number): Promise<void> {
  await stand.send(TOPICS.commands, 'LedgerCommand', DAVE, {
    event_id: id,
    producer: 'desk',
    correlation_id: id,
    effective_at: '2026-05-08T00:00:00Z',
    recorded_at: '2026-05-08T00:00:00Z',
    command: 'DECLARE_OPENING_BALANCE',
    account: DAVE,
    arguments: JSON.stringify({
      balance_pusd: '475',
      positions: [
        { condition_id: OLD.conditionId, token_id: YES, quantity_shares: '25', basis_pusd: '12.5' },
        { condition_id: OLD.conditionId, token_id: NO, quantity_shares: '25' },
      ],
      block_number: block,
    }),
    proposed_by: 'ann',
    approved_by: 'bob',
    reason: 'read from the chain',
  });
}

test('what a wallet had before is drift until its opening balance is declared', async () => {
  await playDay();
  const [, before] = await stand.untilRevision(0, 2);
  expect(before).toMatchObject({
    report_id: reportIdOf(0, 2),
    reconciliation_status: 'UNRECONCILED',
    publication: 'HELD',
    // 475 pUSD that were there before; of shares 25 of the YES, while NO was never asked for.
    onchain_drift_pusd: 475_000_000n,
  });
  // As of the block of the first trade it would hold that trade, which is booked.
  const { rows } = await stand.database.query<{ first: number }>(
    'SELECT lowest_block::int AS first FROM ingest.account_begun WHERE account = $1',
    [DAVE],
  );
  const first = rows[0]?.first ?? 0;
  await declare('too-late', first);
  await declare('opening-of-dave', first - 1);
  await playDay();
  const [, today] = await stand.untilRevision(1, 2);
  expect(today).toMatchObject({
    reconciliation_status: 'RECONCILED',
    onchain_drift_pusd: 0n,
    accounts: [ALICE, BOB, CAROL, DAVE].map((account) => ({ account, drift_pusd: 0n })),
  });
  const refused = await stand.database.query<{ detail: string }>(
    "SELECT detail FROM ingest.quarantine WHERE reason_code = 'GOV_COMMAND_REFUSED'",
  );
  expect(refused.rows).toEqual([
    { detail: expect.stringContaining(`an entry of block ${String(first)}`) },
  ]);
  expect(today?.incomplete_reasons).toContain('GOV_BASIS_UNKNOWN');
  // NO was never asked for on that day: its answer and the balance are one revision.
  const revisions = await stand.untilRevision(0, 3);
  expect(revisions.slice(2)).toMatchObject([
    { reconciliation_status: 'RECONCILED', publication: 'RELEASED', onchain_drift_pusd: 0n },
  ]);
}, 90_000);
