import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type LedgerEvent, LEDGER_PARTITIONS, partitionOf } from '@polytraders/contracts';
import { monthOfTime, partsOfInventoryKey } from '@polytraders/domain';
import { pusd, shares } from '@polytraders/money';
import { connect, createStore, migrate, type Store } from '@polytraders/runtime';
import { type Change } from '@polytraders/stream';
import { type FreshDatabase, freshDatabase, type RowWriter, rowWriter } from '@polytraders/testkit';
import { changes } from './changes.ts';
import { type Entity } from './entities.ts';
import { type InventoryEntry } from './entry.ts';
import {
  ACCOUNT,
  asked,
  closed,
  confirmed,
  defined,
  failed,
  logOf,
  matched,
  NO,
  NOON,
  opened,
  opening,
  parameters,
  passed,
  resolved,
  units,
  YES,
} from './events.fixture.ts';
import { processor } from './processor.ts';

type Client = Awaited<ReturnType<typeof connect>>;

const SCHEMA = processor.storage.schema(processor.version);
const STREAM_SQL = `${import.meta.dirname}/../../../libs/runtime/sql`;
const PARTITION = partitionOf(ACCOUNT, LEDGER_PARTITIONS);
const OWNED = ['month', 'partition', 'offset', 'line', 'id_hash', 'content_hash'];
const ODD = "o'hara, \\ \t {a} | é";

let database: FreshDatabase;
let client: Client;
let store: Store<Entity, InventoryEntry>;
let rows: RowWriter;

beforeAll(async () => {
  database = await freshDatabase('inventory_storage');
  client = await connect({ url: database.url, applicationName: 'inventory-storage-test' });
  await migrate(client, 'stream', STREAM_SQL);
  await migrate(client, SCHEMA, processor.storage.migrations);
  rows = rowWriter(client, SCHEMA);
  store = createStore(processor, {
    version: processor.version,
    topic: processor.consumes[0] ?? '',
    output: processor.id,
  });
  await client.query(
    `CREATE TABLE ${SCHEMA}.inventory_ledger_any PARTITION OF ${SCHEMA}.inventory_ledger DEFAULT`,
  );
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

/** Every kind of entity, in every state that it can be stored in. */
function story(): readonly LedgerEvent[] {
  const many = Array.from({ length: 60 }, (_, at): LedgerEvent => {
    const order_id = at % 7 === 0 ? `${ODD}${String(at)}` : `m${String(at)}`;
    const order_side = at % 3 === 0 ? ('SELL' as const) : ('BUY' as const);
    if (at % 2 === 0) return opened({ order_id, order_side, quantity_shares: shares(units(1)) });
    const fill = { fill_id: `n${String(at)}`, order_id: `m${String(at - 1)}`, order_side };
    const quantity_shares = shares(BigInt(at) * 1_001n);
    return at % 5 === 0
      ? matched({ ...fill, quantity_shares })
      : confirmed({ ...fill, quantity_shares, size_pusd: pusd(BigInt(at) * 333n) });
  });
  return [
    parameters('general_live'),
    opening(),
    matched({
      fill_id: 'h1',
      order_id: null,
      order_hash: '0xh1',
      condition_id: null,
      token_id: NO,
    }),
    confirmed({ fill_id: 'x1', order_id: 'x', order_hash: '0xh2', quantity_shares: shares(7n) }),
    defined(),
    asked(),
    asked({ reservation_id: ODD, token_id: YES, quantity_shares: shares(9n), amount_pusd: null }),
    opened({ reservation_id: 'r1', order_hash: '0xh2', expires_at: NOON + 9 }),
    confirmed({ fill_id: 'f3', fee_pusd: null, flags: ['GOV_CASH_UNVERIFIED'] }),
    opened({ order_id: 'o3', max_fee_pusd: null, expires_at: NOON + 5, token_id: '900' }),
    ...many,
    opened({ order_id: 'o2', order_side: 'SELL', order_hash: '0xh1', token_id: NO }),
    failed('h1'),
    failed('f9'),
    passed(NOON + 6),
    closed({ order_id: 'o4' }),
    asked({ reservation_id: 'r4', amount_pusd: pusd(10n ** 12n) }),
    resolved('0', '1'),
    passed(NOON + 7),
  ];
}

/** Writes what a commit would: the ledger line, then removals before the changed rows. */
async function write(
  offset: number,
  entries: readonly InventoryEntry[],
  list: readonly Change[],
): Promise<void> {
  const { ledger, state } = processor.storage;
  for (const [line, entry] of entries.entries()) {
    const month = monthOfTime(entry.recorded_at);
    await rows.insert(ledger, entry, { month, partition: PARTITION, offset, line });
  }
  for (const change of list) if ('remove' in change) await rows.apply(state, change);
  for (const change of list) if ('upsert' in change) await rows.apply(state, change);
}

describe('Postgres inventory schema', () => {
  test('every table and view has the columns that the code says, and no others', async () => {
    for (const table of [processor.storage.ledger, ...processor.storage.state]) {
      const answer = await client.query<{ column_name: string }>(
        `SELECT column_name FROM information_schema.columns
         WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position`,
        [SCHEMA, table.name],
      );
      const named = (table.columns as readonly { readonly name: string }[]).map(({ name }) => name);
      const owned = table.name === processor.storage.ledger.name ? OWNED : [];
      expect([table.name, answer.rows.map((row) => row.column_name)]).toEqual([
        table.name,
        [...owned, ...named],
      ]);
    }
  });
});

describe('what is stored in Postgres', () => {
  const whole = new Map<string, Entity>();
  const written: { readonly offset: number; readonly entry: InventoryEntry }[] = [];

  test('is all that is needed: folded from rows alone, a log comes to the same', async () => {
    for (const input of logOf(story())) {
      const { event, offset } = input;
      const first = processor.keys(event, PARTITION);
      const loaded = new Map(await store.load(client, first));
      const then = processor.keysThen?.(event, { get: (key) => loaded.get(key) }, PARTITION) ?? [];
      for (const [key, entity] of await store.load(client, then)) loaded.set(key, entity);
      const asked = new Set([...first, ...then]);
      const get = (key: string): Entity | undefined => {
        if (!asked.has(key)) throw new Error(`${key} was not asked for.`);
        return loaded.get(key);
      };
      const step = processor.step({ get }, { ...input, partition: PARTITION });
      const same = processor.step({ get: (key) => whole.get(key) }, input);
      expect(step).toEqual(same);
      if (step.outcome === 'ignored') continue;
      const rows = step.puts.flatMap(({ key, entity }) => changes(key, loaded.get(key), entity));
      await write(offset, step.entries, rows);
      for (const { key, entity } of step.puts) {
        if (entity === undefined) whole.delete(key);
        else whole.set(key, entity);
      }
      written.push(...step.entries.map((entry) => ({ offset, entry })));
    }
    const kinds = new Set([...whole.keys()].map((key) => partsOfInventoryKey(key)[0]));
    expect([...kinds].sort()).toEqual([
      'balance',
      'fill',
      'hash',
      'live',
      'market',
      'order',
      'parameters',
      'request',
      'token',
    ]);
    const revived = await store.load(client, [...whole.keys()]);
    for (const [key, entity] of whole) {
      // An index without anything live has no row, and is as one that never had any.
      if (entity.kind === 'live' && entity.buckets.every((bucket) => bucket.size === 0)) continue;
      expect([key, revived.get(key)]).toEqual([key, entity]);
    }
  });

  test('gives ledger lines back as they were written, and the same records from them', async () => {
    const read = await store.entries(client, PARTITION, 0, 1_000, 10_000);
    expect(read).toEqual(written);
    for (const [index, { entry, offset }] of read.entries()) {
      const at = { partition: PARTITION, offset };
      const before = written[index]?.entry;
      expect(before).toBeDefined();
      if (before !== undefined)
        expect(processor.emit(entry, at)).toEqual(processor.emit(before, at));
    }
  });

  test('adds up in SQL: what reservations keep is what balances have reserved', async () => {
    const sums = await client.query<Record<string, string>>(
      `SELECT (SELECT sum(reserved_pusd)::text FROM ${SCHEMA}.inventory) AS reserved_pusd,
              (SELECT sum(remaining_pusd)::text FROM ${SCHEMA}.reservations) AS kept_pusd,
              (SELECT sum(reserved_shares)::text FROM ${SCHEMA}.inventory) AS reserved_shares,
              (SELECT sum(remaining_shares)::text FROM ${SCHEMA}.reservations) AS kept_shares,
              (SELECT count(*)::text FROM ${SCHEMA}.inventory
                 WHERE free_shares + reserved_shares + pending_out_shares <> total_shares
                    OR free_pusd + reserved_pusd + pending_out_pusd <> total_pusd) AS wrong`,
    );
    const [row = {}] = sums.rows;
    expect(row['kept_pusd']).toBe(row['reserved_pusd']);
    expect(row['kept_shares']).toBe(row['reserved_shares']);
    expect(row['wrong']).toBe('0');
  });

  test('the view of reservations has each one once, as its last line says', async () => {
    const view = await client.query<Record<string, string>>(
      `SELECT reservation_id, state, coalesce(remaining_pusd, remaining_shares)::text AS remaining,
              coalesce(requested_pusd, requested_shares)::text AS requested
       FROM ${SCHEMA}.reservations ORDER BY reservation_id`,
    );
    const last = await client.query<Record<string, string>>(
      `SELECT DISTINCT ON (reservation_id) reservation_id, state,
              coalesce(remaining_pusd, remaining_shares)::text AS remaining,
              coalesce(requested_pusd, requested_shares)::text AS requested
       FROM ${SCHEMA}.inventory_ledger WHERE kind = 'reservation'
       ORDER BY reservation_id, "offset" DESC, line DESC`,
    );
    const numbers = (rows: readonly Record<string, string>[]) =>
      rows.map((row) => ({ ...row, remaining: Number(row['remaining']) }));
    expect(numbers(view.rows)).toEqual(numbers(last.rows));
  });

  test('a balance that does not add up cannot be stored', async () => {
    const wrong = client.query(`UPDATE ${SCHEMA}.token_balances SET free_shares = free_shares + 1`);
    await expect(wrong).rejects.toThrow(/check constraint/);
  });
});
