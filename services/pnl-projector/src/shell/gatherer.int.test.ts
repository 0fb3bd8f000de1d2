import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LedgerEvent } from '@polytraders/contracts';
import { connect } from '@polytraders/runtime';
import { createDriver } from '@polytraders/stream';
import { type FreshDatabase, freshDatabase } from '@polytraders/testkit';
import fc from 'fast-check';
import { acts, eventOf, PAIR } from '../acts.fixture.ts';
import { cutsTable } from '../cuts.ts';
import { ACCOUNT, TOKEN } from '../events.fixture.ts';
import { partitionOfAccount } from '../entities.ts';
import { type Cut } from '../windows/cut.ts';
import { createDesk, type Desk } from '../windows/desk.fixture.ts';
import {
  insertRows,
  installBooks,
  installStream,
  writeDesk,
} from '../windows/desk-rows.fixture.ts';
import { exactText, exactValue } from '../windows/exact-json.ts';
import { marketDefined, marketResolved, transfer } from '../movements.fixture.ts';
import { atDay, createLog, type Log, price } from '../windows/log.fixture.ts';
import { marksWith } from '../windows/marks.ts';
import { windowsProcessor } from '../windows/processor.ts';
import { bookKey } from '../windows/state.ts';
import { gatherNext, type GathererConfig, startGatherer } from './gatherer.ts';

type Client = Awaited<ReturnType<typeof connect>>;
/** The day of lines in a row, and whether they left a basis unknown. */
type Run = Cut['lastLines'][number]['doubts'][number];

const SEED = 20_260_508;
/** A token that only fills with marks are of. */
const MARKED = '4711';
/** One whose market is resolved before its fills come, and the others of its market. */
const PAID = ['4712', '4713'] as const;
const PAID_CONDITION = '0x4712';

let database: FreshDatabase;
let client: Client;

beforeAll(async () => {
  database = await freshDatabase('gatherer');
  client = await connect({ url: database.url, applicationName: 'gatherer-test' });
  await installStream(client);
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

/** Months of movements of every kind, cut now and then; all that the real step makes of it. */
function tell(): Desk {
  const desk = createDesk(12);
  const log = createLog(desk);
  const all = fc.sample(acts, { numRuns: 40, seed: SEED }).flat();
  let windows = 0;
  log.tell('general_live', { include_paper: 'true', group_by: 'market' });
  resolveEarly(log);
  for (const [at, act] of all.entries()) {
    const event = withoutBlock(eventOf(act, at), at);
    if (event.type === 'MarketResolved') {
      for (let partition = 0; partition < 12; partition += 1) desk.take(partition, event);
    } else desk.take(partitionOfAccount(act.account), event);
    if (at % 60 === 30) markedFills(log, windows);
    if (at % 25 === 24) place(log, at);
    if (at % 60 !== 59) continue;
    windows += 1;
    const date = `2026-05-${String(7 + windows).padStart(2, '0')}`;
    const observed_at = atDay(date, 86_000);
    log.close(date, [{ token_id: TOKEN, price: price('0.5'), kind: 'MID', observed_at }]);
    // Every other one is asked for late, and so out of its turn.
    const asked = windows % 2 === 0 ? windows - 1 : windows + 100;
    if (windows % 2 === 0)
      log.complete(`2026-05-${String(7 + asked).padStart(2, '0')}`, 70_999_999);
    else log.complete(date, 71_000_000 + windows);
  }
  log.close('2026-06-30', []);
  return desk;
}

/** A market that is resolved before all that is filled of it. */
function resolveEarly({ event, desk }: Log): void {
  const tokens = PAID.map((id) => ({ token_id: id, outcome: id }));
  const told = marketDefined({ condition_id: PAID_CONDITION, tokens });
  event(ACCOUNT, { type: 'MarketDefined', value: { ...told, event_id: 'evt_paid' } });
  const value = marketResolved({ condition_id: PAID_CONDITION, event_id: 'evt_paid_out' });
  for (let partition = 0; partition < 12; partition += 1)
    desk.take(partition, { type: 'MarketResolved', value });
}

/** Fills that come after: with a mark, with one of no known age, and with none. */
function paidFills(log: Log, noon: number): void {
  const own = { account: ACCOUNT, condition_id: PAID_CONDITION, confirmed_at: noon };
  const mark = { token_id: PAID[0], kind: 'LAST' as const, price: price('0.000123') };
  log.fill({ ...own, token_id: PAID[0], marks: [{ ...mark, observed_at: noon - 1_000_999 }] });
  log.fill({
    ...own,
    token_id: PAID[0],
    flags: ['STALE_DATA'],
    marks: [{ ...mark, kind: 'REPORTED', observed_at: noon }],
  });
  log.fill({ ...own, token_id: PAID[1] });
}

/** Shares of unknown basis that come, go, and come again by a receipt of two days before. */
function receipts(log: Log, noon: number): void {
  const own = { account: ACCOUNT, token_id: '4714', condition_id: '0x4714' };
  for (const [nth, days] of [0, 2].entries()) {
    const at = { effective_at: noon - days * 86_400_000_000 };
    const value = transfer(`receipt_${String(nth)}_${String(noon)}`, { ...own, ...at });
    log.event(ACCOUNT, { type: 'TokensTransferred', value });
    const sold = { trading_bot_id: 'treasury', order_side: 'SELL' as const, confirmed_at: noon };
    log.fill({ ...own, ...sold });
  }
}

/** Marks of three kinds, two of one moment, one of the evening before, and one of no known age. */
function markedFills(log: Log, windows: number): void {
  const noon = atDay(`2026-05-${String(8 + windows).padStart(2, '0')}`, 43_200);
  const marks = [
    ['MID', '0.40', 3600],
    ['LAST', '0.90', 3600],
    ['MID', '0.41', 3600],
    ['REPORTED', '0.80', 50_000],
    ['LAST', '0.50', 7200],
  ] as const;
  for (const [kind, text, before] of marks) {
    const mark = { kind, price: price(text), observed_at: noon - before * 1_000_000 - 123 };
    const own = { token_id: MARKED, condition_id: null, trading_bot_id: kind };
    log.fill({
      ...own,
      account: ACCOUNT,
      fee_bps: kind === 'LAST' ? null : 25,
      confirmed_at: noon,
      marks: [{ ...mark, token_id: MARKED }],
    });
  }
  paidFills(log, noon);
  receipts(log, noon);
  const ageless = { kind: 'REPORTED' as const, price: price('0.77'), observed_at: noon };
  log.fill({
    account: ACCOUNT,
    token_id: MARKED,
    trading_bot_id: 'ageless',
    confirmed_at: noon,
    flags: ['STALE_DATA'],
    marks: [{ ...ageless, token_id: MARKED }],
  });
}

/** Of transactions; some of them are of two fills, and of both wallets. */
function hashOf(at: number): string {
  return `0x${String(at % 70).padStart(64, '0')}`;
}

/** Two fills of three name their transaction and no block. */
function withoutBlock(event: LedgerEvent, at: number): LedgerEvent {
  if (event.type !== 'FillConfirmed' || at % 3 === 0) return event;
  return { ...event, value: { ...event.value, tx_hash: hashOf(at), block_number: null } };
}

/** The chain tells blocks of some, of some before their fills, of some twice and not the same. */
function place(log: Log, at: number): void {
  for (const [nth, account] of PAIR.entries()) {
    const some = Array.from({ length: 9 }, (_, one) => at + nth + one * 4);
    const placed = some.map((one) => [hashOf(one), 70_999_990 + ((one + at) % 40)] as const);
    log.observe('2026-06-30', account, { cash: '0', placed: Object.fromEntries(placed) }, 1);
  }
}

async function write(schema: string, desk: Desk): Promise<void> {
  await installBooks(client, schema);
  await writeDesk(client, desk);
}

async function cutsIn(schema: string): Promise<readonly Cut[]> {
  const answer = await client.query<{ bytes: string }>(
    `SELECT bytes FROM "${schema}".window_inputs ORDER BY seq`,
  );
  return answer.rows.map(({ bytes }) => exactValue(bytes) as Cut);
}

function configOf(schema: string): GathererConfig {
  return {
    databaseUrl: database.url,
    applicationName: 'gatherer-test',
    schema,
    channel: 'gatherer_test',
    onOutage: () => undefined,
  };
}

describe('the gatherer', () => {
  const desk = tell();

  test('sums in Postgres what the lines of all kinds of movements sum to', async () => {
    await write('pnl_v1', desk);
    const config = configOf('pnl_v1');
    while (await gatherNext(client, config));
    const cuts = await cutsIn('pnl_v1');
    expect(cuts.map(({ marketSeq }) => marketSeq)).toEqual(
      desk.cuts.map(({ marketSeq }) => marketSeq),
    );
    const kinds = new Set(desk.lines.map(({ entry }) => entry.entry_kind));
    expect([...kinds].sort()).toEqual([
      'CASH',
      'CONVERT',
      'FILL',
      'MERGE',
      'OPENING',
      'REDEEM',
      'RESOLVE',
      'ROUNDING',
      'SPLIT',
      'TRANSFER_IN',
      'TRANSFER_OUT',
    ]);
    const fold = createDriver(windowsProcessor);
    const records = cuts.map((event, offset) => {
      return { event, topic: 'inputs', partition: 0, offset };
    });
    expect(fold.drive(records).entries.map(exactText)).toEqual(desk.reports.map(exactText));
    expect(cuts.some(({ legsBehind }) => legsBehind !== null)).toBe(true);
    const settled = cuts.flatMap(({ sums }) => sums.filter(({ unsettled }) => unsettled > 0n));
    expect(settled.length).toBeGreaterThan(10);
    for (const [at, { marks, lastLines }] of cuts.entries()) {
      const own = desk.cuts[at];
      const days = marksWith(new Map(), own?.marks ?? []);
      expect(marksWith(new Map(), marks)).toEqual(days);
      expect(marks).toHaveLength([...days.values()].flat().length);
      const said = new Map(own?.lastLines.map((one) => [bookKey(one), new Map(one.reasons)]));
      expect(new Map(lastLines.map((one) => [bookKey(one), new Map(one.reasons)]))).toEqual(said);
      const doubts = new Map(own?.lastLines.map((one) => [bookKey(one), one.doubts]));
      expect(new Map(lastLines.map((one) => [bookKey(one), one.doubts]))).toEqual(doubts);
    }
    const runs = cuts.flatMap((cut) => cut.lastLines.map(({ doubts }) => doubts));
    const isBack = ([day]: Run, at: number, all: readonly Run[]) => day < (all[at - 1]?.[0] ?? '');
    expect(runs.some((all) => all.length > 2 && all.some(isBack))).toBe(true);
    const marks = cuts.flatMap((cut) => cut.marks);
    expect(marks.length).toBeGreaterThan(5);
    const beside = marks.filter(({ token }) => token === PAID[0]);
    expect(new Set(beside.map(({ isAged }) => isAged))).toEqual(new Set([true, false]));
    expect(marks.map(({ token }) => token)).not.toContain(PAID[1]);
  }, 60_000);

  test('makes the same rows under another time zone, and never makes one twice', async () => {
    await write('pnl_v2', desk);
    await client.query(`SET TimeZone = 'Asia/Kolkata'`);
    while (await gatherNext(client, configOf('pnl_v2')));
    expect((await cutsIn('pnl_v2')).map(exactText)).toEqual(
      (await cutsIn('pnl_v1')).map(exactText),
    );
    expect(await gatherNext(client, configOf('pnl_v2'))).toBe(false);
    await client.query(`SET TimeZone = 'UTC'`);
  }, 60_000);

  test('waits for the last partition, and for whoever gathers at the moment', async () => {
    await installBooks(client, 'pnl_v3');
    const [first] = desk.cutRows;
    const rows = desk.cutRows.filter(({ market_seq: seq }) => seq === first?.market_seq);
    await insertRows(client, cutsTable, rows.slice(1));
    expect(await gatherNext(client, configOf('pnl_v3'))).toBe(false);
    await insertRows(client, cutsTable, rows.slice(0, 1));
    const other = await connect({ url: database.url, applicationName: 'gatherer-other' });
    try {
      await other.query(`BEGIN; SELECT pg_advisory_xact_lock(7216007, hashtext('pnl_v3'))`);
      expect(await gatherNext(client, configOf('pnl_v3'))).toBe(false);
    } finally {
      await other.end();
    }
    expect(await gatherNext(client, configOf('pnl_v3'))).toBe(true);
    expect(await cutsIn('pnl_v3')).toHaveLength(1);
  });

  test('says what it cannot do and is late from then on; mended, it goes on', async () => {
    const schema = 'pnl_v4';
    const said: string[] = [];
    const gatherer = startGatherer({
      ...configOf(schema),
      onOutage: ({ message }) => said.push(message),
    });
    try {
      await until(() => said.length > 0);
      expect(said[0]).toContain('window_cuts');
      expect(gatherer.state().partitions[0]?.behindForMs).toBeGreaterThanOrEqual(0);
      expect(gatherer.state().partitions[0]?.lagRecords).toBe(1);
      await write(schema, desk);
      await until(async () => (await cutsIn(schema)).length === desk.cuts.length);
      await until(() => gatherer.state().partitions[0]?.lagRecords === 0);
    } finally {
      await gatherer.stop();
    }
  }, 60_000);
});

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await done())) {
    if (Date.now() > deadline) throw new Error('Expected the gatherer to come to it in 30 s.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
