/** What the tables of market data hold after what was read from the bus, on a real Postgres. */

import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { fromJson, type MarketDefinition, TOPICS } from '@polytraders/contracts';
import { connect, createStore, migrate } from '@polytraders/runtime';
import { type FreshDatabase, freshDatabase } from '@polytraders/testkit';
import type pg from 'pg';
import { CONDITION, DEFINITION, NO, NOON, YES } from '../../test/inputs.ts';
import { createWriter, INBOX } from '../processor.ts';
import { EVENTS_TOPIC } from '../writer/entry.ts';
import { factsKey, markKey, tokenKey } from '../writer/state.ts';
import { type BusInput, busInputOf } from './inputs.ts';
import { takeInputs } from './take-inputs.ts';

const MINUTE = 60_000_000;
let fresh: FreshDatabase;
let client: pg.Client;

beforeEach(async () => {
  fresh = await freshDatabase('market_data');
  client = await connect({ url: fresh.url, applicationName: 'market-data-test' });
  await migrate(client, 'ingest', fileURLToPath(new URL('../../sql', import.meta.url)));
});

afterEach(async () => {
  await client.end();
  await fresh.drop();
});

let offset = 0;

function observed(price: string, observed_at: string): BusInput {
  offset += 1;
  const sourcePosition = `${TOPICS.marks.name}/0/${String(offset)}`;
  const mark = { token_id: YES, kind: 'MID', source: 'clob', price, observed_at };
  const value = fromJson('MarkObserved', mark);
  return busInputOf({ type: 'MarkObserved', value }, { sourcePosition, bytes: Buffer.from('') });
}

async function known(): Promise<readonly string[]> {
  const answer = await client.query<{ price: string }>(
    'SELECT trim_scale(price)::text AS price FROM ingest.mark',
  );
  return answer.rows.map((row) => row.price);
}

test('a mark of another day silences nobody: it is set aside, the real one is noted', async () => {
  const future = observed('0.9', '2098-12-21T00:00:00Z');
  await takeInputs(client, [future, observed('0.4', '2026-05-08T11:59:59Z')], NOON);
  expect(await known()).toEqual(['0.4']);
  const aside = await client.query("SELECT 1 FROM ingest.inbox WHERE payload LIKE '%unusable%'");
  expect(aside.rowCount).toBe(1);
});

test('a mark that is a little ahead gives way to the next, an older one to none', async () => {
  await takeInputs(client, [observed('0.9', '2026-05-08T12:30:00Z')], NOON);
  expect(await known()).toEqual(['0.9']);
  await takeInputs(client, [observed('0.4', '2026-05-08T12:00:59Z')], NOON + MINUTE);
  expect(await known()).toEqual(['0.4']);
  await takeInputs(client, [observed('0.3', '2026-05-08T12:00:58Z')], NOON + 2 * MINUTE);
  expect(await known()).toEqual(['0.4']);
});

test('a topic that is read again from its beginning sets nothing aside twice', async () => {
  const future = observed('0.9', '2098-12-21T00:00:00Z');
  await takeInputs(client, [future], NOON);
  await takeInputs(client, [future, observed('0.4', '2026-05-08T11:59:59Z')], NOON + MINUTE);
  expect(await known()).toEqual(['0.4']);
  expect((await client.query('SELECT 1 FROM ingest.inbox')).rowCount).toBe(1);
});

test('a market is found by its condition and by each of its tokens, with its marks', async () => {
  const sourcePosition = `${TOPICS.marketDefinitions.name}/0/1`;
  const place = { sourcePosition, bytes: Buffer.from('') };
  const defined = busInputOf({ type: 'MarketDefinition', value: DEFINITION }, place);
  await takeInputs(client, [defined, observed('0.4', '2026-05-08T11:59:59Z')], NOON);
  const names = { version: 1, topic: INBOX, output: EVENTS_TOPIC };
  const store = createStore(createWriter(new Map()), names);
  const places = [factsKey(CONDITION), tokenKey(YES), tokenKey(NO)];
  const keys = [...places, markKey(YES), tokenKey('777'), markKey('777')];
  const found = await store.load(client, keys);
  const marks = [{ tokenId: YES, kind: 'MID' }];
  for (const key of places) {
    expect(found.get(key)).toMatchObject({ definition: DEFINITION, marks });
  }
  expect(found.get(markKey(YES))).toMatchObject({ definition: null, marks });
  expect(found.size).toBe(4);
});

function defined(definition: MarketDefinition, at: number): BusInput {
  const sourcePosition = `${TOPICS.marketDefinitions.name}/0/${String(at)}`;
  const place = { sourcePosition, bytes: Buffer.from('') };
  return busInputOf({ type: 'MarketDefinition', value: definition }, place);
}

/** What was told to how many partitions: status, market_seq and count. */
async function statuses(): Promise<readonly string[]> {
  const answer = await client.query<{ told: string }>(
    "SELECT (payload::json -> 'value' ->> 'status') || ' ' || (payload::json ->> 'marketSeq') " +
      "|| ' ' || count(DISTINCT partition) AS told FROM ingest.inbox " +
      "WHERE payload::json ->> 'type' = 'MarketStatusChanged' " +
      "GROUP BY payload::json -> 'value' ->> 'status', payload::json ->> 'marketSeq' ORDER BY 1",
  );
  return answer.rows.map((row) => row.told);
}

async function useMarket(place: string): Promise<void> {
  await client.query(
    'INSERT INTO ingest.market_on_log (log_partition, place, definition_hash, synthesised, ' +
      "tokens) VALUES ('3', $1, '', false, '[]')",
    [place],
  );
}

test('a changed status of a market that was used goes to all partitions, once', async () => {
  await useMarket(CONDITION);
  const closed = { ...DEFINITION, status: 'CLOSED' } as const;
  await takeInputs(client, [defined(DEFINITION, 1)], NOON);
  expect(await statuses()).toEqual([]);
  await takeInputs(client, [defined(closed, 2), defined(closed, 3)], NOON);
  await takeInputs(client, [defined({ ...closed, maker_rebate_rate: null }, 4)], NOON);
  expect(await statuses()).toEqual(['CLOSED 1 12']);
  await takeInputs(client, [defined({ ...DEFINITION, status: 'DISPUTED' }, 5)], NOON);
  expect(await statuses()).toEqual(['CLOSED 1 12', 'DISPUTED 2 12']);
});

test('a market that is first heard of when it is closed already is told of, too', async () => {
  await useMarket(CONDITION);
  await takeInputs(client, [defined({ ...DEFINITION, status: 'CLOSED' }, 1)], NOON);
  expect(await statuses()).toEqual(['CLOSED 1 12']);
});

test('a market that nobody has used is not told of, nor that one is resolved', async () => {
  await takeInputs(client, [defined({ ...DEFINITION, status: 'CLOSED' }, 1)], NOON);
  await useMarket(CONDITION);
  await takeInputs(client, [defined({ ...DEFINITION, status: 'RESOLVED' }, 2)], NOON);
  expect(await statuses()).toEqual([]);
});

test('of two definitions in one batch the last one stands', async () => {
  await useMarket(CONDITION);
  const [closed, open] = [{ ...DEFINITION, status: 'CLOSED' } as const, DEFINITION];
  await takeInputs(client, [defined(closed, 1), defined(open, 2)], NOON);
  expect(await statuses()).toEqual([]);
});
