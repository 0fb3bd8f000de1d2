/**
 * A wallet whose trading system names transactions and no blocks, on a real EVM node: the window is
 * told their blocks by their receipts, and comes to 0 drift (rule B13). Where the node has no
 * receipt yet the report is held, and the one that comes late is one revision. The same again from
 * the log alone: the facts stand there.
 */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TOPICS } from '@polytraders/contracts';
import { type Market } from '@polytraders/testkit/chain';
import { startWorkerProcess } from '../faults/worker-process.ts';
import { until } from './log.ts';
import { reportIdOf, type Stand, startStand, STRANGER, type Traded } from './window-stand.ts';

/** Declared nowhere: its fills come from the bus, and nobody reads its chain. */
const EVE = '0xe7e0000000000000000000000000000000000006';
const NO_BLOCK = { block_number: null, log_index: null, order_hash: null };

let stand: Stand;
let market: Market;
let begun = 0;

beforeAll(async () => {
  stand = await startStand('window_places', async (venue, chain) => {
    await venue.fund(EVE, 10_000_000_000n);
    await chain.mine();
    begun = await chain.head();
  });
  market = await stand.market('rain');
  await stand.done(stand.venue.split(STRANGER, market, 1_000_000_000n));
  await declare();
}, 110_000);

afterAll(async () => (stand as Stand | undefined)?.stop(), 60_000);

/** The books of Eve begin with what she has below the first block. */
async function declare(): Promise<void> {
  const at = '2026-05-08T10:00:00Z';
  await stand.send(TOPICS.commands, 'LedgerCommand', EVE, {
    event_id: 'opening-of-eve',
    correlation_id: 'opening-of-eve',
    producer: 'test',
    effective_at: at,
    recorded_at: at,
    command: 'DECLARE_OPENING_BALANCE',
    account: EVE,
    arguments: JSON.stringify({ balance_pusd: '10000', positions: [], block_number: begun }),
    proposed_by: 'ann',
    approved_by: 'bob',
    reason: 'read from the chain',
  });
  await until('the books of Eve have begun', async () => {
    const sql = 'SELECT 1 FROM ingest.opening_balance WHERE account = $1';
    return (await stand.database.query(sql, [EVE])).rows.length === 1;
  });
}

/** Eve buys, and her trading system names the transaction. */
async function buy(quantity: bigint): Promise<Traded> {
  const amounts = { quantity, notional: quantity / 2n, takerFee: 1_000n };
  const [tokenId] = market.ids;
  const traded = await stand.trade(market, { taker: EVE, maker: STRANGER, tokenId, ...amounts });
  await stand.tell(traded, EVE, NO_BLOCK);
  return traded;
}

const isOf = (account: string) => (one: { readonly account: string }) => one.account === account;

test('fills that name no block reconcile to 0 by their receipts', async () => {
  const first = await buy(60_000_000n);
  const second = await buy(7_000_000n);
  await stand.endDay();
  const [pending, report] = await stand.untilRevision(0, 2);
  expect(pending).toMatchObject({
    reconciliation_status: 'PENDING',
    unsettled_pusd: -33_502_000n,
  });
  expect(report).toMatchObject({
    report_id: reportIdOf(0, 2),
    total_fills: 2,
    publication: 'RELEASED',
    reconciliation_status: 'RECONCILED',
    onchain_drift_pusd: 0n,
    unsettled_pusd: 0n,
  });
  expect(report?.accounts?.find(isOf(EVE))).toMatchObject({
    balance_pusd: await stand.venue.pusd(EVE),
    drift_pusd: 0n,
    status: 'RECONCILED',
  });
  const { rows } = await stand.database.query<Record<string, string>>(
    'SELECT tx_hash, block_number FROM pnl_v1.window_places ORDER BY block_number',
  );
  expect(rows).toEqual(
    [first, second].map(({ receipt }) => ({
      tx_hash: receipt.transactionHash,
      block_number: String(Number(receipt.blockNumber)),
    })),
  );
}, 110_000);

test('without a receipt the report is held; one that comes late is one revision', async () => {
  const { receipt } = await buy(60_000_000n);
  stand.proxy.behave(({ method, params }) =>
    method === 'eth_getTransactionReceipt' && params[0] === receipt.transactionHash
      ? { edit: () => null }
      : null,
  );
  await stand.endDay();
  const [, held] = await stand.untilRevision(1, 2);
  expect(held).toMatchObject({
    publication: 'HELD',
    reconciliation_status: 'UNRECONCILED',
    unsettled_pusd: -30_001_000n,
  });
  expect(held?.accounts?.find(isOf(EVE))?.drift_pusd).toBe(60_000_000n);
  stand.proxy.behave(null);
  const revisions = await stand.untilRevision(1, 3);
  expect(revisions[2]).toMatchObject({
    report_id: reportIdOf(1, 3),
    supersedes: held?.event_id,
    publication: 'RELEASED',
    reconciliation_status: 'RECONCILED',
    onchain_drift_pusd: 0n,
    unsettled_pusd: 0n,
  });
  // The day before was right, and is not said again.
  expect(await stand.revisionsOf(0)).toHaveLength(2);
}, 110_000);

test('from the log alone the same reports are made, byte by byte', async () => {
  const rowsOf = async (schema: string): Promise<readonly string[]> => {
    const sql =
      `SELECT r::text AS row FROM "${schema}".settlement_reports r UNION ALL ` +
      `SELECT i.bytes FROM "${schema}".window_inputs i ORDER BY 1`;
    const found = await stand.database.query<{ row: string }>(sql).catch(() => ({ rows: [] }));
    return found.rows.map(({ row }) => row);
  };
  const rows = await rowsOf('pnl_v1');
  const env = { ...stand.env, PROJECTION_VERSION: '2', PUBLISH: 'no', MAX_PENDING_RECORDS: '5' };
  const main = 'services/pnl-projector/src/main.ts';
  const worker = startWorkerProcess({ main, env, logs: stand.logs }, `${stand.prefix}again`);
  await until('all is made again', async () => (await rowsOf('pnl_v2')).length >= rows.length);
  expect(await rowsOf('pnl_v2')).toEqual(rows);
  expect(await worker.stop()).toBe(0);
}, 110_000);
