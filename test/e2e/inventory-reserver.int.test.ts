/**
 * The inventory reserver on a real broker, registry and Postgres: killed twice in the middle of a
 * log of orders, movements and resolutions and started again, it publishes each state of each
 * balance and reservation once and in order, as one that was never stopped; what a reader of the
 * compacted topics is left with is what the views say.
 */

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decoderOfOwn, type Topic, TOPICS } from '@polytraders/contracts';
import { processor } from '@polytraders/inventory-reserver/processor';
import { createDriver } from '@polytraders/stream';
import { readDownstream } from '../faults/downstream.ts';
import { createSpineLog, type SpineLog } from '../faults/spine.ts';
import { query } from '../faults/standing.ts';
import { type WorkerProcess } from '../faults/worker-process.ts';
import { killTwice } from './killed-twice.ts';
import { until } from './log.ts';

const HEADER_BYTES = 5;
const AMOUNTS = ['free', 'reserved', 'pending_out', 'total', 'pending_in'] as const;
const outputs = [
  [TOPICS.balances, 'BalanceChanged'],
  [TOPICS.reservations, 'ReservationChanged'],
  [TOPICS.alerts, 'Alert'],
] as const;

type Values = ReadonlyMap<string, readonly object[]>;

let log: SpineLog;
let worker: WorkerProcess | null = null;

beforeAll(async () => {
  log = await createSpineLog('inventory_reserver');
}, 120_000);

afterAll(async () => {
  await worker?.kill();
  await log.close();
}, 60_000);

/** Everything committed on a topic, by key, as somebody else's consumer reads it. */
async function read(topic: Topic, type: string, wanted: number): Promise<Values> {
  const decode = decoderOfOwn(type as 'Alert');
  const values = new Map<string, object[]>();
  let count = 0;
  const reader = await readDownstream(log, topic.name, (message) => {
    if (message.value === null || message.key === null) return;
    const key = message.key.toString('utf8');
    const list = values.get(key) ?? [];
    values.set(key, list);
    list.push(decode(message.value.subarray(HEADER_BYTES)));
    count += 1;
  });
  try {
    await until(`${String(wanted)} records of ${topic.name} are read`, () => count >= wanted);
  } finally {
    await reader.close();
  }
  return values;
}

describe('the reserver, killed twice', () => {
  let expected: ReadonlyMap<string, Values> = new Map();

  test('folds the whole log', async () => {
    const { written, last } = await killTwice(log, processor.id, 'reserver');
    worker = last;
    const driven = createDriver(processor).drive(written);
    const byTopic = new Map<string, Map<string, object[]>>();
    for (const { topic, key, record } of driven.emitted) {
      const byKey = byTopic.get(topic) ?? new Map<string, object[]>();
      byTopic.set(topic, byKey);
      const list = byKey.get(key) ?? [];
      byKey.set(key, list);
      list.push(record.value);
    }
    expected = byTopic;
    expect(driven.outcomes.filter(({ outcome }) => outcome === 'quarantined')).toEqual([]);
  }, 180_000);

  test.each(outputs)(
    'publishes each record once and in order: %#',
    async (topic, type) => {
      const wanted = expected.get(topic.name) ?? new Map<string, readonly object[]>();
      const count = [...wanted.values()].reduce((sum, list) => sum + list.length, 0);
      expect(count).toBeGreaterThan(0);
      const found = await read(topic, type, count);
      if (type !== 'Alert') {
        expect(found).toEqual(wanted);
        return;
      }
      // All alarms have one key; those of two partitions of the log come in either order.
      const sorted = (values: Values) =>
        [...values.values()]
          .flat()
          .map((value) => (value as { event_id: string }).event_id)
          .sort();
      expect(sorted(found)).toEqual(sorted(wanted));
    },
    120_000,
  );

  test('leaves views that say what the compacted topics say', async () => {
    const last = (topic: Topic) =>
      [...(expected.get(topic.name) ?? new Map<string, readonly object[]>()).values()].map(
        (list) => list.at(-1) as Record<string, unknown>,
      );
    const columns = AMOUNTS.map(
      (name) => `(coalesce(${name}_shares, ${name}_pusd) * 1000000)::bigint::text AS ${name}`,
    );
    const balances = await query<Record<string, string | null>>(
      log.databaseUrl,
      `SELECT account || '/' || coalesce(token_id, 'pUSD') AS key, ${columns.join(', ')}
       FROM inventory_v1.inventory`,
    );
    const stored = new Map(balances.map(({ key, ...amounts }) => [key, amounts]));
    const published = last(TOPICS.balances).map((value) => {
      const { account, token_id: token } = value as { account: string; token_id: string | null };
      const key = `${account}/${token ?? 'pUSD'}`;
      const amounts = AMOUNTS.map((name) => {
        const amount = (value[`${name}_shares`] ?? value[`${name}_pusd`]) as bigint;
        return [name, String(amount)];
      });
      return [key, Object.fromEntries(amounts)] as const;
    });
    expect(stored).toEqual(new Map(published));
    const states = await query<{ reservation_id: string; state: string }>(
      log.databaseUrl,
      'SELECT reservation_id, state FROM inventory_v1.reservations',
    );
    const said = last(TOPICS.reservations).map((value) => [
      value['reservation_id'],
      value['state'],
    ]);
    expect(new Map(states.map((row) => [row.reservation_id, row.state]))).toEqual(
      new Map(said as [string, string][]),
    );
  });
});
