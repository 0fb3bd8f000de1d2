/** Movements, markets and settled books in a real Postgres: stored, revived, summed in SQL. */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LedgerEvent } from '@polytraders/contracts';
import { monthOfTime } from '@polytraders/domain';
import { pusd, shares } from '@polytraders/money';
import { connect, createStore, migrate, type Store } from '@polytraders/runtime';
import { createDriver } from '@polytraders/stream';
import { type FreshDatabase, freshDatabase, type RowWriter, rowWriter } from '@polytraders/testkit';
import { changes } from './changes.ts';
import { type Entity } from './entities.ts';
import { type LedgerEntry } from './entry.ts';
import { CONDITION, fillConfirmed, TOKEN } from './events.fixture.ts';
import {
  cashMoved,
  claimed,
  conversion,
  eventsOf,
  leg,
  marketDefined,
  marketResolved,
  merge,
  NO_TOKEN,
  opening,
  PARTITION,
  redeem,
  split,
  transfer,
} from './movements.fixture.ts';
import { defined, fill } from './neg-risk.fixture.ts';
import { books as processor } from './processor.ts';

type Client = Awaited<ReturnType<typeof connect>>;

const SCHEMA = processor.storage.schema(processor.version);
const STREAM_SQL = `${import.meta.dirname}/../../../libs/runtime/sql`;
const TOPIC = processor.consumes[0] ?? '';

let database: FreshDatabase;
let client: Client;
let store: Store<Entity, LedgerEntry>;
let rows: RowWriter;

beforeAll(async () => {
  database = await freshDatabase('pnl_movements');
  client = await connect({ url: database.url, applicationName: 'pnl-movements-test' });
  await migrate(client, 'stream', STREAM_SQL);
  await migrate(client, SCHEMA, processor.storage.migrations);
  rows = rowWriter(client, SCHEMA);
  const { version, id: output } = processor;
  store = createStore(processor, { version, topic: TOPIC, output });
  await client.query(
    `CREATE TABLE ${SCHEMA}.pnl_ledger_any PARTITION OF ${SCHEMA}.pnl_ledger DEFAULT`,
  );
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

/** One of everything, with forty fills before it, so that lots lie in more than one page. */
const EVENTS: readonly LedgerEvent[] = [
  ...Array.from({ length: 40 }, (_, at): LedgerEvent => {
    const quantity_shares = shares(BigInt(10_000_001 + at));
    const condition_id = at === 0 ? null : CONDITION;
    const value = fillConfirmed({ fill_id: `f${String(at)}`, quantity_shares, condition_id });
    return { type: 'FillConfirmed', value };
  }),
  {
    type: 'FillConfirmed',
    value: fillConfirmed({ fill_id: 'loose', token_id: 'X', condition_id: null }),
  },
  { type: 'MarketDefined', value: marketDefined() },
  {
    type: 'OpeningBalance',
    value: opening('o', {
      positions: [
        {
          trading_bot_id: 'mm',
          condition_id: null,
          token_id: 'NO_A',
          quantity_shares: shares(100_000_000n),
          basis_pusd: pusd(70_000_000n),
          acquired_at: 7,
        },
        {
          trading_bot_id: 'news',
          condition_id: null,
          token_id: 'NO_B',
          quantity_shares: shares(100_000_000n),
          basis_pusd: null,
          acquired_at: null,
        },
      ],
    }),
  },
  { type: 'CashMoved', value: cashMoved('k') },
  { type: 'SettlementJobClaimed', value: claimed('s', 'arb') },
  { type: 'PositionsSplit', value: split('s', { amount_pusd: pusd(7_000_001n) }) },
  { type: 'PositionsMerged', value: merge('m', { amount_pusd: pusd(3_000_001n) }) },
  { type: 'PositionsConverted', value: conversion('v') },
  { type: 'TokensTransferred', value: transfer('t', { token_id: NO_TOKEN }) },
  {
    type: 'TokensTransferred',
    value: transfer('u', { direction: 'OUT', quantity_shares: shares(5n) }),
  },
  { type: 'MarketResolved', value: marketResolved({ payout_numerators: ['2', '1'] }) },
  {
    type: 'PositionsRedeemed',
    value: redeem('r', {
      legs: [{ ...leg(TOKEN, 100_000_001n, 0), payout_pusd: null }],
      payout_pusd: pusd(66_666_667n),
    }),
  },
  {
    type: 'PositionsRedeemed',
    value: redeem('q', {
      legs: [{ ...leg('nobody', 9n), payout_pusd: null }],
      payout_pusd: pusd(9n),
    }),
  },
  // Row 4 of the worked table of negative risk; then its third question wins.
  defined('A'),
  fill('BUY 100 A.NO', [42, 37, 27]),
  fill('BUY 100 B.NO', [42, 37, 27]),
  { type: 'MarketResolved', value: marketResolved({ condition_id: 'C' }) },
];

/** Writes what a commit of one event would. */
async function write(
  offset: number,
  entries: readonly LedgerEntry[],
  before: ReadonlyMap<string, Entity>,
  after: ReadonlyMap<string, Entity>,
): Promise<void> {
  const { ledger, state } = processor.storage;
  for (const [line, entry] of entries.entries()) {
    const month = monthOfTime(entry.recorded_at);
    await rows.insert(ledger, entry, { month, partition: PARTITION, offset, line });
  }
  for (const [key, entity] of after) {
    for (const change of changes(key, before.get(key), entity)) await rows.apply(state, change);
  }
}

function rowsOf(key: string, entity: Entity | undefined): ReadonlySet<string> {
  const text = (_: string, value: unknown): unknown =>
    typeof value === 'bigint' ? String(value) : value;
  return new Set(changes(key, undefined, entity).map((row) => JSON.stringify(row, text)));
}

describe('one of everything in Postgres', () => {
  const driver = createDriver(processor);
  const written: LedgerEntry[] = [];

  test('is revived as it was, after every event', async () => {
    let before: ReadonlyMap<string, Entity> = new Map();
    for (const input of eventsOf(EVENTS)) {
      const driven = driver.drive([input]);
      await write(input.offset, driven.entries, before, driven.entities);
      before = new Map(driven.entities);
      written.push(...driven.entries);
    }
    const loaded = await store.load(client, [...before.keys()]);
    expect(loaded.size).toBe(before.size);
    const kinds = new Set([...before.values()].map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['claim', 'event', 'holding', 'market', 'token']);
    for (const [key, entity] of before)
      expect(rowsOf(key, loaded.get(key))).toEqual(rowsOf(key, entity));
  });

  test('gives the ledger back line by line, and the same reports from it', async () => {
    const read = await store.entries(client, PARTITION, 0, 100, 1_000);
    expect(read.map((one) => one.entry)).toEqual(written);
    const reports = read.flatMap(({ entry, offset }) =>
      entry.entry_kind === 'RESOLVE' ? processor.emit(entry, { partition: PARTITION, offset }) : [],
    );
    // Two books of YES and two of NO have shares left; each report goes to four topics.
    expect(reports.length).toBe(4 * written.filter((one) => one.entry_kind === 'RESOLVE').length);
    expect(reports.length).toBeGreaterThan(0);
  });

  test('every line of a movement keeps its equation in SQL', async () => {
    const answer = await client.query<{ lines: string; wrong: string }>(
      `SELECT count(*) AS lines, count(*) FILTER (WHERE cost_basis_pusd - cost_basis_before_pusd
         <> coalesce(carried_basis_pusd, 0) + coalesce(realised_pnl_pusd, 0)
            + coalesce(unknown_basis_pusd, 0) - cash_pusd) AS wrong
       FROM ${SCHEMA}.pnl_ledger WHERE entry_kind <> 'FILL' AND token_id IS NOT NULL`,
    );
    expect(answer.rows[0]?.wrong).toBe('0');
    expect(Number(answer.rows[0]?.lines)).toBeGreaterThan(15);
  });

  test('positions of an event sum to it, each with its mark, its source and its age', async () => {
    const answer = await client.query<Record<string, string>>(
      `SELECT token_id, (unrealised_pnl_pusd + cost_basis_pusd)::text AS worth, mark_price::text,
         mark_kind, mark_age_ms::text, mark_stale::text, neg_risk_price::text
       FROM ${SCHEMA}.positions WHERE token_id IN ('A.NO', 'B.NO') ORDER BY token_id`,
    );
    const common = { mark_kind: 'MID', mark_age_ms: '0', mark_stale: 'false' };
    expect(answer.rows).toEqual([
      {
        ...common,
        token_id: 'A.NO',
        worth: '60.377358',
        mark_price: '0.580000000000000000',
        neg_risk_price: '0.603773584905660377',
      },
      {
        ...common,
        token_id: 'B.NO',
        worth: '65.094340',
        mark_price: '0.630000000000000000',
        neg_risk_price: '0.650943396226415094',
      },
    ]);
    const sums = await client.query<{ neg_risk_mark_sum: string }>(
      `SELECT neg_risk_mark_sum FROM ${SCHEMA}.pnl_ledger WHERE token_id = 'B.NO'`,
    );
    expect(sums.rows).toEqual([{ neg_risk_mark_sum: '1.060000' }]);
  });

  test('an event in Postgres has its questions, what they pay, and who holds of it', async () => {
    const questions = await client.query<Record<string, unknown>>(
      `SELECT question_index::int, condition_id, payout_numerators::text
       FROM ${SCHEMA}.event_questions ORDER BY 1`,
    );
    expect(questions.rows.map((row) => Object.values(row).join(' '))).toEqual([
      '0 A {}',
      '1 B {}',
      '2 C {1,0}',
    ]);
    const holdings = await client.query<{ token_id: string }>(
      `SELECT token_id FROM ${SCHEMA}.event_holdings ORDER BY place`,
    );
    expect(holdings.rows).toEqual([{ token_id: 'A.NO' }, { token_id: 'B.NO' }]);
  });

  test('cash legs have their place on the chain, and sum to what moved', async () => {
    const answer = await client.query<{ kind: string; cash: string; placed: string }>(
      `SELECT entry_kind AS kind, sum(cash_pusd) AS cash, bool_and(block_number IS NOT NULL
         AND tx_hash IS NOT NULL AND log_index IS NOT NULL) AS placed
       FROM ${SCHEMA}.cash_legs WHERE entry_kind <> 'FILL' GROUP BY 1 ORDER BY 1`,
    );
    expect(answer.rows).toEqual([
      { kind: 'CASH', cash: '1000.000000', placed: 't' },
      { kind: 'CONVERT', cash: '100.000000', placed: 't' },
      { kind: 'MERGE', cash: '3.000001', placed: 't' },
      // 66.666667 and 0.000009 were paid; a micro of it is dust of a burn in parts.
      { kind: 'REDEEM', cash: '66.666675', placed: 't' },
      { kind: 'ROUNDING', cash: '0.000001', placed: 't' },
      { kind: 'SPLIT', cash: '-7.000001', placed: 't' },
    ]);
  });

  test(
    'views: a basis that nobody knows is null, unbooked movements are by ' + 'themselves',
    async () => {
      const unknown = await client.query<{ token_id: string }>(
        `SELECT token_id FROM ${SCHEMA}.lots WHERE cost_basis_pusd IS NULL`,
      );
      expect(unknown.rows).toEqual([{ token_id: 'YES_C' }]);
      const aside = await client.query<{ token_id: string; cash_pusd: string }>(
        `SELECT token_id, cash_pusd FROM ${SCHEMA}.unbooked_movements`,
      );
      expect(aside.rows).toEqual([{ token_id: 'nobody', cash_pusd: '0.000009' }]);
      const quarantined = await client.query(`SELECT 1 FROM ${SCHEMA}.quarantined_fills`);
      expect(quarantined.rows).toEqual([]);
    },
  );
});
