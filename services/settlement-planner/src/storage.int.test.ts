import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LedgerEvent } from '@polytraders/contracts';
import { connect, createStore, migrate, type Store } from '@polytraders/runtime';
import { createDriver, type Driven } from '@polytraders/stream';
import { type FreshDatabase, freshDatabase, type RowWriter, rowWriter } from '@polytraders/testkit';
import { changes } from './changes.ts';
import { type LedgerEntry } from './entry.ts';
import {
  claimed,
  defined,
  executed,
  fill,
  jobFailed,
  jobsIn,
  logOf,
  moved,
  OTHER,
  parametersChanged,
  PARTITION,
  PLAIN,
  QUESTIONS,
  resolved,
  sellOrder,
  statusChanged,
} from './events.fixture.ts';
import { processor } from './processor.ts';
import { allOf } from './shelf.ts';
import { type Entity, plansKey, type Plans } from './state.ts';
import { watch } from './watch.ts';

type Client = Awaited<ReturnType<typeof connect>>;

const SCHEMA = processor.storage.schema(processor.version);
const STREAM_SQL = `${import.meta.dirname}/../../../libs/runtime/sql`;
const TOPIC = processor.consumes[0] ?? '';
const OWNED = ['month', 'partition', 'offset', 'line', 'id_hash', 'content_hash'];

let database: FreshDatabase;
let client: Client;
let store: Store<Entity, LedgerEntry>;
let rows: RowWriter;

beforeAll(async () => {
  database = await freshDatabase('settlement_storage');
  client = await connect({ url: database.url, applicationName: 'settlement-storage-test' });
  await migrate(client, 'stream', STREAM_SQL);
  await migrate(client, SCHEMA, processor.storage.migrations);
  rows = rowWriter(client, SCHEMA);
  store = createStore(processor, {
    version: processor.version,
    topic: TOPIC,
    output: processor.id,
  });
  await client.query(
    `CREATE TABLE ${SCHEMA}.ledger_any PARTITION OF ${SCHEMA}.settlement_ledger DEFAULT`,
  );
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

const [A, B, C] = QUESTIONS;

/** Every kind of entity, job and end, with ids that a text could mistake. */
function history(): readonly LedgerEvent[] {
  const driver = createDriver(processor);
  const log: LedgerEvent[] = [];
  const tell = (...events: readonly LedgerEvent[]) => {
    const driven = driver.drive(logOf(events, log.length));
    log.push(...events);
    return jobsIn(driven.emitted);
  };
  const address = `0x${'ab'.repeat(20)}`;
  tell(
    parametersChanged('limited_live', { neg_risk_fee_bips: '150', conditional_tokens: address }),
  );
  tell(defined(PLAIN), defined(A, 0), defined(B, 1), defined(C, 2));
  tell(moved(PLAIN.yes, 300), sellOrder(PLAIN.yes, 20, 'n:5 | "s:\\ \n'));
  const [merge] = tell(moved(PLAIN.no, 200));
  tell(moved(A.no, 100), moved(B.no, 60), moved(C.no, 30), moved(A.yes, 10));
  tell(fill('FillMatched', { id: 's:1', token: C.no, side: 'SELL', whole: 3 }));
  tell(fill('FillConfirmed', { id: 'f2', token: C.yes, side: 'BUY', whole: 1 }));
  tell(moved('77', 5, { condition_id: null }), moved('78', 5, { condition_id: B.condition }));
  if (merge !== undefined) {
    const [, again] = tell(jobFailed(merge.job_id));
    if (again !== undefined) tell(claimed(again.job_id));
  }
  tell(statusChanged(A, 'DISPUTED'), resolved(B, '0', '1'));
  tell(moved(OTHER.yes, 5), moved(OTHER.no, -1), resolved(OTHER, '1', '0'));
  const [redeem] = tell(moved(B.no, 40)).filter(
    ({ kind, state }) => kind + state === 'REDEEMqueued',
  );
  if (redeem !== undefined) tell(executed(redeem));
  return log;
}

async function write(
  driven: Driven<Entity, LedgerEntry>,
  before: ReadonlyMap<string, Entity>,
  from: number,
): Promise<void> {
  const { ledger, state } = processor.storage;
  for (const [line, entry] of driven.entries.entries()) {
    const place = { month: '2026-05-01', partition: PARTITION, offset: from, line };
    await rows.insert(ledger, entry, place);
  }
  for (const [key, entity] of driven.entities) {
    for (const change of changes(key, before.get(key), entity)) await rows.apply(state, change);
  }
}

const rowsOf = (key: string, entity: Entity | undefined): ReadonlySet<string> =>
  new Set(
    (entity === undefined ? [] : changes(key, undefined, entity)).map((change) =>
      JSON.stringify(change, (_, value: unknown) =>
        typeof value === 'bigint' ? `${String(value)}n` : value,
      ),
    ),
  );

describe('the tables', () => {
  test('have the columns that the code says, and no others', async () => {
    for (const table of [processor.storage.ledger, ...processor.storage.state]) {
      const answer = await client.query<{ column_name: string }>(
        `SELECT column_name FROM information_schema.columns
         WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position`,
        [SCHEMA, table.name],
      );
      const columns = table.columns as readonly { readonly name: string }[];
      const owned = table.name === processor.storage.ledger.name ? OWNED : [];
      expect([table.name, answer.rows.map((row) => row.column_name)]).toEqual([
        table.name,
        [...owned, ...columns.map((column) => column.name)],
      ]);
    }
  });
});

describe('what is stored in Postgres', () => {
  const log = history();
  const entries: LedgerEntry[] = [];
  let last: ReadonlyMap<string, Entity> = new Map();

  test('is revived as it was after every event, with indexes that say the same', async () => {
    const driver = createDriver(processor);
    for (const [offset, event] of log.entries()) {
      const driven = driver.drive(logOf([event], offset));
      await write(driven, last, offset);
      entries.push(...driven.entries);
      last = new Map(driven.entities);
    }
    const loaded = await store.load(client, [...last.keys()]);
    const kinds = new Set([...last.values()].map(({ kind }) => kind));
    for (const kind of ['plans', 'ended', 'balance', 'order', 'fill', 'market', 'token', 'live'])
      expect([kind, kinds.has(kind as Entity['kind'])]).toEqual([kind, true]);
    for (const [key, entity] of last)
      expect([key, rowsOf(key, loaded.get(key))]).toEqual([key, rowsOf(key, entity)]);
    const plans = last.get(plansKey(PARTITION)) as Plans;
    const revived = loaded.get(plansKey(PARTITION)) as Plans;
    expect(allOf(revived.jobs)).toEqual(allOf(plans.jobs));
    expect(allOf(revived.units)).toEqual(allOf(plans.units));
    expect(allOf(revived.tokens)).toEqual(allOf(plans.tokens));
    expect(revived.parameters).toEqual(plans.parameters);
  });

  test('gives ledger lines back as they were, and the same records from them', async () => {
    const read = await store.entries(client, PARTITION, 0, log.length, 1_000);
    expect(read.map(({ entry }) => entry)).toEqual(entries);
    const at = { partition: PARTITION, offset: 0 };
    const emitted = read.flatMap(({ entry }) => processor.emit(entry, at));
    expect(emitted).toEqual(entries.flatMap((entry) => processor.emit(entry, at)));
    expect(emitted.length).toBeGreaterThan(5);
  });

  test('jobs shows where each job stands, job_history how it came there', async () => {
    const jobs = await client.query<{ job_id: string; state: string }>(
      `SELECT job_id, state FROM ${SCHEMA}.jobs`,
    );
    const expected = new Map(
      entries.flatMap(({ job_id: id, state }) => (id === null ? [] : [[id, state]])),
    );
    expect(new Map(jobs.rows.map(({ job_id: id, state }) => [id, state]))).toEqual(expected);
    expect(new Set(expected.values())).toEqual(
      new Set(['queued', 'running', 'done', 'failed', 'superseded']),
    );
    const history = await client.query(`SELECT state FROM ${SCHEMA}.job_history`);
    expect(history.rows).toHaveLength(entries.filter((entry) => entry.job_id !== null).length);
  });

  test('settlement_status shows what is held and redeemed, withheld why nothing is', async () => {
    const answer = await client.query<Record<'condition_id' | 'settlement_status', string>>(
      `SELECT condition_id, settlement_status FROM ${SCHEMA}.settlement_status`,
    );
    const statuses = new Map(answer.rows.map((row) => [row.condition_id, row.settlement_status]));
    expect(statuses.get(PLAIN.condition)).toBe('open');
    expect(statuses.get(A.condition)).toBe('disputed');
    expect(statuses.get(B.condition)).toBe('redeemed');
    const withheld = await client.query(`SELECT target, kind, reason_code FROM ${SCHEMA}.withheld`);
    expect(withheld.rows).toEqual([
      { target: OTHER.condition, kind: 'REDEEM', reason_code: 'GOV_WALLET_OVERSOLD' },
    ]);
  });

  test('the level of what is withheld counts what waits for somebody, not for shares', async () => {
    const sql = watch.questions.map((question) => question.sql(SCHEMA)).join();
    const level = async () => (await client.query<{ withheld: string }>(sql)).rows[0]?.withheld;
    expect(await level()).toBe('1');
    await client.query(
      `UPDATE ${SCHEMA}.slots SET withheld_code = 'GOV_SETTLEMENT_SHARES_NOT_FREE'
        WHERE withheld_code = 'GOV_WALLET_OVERSOLD'`,
    );
    expect(await level()).toBe('0');
    const judged = watch.judging()({ at: 0, activityAt: null, values: { withheld: 3 } });
    expect(judged).toEqual({ findings: [], shown: { withheld: 3 } });
  });
});
