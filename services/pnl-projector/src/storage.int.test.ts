import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LedgerEvent } from '@polytraders/contracts';
import { monthOfTime } from '@polytraders/domain';
import { shares } from '@polytraders/money';
import { connect, createStore, migrate, type Store } from '@polytraders/runtime';
import { createDriver, type Driven, type Recorded } from '@polytraders/stream';
import { type FreshDatabase, freshDatabase, type RowWriter, rowWriter } from '@polytraders/testkit';
import { changes } from './changes.ts';
import { type Entity, partitionOfAccount } from './entities.ts';
import { type LedgerEntry } from './entry.ts';
import { ACCOUNT, fillConfirmed, logOf, parametersChanged } from './events.fixture.ts';
import { books, processor } from './processor.ts';

type Client = Awaited<ReturnType<typeof connect>>;
type PnlStore = Store<Entity, LedgerEntry>;

const SCHEMA = processor.storage.schema(processor.version);
const STREAM_SQL = `${import.meta.dirname}/../../../libs/runtime/sql`;
const TOPIC = processor.consumes[0] ?? '';
const PARTITION = partitionOfAccount(ACCOUNT);
const OWNED = ['month', 'partition', 'offset', 'line', 'id_hash', 'content_hash'];

let database: FreshDatabase;
let client: Client;
let store: PnlStore;
let rows: RowWriter;

beforeAll(async () => {
  database = await freshDatabase('pnl_storage');
  client = await connect({ url: database.url, applicationName: 'pnl-storage-test' });
  await migrate(client, 'stream', STREAM_SQL);
  await migrate(client, SCHEMA, processor.storage.migrations);
  rows = rowWriter(client, SCHEMA);
  store = createStore(processor, {
    version: processor.version,
    topic: TOPIC,
    output: processor.id,
  });
  await client.query(
    `CREATE TABLE ${SCHEMA}.pnl_ledger_any PARTITION OF ${SCHEMA}.pnl_ledger DEFAULT`,
  );
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

/** 300 fills of one account over three bots and two tokens; every seventh cannot be paid. */
function log(): readonly Recorded<LedgerEvent>[] {
  const fills = Array.from({ length: 300 }, (_, index) =>
    fillConfirmed({
      fill_id: `f${String(index)}`,
      trading_bot_id: ['mm', 'news', "o'hara, \\ \t {a}"][index % 3] ?? 'mm',
      token_id: String(1 + (index % 2)),
      order_side: index % 5 === 4 ? 'SELL' : 'BUY',
      quantity_shares: shares(BigInt(1 + ((index * 37) % 90)) * 1_000_001n),
      fee_bps: index % 7 === 6 ? null : 25,
      incomplete_reasons: index === 3 ? ['GOV_CONDITION_UNKNOWN', 'GOV_BOT_UNATTRIBUTED'] : [],
      recorded_at: 1_778_241_600_000_000 + index * 20_000_000_001,
    }),
  );
  return logOf(fills);
}

/** Writes what a commit would: the ledger lines and the changed rows. */
async function write(
  driven: Driven<Entity, LedgerEntry>,
  before: ReadonlyMap<string, Entity>,
  from: number,
): Promise<void> {
  const { ledger, state } = processor.storage;
  for (const [index, entry] of driven.entries.entries()) {
    const month = monthOfTime(entry.recorded_at);
    const place = { month, partition: PARTITION, offset: from + index, line: 0 };
    await rows.insert(ledger, entry, place);
  }
  for (const [key, entity] of driven.entities) {
    for (const change of changes(key, before.get(key), entity)) await rows.apply(state, change);
  }
}

function rowsOf(key: string, entity: Entity | undefined): ReadonlySet<string> {
  const text = (_: string, value: unknown): unknown =>
    typeof value === 'bigint' ? `${value}n` : value;
  return new Set(changes(key, undefined, entity).map((change) => JSON.stringify(change, text)));
}

describe('gate-shadow-schema-migration: Postgres pnl_ledger schema migration verified', () => {
  test('every table has the columns that the code says, and no others', async () => {
    for (const table of [processor.storage.ledger, ...processor.storage.state]) {
      const answer = await client.query<{ column_name: string }>(
        `SELECT column_name FROM information_schema.columns
         WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position`,
        [SCHEMA, table.name],
      );
      const named = (table.columns as readonly { readonly name: string }[]).map(
        (column) => column.name,
      );
      const owned = table.name === processor.storage.ledger.name ? OWNED : [];
      expect([table.name, answer.rows.map((row) => row.column_name)]).toEqual([
        table.name,
        [...owned, ...named],
      ]);
    }
  });

  test('installing again applies nothing', async () => {
    expect(await migrate(client, SCHEMA, processor.storage.migrations)).toEqual([]);
  });
});

describe('what is stored in Postgres', () => {
  const all = log();
  const driver = createDriver(books);
  let written: readonly LedgerEntry[] = [];

  test('is revived as it was, after each of three commits', async () => {
    let before: ReadonlyMap<string, Entity> = new Map();
    for (const [from, to] of [
      [0, 40],
      [40, 41],
      [41, 300],
    ] as const) {
      const driven = driver.drive(all.slice(from, to));
      await write(driven, before, from);
      const loaded = await store.load(client, [...driven.entities.keys()]);
      expect(loaded.size).toBe(driven.entities.size);
      for (const [key, entity] of driven.entities)
        expect(rowsOf(key, loaded.get(key))).toEqual(rowsOf(key, entity));
      before = new Map(driven.entities);
      written = [...written, ...driven.entries];
    }
  });

  test('gives ledger lines back as they were written, and the same reports from them', async () => {
    const read = await store.entries(client, PARTITION, 0, 300, 1_000);
    expect(read.map((one) => one.entry)).toEqual(written);
    for (const { entry, offset } of read) {
      const at = { partition: PARTITION, offset };
      expect(processor.emit(entry, at)).toEqual(processor.emit(written[offset] ?? entry, at));
    }
  });

  test('adds up in SQL: Σ realised − Σ basis = Σ cash booked, Σ lots = Σ basis', async () => {
    const sums = await client.query<Record<string, string>>(
      `SELECT (SELECT sum(realised_pnl_pusd - cost_basis_pusd) FROM ${SCHEMA}.positions) AS books,
              (SELECT sum(CASE order_side WHEN 'BUY' THEN -size_pusd ELSE size_pusd END)
                 FROM ${SCHEMA}.pnl_ledger WHERE NOT quarantined) AS cash,
              (SELECT sum(cost_basis_pusd) FROM ${SCHEMA}.lots) AS lots,
              (SELECT sum(cost_basis_pusd) FROM ${SCHEMA}.positions) AS basis,
              (SELECT count(*) FROM ${SCHEMA}.quarantined_fills) AS quarantined`,
    );
    const [row = {}] = sums.rows;
    expect(row['books']).toBe(row['cash']);
    expect(row['lots']).toBe(row['basis']);
    expect(row['quarantined']).toBe(String(written.filter((entry) => entry.quarantined).length));
  });

  test('parameters are revived for their partition', async () => {
    const value = parametersChanged('limited_live', {
      exchange_max_fee_bps: '700',
      retain_days: '3000',
    });
    const event: LedgerEvent = { type: 'ParametersChanged', value };
    const driven = createDriver(books).drive([
      { event, topic: TOPIC, partition: PARTITION, offset: 300 },
    ]);
    await write(driven, new Map(), 300);
    const [key = ''] = [...driven.entities.keys()];
    const loaded = await store.load(client, [...books.keys(event, PARTITION)]);
    expect([...loaded.keys()]).toEqual([key]);
    expect(loaded.get(key)).toEqual(driven.entities.get(key));
  });
});
