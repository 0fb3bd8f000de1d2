/**
 * Negative risk in the real service: pnl-projector is killed twice in the middle of a log of fills,
 * movements and resolutions of events, with a real broker, registry and Postgres. What it leaves is
 * what one that was never stopped folds, to the micro: events, members and marks come back from
 * their rows.
 */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { costBasis } from '@polytraders/domain';
import { formatFixed } from '@polytraders/money';
import { type Entity, type LedgerEntry, processor } from '@polytraders/pnl-projector';
import { createDriver, type Driven } from '@polytraders/stream';
import { createSpineLog, type SpineLog } from '../faults/spine.ts';
import { query } from '../faults/standing.ts';
import { type WorkerProcess } from '../faults/worker-process.ts';
import { killTwice } from './killed-twice.ts';

let log: SpineLog;
let worker: WorkerProcess | null = null;

beforeAll(async () => {
  log = await createSpineLog('neg_risk');
}, 120_000);

afterAll(async () => {
  await worker?.kill();
  await log.close();
}, 60_000);

const byFill = (a: { fill_id?: string | null }, b: { fill_id?: string | null }) =>
  (a.fill_id ?? '') < (b.fill_id ?? '') ? -1 : 1;

const amount = (micros: bigint | null): string | null =>
  micros === null ? null : formatFixed(micros, 6);

describe('the PnL reporter on events of several questions, killed twice', () => {
  let driven: Driven<Entity, LedgerEntry> | null = null;

  test('folds the whole log', async () => {
    const { written, last } = await killTwice(log, processor.id, 'neg risk');
    worker = last;
    driven = createDriver(processor).drive(written);
  }, 180_000);

  test('and leaves every book at the same value, mark, source, age and price', async () => {
    const rows = await query<Record<string, string | null>>(
      log.databaseUrl,
      `SELECT concat_ws('|', account, trading_bot_id, token_id) AS book,
         (unrealised_pnl_pusd + cost_basis_pusd)::text AS worth, mark_kind,
         mark_age_ms::text, mark_stale::text, (neg_risk_price * 1e18)::numeric(38,0)::text AS price
       FROM pnl_v1.positions`,
    );
    const expected = [...(driven?.entities ?? [])].flatMap(([key, entity]) => {
      if (entity.kind !== 'holding') return [];
      const [, account = '', token = ''] = key.split('|');
      return entity.books.map((book) => {
        const { unrealised, position, markKind, markAgeMs, markStale, negRiskPrice } = book;
        return {
          book: [account, book.bot, token].join('|'),
          worth: unrealised === null ? null : amount(unrealised + costBasis(position)),
          mark_kind: markKind,
          mark_age_ms: markAgeMs === null ? null : String(markAgeMs),
          mark_stale: String(markStale),
          price: negRiskPrice === null ? null : String(negRiskPrice),
        };
      });
    });
    const byBook = (list: readonly Record<string, string | null>[]) =>
      new Map(list.map((row) => [row['book'], row]));
    expect(byBook(rows)).toEqual(byBook(expected));
    expect(expected.filter(({ price }) => price !== null).length).toBeGreaterThan(10);
  });

  test('and every line of a fill at the same number and with the same reasons', async () => {
    const rows = await query<Record<string, string | null>>(
      log.databaseUrl,
      `SELECT fill_id, unrealised_pnl_pusd::text AS unrealised, neg_risk_mark_sum::text AS sum,
         array_to_string(reason_codes, ' ') AS codes
       FROM pnl_v1.pnl_ledger WHERE entry_kind = 'FILL'`,
    );
    const expected = (driven?.entries ?? [])
      .filter(({ entry_kind: kind }) => kind === 'FILL')
      .map((line) => ({
        fill_id: line.fill_id,
        unrealised: amount(line.unrealised_pnl_pusd),
        sum: amount(line.neg_risk_mark_sum),
        codes: line.reason_codes.join(' '),
      }))
      .sort(byFill);
    expect(
      [...rows].sort((a, b) => ((a['fill_id'] ?? '') < (b['fill_id'] ?? '') ? -1 : 1)),
    ).toEqual(expected);
    const detected = expected.filter(({ codes }) => codes.includes('NEGRISK_DETECTED'));
    expect(detected.length).toBeGreaterThan(100);
  });
});
