/**
 * The inventory reserver on a real broker, registry and Postgres: killed twice in the middle of a
 * log of orders, movements and resolutions and started again, it publishes each state of each
 * balance and reservation once and in order, as one that was never stopped; what a reader of the
 * compacted topics is left with is what the views say.
 */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decoderOfOwn, type Topic, TOPICS } from '@polytraders/contracts';
import { repositoryRoot } from '@polytraders/infra/stack';
import { processor } from '@polytraders/inventory-reserver/processor';
import { mendKafkajs } from '@polytraders/runtime';
import { createDriver, type Recorded } from '@polytraders/stream';
import { generateLogLives, type LogEvent } from '@polytraders/testkit/generator';
import kafkajs from 'kafkajs';
import {
  createSpineLog,
  isComplete,
  projectors,
  serviceOf,
  type SpineLog,
} from '../faults/spine.ts';
import { query } from '../faults/standing.ts';
import { startWorkerProcess, type WorkerProcess } from '../faults/worker-process.ts';
import { until } from './log.ts';

const EVENTS = 4_000;
const HEADER_BYTES = 5;
const AMOUNTS = ['free', 'reserved', 'pending_out', 'total', 'pending_in'] as const;
const outputs = [
  [TOPICS.balances, 'BalanceChanged'],
  [TOPICS.reservations, 'ReservationChanged'],
  [TOPICS.alerts, 'Alert'],
] as const;

type Values = ReadonlyMap<string, readonly object[]>;

let log: SpineLog;
const workers: WorkerProcess[] = [];
const written: Recorded<LogEvent['event']>[] = [];
const offsets = new Map<number, number>();

beforeAll(async () => {
  log = await createSpineLog('inventory_reserver');
}, 120_000);

afterAll(async () => {
  await Promise.all(workers.filter((worker) => worker.isRunning()).map((worker) => worker.kill()));
  await log.close();
}, 60_000);

/** Puts events on the log, and remembers where they stand. */
async function append(events: readonly LogEvent[]): Promise<void> {
  const topic = log.prefix + TOPICS.ledgerEvents.name;
  await log.send(
    events.map(({ event, partition, key }) => ({
      topic,
      partition,
      key,
      value: log.encode(event.type, event.value),
    })),
  );
  for (const { event, partition } of events) {
    const offset = offsets.get(partition) ?? 0;
    offsets.set(partition, offset + 1);
    written.push({ event, topic, partition, offset });
  }
}

function startWorker(): WorkerProcess {
  const one = projectors.find(({ id }) => id === processor.id);
  if (one === undefined) throw new Error('The reserver is no projector.');
  const logs = join(repositoryRoot, '.local/e2e', log.prefix);
  const service = serviceOf(one, log, logs, { SESSION_TIMEOUT_MS: '6000' });
  const worker = startWorkerProcess(service, `reserver-${String(workers.length)}`);
  workers.push(worker);
  return worker;
}

async function folded(): Promise<number> {
  const rows = await query<{ sum: string }>(
    log.databaseUrl,
    `SELECT coalesce(sum(next_offset), 0)::text AS sum FROM stream.partition`,
  ).catch(() => []);
  return Number(rows[0]?.sum ?? 0);
}

/** Everything committed on a topic, by key, as somebody else's consumer reads it. */
async function read(topic: Topic, type: string, wanted: number): Promise<Values> {
  mendKafkajs();
  const brokers = (log.env['KAFKA_BROKERS'] ?? '').split(',');
  const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
  const groupId = `${log.prefix}reader-${type}`;
  const consumer = kafka.consumer({ groupId, readUncommitted: false });
  const decode = decoderOfOwn(type as 'Alert');
  const values = new Map<string, object[]>();
  const places = new Map<number, bigint>();
  let count = 0;
  await consumer.connect();
  try {
    await consumer.subscribe({ topic: log.prefix + topic.name, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition, message }) => {
        // A group that is called together again reads on from what was committed: the same places.
        if (BigInt(message.offset) <= (places.get(partition) ?? -1n)) return Promise.resolve();
        places.set(partition, BigInt(message.offset));
        if (message.value === null || message.key === null) return Promise.resolve();
        const key = message.key.toString('utf8');
        const list = values.get(key) ?? [];
        values.set(key, list);
        list.push(decode(message.value.subarray(HEADER_BYTES)));
        count += 1;
        return Promise.resolve();
      },
    });
    await until(`${String(wanted)} records of ${topic.name} are read`, () => count >= wanted);
  } finally {
    await consumer.disconnect();
  }
  return values;
}

describe('the reserver, killed twice', () => {
  let expected: ReadonlyMap<string, Values> = new Map();

  test('folds the whole log', async () => {
    const events = [...generateLogLives({ seed: 'reserver', events: EVENTS, markets: 12 })];
    const first = startWorker();
    await append(events.slice(0, EVENTS / 2));
    await until('part of the log is folded', async () => (await folded()) > EVENTS / 8);
    await first.kill();
    const second = startWorker();
    await append(events.slice(EVENTS / 2));
    const half = await folded();
    await until('more of it is folded', async () => (await folded()) > half);
    await second.kill();
    const third = startWorker();
    const [one] = projectors.filter(({ id }) => id === processor.id);
    if (one === undefined) throw new Error('The reserver is no projector.');
    await until('all is folded and published', () => isComplete(log, [one], [third]), 90_000);
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
