/** Each entity of the writer comes back from its rows as it was, on a real Postgres. */

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { toJson } from '@polytraders/contracts';
import { connect, createStore, migrate } from '@polytraders/runtime';
import { type FreshDatabase, freshDatabase, type RowWriter, rowWriter } from '@polytraders/testkit';
import {
  ALICE,
  command,
  CONDITION,
  DEFINITION,
  MATCH,
  movement,
  NO,
  ORDER,
  outcomesOf,
  resolution,
  testWriter,
  TX,
  without,
  type Written,
  YES,
} from '../../test/inputs.ts';
import { createWriter, INBOX } from '../processor.ts';
import { type RawInput } from '../raw.ts';
import { EVENTS_TOPIC } from './entry.ts';
import { type Entity, eventKey, isVolatileKey } from './state.ts';

type Client = Awaited<ReturnType<typeof connect>>;

const OTHER = `0x${'22'.repeat(32)}`;
const LATER = '2026-06-01T00:00:00Z';
const { storage } = createWriter(new Map());
const store = createStore(createWriter(new Map()), {
  version: 1,
  topic: INBOX,
  output: EVENTS_TOPIC,
});
let database: FreshDatabase;
let client: Client;
let rows: RowWriter;

beforeAll(async () => {
  database = await freshDatabase('writer_storage');
  client = await connect({ url: database.url, applicationName: 'writer-storage-test' });
  await migrate(client, 'ingest', storage.migrations);
  rows = rowWriter(client, 'ingest');
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

const REVIEWED = { approved_by: 'auditor' };
const approval: RawInput = {
  ...command('APPROVE_WINDOW', { until_offset: 1 }, { ...REVIEWED, account: '' }),
  marketSeq: 9,
} as RawInput;

/** A day with something of every kind. */
function day(): Written {
  const writer = testWriter();
  const bare = without({ ...MATCH, fill_id: 'F2', order_id: 'O9' }, 'condition_id');
  const openings = [{ token_id: NO, quantity_shares: '7' }];
  writer.reports(
    { ...ORDER, expires_at: LATER },
    without({ ...ORDER, order_id: 'O2', expires_at: LATER }, 'condition_id'),
    { ...ORDER, order_id: 'O3', order_hash: OTHER, condition_id: OTHER, reservation_id: 'r-9' },
    { ...ORDER, order_id: 'O4', expires_at: LATER },
    { ...ORDER, order_id: 'O4', status: 'CANCELLED' },
    { ...MATCH, tx_hash: TX, order_hash: OTHER },
    bare,
  );
  const legs = [YES, NO].map((token) => ({ token_id: token, quantity_shares: '10' }));
  return writer.inputs(
    command('RESERVE', { amount_pusd: '5', ttl_ms: 60_000 }),
    command('CLAIM_JOB', { job_id: 'job|1', tx_hash: TX }),
    command('CLAIM_JOB', { job_id: 'job-2', tx_hash: TX }, { command_id: 'cmd-2' }),
    command(
      'DECLARE_OPENING_BALANCE',
      { balance_pusd: '1', positions: openings },
      { approved_by: 'auditor' },
    ),
    movement('PositionsSplit', { condition_id: CONDITION, amount_pusd: '10', legs }),
    movement('CashMoved', { kind: 'YIELD', amount_pusd: '0.000001' }),
    movement('CashMoved', { kind: 'YIELD', amount_pusd: '2' }),
    movement('PositionsRedeemed', { condition_id: CONDITION, payout_pusd: '200' }, 'file'),
    resolution(['1', '1'], 4, CONDITION),
    command('REVERSE_FILL', { fill_id: 'F1' }, REVIEWED),
    command('RELEASE_FILL', { fill_id: 'F2', fee_pusd: '1' }, REVIEWED),
    approval,
  );
}

test('what is remembered of all kinds of input is read back as it was', async () => {
  const written = day();
  // Cash that is told twice otherwise puts the account in doubt.
  const others = outcomesOf(written).filter((one) => one !== 'applied');
  expect(others).toEqual(['quarantined: GOV_MOVEMENT_CONFLICT']);
  const kept = [...written.entities].filter(([key]) => !isVolatileKey(key));
  for (const [key, entity] of kept) {
    for (const change of storage.changes(key, undefined, entity))
      await rows.apply(storage.state, change);
  }
  const kinds = new Set(kept.map(([, entity]) => entity.kind));
  expect([...kinds].sort()).toEqual(
    [
      'begun',
      'claims',
      'command',
      'day',
      'doubts',
      'fill',
      'held',
      'market',
      'moved',
      'moved-day',
      'open',
      'opening',
      'order',
    ].concat(['release', 'reservation', 'review', 'source']),
  );
  const found = await store.load(
    client,
    kept.map(([key]) => key),
  );
  for (const [key, entity] of kept) expect([key, found.get(key)]).toEqual([key, again(entity)]);
});

/** No row says that a market has no open orders. */
function again(entity: Entity): Entity | undefined {
  return entity.kind === 'open' && entity.orders.size === 0 ? undefined : entity;
}

test('deadlines stand for what is open or asked for; an end takes its own away', async () => {
  const kept = await client.query<{ kind: string; id: string }>(
    'SELECT kind, id FROM ingest.deadline ORDER BY kind, id',
  );
  // The resolution has ended O1 and O2.
  expect(kept.rows.map((row) => row.kind)).toEqual(['reservation']);
  const writer = testWriter();
  const opened = writer.reports({ ...ORDER, order_id: 'O5', expires_at: LATER });
  const before = opened.entities.get('order|O5');
  for (const change of storage.changes('order|O5', undefined, before))
    await rows.apply(storage.state, change);
  const due = await client.query('SELECT 1 FROM ingest.deadline WHERE id = $1', ['O5']);
  expect(due.rowCount).toBe(1);
  const closed = writer.reports({ ...ORDER, order_id: 'O5', status: 'FILLED' });
  const after = closed.entities.get('order|O5');
  for (const change of storage.changes('order|O5', before, after))
    await rows.apply(storage.state, change);
  const left = await client.query('SELECT 1 FROM ingest.deadline WHERE id = $1', ['O5']);
  expect(left.rowCount).toBe(0);
});

test('an event is found by its id, in the definition with most of its questions', async () => {
  const event = `0x${'cc'.repeat(31)}00`;
  const question = { question_index: 0, yes_token_id: YES, no_token_id: NO };
  const few = { ...DEFINITION, neg_risk_market_id: event };
  const many = { ...few, condition_id: OTHER, questions: [{ ...question, condition_id: OTHER }] };
  for (const definition of [few, many]) {
    await client.query(
      'INSERT INTO ingest.market_definition (condition_id, definition, definition_hash, ' +
        'neg_risk_market_id, questions) VALUES ($1, $2, $1, $3, $4)',
      [
        definition.condition_id,
        JSON.stringify(toJson('MarketDefinition', definition)),
        event,
        definition.questions.length,
      ],
    );
  }
  const found = await store.load(client, [eventKey(event), eventKey(OTHER)]);
  expect(found.get(eventKey(event))).toMatchObject({ kind: 'facts', definition: many });
  expect(found.has(eventKey(OTHER))).toBe(false);
});

test('redemptions without shares are listed by account, condition and amount', async () => {
  const value = { account: ALICE, condition_id: CONDITION, payout_pusd: '9.5', tx_hash: TX };
  await client.query(
    'INSERT INTO ingest.inbox (partition, seq, source, source_position, content_hash, ' +
      "received_at, raw_format, bytes, payload) VALUES (3, 1, 'file', 'f/1', '', now(), 'row', " +
      "'', $1)",
    [JSON.stringify({ format: 'movement', value })],
  );
  await client.query(
    'INSERT INTO ingest.outbox (partition, "offset", line, event_id, record_type, topic, key, ' +
      "source_position, reason_code, recorded_at, body) VALUES (3, 1, 0, 'e', " +
      "'PositionsRedeemed', 't', 'k', 'f/1', 'GOV_REDEMPTION_UNMATCHED', now(), '{}')",
  );
  const listed = await client.query(
    'SELECT account, condition_id, payout_pusd::text, tx_hash, on_the_log ' +
      'FROM ingest.redemption_unmatched',
  );
  expect(listed.rows).toEqual([{ ...value, on_the_log: 't' }]);
});
