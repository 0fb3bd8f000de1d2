/** Which marks a window has, on a real Postgres: of what is held, nearest to the window's end. */

import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type MarketDefinition, type MarkObserved } from '@polytraders/contracts';
import { priceOfRational, rational } from '@polytraders/money';
import { migrate, pool } from '@polytraders/runtime';
import { type FreshDatabase, freshDatabase } from '@polytraders/testkit';
import type pg from 'pg';
import { CONDITION, DEFINITION, NO, outcomesOf, testWriter, YES } from '../../test/inputs.ts';
import { inTransaction } from './inbox.ts';
import { noteDefinitions, noteMarks } from './market-data.ts';
import { marksAt, MARKS_MAX } from './window-marks.ts';

const SECOND = 1_000_000;
const END = Date.parse('2026-05-09T00:00:00Z') * 1000;
const OTHER = `0x${'22'.repeat(32)}`;

let fresh: FreshDatabase;
let database: pg.Pool;

beforeEach(async () => {
  fresh = await freshDatabase('window_marks');
  database = pool({ url: fresh.url, applicationName: 'window-marks-test' }, 2);
  const client = await database.connect();
  await migrate(client, 'ingest', fileURLToPath(new URL('../../sql', import.meta.url)));
  client.release();
});

afterEach(async () => {
  await database.end();
  await fresh.drop();
});

async function held(
  token: string,
  quantity: number,
  partition = 3,
  place = CONDITION,
  bot: string | null = 'mm',
): Promise<void> {
  await database.query("INSERT INTO ingest.held_tokens VALUES ($1, '0xa', $2, $3, $4, $5)", [
    String(partition),
    place,
    token,
    quantity,
    bot,
  ]);
}

/** A token that the wallet has none of, and that more than one bot, or a movement, has moved. */
async function shared(token: string, place = CONDITION): Promise<void> {
  await held(token, 0, 3, place, null);
}

/** Its market is resolved so many seconds after the end. */
async function resolved(token: string, seconds: number): Promise<void> {
  const time = END / SECOND + seconds;
  await database.query(
    'INSERT INTO ingest.chain_resolution (condition_id, source, numerators, block_number, ' +
      "block_hash, block_time, tx_hash, log_index) VALUES ($1, 'chain', '[]', 1, '', $2, '', 0)",
    [`c${token}`, String(time)],
  );
  await database.query('INSERT INTO ingest.chain_resolution_token VALUES ($1, $2)', [
    token,
    `c${token}`,
  ]);
}

function mark(
  token: string,
  cents: number,
  seconds: number,
  kind: MarkObserved['kind'] = 'MID',
): MarkObserved {
  const price = priceOfRational(rational(BigInt(cents), 100n));
  const observed_at = END + seconds * SECOND;
  return { token_id: token, price, kind, observed_at, source: 'test' };
}

async function note(...marks: readonly MarkObserved[]): Promise<void> {
  await inTransaction(database, (client) => noteMarks(client, marks, END + 9_000 * SECOND));
}

async function define(...definitions: readonly MarketDefinition[]): Promise<void> {
  await inTransaction(database, (client) => noteDefinitions(client, definitions));
}

type Mark = Readonly<Record<string, string>>;

/** Marks of a partition as `token price kind seconds from the end`. */
async function marks(partition = 3): Promise<readonly string[]> {
  const all = await inTransaction(database, (client) => marksAt(client, END));
  const own = all.get(partition)?.['marks'] as unknown as readonly Mark[];
  return own.map((one) => {
    const seconds = (Date.parse(one['observed_at'] ?? '') * 1000 - END) / SECOND;
    return `${one['token_id'] ?? ''} ${one['price'] ?? ''} ${one['kind'] ?? ''} ${String(seconds)}`;
  });
}

test('of what a partition holds, and of nothing else', async () => {
  await held('1', 5);
  await held('2', 0);
  await held('3', 5, 4);
  await held('4', 5);
  await held('4', -5, 3, 'token:4');
  await note(mark('1', 50, -1), mark('2', 50, -1), mark('3', 60, -1), mark('4', 50, -1));
  expect(await marks()).toEqual(['1 0.5 MID -1']);
  expect(await marks(4)).toEqual(['3 0.6 MID -1']);
  expect(await marks(0)).toEqual([]);
});

test('of what was sold since its end, too: it was held at it', async () => {
  const traded = async (token: string, seconds: number): Promise<void> => {
    await held(token, 0);
    await database.query(
      'INSERT INTO ingest.fill_identity (fill_id, log_partition, account, source, recipe, ' +
        'status, joined_sources, trading_bot_id, token_id, order_side, quantity_shares, ' +
        'size_pusd, paper, has_place, bytes, confirmed_at) SELECT $1, $2, $3, $4, $4, $5, ' +
        "'{}', 'mm', $1, 'SELL', 1, 1, false, false, '', $6",
      [token, '3', '0xa', 'bus', 'CONFIRMED', new Date(END / 1000 + seconds * 1000)],
    );
  };
  await traded('1', 0);
  await traded('2', 180);
  await traded('3', -1);
  await traded('4', 3 * 86_400);
  await note(...['1', '2', '3', '4'].map((token) => mark(token, 50, -1)));
  expect(await marks()).toEqual(['1 0.5 MID -1', '2 0.5 MID -1']);
});

test('of what bots hold against each other, though their wallet holds nothing', async () => {
  await shared('1');
  await held('2', 0);
  // Of one wallet and two bots, under its condition and under itself.
  await held('3', 5);
  await held('3', -5, 3, 'token:3', 'arb');
  await note(...['1', '2', '3'].map((token) => mark(token, 50, -1)));
  expect(await marks()).toEqual(['1 0.5 MID -1', '3 0.5 MID -1']);
});

test('of that no mark from days away, and none once its market was resolved', async () => {
  for (const token of ['1', '2', '3', '4', '5']) await shared(token);
  await resolved('1', -1);
  await resolved('2', 60);
  await note(...['1', '2'].map((token) => mark(token, 50, -1)));
  await note(mark('3', 50, -2 * 86_400), mark('4', 50, -3 * 86_400), mark('5', 50, 3 * 86_400));
  expect(await marks()).toEqual(['2 0.5 MID -1', '3 0.5 MID -172800']);
  // What is held is marked however long ago.
  await held('6', 5);
  await note(mark('6', 50, -9 * 86_400));
  expect(await marks()).toContain('6 0.5 MID -777600');
});

test('and of all YES tokens of its event, the other tokens of its market too', async () => {
  const question = (index: number, condition: string, yes: string, no: string) => ({
    question_index: index,
    condition_id: condition,
    yes_token_id: yes,
    no_token_id: no,
  });
  const questions = [question(0, CONDITION, YES, NO), question(1, OTHER, '7', '8')];
  await define({ ...DEFINITION, neg_risk_market_id: `0x${'cc'.repeat(31)}00`, questions });
  await held(NO, 5);
  await note(...[YES, NO, '7', '8'].map((token) => mark(token, 50, -1)));
  const tokens = (await marks()).map((one) => one.split(' ')[0]);
  expect([...tokens].sort()).toEqual([YES, NO, '7'].sort());
  expect(tokens).toEqual([...tokens].sort());
});

test('nearest to its end, though many have come since; a mid before a last trade', async () => {
  for (const token of ['1', '2', '3', '4']) await held(token, 5);
  await note(mark('1', 50, -90_000), mark('1', 51, -20), mark('2', 40, -30, 'LAST'));
  await note(mark('2', 41, -50), mark('3', 30, -500), mark('4', 20, -3, 'LAST'));
  // Ten minutes later, when the window is closed, each has another one.
  for (const seconds of [1, 300, 600]) {
    await note(...['1', '2', '3', '4'].map((token) => mark(token, 99, seconds)));
  }
  expect(await marks()).toEqual([
    '1 0.51 MID -20',
    '2 0.41 MID -50',
    '3 0.3 MID -500',
    '4 0.2 LAST -3',
  ]);
});

test('also where both sides of midnight came in one batch, in any order', async () => {
  await held('1', 5);
  await note(mark('1', 77, 40), mark('1', 50, -2), mark('1', 49, -7), mark('1', 76, 20));
  expect(await marks()).toEqual(['1 0.5 MID -2']);
  await note(mark('1', 78, 60), mark('1', 51, -1));
  expect(await marks()).toEqual(['1 0.51 MID -1']);
});

test('of a day that is long over, whatever is nearest, with its age', async () => {
  await held('1', 5);
  await note(mark('1', 50, 90_000), mark('1', 60, 200_000));
  expect(await marks()).toEqual(['1 0.5 MID 90000']);
});

test('what is held before what may be, where there is no room for both', async () => {
  await database.query(
    "INSERT INTO ingest.held_tokens SELECT '3', '0xa', 'c', (10000000 + n)::text, " +
      '5 - 5 * (n % 2) FROM generate_series(1, $1::int) AS n',
    [MARKS_MAX * 2],
  );
  // Of those that are held the marks are older.
  const tokens = Array.from({ length: MARKS_MAX * 2 }, (_, n) => n + 1);
  await note(...tokens.map((n) => mark(String(10_000_000 + n), 50, n % 2 === 0 ? -50 : -1)));
  const all = await inTransaction(database, (client) => marksAt(client, END));
  const own = all.get(3) ?? {};
  expect(own['marks_left_out']).toBe(MARKS_MAX);
  const kept = own['marks'] as unknown as readonly Mark[];
  expect(kept.every((one) => Number(one['token_id']) % 2 === 0)).toBe(true);
});

test('as many as one record can carry; how many found no room, it says', async () => {
  const long = '1'.repeat(70);
  const token = (n: number): string => `${long}${String(10_000_000 + n)}`;
  await database.query(
    "INSERT INTO ingest.held_tokens SELECT '3', '0xa', 'c', $1 || (10000000 + n), 5 " +
      'FROM generate_series(1, $2::int) AS n',
    [long, MARKS_MAX + 5],
  );
  await note(...Array.from({ length: MARKS_MAX + 5 }, (_, n) => mark(token(n + 1), 50, -1 - n)));
  const all = await inTransaction(database, (client) => marksAt(client, END));
  const own = all.get(3) ?? {};
  expect(own['marks_left_out']).toBe(5);
  const kept = own['marks'] as unknown as readonly Mark[];
  expect(kept).toHaveLength(MARKS_MAX);
  expect(kept.at(-1)?.['token_id']).toBe(token(MARKS_MAX));
  const written = testWriter().inputs({
    format: 'record',
    type: 'WindowClosed',
    value: {
      window_id: 'win_1',
      window_kind: 'daily',
      window_start: '2026-05-08T00:00:00Z',
      window_end: '2026-05-09T00:00:00Z',
      ...own,
    },
    effectiveAt: END,
    correlationId: 'win_1',
    marketSeq: 1,
  });
  expect(outcomesOf(written)).toEqual(['applied']);
});
