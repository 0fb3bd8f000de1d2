/** What the bus reader makes of claims and verdicts that come late. Kafka and Postgres are told. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { TOPICS } from '@polytraders/contracts';
import {
  type KafkaPort,
  type ReaderOptions,
  RuntimeError,
  type Services,
} from '@polytraders/runtime';
import { type BusReader, startBusReader } from './bus-reader.ts';

const MARKS = { low: 0, high: 9, lastStable: 9 };
const CUT = new RuntimeError('LOG_TRUNCATED', 'as it was then', { retryable: false });

let said: string[];
/** Looks at the log of a partition that are under way, for the test to end. */
let looks: Map<number, PromiseWithResolvers<typeof MARKS>[]>;
let held: Set<number>;
let reader: BusReader;
let handlers: ReaderOptions;
let assign: (...partitions: readonly number[]) => Promise<void>;

beforeEach(async () => {
  said = [];
  looks = new Map();
  held = new Set();
  reader = await startBusReader(services(), TOPICS.executionReports);
});

afterEach(() => reader.stop());

function services(): Services {
  const epochs = new Map<number, number>();
  const query = (sql: string, values: readonly unknown[] = []) => {
    const partition = Number(values[1]);
    if (sql.includes('SET halted') && values[2] !== null) {
      said.push(`noted ${partition} by epoch ${String(values[3])}`);
    }
    if (!sql.includes('SET epoch')) return Promise.resolve({ rowCount: 1, rows: [] });
    const epoch = (epochs.get(partition) ?? 0) + 1;
    epochs.set(partition, epoch);
    const position = { next_offset: '0', last_offset: null, last_hash: null };
    return Promise.resolve({ rowCount: 1, rows: [{ epoch: String(epoch), ...position }] });
  };
  const log = ({ event, partition }: { event: string; partition: number }) =>
    said.push(`${event} ${partition}`);
  const config = { topicPrefix: '', workerId: 'w', sessionTimeoutMs: 6_000, fetchMaxBytes: 1 };
  const parts = { database: { query }, log: { info: log, error: log }, config, kafka: kafka() };
  return { ...parts, book: {}, onOutage: () => undefined } as unknown as Services;
}

function kafka(): Partial<KafkaPort> {
  return {
    watermarks: ({ partition }) => {
      if (!held.has(partition)) return Promise.resolve(MARKS);
      const look = Promise.withResolvers<typeof MARKS>();
      looks.set(partition, [...(looks.get(partition) ?? []), look]);
      return look.promise;
    },
    reader: (options) => {
      handlers = options;
      return {
        assign: ({ partition }, offset) => void said.push(`reads ${partition} at ${offset}`),
        unassign: ({ partition }) => void said.push(`leaves ${partition}`),
        pause: () => undefined,
        resume: () => undefined,
        close: () => Promise.resolve(),
      };
    },
    join: ({ onAssigned }) => {
      // Every generation has the number 1 here: a coordinator that lost its group counts anew.
      assign = (...partitions) =>
        onAssigned(
          partitions.map((partition) => ({ topic: '', partition })),
          1,
        ).then(() => sleep(20));
      return Promise.resolve({
        confirmedAgoMs: () => 0,
        rejoin: () => undefined,
        leave: () => Promise.resolve(),
      });
    },
  };
}

test('a claim of a generation that is over begins no session', async () => {
  held.add(1);
  await assign(0, 1);
  await assign(0);
  looks.get(1)?.at(-1)?.resolve(MARKS);
  await sleep(20);
  expect(said).not.toContain('reads 1 at 0');
  expect(reader.state().partitions.map(({ partition }) => partition)).toEqual([0]);
});

test('a late verdict does not stop a partition that was claimed again since', async () => {
  held.add(1);
  await assign(1);
  held.clear();
  await assign(1);
  expect(said).toContain('reads 1 at 0');
  looks.get(1)?.[0]?.reject(CUT);
  await sleep(20);
  expect(said.filter((one) => /HALTED|leaves|noted/.test(one))).toEqual([]);
  expect(reader.state().halted).toEqual([]);
});

test("a late verdict says nothing of a partition that is somebody else's now", async () => {
  held.add(1);
  await assign(0, 1);
  await assign(0);
  looks.get(1)?.[0]?.reject(CUT);
  await sleep(20);
  expect(reader.state().halted).toEqual([]);
  expect(said.filter((one) => one.startsWith('noted'))).toEqual([]);
});

test('a bug of ours stops the partition under its name, once', async () => {
  await assign(0);
  handlers.onPartitionError({ topic: '', partition: 0 }, new TypeError('x is not a function'));
  await sleep(20);
  expect(reader.state().halted).toMatchObject([{ partition: 0, code: 'STEP_FAILED' }]);
});

test('a batch that skips is refused, and the partition is read on where it stood', async () => {
  await assign(0);
  const skips = { records: [], nextOffset: 9, highWatermark: 9 };
  const taken = handlers.onBatch({ topic: '', partition: 0, from: 5, ...skips });
  await expect(taken).rejects.toMatchObject({ code: 'STEP_FAILED', retryable: true });
});

test('a verdict in time stops the partition, in its row only while the claim stands', async () => {
  held.add(1);
  await assign(0, 1);
  looks.get(1)?.[0]?.reject(CUT);
  await sleep(20);
  expect(reader.state().halted).toMatchObject([{ partition: 1, code: 'LOG_TRUNCATED' }]);
  expect(said).toContain('noted 1 by epoch 1');
});
