import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type Event,
  fromJson,
  type MarkObserved,
  toJson,
  type Topic,
  TOPICS,
} from '@polytraders/contracts';
import { pool, type Running } from '@polytraders/runtime';
import { testStack } from '@polytraders/testkit';
import { inspectFile } from '../sources/file/import.ts';
import {
  ALICE,
  BARE,
  BOB,
  CONDITION,
  DEFINITION,
  MATCH,
  NO,
  ORDER,
  YES,
} from '../../test/inputs.ts';
import { openBench, type ServiceBench } from '../../test/service-bench.fixture.ts';
import { tellTime } from './clock.ts';
import { parseParameters } from './parameters.ts';
import { missingIngestor, runImport } from './import-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'ingestor-'));
let bench: ServiceBench;
let running: Running;

beforeAll(async () => {
  bench = await openBench('fill_ingestor', ['ExecutionReport', 'MarkObserved', 'MarketDefinition']);
  running = await bench.start();
}, 180_000);

afterAll(async () => {
  await bench.close();
  rmSync(folder, { recursive: true });
}, 60_000);

function report(fields: object, key: string = ALICE): Promise<void> {
  const value = fromJson('ExecutionReport', fields);
  return bench.send(TOPICS.executionReports, key, 'ExecutionReport', value);
}

/**
 * The records that stand on a topic for a read_committed reader, once there are `count` of them.
 */
async function standing(topic: Topic, count: number): Promise<readonly Event[]> {
  return readUntil(topic, (found) => found.length >= count);
}

/** What stands on a topic once it is so, or when patience is over. */
async function readUntil(
  topic: Topic,
  isSo: (found: readonly Event[]) => boolean,
): Promise<readonly Event[]> {
  const deadline = performance.now() + 45_000;
  for (;;) {
    const found = await readAll(topic);
    if (isSo(found) || performance.now() > deadline) return found;
    await sleep(200);
  }
}

async function readAll(topic: Topic): Promise<readonly Event[]> {
  const found: Event[] = [];
  for (let partition = 0; partition < topic.partitions; partition += 1) {
    found.push(...(await bench.read(topic, partition)));
  }
  return found;
}

const logOf = (count: number): Promise<readonly Event[]> => standing(TOPICS.ledgerEvents, count);

function ofAlice(log: readonly Event[]): readonly string[] {
  return log
    .filter((event) => 'account' in event.value && event.value.account === ALICE)
    .map((event) => event.type);
}

/** What an import works with. */
function servers(): Parameters<typeof runImport>[0] {
  const { database, kafka, prefix: topicPrefix } = bench;
  return { database, kafka, topicPrefix };
}

const SETTLED = Object.keys(parseParameters(null));
const TOLD = SETTLED.length * 12;
const PLAIN = toJson('MarketDefinition', DEFINITION);
const CAROL = `0x${'01'.repeat(20)}`;
const DAVE = `0x${'03'.repeat(20)}`;
const request = { accounts: null, bot: null, zeroFeeDeclaredBy: null, identity: null };

test('parameters stand first on every partition, with one market_seq each', async () => {
  const log = await logOf(TOLD);
  expect(log.map((event) => event.type)).toEqual(Array(TOLD).fill('ParametersChanged'));
  const places = log.map((event) =>
    event.type === 'ParametersChanged' ? event.value.market_seq : 0,
  );
  expect(places).toEqual(
    Array(12)
      .fill(SETTLED.map((_, place) => place + 1))
      .flat(),
  );
});

test('an order and its fill go from the bus to the log, with their market', async () => {
  const definition = fromJson('MarketDefinition', { ...PLAIN, maker_rebate_rate: '0.25' });
  const mark: MarkObserved = fromJson('MarkObserved', {
    token_id: YES,
    price: '0.51',
    kind: 'MID',
    observed_at: '2026-05-08T11:59:59Z',
    source: 'clob',
  });
  await bench.send(TOPICS.marketDefinitions, CONDITION, 'MarketDefinition', definition);
  await bench.send(TOPICS.marks, YES, 'MarkObserved', mark);
  await until('SELECT count(*)::int AS n FROM ingest.mark', 1);
  await until('SELECT count(*)::int AS n FROM ingest.market_definition', 1);
  await report({ ...ORDER, expires_at: '2026-05-08T13:00:00Z' });
  await report({ ...json(MATCH), status: 'MATCHED' });
  await report(json(MATCH));
  await report(json(MATCH));
  // The clock may say that the order is over before the last fill of it has come.
  const log = await readUntil(TOPICS.ledgerEvents, (found) => ofAlice(found).length >= 3);
  expect(ofAlice(log)).toEqual(['OrderOpened', 'FillMatched', 'FillConfirmed']);
  expect(log.filter((event) => event.type === 'MarketDefined')).toHaveLength(1);
  const confirmed = log.find((event) => event.type === 'FillConfirmed');
  expect(confirmed?.value).toMatchObject({
    fill_id: 'F1',
    rebate_rate: 250_000n,
    neg_risk: false,
    marks: [{ token_id: YES, price: 510_000_000_000_000_000n }],
  });
}, 60_000);

test('what cannot be used is in the quarantine topic and view, and never on the log', async () => {
  await bench.kafka.send([
    {
      topic: bench.prefix + TOPICS.executionReports.name,
      partition: 5,
      key: 'x',
      value: Buffer.from('junk'),
    },
  ]);
  await report(json(BARE, 'unknown order'), 'ord');
  const aside = await standing(TOPICS.quarantine, 2);
  expect(
    aside
      .map((event) => (event.type === 'QuarantinedInput' ? event.value.reason_code : event.type))
      .sort(),
  ).toEqual(['INCOMPLETE_INPUT', 'UNDECODABLE_INPUT']);
  const seen = await bench.database.query<{ reason_code: string }>(
    'SELECT reason_code FROM ingest.quarantine ORDER BY 1',
  );
  expect(seen.rows.map((row) => row.reason_code)).toEqual([
    'INCOMPLETE_INPUT',
    'UNDECODABLE_INPUT',
  ]);
}, 60_000);

test('a deadline that has passed is told to its partition once', async () => {
  await until('SELECT count(*)::int AS n FROM ingest.time_told', 1);
  expect(await tellTime(bench.database, Date.now() * 1000)).toBe(0);
  const log = await logOf(TOLD + 5);
  expect(log.filter((event) => event.type === 'TimeAdvanced')).toHaveLength(1);
}, 60_000);

test('after a restart nothing is written again, and the same reports are duplicates', async () => {
  await running.stop();
  running = await bench.start();
  await report(json(MATCH));
  await report({ ...json(MATCH), fill_id: 'F2' });
  const log = await logOf(TOLD + 6);
  expect(ofAlice(log)).toEqual(['OrderOpened', 'FillMatched', 'FillConfirmed', 'FillConfirmed']);
  expect(log).toHaveLength(TOLD + 6);
}, 60_000);

test('a file is taken once, followed to the log and counted', async () => {
  const rows = Array.from({ length: 30 }, (_, at) => ({
    ...MATCH,
    fill_id: `B${String(at % 25)}`,
    account: BOB,
    order_id: `OB${String(at % 25)}`,
  }));
  const path = join(folder, 'reports.jsonl');
  const all = [...rows, { ...rows[0], price: '2' }];
  writeFileSync(path, all.map((row) => JSON.stringify(row)).join('\n'));
  const inspection = await inspectFile(path, request);
  if ('refused' in inspection) throw new Error(inspection.refused);
  expect(await missingIngestor(bench.database)).toBeNull();
  const first = await runImport(servers(), inspection, request, () => undefined);
  expect(first).toMatchObject({
    records: 31,
    taken: 31,
    already_there: 0,
    refused_before: 0,
    fills: 25,
    without_effect: 5,
    quarantined: { PRICE_OUT_OF_RANGE: 1 },
  });
  const again = await runImport(servers(), inspection, request, () => undefined);
  expect(again).toMatchObject({ taken: 0, already_there: 31, fills: 0, refused_before: 1 });
  const log = await logOf(TOLD + 6 + 25);
  expect(
    log.filter((event) => event.type === 'FillConfirmed' && event.value.account === BOB),
  ).toHaveLength(25);
}, 60_000);

test('poison among good reports is set aside one by one; no partition stands still', async () => {
  const before = (await logOf(TOLD + 31)).length;
  const aside = await standing(TOPICS.quarantine, 3);
  const mark = { token_id: NO, price: '7', kind: 'MID', observed_at: '2026-05-08T11:59:59Z' };
  const oddMark = fromJson('MarkObserved', { ...mark, source: 'clob' });
  await bench.send(TOPICS.marks, NO, 'MarkObserved', oddMark);
  const oddDefinition = fromJson('MarketDefinition', {
    ...PLAIN,
    condition_id: '0xodd',
    tokens: [{ token_id: 'odd\u0000', outcome: 'Yes' }],
  });
  await bench.send(TOPICS.marketDefinitions, '0xodd', 'MarketDefinition', oddDefinition);
  const good = json(MATCH);
  await report({ ...good, fill_id: 'P1', fee_pusd: '1e30' });
  await report({ ...good, fill_id: 'P\u00002' });
  await report({ ...good, fill_id: 'P3', user_id: 'x'.repeat(900_000) });
  await report({ ...good, fill_id: 'P4', effective_at: '1970-01-01T00:00:00Z' });
  await report({ ...good, fill_id: 'P5' });
  const log = await logOf(before + 1);
  expect(log).toHaveLength(before + 1);
  const fills = log.flatMap((event) =>
    event.type === 'FillConfirmed' ? [event.value.fill_id] : [],
  );
  expect(fills.filter((id) => id.startsWith('P'))).toEqual(['P5']);
  const now = await standing(TOPICS.quarantine, aside.length + 6);
  const reasons = now.flatMap((event) =>
    event.type === 'QuarantinedInput' ? [event.value.reason_code] : [],
  );
  expect(reasons.filter((reason) => reason === 'INVALID_INPUT')).toHaveLength(6);
  expect(running.worker.halted().size).toBe(0);
}, 60_000);

test('a mark is captured before the definition of its market has come', async () => {
  const before = (await logOf(0)).length;
  const observed_at = '2026-05-08T11:59:59Z';
  const mark = { token_id: '777', price: '0.6', kind: 'LAST', observed_at, source: 'clob' };
  await bench.send(TOPICS.marks, '777', 'MarkObserved', fromJson('MarkObserved', mark));
  await until("SELECT count(*)::int AS n FROM ingest.mark WHERE token_id = '777'", 1);
  const condition_id = `0x${'77'.repeat(32)}`;
  await report({ ...json(MATCH), fill_id: 'M1', order_id: 'OM1', token_id: '777', condition_id });
  const fills = (await logOf(before + 1)).filter((event) => event.type === 'FillConfirmed');
  const marked = { fill_id: 'M1', marks: [expect.objectContaining({ kind: 'LAST' })] };
  expect(fills.map((event) => event.value)).toContainEqual(expect.objectContaining(marked));
}, 60_000);

test('two accounts claim one place at once: one is booked, the other an alarm', async () => {
  const claims = Array.from({ length: 16 }, (_, at) => {
    const hash = `0x${String(at >> 1).repeat(64)}`;
    const ids = { fill_id: `G${String(at)}`, order_id: `OG${String(at)}` };
    const account = at % 2 === 0 ? CAROL : DAVE;
    return JSON.stringify({ ...MATCH, ...ids, account, tx_hash: hash, order_hash: hash });
  });
  const path = join(folder, 'places.jsonl');
  writeFileSync(path, claims.join('\n'));
  const inspection = await inspectFile(path, request);
  if ('refused' in inspection) throw new Error(inspection.refused);
  const result = await runImport(servers(), inspection, request, () => undefined);
  expect(result).toMatchObject({ fills: 8, quarantined: { GOV_FILL_MISMATCH: 8 } });
  expect(running.worker.halted().size).toBe(0);
}, 60_000);

test('without an ingestor the import says so', async () => {
  const stack = await testStack();
  const other = pool({ url: stack.DATABASE_URL, applicationName: 'test' }, 1);
  expect(await missingIngestor(other)).toContain(
    'Expected a running fill-ingestor on this database, found none',
  );
  await other.end();
});

async function until(sql: string, least: number): Promise<void> {
  const deadline = performance.now() + 45_000;
  while (performance.now() < deadline) {
    const answer = await bench.database.query<{ n: string }>(sql);
    if (Number(answer.rows[0]?.n) >= least) return;
    await sleep(100);
  }
  throw new Error(`Expected at least ${String(least)} from: ${sql}`);
}

/** Test fields are texts; the wire has booleans, integers and names of its own. */
function json(fields: Readonly<Record<string, string>>, order?: string): object {
  const { negRisk, fee_bps: bps, size_usd: size, timestamp, market_id: market, ...rest } = fields;
  return {
    ...rest,
    kind: 'MATCH',
    status: fields['status'] ?? 'CONFIRMED',
    ...(negRisk === undefined ? {} : { negRisk: negRisk === 'true' }),
    ...(bps === undefined ? {} : { fee_bps: Number(bps) }),
    ...(size === undefined ? {} : { size_pusd: size }),
    ...(timestamp === undefined ? {} : { effective_at: '2025-05-09T12:01:00Z' }),
    ...(market === undefined ? {} : { venue_market_id: market }),
    ...(order === undefined ? {} : { order_id: order }),
  };
}
